// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// The contract of migrations, held by PostgreSQL.

#include "drivers/postgres/migrations.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "drivers/postgres/migration_fixture.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/domain/migrate/lock_id.h"
#include "testing/contracts/migrate_contract.h"
#include "testing/event_log.h"
#include "testing/rounds.h"
#include "testing/servers/pgbouncer.h"
#include "testing/servers/postgres.h"
#include "testing/servers/postgres_connection.h"
#include "testing/status_matchers.h"

namespace siphon::postgres {
namespace {

using siphon::testing::MigrateContract;
using siphon::testing::MigrateFactory;
using siphon::testing::PostgresConnection;
using ::testing::HasSubstr;

std::vector<MigrateFactory> Factories() {
  std::vector<MigrateFactory> factories;
  for (const int version :
       siphon::testing::VersionsToTest(siphon::testing::AllPostgresVersions())) {
    factories.push_back({absl::StrCat("Postgres", version),
                         [version] { return std::make_unique<MigrationFixture>(version); }});
  }
  return factories;
}

INSTANTIATE_TEST_SUITE_P(Postgres, MigrateContract, ::testing::ValuesIn(Factories()),
                         siphon::testing::MigrateName);

const std::map<std::string, std::string>& OneStep() {
  static const auto* const files =
      new std::map<std::string, std::string>{{"1_a.up.sql", "CREATE TABLE a (x int);"}};
  return *files;
}

TEST(PostgresMigrationsTest, WaitsForBothOfGolangMigratesLocks) {
  MigrationFixture fixture(siphon::testing::kNewestPostgres);
  for (const std::string& name : {"/" + fixture.database(), fixture.database()}) {
    const uint32_t id = migrate::LockId(name, {"public", "schema_migrations"});
    fixture.Execute(absl::StrCat("SELECT pg_advisory_lock(", id, ")"));
    const auto database = OrDie(fixture.Open({}));
    EXPECT_TRUE(errs::Is(Up(*database, OneStep()), errs::kLocked)) << name;
    // Only the test's own lock is left.
    EXPECT_EQ(fixture.Value("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"), "1");
    fixture.Execute(absl::StrCat("SELECT pg_advisory_unlock(", id, ")"));
  }
}

TEST(PostgresMigrationsTest, UsesTheSchemaAndTheTableThatAreNamed) {
  MigrationFixture fixture(siphon::testing::kNewestPostgres);
  fixture.Execute("CREATE SCHEMA sales; CREATE SCHEMA \"Odd Name\"");
  {
    const auto database = OrDie(fixture.Open({{"search_path", "sales"}}));
    EXPECT_THAT(Up(*database, OneStep()), IsOk());
  }
  EXPECT_EQ(fixture.Value("SELECT version FROM sales.schema_migrations"), "1");
  EXPECT_EQ(fixture.Value("SELECT count(*) FROM sales.a"), "0");
  {
    const auto database = OrDie(fixture.Open(
        {{"x-migrations-table", "\"Odd Name\".\"t.t\""}, {"x-migrations-table-quoted", "true"}}));
    EXPECT_THAT(Up(*database, OneStep()), IsOk());
  }
  EXPECT_EQ(fixture.Value("SELECT version FROM \"Odd Name\".\"t.t\""), "1");
  for (const std::string bad : {"t", "\"a\".\"b\".\"c\"", "\"a\"b", "\"a"}) {
    EXPECT_TRUE(errs::Is(
        fixture.Open({{"x-migrations-table", bad}, {"x-migrations-table-quoted", "1"}}).status(),
        errs::kInvalidArgument))
        << bad;
  }
  EXPECT_THAT(fixture.Open({{"search_path", "nowhere"}}).status().message(),
              HasSubstr("no schema"));
}

// Waits until new sessions have the search_path of the server's changed configuration.
void ReloadSearchPath(MigrationFixture& fixture, const std::string& path) {
  fixture.Execute("SELECT pg_reload_conf()");
  for (int i = 0; i < 200; ++i) {
    const auto session =
        OrDie(PostgresConnection::Open(fixture.server().Conninfo(fixture.database())));
    if (OrDie(session->Value("SHOW search_path")) == path) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  ADD_FAILURE() << "the server did not read its configuration";
}

// A migration makes the schema that "$user" means, or changes the path; or an administrator does.
TEST(PostgresMigrationsTest, NamesTheVersionTableFromWhichTheSearchPathMovedAway) {
  struct Case {
    std::string what;
    std::string migration;
    std::map<std::string, std::string> parameters = {};
    std::string afterwards = "";
    std::string undo = "";
  };
  for (const Case& c : {
           Case{"$user", "CREATE SCHEMA dev"},
           Case{"a schema of the URL", "CREATE SCHEMA app", {{"search_path", "app,public"}}},
           Case{"the role's path", "CREATE SCHEMA app; ALTER ROLE dev SET search_path = app"},
           Case{"the database's path",
                "CREATE SCHEMA app",
                {},
                "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = app', "
                "current_database()); END $$"},
           Case{"the path of all roles",
                "CREATE SCHEMA app",
                {},
                "ALTER ROLE ALL SET search_path = app",
                "ALTER ROLE ALL RESET search_path"},
           Case{"the server's path",
                "CREATE SCHEMA app",
                {},
                "ALTER SYSTEM SET search_path = app",
                "ALTER SYSTEM RESET search_path"},
       }) {
    MigrationFixture fixture(siphon::testing::kNewestPostgres);
    fixture.Execute(
        "DO $$ BEGIN CREATE ROLE dev LOGIN PASSWORD 'd'; EXCEPTION WHEN duplicate_object THEN "
        "NULL; END $$; GRANT ALL ON SCHEMA public TO dev");
    fixture.Execute(absl::StrCat("GRANT CREATE ON DATABASE ", fixture.database(), " TO dev"));
    profile::ConnectionProfile profile = fixture.Profile();
    profile.user = "dev";
    profile.password = "d";
    profile.parameters = c.parameters;
    const auto open = [&] {
      return PostgresMigrations().Open({}, profile, driver::MigrationAccess::kCreate);
    };
    std::map<std::string, std::string> files = {{"1_a.up.sql", c.migration}};
    EXPECT_THAT(Up(*OrDie(open()), files), IsOk()) << c.what;
    if (!c.afterwards.empty()) {
      fixture.Execute(c.afterwards);
      ReloadSearchPath(fixture, "app");
    }
    files["2_b.up.sql"] = "CREATE TABLE b (x int)";
    const absl::Status refused = open().status();
    EXPECT_TRUE(errs::Is(refused, errs::kDatabase)) << c.what << refused;
    EXPECT_THAT(refused.message(), HasSubstr("\"public\".\"schema_migrations\" exists")) << c.what;
    EXPECT_THAT(errs::GetError(refused)->hint, HasSubstr("x-migrations-table-quoted=true"));
    // The ways on that the hint names.
    profile.parameters["x-migrations-table"] = "\"public\".\"schema_migrations\"";
    profile.parameters["x-migrations-table-quoted"] = "true";
    EXPECT_THAT(Up(*OrDie(open()), files), IsOk()) << c.what;
    EXPECT_EQ(fixture.Value("SELECT version FROM public.schema_migrations"), "2");
    profile.parameters = {{"search_path", "public"}};
    EXPECT_THAT(OrDie(open())->Version({}), IsOkAndHolds(migrate::State{2, false}));
    fixture.Execute("ALTER ROLE dev RESET search_path");
    if (!c.undo.empty()) {
      fixture.Execute(c.undo);
      ReloadSearchPath(fixture, "\"$user\", public");
    }
  }
}

TEST(PostgresMigrationsTest, ATableOfAnotherSchemaIsNoObstacle) {
  MigrationFixture fixture(siphon::testing::kNewestPostgres);
  fixture.Execute(
      "CREATE SCHEMA one; CREATE SCHEMA two; CREATE SCHEMA rails;"
      "CREATE TABLE rails.schema_migrations (version varchar PRIMARY KEY)");
  EXPECT_THAT(Up(*OrDie(fixture.Open({{"search_path", "one"}})), OneStep()), IsOk());
  EXPECT_THAT(Up(*OrDie(fixture.Open({{"search_path", "two,rails"}})), OneStep()), IsOk());
  EXPECT_THAT(Up(*OrDie(fixture.Open({})), OneStep()), IsOk());
  EXPECT_EQ(fixture.Value("SELECT count(*) FROM pg_class WHERE relname = 'schema_migrations'"),
            "4");
}

TEST(PostgresMigrationsTest, DropNamesWhatIsNotInTheSchemaAndStays) {
  MigrationFixture fixture(siphon::testing::kNewestPostgres);
  fixture.Execute(
      "CREATE SCHEMA \"My schema\"; CREATE TABLE \"My schema\".t (a int);"
      "CREATE FUNCTION \"My schema\".f(bigint) RETURNS bool LANGUAGE sql AS 'SELECT TRUE';"
      "CREATE CAST (bigint AS bool) WITH FUNCTION \"My schema\".f(bigint);"
      "CREATE FUNCTION \"My schema\".e() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';"
      "CREATE EVENT TRIGGER ev ON ddl_command_start EXECUTE FUNCTION \"My schema\".e();"
      "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER srv FOREIGN DATA WRAPPER w;"
      "CREATE PUBLICATION pub; CREATE EXTENSION citext; SELECT lo_create(0);"
      "ALTER DEFAULT PRIVILEGES REVOKE ALL ON FUNCTIONS FROM public;"
      "CREATE TABLE t (a citext)");
  siphon::testing::EventLog log;
  const auto database = OrDie(fixture.Open({}));
  EXPECT_THAT(database->Drop(base::Context({}, &log)), IsOk());
  const std::string warned = absl::StrJoin(log.Warnings(), "\n");
  for (const std::string name :
       {"schema \"My schema\"", "cast (bigint AS boolean)", "event trigger ev",
        "foreign-data wrapper w", "server srv", "publication pub", "extension citext",
        "large object ", "default acl for role postgres"}) {
    EXPECT_THAT(warned, HasSubstr(name));
  }
  EXPECT_EQ(fixture.Value("SELECT count(*) FROM \"My schema\".t"), "0");
  EXPECT_EQ(fixture.Value("SELECT to_regclass('t') IS NULL"), "t");
}

// DROP ... CASCADE would take it.
TEST(PostgresMigrationsTest, DropRefusesToTakeObjectsOfOtherSchemas) {
  struct Case {
    std::string sql;
    std::vector<std::string> named;
  };
  std::vector<Case> cases = {
      {"CREATE TYPE en AS ENUM ('a', 'b'); CREATE DOMAIN dm AS int;"
       "CREATE TABLE other.t (id int, st en, arr en[], amt dm);"
       "CREATE VIEW other.v AS SELECT st FROM other.t;",
       {"table column other.t.st", "table column other.t.arr", "table column other.t.amt",
        "view other.v"}},
      {"CREATE TABLE a (x int PRIMARY KEY); CREATE TABLE other.kid () INHERITS (a);"
       "INSERT INTO other.kid VALUES (77); CREATE INDEX ON other.kid (x)",
       {"table other.kid"}},
      {"CREATE TABLE a (x int, y text) PARTITION BY RANGE (x); CREATE INDEX ON a (x);"
       "CREATE TABLE other.part PARTITION OF a FOR VALUES FROM (1) TO (9)",
       {"table other.part"}},
      {"CREATE TABLE a (x int); CREATE VIEW other.v AS SELECT * FROM a;"
       "CREATE MATERIALIZED VIEW other.m AS SELECT * FROM other.v",
       {"materialized view other.m", "view other.v"}},
      {"CREATE TABLE a (x int PRIMARY KEY);"
       "CREATE TABLE other.t (x int CONSTRAINT far REFERENCES a)",
       {"table constraint far on other.t"}},
      {"CREATE TYPE k AS (x int); CREATE TABLE other.t OF k", {"table other.t"}},
      {"CREATE TYPE en AS ENUM ('a'); CREATE TABLE other.t (x en) PARTITION BY LIST (x)",
       {"table other.t"}},
      {"CREATE COLLATION o FROM \"C\"; CREATE TABLE other.t (x text COLLATE o)",
       {"table column other.t.x"}},
      {"CREATE FUNCTION f(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT 1';"
       "CREATE SEQUENCE s; CREATE TABLE other.t (x int, g int GENERATED ALWAYS AS (f(x)) "
       "STORED, d int DEFAULT f(1), n int DEFAULT nextval('s'), CONSTRAINT c CHECK (f(x) = 1));"
       "CREATE INDEX i ON other.t (f(x)); CREATE POLICY p ON other.t USING (f(x) > 0)",
       {"table column other.t.g", "default value for other.t.d", "default value for other.t.n",
        "table constraint c on other.t", "index other.i", "policy p on other.t"}},
      {"CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';"
       "CREATE TABLE other.t (x int);"
       "CREATE TRIGGER tr BEFORE INSERT ON other.t FOR EACH ROW EXECUTE FUNCTION tf()",
       {"trigger tr on other.t"}},
      {"CREATE TYPE en AS ENUM ('a'); CREATE DOMAIN other.d AS en;"
       "CREATE FUNCTION other.f(en) RETURNS int LANGUAGE sql AS 'SELECT 1'",
       {"function other.f(public.en)", "type other.d"}},
      {"CREATE FUNCTION e() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';"
       "CREATE EVENT TRIGGER ev ON sql_drop EXECUTE FUNCTION e()",
       {"event trigger ev"}},
  };
  for (const int version : {14, siphon::testing::kNewestPostgres}) {
    MigrationFixture fixture(version);
    for (Case& c : cases) {
      std::sort(c.named.begin(), c.named.end());
      fixture.Execute("CREATE SCHEMA other");
      const auto database = OrDie(fixture.Open({}));
      EXPECT_THAT(Up(*database, {{"1_a.up.sql", c.sql}}), IsOk());
      const std::vector<std::string> before = fixture.Objects();
      const absl::Status refused = database->Drop({});
      EXPECT_TRUE(errs::Is(refused, errs::kDatabase)) << c.sql << refused;
      // All of them, and no others.
      EXPECT_THAT(refused.message(),
                  HasSubstr(absl::StrCat("would be dropped too: ", absl::StrJoin(c.named, ", "),
                                         "; nothing was dropped")));
      EXPECT_EQ(fixture.Objects(), before) << c.sql;
      if (fixture.Value("SELECT to_regclass('other.kid') IS NULL") == "f") {
        EXPECT_EQ(fixture.Value("SELECT x FROM other.kid"), "77");
      }
      // The first way on that the hint names.
      if (c.named[0] == "event trigger ev") fixture.Execute("DROP EVENT TRIGGER ev");
      fixture.Execute("DROP SCHEMA other CASCADE");
      EXPECT_THAT(database->Drop({}), IsOk()) << c.sql;
      EXPECT_THAT(fixture.Objects(), ::testing::ElementsAre("")) << c.sql;
    }
  }
}

// Objects outside the schema that are a part of one inside it, or on which one inside depends.
TEST(PostgresMigrationsTest, DropTakesObjectsThatDependOnOtherSchemas) {
  for (const int version : {14, siphon::testing::kNewestPostgres}) {
    MigrationFixture fixture(version);
    fixture.Execute(
        "CREATE SCHEMA other; CREATE TYPE other.en AS ENUM ('a');"
        "CREATE TABLE other.parent (x int PRIMARY KEY, t text); CREATE EXTENSION citext;"
        "CREATE TABLE other.parted (x int PRIMARY KEY) PARTITION BY RANGE (x);"
        "CREATE PUBLICATION pub; INSERT INTO other.parent VALUES (5, 'kept')");
    const auto database = OrDie(fixture.Open({}));
    EXPECT_THAT(
        Up(*database,
           {{"1_a.up.sql",
             "CREATE TABLE a (x int REFERENCES other.parent, e other.en, c citext, long text);"
             "CREATE TABLE kid () INHERITS (other.parent);"
             "CREATE TABLE part PARTITION OF other.parted FOR VALUES FROM (1) TO (9);"
             "CREATE VIEW v AS SELECT * FROM other.parent; ALTER PUBLICATION pub ADD TABLE a;"
             "CREATE FUNCTION f(other.en) RETURNS int LANGUAGE sql AS 'SELECT 1';"
             "CREATE TYPE k AS (x int);"
             "CREATE FUNCTION k_int(k) RETURNS int LANGUAGE sql AS 'SELECT 1';"
             "CREATE CAST (k AS int) WITH FUNCTION k_int(k)"}}),
        IsOk());
    EXPECT_THAT(database->Drop({}), IsOk()) << version;
    EXPECT_EQ(fixture.Value("SELECT count(*) FROM pg_class WHERE relnamespace = "
                            "'public'::regnamespace"),
              "0");
    EXPECT_EQ(fixture.Value("SELECT t FROM other.parent"), "kept");
    EXPECT_EQ(fixture.Value("SELECT to_regclass('other.parted') IS NULL"), "f");
    EXPECT_EQ(fixture.Value("SELECT 'a'::citext = 'A'"), "t");
  }
}

TEST(PostgresMigrationsTest, AnOwnerWithoutPrivilegesMayDrop) {
  for (const int version : {14, siphon::testing::kNewestPostgres}) {
    MigrationFixture fixture(version);
    fixture.Execute(
        "DO $$ BEGIN CREATE ROLE owner LOGIN PASSWORD 'o'; EXCEPTION WHEN duplicate_object THEN "
        "NULL; END $$; GRANT ALL ON SCHEMA public TO owner; CREATE PUBLICATION pub");
    profile::ConnectionProfile profile = fixture.Profile();
    profile.user = "owner";
    profile.password = "o";
    const auto database =
        OrDie(PostgresMigrations().Open({}, profile, driver::MigrationAccess::kCreate));
    EXPECT_THAT(Up(*database, {{"1_a.up.sql",
                                "CREATE TABLE a (x int);"
                                "CREATE TEXT SEARCH CONFIGURATION c (COPY = pg_catalog.simple);"
                                "CREATE OPERATOR === (LEFTARG = int, RIGHTARG = int, FUNCTION = "
                                "int4eq)"}}),
                IsOk());
    siphon::testing::EventLog log;
    EXPECT_THAT(database->Drop(base::Context({}, &log)), IsOk()) << version;
    EXPECT_THAT(absl::StrJoin(log.Warnings(), "\n"), HasSubstr("publication pub"));
    EXPECT_EQ(fixture.Value("SELECT count(*) FROM pg_operator WHERE oid >= 16384"), "0");
  }
}

TEST(PostgresMigrationsTest, GivesUpAStatementThatTakesTooLong) {
  MigrationFixture fixture(siphon::testing::kNewestPostgres);
  const auto database = OrDie(fixture.Open({{"x-statement-timeout", "200"}}));
  const absl::Status status = Up(*database, {{"1_a.up.sql", "SELECT 1;\nSELECT pg_sleep(30);"}});
  EXPECT_TRUE(errs::Is(status, errs::kDatabase));
  EXPECT_THAT(status.message(), HasSubstr("1_a.up.sql, line 2: it took longer than"));
  EXPECT_THAT(database->Version({}), IsOkAndHolds(migrate::State{}));
}

TEST(PostgresMigrationsTest, AMigrationFindsTheSessionAsItWas) {
  MigrationFixture fixture(siphon::testing::kNewestPostgres);
  const auto database = OrDie(fixture.Open({}));
  EXPECT_THAT(Up(*database, {{"1_a.up.sql",
                              "SELECT set_config('search_path', '', false); SET ROLE pg_monitor;"},
                             {"2_b.up.sql", "CREATE TABLE b (x int)"}}),
              IsOk());
  EXPECT_EQ(fixture.Value("SELECT count(*) FROM public.b"), "0");
}

TEST(PostgresMigrationsTest, WaitsForARunningDumpWithoutStandingInTheWay) {
  MigrationFixture fixture(siphon::testing::kNewestPostgres);
  fixture.Execute("CREATE TABLE a (x int)");
  // The lock that pg_dump holds on every table.
  const auto dump = OrDie(PostgresConnection::Open(fixture.server().Conninfo(fixture.database())));
  OrDie(dump->Run("BEGIN"));
  OrDie(dump->Value("SELECT count(*) FROM a").status());
  std::jthread end([&dump] {
    std::this_thread::sleep_for(std::chrono::seconds(7));
    OrDie(dump->Run("COMMIT"));
  });
  const auto database = OrDie(fixture.Open({}));
  EXPECT_THAT(Up(*database, {{"1_a.up.sql", "ALTER TABLE a ADD y int"}}), IsOk());
  EXPECT_EQ(fixture.Value("SELECT count(y) FROM a"), "0");
}

TEST(PostgresMigrationsTest, ALostConnectionStopsTheRun) {
  MigrationFixture fixture(siphon::testing::kNewestPostgres);
  const auto database = OrDie(fixture.Open({}));
  const auto source = siphon::testing::SourceOf(
      {{"1_a.up.sql", "CREATE TABLE a (x int)"}, {"2_b.up.sql", "CREATE TABLE b (x int)"}});
  migrate::MigratorOptions options;
  options.on_start = [&](const migrate::Step& step) {
    if (step.version != 2) return;
    fixture.Execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'siphon' "
        "AND datname = current_database()");
  };
  migrate::Migrator migrator(source.get(), database.get(), options);
  std::vector<migrate::Step> applied;
  const absl::Status status = migrator.Run({}, {}, applied);
  EXPECT_TRUE(errs::Is(status, errs::kConnectionFailed)) << status;
  EXPECT_EQ(fixture.Value("SELECT version || ' ' || dirty FROM schema_migrations"), "1 false");
  EXPECT_EQ(fixture.Value("SELECT to_regclass('b') IS NULL"), "t");
  // The server has let the lock go.
  EXPECT_THAT(Up(*OrDie(fixture.Open({})), {{"1_a.up.sql", "CREATE TABLE a (x int)"},
                                            {"2_b.up.sql", "CREATE TABLE b (x int)"}}),
              IsOk());
}

TEST(PostgresMigrationsTest, NoticesThatTheLockIsNotItsOwnAnyMore) {
  MigrationFixture fixture(siphon::testing::kNewestPostgres);
  const auto database = OrDie(fixture.Open({}));
  const absl::Status status = Up(*database, {{"1_a.up.sql", "SELECT pg_advisory_unlock_all()"},
                                             {"2_b.up.sql", "CREATE TABLE b (x int)"}});
  EXPECT_TRUE(errs::Is(status, errs::kLocked)) << status;
  EXPECT_THAT(status.message(), HasSubstr("no longer holds the lock"));
  EXPECT_THAT(errs::GetError(status)->hint, HasSubstr("a migration may have released it"));
  EXPECT_EQ(fixture.Value("SELECT version FROM schema_migrations"), "1");
}

// Prepared statements only make siphon faster; it also works without them.
TEST(PostgresMigrationsTest, AMigrationMayTakeAwayWhatIsPrepared) {
  MigrationFixture fixture(siphon::testing::kNewestPostgres);
  const auto database = OrDie(fixture.Open({}));
  EXPECT_THAT(Up(*database,
                 {{"01_a.up.sql", "CREATE TABLE a (x int)"},
                  {"02_b.up.sql", "DEALLOCATE ALL"},
                  {"03_c.up.sql", "DO $$ BEGIN EXECUTE 'DEALLOCATE ALL'; END $$"},
                  {"04_d.up.sql", "-- No deallocate.\nCREATE TABLE d (x int)"},
                  {"05_e.up.sql", "ALTER TABLE schema_migrations ALTER version TYPE numeric"},
                  {"06_f.up.sql", "CREATE TABLE f (x int)"},
                  {"07_g.up.sql", "ALTER TABLE schema_migrations_history ALTER title TYPE varchar"},
                  {"08_h.up.sql", "ALTER TABLE schema_migrations ALTER version TYPE bigint"},
                  {"09_i.up.sql", "SET search_path = nowhere"},
                  {"10_j.up.sql", "CREATE TABLE j (x int)"}}),
              IsOk());
  EXPECT_EQ(fixture.Value("SELECT version || ' ' || dirty FROM schema_migrations"), "10 false");
  EXPECT_EQ(fixture.Value("SELECT string_agg(version::text, ',' ORDER BY seq) FROM "
                          "schema_migrations_history WHERE state = 'done'"),
            "1,2,3,4,5,6,7,8,9,10");
}

absl::Status UpThroughPooler(MigrationFixture& fixture, std::string_view pool_mode) {
  const auto pooler = OrDie(siphon::testing::PgBouncer::Start(fixture.server(), pool_mode));
  profile::ConnectionProfile profile = fixture.Profile();
  profile.port = pooler->port();
  const auto database =
      OrDie(PostgresMigrations().Open({}, profile, driver::MigrationAccess::kCreate));
  return Up(*database, OneStep());
}

TEST(PostgresMigrationsTest, APoolerThatKeepsSessionsTogetherIsAsGoodAsTheServer) {
  MigrationFixture fixture(siphon::testing::kNewestPostgres);
  EXPECT_THAT(UpThroughPooler(fixture, "session"), IsOk());
  EXPECT_EQ(fixture.Value("SELECT version FROM schema_migrations"), "1");
}

TEST(PostgresMigrationsTest, APoolerThatBreaksSessionsIsRefusedBeforeAnythingIsDone) {
  for (const std::string_view pool_mode : {"transaction", "statement"}) {
    MigrationFixture fixture(siphon::testing::kNewestPostgres);
    const absl::Status status = UpThroughPooler(fixture, pool_mode);
    EXPECT_TRUE(errs::Is(status, errs::kDriverUnsupported)) << status;
    EXPECT_THAT(status.message(), HasSubstr("pooler"));
    EXPECT_EQ(fixture.Value("SELECT count(*) FROM pg_class WHERE relname ~ 'schema_migrations'"),
              "0");
    EXPECT_EQ(fixture.Value("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"), "0");
  }
}

// The profile of a user who may read the version table, and nothing else of the migrations.
profile::ConnectionProfile MakeReader(MigrationFixture& fixture) {
  fixture.Execute(
      "DO $$ BEGIN CREATE ROLE reader LOGIN PASSWORD 'r'; EXCEPTION WHEN duplicate_object THEN "
      "NULL; END $$; GRANT SELECT ON schema_migrations TO reader");
  profile::ConnectionProfile profile = fixture.Profile();
  profile.user = "reader";
  profile.password = "r";
  return profile;
}

TEST(PostgresMigrationsTest, AReaderNeedsNoPrivilegeToCreate) {
  MigrationFixture fixture(siphon::testing::kNewestPostgres);
  {
    const auto database = OrDie(fixture.Open({}));
    EXPECT_THAT(Up(*database, OneStep()), IsOk());
  }
  const profile::ConnectionProfile profile = MakeReader(fixture);
  const auto database =
      OrDie(PostgresMigrations().Open({}, profile, driver::MigrationAccess::kRead));
  EXPECT_THAT(database->Version({}), IsOkAndHolds(migrate::State{1, false}));
  fixture.Execute("REVOKE SELECT ON schema_migrations FROM reader");
  const absl::Status refused = database->Version({}).status();
  EXPECT_THAT(refused.message(), HasSubstr("permission denied for table schema_migrations"));
  EXPECT_EQ(errs::GetError(refused)->hint,
            "grant the user SELECT on \"public\".\"schema_migrations\"");
}

TEST(PostgresMigrationsTest, AHistoryThatTheUserMayNotReadIsNamed) {
  MigrationFixture fixture(siphon::testing::kNewestPostgres);
  {
    const auto database = OrDie(fixture.Open({}));
    EXPECT_THAT(Up(*database, OneStep()), IsOk());
  }
  const profile::ConnectionProfile profile = MakeReader(fixture);
  const auto database =
      OrDie(PostgresMigrations().Open({}, profile, driver::MigrationAccess::kRead));
  EXPECT_THAT(database->Version({}), IsOkAndHolds(migrate::State{1, false}));
  const absl::Status refused = database->History({}).status();
  EXPECT_THAT(refused.message(),
              HasSubstr("permission denied for table schema_migrations_history"));
  EXPECT_EQ(errs::GetError(refused).value_or(errs::Error()).hint,
            "grant the user SELECT on \"public\".\"schema_migrations_history\"");
}

// It releases the lock, and what siphon has prepared.
TEST(PostgresMigrationsTest, DiscardAllKeepsTheLock) {
  MigrationFixture fixture(siphon::testing::kNewestPostgres);
  const auto database = OrDie(fixture.Open({}));
  EXPECT_THAT(
      Up(*database, {{"1_a.up.sql", "CREATE TABLE a (x int); DISCARD ALL; CREATE TABLE b ()"},
                     {"2_b.up.sql", "DISCARD ALL"},
                     {"3_c.up.sql", "CREATE TABLE c ()"}}),
      IsOk());
  EXPECT_EQ(fixture.Value("SELECT version || ' ' || dirty FROM schema_migrations"), "3 false");
  EXPECT_EQ(fixture.Value("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"), "0");
}

}  // namespace
}  // namespace siphon::postgres
