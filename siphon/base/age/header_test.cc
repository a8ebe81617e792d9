// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/base/age/header.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/status_matchers.h"

namespace siphon::age {
namespace {

using ::testing::HasSubstr;

// C2SP age, "Header".
constexpr std::string_view kExample =
    "age-encryption.org/v1\n"
    "-> X25519 XEl0dJ6y3C7KZkgmgWUicg63EyXJiwBJW8PdYJ/cYBE\n"
    "qRS0AMjdjPvZ/WT08U2KL4G+PIooA3hy38SvLpvaC1E\n"
    "--- HK2NmOBN9Dpq0Gw6xMCuhFcQlQLvZ/wQUi/2scLG75s\n";

TEST(HeaderTest, ParsesTheExampleOfTheSpecification) {
  ASSERT_OK_AND_ASSIGN(const Header header, ParseHeader(kExample));
  ASSERT_EQ(header.stanzas.size(), 1u);
  EXPECT_THAT(header.stanzas[0].arguments,
              ::testing::ElementsAre("X25519", "XEl0dJ6y3C7KZkgmgWUicg63EyXJiwBJW8PdYJ/cYBE"));
  EXPECT_EQ(header.stanzas[0].body.size(), 32u);
  EXPECT_EQ(header.mac.size(), 32u);
  EXPECT_EQ(EncodeHeader(header), kExample);
  EXPECT_THAT(FindHeaderEnd(absl::StrCat(kExample, "---\npayload")), IsOkAndHolds(kExample.size()));
}

// 48 bytes fill a line of 64 columns.
TEST(HeaderTest, ABodyEndsWithAShortLine) {
  for (const size_t size : {0, 1, 47, 48, 49, 96, 1000}) {
    const Header header{{Stanza{{"a", "b!~"}, std::string(size, 'b')}, Stanza{{"c"}, "d"}},
                        std::string(32, 'm')};
    const std::string text = EncodeHeader(header);
    EXPECT_THAT(ParseHeader(text), IsOkAndHolds(header)) << text;
    EXPECT_THAT(FindHeaderEnd(text), IsOkAndHolds(text.size()));
  }
  std::string line;
  for (int i = 0; i < 16; ++i) line += "YmJi";
  EXPECT_EQ(EncodeStanzas({Stanza{{"a"}, std::string(48, 'b')}, Stanza{{"c"}, ""}}),
            absl::StrCat("age-encryption.org/v1\n-> a\n", line, "\n\n-> c\n\n---"));
}

TEST(HeaderTest, RefusesWhatTheGrammarDoesNotHave) {
  const struct {
    std::string_view from, to;
  } kCases[] = {
      {"org/v1\n", "org/v2\n"},
      {"org/v1\n", "org/v1\r\n"},
      {"org/v1\n", "org/v1 \n"},
      {"org/v1\n", "org/v1\n\n"},
      {"age-", "Age-"},
      {"-> X25519", "->  X25519"},
      {"-> X25519", "->X25519"},
      {"-> X25519", "-> "},
      {"-> X25519 XEl0dJ6y3C7KZkgmgWUicg63EyXJiwBJW8PdYJ/cYBE\n"
       "qRS0AMjdjPvZ/WT08U2KL4G+PIooA3hy38SvLpvaC1E\n",
       ""},
      {"X25519 ", "X25519\t"},
      {"X25519 ", "X25519\x7f"},
      {"X25519 ", "X\xc3\xa4 "},
      {"cYBE\n", "cYBE \n"},
      {"cYBE\n", "cYBE\r\n"},
      {"vaC1E\n", "vaC1E=\n"},
      {"vaC1E\n", "vaC1F\n"},
      {"vaC1E\n", "vaC1E\n\n"},
      {"vaC1E\n", "vaC1E \n"},
      {"vaC1E\n", "vaC1EqRS0AMjdjPvZ/WT08U2KL4G+PIooA3hy38SvLpvaC1E\n"},
      {"--- ", "---"},
      {"--- ", "---  "},
      {"--- ", "-- "},
      {"--- ", "---- "},
      {"LG75s", "LG75t"},
      {"LG75s", "LG75s="},
      {"LG75s", "LG7"},
      {"LG75s\n", "LG75s\r\n"},
      {"LG75s\n", "LG75s"},
      {"LG75s\n", "LG75s\nx"},
  };
  for (const auto& [from, to] : kCases) {
    const std::string text = absl::StrReplaceAll(kExample, {{from, to}});
    ASSERT_NE(text, kExample) << from;
    EXPECT_THAT(ParseHeader(text), StatusIs(errs::kIntegrity, HasSubstr("invalid age header")))
        << text;
  }
}

TEST(HeaderTest, RefusesEveryCutHeader) {
  for (size_t size = 0; size < kExample.size(); ++size) {
    EXPECT_THAT(ParseHeader(kExample.substr(0, size)), StatusIs(errs::kIntegrity)) << size;
    EXPECT_THAT(FindHeaderEnd(kExample.substr(0, size)), IsOkAndHolds(size_t{0})) << size;
  }
}

TEST(HeaderTest, RefusesALongHeader) {
  std::string text(kVersionLine);
  while (text.size() < kHeaderLimit) absl::StrAppend(&text, "-> unknown\n\n");
  EXPECT_THAT(FindHeaderEnd(text), StatusIs(errs::kIntegrity, HasSubstr("longer than 65536")));
  absl::StrAppend(&text, "--- HK2NmOBN9Dpq0Gw6xMCuhFcQlQLvZ/wQUi/2scLG75s\n");
  EXPECT_THAT(ParseHeader(text), StatusIs(errs::kIntegrity, HasSubstr("longer than 65536")));
}

TEST(HeaderTest, RefusesOtherFilesAtTheirFirstBytes) {
  EXPECT_THAT(FindHeaderEnd("PK"), StatusIs(errs::kIntegrity, HasSubstr("does not begin with")));
  EXPECT_THAT(FindHeaderEnd("age-encryption.org/v2\n"), StatusIs(errs::kIntegrity));
}

}  // namespace
}  // namespace siphon::age
