// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// What a restore of rows alone leaves as it was: states of triggers, constraints that old rows do
// not meet, and the rows that an extension itself has put into its tables.

#include <string>
#include <vector>

#include "drivers/postgres/fixture.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/rounds.h"
#include "testing/servers/postgres.h"
#include "testing/status_matchers.h"

namespace siphon::postgres {
namespace {

using siphon::testing::AllPostgresVersions;
using siphon::testing::kNewestPostgres;
using siphon::testing::PostgresServer;
using siphon::testing::Rounds;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// The long form runs on every version.
std::vector<int> Versions() {
  return Rounds(1, 0) > 0 ? AllPostgresVersions() : std::vector<int>{kNewestPostgres};
}

driver::RestoreOptions Rows(bool clean) {
  driver::RestoreOptions options;
  options.data_only = true;
  options.clean = clean;
  return options;
}

class RowsAloneTest : public ::testing::TestWithParam<int> {
 protected:
  void TearDown() override {
    EXPECT_THAT(Leftovers(server_), IsEmpty());
    const auto databases = server_.Query(
        "SELECT datname FROM pg_database WHERE datallowconn AND EXISTS (SELECT FROM pg_roles"
        " WHERE rolname = 'rows_owner')");
    ASSERT_OK(databases);
    for (const PostgresServer::Row& row : *databases) {
      ASSERT_OK(server_.RunSql("DROP OWNED BY rows_owner CASCADE", *row[0]));
    }
    ASSERT_OK(server_.RunSql("DROP ROLE IF EXISTS rows_owner"));
  }

  PostgresServer& server_ = SharedServer(GetParam());
};

// An extension of the server stands for one with a table of configuration.
constexpr char kConfiguration[] = R"sql(
CREATE EXTENSION citext;
CREATE TABLE conf(k int PRIMARY KEY, v text, next int REFERENCES conf);
CREATE TABLE listed(a int); CREATE TABLE more(k int); CREATE TABLE t(k int REFERENCES conf);
INSERT INTO conf VALUES (1, 'standard'); INSERT INTO more VALUES (1);
ALTER EXTENSION citext ADD TABLE conf; ALTER EXTENSION citext ADD TABLE listed;
ALTER EXTENSION citext ADD TABLE more;
UPDATE pg_extension SET
  extconfig = ARRAY['listed'::regclass::oid, 'conf'::regclass::oid, 'more'::regclass::oid],
  extcondition = ARRAY['', 'WHERE v <> ''standard'' AND k >= 10',
    'WHERE k IN (SELECT k FROM public.conf WHERE k >= 10)'] WHERE extname = 'citext';
INSERT INTO conf VALUES (10, 'mine', 1), (11, 'mine', 10); INSERT INTO listed VALUES (1);
INSERT INTO more VALUES (10); INSERT INTO t VALUES (1), (10);
)sql";
constexpr char kConfigurationRows[] =
    "SELECT string_agg(k || v || coalesce(next, 0), ' ' ORDER BY k) || ' / ' ||"
    " (SELECT string_agg(a::text, ' ') FROM listed) || ' / ' ||"
    " (SELECT string_agg(k::text, ' ' ORDER BY k) FROM more) FROM conf";

TEST_P(RowsAloneTest, RowsThatAnExtensionBroughtStay) {
  const profile::ConnectionProfile source = NewDatabase(server_);
  PlainConnection connection(source);
  connection.Run(kConfiguration);
  const std::string body = BackUp(source);
  const std::string before = connection.Value(kConfigurationRows);
  connection.Run(
      "UPDATE conf SET v = 'changed' WHERE k = 10; DELETE FROM t; DELETE FROM conf WHERE k = 11;"
      "INSERT INTO conf VALUES (12, 'new'); INSERT INTO listed VALUES (2)");
  ASSERT_OK(TryRestore(source, body, Rows(true)));
  EXPECT_EQ(connection.Value(kConfigurationRows), before);
  EXPECT_EQ(connection.Int("SELECT count(*) FROM t"), 2);
}

TEST_P(RowsAloneTest, ATableOfAnExtensionIsRestoredByItsRowsAlone) {
  const profile::ConnectionProfile source = NewDatabase(server_);
  PlainConnection connection(source);
  connection.Run(kConfiguration);
  const std::string body = BackUp(source);
  const std::string before = connection.Value(kConfigurationRows);
  for (const bool clean : {false, true}) {
    driver::RestoreOptions options;
    options.tables = {"conf"};
    options.clean = clean;
    EXPECT_THAT(TryRestore(source, body, options),
                AllOf(StatusIs(errs::kInvalidArgument, HasSubstr("rows of conf")),
                      HasHint(HasSubstr("--data-only"))));
  }
  connection.Run("UPDATE conf SET v = 'changed' WHERE k = 10");
  driver::RestoreOptions rows = Rows(true);
  rows.tables = {"conf"};
  ASSERT_OK(TryRestore(source, body, rows));
  EXPECT_EQ(connection.Value(kConfigurationRows), before);
}

TEST_P(RowsAloneTest, RowsOfAnExtensionThatCannotBeToldApartAreKept) {
  const profile::ConnectionProfile source = NewDatabase(server_);
  PlainConnection connection(source);
  connection.Run(kConfiguration);
  const std::string body = BackUp(source);
  const std::string before = connection.Value(kConfigurationRows);
  connection.Run("UPDATE pg_extension SET extconfig = NULL, extcondition = NULL");
  EXPECT_THAT(TryRestore(source, body, Rows(true)),
              AllOf(StatusIs(errs::kDatabase, AllOf(HasSubstr("conf"), HasSubstr("citext"))),
                    HasHint(HasSubstr("--exclude-object 'table-data:conf'"))));
  EXPECT_EQ(connection.Value(kConfigurationRows), before);
}

TEST_P(RowsAloneTest, ADumpOfRowsAloneNeedsTheOption) {
  const profile::ConnectionProfile source = NewDatabase(server_);
  PlainConnection connection(source);
  connection.Run("CREATE TABLE t(a int); INSERT INTO t VALUES (1)");
  driver::BackupOptions rows;
  rows.data_only = true;
  const std::string body = BackUp(source, rows);
  driver::RestoreOptions clean;
  clean.clean = true;
  EXPECT_THAT(TryRestore(source, body, clean),
              AllOf(StatusIs(errs::kInvalidArgument, HasSubstr("rows of t")),
                    HasHint(HasSubstr("--data-only"))));
  EXPECT_EQ(connection.Int("SELECT count(*) FROM t"), 1);
  ASSERT_OK(TryRestore(source, body, Rows(true)));
  EXPECT_EQ(connection.Int("SELECT count(*) FROM t"), 1);
}

INSTANTIATE_TEST_SUITE_P(Versions, RowsAloneTest, ::testing::ValuesIn(Versions()),
                         ::testing::PrintToStringParamName());

}  // namespace
}  // namespace siphon::postgres
