// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Chosen tables, definitions or rows: what a backup takes along, and what a restore touches.

#include <string>
#include <vector>

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
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Optional;

constexpr char kShop[] = R"sql(
CREATE TABLE customers(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT);
CREATE TABLE orders(id INTEGER PRIMARY KEY, customer INT REFERENCES customers(id),
  total INT, tax INT AS (total / 5) STORED);
CREATE TABLE Log_2025(line TEXT);
CREATE TABLE log_2026(line TEXT);
CREATE INDEX orders_customer ON orders(customer);
CREATE VIEW totals AS SELECT customer, sum(total) AS total FROM orders GROUP BY 1;
CREATE TRIGGER orders_log AFTER INSERT ON orders BEGIN
  INSERT INTO log_2026 VALUES('order ' || new.id);
END;
CREATE TRIGGER customers_log AFTER INSERT ON customers BEGIN
  INSERT INTO log_2026 VALUES('customer ' || new.id);
END;
CREATE VIRTUAL TABLE notes USING fts5(text);
CREATE VIRTUAL TABLE places USING rtree(id, x0, x1);
)sql";

constexpr char kRows[] = R"sql(
INSERT INTO customers(name) VALUES('ann'), ('bob'), ('cy');
DELETE FROM customers WHERE name = 'cy';
INSERT INTO orders(id, customer, total) VALUES(1, 1, 10), (2, 2, 20), (3, 1, 30);
DELETE FROM log_2026;
INSERT INTO Log_2025 VALUES('old');
INSERT INTO log_2026(rowid, line) VALUES(70, 'new');
INSERT INTO notes(rowid, text) VALUES(5, 'read this'), (6, 'or that');
INSERT INTO places VALUES(1, 0, 1), (2, 5, 6);
ANALYZE;
)sql";

std::vector<std::string> Names(const std::string& path) {
  PlainConnection connection(path);
  std::vector<std::string> names;
  const int rows = std::stoi(connection.Value("SELECT count(*) FROM sqlite_schema"));
  for (int i = 0; i < rows; ++i) {
    const std::string name = connection.Value(
        "SELECT name FROM sqlite_schema ORDER BY name COLLATE NOCASE LIMIT 1 OFFSET " +
        std::to_string(i));
    if (!name.starts_with("sqlite_") && !name.starts_with("notes_") &&
        !name.starts_with("places_")) {
      names.push_back(name);
    }
  }
  return names;
}

class PartialTest : public ::testing::Test {
 protected:
  void SetUp() override {
    PlainConnection connection(source_);
    connection.Run(kShop);
    connection.Run(kRows);
  }

  std::string Body(const driver::BackupOptions& options = {}) { return BackUp(source_, options); }
  absl::Status Restore(const std::string& body, const driver::RestoreOptions& options = {}) {
    return TryRestore(target_, body, options);
  }
  absl::Status BackupStatus(const driver::BackupOptions& options) {
    SqliteDriver driver;
    const auto connection =
        driver.Connect(base::Context(), ProfileFor(source_), driver::Driver::Access::kRead);
    siphon::testing::MemoryTarget nowhere;
    const absl::Status status = (*connection)->Backup(base::Context(), options, nowhere);
    EXPECT_TRUE(status.ok() || nowhere.begins() == 0);
    return status;
  }
  std::string Value(const std::string& sql) { return PlainConnection(target_).Value(sql); }

  TempFolder folder_;
  const std::string source_ = folder_.File("source.db");
  const std::string target_ = folder_.File("target.db");
};

TEST_F(PartialTest, ATableBringsItsIndexesTriggersAndCounter) {
  driver::BackupOptions options;
  options.tables = {"ORDERS", "customers"};
  ASSERT_THAT(Restore(Body(options)), IsOk());
  EXPECT_THAT(Names(target_),
              ElementsAre("customers", "customers_log", "orders", "orders_customer", "orders_log"));
  EXPECT_EQ(Value("SELECT group_concat(total || '/' || tax) FROM orders"), "10/2,20/4,30/6");
  EXPECT_EQ(Value("SELECT seq FROM sqlite_sequence WHERE name = 'customers'"), "3");
}

TEST_F(PartialTest, PatternsMatchWithoutRegardToCase) {
  driver::BackupOptions options;
  options.tables = {"log_*", "tot?ls"};
  ASSERT_THAT(Restore(Body(options)), IsOk());
  EXPECT_THAT(Names(target_), ElementsAre("Log_2025", "log_2026", "totals"));
  EXPECT_EQ(Value("SELECT rowid FROM log_2026"), "70");
}

TEST_F(PartialTest, WhatIsExcludedStaysAway) {
  driver::BackupOptions options;
  options.exclude_tables = {"log_2*", "notes", "totals"};
  options.exclude_data = {"customers", "places"};
  ASSERT_THAT(Restore(Body(options)), IsOk());
  EXPECT_THAT(Names(target_), ElementsAre("customers", "customers_log", "orders", "orders_customer",
                                          "orders_log", "places"));
  EXPECT_EQ(Value("SELECT count(*) FROM customers"), "0");
  EXPECT_EQ(Value("SELECT count(*) FROM places"), "0");
  EXPECT_EQ(Value("SELECT count(*) FROM orders"), "3");
}

TEST_F(PartialTest, VirtualTablesComeWithWhatIsBehindThem) {
  driver::BackupOptions options;
  options.tables = {"notes", "places"};
  ASSERT_THAT(Restore(Body(options)), IsOk());
  EXPECT_THAT(Names(target_), ElementsAre("notes", "places"));
  EXPECT_EQ(Value("SELECT rowid FROM notes WHERE notes MATCH 'that'"), "6");
  EXPECT_EQ(Value("SELECT id FROM places WHERE x0 > 3"), "2");
}

TEST_F(PartialTest, NamesThatCannotBeChosenAreRefusedBeforeAnything) {
  driver::BackupOptions options;
  options.tables = {"nothing_*"};
  EXPECT_THAT(BackupStatus(options), StatusIs(errs::kNotFound, HasSubstr("nothing_*")));
  EXPECT_THAT(errs::GetError(BackupStatus(options)),
              Optional(Field(&errs::Error::hint, HasSubstr("customers"))));
  options.tables = {"notes_data"};
  EXPECT_THAT(BackupStatus(options), StatusIs(errs::kInvalidArgument, HasSubstr("notes_data")));
  options.tables = {"sqlite_sequence"};
  EXPECT_THAT(BackupStatus(options), StatusIs(errs::kInvalidArgument));
  options.tables = {};
  options.exclude_tables = {"missing"};
  EXPECT_THAT(BackupStatus(options), StatusIs(errs::kNotFound));
  options.exclude_tables = {};
  options.exclude_data = {"missing"};
  EXPECT_THAT(BackupStatus(options), StatusIs(errs::kNotFound));
  options.exclude_data = {"log_2026"};
  options.format = "image";
  EXPECT_THAT(BackupStatus(options), StatusIs(errs::kInvalidArgument, HasSubstr("image")));
}

TEST_F(PartialTest, DefinitionsAlone) {
  driver::BackupOptions options;
  options.schema_only = true;
  driver::RestoreOptions restore;
  restore.schema_only = true;
  std::vector<std::string> schemas;
  for (const std::string& body : {Body(options), Body()}) {
    for (const driver::RestoreOptions& how : {driver::RestoreOptions(), restore}) {
      if (body == Body() && !how.schema_only) continue;
      const std::string target = folder_.File("t" + std::to_string(schemas.size()));
      ASSERT_THAT(TryRestore(target, body, how), IsOk());
      PlainConnection connection(target);
      EXPECT_EQ(connection.Value("SELECT (SELECT count(*) FROM customers) +"
                                 " (SELECT count(*) FROM orders) + (SELECT count(*) FROM notes) +"
                                 " (SELECT count(*) FROM places)"),
                "0");
      connection.Run("INSERT INTO notes VALUES('works'); INSERT INTO places VALUES(1, 2, 3)");
      EXPECT_EQ(connection.Value("SELECT count(*) FROM notes WHERE notes MATCH 'works'"), "1");
      schemas.push_back(
          connection.Value("SELECT group_concat(sql, ';') FROM (SELECT sql FROM"
                           " sqlite_schema WHERE name NOT LIKE 'sqlite_%'"
                           " ORDER BY name)"));
    }
  }
  const std::string expected = PlainConnection(source_).Value(
      "SELECT group_concat(sql, ';') FROM (SELECT sql FROM sqlite_schema"
      " WHERE name NOT LIKE 'sqlite_%' ORDER BY name)");
  EXPECT_THAT(schemas, ElementsAre(expected, expected, expected));
}

TEST_F(PartialTest, RowsAloneGoIntoTablesThatAreThere) {
  driver::BackupOptions options;
  options.data_only = true;
  driver::RestoreOptions restore;
  restore.data_only = true;
  for (const std::string encoding : {"UTF-8", "UTF-16le"}) {
    for (const std::string& body : {Body(options), Body()}) {
      const std::string target = folder_.File(encoding + std::to_string(body.size()));
      PlainConnection(target).Run("PRAGMA encoding = '" + encoding + "';" + kShop);
      ASSERT_THAT(TryRestore(target, body, restore), IsOk());
      PlainConnection connection(target);
      EXPECT_EQ(connection.Value("SELECT group_concat(name) FROM customers"), "ann,bob");
      // No trigger fired.
      EXPECT_EQ(connection.Value("SELECT group_concat(rowid || line) FROM log_2026"), "70new");
      EXPECT_EQ(connection.Value("SELECT rowid FROM notes WHERE notes MATCH 'that'"), "6");
      EXPECT_EQ(connection.Value("SELECT id FROM places WHERE x0 > 3"), "2");
      EXPECT_EQ(connection.Value("SELECT seq FROM sqlite_sequence WHERE name = 'customers'"), "3");
      EXPECT_EQ(connection.Value("PRAGMA integrity_check"), "ok");
      // Again only over what is there.
      EXPECT_THAT(TryRestore(target, body, restore),
                  StatusIs(errs::kTargetNotEmpty, HasSubstr("holds rows")));
      connection.Run("INSERT INTO notes VALUES('extra that'); DELETE FROM orders");
      driver::RestoreOptions clean = restore;
      clean.clean = true;
      ASSERT_THAT(TryRestore(target, body, clean), IsOk());
      EXPECT_EQ(connection.Value("SELECT group_concat(rowid) FROM notes WHERE notes MATCH 'that'"),
                "6");
      EXPECT_EQ(connection.Value("SELECT count(*) FROM orders"), "3");
    }
  }
}

TEST_F(PartialTest, RowsOfSomeTablesReplaceThoseAlone) {
  PlainConnection(source_).Run("DELETE FROM Log_2025");
  driver::BackupOptions options;
  options.data_only = true;
  options.tables = {"orders", "Log_2025", "notes"};
  const std::string body = Body(options);
  PlainConnection target(target_);
  target.Run(kShop);
  target.Run(
      "INSERT INTO customers(name) VALUES('kept'); INSERT INTO Log_2025 VALUES('gone');"
      "INSERT INTO orders(id) VALUES(77); INSERT INTO places VALUES(9, 9, 9)");
  driver::RestoreOptions clean;
  clean.clean = true;
  ASSERT_THAT(Restore(body, clean), IsOk());
  EXPECT_EQ(Value("SELECT group_concat(name) FROM customers"), "kept");
  EXPECT_EQ(Value("SELECT count(*) FROM Log_2025"), "0");
  EXPECT_EQ(Value("SELECT group_concat(id) FROM (SELECT id FROM orders ORDER BY id)"), "1,2,3");
  EXPECT_EQ(Value("SELECT group_concat(id) FROM places"), "9");
  EXPECT_EQ(Value("SELECT rowid FROM notes WHERE notes MATCH 'that'"), "6");
  clean.tables = {"customers"};
  EXPECT_THAT(Restore(body, clean), StatusIs(errs::kNotFound, HasSubstr("customers")));
  EXPECT_EQ(Value("SELECT group_concat(name) FROM customers"), "kept");
}

TEST_F(PartialTest, RowsAloneNeedTables) {
  driver::BackupOptions options;
  options.data_only = true;
  driver::RestoreOptions restore;
  restore.data_only = true;
  EXPECT_THAT(Restore(Body(options)), StatusIs(errs::kNotFound, HasSubstr("no tables")));
  EXPECT_THAT(Restore(Body(), restore), StatusIs(errs::kNotFound, HasSubstr("no tables")));
  EXPECT_THAT(folder_.List(), ElementsAre("source.db"));
  PlainConnection(target_).Run("CREATE TABLE customers(id INTEGER PRIMARY KEY, name TEXT)");
  EXPECT_THAT(Restore(Body(), restore), StatusIs(errs::kNotFound, HasSubstr("orders")));
  EXPECT_EQ(Value("SELECT count(*) FROM customers"), "0");
  restore.tables = {"customers"};
  EXPECT_THAT(Restore(Body(), restore), IsOk());
  EXPECT_EQ(Value("SELECT count(*) FROM customers"), "2");
}

TEST_F(PartialTest, ARestoredTableLeavesTheOthersAlone) {
  PlainConnection target(target_);
  target.Run(
      "CREATE TABLE mine(a); INSERT INTO mine VALUES(1);"
      "CREATE TABLE orders(other); CREATE INDEX old_index ON orders(other);"
      "INSERT INTO orders VALUES('x');"
      "CREATE VIEW mine_and_orders AS SELECT * FROM mine, orders;");
  driver::RestoreOptions options;
  options.tables = {"orders", "notes"};
  EXPECT_THAT(Restore(Body(), options), StatusIs(errs::kTargetNotEmpty, HasSubstr("\"orders\"")));
  EXPECT_EQ(Value("SELECT other FROM orders"), "x");
  options.clean = true;
  ASSERT_THAT(Restore(Body(), options), IsOk());
  EXPECT_THAT(Names(target_), ElementsAre("mine", "mine_and_orders", "notes", "orders",
                                          "orders_customer", "orders_log"));
  EXPECT_EQ(Value("SELECT a FROM mine"), "1");
  EXPECT_EQ(Value("SELECT sum(total) FROM orders"), "60");
  // The connection that was open all along sees it, too.
  EXPECT_EQ(target.Value("SELECT rowid FROM notes WHERE notes MATCH 'this'"), "5");
  EXPECT_EQ(target.Value("PRAGMA integrity_check"), "ok");
  // And once more over itself.
  ASSERT_THAT(Restore(Body(), options), IsOk());
  EXPECT_EQ(target.Value("SELECT rowid FROM notes WHERE notes MATCH 'this'"), "5");
}

TEST_F(PartialTest, AChosenTableMakesANewFile) {
  driver::RestoreOptions options;
  options.tables = {"customers"};
  ASSERT_THAT(Restore(Body(), options), IsOk());
  EXPECT_THAT(Names(target_), ElementsAre("customers", "customers_log"));
  EXPECT_THAT(folder_.List(), ElementsAre("source.db", "target.db"));
}

TEST_F(PartialTest, ADumpOfSomeTablesReplacesThoseAlone) {
  driver::BackupOptions backup;
  backup.tables = {"orders"};
  PlainConnection target(target_);
  target.Run("CREATE TABLE mine(a); CREATE TABLE orders(other);");
  driver::RestoreOptions options;
  EXPECT_THAT(Restore(Body(backup), options), StatusIs(errs::kTargetNotEmpty));
  options.clean = true;
  ASSERT_THAT(Restore(Body(backup), options), IsOk());
  EXPECT_THAT(Names(target_), ElementsAre("mine", "orders", "orders_customer", "orders_log"));
  // A restore does not touch a table that the backup left out by its name, either.
  backup.tables = {};
  backup.exclude_tables = {"customers"};
  target.Run("CREATE TABLE customers(precious)");
  ASSERT_THAT(Restore(Body(backup), options), IsOk());
  EXPECT_EQ(Value("SELECT count(precious) FROM customers"), "0");
}

TEST_F(PartialTest, ATableThatARestoreLeavesOutStaysAsItIs) {
  PlainConnection(source_).Run("CREATE VIEW ids AS SELECT id FROM customers");
  PlainConnection target(target_);
  target.Run("CREATE TABLE mine(a); CREATE TABLE customers(precious); CREATE TABLE orders(other)");
  driver::RestoreOptions options;
  options.exclude_tables = {"customers*", "ids"};
  EXPECT_THAT(Restore(Body(), options), StatusIs(errs::kTargetNotEmpty));
  options.clean = true;
  ASSERT_THAT(Restore(Body(), options), IsOk());
  EXPECT_EQ(Value("SELECT count(precious) FROM customers"), "0");
  EXPECT_EQ(Value("SELECT count(a) FROM mine"), "0");
  EXPECT_EQ(Value("SELECT count(*) > 0 FROM orders"), "1");
  EXPECT_EQ(Value("SELECT count(*) FROM sqlite_schema WHERE name = 'ids'"), "0");
  options.exclude_tables = {"nowhere"};
  EXPECT_THAT(Restore(Body(), options), StatusIs(errs::kNotFound, HasSubstr("nowhere")));
}

TEST_F(PartialTest, AskingADumpForWhatItDoesNotHoldIsRefused) {
  driver::BackupOptions schema;
  schema.schema_only = true;
  driver::BackupOptions data;
  data.data_only = true;
  driver::RestoreOptions want_data;
  want_data.data_only = true;
  want_data.clean = true;
  driver::RestoreOptions want_schema;
  want_schema.schema_only = true;
  want_schema.clean = true;
  PlainConnection(target_).Run(std::string(kShop) + kRows);
  const std::vector<std::string> before = Fingerprint(target_);
  EXPECT_THAT(Restore(Body(schema), want_data), StatusIs(errs::kInvalidArgument));
  EXPECT_THAT(Restore(Body(data), want_schema), StatusIs(errs::kInvalidArgument));
  driver::RestoreOptions nowhere;
  nowhere.tables = {"orders", "sales"};
  nowhere.clean = true;
  EXPECT_THAT(Restore(Body(), nowhere), StatusIs(errs::kNotFound, HasSubstr("sales")));
  EXPECT_EQ(Difference(Fingerprint(target_), before), "");
}

TEST_F(PartialTest, RowsThatLeadNowhereAreAWarning) {
  SqliteDriver driver;
  siphon::testing::EventLog log;
  const base::Context context({}, &log);
  const auto connection =
      driver.Connect(context, ProfileFor(target_), driver::Driver::Access::kCreate);
  ASSERT_THAT(connection, IsOk());
  PlainConnection(target_).Run("CREATE TABLE customers(id INTEGER PRIMARY KEY)");
  const std::string body = Body();
  siphon::testing::PieceReader reader(body);
  const auto again = driver.Connect(context, ProfileFor(target_), driver::Driver::Access::kWrite);
  driver::RestoreOptions options;
  options.tables = {"orders"};
  ASSERT_THAT((*again)->Restore(context, options, reader), IsOk());
  EXPECT_THAT(log.Warnings(),
              ElementsAre(AllOf(HasSubstr("3 rows of \"orders\""), HasSubstr("\"customers\""))));
}

TEST_F(PartialTest, AConflictUndoesEverything) {
  PlainConnection(target_).Run(
      "CREATE TABLE customers(id INTEGER PRIMARY KEY, name TEXT CHECK(name <> 'x') NOT NULL);"
      "CREATE TABLE orders(id INTEGER PRIMARY KEY, customer INT UNIQUE, total INT);");
  const std::vector<std::string> before = Fingerprint(target_);
  driver::RestoreOptions options;
  options.tables = {"customers", "orders"};
  options.data_only = true;
  EXPECT_THAT(Restore(Body(), options),
              StatusIs(errs::kDatabase, HasSubstr("UNIQUE constraint failed")));
  EXPECT_EQ(Difference(Fingerprint(target_), before), "");
  EXPECT_THAT(folder_.List(), Not(IsEmpty()));
}

}  // namespace
}  // namespace siphon::sqlite
