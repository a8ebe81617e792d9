// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Settings of MySQL from 8.0.30 and 8.4 on that decide which definitions a server shows and takes.

#include <memory>
#include <stop_token>
#include <string>

#include "drivers/mysqlcommon/fixture.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/context.h"
#include "testing/contracts/driver_bodies.h"
#include "testing/event_log.h"
#include "testing/servers/mysql.h"
#include "testing/status_matchers.h"

namespace siphon::mysqlcommon {
namespace {

using siphon::testing::PieceReader;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ServerSettingsTest : public ::testing::Test {
 protected:
  void TearDown() override {
    PlainConnection connection(ProfileFor(server_, "mysql"));
    connection.Run("SET GLOBAL sql_generate_invisible_primary_key=DEFAULT");
    connection.Run("SET GLOBAL show_gipk_in_create_table_and_information_schema=DEFAULT");
    EXPECT_THAT(Leftovers(server_), IsEmpty());
  }

  siphon::testing::MysqlServer& server_ = SharedServer(std::string(siphon::testing::kMysql97));
};

// Servers before 8.4 take such a key; later ones refuse it (error 6125) by default.
TEST_F(ServerSettingsTest, ForeignKeyToColumnsThatAreNotUniqueIsRestored) {
  const profile::ConnectionProfile source = NewDatabase(server_), target = NewDatabase(server_);
  PlainConnection connection(source);
  connection.Run("SET SESSION restrict_fk_on_non_standard_key=OFF");
  connection.Run("CREATE TABLE parent(code INT, KEY by_code (code))");
  connection.Run("INSERT INTO parent VALUES (1), (1), (2)");
  connection.Run(
      "CREATE TABLE child(code INT, CONSTRAINT of_code FOREIGN KEY (code) REFERENCES"
      " parent(code))");
  connection.Run("INSERT INTO child VALUES (1), (2)");
  const std::string body = BackUp(server_, source);
  EXPECT_OK(TryRestore(server_, target, body));
  EXPECT_EQ(Describe(server_, target.database), Describe(server_, source.database));
  // The tables of both sides are renamed; then only the parent, to which the child refers.
  driver::RestoreOptions options;
  options.clean = true;
  EXPECT_OK(TryRestore(server_, target, body, options));
  options.tables = {"parent"};
  EXPECT_OK(TryRestore(server_, target, body, options));
  options.tables.clear();
  options.in_place = true;
  EXPECT_OK(TryRestore(server_, target, body, options));
  EXPECT_EQ(Describe(server_, target.database), Describe(server_, source.database));
}

TEST_F(ServerSettingsTest, GeneratedInvisibleKeyIsInTheDumpThoughTheServerHidesIt) {
  const profile::ConnectionProfile source = NewDatabase(server_), target = NewDatabase(server_);
  PlainConnection connection(source);
  connection.Run("SET SESSION sql_generate_invisible_primary_key=ON");
  connection.Run("CREATE TABLE t(a INT)");
  connection.Run("INSERT INTO t VALUES (7), (8), (9)");
  connection.Run("DELETE FROM t WHERE a = 8");
  connection.Run("SET GLOBAL show_gipk_in_create_table_and_information_schema=OFF");
  const std::string body = BackUp(server_, source);
  EXPECT_THAT(body, HasSubstr("`my_row_id`"));
  EXPECT_OK(TryRestore(server_, target, body));
  EXPECT_EQ(PlainConnection(target).Value("SELECT GROUP_CONCAT(my_row_id, '=', a) FROM t"),
            "1=7,3=9");
}

TEST_F(ServerSettingsTest, TableWithoutAPrimaryKeyIsRestoredWhereTheServerRequiresOne) {
  const profile::ConnectionProfile source = NewDatabase(server_), target = NewDatabase(server_);
  PlainConnection connection(source);
  connection.Run("CREATE TABLE t(a INT)");
  connection.Run("INSERT INTO t VALUES (7)");
  const std::string body = BackUp(server_, source);
  connection.Run("SET GLOBAL sql_require_primary_key=ON");
  driver::RestoreOptions options;
  for (const bool clean : {false, true}) {
    options.clean = clean;
    EXPECT_OK(TryRestore(server_, target, body, options));
  }
  connection.Run("SET GLOBAL sql_require_primary_key=DEFAULT");
  EXPECT_EQ(PlainConnection(target).Value("SELECT a FROM t"), "7");
}

// The server adds no key to these tables, and refuses them.
TEST_F(ServerSettingsTest, TableThatCannotGetAGeneratedKeyIsRestoredWithoutOne) {
  const profile::ConnectionProfile source = NewDatabase(server_), target = NewDatabase(server_);
  PlainConnection connection(source);
  connection.Run("CREATE TABLE parted(a INT) PARTITION BY HASH (a) PARTITIONS 2");
  connection.Run("INSERT INTO parted VALUES (1), (2)");
  connection.Run("CREATE TABLE counted(a INT AUTO_INCREMENT, KEY (a))");
  connection.Run("INSERT INTO counted VALUES (7)");
  connection.Run("CREATE TABLE named(my_row_id INT)");
  connection.Run("INSERT INTO named VALUES (8)");
  const std::string body = BackUp(server_, source), before = Describe(server_, source.database);
  connection.Run("SET GLOBAL sql_generate_invisible_primary_key=ON");
  driver::RestoreOptions options;
  for (const bool clean : {false, true}) {
    options.clean = clean;
    siphon::testing::EventLog log;
    EXPECT_OK(TryRestore(server_, target, body, options, base::Context(std::stop_token(), &log)));
    for (const char* const table : {"table parted", "table counted", "table named"}) {
      EXPECT_THAT(
          log.Warnings(),
          Contains(AllOf(HasSubstr(table), HasSubstr("sql_generate_invisible_primary_key=OFF"))));
    }
    EXPECT_EQ(Describe(server_, target.database), before);
  }
}

// A server that adds keys makes another table of one without: its checksum would be another.
TEST_F(ServerSettingsTest, TableThatGetsAGeneratedKeyWhenRestoredHasNoChecksumToCompare) {
  const profile::ConnectionProfile source = NewDatabase(server_);
  PlainConnection(source).Run("CREATE TABLE t(a INT)");
  PlainConnection(source).Run("CREATE TABLE keyed(a INT PRIMARY KEY)");
  const std::string body = BackUp(server_, source);
  PlainConnection(source).Run("SET GLOBAL sql_generate_invisible_primary_key=ON");
  const base::Context context;
  const auto scratch = ForkDriver(kMysql).OpenScratchOn(context, source);
  ASSERT_OK(scratch);
  PieceReader reader(body);
  ASSERT_OK((*scratch)->Restore(context, {}, reader));
  const auto schema = (*scratch)->Inspect(context, {.checksums = true});
  ASSERT_OK(schema);
  for (const driver::TableSchema& table : schema->tables) {
    EXPECT_EQ(table.checksum.empty(), table.name == "t") << table.name;
  }
}

}  // namespace
}  // namespace siphon::mysqlcommon
