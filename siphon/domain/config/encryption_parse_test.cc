// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/age/keys.h"
#include "siphon/base/environment.h"
#include "siphon/domain/config/config.h"
#include "testing/status_matchers.h"

namespace siphon::config {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr std::string_view kOne = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj";
constexpr std::string_view kTwo = "age1fylg9lr5ge99jf5gza3r6gznch4cutxy4xytflhp08kxkqgd2vwskusw5c";
constexpr std::string_view kSecret =
    "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX";

absl::StatusOr<Loaded> ParseTest(std::string_view text) {
  return Parse(std::string(text), "c.yaml",
               base::Environment({{"HOME", "/home/me"}, {"KEY", std::string(kTwo)}}));
}

TEST(EncryptionParseTest, ReadsEveryKey) {
  ASSERT_OK_AND_ASSIGN(const Loaded loaded,
                       ParseTest(absl::StrCat("encryption:\n"
                                              "  recipients:\n    - ",
                                              kOne,
                                              "\n    - ${KEY}\n"
                                              "  identities: [~/key.txt, /keys/other.age]\n"
                                              "  passphrase: env:WORD\n")));
  const Encryption& encryption = loaded.config.encryption;
  ASSERT_EQ(encryption.recipients.size(), 2u);
  EXPECT_EQ(encryption.recipients[0].Text(), kOne);
  EXPECT_EQ(encryption.recipients[1].Text(), kTwo);
  EXPECT_THAT(encryption.identities, ElementsAre("/home/me/key.txt", "/keys/other.age"));
  EXPECT_EQ(encryption.passphrase, "env:WORD");
  EXPECT_THAT(loaded.findings, IsEmpty());
}

TEST(EncryptionParseTest, AMachineThatOnlyReadsHasNoRecipients) {
  ASSERT_OK_AND_ASSIGN(const Loaded loaded,
                       ParseTest("encryption:\n  identities: [/keys/key.txt]\n"));
  EXPECT_THAT(loaded.config.encryption.recipients, IsEmpty());
}

// Nothing that would make dumps clear is passed over.
TEST(EncryptionParseTest, EveryFaultIsAnError) {
  for (const std::string& text :
       {std::string("encryption:\n"), std::string("encryption: age\n"),
        std::string("encryption:\n  recipients:\n"), std::string("encryption:\n  recipients: []\n"),
        absl::StrCat("encryption:\n  recipients: ", kOne, "\n"),
        absl::StrCat("encryption:\n  recipient: [", kOne, "]\n"),
        absl::StrCat("encryption:\n  recipients: [", kOne, "]\n  required: false\n"),
        absl::StrCat("encryption:\n  recipients: [", kOne, ", ", kOne, "]\n"),
        absl::StrCat("encryption:\n  recipients: [", kOne, ", '']\n"),
        std::string("encryption:\n  recipients: ['${GONE}']\n"),
        std::string("encryption:\n  identities: ['${GONE}']\n"),
        std::string("encryption:\n  identities: ['']\n"),
        std::string("encryption:\n  recipients: [ssh-ed25519 AAAA]\n")}) {
    EXPECT_THAT(ParseTest(text), StatusIs(errs::kConfigInvalid, HasSubstr("c.yaml:"))) << text;
  }
}

TEST(EncryptionParseTest, APrivateKeyIsRefusedAndNotShown) {
  EXPECT_THAT(ParseTest(absl::StrCat("encryption:\n  recipients: [", kSecret, "]\n")),
              StatusIs(errs::kConfigInvalid,
                       AllOf(HasSubstr("private key in place of"), Not(HasSubstr("GFPYY")))));
}

TEST(EncryptionParseTest, HasAsManyRecipientsAsFitADump) {
  std::string list;
  for (int i = 0; i < 13; ++i) {
    absl::StrAppend(&list, "    - ", age::Identity::Generate().recipient().Text(), "\n");
  }
  EXPECT_THAT(ParseTest(absl::StrCat("encryption:\n  recipients:\n", list)),
              StatusIs(errs::kConfigInvalid, HasSubstr("at most 12")));
}

}  // namespace
}  // namespace siphon::config
