// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// What a restore of rows alone leaves as it was: states of triggers, constraints that old rows do
// not meet, and the rows that an extension itself has put into its tables.

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "drivers/postgres/fixture.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/context.h"
#include "testing/event_log.h"
#include "testing/rounds.h"
#include "testing/servers/postgres.h"
#include "testing/status_matchers.h"

namespace siphon::postgres {
namespace {

using siphon::testing::AllPostgresVersions;
using siphon::testing::EventLog;
using siphon::testing::NewestToTest;
using siphon::testing::PostgresServer;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

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

// The partition "older" has a lower oid than its partitioned table.
constexpr char kTriggers[] = R"sql(
CREATE TABLE fired(a int);
CREATE FUNCTION fire() RETURNS trigger LANGUAGE plpgsql AS
  'BEGIN INSERT INTO public.fired VALUES (1); RETURN NULL; END';
CREATE TABLE older(id int); INSERT INTO older VALUES (11);
CREATE TABLE parent(id int) PARTITION BY RANGE (id);
CREATE TABLE p1 PARTITION OF parent FOR VALUES FROM (0) TO (10);
ALTER TABLE parent ATTACH PARTITION older FOR VALUES FROM (10) TO (20);
CREATE TABLE p2 PARTITION OF parent FOR VALUES FROM (20) TO (30) PARTITION BY RANGE (id);
CREATE TABLE p2a PARTITION OF p2 FOR VALUES FROM (20) TO (25);
CREATE TABLE p2b PARTITION OF p2 FOR VALUES FROM (25) TO (30);
CREATE TABLE p3 PARTITION OF parent FOR VALUES FROM (30) TO (40);
CREATE TABLE alone(id int);
INSERT INTO parent VALUES (1), (21), (26), (31); INSERT INTO alone VALUES (1);
CREATE TRIGGER every AFTER INSERT ON parent FOR EACH ROW EXECUTE FUNCTION fire();
CREATE TRIGGER off AFTER INSERT ON parent FOR EACH ROW EXECUTE FUNCTION fire();
CREATE TRIGGER once AFTER INSERT ON parent FOR EACH STATEMENT EXECUTE FUNCTION fire();
CREATE TRIGGER own AFTER INSERT ON p1 FOR EACH ROW EXECUTE FUNCTION fire();
CREATE TRIGGER alone_off AFTER INSERT ON alone FOR EACH ROW EXECUTE FUNCTION fire();
CREATE TRIGGER alone_always AFTER INSERT ON alone FOR EACH ROW EXECUTE FUNCTION fire();
ALTER TABLE alone DISABLE TRIGGER alone_off;
ALTER TABLE alone ENABLE ALWAYS TRIGGER alone_always;
ALTER TABLE parent DISABLE TRIGGER off;
ALTER TABLE p3 ENABLE ALWAYS TRIGGER off;
ALTER TABLE p1 DISABLE TRIGGER every;
ALTER TABLE older ENABLE ALWAYS TRIGGER every;
ALTER TABLE p2 ENABLE REPLICA TRIGGER every;
ALTER TABLE p2a DISABLE TRIGGER every;
ALTER TABLE p2b ENABLE TRIGGER every;
)sql";

TEST_P(RowsAloneTest, TriggersKeepTheirStatesOnEveryPartition) {
  const profile::ConnectionProfile source = NewDatabase(server_);
  PlainConnection connection(source);
  connection.Run(kTriggers);
  connection.Run("DELETE FROM fired");
  const std::string states =
      "SELECT string_agg(tgrelid::regclass || ' ' || tgname || ' ' || tgenabled::text, ', '"
      " ORDER BY tgrelid::regclass::text, tgname) FROM pg_trigger";
  const std::string before = connection.Value(states);
  const std::string body = BackUp(source);
  const std::string through_parent = RunApplet("pg_dump",
                                               {"--format=custom", "--load-via-partition-root",
                                                "--dbname=" + server_.Conninfo(source.database)},
                                               "");
  driver::RestoreOptions some = Rows(true);
  some.tables = {"p1"};
  const std::string rows = "SELECT string_agg(id::text, ' ' ORDER BY id) FROM parent";
  const std::string all = connection.Value(rows);
  for (const auto& [dump, options] : std::vector<std::pair<std::string, driver::RestoreOptions>>{
           {body, Rows(true)}, {body, some}, {through_parent, Rows(true)}}) {
    ASSERT_OK(TryRestore(source, dump, options));
    EXPECT_EQ(connection.Value(states), before);
    EXPECT_EQ(connection.Int("SELECT count(*) FROM fired"), 0);
    EXPECT_EQ(connection.Value(rows), all);
  }
  connection.Run("TRUNCATE parent, alone, fired");
  ASSERT_OK(TryRestore(source, body, Rows(false)));
  EXPECT_EQ(connection.Value(states), before);
  EXPECT_EQ(connection.Int("SELECT count(*) FROM fired"), 0);
  // Rows of p3 go into a partition that the dump does not have.
  connection.Run(
      "ALTER TABLE parent DETACH PARTITION p3; TRUNCATE p3;"
      "CREATE TABLE p4 PARTITION OF parent FOR VALUES FROM (30) TO (40);"
      "ALTER TABLE p4 ENABLE ALWAYS TRIGGER every");
  const std::string changed = connection.Value(states);
  ASSERT_OK(TryRestore(source, through_parent, Rows(true)));
  EXPECT_EQ(connection.Value(states), changed);
  EXPECT_EQ(connection.Int("SELECT id FROM p4"), 31);
  EXPECT_EQ(connection.Int("SELECT count(*) FROM fired"), 0);
}

TEST_P(RowsAloneTest, OldRowsNeedNotMeetAConstraintOfADomainThatIsNotValid) {
  const profile::ConnectionProfile source = NewDatabase(server_);
  PlainConnection connection(source);
  connection.Run(
      "CREATE DOMAIN amount AS int; CREATE DOMAIN over AS amount; CREATE TYPE pair AS (a amount);"
      "CREATE DOMAIN sound AS int CHECK (VALUE > 0);"
      "CREATE TABLE t(a amount, b amount[], c over, d pair, e sound);"
      "INSERT INTO t VALUES (-1, '{-2}', -3, '(-4)', 5)");
  connection.Run(
      "ALTER DOMAIN amount ADD CONSTRAINT positive CHECK (VALUE > 0) NOT VALID;"
      "COMMENT ON CONSTRAINT positive ON DOMAIN amount IS 'kept';"
      "ALTER DOMAIN over ADD CONSTRAINT \"not even\" CHECK (VALUE % 2 = 0) NOT VALID");
  const std::string body = BackUp(source);
  const std::string before = Describe(source);
  ASSERT_OK(TryRestore(source, body, Rows(true)));
  EXPECT_EQ(Describe(source), before);
}

TEST_P(RowsAloneTest, AConstraintOfADomainOfOthersStaysAndIsNamed) {
  profile::ConnectionProfile owner = NewDatabase(server_);
  PlainConnection(owner).Run(
      "CREATE ROLE rows_owner LOGIN PASSWORD 'r'; CREATE DOMAIN amount AS int;"
      "CREATE TABLE t(a amount); INSERT INTO t VALUES (-1); ALTER TABLE t OWNER TO rows_owner;"
      "ALTER DOMAIN amount ADD CONSTRAINT positive CHECK (VALUE > 0) NOT VALID");
  const profile::ConnectionProfile superuser = owner;
  owner.user = "rows_owner";
  owner.password = "r";
  const auto restore = [&](const std::string& body) {
    EventLog log;
    const absl::Status status = TryRestore(owner, body, Rows(true), base::Context({}, &log));
    EXPECT_THAT(log.Warnings(), Contains(AllOf(HasSubstr("positive"), HasSubstr("amount"))));
    return status;
  };
  const std::string before = Describe(superuser);
  EXPECT_THAT(restore(BackUp(owner)), StatusIs(errs::kDatabase, HasSubstr("positive")));
  EXPECT_EQ(Describe(superuser), before);
  PlainConnection(superuser).Run("UPDATE t SET a = 1");
  EXPECT_OK(restore(BackUp(owner)));
}
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

TEST_P(RowsAloneTest, RowsOfAnExtensionThatIsLeftOutGoWithIt) {
  const profile::ConnectionProfile source = NewDatabase(server_);
  PlainConnection(source).Run(
      "CREATE EXTENSION citext; CREATE TABLE conf(k int); ALTER EXTENSION citext ADD TABLE conf;"
      "UPDATE pg_extension SET extconfig = ARRAY['conf'::regclass::oid], extcondition = ARRAY['']"
      " WHERE extname = 'citext'; INSERT INTO conf VALUES (1);"
      "CREATE TABLE other(a int); INSERT INTO other VALUES (7)");
  const std::string body = BackUp(source);
  const profile::ConnectionProfile target = NewDatabase(server_);
  driver::RestoreOptions options;
  options.exclude_objects = {"extension:citext"};
  ASSERT_OK(TryRestore(target, body, options));
  EXPECT_EQ(PlainConnection(target).Int("SELECT a FROM other"), 7);
  EXPECT_EQ(PlainConnection(target).Value("SELECT to_regclass('conf') IS NULL"), "t");
  // An extension that the target has takes the rows.
  const profile::ConnectionProfile has = NewDatabase(server_);
  PlainConnection(has).Run(
      "CREATE EXTENSION citext; CREATE TABLE conf(k int); ALTER EXTENSION citext ADD TABLE conf");
  ASSERT_OK(TryRestore(has, body, options));
  EXPECT_EQ(PlainConnection(has).Int("SELECT k FROM conf"), 1);
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

INSTANTIATE_TEST_SUITE_P(Versions, RowsAloneTest,
                         ::testing::ValuesIn(NewestToTest(AllPostgresVersions())),
                         ::testing::PrintToStringParamName());

}  // namespace
}  // namespace siphon::postgres
