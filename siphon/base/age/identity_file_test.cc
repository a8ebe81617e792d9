// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/base/age/identity_file.h"

#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/age/keys.h"
#include "siphon/base/age/secret.h"
#include "testing/status_matchers.h"

namespace siphon::age {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kIdentity =
    "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX";
constexpr std::string_view kOther =
    "AGE-SECRET-KEY-1SZQC9QUYSKRG0ZYF329CERVW37GFRY5NJJ2ED9UCNXDFH8YAN60SS4NW9U";

TEST(IdentityFileTest, ReadsWhatItWrites) {
  const Identity identity = Identity::Generate();
  const Secret text = FormatIdentityFile(identity, "2026-12-01T00:00:00Z");
  EXPECT_THAT(std::string(text.view()), ::testing::StartsWith(absl::StrCat(
                                            "# created: 2026-12-01T00:00:00Z\n# public key: ",
                                            identity.recipient().Text(), "\nAGE-SECRET-KEY-1")));
  ASSERT_OK_AND_ASSIGN(const std::vector<Identity> read, ParseIdentityFile(text.view()));
  ASSERT_EQ(read.size(), 1u);
  EXPECT_EQ(read[0].recipient(), identity.recipient());
}

TEST(IdentityFileTest, ReadsSeveralIdentitiesAmongComments) {
  ASSERT_OK_AND_ASSIGN(
      const std::vector<Identity> read,
      ParseIdentityFile(absl::StrCat("# one\r\n\r\n", kIdentity, "\r\n\n#two\n", kOther)));
  ASSERT_EQ(read.size(), 2u);
  EXPECT_EQ(read[0].Text().view(), kIdentity);
  EXPECT_EQ(read[1].Text().view(), kOther);
}

TEST(IdentityFileTest, RefusesOtherLinesByTheirNumber) {
  EXPECT_THAT(ParseIdentityFile(absl::StrCat(kIdentity, "\nage1qqpexly5\n")),
              StatusIs(errs::kInvalidArgument, HasSubstr("line 2 of the identity file")));
  EXPECT_THAT(ParseIdentityFile(absl::StrCat(kIdentity, " \n")),
              StatusIs(errs::kInvalidArgument, Not(HasSubstr("GFPYY"))));
  EXPECT_THAT(ParseIdentityFile("# nothing\n"),
              StatusIs(errs::kInvalidArgument, HasSubstr("has no identity")));
  EXPECT_THAT(ParseIdentityFile(std::string(kIdentityFileLimit + 1, '#')),
              StatusIs(errs::kInvalidArgument, HasSubstr("longer than")));
}

TEST(ArmorTest, DecodesWhatItEncodes) {
  for (size_t size = 1; size < 200; ++size) {
    const std::string file(size, 'x');
    EXPECT_THAT(DecodeArmor(EncodeArmor(file)), IsOkAndHolds(file)) << size;
  }
  const std::string text = EncodeArmor(std::string(50, '\0'));
  EXPECT_EQ(text, absl::StrCat("-----BEGIN AGE ENCRYPTED FILE-----\n", std::string(64, 'A'),
                               "\nAAA=\n-----END AGE ENCRYPTED FILE-----\n"));
  EXPECT_THAT(DecodeArmor(absl::StrCat(" \n", absl::StrReplaceAll(text, {{"\n", "\r\n"}}), "\n ")),
              IsOkAndHolds(std::string(50, '\0')));
  EXPECT_TRUE(IsEncryptedFile(absl::StrCat("\n", text)));
  EXPECT_TRUE(IsEncryptedFile("age-encryption.org/v1\n"));
  EXPECT_FALSE(IsEncryptedFile(kIdentity));
}

TEST(ArmorTest, RefusesWhatIsNotStrict) {
  const std::string right = EncodeArmor(std::string(50, '\0'));
  const struct {
    std::string_view from, to;
  } kCases[] = {
      {"-----BEGIN", "----BEGIN"},
      {"FILE-----\nA", "FILE-----\n\nA"},
      {"FILE-----\nA", "FILE-----\nComment: x\n\nA"},
      {"\nAAA=", "AAA="},
      {"AAA=\n", "AAA\n"},
      {"AAA=\n", "AAB=\n"},
      {"AAA=\n", "AA=\n"},
      {"AAA=\n", "A===\n"},
      {"AAA=\n", "AAAA====\n"},
      {"AAA=\n", "AAA=\nAAAA\n"},
      {"AAA=\n", "A\nAA=\n"},
      {"AAA=\n", "AAA=\n\n"},
      {"AAA=\n", " AAA=\n"},
      {"-----END AGE", "-----END"},
      {"-----END AGE ENCRYPTED FILE-----", ""},
  };
  for (const auto& [from, to] : kCases) {
    const std::string wrong = absl::StrReplaceAll(right, {{from, to}});
    ASSERT_NE(wrong, right) << from;
    EXPECT_THAT(DecodeArmor(wrong), StatusIs(errs::kIntegrity)) << wrong;
  }
  EXPECT_THAT(DecodeArmor(absl::StrCat("x", right)), StatusIs(errs::kIntegrity));
  EXPECT_THAT(DecodeArmor(absl::StrCat(right, "x")), StatusIs(errs::kIntegrity));
  EXPECT_THAT(DecodeArmor(EncodeArmor("")), StatusIs(errs::kIntegrity));
}

}  // namespace
}  // namespace siphon::age
