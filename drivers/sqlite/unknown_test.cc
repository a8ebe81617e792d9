// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Databases that hold what only their own program knows: modules, collations, functions. Their
// image is a backup like any other.

#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "drivers/sqlite/driver.h"
#include "drivers/sqlite/fixture.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "testing/contracts/driver_bodies.h"
#include "testing/event_log.h"
#include "testing/status_matchers.h"

namespace siphon::sqlite {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

int CompareBackwards(void*, int a_size, const void* a, int b_size, const void* b) {
  const std::string_view left(static_cast<const char*>(a), static_cast<size_t>(a_size));
  const std::string_view right(static_cast<const char*>(b), static_cast<size_t>(b_size));
  return -left.compare(right);
}

void Twice(sqlite3_context* context, int, sqlite3_value** values) {
  sqlite3_result_int64(context, 2 * sqlite3_value_int64(values[0]));
}

void Teach(PlainConnection& connection) {
  sqlite3_create_collation(connection.handle(), "BACKWARDS", SQLITE_UTF8, nullptr,
                           &CompareBackwards);
  sqlite3_create_function(connection.handle(), "twice", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC,
                          nullptr, &Twice, nullptr, nullptr);
}

class UnknownTest : public ::testing::Test {
 protected:
  // `sql` is run by a program that knows it all.
  void Build(const std::string& sql) {
    PlainConnection connection(source_);
    Teach(connection);
    connection.Run(sql);
  }

  std::string BackUpLogged(const driver::BackupOptions& options, siphon::testing::EventLog& log) {
    const base::Context context(std::stop_token(), &log);
    SqliteDriver driver;
    const auto connection =
        driver.Connect(context, ProfileFor(source_), driver::Driver::Access::kRead);
    EXPECT_OK(connection);
    siphon::testing::MemoryTarget target;
    if (!connection.ok()) return "";
    EXPECT_OK((*connection)->Backup(context, options, target));
    return target.data();
  }

  absl::StatusOr<driver::Schema> Inspect(const std::string& path) {
    SqliteDriver driver;
    const auto connection =
        driver.Connect(base::Context(), ProfileFor(path), driver::Driver::Access::kRead);
    if (!connection.ok()) return connection.status();
    return (*connection)->Inspect(base::Context(), driver::InspectOptions());
  }

  absl::StatusOr<driver::DeepReport> Verify(std::string_view body) {
    SqliteDriver driver;
    base::StringReader reader(body);
    driver::DeepVerifyOptions options;
    options.directory = folder_.path();
    return driver.VerifyDeep(base::Context(), options, reader);
  }

  // The image comes back, and its program finds everything in it.
  void CheckImage(const std::string& query, const std::string& answer) {
    ASSERT_THAT(Inspect(source_), IsOk());
    ASSERT_THAT(TryRestore(target_, BackUp(source_)), IsOk());
    driver::RestoreOptions clean;
    clean.clean = true;
    ASSERT_THAT(TryRestore(target_, BackUp(source_), clean), IsOk());
    PlainConnection connection(target_);
    Teach(connection);
    EXPECT_EQ(connection.Value(query), answer);
    EXPECT_EQ(connection.Value("PRAGMA integrity_check"), "ok");
  }

  TempFolder folder_;
  const std::string source_ = folder_.File("source.db");
  const std::string target_ = folder_.File("target.db");
};

TEST_F(UnknownTest, ACollation) {
  Build(
      "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT COLLATE BACKWARDS, b TEXT UNIQUE);"
      "CREATE INDEX i ON t(a);"
      "INSERT INTO t(a) VALUES('x'), ('y'), ('z');"
      "CREATE TABLE k(a TEXT COLLATE BACKWARDS PRIMARY KEY) WITHOUT ROWID;"
      "INSERT INTO k VALUES('x'), ('y')");
  CheckImage("SELECT group_concat(a) FROM (SELECT a FROM t ORDER BY a)", "z,y,x");
  const absl::StatusOr<driver::Schema> schema = Inspect(target_);
  ASSERT_THAT(schema, IsOk());
  ASSERT_EQ(schema->tables.size(), 2u);
  EXPECT_EQ(schema->tables[0].rows, 2);
  EXPECT_EQ(schema->tables[1].rows, 3);
}

TEST_F(UnknownTest, AFunction) {
  Build(
      "CREATE TABLE t(a INT CHECK(twice(a) > 0), b INT AS (twice(a)) STORED);"
      "CREATE INDEX i ON t(twice(a));"
      "INSERT INTO t VALUES(1), (2), (3)");
  CheckImage("SELECT sum(b) FROM t", "12");
}

// verify --deep checks the rest, and says what it could not check.
TEST_F(UnknownTest, ADeepCheckNamesWhatItLeavesOut) {
  Build(
      "CREATE TABLE t(a INT); CREATE INDEX i ON t(twice(a)); INSERT INTO t VALUES(1), (2);"
      "CREATE TABLE g(a INT, b INT AS (twice(a)) STORED); INSERT INTO g VALUES(1);"
      "CREATE TABLE c(a TEXT COLLATE BACKWARDS UNIQUE); INSERT INTO c VALUES('x');"
      "CREATE TABLE plain(a UNIQUE); INSERT INTO plain VALUES(1), (2), (3)");
  const std::string body = BackUp(source_);
  const absl::StatusOr<driver::DeepReport> report = Verify(body);
  ASSERT_THAT(report, IsOk());
  EXPECT_THAT(report->summary, HasSubstr("the indexes of table \"t\" (unknown function: twice())"));
  EXPECT_THAT(report->summary, HasSubstr("\"c\" (no such collation sequence: BACKWARDS)"));
  EXPECT_THAT(report->summary, Not(HasSubstr("plain")));
  ASSERT_EQ(report->tables.size(), 4u);
  EXPECT_EQ(report->tables[2].rows, 3);
  // Damage elsewhere is still found: rows that an index does not have.
  Build(
      "CREATE INDEX p ON plain(a) WHERE a > 100; PRAGMA writable_schema = ON;"
      "UPDATE sqlite_schema SET sql = 'CREATE INDEX p ON plain(a)' WHERE name = 'p'");
  EXPECT_THAT(Verify(BackUp(source_)),
              StatusIs(errs::kIntegrity, HasSubstr("missing from index p")));
}

// The text that its index could be compared with is in no table.
TEST_F(UnknownTest, ADeepCheckNamesAFullTextIndexWithoutText) {
  Build(
      "CREATE VIRTUAL TABLE words USING fts4(a, content='');"
      "INSERT INTO words(docid, a) VALUES(7, 'running');"
      "CREATE VIRTUAL TABLE other USING fts4(a); INSERT INTO other VALUES('read')");
  driver::BackupOptions script;
  script.format = "sql";
  for (const std::string& body : {BackUp(source_), BackUp(source_, script)}) {
    const absl::StatusOr<driver::DeepReport> report = Verify(body);
    ASSERT_THAT(report, IsOk());
    EXPECT_THAT(report->summary, HasSubstr("the full-text index of \"words\" (no text to compare"));
    EXPECT_THAT(report->summary, Not(HasSubstr("other")));
  }
  // Damage to it, and to an index with its text, is still found.
  Build("UPDATE words_segdir SET root = substr(root, 1, 4)");
  EXPECT_THAT(Verify(BackUp(source_)), StatusIs(errs::kIntegrity, HasSubstr("main.words")));
  Build("DROP TABLE words; UPDATE other_content SET c0a = 'unread'");
  EXPECT_THAT(Verify(BackUp(source_)), StatusIs(errs::kIntegrity, HasSubstr("main.other")));
}

TEST_F(UnknownTest, AModuleATokenizerAndAViewOfNothing) {
  Build(
      "CREATE TABLE t(a); INSERT INTO t VALUES(1);"
      "CREATE VIEW broken AS SELECT * FROM nowhere;"
      "PRAGMA writable_schema = ON;"
      "INSERT INTO sqlite_schema VALUES('table', 'spell', 'spell', 0,"
      " 'CREATE VIRTUAL TABLE spell USING spellfix1');"
      "INSERT INTO sqlite_schema VALUES('table', 'words', 'words', 0,"
      " 'CREATE VIRTUAL TABLE words USING fts4(x, tokenize=klingon)');"
      "CREATE TABLE spell_vocab(id INTEGER PRIMARY KEY, word TEXT);"
      "CREATE TABLE words_content(docid INTEGER PRIMARY KEY, c0x);"
      "INSERT INTO words_content VALUES(1, 'nuqneH');"
      "PRAGMA writable_schema = RESET;");
  ASSERT_THAT(Inspect(source_), IsOk());
  ASSERT_THAT(TryRestore(target_, BackUp(source_)), IsOk());
  EXPECT_EQ(Difference(Fingerprint(target_), Fingerprint(source_)), "");
  driver::BackupOptions script;
  script.format = "sql";
  const std::string other = folder_.File("other.db");
  ASSERT_THAT(TryRestore(other, BackUp(source_, script)), IsOk());
  EXPECT_EQ(Difference(Fingerprint(other), Fingerprint(source_)), "");
}

TEST_F(UnknownTest, AScriptNamesWhatItCannotBeMadeWithout) {
  Build(
      "CREATE TABLE t(a TEXT COLLATE BACKWARDS); CREATE INDEX i ON t(a);"
      "INSERT INTO t VALUES('x')");
  driver::BackupOptions script;
  script.format = "sql";
  const absl::Status status = TryRestore(target_, BackUp(source_, script));
  EXPECT_THAT(status, StatusIs(errs::kDatabase, HasSubstr("BACKWARDS")));
  EXPECT_THAT(status, HasHint(AllOf(HasSubstr("only the program"), HasSubstr("--format image"))));
  EXPECT_THAT(folder_.List(), ElementsAre("source.db"));
}

TEST_F(UnknownTest, ABackupNamesTheTablesThatARestoreOfTheScriptCannotMake) {
  Build(
      "CREATE TABLE plain(a INT, b INT DEFAULT (twice(1))); INSERT INTO plain VALUES(1, 2);"
      "CREATE TABLE collated(a TEXT COLLATE BACKWARDS);"
      "CREATE TABLE sorted(a TEXT COLLATE BACKWARDS UNIQUE);"
      "CREATE TABLE checked(a INT CHECK(twice(a) > 0));"
      "CREATE TABLE made(a INT, b INT AS (twice(a)));"
      "CREATE TABLE part(a INT); CREATE INDEX p ON part(a) WHERE twice(a) > 3;"
      "CREATE VIEW v AS SELECT twice(a) FROM plain;"
      "CREATE TRIGGER tr AFTER INSERT ON plain BEGIN SELECT twice(new.a); END;");
  driver::BackupOptions options;
  options.format = "sql";
  for (const std::vector<std::string>& tables :
       {std::vector<std::string>(), std::vector<std::string>{"sorted", "made"}}) {
    siphon::testing::EventLog log;
    options.tables = tables;
    const std::string body = BackUpLogged(options, log);
    EXPECT_THAT(log.Warnings(),
                ElementsAre(AllOf(HasSubstr("\"sorted\" (no such collation sequence: BACKWARDS)"),
                                  HasSubstr("\"made\" (unknown function: twice())"),
                                  HasSubstr("--format image"), HasSubstr("--exclude-table"),
                                  Not(HasSubstr("plain")))));
    for (const char* const name : {"\"part\"", "\"checked\"", "\"collated\""}) {
      EXPECT_EQ(log.Warnings()[0].find(name) != std::string::npos, tables.empty()) << name;
    }
    EXPECT_THAT(TryRestore(target_, body), Not(IsOk()));
  }
  // What is left can be restored, and is not warned of.
  options.tables = {"plain", "v"};
  siphon::testing::EventLog log;
  const std::string body = BackUpLogged(options, log);
  EXPECT_THAT(log.Warnings(), IsEmpty());
  EXPECT_OK(TryRestore(target_, body));
}

}  // namespace
}  // namespace siphon::sqlite
