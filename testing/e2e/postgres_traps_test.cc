// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// A superuser runs every verb on a database whose owner has put traps into it: no code of the owner
// runs with the rights of the superuser.

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/e2e/postgres_urls.h"
#include "testing/e2e/sandbox.h"
#include "testing/servers/postgres.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A trap for an index: a function that claims to be immutable.
constexpr char kImmutable[] =
    "CREATE OR REPLACE FUNCTION trap.spring_now() RETURNS pg_catalog.bool IMMUTABLE LANGUAGE sql "
    "AS "
    "$$ SELECT trap.spring('index') $$;";
constexpr char kTraps[] = "testing/e2e/postgres_traps.sql";

// The settings by which the owner makes every session of the database resolve names to the traps.
struct Armed {
  std::string name;
  std::string search_path;
};

class PostgresTraps : public ::testing::TestWithParam<Armed> {
 protected:
  // Starts one server for all tests. Setting thousands of traps takes seconds, so each test gets a
  // copy of the database "traps".
  static void SetUpTestSuite() {
    if (server_ != nullptr) return;
    // One transaction replaces thousands of traps.
    auto server = PostgresServer::Start({.settings = {{"max_locks_per_transaction", "1024"}}});
    ASSERT_OK(server);
    ASSERT_OK((*server)->RunSql("CREATE ROLE owner LOGIN PASSWORD 'o'"));
    ASSERT_OK((*server)->RunSql("CREATE DATABASE traps TEMPLATE template0 OWNER owner"));
    ASSERT_OK((*server)->RunSql(
        absl::StrCat("SET SESSION AUTHORIZATION owner;\n", ReadBytes(kTraps)), "traps"));
    server_ = server->release();
    // The server is a child of the test and must end with it.
    std::atexit([] { delete server_; });
  }

  void SetUp() override {
    ASSERT_NE(server_, nullptr);
    ASSERT_OK(server_->RunSql("CREATE DATABASE app TEMPLATE traps OWNER owner"));
    ASSERT_OK(server_->RunSql("CREATE DATABASE copy TEMPLATE template0 OWNER owner"));
    Arm("app");
    Arm("copy");
  }
  void TearDown() override {
    if (server_ == nullptr) return;
    for (const std::string name : {"app", "copy", "fresh"}) EXPECT_OK(server_->DropDatabase(name));
  }

  void Arm(const std::string& database) {
    ASSERT_OK(
        server_->RunSql(absl::StrCat("SET SESSION AUTHORIZATION owner; ALTER DATABASE ", database,
                                     " SET search_path = ", GetParam().search_path)));
  }

  std::string Url(std::string_view database) { return PostgresUrl(*server_, database); }

  // The traps that ran since the last call.
  std::vector<std::string> Sprung() {
    const std::string log = ReadBytes(server_->log().path());
    std::vector<std::string> sprung;
    for (const std::string_view line :
         absl::StrSplit(std::string_view(log).substr(seen_), '\n', absl::SkipEmpty())) {
      if (absl::StrContains(line, "LOG:  TRAP SPRUNG")) sprung.emplace_back(line);
    }
    seen_ = log.size();
    return sprung;
  }

  std::string RunSafely(std::vector<std::string> args) {
    Sprung();
    const ProcessResult result = box_.Run(args);
    const std::string command = absl::StrJoin(args, " ");
    EXPECT_EQ(result.exit_code, 0) << command << "\n" << result.err;
    EXPECT_THAT(Sprung(), IsEmpty()) << command;
    return result.out;
  }

  static PostgresServer* server_;
  Sandbox box_;
  size_t seen_ = 0;
};

PostgresServer* PostgresTraps::server_ = nullptr;

TEST_P(PostgresTraps, AreSprungByWhoeverDoesNotQualify) {
  Sprung();
  // The role's default search_path would hide a mistake in how the traps are armed.
  ASSERT_OK(server_->RunSql("SELECT 1.0::real > 1", "app"));
  EXPECT_THAT(Sprung(), Contains(HasSubstr(">(real, integer)")));
}

TEST_P(PostgresTraps, AreNotSprungByAnyVerb) {
  RunSafely({"profile", "test", Url("app")});
  RunSafely({"inspect", Url("app"), "--exact"});
  RunSafely({"backup", Url("app"), "--table", "orders", "--table", "customers"});
  RunSafely({"backup", Url("app"), "--with-globals"});
  const std::string id = box_.ListedDumps().front();
  RunSafely({"verify", id, "--deep"});
  RunSafely({"verify", id, "--restore", Url("app")});
  RunSafely({"restore", id, "--profile", Url("app"), "--data-only", "--clean", "--yes"});
  RunSafely({"restore", id, "--profile", Url("app"), "--clean", "--yes"});
  RunSafely({"restore", id, "--profile", Url("app"), "--create", "fresh"});
  RunSafely({"sync", Url("app"), Url("copy"), "--clean", "--yes"});
  RunSafely(
      {"restore", id, "--profile", Url("copy"), "--table", "trap.orders", "--clean", "--yes"});
}

// The analysis of a statement runs input functions, and that of an array of a domain runs the
// domain's checks. A server that looks at a function's body analyzes its statements.
TEST_P(PostgresTraps, InTheBodiesOfFunctionsAreNotSprungByABackup) {
  ASSERT_OK(server_->RunSql(R"sql(SET SESSION AUTHORIZATION owner;
CREATE DOMAIN trap.word AS text CHECK (trap.spring(VALUE));
CREATE TYPE trap.pair AS (one trap.word);
CREATE FUNCTION trap.body_1(pg_catalog.int4) RETURNS pg_catalog.int4 IMMUTABLE LANGUAGE sql AS
  $$ SELECT $1 FROM (SELECT '{body}'::trap.word[]) AS s $$;
CREATE FUNCTION trap.body_2(pg_catalog.int4) RETURNS pg_catalog.int4 IMMUTABLE LANGUAGE sql AS
  $$ SELECT $1 FROM (SELECT '(body)'::trap.pair) AS s $$;
CREATE TABLE trap.with_bodies (a pg_catalog.int4);
CREATE INDEX ON trap.with_bodies (trap.body_1(a), trap.body_2(a));
INSERT INTO trap.with_bodies VALUES (1), (2))sql",
                            "app"));
  RunSafely({"backup", Url("app")});
  RunSafely({"verify", box_.ListedDumps().front(), "--deep"});
  RunSafely({"verify", box_.ListedDumps().front(), "--restore", Url("app")});
}

// The planner runs functions of indexes and statistics that claim to be immutable.
TEST_P(PostgresTraps, OfThePlannerAreNotSprungByCounting) {
  ASSERT_OK(server_->RunSql(absl::StrCat("SET SESSION AUTHORIZATION owner;", kImmutable, R"sql(
CREATE TABLE trap.planned (note pg_catalog.text, a pg_catalog.int4, "B b" pg_catalog.int2);
INSERT INTO trap.planned SELECT pg_catalog.repeat('x', 100000), 1, 1
  FROM pg_catalog.generate_series(1, 7);
CREATE MATERIALIZED VIEW trap.viewed AS TABLE trap.planned;
CREATE TABLE trap.texts (note pg_catalog.text); INSERT INTO trap.texts VALUES (E'a\nb'), (NULL);
CREATE TABLE trap.nothing (); INSERT INTO trap.nothing DEFAULT VALUES;
CREATE INDEX ON trap.planned (a) WHERE trap.spring_now();
CREATE INDEX ON trap.viewed (a) WHERE trap.spring_now();
CREATE INDEX ON trap.texts (note) WHERE trap.spring_now();
CREATE STATISTICS trap.s ON (trap.spring_now() IS NULL OR a IS NULL), note FROM trap.planned;
SELECT 1)sql"),
                            "app"));
  const std::string out = RunSafely({"inspect", Url("app"), "--exact", "--json"});
  for (const std::string table : {"planned", "viewed", "texts", "nothing"}) {
    const size_t at = out.find(absl::StrCat("\"trap.", table, "\""));
    ASSERT_NE(at, std::string::npos) << out;
    const std::string fields =
        out.substr(out.rfind('{', at), out.find('}', at) - out.rfind('{', at));
    EXPECT_THAT(fields, HasSubstr(table == "texts"     ? "\"rows\": 2"
                                  : table == "nothing" ? "\"rows\": 1"
                                                       : "\"rows\": 7"));
    EXPECT_THAT(fields, HasSubstr("\"rows_exact\": true"));
  }
}

TEST_P(PostgresTraps, AreNotSprungByTheBooksOfMigrations) {
  std::filesystem::create_directory(box_.Path("m"));
  WriteBytes(box_.Path("m/4_index.up.sql"),
             "CREATE INDEX CONCURRENTLY one ON trap.made_1_a (x);"
             "CREATE INDEX CONCURRENTLY two ON trap.made_2_b (x);");
  WriteBytes(box_.Path("m/4_index.down.sql"), "DROP INDEX trap.one; DROP INDEX trap.two;");
  for (const std::string name : {"1_a", "2_b", "3_c"}) {
    WriteBytes(box_.Path(absl::StrCat("m/", name, ".up.sql")),
               "CREATE TABLE trap.made_" + name + " (x integer);");
    WriteBytes(box_.Path(absl::StrCat("m/", name, ".down.sql")),
               "DROP TABLE trap.made_" + name + ";");
  }
  const auto migrate = [&](std::vector<std::string> verb) {
    std::vector<std::string> args = {"migrate", "--path", box_.Path("m"), "--database", Url("app")};
    args.insert(args.end(), verb.begin(), verb.end());
    RunSafely(args);
  };
  migrate({"up", "2"});
  migrate({"status"});
  migrate({"up"});
  migrate({"down", "1"});
  migrate({"goto", "1"});
  migrate({"force", "1"});
  migrate({"version"});
  migrate({"drop", "--yes"});
}

// The owner's functions try to make the owner a superuser and to run a program, wherever a restore
// calls them.
constexpr char kClimb[] = R"sql(SET SESSION AUTHORIZATION owner;
CREATE SCHEMA own;
CREATE FUNCTION own.climb_now(whence pg_catalog.text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  statement pg_catalog.text;
BEGIN
  FOREACH statement IN ARRAY ARRAY['ALTER ROLE owner SUPERUSER',
    format('COPY (SELECT 1) TO PROGRAM %L', 'cat > climbed_' || whence)]
  LOOP
    BEGIN
      EXECUTE statement;
    EXCEPTION WHEN OTHERS THEN
    END;
  END LOOP;
END $$;
CREATE FUNCTION own.climb(whence pg_catalog.text) RETURNS pg_catalog.int4 IMMUTABLE
LANGUAGE plpgsql AS $$ BEGIN PERFORM own.climb_now(whence); RETURN 1; END $$;
CREATE DOMAIN own.guarded AS pg_catalog.int4 CHECK (own.climb('domain') = 1);
CREATE TABLE own.victims (a own.guarded CHECK (own.climb('check') = 1),
  b pg_catalog.int4 GENERATED ALWAYS AS (own.climb('generated')) STORED);
INSERT INTO own.victims (a) VALUES (1), (2);
CREATE INDEX ON own.victims ((own.climb('index'))) WHERE own.climb('predicate') = 1;
CREATE MATERIALIZED VIEW own.seen AS SELECT own.climb('view') AS c FROM own.victims;
)sql";

TEST(PostgresOwner, GetsNothingFromARestoreByASuperuserThatVerifies) {
  const auto server = PostgresServer::Start();
  ASSERT_OK(server);
  ASSERT_OK((*server)->RunSql("CREATE ROLE owner LOGIN PASSWORD 'o'"));
  ASSERT_OK((*server)->CreateDatabase("app"));
  ASSERT_OK((*server)->RunSql("ALTER DATABASE app OWNER TO owner"));
  ASSERT_OK((*server)->RunSql(kClimb, "app"));
  constexpr char kSuper[] = "SELECT rolsuper FROM pg_roles WHERE rolname = 'owner'";
  constexpr char kClimbed[] =
      "SELECT string_agg(name, ' ' ORDER BY name) FROM pg_ls_dir('.') AS name"
      " WHERE name LIKE 'climbed%'";
  const Sandbox box;
  const std::string url = PostgresUrl(**server, "app");
  ASSERT_EQ(box.Run({"backup", url}).exit_code, 0);
  const std::string id = box.ListedDumps().front();
  const ProcessResult verified = box.Run({"verify", id, "--restore", url});
  EXPECT_EQ(verified.exit_code, 0) << verified.err;
  EXPECT_THAT((*server)->Value(kSuper), IsOkAndHolds("f"));
  EXPECT_THAT((*server)->Value(kClimbed), IsOkAndHolds(""));
  // The same restore, with the rights of the superuser.
  const ProcessResult trusted = box.Run({"verify", id, "--restore", url, "--trust"});
  EXPECT_EQ(trusted.exit_code, 0) << trusted.err;
  EXPECT_THAT((*server)->Value(kSuper), IsOkAndHolds("t"));
  EXPECT_THAT((*server)->Value(kClimbed),
              IsOkAndHolds("climbed_check climbed_domain climbed_generated climbed_index"
                           " climbed_predicate climbed_view"));
}

INSTANTIATE_TEST_SUITE_P(SearchPaths, PostgresTraps,
                         ::testing::Values(Armed{"AheadOfTheCatalogue", "trap, pg_catalog"},
                                           Armed{"AfterTheCatalogue", "\"$user\", trap"}),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace siphon::testing
