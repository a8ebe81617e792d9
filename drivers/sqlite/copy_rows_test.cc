// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Rows that are copied into tables which differ from their own: by the encoding of their database,
// by their constraints, or by the module that keeps them.

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "drivers/sqlite/driver.h"
#include "drivers/sqlite/fixture.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/context.h"
#include "testing/contracts/driver_bodies.h"
#include "testing/event_log.h"
#include "testing/status_matchers.h"

namespace siphon::sqlite {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kDataOnly[] = "--data-only";

class CopyRowsTest : public ::testing::Test {
 protected:
  // Databases with this content instead of the former ones.
  void Build(const std::string& source, const std::string& target) {
    ++built_;
    source_ = folder_.File(absl::StrCat("source", built_));
    target_ = folder_.File(absl::StrCat("target", built_));
    PlainConnection(source_).Run(source);
    PlainConnection(target_).Run(target);
  }

  // `how`: "image", "sql" or kDataOnly.
  std::string Body(const std::string& how, const SnapshotLimits& limits = {}) {
    driver::BackupOptions options;
    options.data_only = how == kDataOnly;
    options.format = how == kDataOnly ? "sql" : how;
    return BackUp(source_, options, limits);
  }

  // Replaces the rows of the target's tables.
  absl::Status CopyRows(const std::string& body) {
    driver::RestoreOptions options;
    options.data_only = true;
    options.clean = true;
    return TryRestore(target_, body, options);
  }

  // The warnings of the same.
  std::vector<std::string> Warnings(const std::string& body) {
    SqliteDriver driver;
    siphon::testing::EventLog log;
    const base::Context context({}, &log);
    const auto connection =
        driver.Connect(context, ProfileFor(target_), driver::Driver::Access::kWrite);
    driver::RestoreOptions options;
    options.data_only = true;
    options.clean = true;
    siphon::testing::PieceReader reader(body);
    EXPECT_THAT((*connection)->Restore(context, options, reader), IsOk());
    return log.Warnings();
  }

  std::string Value(const std::string& sql) { return PlainConnection(target_).Value(sql); }

  TempFolder folder_;
  int built_ = 0;
  std::string source_;
  std::string target_;
};

constexpr char kTexts[] =
    "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT UNIQUE);"
    "CREATE TABLE k(a TEXT PRIMARY KEY, id) WITHOUT ROWID;";
// Their bytes, in hexadecimal digits.
constexpr char kTextBytes[] =
    "SELECT group_concat(hex(CAST(a AS BLOB))) FROM (SELECT a FROM t ORDER BY id)";
constexpr char kKeyBytes[] =
    "SELECT group_concat(hex(CAST(a AS BLOB))) FROM (SELECT a FROM k ORDER BY id)";

// SQLite takes a byte order mark at the beginning of UTF-16 that a program gives to it for no part
// of the text.
TEST_F(CopyRowsTest, TextsKeepAByteOrderMark) {
  // U+FEFF "x", twice U+FEFF "y", U+FFFE "A", "z".
  std::map<std::string, std::string> bytes = {{"UTF-16be", "FEFF0078,FEFFFEFF0079,FFFE0041,007A"},
                                              {"UTF-16le", "FFFE7800,FFFEFFFE7900,FEFF4100,7A00"},
                                              {"UTF-8", "EFBBBF78,EFBBBFEFBBBF79,EFBFBE41,7A"}};
  for (const std::string from : {"UTF-16be", "UTF-16le"}) {
    std::string rows;
    for (const std::string_view text : absl::StrSplit(bytes[from], ',')) {
      absl::StrAppend(&rows, "INSERT INTO t(a) VALUES(CAST(x'", text, "' AS TEXT));");
    }
    absl::StrAppend(&rows, "INSERT INTO k SELECT a, id FROM t");
    for (const std::string to : {"UTF-16be", "UTF-16le", "UTF-8"}) {
      Build(absl::StrCat("PRAGMA encoding = '", from, "';", kTexts, rows),
            absl::StrCat("PRAGMA encoding = '", to, "';", kTexts));
      ASSERT_EQ(PlainConnection(source_).Value(kTextBytes), bytes[from]);
      for (const char* const how : {"image", "sql", kDataOnly}) {
        SCOPED_TRACE(absl::StrCat(from, " ", to, " ", how));
        const std::string body = Body(how, SmallestSteps());
        ASSERT_THAT(CopyRows(body), IsOk());
        EXPECT_EQ(Value(kTextBytes), bytes[to]);
        EXPECT_EQ(Value(kKeyBytes), bytes[to]);
        if (how == kDataOnly) continue;
        driver::RestoreOptions table;
        table.tables = {"t"};
        table.clean = true;
        ASSERT_THAT(TryRestore(target_, body, table), IsOk());
        EXPECT_EQ(Value(kTextBytes), bytes[to]);
      }
    }
  }
}

TEST_F(CopyRowsTest, TextsThatTheEncodingOfTheTargetCannotHoldAreNamed) {
  struct Case {
    std::string from, to, text;
  };
  const std::vector<Case> cases = {{"UTF-8", "UTF-16le", "x'61ff'"},
                                   {"UTF-8", "UTF-16be", "x'efbfbf'"},    // U+FFFF.
                                   {"UTF-8", "UTF-16be", "x'61efbfbe'"},  // U+FFFE.
                                   {"UTF-16le", "UTF-8", "x'00d8'"},      // Half a character.
                                   {"UTF-16be", "UTF-8", "x'0061dc000061'"}};
  for (const Case& c : cases) {
    SCOPED_TRACE(absl::StrCat(c.from, " ", c.to, " ", c.text));
    const std::string old = "INSERT INTO t VALUES(7, 'old')";
    const std::string rows =
        absl::StrCat("INSERT INTO t VALUES(1, 'good'), (2, CAST(", c.text, " AS TEXT))");
    Build(absl::StrCat("PRAGMA encoding = '", c.from, "';", kTexts, rows),
          absl::StrCat("PRAGMA encoding = '", c.to, "';", kTexts, old));
    for (const char* const how : {"image", kDataOnly}) {
      EXPECT_THAT(CopyRows(Body(how)),
                  StatusIs(errs::kInvalidArgument,
                           AllOf(HasSubstr("\"t\""), HasSubstr("\"a\""), HasSubstr(c.to))));
      EXPECT_EQ(Value("SELECT group_concat(a) FROM t"), "old");
    }
    // In a database of the same encoding they are texts like any other.
    Build(absl::StrCat("PRAGMA encoding = '", c.from, "';", kTexts, rows),
          absl::StrCat("PRAGMA encoding = '", c.from, "';", kTexts));
    const std::string bytes = PlainConnection(source_).Value(kTextBytes);
    ASSERT_THAT(CopyRows(Body("image")), IsOk());
    EXPECT_EQ(Value(kTextBytes), bytes);
  }
}

TEST_F(CopyRowsTest, NoRowVanishesInAConflict) {
  for (const char* const target :
       {"CREATE TABLE t(a UNIQUE ON CONFLICT REPLACE, b);",
        "CREATE TABLE t(a UNIQUE ON CONFLICT IGNORE, b);",
        "CREATE TABLE t(a NOT NULL ON CONFLICT IGNORE, b);",
        "CREATE TABLE t(a NOT NULL ON CONFLICT REPLACE DEFAULT 5, b);"}) {
    Build("CREATE TABLE t(a, b); INSERT INTO t VALUES(1, 1), (1, 2), (NULL, 3)",
          absl::StrCat(target, "INSERT INTO t VALUES('old', 0)"));
    const std::string script = Body(kDataOnly);
    // As earlier versions wrote it.
    const std::string old_script =
        absl::StrReplaceAll(script, {{"INSERT OR ABORT INTO", "INSERT INTO"}});
    for (const std::string& body : {Body("image"), Body("sql"), script, old_script}) {
      SCOPED_TRACE(absl::StrCat(target, " ", body.substr(0, 15)));
      EXPECT_THAT(CopyRows(body), StatusIs(errs::kDatabase, HasSubstr("constraint failed: t.a")));
      EXPECT_EQ(Value("SELECT group_concat(a) FROM t"), "old");
    }
  }
}

// A script fails in other programs, too.
TEST_F(CopyRowsTest, AScriptSaysThatConflictsAreErrors) {
  Build("CREATE TABLE t(a); INSERT INTO t VALUES(1), (1)",
        "CREATE TABLE t(a UNIQUE ON CONFLICT IGNORE)");
  PlainConnection shell(target_);
  EXPECT_EQ(shell.TryRun(Body(kDataOnly)), SQLITE_CONSTRAINT);
}

struct Definitions {
  std::string source, target;
};

TEST_F(CopyRowsTest, VirtualTablesOfOtherDefinitionsAreRefused) {
  const std::vector<Definitions> cases = {{"fts5(a)", "fts5(a, tokenize=porter)"},
                                          {"fts5(a, detail=none)", "fts5(a)"},
                                          {"fts5(a, b)", "fts5(b, a)"},
                                          {"fts5(a, content='')", "fts5(a)"},
                                          {"fts5(a)", "fts4(a)"},
                                          {"fts4(a)", "fts4(a, tokenize=porter)"},
                                          {"rtree(a, x0, x1)", "rtree(a, x0, x1, y0, y1)"},
                                          {"rtree(a, x0, x1)", "rtree_i32(a, x0, x1)"}};
  for (const Definitions& c : cases) {
    const bool tree = c.source.starts_with("rtree");
    const std::string row = tree ? "INSERT INTO f(a, x0, x1) VALUES(1, 2, 3);"
                                 : "INSERT INTO f(rowid, a) VALUES(1, 'words');";
    Build(absl::StrCat("CREATE VIRTUAL TABLE f USING ", c.source, ";", row),
          absl::StrCat("CREATE VIRTUAL TABLE f USING ", c.target, ";", row));
    const std::vector<std::string> before = Fingerprint(target_);
    for (const char* const how : {"image", "sql", kDataOnly}) {
      SCOPED_TRACE(absl::StrCat(c.source, " → ", c.target, " ", how));
      EXPECT_THAT(CopyRows(Body(how)),
                  StatusIs(errs::kInvalidArgument,
                           AllOf(HasSubstr("\"f\""), HasSubstr("is defined in another way"))));
      EXPECT_EQ(Difference(Fingerprint(target_), before), "");
    }
  }
}

TEST_F(CopyRowsTest, TablesOfOtherKindsThanTheVirtualOneAreRefused) {
  for (const auto& [source, target] : std::vector<std::pair<std::string, std::string>>{
           {"CREATE VIRTUAL TABLE f USING fts5(a); INSERT INTO f VALUES('x')",
            "CREATE TABLE f(a); CREATE TABLE f_data(id, block);"},
           {"CREATE TABLE f_data(id, block); INSERT INTO f_data VALUES(1, x'00')",
            "CREATE VIRTUAL TABLE f USING fts5(a)"}}) {
    Build(source, target);
    SCOPED_TRACE(target);
    EXPECT_THAT(CopyRows(Body("image")), StatusIs(errs::kInvalidArgument, HasSubstr("\"f\"")));
  }
}

TEST_F(CopyRowsTest, TheSpellingOfADefinitionMakesNoDifference) {
  Build(
      "CREATE VIRTUAL TABLE f USING fts5(a, b, tokenize = 'porter ascii');"
      "INSERT INTO f VALUES('running', 'dogs')",
      "CREATE VIRTUAL TABLE IF NOT EXISTS \"F\"\nUSING  FTS5 ( a,b /* text */,\n"
      "tokenize='porter ascii' )");
  for (const char* const how : {"image", "sql", kDataOnly}) {
    EXPECT_THAT(Warnings(Body(how)), IsEmpty());
    EXPECT_EQ(Value("SELECT b FROM f WHERE f MATCH 'run'"), "dogs");
  }
  // Another spelling within quotes is another definition.
  Build("CREATE VIRTUAL TABLE f USING fts5(a, tokenize = 'porter  ascii')",
        "CREATE VIRTUAL TABLE f USING fts5(a, tokenize = 'porter ascii')");
  EXPECT_THAT(CopyRows(Body(kDataOnly)), StatusIs(errs::kInvalidArgument, HasSubstr("\"f\"")));
}

TEST_F(CopyRowsTest, AScriptThatNamesNoDefinitionsIsAWarning) {
  const std::string table = "CREATE VIRTUAL TABLE f USING fts5(a);";
  Build(absl::StrCat(table, "INSERT INTO f VALUES('x')"), table);
  const std::string body =
      absl::StrReplaceAll(Body(kDataOnly), {{"PRAGMA siphon_", "-- PRAGMA siphon_"}});
  EXPECT_THAT(Warnings(body), ElementsAre(AllOf(HasSubstr("\"f\""), HasSubstr("definition"))));
  EXPECT_EQ(Value("SELECT a FROM f"), "x");
}

TEST_F(CopyRowsTest, RowsThatBreakACheckAreAWarning) {
  Build(
      "CREATE TABLE t(a); INSERT INTO t VALUES(1), (-1), (-2);"
      "CREATE TABLE u(a); INSERT INTO u VALUES(-1); CREATE TABLE v(a)",
      "CREATE TABLE t(a CHECK(a > 0)); CREATE TABLE u(a); CREATE TABLE v(a CHECK(a > 0))");
  for (const char* const how : {"image", kDataOnly}) {
    EXPECT_THAT(Warnings(Body(how)),
                ElementsAre(AllOf(HasSubstr("2 rows of \"t\""), HasSubstr("CHECK"))));
    EXPECT_EQ(Value("SELECT sum(a) FROM t"), "-2");
  }
}

}  // namespace
}  // namespace siphon::sqlite
