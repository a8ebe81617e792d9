// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/base/age/text_encoding.h"

#include <string>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/age/secret.h"
#include "testing/status_matchers.h"

namespace siphon::age {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// RFC 4648, section 10, without padding.
TEST(Base64Test, EncodesAndDecodesTheExamplesOfRfc4648) {
  const struct {
    std::string_view bytes, text;
  } kCases[] = {{"", ""},           {"f", "Zg"},          {"fo", "Zm8"},         {"foo", "Zm9v"},
                {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}};
  for (const auto& example : kCases) {
    EXPECT_EQ(EncodeBase64(example.bytes), example.text);
    EXPECT_THAT(DecodeBase64(example.text), IsOkAndHolds(std::string(example.bytes)));
  }
}

TEST(Base64Test, KnowsTheWholeAlphabet) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes.push_back(static_cast<char>(i));
  EXPECT_THAT(DecodeBase64(EncodeBase64(bytes)), IsOkAndHolds(bytes));
}

TEST(Base64Test, RefusesAllThatIsNotCanonical) {
  for (const std::string_view text : {"Zg==", "Zm8=", "Zh", "Zm9", "Z", "Zm9vZ", "Zm 8", "Zm8\n",
                                      " Zm8", "Zm-_", "Zm\xc3\xa4", "Zm9v="}) {
    EXPECT_THAT(DecodeBase64(text), StatusIs(errs::kIntegrity)) << text;
  }
  EXPECT_THAT(DecodeBase64(std::string_view("Zm9\0", 4)), StatusIs(errs::kIntegrity));
}

// BIP 173, "Test vectors", those whose data are whole bytes.
TEST(Bech32Test, DecodesTheExamplesOfBip173) {
  const struct {
    std::string_view text, prefix, hex;
  } kCases[] = {
      {"A12UEL5L", "a", ""},
      {"a12uel5l", "a", ""},
      {"an83characterlonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio1tt5tgs",
       "an83characterlonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio", ""},
      {"abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw", "abcdef",
       "00443214c74254b635cf84653a56d7c675be77df"},
      {"split1checkupstagehandshakeupstreamerranterredcaperred2y9e3w", "split",
       "c5f38b70305f519bf66d85fb6cf03058f3dde463ecd7918f2dc743918f2d"},
  };
  for (const auto& example : kCases) {
    ASSERT_OK_AND_ASSIGN(const Bech32 decoded, DecodeBech32(example.text));
    EXPECT_EQ(decoded.prefix, example.prefix);
    EXPECT_EQ(absl::BytesToHexString(decoded.data.view()), example.hex);
    EXPECT_EQ(EncodeBech32(decoded.prefix, decoded.data.view()).view(),
              absl::AsciiStrToLower(example.text));
  }
}

// The same, "invalid", and texts with unused bits and cut ones.
TEST(Bech32Test, RefusesWrongTexts) {
  for (const std::string_view text :
       {"", "1", " 1nwldj5",
        "\x7f"
        "1axkwrx",
        "\x80"
        "1eym55h",
        "pzry9x0s0muk", "1pzry9x0s0muk", "x1b4n0q5v", "li1dgmt3", "de1lg7wt\xff", "A1G7SGD8",
        "10a06t8", "1qzzfhee", "a12UEL5L", "a12uel5q", "a12uel5", "age1qqqsyqcyq5rqwzqfwqacgq"}) {
    const auto decoded = DecodeBech32(text);
    EXPECT_THAT(decoded, StatusIs(errs::kInvalidArgument)) << text;
  }
}

TEST(Bech32Test, RefusesEveryChangedCharacter) {
  const std::string right(EncodeBech32("age", "0123456789").view());
  for (size_t at = 0; at < right.size(); ++at) {
    std::string wrong = right;
    wrong[at] = wrong[at] == 'q' ? 'p' : 'q';
    EXPECT_THAT(DecodeBech32(wrong), StatusIs(errs::kInvalidArgument)) << wrong;
  }
}

TEST(Bech32Test, RefusesUnusedBits) {
  // 10 zero bits are a byte and two unused bits; the checksums are right.
  EXPECT_OK(DecodeBech32("age1qqpexly5"));
  EXPECT_THAT(DecodeBech32("age1qpu0j2ex"), StatusIs(errs::kInvalidArgument, HasSubstr("unused")));
  // A whole group is unused.
  EXPECT_THAT(DecodeBech32("age1qdd35qf"), StatusIs(errs::kInvalidArgument, HasSubstr("unused")));
}

TEST(Bech32Test, AnErrorRepeatsNothingOfTheKey) {
  const auto decoded = DecodeBech32("AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZ");
  EXPECT_THAT(decoded, StatusIs(errs::kInvalidArgument, Not(HasSubstr("GFPYY"))));
}

}  // namespace
}  // namespace siphon::age
