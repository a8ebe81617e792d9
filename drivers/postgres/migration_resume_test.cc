// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Migrations whose statements run outside a transaction: what a failure or a kill leaves of them,
// and how `up --resume` goes on.

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "drivers/postgres/migration_fixture.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/servers/postgres.h"
#include "testing/servers/postgres_connection.h"
#include "testing/status_matchers.h"

namespace siphon::postgres {
namespace {

using siphon::testing::PostgresConnection;
using ::testing::HasSubstr;

using Files = std::map<std::string, std::string>;

constexpr char kTwins[] = "CREATE TABLE t (a int, b int); INSERT INTO t VALUES (1, 1), (1, 2)";

class ResumeTest : public ::testing::Test {
 protected:
  absl::Status Up(const Files& files) {
    const auto database = OrDie(fixture_.Open({}));
    return postgres::Up(*database, files);
  }
  absl::Status Resume(const Files& files,
                      migrate::UnknownOutcome unknown_outcome = migrate::UnknownOutcome::kDetect) {
    const auto database = OrDie(fixture_.Open({}));
    return postgres::Resume(*database, files, unknown_outcome);
  }
  std::string Version() {
    return fixture_.Value(
        "SELECT coalesce(max(version || CASE WHEN dirty THEN ' dirty' ELSE '' END), '') FROM "
        "schema_migrations");
  }
  // "name valid" of every index of the table, sorted.
  std::string Indexes(const std::string& table = "t") {
    return fixture_.Value(absl::StrCat(
        "SELECT coalesce(string_agg(indexrelid::regclass || CASE WHEN indisvalid THEN ' valid' "
        "ELSE ' invalid' END, ', ' ORDER BY indexrelid::regclass::text), '') FROM pg_index WHERE "
        "indrelid = '",
        table, "'::regclass"));
  }

  MigrationFixture fixture_{siphon::testing::kNewestPostgres};
};

TEST_F(ResumeTest, BuildsAnInvalidIndexAgain) {
  for (const std::string clause : {"IF NOT EXISTS", ""}) {
    for (const std::string name : {"t_a", "\"T \"\"a\"", "U&\"t\\005f \\0022\"\"a\"",
                                   "u&\"t!+00005fa\" UESCAPE '!'", "t$a$1$x$"}) {
      fixture_.Execute("DROP TABLE IF EXISTS t, schema_migrations, schema_migrations_history");
      fixture_.Execute(kTwins);
      const Files files = {
          {"1_a.up.sql", absl::StrCat("CREATE UNIQUE INDEX CONCURRENTLY ", clause, " ", name,
                                      " ON public.U&\"\\0074\" (a);"
                                      "CREATE TABLE IF NOT EXISTS later ();")}};
      EXPECT_FALSE(Up(files).ok());
      EXPECT_THAT(Indexes(), HasSubstr(" invalid"));
      // The cause is still there.
      EXPECT_FALSE(Resume(files).ok());
      EXPECT_EQ(Version(), "1 dirty");
      fixture_.Execute("DELETE FROM t WHERE b = 2");
      EXPECT_THAT(Resume(files), IsOk()) << clause << name;
      EXPECT_EQ(Version(), "1");
      EXPECT_THAT(Indexes(), HasSubstr(" valid"));
      EXPECT_THAT(Indexes(), ::testing::Not(HasSubstr(" invalid")));
    }
  }
}

TEST_F(ResumeTest, NamesAnInvalidIndexThatTheStatementDoesNotName) {
  fixture_.Execute(kTwins);
  const Files files = {{"1_a.up.sql", "CREATE UNIQUE INDEX CONCURRENTLY ON t (a)"}};
  EXPECT_FALSE(Up(files).ok());
  const absl::Status status = Resume(files);
  EXPECT_TRUE(errs::Is(status, errs::kDirty)) << status;
  EXPECT_THAT(status.message(), HasSubstr("public.t_a_idx"));
  EXPECT_THAT(errs::GetError(status)->hint, HasSubstr("DROP INDEX CONCURRENTLY public.t_a_idx"));
  fixture_.Execute("DELETE FROM t WHERE b = 2; DROP INDEX t_a_idx");
  EXPECT_THAT(Resume(files), IsOk());
  EXPECT_EQ(Indexes(), "t_a_idx valid");
}

// Another program left the invalid index, so the history does not mention it.
TEST_F(ResumeTest, RefusesAnInvalidIndexThatIfNotExistsWouldKeep) {
  fixture_.Execute(kTwins);
  const auto other =
      OrDie(PostgresConnection::Open(fixture_.server().Conninfo(fixture_.database())));
  EXPECT_FALSE(other->Run("CREATE UNIQUE INDEX CONCURRENTLY t_a ON t (a)").ok());
  for (const std::string how : {"", "CONCURRENTLY "}) {
    const absl::Status status = Up(
        {{"1_a.up.sql", absl::StrCat("CREATE UNIQUE INDEX ", how, "IF NOT EXISTS t_a ON t (a)")}});
    EXPECT_TRUE(errs::Is(status, errs::kDatabase)) << status;
    EXPECT_THAT(status.message(), HasSubstr("public.t_a exists and is invalid")) << how;
  }
  fixture_.Execute("DELETE FROM t WHERE b = 2");
  EXPECT_THAT(
      Resume({{"1_a.up.sql", "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS t_a ON t (a)"}}),
      IsOk());
  EXPECT_EQ(Indexes(), "t_a valid");
  // An index of a partitioned table alone is invalid for other reasons.
  EXPECT_THAT(
      Up({{"1_a.up.sql", "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS t_a ON t (a)"},
          {"2_b.up.sql",
           "CREATE TABLE p (a int) PARTITION BY RANGE (a);"
           "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (1) TO (2);"
           "CREATE INDEX p_a ON ONLY p (a); CREATE INDEX IF NOT EXISTS p_a ON ONLY p (a)"}}),
      IsOk());
}

// Stops statements that wait for another session's snapshot or lock.
class InterruptedTest : public ResumeTest {
 protected:
  // Runs `files` while another session keeps `lock`, until the statement's time is over.
  absl::Status UpUnder(const std::string& lock, const Files& files) {
    const auto other =
        OrDie(PostgresConnection::Open(fixture_.server().Conninfo(fixture_.database())));
    OrDie(other->Run("BEGIN"));
    OrDie(other->Run(lock));
    const auto database = OrDie(fixture_.Open({{"x-statement-timeout", "500"}}));
    const absl::Status status = postgres::Up(*database, files);
    OrDie(other->Run("ROLLBACK"));
    return status;
  }
};

TEST_F(InterruptedTest, ReindexLeavesNoTransientIndexes) {
  for (const std::string what : {"INDEX CONCURRENTLY t_pkey", "TABLE CONCURRENTLY public.t",
                                 "SCHEMA CONCURRENTLY public", "(VERBOSE, CONCURRENTLY) TABLE t"}) {
    fixture_.Execute(
        "DROP TABLE IF EXISTS t, schema_migrations, schema_migrations_history;"
        "CREATE TABLE t (a int PRIMARY KEY, b text)");
    const Files files = {{"1_a.up.sql", absl::StrCat("REINDEX ", what)}};
    const absl::Status status = UpUnder("INSERT INTO t VALUES (1)", files);
    EXPECT_THAT(status.message(), HasSubstr("took longer")) << what;
    EXPECT_THAT(Indexes(), HasSubstr("_ccnew invalid")) << what;
    EXPECT_THAT(Resume(files), IsOk()) << what;
    EXPECT_EQ(Indexes(), "t_pkey valid") << what;
    EXPECT_EQ(fixture_.Value("SELECT count(*) FROM pg_index WHERE NOT indisvalid"), "0") << what;
  }
}

TEST_F(InterruptedTest, DropIndexGoesOn) {
  fixture_.Execute("CREATE TABLE t (a int); CREATE INDEX t_a ON t (a)");
  const Files files = {{"1_a.up.sql", "DROP INDEX CONCURRENTLY t_a"}};
  const absl::Status status = UpUnder("INSERT INTO t VALUES (1)", files);
  EXPECT_THAT(status.message(), HasSubstr("took longer"));
  EXPECT_EQ(Indexes(), "t_a invalid");
  EXPECT_THAT(Resume(files), IsOk());
  EXPECT_EQ(Indexes(), "");
}

TEST_F(InterruptedTest, APartitionIsDetachedToTheEnd) {
  fixture_.Execute(
      "CREATE TABLE p (a int) PARTITION BY RANGE (a);"
      "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (1) TO (2)");
  const Files files = {
      {"1_a.up.sql", "ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY; CREATE TABLE later ()"}};
  const absl::Status status = UpUnder("SELECT * FROM p", files);
  EXPECT_THAT(status.message(), HasSubstr("took longer"));
  EXPECT_EQ(fixture_.Value("SELECT inhdetachpending FROM pg_inherits"), "t");
  EXPECT_THAT(Resume(files), IsOk());
  EXPECT_EQ(fixture_.Value("SELECT count(*) FROM pg_inherits"), "0");
  EXPECT_EQ(fixture_.Value("SELECT count(*) FROM later"), "0");
  EXPECT_EQ(Version(), "1");
}

// It may run in a transaction, and leaves nothing.
TEST_F(InterruptedTest, ARefreshOfAMaterializedViewLeavesNothing) {
  fixture_.Execute(
      "CREATE TABLE t (a int); INSERT INTO t VALUES (1);"
      "CREATE MATERIALIZED VIEW v AS SELECT a, 1 / (2 - a) AS b FROM t;"
      "CREATE UNIQUE INDEX v_a ON v (a); INSERT INTO t VALUES (2)");
  Files files = {{"1_a.up.sql", "REFRESH MATERIALIZED VIEW CONCURRENTLY v"}};
  EXPECT_TRUE(errs::Is(Up(files), errs::kDatabase));
  EXPECT_EQ(fixture_.Value("SELECT count(*) FROM schema_migrations"), "0");
  fixture_.Execute("UPDATE t SET a = 3 WHERE a = 2");
  EXPECT_THAT(Up(files), IsOk());
  EXPECT_EQ(fixture_.Value("SELECT count(*) FROM v"), "2");
}

// siphon is killed, and the server completes the statement alone.
class KilledTest : public ResumeTest {
 protected:
  // Leaves the database as a siphon does that is killed in the first statement of `files`, which
  // waits for another session.
  void KillIn(const Files& files) {
    const auto other =
        OrDie(PostgresConnection::Open(fixture_.server().Conninfo(fixture_.database())));
    OrDie(other->Run("BEGIN"));
    OrDie(other->Run("INSERT INTO t VALUES (7)"));
    std::jthread run([&] { EXPECT_THAT(Up(files), IsOk()); });
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    std::string state;
    while (!absl::StartsWith(state, "started") && std::chrono::steady_clock::now() < until) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      if (fixture_.Value("SELECT to_regclass('schema_migrations_history')").empty()) continue;
      state = fixture_.Value("SELECT coalesce(max(state), '') FROM schema_migrations_history");
    }
    OrDie(other->Run("ROLLBACK"));
    run.join();
    ASSERT_THAT(state, ::testing::StartsWith("started"));
    fixture_.Execute(absl::StrCat("UPDATE schema_migrations_history SET state = '", state,
                                  "', done = 0; UPDATE schema_migrations SET dirty = TRUE"));
  }
};

TEST_F(KilledTest, ResumeSeesThatTheServerCompletedIt) {
  const Files each[] = {
      {{"1_a.up.sql", "CREATE INDEX CONCURRENTLY t_a ON t (a); CREATE TABLE IF NOT EXISTS x ()"}},
      {{"1_a.up.sql", "CREATE INDEX CONCURRENTLY ON t (a)"}},
      {{"1_a.up.sql", "DROP INDEX CONCURRENTLY t_b"}},
      {{"1_a.up.sql", "REINDEX INDEX CONCURRENTLY t_b"}},
  };
  for (const Files& files : each) {
    for (const migrate::UnknownOutcome outcome :
         {migrate::UnknownOutcome::kDetect, migrate::UnknownOutcome::kTreatAsDone}) {
      fixture_.Execute(
          "DROP TABLE IF EXISTS t, schema_migrations, schema_migrations_history;"
          "CREATE TABLE t (a int); CREATE INDEX t_b ON t (a)");
      KillIn(files);
      const std::string indexes = Indexes();
      EXPECT_THAT(Resume(files, outcome), IsOk()) << files.begin()->second;
      EXPECT_EQ(Indexes(), indexes);
      EXPECT_EQ(Version(), "1");
    }
  }
}

TEST_F(KilledTest, ResumeAsksWhereNothingShowsIt) {
  fixture_.Execute(
      "CREATE TABLE t (a int); CREATE TABLE s (a int);"
      "CREATE PROCEDURE p() LANGUAGE plpgsql AS $$ BEGIN LOCK TABLE t; INSERT INTO s VALUES (1); "
      "COMMIT; END $$");
  const Files files = {{"1_a.up.sql", "-- siphon: no-transaction\nCALL p()"}};
  KillIn(files);
  const absl::Status status = Resume(files);
  EXPECT_TRUE(errs::Is(status, errs::kDirty)) << status;
  EXPECT_THAT(errs::GetError(status)->hint, HasSubstr("--done"));
  EXPECT_THAT(Resume(files, migrate::UnknownOutcome::kTreatAsDone), IsOk());
  EXPECT_EQ(fixture_.Value("SELECT count(*) FROM s"), "1");
}

TEST_F(ResumeTest, TheHintNamesTheMarkerForWhatNoTransactionTakes) {
  fixture_.Execute(
      "CREATE TABLE t (a int);"
      "CREATE PROCEDURE p() LANGUAGE plpgsql AS $$ BEGIN INSERT INTO t VALUES (1); COMMIT; INSERT "
      "INTO t VALUES (2); END $$;"
      "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN COMMIT; RETURN 1; END $$;"
      "CREATE TABLE q (a int) PARTITION BY RANGE (a)");
  int version = 0;
  Files files;
  for (const std::string statement :
       {"CALL p();", "DO $$ BEGIN COMMIT; END $$", "REINDEX TABLE q"}) {
    std::string& file = files[absl::StrCat(++version, "_a.up.sql")];
    file = statement;
    EXPECT_THAT(errs::GetError(Up(files))->hint, HasSubstr("-- siphon: no-transaction"));
    EXPECT_EQ(Version(), version == 1 ? "" : absl::StrCat(version - 1));
    file = absl::StrCat("-- siphon: no-transaction\n", statement);
    EXPECT_THAT(Up(files), IsOk()) << statement;
  }
  EXPECT_EQ(fixture_.Value("SELECT sum(a) FROM t"), "3");
  // Nothing lets a function commit.
  files["9_f.up.sql"] = "SELECT f()";
  const absl::Status status = Up(files);
  EXPECT_THAT(status.message(), HasSubstr("invalid transaction termination"));
  EXPECT_THAT(errs::GetError(status)->hint, ::testing::Not(HasSubstr("no-transaction")));
}

TEST_F(ResumeTest, SettingsOfCompletedStatementsAreInForceAgain) {
  fixture_.Execute("CREATE SCHEMA app; CREATE TABLE app.t (a int)");
  for (const std::string set :
       {"SET search_path = app", "SELECT pg_catalog.set_config('search_path', 'app', false)"}) {
    fixture_.Execute(
        "DROP TABLE IF EXISTS schema_migrations, schema_migrations_history, app.later");
    fixture_.Execute("DROP INDEX IF EXISTS app.t_a; INSERT INTO app.t VALUES (1), (1)");
    const Files files = {
        {"1_a.up.sql", absl::StrCat(set,
                                    "; CREATE UNIQUE INDEX CONCURRENTLY t_a ON t (a); "
                                    "CREATE TABLE later ()")}};
    EXPECT_FALSE(Up(files).ok());
    fixture_.Execute("TRUNCATE app.t");
    EXPECT_THAT(Resume(files), IsOk()) << set;
    EXPECT_EQ(Indexes("app.t"), "app.t_a valid");
    EXPECT_EQ(fixture_.Value("SELECT count(*) FROM app.later"), "0");
  }
}

TEST_F(ResumeTest, DoneSkipsAStatementThatWasDoneByHand) {
  const Files files = {
      {"1_a.up.sql",
       "CREATE TABLE t (a int); VACUUM nowhere; INSERT INTO t VALUES (1); INSERT INTO no VALUES "
       "(1)"}};
  EXPECT_THAT(Up(files).message(), HasSubstr("nowhere"));
  const absl::Status next = Resume(files, migrate::UnknownOutcome::kTreatAsDone);
  EXPECT_THAT(next.message(), HasSubstr("\"no\" does not exist"));
  // This one was undone with its transaction.
  EXPECT_TRUE(
      errs::Is(Resume(files, migrate::UnknownOutcome::kTreatAsDone), errs::kInvalidArgument));
  fixture_.Execute("CREATE TABLE no (a int)");
  EXPECT_THAT(Resume(files), IsOk());
  EXPECT_EQ(fixture_.Value("SELECT count(*) FROM t"), "1");
}

}  // namespace
}  // namespace siphon::postgres
