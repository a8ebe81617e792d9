// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/dump_names.h"

#include <optional>
#include <string>

#include "drivers/mysqlcommon/tokens.h"
#include "gtest/gtest.h"
#include "siphon/domain/sql/charset.h"

namespace siphon::mysqlcommon {
namespace {

using sql::Charset;

TEST(QuoteDumpName, KeepsCharactersWhole) {
  EXPECT_EQ(QuoteDumpName(Charset::kPlain, "a`b"), "`a``b`");
  EXPECT_EQ(QuoteDumpName(Charset::kPlain, ""), "``");
  EXPECT_EQ(QuoteDumpName(Charset::kPlain, "\xB5`"), "`\xB5```");
  // The second byte of these characters is a backtick.
  EXPECT_EQ(QuoteDumpName(Charset::kGbk, "\xB5\x60, victim.t -- "), "`\xB5\x60, victim.t -- `");
  EXPECT_EQ(QuoteDumpName(Charset::kBig5, "\xB3\x60`x"), "`\xB3\x60``x`");
  EXPECT_EQ(QuoteDumpName(Charset::kSjis, "`\x83\x60"), "```\x83\x60`");
  EXPECT_EQ(QuoteDumpName(Charset::kGb18030, "\xFD\x60\x81\x30\x81\x30"),
            "`\xFD\x60\x81\x30\x81\x30`");
}

TEST(QuoteDumpName, RefusesHalfACharacterAtTheEnd) {
  EXPECT_EQ(QuoteDumpName(Charset::kGbk, "a\xB5"), std::nullopt);
  EXPECT_EQ(QuoteDumpName(Charset::kBig5, "\xB3"), std::nullopt);
  EXPECT_EQ(QuoteDumpName(Charset::kSjis, "\x83"), std::nullopt);
  EXPECT_EQ(QuoteDumpName(Charset::kGb18030, "\x81\x30\x81"), std::nullopt);
  // One byte, a character by itself.
  EXPECT_EQ(QuoteDumpName(Charset::kSjis, "\xB1"), "`\xB1`");
}

// Whatever the name is, a reader of the character set reads it back.
TEST(QuoteDumpName, IsOneTokenForTheServer) {
  for (const Charset charset :
       {Charset::kPlain, Charset::kBig5, Charset::kGbk, Charset::kSjis, Charset::kGb18030}) {
    Syntax syntax;
    syntax.charset = charset;
    for (int a = 1; a < 256; ++a) {
      for (int b = 1; b < 256; ++b) {
        const std::string name = {static_cast<char>(a), static_cast<char>(b)};
        const std::optional<std::string> quoted = QuoteDumpName(charset, name);
        if (!quoted.has_value()) continue;
        const std::string sql = *quoted + " x";
        TokenReader reader(sql, syntax);
        const Token token = reader.Next();
        ASSERT_EQ(token.text, *quoted) << a << " " << b;
        ASSERT_TRUE(reader.Next().Is("X")) << a << " " << b;
      }
    }
  }
}

TEST(DumpNameText, HasNoQuoteOrBackslashOfTheName) {
  EXPECT_EQ(DumpNameText("gbk", "\xB5\\' -- "), "CONVERT(_gbk x'b55c27202d2d20' USING utf8mb3)");
  EXPECT_EQ(DumpNameText("utf8mb4", ""), "CONVERT(_utf8mb4 x'' USING utf8mb3)");
}

}  // namespace
}  // namespace siphon::mysqlcommon
