// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/swap_journal.h"

#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/sha256.h"
#include "testing/status_matchers.h"

namespace siphon::mysqlcommon {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kScratch[] = "siphon_scratch_0123456789abcdef";

Definition Made(std::string create) {
  Definition definition;
  definition.create = std::move(create);
  return definition;
}

SwapJournal Sample() {
  SwapJournal journal;
  journal.state = SwapJournal::State::kSwapping;
  journal.server = "mysql:uuid";
  journal.account = "root@%";
  journal.scratch = kScratch;
  journal.target = "line\nbreak `and` \xFF";
  journal.moved = {"t", ""};
  journal.incoming = {"t u"};
  journal.late = {"u"};
  journal.dropped = {Made("CREATE VIEW v AS SELECT 'a\nb'")};
  journal.dropped[0].charset = "gbk";
  journal.dropped[0].collation = "gbk_chinese_ci";
  journal.made = {Made("DROP VIEW IF EXISTS v"),
                  Made("CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO SELECT 1")};
  journal.made[0].sql_mode = "ANSI_QUOTES";
  journal.made[1].time_zone = "+01:00";
  return journal;
}

// The file of `text`, whose checksum is right.
std::string WithChecksum(std::string_view text) {
  base::Sha256 hash;
  hash.Update(text);
  return absl::StrCat(text, "end ", hash.Digest(), "\n");
}

// A journal whose statement is `create`.
std::string WithStatement(const std::string& create) {
  SwapJournal journal = Sample();
  journal.made = {Made(create)};
  return FormatJournal(journal);
}

TEST(SwapJournal, ComesBackAsItWas) {
  const absl::StatusOr<SwapJournal> back = ParseJournal(FormatJournal(Sample()));
  ASSERT_OK(back);
  EXPECT_EQ(back->state, SwapJournal::State::kSwapping);
  EXPECT_EQ(back->target, Sample().target);
  EXPECT_EQ(back->account, "root@%");
  EXPECT_THAT(back->moved, ElementsAre("t", ""));
  EXPECT_THAT(back->incoming, ElementsAre("t u"));
  EXPECT_THAT(back->late, ElementsAre("u"));
  ASSERT_EQ(back->dropped.size(), 1u);
  EXPECT_EQ(back->dropped[0].create, Sample().dropped[0].create);
  EXPECT_EQ(back->dropped[0].collation, "gbk_chinese_ci");
  ASSERT_EQ(back->made.size(), 2u);
  EXPECT_EQ(back->made[1].time_zone, "+01:00");
  EXPECT_EQ(FormatJournal(*back), FormatJournal(Sample()));
}

TEST(SwapJournal, AnyCutOrChangedByteIsNoticed) {
  const std::string text = FormatJournal(Sample());
  for (size_t size = 0; size < text.size(); ++size) {
    EXPECT_THAT(ParseJournal(text.substr(0, size)), StatusIs(errs::kIntegrity)) << size;
    std::string changed = text;
    changed[size] ^= 1;
    EXPECT_THAT(ParseJournal(changed), StatusIs(errs::kIntegrity)) << size;
  }
  EXPECT_THAT(ParseJournal(text + "made -\n"), StatusIs(errs::kIntegrity));
}

TEST(SwapJournal, HoldsDefinitionsOnly) {
  EXPECT_OK(ParseJournal(WithStatement("CREATE FUNCTION f() RETURNS INT RETURN 1")));
  for (const char* const sql :
       {"GRANT ALL ON *.* TO x", "DROP TABLE t", "DROP DATABASE d", "CREATE TABLE t(a INT)",
        "INSERT INTO t VALUES (1)", "SET GLOBAL general_log=1", "CREATE DATABASE d", "",
        "CREATE USER u", "UPDATE t SET a=1"}) {
    EXPECT_THAT(ParseJournal(WithStatement(sql)),
                StatusIs(errs::kIntegrity, HasSubstr("no definition")))
        << sql;
  }
}

TEST(SwapJournal, NamesOnlyDatabasesOfItsOwn) {
  for (const char* const name :
       {"app", "", "siphon_scratch_0123456789abcde", "siphon_scratch_0123456789ABCDEF",
        "siphon_old_0123456789abcdef", "siphon_scratch_0123456789abcdef0",
        "__siphon_scratch_0123456789abcdef", "siphon_scratch_../../../../etc"}) {
    SwapJournal journal = Sample();
    journal.scratch = name;
    EXPECT_THAT(ParseJournal(FormatJournal(journal)), StatusIs(errs::kIntegrity)) << name;
  }
  SwapJournal journal = Sample();
  journal.scratch = absl::StrCat(kPrivatePrefix, kScratch);
  EXPECT_OK(ParseJournal(FormatJournal(journal)));
}

TEST(SwapJournal, SaysWhereItIsValid) {
  for (std::string SwapJournal::*const field :
       {&SwapJournal::server, &SwapJournal::account, &SwapJournal::target}) {
    SwapJournal journal = Sample();
    (journal.*field).clear();
    EXPECT_THAT(ParseJournal(FormatJournal(journal)), StatusIs(errs::kIntegrity));
  }
}

TEST(SwapJournal, UnknownLinesAreRefused) {
  const std::string text = FormatJournal(Sample());
  const std::string body = text.substr(0, text.rfind("end "));
  ASSERT_OK(ParseJournal(WithChecksum(body)));
  for (const char* const line : {"run 41\n", "made 41\n", "state running\n", "\n", "late 4\n",
                                 "late 4A4A\n", "late \n", "late 41 41\n"}) {
    EXPECT_THAT(ParseJournal(WithChecksum(body + line)), StatusIs(errs::kIntegrity)) << line;
  }
}

TEST(SwapJournal, TheTwoDatabasesHaveTheSameDigits) {
  for (const std::string_view prefix : {std::string_view(), kPrivatePrefix}) {
    const std::string scratch = absl::StrCat(prefix, kScratch);
    EXPECT_EQ(OldNameFor(scratch), absl::StrCat(prefix, "siphon_old_0123456789abcdef"));
    EXPECT_EQ(ScratchNameFor(OldNameFor(scratch)), scratch);
    EXPECT_TRUE(IsOldName(OldNameFor(scratch)));
    EXPECT_FALSE(IsScratchName(OldNameFor(scratch)));
  }
}

}  // namespace
}  // namespace siphon::mysqlcommon
