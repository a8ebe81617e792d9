// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Restores by several sessions, into a scratch database that takes the place of the target.

#include "siphon/driver/restoration.h"

#include <atomic>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "drivers/postgres/archive_snapshot.h"
#include "drivers/postgres/conninfo.h"
#include "drivers/postgres/driver.h"
#include "drivers/postgres/fixture.h"
#include "drivers/postgres/row_ranges.h"
#include "drivers/postgres/session.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/domain/profile/profile.h"
#include "siphon/domain/verbs/verbs.h"
#include "siphon/driver/driver.h"
#include "siphon/driver/part_loader.h"
#include "siphon/driver/snapshot.h"
#include "testing/contracts/framed_dump.h"
#include "testing/event_log.h"
#include "testing/rounds.h"
#include "testing/servers/descriptions.h"
#include "testing/servers/postgres.h"
#include "testing/servers/postgres_sample.h"
#include "testing/status_matchers.h"

namespace siphon::postgres {
namespace {

using siphon::testing::CompareDescriptions;
using siphon::testing::DescribePostgres;
using siphon::testing::FramedDump;
using siphon::testing::LoadPostgresBulk;
using siphon::testing::LoadPostgresSample;
using siphon::testing::PostgresServer;
using siphon::testing::RestoreFrames;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr RangeLimits kSmallRanges{.bytes = 256 << 10};

// What a server knows about a database apart from its content.
constexpr char kProperties[] =
    "SELECT concat_ws('|', d.datdba::regrole, pg_encoding_to_char(d.encoding), d.datcollate,"
    " d.datctype, d.datconnlimit, (SELECT string_agg(a::text, ',' ORDER BY a::text) FROM"
    " unnest(d.datacl) a), shobj_description(d.oid, 'pg_database'), d.dattablespace, (SELECT"
    " string_agg(concat(s.setrole::regrole, s.setconfig), ',' ORDER BY s.setrole) FROM"
    " pg_db_role_setting s WHERE s.setdatabase = d.oid)) FROM pg_database d WHERE d.datname = '";

class RestorationTest : public ::testing::TestWithParam<int> {
 protected:
  void TearDown() override { EXPECT_THAT(Leftovers(server_), IsEmpty()); }

  // The dump of a database, in small parts.
  std::unique_ptr<FramedDump> Dump(const profile::ConnectionProfile& source,
                                   const verbs::BackupOptions& options = {}) {
    const absl::StatusOr<Settings> settings = ConnectionSettings(source);
    EXPECT_OK(settings);
    absl::StatusOr<std::unique_ptr<Session>> session = Session::Connect(context_, *settings);
    EXPECT_OK(session);
    absl::StatusOr<std::unique_ptr<driver::Snapshot>> snapshot =
        OpenArchiveSnapshot(context_, **session, source, options, BodyForm::kParts, kSmallRanges);
    EXPECT_OK(snapshot);
    if (!snapshot.ok()) return nullptr;
    absl::StatusOr<std::unique_ptr<FramedDump>> dump = FramedDump::Write(context_, **snapshot);
    EXPECT_OK(dump);
    return dump.ok() ? *std::move(dump) : nullptr;
  }
  std::unique_ptr<driver::Connection> Connect(const profile::ConnectionProfile& profile) {
    absl::StatusOr<std::unique_ptr<driver::Connection>> connection =
        PostgresDriver().Connect(context_, profile, driver::Driver::Access::kCreate);
    EXPECT_OK(connection);
    return connection.ok() ? *std::move(connection) : nullptr;
  }
  absl::Status Restore(
      const profile::ConnectionProfile& target, const FramedDump& dump,
      verbs::RestoreOptions options = {}, const std::function<void()>& before_part = [] {}) {
    options.jobs = 4;
    const std::unique_ptr<driver::Connection> connection = Connect(target);
    return RestoreFrames(context_, dynamic_cast<driver::RestorationTarget&>(*connection), dump,
                         options, before_part);
  }
  std::string Difference(const profile::ConnectionProfile& a, const std::string& b) {
    const absl::StatusOr<std::string> one = DescribePostgres(server_, a.database);
    const absl::StatusOr<std::string> other = DescribePostgres(server_, b);
    EXPECT_OK(one);
    EXPECT_OK(other);
    return CompareDescriptions(one.value_or("one"), other.value_or("other"));
  }
  std::string Properties(const std::string& database) {
    return server_.Value(absl::StrCat(kProperties, database, "'"), "postgres").value_or("error");
  }

  PostgresServer& server_ = SharedServer(GetParam());
  siphon::testing::EventLog log_;
  base::Context context_{std::stop_token(), &log_};
};

TEST_P(RestorationTest, TheWholeSampleComesBackIntoNewEmptyAndFullDatabases) {
  const profile::ConnectionProfile source = NewDatabase(server_);
  ASSERT_OK(LoadPostgresSample(server_, source.database));
  ASSERT_OK(LoadPostgresBulk(server_, source.database, 4, 2));
  const std::unique_ptr<FramedDump> dump = Dump(source);
  ASSERT_NE(dump, nullptr);
  const profile::ConnectionProfile target = NewDatabase(server_);
  ASSERT_OK(Restore(target, *dump));
  EXPECT_EQ(Difference(source, target.database), "");
  verbs::RestoreOptions create;
  create.create = absl::StrCat(target.database, "_new");
  ASSERT_OK(Restore(target, *dump, create));
  EXPECT_EQ(Difference(source, create.create), "");
  EXPECT_OK(server_.RunSql(absl::StrCat("DROP DATABASE \"", create.create, "\"")));
}

// One transaction would need more locks than the server has memory for.
TEST_P(RestorationTest, ManyTablesAreRestoredInSeveralTransactions) {
  const profile::ConnectionProfile source = NewDatabase(server_), target = NewDatabase(server_);
  for (int block = 0; block < 10; ++block) {
    PlainConnection(source).Run(absl::StrCat(
        "DO $$ BEGIN FOR i IN 1..100 LOOP EXECUTE format('CREATE TABLE t_%s_%s(a int PRIMARY KEY,"
        " b text DEFAULT ''x''); COMMENT ON TABLE t_%1$s_%2$s IS ''%1$s'';"
        " GRANT SELECT ON t_%1$s_%2$s TO pg_monitor;"
        " INSERT INTO t_%1$s_%2$s VALUES (%2$s)', ",
        block, ", i); END LOOP; END $$"));
  }
  PlainConnection(source).Run(
      "CREATE MATERIALIZED VIEW v AS SELECT * FROM t_3_3; CREATE INDEX ON v(a);"
      "SELECT lo_from_bytea(0, 'one'), lo_from_bytea(0, 'two')");
  const std::unique_ptr<FramedDump> dump = Dump(source);
  ASSERT_NE(dump, nullptr);
  ASSERT_OK(Restore(target, *dump));
  EXPECT_EQ(Difference(source, target.database), "");
}

TEST_P(RestorationTest, CleanReplacesTheContent) {
  const profile::ConnectionProfile source = NewSample(server_), target = NewSample(server_);
  PlainConnection(target).Run(
      "DELETE FROM items; CREATE TABLE other(a int); CREATE SCHEMA ext;"
      "CREATE EXTENSION citext SCHEMA ext");
  const std::unique_ptr<FramedDump> dump = Dump(source);
  ASSERT_NE(dump, nullptr);
  verbs::RestoreOptions clean;
  clean.clean = true;
  ASSERT_OK(Restore(target, *dump, clean));
  EXPECT_THAT(log_.Warnings(), ::testing::Contains(HasSubstr("drops 1 table")));
  // Extensions stay.
  PlainConnection(target).Run("DROP EXTENSION citext; DROP SCHEMA ext");
  EXPECT_EQ(Difference(source, target.database), "");
}

TEST_P(RestorationTest, TheDatabaseKeepsItsOwnerRightsSettingsAndComment) {
  const profile::ConnectionProfile source = NewSample(server_), target = NewDatabase(server_);
  const std::string role = absl::StrCat("keeper_", GetParam());
  const std::string database = absl::StrCat("DATABASE \"", target.database, "\"");
  for (const std::string& sql :
       {absl::StrCat("CREATE ROLE ", role), absl::StrCat("ALTER ", database, " OWNER TO ", role),
        absl::StrCat("REVOKE ALL ON ", database, " FROM PUBLIC"),
        absl::StrCat("GRANT CONNECT ON ", database, " TO pg_monitor WITH GRANT OPTION"),
        absl::StrCat("ALTER ", database, " CONNECTION LIMIT 20"),
        absl::StrCat("COMMENT ON ", database, " IS 'it''s kept'"),
        absl::StrCat("ALTER ", database, " SET search_path = \"$user\", \"a b\", public"),
        absl::StrCat("ALTER ", database, " SET \"app.name\" = 'x, y'"),
        absl::StrCat("ALTER ROLE ", role, " IN ", database, " SET work_mem = '8MB'")}) {
    ASSERT_OK(server_.RunSql(sql)) << sql;
  }
  const std::unique_ptr<FramedDump> dump = Dump(source);
  ASSERT_NE(dump, nullptr);
  const std::string before = Properties(target.database);
  for (const bool clean : {false, true}) {
    verbs::RestoreOptions options;
    options.clean = clean;
    ASSERT_OK(Restore(target, *dump, options));
    EXPECT_EQ(Properties(target.database), before) << clean;
    EXPECT_EQ(Difference(source, target.database), "") << clean;
  }
  ASSERT_OK(server_.RunSql(absl::StrCat("DROP ", database)));
  ASSERT_OK(server_.RunSql(absl::StrCat("DROP ROLE ", role)));
}

TEST_P(RestorationTest, AJobWhoseSessionIsKilledLeavesTheTargetAsItWas) {
  const profile::ConnectionProfile source = NewDatabase(server_), target = NewDatabase(server_);
  ASSERT_OK(LoadPostgresBulk(server_, source.database, 8, 8));
  const std::unique_ptr<FramedDump> dump = Dump(source);
  ASSERT_NE(dump, nullptr);
  const std::string before = Describe(target);
  std::atomic<int> parts = 0, killed = 0;
  const absl::Status status = Restore(target, *dump, {}, [&] {
    if (++parts < 4) return;
    const auto count = server_.Value(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
        " WHERE datname LIKE 'siphon_scratch_%'",
        "postgres");
    if (count.ok() && *count != "0") ++killed;
  });
  EXPECT_THAT(status, StatusIs(errs::kConnectionFailed));
  EXPECT_GT(killed, 0);
  EXPECT_EQ(Describe(target), before);
  EXPECT_OK(Restore(target, *dump));
  EXPECT_EQ(Difference(source, target.database), "");
}

// Says that each part has one row more.
class LyingRestoration : public siphon::testing::WatchedRestoration {
 public:
  explicit LyingRestoration(driver::Restoration* next) : WatchedRestoration(next, [] {}) {}
  absl::Status Load(const base::Context& context, int worker, const driver::StoredPart& part,
                    base::Reader& bytes) override {
    driver::StoredPart more = part;
    ++more.rows;
    return WatchedRestoration::Load(context, worker, more, bytes);
  }
};

TEST_P(RestorationTest, TheServerMustStoreAsManyRowsAsTheIndexHas) {
  const profile::ConnectionProfile source = NewSample(server_), target = NewDatabase(server_);
  const std::unique_ptr<FramedDump> dump = Dump(source);
  ASSERT_NE(dump, nullptr);
  const std::string before = Describe(target);
  const std::unique_ptr<driver::Connection> connection = Connect(target);
  verbs::RestoreOptions options;
  options.jobs = 2;
  std::string why;
  const absl::StatusOr<std::unique_ptr<driver::Restoration>> restoration =
      dynamic_cast<driver::RestorationTarget&>(*connection)
          .OpenRestoration(context_, options, dump->body(), why);
  ASSERT_OK(restoration);
  ASSERT_NE(*restoration, nullptr) << why;
  LyingRestoration lying(restoration->get());
  EXPECT_THAT(driver::LoadParts(context_, lying, dump->body(), options.jobs, [](uint64_t) {}),
              StatusIs(errs::kIntegrity, HasSubstr("rows of a part")));
  EXPECT_EQ(Describe(target), before);
}

TEST_P(RestorationTest, AFailureInTheLastStepLeavesTheTargetAsItWas) {
  const profile::ConnectionProfile source = NewDatabase(server_), target = NewDatabase(server_);
  // The rows of the dump do not meet the condition of the index.
  PlainConnection(source).Run(
      "CREATE FUNCTION picky(a int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS"
      " $$ BEGIN IF current_database() LIKE 'siphon%' AND a = 7 THEN RAISE 'seven'; END IF;"
      " RETURN a; END $$;"
      "CREATE TABLE t AS SELECT generate_series(1, 10) AS a; CREATE INDEX ON t(picky(a))");
  const std::unique_ptr<FramedDump> dump = Dump(source);
  ASSERT_NE(dump, nullptr);
  const std::string before = Describe(target);
  EXPECT_THAT(Restore(target, *dump), StatusIs(errs::kDatabase, HasSubstr("seven")));
  EXPECT_EQ(Describe(target), before);
}

TEST_P(RestorationTest, IndexesWhoseDefinitionsWaitForEachOtherAreBuilt) {
  const profile::ConnectionProfile source = NewDatabase(server_), target = NewDatabase(server_);
  // Each definition locks the table for the index, and then more for its second statement.
  PlainConnection(source).Run(
      "CREATE FUNCTION slow(a int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS"
      " $$ BEGIN IF current_database() LIKE 'siphon%' THEN PERFORM pg_sleep(1); END IF;"
      " RETURN a; END $$;"
      "CREATE TABLE t AS SELECT 1 AS a; ALTER TABLE t ALTER a SET NOT NULL;"
      "CREATE INDEX one ON t(slow(a)); ALTER TABLE t CLUSTER ON one;"
      "CREATE UNIQUE INDEX two ON t(a); ALTER TABLE t REPLICA IDENTITY USING INDEX two");
  const std::unique_ptr<FramedDump> dump = Dump(source);
  ASSERT_NE(dump, nullptr);
  ASSERT_OK(Restore(target, *dump));
  EXPECT_EQ(Difference(source, target.database), "");
}

TEST_P(RestorationTest, CleanKeepsTheOwnersOfExtensions) {
  const profile::ConnectionProfile source = NewSample(server_), target = NewSample(server_);
  const std::string role = absl::StrCat("extender_", GetParam());
  ASSERT_OK(server_.RunSql(absl::StrCat("CREATE ROLE ", role)));
  PlainConnection(target).Run(absl::StrCat("CREATE SCHEMA ext AUTHORIZATION ", role,
                                           "; CREATE EXTENSION citext SCHEMA ext"));
  const std::unique_ptr<FramedDump> dump = Dump(source);
  ASSERT_NE(dump, nullptr);
  verbs::RestoreOptions clean;
  clean.clean = true;
  EXPECT_THAT(Restore(target, *dump, clean),
              StatusIs(errs::kDriverUnsupported, HasSubstr("extensions of other roles")));
  ASSERT_OK(server_.RunSql(absl::StrCat("DROP DATABASE \"", target.database, "\"")));
  ASSERT_OK(server_.RunSql(absl::StrCat("DROP ROLE ", role)));
}

TEST_P(RestorationTest, WhatForbidsTheExchangeIsSaid) {
  const profile::ConnectionProfile source = NewSample(server_), target = NewDatabase(server_);
  const std::unique_ptr<FramedDump> dump = Dump(source);
  ASSERT_NE(dump, nullptr);
  const auto refused = [&](const std::string& why, const verbs::RestoreOptions& options = {}) {
    EXPECT_THAT(Restore(target, *dump, options),
                StatusIs(errs::kDriverUnsupported, HasSubstr(why)));
  };
  {
    PlainConnection other(target);
    refused("other sessions are connected");
  }
  verbs::RestoreOptions options;
  options.schema_only = true;
  refused("there are no rows", options);
  options = {};
  options.tables = {"items"};
  PlainConnection(target).Run("CREATE TABLE mine(a int)");
  refused("holds other tables", options);
  PlainConnection(target).Run("DROP TABLE mine");
  // One of the tables goes into an empty database.
  ASSERT_OK(Restore(target, *dump, options));
  EXPECT_EQ(PlainConnection(target).Int("SELECT count(*) FROM items"), 3000);
  // A user without the right to create databases.
  const std::string role = absl::StrCat("humble_", GetParam());
  ASSERT_OK(server_.RunSql(absl::StrCat("CREATE ROLE ", role, " LOGIN PASSWORD 'h'")));
  profile::ConnectionProfile humble = NewDatabase(server_);
  ASSERT_OK(
      server_.RunSql(absl::StrCat("ALTER DATABASE \"", humble.database, "\" OWNER TO ", role)));
  humble.user = role;
  humble.password = "h";
  EXPECT_THAT(Restore(humble, *dump),
              StatusIs(errs::kDriverUnsupported, HasSubstr("may not create databases")));
  ASSERT_OK(server_.RunSql(absl::StrCat("DROP DATABASE \"", humble.database, "\"")));
  ASSERT_OK(server_.RunSql(absl::StrCat("DROP ROLE ", role)));
}

TEST_P(RestorationTest, OthersWhoConnectMeanwhileKeepTheirDatabase) {
  const profile::ConnectionProfile source = NewSample(server_), target = NewDatabase(server_);
  const std::unique_ptr<FramedDump> dump = Dump(source);
  ASSERT_NE(dump, nullptr);
  std::unique_ptr<PlainConnection> other;
  absl::Mutex mutex;
  EXPECT_THAT(Restore(target, *dump, {},
                      [&] {
                        const absl::MutexLock lock(&mutex);
                        if (other == nullptr) other = std::make_unique<PlainConnection>(target);
                      }),
              StatusIs(errs::kBusy));
  EXPECT_EQ(other->Int("SELECT count(*) FROM pg_class WHERE relname = 'items'"), 0);
}

TEST_P(RestorationTest, WhatOthersPutIntoAnEmptyDatabaseMeanwhileStays) {
  const profile::ConnectionProfile source = NewSample(server_), target = NewDatabase(server_);
  const std::unique_ptr<FramedDump> dump = Dump(source);
  ASSERT_NE(dump, nullptr);
  absl::Mutex mutex;
  bool done = false;
  EXPECT_THAT(Restore(target, *dump, {},
                      [&] {
                        const absl::MutexLock lock(&mutex);
                        if (std::exchange(done, true)) return;
                        PlainConnection(target).Run("CREATE TABLE mine AS SELECT 1 AS a");
                      }),
              StatusIs(errs::kTargetNotEmpty, HasSubstr("mine")));
  EXPECT_EQ(PlainConnection(target).Int("SELECT a FROM mine"), 1);
}

TEST_P(RestorationTest, ADatabaseThatGetsAnObstacleMeanwhileStays) {
  const profile::ConnectionProfile source = NewSample(server_), target = NewSample(server_);
  PlainConnection(target).Run("CREATE TABLE mine(a int)");
  const std::unique_ptr<FramedDump> dump = Dump(source);
  ASSERT_NE(dump, nullptr);
  const std::string before = Describe(target);
  absl::Mutex mutex;
  bool done = false;
  verbs::RestoreOptions clean;
  clean.clean = true;
  EXPECT_THAT(Restore(target, *dump, clean,
                      [&] {
                        const absl::MutexLock lock(&mutex);
                        if (std::exchange(done, true)) return;
                        PlainConnection(target).Run(
                            "CREATE SUBSCRIPTION s CONNECTION 'dbname=x' PUBLICATION p"
                            " WITH (connect = false)");
                      }),
              StatusIs(errs::kBusy, HasSubstr("subscriptions")));
  PlainConnection(target).Run("ALTER SUBSCRIPTION s SET (slot_name = NONE); DROP SUBSCRIPTION s");
  EXPECT_EQ(Describe(target), before);
}

// A function's rights are those of the dump only after the last step.
TEST_P(RestorationTest, NobodyElseEntersADatabaseThatIsNotComplete) {
  const profile::ConnectionProfile source = NewSample(server_), target = NewDatabase(server_);
  PlainConnection(source).Run(
      "CREATE FUNCTION power() RETURNS text SECURITY DEFINER LANGUAGE sql AS"
      " 'SELECT current_user::text'; REVOKE ALL ON FUNCTION power() FROM PUBLIC");
  const std::unique_ptr<FramedDump> dump = Dump(source);
  ASSERT_NE(dump, nullptr);
  const std::string role = absl::StrCat("nosy_", GetParam());
  ASSERT_OK(server_.RunSql(absl::StrCat("CREATE ROLE ", role, " LOGIN")));
  verbs::RestoreOptions clean, create;
  clean.clean = true;
  create.create = absl::StrCat(target.database, "_new");
  for (const verbs::RestoreOptions& options : {verbs::RestoreOptions(), clean, create}) {
    std::string may;
    absl::Mutex mutex;
    ASSERT_OK(Restore(target, *dump, options, [&] {
      const absl::MutexLock lock(&mutex);
      may = server_
                .Value(absl::StrCat("SELECT string_agg(has_database_privilege('", role,
                                    "', oid, 'CONNECT')::text, ',') FROM pg_database"
                                    " WHERE datname LIKE 'siphon_scratch_%'"),
                       "postgres")
                .value_or("error");
    }));
    EXPECT_EQ(may, "false");
    const std::string& name = options.create.empty() ? target.database : options.create;
    EXPECT_EQ(server_
                  .Value(absl::StrCat("SELECT concat(has_database_privilege('", role, "', '", name,
                                      "', 'CONNECT'), has_database_privilege('", role, "', '", name,
                                      "', 'TEMP'), has_database_privilege('", role, "', '", name,
                                      "', 'CREATE'))"),
                         "postgres")
                  .value_or("error"),
              "ttf");
  }
  ASSERT_OK(server_.RunSql(absl::StrCat("DROP DATABASE \"", create.create, "\"")));
  ASSERT_OK(server_.RunSql(absl::StrCat("DROP ROLE ", role)));
}

TEST_P(RestorationTest, TheExchangeNeedsNoSessionThatWasIdleAllTheTime) {
  const profile::ConnectionProfile source = NewSample(server_), target = NewDatabase(server_);
  const std::unique_ptr<FramedDump> dump = Dump(source);
  ASSERT_NE(dump, nullptr);
  std::atomic<int> ended = 0;
  EXPECT_OK(Restore(target, *dump, {}, [&] {
    const auto count = server_.Value(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
        " WHERE datname = 'postgres' AND application_name LIKE 'siphon/siphon_scratch_%'",
        "postgres");
    if (count.ok() && *count != "0") ++ended;
  }));
  EXPECT_GT(ended, 0);
  EXPECT_EQ(Difference(source, target.database), "");
}

INSTANTIATE_TEST_SUITE_P(
    Version, RestorationTest,
    ::testing::ValuesIn(siphon::testing::NewestToTest(siphon::testing::AllPostgresVersions())),
    ::testing::PrintToStringParamName());

}  // namespace
}  // namespace siphon::postgres
