// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/sqlite/script_splitter.h"

#include <string>
#include <vector>

#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sqlite3.h"
#include "testing/status_matchers.h"

namespace siphon::sqlite {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct Result {
  std::vector<std::string> statements;
  std::vector<uint64_t> lines;
  absl::Status status;
};

Result Split(std::string_view script, size_t chunk = std::string_view::npos,
             size_t limit = ScriptSplitter::kMaxStatement) {
  Result result;
  ScriptSplitter splitter(limit);
  while (!script.empty() && result.status.ok()) {
    result.status = splitter.Feed(script.substr(0, chunk), [&](const ScriptSplitter::Piece& piece) {
      result.statements.emplace_back(piece.text);
      result.lines.push_back(piece.line);
      return absl::OkStatus();
    });
    script.remove_prefix(std::min(chunk, script.size()));
  }
  if (result.status.ok()) result.status = splitter.Finish();
  return result;
}

TEST(ScriptSplitterTest, EndsAStatementAtItsSemicolon) {
  const Result result = Split("SELECT 1; SELECT\n2 ;\n\nSELECT 3;");
  EXPECT_THAT(result.status, IsOk());
  EXPECT_THAT(result.statements, ElementsAre("SELECT 1;", "SELECT\n2 ;", "SELECT 3;"));
  EXPECT_THAT(result.lines, ElementsAre(1, 1, 4));
}

TEST(ScriptSplitterTest, LeavesSemicolonsInStringsNamesAndCommentsAlone) {
  const std::vector<std::string> statements = {
      "INSERT INTO t VALUES('a;''b;');",
      "INSERT INTO \"x;\"\"y\" VALUES(1);",
      "INSERT INTO `x;``y` VALUES(1);",
      "INSERT INTO [x;y] VALUES(1);",
      "SELECT 1 /* ; */ + 2;",
      "SELECT 1 -- ;\n + 2;",
      "SELECT 1 - 2 / 3;",
      "SELECT '--', '/*', \"a--b\";",
      "SELECT 1 /* * / ** ;/ **/ + 2;",
  };
  for (const std::string& statement : statements) {
    for (const size_t chunk : {1, 2, 3, 7, 1000}) {
      const Result result = Split(statement + statement, chunk);
      EXPECT_THAT(result.status, IsOk()) << statement;
      EXPECT_THAT(result.statements, ElementsAre(statement, statement)) << chunk;
    }
  }
}

TEST(ScriptSplitterTest, KeepsTheBodyOfATriggerTogether) {
  const std::vector<std::string> triggers = {
      "CREATE TRIGGER a AFTER INSERT ON t BEGIN SELECT 1; SELECT 2; END;",
      "create temp trigger a AFTER INSERT ON t BEGIN SELECT CASE WHEN 1 THEN 2 END; END ;",
      "CREATE TEMPORARY TRIGGER a AFTER INSERT ON t BEGIN UPDATE t SET end_=1; /* x */ END;",
      "EXPLAIN CREATE TRIGGER a AFTER INSERT ON t BEGIN SELECT 1; END;",
      "CREATE /* ; */ TRIGGER a AFTER INSERT ON t BEGIN SELECT ';END;'; END;",
  };
  for (const std::string& trigger : triggers) {
    for (const size_t chunk : {1, 5, 1000}) {
      const Result result = Split(trigger + " SELECT 3;", chunk);
      EXPECT_THAT(result.status, IsOk()) << trigger;
      EXPECT_THAT(result.statements, ElementsAre(trigger, "SELECT 3;"));
    }
  }
}

TEST(ScriptSplitterTest, DropsWhatStandsBetweenStatements) {
  const Result result = Split(" -- one;\n;; /* two; */\nSELECT 1; ; -- three\n/* not closed");
  EXPECT_THAT(result.status, IsOk());
  EXPECT_THAT(result.statements, ElementsAre("SELECT 1;"));
  EXPECT_THAT(result.lines, ElementsAre(3));
  EXPECT_THAT(Split("").statements, IsEmpty());
}

TEST(ScriptSplitterTest, RefusesAScriptThatEndsInsideAStatement) {
  for (const std::string script :
       {"SELECT 1", "SELECT 1;\nSELECT 'a;", "SELECT 1;\nSELECT [a;",
        "SELECT 1;\nCREATE TRIGGER a BEGIN SELECT 1;", "SELECT 1; -", "SELECT 1;\nx"}) {
    const Result result = Split(script);
    EXPECT_THAT(result.status, StatusIs(errs::kIntegrity, HasSubstr("ends inside the statement")))
        << script;
  }
  EXPECT_THAT(Split("SELECT 1;\n\nSELECT 'a\n\n;").status,
              StatusIs(errs::kIntegrity, HasSubstr("in line 3")));
}

TEST(ScriptSplitterTest, RefusesNulBytesAndEndlessStatements) {
  using std::string_literals::operator""s;
  EXPECT_THAT(Split("SELECT 1;\nSELECT '\0';"s).status,
              StatusIs(errs::kIntegrity, HasSubstr("line 2")));
  EXPECT_THAT(Split("SELECT \0 1;"s).status, StatusIs(errs::kIntegrity, HasSubstr("NUL")));
  EXPECT_THAT(Split("SELECT 12345;", 4, 10).status,
              StatusIs(errs::kIntegrity, HasSubstr("longer than 10 bytes")));
  EXPECT_THAT(Split("SELECT 12345;", 1000, 10).status, StatusIs(errs::kIntegrity));
  EXPECT_THAT(Split("SELECT 12;SELECT 12;", 3, 10).status, IsOk());
}

TEST(ScriptSplitterTest, StopsAtTheConsumersError) {
  ScriptSplitter splitter;
  int calls = 0;
  const absl::Status status =
      splitter.Feed("SELECT 1; SELECT 2;", [&](const ScriptSplitter::Piece&) {
        ++calls;
        return errs::UserError("test", errs::kNotFound, "x");
      });
  EXPECT_THAT(status, StatusIs(errs::kNotFound));
  EXPECT_EQ(calls, 1);
}

// The oracle: SQLite's own idea of a complete statement, over random texts of the interesting
// tokens.
TEST(ScriptSplitterTest, AgreesWithSqliteOnRandomScripts) {
  const std::vector<std::string> tokens = {";",       "create",
                                           "trigger", "temp",
                                           "end",     "explain",
                                           "x",       " ",
                                           "\n",      "'",
                                           "\"",      "`",
                                           "[",       "]",
                                           "--",      "/*",
                                           "*/",      "begin;",
                                           "end;",    "-",
                                           "/",       "*",
                                           "1",       ";;",
                                           ",",       "CREATE TRIGGER t ",
                                           "\xc3\xa9"};
  uint64_t random = 12345;
  const auto next = [&random] {
    return random = random * 6364136223846793005u + 1442695040888963407u;
  };
  for (int round = 0; round < 20000; ++round) {
    std::string script;
    for (uint64_t n = next() >> 60; n > 0; --n) script += tokens[(next() >> 33) % tokens.size()];
    const Result whole = Split(script);
    const Result bytes = Split(script, 1);
    ASSERT_EQ(whole.statements, bytes.statements) << script;
    ASSERT_EQ(whole.status, bytes.status) << script;
    for (const std::string& statement : whole.statements) {
      ASSERT_EQ(sqlite3_complete(statement.c_str()), 1) << script << "\n---\n" << statement;
      // And it is the first end: no shorter part is complete.
      for (size_t i = 1; i < statement.size(); ++i) {
        if (statement[i - 1] != ';') continue;
        ASSERT_EQ(sqlite3_complete(statement.substr(0, i).c_str()), 0) << script;
      }
    }
  }
}

TEST(TerminateStatementTest, EndsEvenAStatementThatEndsInAComment) {
  EXPECT_EQ(TerminateStatement("CREATE TABLE t(a)"), "CREATE TABLE t(a);");
  EXPECT_EQ(TerminateStatement("CREATE VIEW v AS SELECT 1 -- one"),
            "CREATE VIEW v AS SELECT 1 -- one\n;");
  EXPECT_EQ(TerminateStatement("CREATE VIEW v AS SELECT 1 /* one"),
            "CREATE VIEW v AS SELECT 1 /* one*/;");
  EXPECT_EQ(TerminateStatement("CREATE TRIGGER t AFTER INSERT ON x BEGIN SELECT 1; END"),
            "CREATE TRIGGER t AFTER INSERT ON x BEGIN SELECT 1; END;");
}

}  // namespace
}  // namespace siphon::sqlite
