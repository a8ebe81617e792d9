// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Options of PostgreSQL restores that the contract does not test, and reasons to refuse a restore.

#include <unistd.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "drivers/postgres/fixture.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/context.h"
#include "siphon/base/file.h"
#include "testing/contracts/driver_bodies.h"
#include "testing/event_log.h"
#include "testing/servers/postgres.h"
#include "testing/status_matchers.h"

namespace siphon::postgres {
namespace {

using siphon::testing::MemoryTarget;
using siphon::testing::PostgresServer;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class RestoreTest : public ::testing::Test {
 protected:
  void TearDown() override { EXPECT_THAT(Leftovers(server_), IsEmpty()); }

  driver::RestoreOptions Clean() {
    driver::RestoreOptions options;
    options.clean = true;
    return options;
  }
  // A role of this test's own, and its profile for a database.
  profile::ConnectionProfile As(const std::string& role, profile::ConnectionProfile profile) {
    PlainConnection(ProfileFor(server_, "postgres"))
        .Run(absl::StrCat("DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '", role,
                          "') THEN CREATE ROLE ", role,
                          " LOGIN PASSWORD 'its own'; END IF; END$$"));
    profile.user = role;
    profile.password = "its own";
    return profile;
  }

  PostgresServer& server_ = SharedServer(siphon::testing::kNewestPostgres);
  base::Context context_;
};

TEST_F(RestoreTest, ChosenTablesReplaceTheirNamesakesAndKeepOthersForeignKeys) {
  const profile::ConnectionProfile source = NewSample(server_);
  const std::string body = BackUp(source);
  const profile::ConnectionProfile target = NewSample(server_);
  const std::string whole = Describe(target);
  PlainConnection(target).Run("UPDATE accounts SET amount = 1; DROP VIEW rich");
  driver::RestoreOptions options = Clean();
  options.tables = {"accounts"};
  ASSERT_OK(TryRestore(target, body, options));
  EXPECT_EQ(PlainConnection(target).Int("SELECT sum(amount) FROM accounts"), 1000000);
  // The table "entries" refers to it, as before, and so does its own sequence.
  EXPECT_EQ(PlainConnection(target).Value(
                "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = "
                "'entries_account_fkey'"),
            "FOREIGN KEY (account) REFERENCES accounts(id) ON DELETE CASCADE");
  PlainConnection(target).Run("INSERT INTO accounts(owner, amount) VALUES ('new', 1)");
  EXPECT_EQ(PlainConnection(target).Int("SELECT max(id) FROM accounts"), 1001);
}

TEST_F(RestoreTest, WhatOtherObjectsNeedIsNotReplacedBehindTheirBack) {
  const profile::ConnectionProfile source = NewSample(server_);
  const std::string body = BackUp(source);
  // The view needs a column that the dump's table does not have.
  PlainConnection(source).Run(
      "ALTER TABLE accounts ADD more int; CREATE VIEW of_more AS SELECT more FROM accounts");
  const std::string before = Describe(source);
  driver::RestoreOptions options = Clean();
  options.tables = {"accounts"};
  EXPECT_THAT(TryRestore(source, body, options), StatusIs(errs::kDatabase, HasSubstr("more")));
  EXPECT_EQ(Describe(source), before);
}

TEST_F(RestoreTest, APartitionedTableBringsItsPartitionsBothWays) {
  const profile::ConnectionProfile source = NewSample(server_);
  PlainConnection(source).Run("ALTER TABLE sales.orders ALTER state DROP DEFAULT");
  driver::BackupOptions backup;
  backup.tables = {"sales.orders"};
  const std::string body = BackUp(source, backup);
  const profile::ConnectionProfile target = NewDatabase(server_);
  // The schema comes along, the types do not.
  EXPECT_THAT(TryRestore(target, body), StatusIs(errs::kDatabase, HasSubstr("does not exist")));
  PlainConnection(target).Run(
      "CREATE SCHEMA sales; CREATE TYPE sales.state AS ENUM ('new', 'paid');"
      "CREATE DOMAIN sales.amount AS numeric");
  driver::RestoreOptions options;
  options.tables = {"sales.orders"};
  ASSERT_OK(TryRestore(target, body, options));
  EXPECT_EQ(PlainConnection(target).Int("SELECT count(*) FROM sales.orders"), 500);
  EXPECT_EQ(PlainConnection(target).Int(
                "SELECT count(*) FROM pg_inherits WHERE inhparent = 'sales.orders_pkey'::regclass"),
            2);
}

TEST_F(RestoreTest, RowsAloneFireNoTriggersAndMindForeignKeysAtTheEnd) {
  const profile::ConnectionProfile source = NewSample(server_);
  const std::string body = BackUp(source);
  const profile::ConnectionProfile target = NewSample(server_);
  const std::string before = Describe(target);
  PlainConnection(target).Run(
      "DELETE FROM entries; DELETE FROM accounts; UPDATE touched SET id = 5");
  driver::RestoreOptions options = Clean();
  options.data_only = true;
  ASSERT_OK(TryRestore(target, body, options));
  EXPECT_EQ(Describe(target), before);

  // Rows that break a foreign key are refused, and everything is as it was.
  driver::RestoreOptions some = options;
  some.tables = {"entries"};
  PlainConnection(target).Run("DELETE FROM accounts WHERE id = 101");
  const std::string broken = Describe(target);
  EXPECT_THAT(TryRestore(target, body, some),
              StatusIs(errs::kDatabase, HasSubstr("entries_account_fkey")));
  EXPECT_EQ(Describe(target), broken);
}

TEST_F(RestoreTest, ADumpOfOthersReplacesOnlyWhatItHolds) {
  const profile::ConnectionProfile source = NewSample(server_);
  // Without siphon's mark.
  const std::string body = RunApplet(
      "pg_dump", {"--format=custom", "--dbname=" + server_.Conninfo(source.database)}, "");
  const profile::ConnectionProfile target = NewSample(server_);
  PlainConnection(target).Run("CREATE TABLE mine(a int); DELETE FROM items");
  ASSERT_OK(TryRestore(target, body, Clean()));
  EXPECT_EQ(PlainConnection(target).Int("SELECT count(*) FROM items"), 3000);
  EXPECT_EQ(PlainConnection(target).Int("SELECT count(*) FROM mine"), 0);
}

TEST_F(RestoreTest, ATableDoesNotLeaveItsSubscriptionUnseen) {
  const profile::ConnectionProfile publisher = NewDatabase(server_);
  const profile::ConnectionProfile target = NewDatabase(server_);
  constexpr char kTables[] = "CREATE TABLE t(a int); CREATE TABLE other(a int)";
  PlainConnection(publisher).Run(kTables);
  PlainConnection(publisher).Run("CREATE PUBLICATION p FOR TABLE t");
  PlainConnection(target).Run(kTables);
  PlainConnection subscriber(target);
  // Without connecting, the server notes no tables.
  subscriber.Run(
      "CREATE SUBSCRIPTION s CONNECTION 'host=nowhere.invalid' PUBLICATION p"
      " WITH (connect = false, slot_name = 'slot_2')");
  subscriber.Run("SET allow_system_table_mods = on");
  subscriber.Run(
      "INSERT INTO pg_subscription_rel SELECT oid, 't'::regclass, 'r', NULL FROM pg_subscription"
      " WHERE subname = 's'");
  subscriber.Run("ALTER SUBSCRIPTION s ENABLE");
  driver::RestoreOptions options = Clean();
  options.tables = {"other"};
  EXPECT_OK(TryRestore(target, BackUp(publisher), options));
  options.tables = {"t"};
  EXPECT_THAT(TryRestore(target, BackUp(publisher), options),
              StatusIs(errs::kDatabase, HasSubstr("by the subscription s")));
  EXPECT_EQ(subscriber.Int("SELECT count(*) FROM pg_subscription_rel"), 1);
  subscriber.Run("ALTER SUBSCRIPTION s DISABLE");
  siphon::testing::EventLog log;
  EXPECT_OK(TryRestore(target, BackUp(publisher), options, base::Context({}, &log)));
  EXPECT_THAT(log.Warnings(), ElementsAre(HasSubstr("leave their subscriptions")));
  EXPECT_EQ(subscriber.Int("SELECT count(*) FROM pg_subscription_rel"), 0);
  subscriber.Run("ALTER SUBSCRIPTION s SET (slot_name = NONE)");
  subscriber.Run("DROP SUBSCRIPTION s");
}

TEST_F(RestoreTest, SubscriptionsAreReplacedUnlessTheyReplicate) {
  constexpr char kSubscription[] =
      "CREATE SUBSCRIPTION \"s'1\" CONNECTION 'host=nowhere.invalid' PUBLICATION p"
      " WITH (connect = false, slot_name = 'slot_1')";
  const profile::ConnectionProfile source = NewSample(server_);
  PlainConnection(source).Run(kSubscription);
  const std::string body = BackUp(source);
  PlainConnection(source).Run(
      "ALTER SUBSCRIPTION \"s'1\" SET (slot_name = NONE); DROP SUBSCRIPTION \"s'1\"");
  const profile::ConnectionProfile target = NewSample(server_);
  ASSERT_OK(TryRestore(target, body, Clean()));
  const std::string whole = Describe(target);
  ASSERT_OK(TryRestore(target, body, Clean()));
  EXPECT_EQ(Describe(target), whole);
  EXPECT_EQ(PlainConnection(target).Int("SELECT count(*) FROM pg_subscription"), 1);

  PlainConnection(target).Run("ALTER SUBSCRIPTION \"s'1\" ENABLE");
  const absl::Status refused = TryRestore(target, body, Clean());
  EXPECT_THAT(std::string(refused.message()), HasSubstr("subscription s'1"));
  EXPECT_EQ(Describe(target), whole);
  PlainConnection(target).Run(
      "ALTER SUBSCRIPTION \"s'1\" DISABLE;"
      "ALTER SUBSCRIPTION \"s'1\" SET (slot_name = NONE); DROP SUBSCRIPTION \"s'1\"");
}

TEST_F(RestoreTest, CleanTellsWhatGoesThatTheDumpDoesNotHold) {
  const profile::ConnectionProfile source = NewSample(server_);
  const std::string body = BackUp(source);
  PlainConnection(source).Run("CREATE TABLE mine(a int)");
  siphon::testing::EventLog log;
  ASSERT_OK(TryRestore(source, body, Clean(), base::Context({}, &log)));
  EXPECT_THAT(log.Warnings(), Contains(HasSubstr("mine")));
}

TEST_F(RestoreTest, ANewDatabaseIsGoneWhenItsRestoreFails) {
  const profile::ConnectionProfile source = NewSample(server_);
  const std::string body = BackUp(source);
  driver::RestoreOptions options;
  options.create = "never made";
  EXPECT_THAT(TryRestore(source, body.substr(0, body.size() - 5), options),
              StatusIs(errs::kIntegrity));
  const auto left = server_.Query("SELECT 1 FROM pg_database WHERE datname = 'never made'");
  ASSERT_OK(left);
  EXPECT_THAT(*left, IsEmpty());
  options.create = source.database;
  EXPECT_THAT(TryRestore(source, body, options), StatusIs(errs::kAlreadyExists));
}

TEST_F(RestoreTest, AProfileOfADatabaseThatIsNotThereCanCreateIt) {
  const std::string body = BackUp(NewSample(server_));
  profile::ConnectionProfile target = ProfileFor(server_, "to be created");
  EXPECT_THAT(TryRestore(target, body), StatusIs(errs::kConnectionFailed));
  driver::RestoreOptions options;
  options.create = target.database;
  ASSERT_OK(TryRestore(target, body, options));
  EXPECT_EQ(PlainConnection(target).Int("SELECT count(*) FROM items"), 3000);
  EXPECT_OK(server_.DropDatabase(target.database));
}

// A file that contains a body after other bytes, like a dump of the catalogue.
class BodyFile {
 public:
  explicit BodyFile(const std::string& body)
      : path_(absl::StrCat(::testing::TempDir(), "/body-", getpid())) {
    EXPECT_OK(base::WriteFileAtomically(path_, std::string(4096, 'e') + body, 0600));
    absl::StatusOr<base::FileReader> reader = base::FileReader::Open(path_);
    EXPECT_OK(reader);
    reader_ = std::make_unique<base::FileReader>(*std::move(reader));
    std::vector<char> envelope(4096);
    EXPECT_OK(base::ReadFull(*reader_, absl::MakeSpan(envelope)));
  }
  ~BodyFile() { unlink(path_.c_str()); }
  base::Reader& reader() { return *reader_; }

 private:
  std::string path_;
  std::unique_ptr<base::FileReader> reader_;
};

TEST_F(RestoreTest, JobsRestoreFromAFile) {
  const profile::ConnectionProfile source = NewSample(server_);
  const std::string body = BackUp(source);
  const profile::ConnectionProfile target = NewDatabase(server_);
  const auto connection =
      PostgresDriver().Connect(context_, target, driver::Driver::Access::kWrite);
  ASSERT_OK(connection);
  driver::RestoreOptions options;
  options.jobs = 3;
  BodyFile file(body);
  siphon::testing::EventLog log;
  ASSERT_OK((*connection)->Restore(base::Context({}, &log), options, file.reader()));
  EXPECT_THAT(log.Warnings(), IsEmpty());
  EXPECT_EQ(Describe(target), Describe(source));
}

// To attach an index can lock the tables above it, and make all indexes above it valid. At the same
// time as another statement it can deadlock, or leave an index invalid.
TEST_F(RestoreTest, WhileAJobAttachesAnIndexTheOthersWait) {
  const profile::ConnectionProfile source = NewDatabase(server_);
  PlainConnection(source).Run(
      "CREATE FUNCTION slow(a int) RETURNS bool IMMUTABLE LANGUAGE plpgsql AS"
      " 'BEGIN PERFORM pg_sleep(1); RETURN true; END';"
      "CREATE TABLE t(a int) PARTITION BY LIST (a); CREATE TABLE t1 PARTITION OF t DEFAULT;"
      "CREATE TABLE u(a int) PARTITION BY LIST (a); CREATE TABLE u1 PARTITION OF u DEFAULT;"
      "CREATE INDEX ON t(a); CREATE INDEX ON u(a);"
      "CREATE TABLE z(a int CHECK (slow(a))); INSERT INTO z VALUES (1)");
  const std::string body = BackUp(source);
  const profile::ConnectionProfile target = NewDatabase(server_);
  const auto connection =
      PostgresDriver().Connect(context_, target, driver::Driver::Access::kWrite);
  ASSERT_OK(connection);
  driver::RestoreOptions options;
  options.jobs = 2;
  BodyFile file(body);
  absl::Status restored;
  std::thread restore([&] { restored = (*connection)->Restore(context_, options, file.reader()); });
  const auto await = [&](PlainConnection& other, const std::string& condition) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (other.Int("SELECT (" + condition + ")::int") == 0) {
      ASSERT_LT(std::chrono::steady_clock::now(), limit) << condition;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  };
  // The statements of pg_restore's jobs that run.
  const auto running = [](const std::string& command) {
    return "(SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '" +
           command + "%' AND application_name LIKE 'siphon/%' AND datname = current_database())";
  };
  PlainConnection other(target), locks(target);
  // All tables exist now, and an index is attached in pg_inherits.
  await(other, running("COPY") + " > 0");
  locks.Run("BEGIN; LOCK TABLE pg_inherits IN SHARE MODE");
  await(other, running("ALTER INDEX") + " > 0");
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  EXPECT_EQ(other.Int("SELECT " + running("")), 1);
  locks.Run("COMMIT");
  restore.join();
  EXPECT_OK(restored);
  EXPECT_EQ(Describe(target), Describe(source));
}

TEST_F(RestoreTest, IdleJobsOutliveTheTimeoutsOfARole) {
  const profile::ConnectionProfile source = NewDatabase(server_);
  // While the rows are copied, two of three jobs have nothing to do; then all have.
  PlainConnection(source).Run(
      "CREATE FUNCTION slow(a int) RETURNS bool IMMUTABLE LANGUAGE plpgsql AS"
      " 'BEGIN PERFORM pg_sleep(0.3); RETURN true; END';"
      "CREATE TABLE t(a int CHECK (slow(a)), b int, c int); INSERT INTO t VALUES (1), (2), (3), "
      "(4);"
      "CREATE INDEX ON t(a); CREATE INDEX ON t(b); CREATE INDEX ON t(c); CREATE INDEX ON t(a, b);"
      "CREATE INDEX ON t(b, c); CREATE INDEX ON t(a, c)");
  const std::string body = BackUp(source);
  EXPECT_OK(
      server_.RunSql("CREATE ROLE hasty SUPERUSER LOGIN PASSWORD 'h';"
                     "ALTER ROLE hasty SET idle_session_timeout = '300ms';"
                     "ALTER ROLE hasty SET idle_in_transaction_session_timeout = '300ms';"
                     "ALTER ROLE hasty SET lock_timeout = '300ms';"
                     "ALTER ROLE hasty SET transaction_timeout = '300ms';"
                     "ALTER ROLE hasty SET statement_timeout = '300ms'"));
  const profile::ConnectionProfile target = NewDatabase(server_);
  profile::ConnectionProfile hasty = target;
  hasty.user = "hasty";
  hasty.password = "h";
  const auto connection = PostgresDriver().Connect(context_, hasty, driver::Driver::Access::kWrite);
  ASSERT_OK(connection);
  driver::RestoreOptions options;
  options.jobs = 3;
  BodyFile file(body);
  siphon::testing::EventLog log;
  ASSERT_OK((*connection)->Restore(base::Context({}, &log), options, file.reader()));
  EXPECT_THAT(log.Warnings(), IsEmpty());
  EXPECT_EQ(Describe(target), Describe(source));
  EXPECT_OK(server_.RunSql("DROP ROLE hasty"));
}

TEST_F(RestoreTest, NullsInArraysStayNullWhereTheDatabaseReadsThemAsText) {
  const profile::ConnectionProfile source = NewDatabase(server_);
  PlainConnection(source).Run(
      "CREATE TABLE t(a text[] DEFAULT '{NULL}'::text[], b int);"
      "INSERT INTO t VALUES (ARRAY[NULL, 'NULL'], 1), (DEFAULT, 2); CREATE INDEX ON t(b)");
  const std::string body = BackUp(source);
  for (const int jobs : {1, 3}) {
    const profile::ConnectionProfile target = NewDatabase(server_);
    EXPECT_OK(server_.RunSql(
        absl::StrCat("ALTER DATABASE \"", target.database, "\" SET array_nulls = off")));
    const auto connection =
        PostgresDriver().Connect(context_, target, driver::Driver::Access::kWrite);
    ASSERT_OK(connection);
    driver::RestoreOptions options;
    options.jobs = jobs;
    BodyFile file(body);
    ASSERT_OK((*connection)->Restore(context_, options, file.reader()));
    EXPECT_EQ(Describe(target), Describe(source)) << jobs;
    EXPECT_EQ(PlainConnection(target).Int("SELECT count(*) FROM t WHERE a[1] IS NULL"), 2) << jobs;
  }
}

// Where the sign is the same, another locale would read another amount.
TEST_F(RestoreTest, AmountsOfMoneyAreReadInTheLocaleOfTheDump) {
  const profile::ConnectionProfile source = NewDatabase(server_);
  EXPECT_OK(server_.RunSql(
      absl::StrCat("ALTER DATABASE \"", source.database, "\" SET lc_monetary = 'POSIX'")));
  PlainConnection(source).Run("CREATE TABLE plain(a int)");
  EXPECT_THAT(BackUp(source), Not(HasSubstr("lc_monetary POSIX")));
  PlainConnection(source).Run(
      "CREATE FUNCTION posix(a money) RETURNS bool LANGUAGE plpgsql AS $$ BEGIN"
      " IF pg_catalog.current_setting('lc_monetary') <> 'POSIX' THEN RAISE 'another locale';"
      " END IF; RETURN true; END $$;"
      "CREATE TABLE t(a money CHECK (posix(a)) DEFAULT '$1.50'); INSERT INTO t VALUES ('$12.34');"
      "CREATE TABLE u(b int); CREATE INDEX ON u(b)");
  driver::BackupOptions some;
  some.tables = {"t"};
  some.data_only = true;
  driver::RestoreOptions rows = Clean();
  rows.data_only = true;
  const std::string body = BackUp(source), part = BackUp(source, some);
  for (const int jobs : {1, 3}) {
    const profile::ConnectionProfile target = NewDatabase(server_);
    const auto connection =
        PostgresDriver().Connect(context_, target, driver::Driver::Access::kWrite);
    ASSERT_OK(connection);
    driver::RestoreOptions options;
    options.jobs = jobs;
    BodyFile file(body);
    ASSERT_OK((*connection)->Restore(context_, options, file.reader())) << jobs;
    EXPECT_EQ(PlainConnection(target).Value("SELECT a::numeric FROM t"), "12.34");
    ASSERT_OK(TryRestore(target, body, Clean()));
    ASSERT_OK(TryRestore(target, part, rows));
    EXPECT_EQ(PlainConnection(target).Value("SELECT a::numeric FROM t"), "12.34");
  }
  // A locale that the server does not have.
  std::string unknown = body;
  unknown.replace(unknown.find("lc_monetary POSIX"), 17, "lc_monetary xx_XX");
  EXPECT_THAT(TryRestore(NewDatabase(server_), unknown),
              ::testing::AllOf(StatusIs(errs::kDatabase, HasSubstr("xx_XX")),
                               HasHint(HasSubstr("lc_monetary"))));
}

TEST_F(RestoreTest, JobsThatFailLeaveNothing) {
  const profile::ConnectionProfile source = NewSample(server_);
  PlainConnection(source).Run(
      "CREATE TABLE late(a int); INSERT INTO late VALUES (1), (2);"
      "CREATE FUNCTION fails(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS"
      " $$BEGIN IF current_database() = 'the target' THEN RAISE 'not here'; END IF; RETURN $1; "
      "END$$;"
      "CREATE INDEX ON late(fails(a))");
  const std::string body = BackUp(source);
  ASSERT_OK(server_.CreateDatabase("the target"));
  const profile::ConnectionProfile target = ProfileFor(server_, "the target");
  const std::string before = Describe(target);
  for (const int jobs : {1, 3}) {
    const auto connection =
        PostgresDriver().Connect(context_, target, driver::Driver::Access::kWrite);
    ASSERT_OK(connection);
    driver::RestoreOptions options;
    options.jobs = jobs;
    BodyFile file(body);
    EXPECT_THAT((*connection)->Restore(context_, options, file.reader()),
                StatusIs(errs::kDatabase, HasSubstr("not here")));
    EXPECT_EQ(Describe(target), before) << jobs;
  }
  EXPECT_OK(server_.DropDatabase("the target"));
}

TEST_F(RestoreTest, OptionsThatContradictEachOtherAreRefused) {
  driver::RestoreOptions jobs_single, create_clean, both;
  jobs_single.jobs = 2;
  create_clean.clean = true;
  jobs_single.single_transaction = true;
  create_clean.create = "x";
  both.schema_only = both.data_only = true;
  const profile::ConnectionProfile target = NewDatabase(server_);
  for (const driver::RestoreOptions& options : {jobs_single, create_clean, both}) {
    EXPECT_THAT(TryRestore(target, "", options), StatusIs(errs::kInvalidArgument));
  }
}

TEST_F(RestoreTest, MissingRolesExtensionsAndPrivilegesAreFoundBeforeTheFirstChange) {
  const profile::ConnectionProfile source = NewSample(server_);
  PlainConnection(source).Run(
      "CREATE ROLE gone_owner; CREATE ROLE gone_reader; CREATE ROLE gone_policy;"
      "ALTER TABLE items OWNER TO gone_owner; GRANT SELECT ON accounts TO gone_reader;"
      "CREATE POLICY p ON accounts TO gone_policy USING (true)");
  const std::string body = BackUp(source);
  PlainConnection(source).Run(
      "DROP POLICY p ON accounts; ALTER TABLE items OWNER TO postgres;"
      "REVOKE ALL ON accounts FROM gone_reader; DROP ROLE gone_owner, gone_reader, gone_policy");
  const profile::ConnectionProfile target = NewDatabase(server_);
  const std::string before = Describe(target);
  EXPECT_THAT(TryRestore(target, body),
              StatusIs(errs::kNotFound, HasSubstr("gone_owner, gone_policy, gone_reader")));
  driver::RestoreOptions no_owner;
  no_owner.no_owner = true;
  EXPECT_THAT(TryRestore(target, body, no_owner),
              StatusIs(errs::kNotFound, HasSubstr("gone_policy, gone_reader")));

  // A user who may not create anything, and one who may not give objects away.
  const std::string sample = BackUp(NewSample(server_));
  const profile::ConnectionProfile weak = As("weak_user", target);
  EXPECT_THAT(TryRestore(weak, sample),
              StatusIs(errs::kDatabase, HasSubstr("may not create anything")));
  PlainConnection(target).Run("GRANT CREATE ON DATABASE \"" + target.database +
                              "\" TO weak_user;"
                              "GRANT CREATE ON SCHEMA public TO weak_user");
  EXPECT_THAT(TryRestore(weak, sample), StatusIs(errs::kDatabase, HasSubstr("role postgres")));
  PlainConnection(target).Run("REVOKE CREATE ON DATABASE \"" + target.database +
                              "\" FROM weak_user; REVOKE CREATE ON SCHEMA public FROM weak_user");
  driver::RestoreOptions create;
  create.create = "of a weak user";
  EXPECT_THAT(TryRestore(weak, sample, create),
              StatusIs(errs::kDatabase, HasSubstr("create databases")));
  EXPECT_EQ(Describe(target), before);

  // An extension that the server's machine does not have.
  PlainConnection(source).Run("CREATE EXTENSION citext");
  std::string other = BackUp(source);
  for (size_t at = other.find("citext"); at != std::string::npos; at = other.find("citext", at)) {
    other.replace(at, 6, "sitext");
  }
  EXPECT_THAT(TryRestore(target, other), StatusIs(errs::kNotFound, HasSubstr("extension sitext")));
  EXPECT_EQ(Describe(target), before);
}

TEST_F(RestoreTest, WithoutOwnersAndGrantsAnybodyRestores) {
  const profile::ConnectionProfile source = NewSample(server_);
  const std::string body = BackUp(source);
  const profile::ConnectionProfile target = NewDatabase(server_);
  const profile::ConnectionProfile weak = As("plain_user", target);
  PlainConnection(target).Run("ALTER DATABASE \"" + target.database + "\" OWNER TO plain_user");
  driver::RestoreOptions options;
  options.no_owner = options.no_acl = true;
  ASSERT_OK(TryRestore(weak, body, options));
  EXPECT_EQ(PlainConnection(target).Value(
                "SELECT pg_get_userbyid(relowner) FROM pg_class WHERE relname = 'items'"),
            "plain_user");
}

TEST_F(RestoreTest, RolesThatAreMissingComeWithTheGlobals) {
  const profile::ConnectionProfile source = NewSample(server_);
  PlainConnection(source).Run(
      "CREATE ROLE glob_group; CREATE ROLE glob_member LOGIN PASSWORD 'of the member'"
      " CONNECTION LIMIT 3 IN ROLE glob_group; CREATE ROLE \"glob 'odd' \"\"one\"\"\";"
      "ALTER ROLE glob_member SET search_path = \"$user\", public;"
      "ALTER ROLE glob_member SET work_mem = '7MB'; COMMENT ON ROLE glob_group IS 'it''s one';"
      "ALTER TABLE items OWNER TO glob_group");
  driver::BackupOptions with_globals;
  with_globals.with_globals = true;
  MemoryTarget dump;
  ASSERT_OK(TryBackUp(source, dump, with_globals));
  ASSERT_TRUE(dump.contents().attachments.contains("globals.sql"));
  EXPECT_THAT(dump.contents().attachments.at("globals.sql"),
              ::testing::AllOf(HasSubstr("SCRAM-SHA-256$"), Not(HasSubstr("of the member"))));
  PlainConnection(source).Run(
      "ALTER TABLE items OWNER TO postgres; DROP ROLE glob_member, glob_group,"
      " \"glob 'odd' \"\"one\"\"\"");

  const profile::ConnectionProfile target = NewDatabase(server_);
  driver::RestoreOptions options;
  options.with_globals = true;
  EXPECT_THAT(TryRestore(target, dump.data(), options), StatusIs(errs::kNotFound));
  options.attachments = dump.contents().attachments;
  // A failed restore creates no roles, either.
  EXPECT_FALSE(TryRestore(target, dump.data().substr(0, dump.data().size() - 1), options).ok());
  EXPECT_EQ(PlainConnection(target).Int("SELECT count(*) FROM pg_roles WHERE rolname ~ '^glob'"),
            0);
  ASSERT_OK(TryRestore(target, dump.data(), options));
  PlainConnection check(target);
  EXPECT_EQ(check.Int("SELECT count(*) FROM pg_roles WHERE rolname ~ '^glob'"), 3);
  EXPECT_EQ(check.Value("SELECT rolconnlimit || ' ' || rolconfig::text FROM pg_roles"
                        " WHERE rolname = 'glob_member'"),
            "3 {\"search_path=\\\"$user\\\", public\",work_mem=7MB}");
  EXPECT_EQ(check.Value("SELECT pg_has_role('glob_member', 'glob_group', 'MEMBER')"), "t");
  EXPECT_EQ(check.Value("SELECT shobj_description('glob_group'::regrole, 'pg_authid')"),
            "it's one");
  profile::ConnectionProfile member = target;
  member.user = "glob_member";
  member.password = "of the member";
  EXPECT_OK(PostgresDriver().Connect(context_, member, driver::Driver::Access::kRead));
  check.Run(
      "ALTER TABLE items OWNER TO postgres; DROP ROLE glob_member, glob_group,"
      " \"glob 'odd' \"\"one\"\"\"");
}

TEST_F(RestoreTest, ALockOfAnotherSessionIsNamed) {
  const profile::ConnectionProfile target = NewSample(server_);
  const std::string body = BackUp(target);
  PlainConnection other(target);
  other.Run("BEGIN; LOCK TABLE items IN ACCESS SHARE MODE");
  const absl::Status status = TryRestore(target, body, Clean());
  EXPECT_THAT(status, StatusIs(errs::kBusy, Not(HasSubstr("Command"))));
  other.Run("ROLLBACK");
  EXPECT_OK(TryRestore(target, body, Clean()));
}

}  // namespace
}  // namespace siphon::postgres
