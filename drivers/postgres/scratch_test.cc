// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Restores into a scratch database: what the code of a dump can do there, what it cannot restore,
// and what is left afterwards.

#include "drivers/postgres/scratch.h"

#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "drivers/postgres/driver.h"
#include "drivers/postgres/fixture.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/child_process.h"
#include "siphon/base/context.h"
#include "siphon/base/file.h"
#include "siphon/base/io.h"
#include "siphon/driver/applet.h"
#include "siphon/driver/toolbox.h"
#include "testing/contracts/driver_bodies.h"
#include "testing/servers/postgres.h"
#include "testing/status_matchers.h"

namespace siphon::postgres {
namespace {

using siphon::testing::PieceReader;
using siphon::testing::PostgresServer;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// Makes the role "mallory" try in every way to get a superuser's rights, wherever a restore runs
// code. The rows of "runs" say as whom it ran. In the source it does nothing.
constexpr char kAttack[] = R"sql(
CREATE TABLE runs(whence text, session_role text, role text, superuser text);
CREATE FUNCTION attack_now(whence text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  statement text;
BEGIN
  IF current_database() NOT LIKE 'siphon%' THEN RETURN; END IF;
  FOREACH statement IN ARRAY ARRAY[
    'RESET ROLE', 'RESET SESSION AUTHORIZATION', 'SET ROLE postgres',
    'SET SESSION AUTHORIZATION postgres', 'SET SESSION AUTHORIZATION DEFAULT',
    'ALTER ROLE mallory SUPERUSER', 'CREATE ROLE mallory_planted SUPERUSER',
    'ALTER ROLE CURRENT_USER PASSWORD ''known''', 'ALTER ROLE CURRENT_USER VALID UNTIL ''infinity''',
    'COPY (SELECT 1) TO PROGRAM ''touch @FILE@''', 'COPY (SELECT 1) TO ''@FILE@''',
    'GRANT CONNECT ON DATABASE postgres TO mallory WITH GRANT OPTION',
    'CREATE EXTENSION file_fdw', 'SELECT pg_catalog.pg_read_file(''/etc/passwd'')']
  LOOP
    BEGIN
      EXECUTE statement;
    EXCEPTION WHEN OTHERS THEN
    END;
  END LOOP;
  INSERT INTO public.runs VALUES (whence, session_user, current_user,
    current_setting('is_superuser'));
END$$;
CREATE FUNCTION attack(whence text, x int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS
  $$BEGIN PERFORM public.attack_now(whence); RETURN x; END$$;
CREATE DOMAIN guarded AS int CHECK (public.attack('domain', VALUE) > 0);
CREATE TABLE victims(a int CHECK (public.attack('check', a) > 0), b guarded,
  c int GENERATED ALWAYS AS (public.attack('generated', 1)) STORED);
INSERT INTO victims(a, b) SELECT i, i FROM generate_series(1, 20) i;
CREATE INDEX ON victims ((public.attack('index', a))) WHERE public.attack('predicate', a) > 0;
CREATE STATISTICS victims_expression ON (public.attack('statistics', a)), b FROM victims;
CREATE MATERIALIZED VIEW seen AS SELECT public.attack('view', a) AS a FROM victims;
CREATE FUNCTION watch() RETURNS event_trigger LANGUAGE plpgsql AS
  $$BEGIN PERFORM public.attack_now('event'); END$$;
CREATE EVENT TRIGGER watcher ON ddl_command_end EXECUTE FUNCTION watch();
)sql";

std::string Attack(const std::string& file) {
  std::string sql = kAttack;
  for (size_t at = sql.find("@FILE@"); at != std::string::npos; at = sql.find("@FILE@")) {
    sql.replace(at, 6, file);
  }
  return sql;
}

std::vector<std::string> Objects(const driver::Connection& connection) {
  std::vector<std::string> objects;
  for (const verbs::LeftOut& one : connection.left_out()) objects.push_back(one.object);
  return objects;
}

class ScratchTest : public ::testing::TestWithParam<int> {
 protected:
  ScratchTest() {
    admin_.Run(
        "DO $$BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'mallory') THEN"
        " CREATE ROLE mallory; END IF; END$$");
  }
  void TearDown() override {
    EXPECT_THAT(Leftovers(server_), IsEmpty());
    EXPECT_EQ(admin_.Value("SELECT string_agg(rolname, ' ') FROM pg_roles WHERE rolsuper"),
              "postgres");
    EXPECT_NE(access(file_.c_str(), F_OK), 0) << "a program of the dump's was run";
  }

  std::string AttackingDump() {
    const profile::ConnectionProfile source = NewDatabase(server_);
    PlainConnection(source).Run(Attack(file_));
    return BackUp(source);
  }

  // Restores the body and keeps the scratch database.
  absl::Status Restore(const profile::ConnectionProfile& profile, const std::string& body,
                       std::unique_ptr<driver::Connection>& scratch, bool trust = false) {
    absl::StatusOr<std::unique_ptr<driver::Connection>> opened =
        PostgresDriver().OpenScratchOn(context_, profile);
    if (!opened.ok()) return opened.status();
    scratch = *std::move(opened);
    PieceReader reader(body);
    driver::RestoreOptions options;
    options.trust = trust;
    return scratch->Restore(context_, options, reader);
  }

  std::string ScratchName() {
    return admin_.Value("SELECT datname FROM pg_database WHERE datname LIKE 'siphon%'");
  }

  // A new role with these attributes, and its profile.
  profile::ConnectionProfile NewUser(const std::string& name, const std::string& attributes) {
    admin_.Run(absl::StrCat("CREATE ROLE ", name, " LOGIN PASSWORD 'its own' ", attributes));
    profile::ConnectionProfile profile = ProfileFor(server_, "postgres");
    profile.user = name;
    profile.password = "its own";
    return profile;
  }

  PostgresServer& server_ = SharedServer(GetParam());
  PlainConnection admin_{ProfileFor(server_, "postgres")};
  const std::string file_ = absl::StrCat(::testing::TempDir(), "/planted", GetParam());
  base::Context context_;
};

TEST_P(ScratchTest, TheCodeOfADumpHasNoRights) {
  const std::string body = AttackingDump();
  std::unique_ptr<driver::Connection> scratch;
  ASSERT_OK(Restore(ProfileFor(server_, "postgres"), body, scratch));
  EXPECT_THAT(Objects(*scratch), Contains("event trigger watcher"));
  // It did run, everywhere but in the event trigger.
  const std::string name = ScratchName();
  PlainConnection inside(ProfileFor(server_, name));
  EXPECT_EQ(inside.Value("SELECT string_agg(DISTINCT whence, ' ' ORDER BY whence) FROM runs"),
            "check domain generated index predicate view");
  EXPECT_EQ(inside.Value("SELECT string_agg(DISTINCT concat_ws(' ', session_role, role, superuser),"
                         " ', ') FROM runs"),
            absl::StrCat(name, " ", name, " off"));
  // siphon's checks after the restore run code of the dump, too.
  inside.Run("TRUNCATE runs");
  ASSERT_OK(scratch->CheckIntegrity(context_));
  const absl::StatusOr<driver::Schema> schema = scratch->Inspect(context_, {.exact = true});
  ASSERT_OK(schema);
  int64_t victims = 0;
  for (const driver::TableSchema& table : schema->tables) {
    if (table.name == "victims") victims = table.rows;
  }
  EXPECT_EQ(victims, 20);
  inside.Run("ANALYZE victims");
  EXPECT_EQ(inside.Value("SELECT string_agg(DISTINCT role, ' ') FROM runs"), name);
  EXPECT_OK(scratch->Close());
}

// The dump's code may set a password for its role; nobody can use it.
TEST_P(ScratchTest, NobodyCanLogInAsTheRoleOfTheDump) {
  const std::string body = AttackingDump();
  std::unique_ptr<driver::Connection> scratch;
  ASSERT_OK(Restore(ProfileFor(server_, "postgres"), body, scratch));
  const std::string name = ScratchName();
  EXPECT_EQ(admin_.Value(absl::StrCat(
                "SELECT concat_ws(' ', rolcanlogin, rolsuper, rolcreaterole, rolcreatedb,"
                " rolreplication, rolbypassrls) FROM pg_roles WHERE rolname = '",
                name, "'")),
            "f f f f f f");
  for (const char* const database : {"postgres", name.c_str()}) {
    profile::ConnectionProfile intruder = ProfileFor(server_, database);
    intruder.user = name;
    intruder.password = "known";
    EXPECT_THAT(
        PostgresDriver().Connect(context_, intruder, driver::Driver::Access::kRead).status(),
        StatusIs(errs::kConnectionFailed));
  }
  // Nor can other users look at the rows of the dump.
  const profile::ConnectionProfile other = NewUser("curious", "");
  profile::ConnectionProfile inside = other;
  inside.database = name;
  EXPECT_THAT(PostgresDriver().Connect(context_, inside, driver::Driver::Access::kRead).status(),
              StatusIs(errs::kConnectionFailed));
  scratch.reset();
  admin_.Run("DROP ROLE curious");
}

TEST_P(ScratchTest, WithTrustTheCodeHasTheRightsOfTheUser) {
  const profile::ConnectionProfile source = NewDatabase(server_);
  PlainConnection(source).Run(
      "CREATE TABLE runs(who text); CREATE FUNCTION note(x int) RETURNS int LANGUAGE plpgsql AS"
      " $$BEGIN INSERT INTO public.runs VALUES (session_user); RETURN x; END$$;"
      "CREATE TABLE t(a int CHECK (public.note(a) > 0)); INSERT INTO t VALUES (1)");
  const std::string body = BackUp(source);
  std::unique_ptr<driver::Connection> scratch;
  ASSERT_OK(Restore(ProfileFor(server_, "postgres"), body, scratch, true));
  EXPECT_EQ(PlainConnection(ProfileFor(server_, ScratchName()))
                .Value("SELECT string_agg(DISTINCT who, ' ') FROM runs"),
            "postgres");
}

TEST_P(ScratchTest, WhatOnlyASuperuserCanRestoreIsLeftOutAndNamed) {
  const profile::ConnectionProfile source = NewDatabase(server_);
  PlainConnection(source).Run(R"sql(
CREATE SCHEMA tools;
CREATE EXTENSION hstore SCHEMA tools;
CREATE EXTENSION pageinspect SCHEMA tools;
COMMENT ON EXTENSION hstore IS 'other words';
COMMENT ON SCHEMA public IS 'ours';
CREATE TABLE kept(a int, h tools.hstore, s int GENERATED ALWAYS AS IDENTITY);
INSERT INTO kept(a, h) VALUES (1, 'a=>1'), (2, NULL);
CREATE FUNCTION raw_length(text) RETURNS int IMMUTABLE LANGUAGE internal AS 'textlen';
CREATE FUNCTION tight(int) RETURNS int LEAKPROOF IMMUTABLE LANGUAGE sql AS 'SELECT $1';
CREATE FUNCTION public.support(language text) RETURNS text LANGUAGE sql AS
  $$SELECT $1 || ' LANGUAGE c LEAKPROOF'$$;
CREATE TABLE lost(a text CHECK (raw_length(a) < 9));
INSERT INTO lost VALUES ('x');
CREATE VIEW lost_too AS SELECT a FROM lost;
CREATE OPERATOR FAMILY odd USING btree;
CREATE FOREIGN DATA WRAPPER nothing;
CREATE SERVER far FOREIGN DATA WRAPPER nothing;
CREATE FOREIGN TABLE far_away(a int) SERVER far;
CREATE TYPE pair AS (a int, b int);
CREATE TYPE color AS ENUM ('red');
CREATE TYPE span AS RANGE (subtype = int4);
CREATE CAST (text AS jsonb) WITH INOUT;
CREATE CAST (int AS pair) WITH INOUT;
CREATE AGGREGATE total(int) (SFUNC = int4pl, STYPE = int);
CREATE TABLE secret(a int); INSERT INTO secret VALUES (1), (2);
ALTER TABLE secret ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY nobody ON secret USING (false);
CREATE PUBLICATION everything FOR ALL TABLES;
)sql");
  const std::string body = BackUp(source);
  std::unique_ptr<driver::Connection> scratch;
  ASSERT_OK(Restore(ProfileFor(server_, "postgres"), body, scratch));
  EXPECT_THAT(Objects(*scratch),
              ::testing::UnorderedElementsAre(
                  "publication everything", "function public.raw_length(text)",
                  "function public.tight(integer)", "table lost", "view lost_too",
                  "operator family odd", "foreign data wrapper nothing", "server far",
                  "foreign table far_away", "CAST (text AS jsonb)"));
  int tables = 0;
  for (const verbs::LeftOut& one : scratch->left_out()) tables += one.table == "lost" ? 1 : 0;
  EXPECT_EQ(tables, 1);
  ASSERT_OK_AND_ASSIGN(const driver::Schema schema, scratch->Inspect(context_, {.exact = true}));
  std::vector<std::string> rows;
  for (const driver::TableSchema& table : schema.tables) {
    rows.push_back(absl::StrCat(table.name, " ", table.rows));
  }
  EXPECT_THAT(rows, ::testing::UnorderedElementsAre("kept 2", "secret 2"));
  EXPECT_EQ(PlainConnection(ProfileFor(server_, ScratchName()))
                .Value("SELECT string_agg(extname, ' ' ORDER BY extname) FROM pg_extension"),
            "hstore pageinspect plpgsql");
}

// Something that siphon does not know to need a superuser.
TEST_P(ScratchTest, WhatTheRoleMayNotDoIsAnErrorWithAWayOut) {
  const profile::ConnectionProfile source = NewDatabase(server_);
  PlainConnection(source).Run(
      "CREATE FUNCTION quiet() RETURNS int LANGUAGE sql SET log_statement = 'none' AS 'SELECT 1'");
  const std::string body = BackUp(source);
  std::unique_ptr<driver::Connection> scratch;
  const absl::Status status = Restore(ProfileFor(server_, "postgres"), body, scratch);
  EXPECT_THAT(status, StatusIs(errs::kDatabase, HasSubstr("log_statement")));
  EXPECT_THAT(errs::Render(status), HasSubstr("--trust"));
  EXPECT_OK(Restore(ProfileFor(server_, "postgres"), body, scratch, true));
}

// More rights would not help: the object is not in the dump, or the dump itself fails.
TEST_P(ScratchTest, AFailureOfTheDumpIsNotExplainedByRights) {
  const profile::ConnectionProfile source = NewDatabase(server_);
  PlainConnection(source).Run(
      "CREATE TYPE mood AS ENUM ('good'); CREATE TABLE t(m mood); CREATE TABLE u(a int);"
      "INSERT INTO u VALUES (0); CREATE FUNCTION f(int) RETURNS int IMMUTABLE LANGUAGE sql"
      " AS 'SELECT 1 / (CASE WHEN current_database() LIKE ''siphon%'' THEN $1 ELSE 1 END)';"
      "CREATE INDEX ON u(f(a))");
  driver::BackupOptions some;
  some.tables = {"t"};
  const std::string part = BackUp(source, some), whole = BackUp(source);
  std::unique_ptr<driver::Connection> scratch;
  for (const bool trust : {false, true}) {
    const absl::Status lack = Restore(ProfileFor(server_, "postgres"), part, scratch, trust);
    EXPECT_THAT(lack, StatusIs(errs::kDatabase, HasSubstr("mood")));
    EXPECT_THAT(errs::Render(lack),
                AllOf(HasSubstr("back up without --table"), Not(HasSubstr("--trust")),
                      Not(HasSubstr("in the target"))));
    scratch.reset();
    const absl::Status fails = Restore(ProfileFor(server_, "postgres"), whole, scratch, trust);
    EXPECT_THAT(fails, StatusIs(errs::kDatabase, HasSubstr("division by zero")));
    EXPECT_THAT(errs::Render(fails), Not(HasSubstr("--trust")));
    scratch.reset();
  }
}

TEST_P(ScratchTest, AUserWhoMayCreateRolesNeedsNotBeASuperuser) {
  const profile::ConnectionProfile user = NewUser("keeper", "CREATEDB CREATEROLE");
  const std::string body = AttackingDump();
  std::unique_ptr<driver::Connection> scratch;
  ASSERT_OK(Restore(user, body, scratch));
  EXPECT_OK(scratch->CheckIntegrity(context_));
  EXPECT_OK(scratch->Inspect(context_, {.exact = true}).status());
  EXPECT_OK(scratch->Close());
  admin_.Run("DROP ROLE keeper");
}

TEST_P(ScratchTest, AUserWhoMayNotCreateRolesMustTrustTheDump) {
  const profile::ConnectionProfile user = NewUser("maker", "CREATEDB");
  const profile::ConnectionProfile source = NewSample(server_);
  const std::string body = BackUp(source);
  std::unique_ptr<driver::Connection> scratch;
  const absl::Status status = Restore(user, body, scratch);
  EXPECT_THAT(status, StatusIs(errs::kDatabase, HasSubstr("no roles")));
  EXPECT_THAT(errs::Render(status), HasSubstr("--trust"));
  EXPECT_OK(Restore(user, body, scratch, true));
  scratch.reset();
  admin_.Run("DROP ROLE maker");
}

TEST_P(ScratchTest, AServerThatDoesNotLetTheRoleInIsExplained) {
  const auto strict = PostgresServer::Start(
      {.version = GetParam(), .hba = {"host sameuser all 127.0.0.1/32 reject"}});
  ASSERT_OK(strict);
  const profile::ConnectionProfile source = NewSample(**strict);
  const std::string body = BackUp(source);
  std::unique_ptr<driver::Connection> scratch;
  const absl::Status status = Restore(source, body, scratch);
  EXPECT_THAT(status, StatusIs(errs::kConnectionFailed, HasSubstr("cannot log in")));
  EXPECT_THAT(errs::Render(status),
              AllOf(HasSubstr(GetParam() >= 16
                                  ? "host sameuser /^siphon_scratch_ 127.0.0.1/32 scram-sha-256"
                                  : "host sameuser all 127.0.0.1/32 scram-sha-256"),
                    HasSubstr("--trust")));
  scratch.reset();
  EXPECT_THAT(Leftovers(**strict), IsEmpty());
  EXPECT_OK(Restore(source, body, scratch, true));
}

TEST_P(ScratchTest, ACancelledRestoreLeavesNothing) {
  const std::string body = AttackingDump();
  for (const size_t offset : {size_t{1}, body.size() / 2, body.size() - 1}) {
    std::stop_source stop;
    const base::Context context = context_.WithStop(stop.get_token());
    ASSERT_OK_AND_ASSIGN(auto scratch,
                         PostgresDriver().OpenScratchOn(context, ProfileFor(server_, "postgres")));
    PieceReader reader(body, 512, [&](size_t at) {
      if (at >= offset) stop.request_stop();
      return absl::OkStatus();
    });
    EXPECT_THAT(scratch->Restore(context, {}, reader), StatusIs(errs::kCancelled));
    scratch.reset();
    EXPECT_THAT(Leftovers(server_), IsEmpty());
  }
}

// Opens a scratch restore on the server "host port password", says so, and waits to be killed.
int HoldScratch(int argc, char** argv) {
  if (argc < 4) return 2;
  profile::ConnectionProfile profile;
  profile.driver = "postgres";
  profile.host = argv[1];
  profile.user = profile.database = "postgres";
  profile.password = argv[3];
  if (!absl::SimpleAtoi(argv[2], &profile.port)) return 2;
  const base::Context context;
  const auto body = base::ReadFile("/dev/stdin", size_t{1} << 30);
  const auto scratch = PostgresDriver().OpenScratchOn(context, profile);
  if (!body.ok() || !scratch.ok()) return 3;
  PieceReader reader(*body);
  if (!(*scratch)->Restore(context, {}, reader).ok()) return 4;
  std::puts("ready");
  std::fflush(stdout);
  pause();
  return 0;
}

const driver::AppletRegistration kHoldScratch("hold_scratch", &HoldScratch, {});

TEST_P(ScratchTest, TheRemainsOfAKilledSiphonGoWithTheNextOne) {
  const std::string body = AttackingDump();
  base::ChildProcess::Options options;
  ASSERT_OK_AND_ASSIGN(options.executable, driver::SelfPath());
  options.argv = {"hold_scratch", server_.host(), absl::StrCat(server_.port()), server_.password()};
  options.in = options.out = base::ChildProcess::Stream::kPipe;
  ASSERT_OK_AND_ASSIGN(const auto child, base::ChildProcess::Start(context_, std::move(options)));
  ASSERT_OK(child->in().Write(body));
  child->CloseIn();
  char line[6] = {};
  ASSERT_OK_AND_ASSIGN(const size_t count, child->out().Read(absl::MakeSpan(line)));
  ASSERT_GT(count, 0u);
  const std::string name = ScratchName();
  ASSERT_FALSE(name.empty());
  // It is in use: another siphon leaves it alone.
  ASSERT_OK(PostgresDriver().OpenScratchOn(context_, ProfileFor(server_, "postgres")).status());
  EXPECT_EQ(ScratchName(), name);
  ASSERT_EQ(kill(child->pid(), SIGKILL), 0);
  EXPECT_OK(child->Wait().status());
  EXPECT_EQ(ScratchName(), name);
  const std::string sessions =
      absl::StrCat("SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'siphon%'");
  for (int i = 0; i < 200 && admin_.Int(sessions) > 0; ++i) usleep(50'000);
  ASSERT_OK(PostgresDriver().OpenScratchOn(context_, ProfileFor(server_, "postgres")).status());
  EXPECT_THAT(Leftovers(server_), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Versions, ScratchTest, ::testing::Values(14, 15, 16, 18),
                         [](const auto& info) { return absl::StrCat("Postgres", info.param); });

}  // namespace
}  // namespace siphon::postgres
