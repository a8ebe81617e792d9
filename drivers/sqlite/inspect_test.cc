// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/sqlite/inspect.h"

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "drivers/sqlite/btree_estimate.h"
#include "drivers/sqlite/database.h"
#include "drivers/sqlite/fixture.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/status_matchers.h"

namespace siphon::sqlite {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Gt;
using ::testing::Lt;
using ::testing::Pair;

constexpr char kTables[] = R"sql(
PRAGMA page_size = 1024;
CREATE TABLE small(a);
INSERT INTO small VALUES(1), (2), (3);
CREATE TABLE "Big one"(id INTEGER PRIMARY KEY, name TEXT, UNIQUE(name));
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000)
  INSERT INTO "Big one" SELECT i, 'name ' || (i * 7919 % 50000) FROM n;
CREATE INDEX big_id ON "Big one"(id, name);
CREATE TABLE keyed(k TEXT PRIMARY KEY, v INT) WITHOUT ROWID;
INSERT INTO keyed SELECT name, id FROM "Big one";
CREATE TABLE blobs(id INTEGER PRIMARY KEY, data BLOB);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400)
  INSERT INTO blobs SELECT i, zeroblob(100 * (i % 200)) FROM n;
CREATE TABLE empty(a);
CREATE VIEW view AS SELECT * FROM small;
CREATE VIRTUAL TABLE notes USING fts5(text);
INSERT INTO notes SELECT name FROM "Big one" WHERE id <= 100;
CREATE VIRTUAL TABLE boxes USING rtree(id, x0, x1);
INSERT INTO boxes VALUES(1, 2, 3), (2, 3, 4);
PRAGMA user_version = 12;
)sql";

class InspectTest : public ::testing::Test {
 protected:
  void SetUp() override {
    PlainConnection(path_).Run(kTables);
    absl::StatusOr<std::unique_ptr<Database>> database =
        Database::Open(path_, {.mode = Database::Mode::kRead});
    ASSERT_THAT(database, IsOk());
    database_ = *std::move(database);
  }

  std::map<std::string, verbs::TableSchema> Tables(bool exact, int64_t estimate_above) {
    verbs::InspectOptions options;
    options.exact = exact;
    const absl::StatusOr<verbs::Schema> schema = Inspect(*database_, options, estimate_above);
    EXPECT_THAT(schema, IsOk());
    std::map<std::string, verbs::TableSchema> tables;
    for (const verbs::TableSchema& table : schema->tables) tables[table.name] = table;
    return tables;
  }

  TempFolder folder_;
  const std::string path_ = folder_.File("app.db");
  std::unique_ptr<Database> database_;
};

TEST_F(InspectTest, TellsTablesWithRowsSizesAndIndexes) {
  const absl::StatusOr<verbs::Schema> schema = Inspect(*database_, verbs::InspectOptions());
  ASSERT_THAT(schema, IsOk());
  EXPECT_EQ(schema->engine, "sqlite");
  EXPECT_EQ(schema->engine_version, sqlite3_libversion());
  std::vector<std::string> names;
  int64_t bytes = 0;
  for (const verbs::TableSchema& table : schema->tables) {
    names.push_back(table.name);
    bytes += table.bytes + table.index_bytes;
  }
  EXPECT_THAT(names,
              ElementsAre("Big one", "blobs", "boxes", "empty", "keyed", "notes", "small", "view"));
  // All but the page of the schema table, or a few.
  EXPECT_LT(bytes, schema->bytes);
  EXPECT_GT(bytes, schema->bytes - 8 * 1024);
  EXPECT_THAT(schema->properties,
              ElementsAre(Pair("application_id", "0"), Pair("auto_vacuum", "none"),
                          Pair("encoding", "UTF-8"), Pair("freelist_count", "0"),
                          Pair("journal_mode", "delete"),
                          Pair("page_count", std::to_string(schema->bytes / 1024)),
                          Pair("page_size", "1024"), Pair("user_version", "12")));
}

TEST_F(InspectTest, ExactNumbersAreWhatCountingTells) {
  for (const bool exact : {false, true}) {
    // A small database is counted, asked or not.
    std::map<std::string, verbs::TableSchema> tables = Tables(exact, exact ? 0 : kEstimateAbove);
    for (const auto& [name, table] : tables) {
      if (table.kind == "view") continue;
      SCOPED_TRACE(name);
      EXPECT_EQ(std::to_string(table.rows),
                PlainConnection(path_).Value("SELECT count(*) FROM \"" + name + "\""));
      EXPECT_TRUE(table.rows_exact);
    }
    EXPECT_EQ(tables["Big one"].indexes, 2);
    EXPECT_EQ(tables["keyed"].indexes, 0);
    EXPECT_EQ(tables["notes"].kind, "virtual");
    EXPECT_GT(tables["notes"].bytes, 1024);
    EXPECT_EQ(tables["view"].kind, "view");
  }
}

TEST_F(InspectTest, ALargeDatabaseIsEstimatedAndSaysSo) {
  std::map<std::string, verbs::TableSchema> exact = Tables(true, 0);
  std::map<std::string, verbs::TableSchema> guess = Tables(false, 0);
  for (const std::string name : {"Big one", "keyed", "blobs"}) {
    SCOPED_TRACE(name);
    EXPECT_FALSE(guess[name].rows_exact);
    const auto near = [](int64_t value) { return AllOf(Gt(value * 7 / 10), Lt(value * 13 / 10)); };
    EXPECT_THAT(guess[name].rows, near(exact[name].rows));
    EXPECT_THAT(guess[name].bytes, near(exact[name].bytes));
    if (name != "Big one") continue;
    EXPECT_THAT(guess[name].index_bytes, near(exact[name].index_bytes));
  }
  // A table that fits into one page is counted, not estimated.
  EXPECT_TRUE(guess["small"].rows_exact);
  EXPECT_EQ(guess["small"].rows, 3);
  EXPECT_TRUE(guess["empty"].rows_exact);
  EXPECT_EQ(guess["empty"].rows, 0);
  EXPECT_EQ(guess["notes"].rows, 100);
}

TEST_F(InspectTest, APageThatIsNoneOfABtreesIsAnIntegrityError) {
  const int64_t pages = *database_->QueryInt("PRAGMA page_count");
  int refused = 0;
  // Overflow pages and pages that do not exist, too: never a crash, never an endless walk.
  for (int64_t page = 0; page <= pages + 1; page += 7) {
    const absl::StatusOr<BtreeSize> size = EstimateBtree(*database_, page);
    if (size.ok()) continue;
    ++refused;
    EXPECT_THAT(size, StatusIs(errs::kIntegrity));
  }
  EXPECT_GT(refused, 0);
}

}  // namespace
}  // namespace siphon::sqlite
