// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// What stands in the way of backups and restores on a server: schemas, owners, encodings, time-outs
// and poolers.

#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "drivers/postgres/driver.h"
#include "drivers/postgres/fixture.h"
#include "drivers/postgres/version_fixture.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/domain/dumps/contents.h"
#include "testing/contracts/driver_bodies.h"
#include "testing/event_log.h"
#include "testing/servers/pgbouncer.h"
#include "testing/servers/postgres.h"
#include "testing/status_matchers.h"

namespace siphon::postgres {
namespace {

using siphon::testing::EventLog;
using siphon::testing::MemoryTarget;
using siphon::testing::PgBouncer;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class ObstaclesTest : public VersionTest {
 protected:
  static driver::RestoreOptions Clean() {
    driver::RestoreOptions options;
    options.clean = true;
    return options;
  }
  // A role that owns the database, as its profile.
  profile::ConnectionProfile Owner(const std::string& role, profile::ConnectionProfile profile) {
    EXPECT_OK(server_.RunSql(absl::StrCat("CREATE ROLE ", role,
                                          " LOGIN PASSWORD 'o'; ALTER DATABASE"
                                          " \"",
                                          profile.database, "\" OWNER TO ", role)));
    profile.user = role;
    profile.password = "o";
    return profile;
  }
};

TEST_P(ObstaclesTest, AChosenTableBringsItsSchemaWhereItIsMissing) {
  const profile::ConnectionProfile source = NewDatabase(server_);
  PlainConnection(source).Run(
      "CREATE ROLE sch_owner; CREATE SCHEMA \"The App\" AUTHORIZATION sch_owner;"
      "GRANT USAGE ON SCHEMA \"The App\" TO PUBLIC; COMMENT ON SCHEMA \"The App\" IS 'c';"
      "CREATE TABLE \"The App\".users(id serial PRIMARY KEY);"
      "INSERT INTO \"The App\".users DEFAULT VALUES");
  const std::string count = "SELECT count(*) FROM \"The App\".users";
  driver::BackupOptions chosen;
  chosen.tables = {"\"The App\".users"};
  const std::string part = BackUp(source, chosen);
  const profile::ConnectionProfile target = NewDatabase(server_);
  // A schema of its own is no obstacle either.
  PlainConnection(target).Run("CREATE SCHEMA empty");
  ASSERT_OK(TryRestore(target, part));
  EXPECT_EQ(PlainConnection(target).Int(count), 1);
  driver::RestoreOptions create;
  create.create = "with its schema";
  ASSERT_OK(TryRestore(target, part, create));
  EXPECT_EQ(PlainConnection(ProfileFor(server_, create.create)).Int(count), 1);
  EXPECT_OK(server_.DropDatabase(create.create));
  const auto scratch = PostgresDriver().OpenScratchOn(base::Context(), target);
  ASSERT_OK(scratch);
  siphon::testing::PieceReader reader(part, 1000);
  EXPECT_OK((*scratch)->Restore(base::Context(), {}, reader));
  EXPECT_OK((*scratch)->Close());

  // Out of a whole dump, the schema comes as it was.
  const profile::ConnectionProfile other = NewDatabase(server_);
  driver::RestoreOptions table;
  table.tables = chosen.tables;
  ASSERT_OK(TryRestore(other, BackUp(source), table));
  EXPECT_EQ(Describe(other), Describe(source));
  for (const profile::ConnectionProfile& profile : {source, other}) {
    PlainConnection(profile).Run("DROP SCHEMA \"The App\" CASCADE");
  }
  EXPECT_OK(server_.RunSql("DROP ROLE sch_owner"));
}

TEST_P(ObstaclesTest, AChosenTableNamesTheTypesAndFunctionsThatTheTargetLacks) {
  const profile::ConnectionProfile source = NewDatabase(server_);
  PlainConnection(source).Run(
      "CREATE SCHEMA kinds; CREATE TYPE kinds.mood AS ENUM ('good', 'bad');"
      "CREATE DOMAIN kinds.amount AS int; CREATE FUNCTION kinds.next() RETURNS int LANGUAGE sql AS"
      " 'SELECT 7'; CREATE TABLE t(a int DEFAULT kinds.next(), m kinds.mood[], n kinds.amount);"
      "INSERT INTO t VALUES (1, '{good}', 3)");
  const std::string whole = BackUp(source);
  driver::BackupOptions some;
  some.tables = {"t"};
  const std::string part = BackUp(source, some);
  const profile::ConnectionProfile target = NewDatabase(server_);
  driver::RestoreOptions options;
  options.tables = {"t"};
  for (const auto& [object, sql] : std::vector<std::pair<std::string, std::string>>{
           {"type kinds.mood", "CREATE SCHEMA kinds; CREATE TYPE kinds.mood AS ENUM ('good')"},
           {"domain kinds.amount", "CREATE DOMAIN kinds.amount AS int"},
           {"function kinds.next()",
            "CREATE FUNCTION kinds.next() RETURNS int LANGUAGE sql AS 'SELECT 8'"}}) {
    const absl::Status status = TryRestore(target, whole, options);
    EXPECT_THAT(status, StatusIs(errs::kNotFound, HasSubstr("t needs the ")));
    EXPECT_THAT(status, HasHint(HasSubstr("without --table")));
    // A dump of some tables does not have them: the server names what is missing.
    EXPECT_THAT(TryRestore(target, part, options),
                AllOf(StatusIs(errs::kDatabase, HasSubstr("kinds")),
                      HasHint(HasSubstr("back up without --table"))));
    PlainConnection(target).Run(sql);
    const absl::Status less = TryRestore(target, whole, options);
    EXPECT_EQ(std::string(less.message()).find(object), std::string::npos) << less;
  }
  EXPECT_EQ(PlainConnection(target).Int("SELECT n FROM t"), 3);
  PlainConnection(target).Run("DROP TABLE t");
  ASSERT_OK(TryRestore(target, part, Clean()));
  EXPECT_EQ(PlainConnection(target).Int("SELECT n FROM t"), 3);
}

TEST_P(ObstaclesTest, KeysThatAreNotEnforcedAreNamed) {
  const profile::ConnectionProfile source = NewDatabase(server_);
  PlainConnection(source).Run(
      "CREATE TABLE parent(id int PRIMARY KEY); CREATE TABLE \"a child\"(p int REFERENCES parent);"
      "CREATE TABLE plain(p int REFERENCES parent);"
      "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';"
      "CREATE TRIGGER own AFTER INSERT ON plain FOR EACH ROW EXECUTE FUNCTION f();"
      "ALTER TABLE plain DISABLE TRIGGER own");
  const auto warnings = [&](const driver::BackupOptions& options) {
    EventLog log;
    MemoryTarget target;
    EXPECT_OK(TryBackUp(source, target, options, base::Context({}, &log)));
    return log.Warnings();
  };
  EXPECT_THAT(warnings({}), IsEmpty());
  PlainConnection(source).Run("ALTER TABLE \"a child\" DISABLE TRIGGER ALL");
  EXPECT_THAT(warnings({}),
              ElementsAre(AllOf(HasSubstr("a child"), HasSubstr("DISABLE TRIGGER ALL"),
                                Not(HasSubstr("plain")), Not(HasSubstr("parent")))));
  driver::BackupOptions without;
  without.exclude_tables = {"\"a child\""};
  EXPECT_THAT(warnings(without), IsEmpty());
  driver::RestoreOptions rows;
  rows.data_only = rows.clean = true;
  EventLog log;
  ASSERT_OK(TryRestore(source, BackUp(source), rows, base::Context({}, &log)));
  EXPECT_THAT(log.Warnings(), ElementsAre(AllOf(HasSubstr("a child_p_fkey"), HasSubstr("enforced"),
                                                Not(HasSubstr("plain")))));
}

TEST_P(ObstaclesTest, AnEmptySchemaIsNoObstacle) {
  const profile::ConnectionProfile source = NewSample(server_);
  const std::string body = BackUp(source);
  const profile::ConnectionProfile target = NewDatabase(server_);
  PlainConnection(target).Run("CREATE SCHEMA sales");
  ASSERT_OK(TryRestore(target, body));
  EXPECT_EQ(Describe(target), Describe(source));
  // One with anything in it is, "public" as well.
  for (const auto& [object, content] : std::vector<std::pair<std::string, std::string>>{
           {"collation %s.c", "COLLATION %s.c FROM \"C\""},
           {"text search dictionary %s.d",
            "TEXT SEARCH DICTIONARY %s.d (TEMPLATE = pg_catalog.simple)"},
           {"operator %s.#+#(integer,integer)",
            "OPERATOR %s.#+# (FUNCTION = pg_catalog.int4pl, LEFTARG = int, RIGHTARG = int)"},
           {"aggregate %s.s(integer)",
            "AGGREGATE %s.s(int) (SFUNC = pg_catalog.int4pl, STYPE = int)"},
           {"type %s.pair", "TYPE %s.pair AS (a int, b int)"},
           {"sequence %s.s", "SEQUENCE %s.s"}}) {
    for (const std::string_view schema : {"sales", "public"}) {
      const profile::ConnectionProfile filled = NewDatabase(server_);
      PlainConnection(filled).Run(absl::StrCat("CREATE SCHEMA IF NOT EXISTS sales; CREATE ",
                                               absl::StrReplaceAll(content, {{"%s", schema}})));
      EXPECT_THAT(TryRestore(filled, body),
                  StatusIs(errs::kTargetNotEmpty,
                           HasSubstr(absl::StrReplaceAll(object, {{"%s", schema}}))));
    }
  }
}

TEST_P(ObstaclesTest, AnObjectOfTheDatabaseThatExistsIsNamedBeforeTheFirstChange) {
  const profile::ConnectionProfile source = NewDatabase(server_);
  PlainConnection(source).Run(
      "CREATE TABLE t(a int); CREATE PUBLICATION \"a pub\" FOR TABLE t;"
      "CREATE FOREIGN DATA WRAPPER wrap; CREATE SERVER srv FOREIGN DATA WRAPPER wrap;");
  const std::string body = BackUp(source);
  for (const auto& [object, content] : std::vector<std::pair<std::string, std::string>>{
           {"publication a pub", "CREATE PUBLICATION \"a pub\""},
           {"foreign data wrapper wrap", "CREATE FOREIGN DATA WRAPPER wrap"},
           {"server srv",
            "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER srv FOREIGN DATA WRAPPER w"}}) {
    const profile::ConnectionProfile target = NewDatabase(server_);
    PlainConnection(target).Run(content);
    EXPECT_THAT(TryRestore(target, body), StatusIs(errs::kTargetNotEmpty, HasSubstr(object)));
    EXPECT_OK(TryRestore(target, body, Clean()));
  }
  // Another one is no obstacle, nor is one that is left out.
  const profile::ConnectionProfile target = NewDatabase(server_);
  PlainConnection(target).Run("CREATE PUBLICATION other; CREATE PUBLICATION \"a pub\"");
  driver::RestoreOptions without;
  without.exclude_objects = {"publication:a pub"};
  EXPECT_OK(TryRestore(target, body, without));
}

TEST_P(ObstaclesTest, ADatabaseWithoutThePublicSchemaGetsIt) {
  const profile::ConnectionProfile source = NewSample(server_);
  const std::string body = BackUp(source);
  for (const bool clean : {false, true}) {
    const profile::ConnectionProfile target = NewDatabase(server_);
    PlainConnection(target).Run("DROP SCHEMA public");
    driver::RestoreOptions options;
    options.clean = clean;
    ASSERT_OK(TryRestore(target, body, options));
    EXPECT_EQ(PlainConnection(target).Int("SELECT count(*) FROM items"), 3000);
  }
}

TEST_P(ObstaclesTest, WithoutOneTransactionWhatWasRestoredStays) {
  const profile::ConnectionProfile source = NewDatabase(server_);
  PlainConnection(source).Run(
      "CREATE TABLE t(a int); INSERT INTO t VALUES (1), (2);"
      "CREATE FUNCTION fails(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS"
      " $$BEGIN IF current_database() LIKE 'kept%' THEN RAISE 'not here'; END IF; RETURN $1; END$$;"
      "CREATE INDEX ON t(fails(a))");
  const std::string body = BackUp(source);
  ASSERT_OK(server_.CreateDatabase("kept"));
  driver::RestoreOptions options;
  options.single_transaction = false;
  absl::Status status = TryRestore(ProfileFor(server_, "kept"), body, options);
  EXPECT_THAT(status,
              AllOf(StatusIs(errs::kDatabase, HasSubstr("not here")), HasHint(HasSubstr("stays"))));
  EXPECT_EQ(errs::ExitCode(status), 4);
  EXPECT_EQ(PlainConnection(ProfileFor(server_, "kept")).Int("SELECT count(*) FROM t"), 2);
  options.create = "kept, too";
  status = TryRestore(ProfileFor(server_, "kept"), body, options);
  EXPECT_EQ(errs::ExitCode(status), 4);
  EXPECT_EQ(PlainConnection(ProfileFor(server_, "kept, too")).Int("SELECT count(*) FROM t"), 2);
  // Where nothing was restored, nothing is partial.
  ASSERT_OK(server_.CreateDatabase("kept empty"));
  options.create.clear();
  EXPECT_EQ(errs::ExitCode(TryRestore(ProfileFor(server_, "kept empty"), "PGDMP", options)), 3);
  for (const std::string name : {"kept", "kept, too", "kept empty"}) {
    EXPECT_OK(server_.DropDatabase(name));
  }
}

TEST_P(ObstaclesTest, TheCommentOnSomebodyElsesExtensionIsLeftOut) {
  const profile::ConnectionProfile source = NewDatabase(server_);
  PlainConnection(source).Run(
      "CREATE EXTENSION citext; COMMENT ON EXTENSION citext IS 'of a superuser';"
      "CREATE TABLE t(a citext); INSERT INTO t VALUES ('A')");
  const std::string body = BackUp(source);
  const profile::ConnectionProfile target = NewDatabase(server_);
  PlainConnection(target).Run("CREATE EXTENSION citext");
  driver::RestoreOptions options;
  options.no_owner = true;
  EventLog log;
  ASSERT_OK(TryRestore(Owner("ext_user", target), body, options, base::Context({}, &log)));
  EXPECT_THAT(log.Warnings(), Contains(HasSubstr("comment on EXTENSION citext")));
  EXPECT_EQ(PlainConnection(target).Value("SELECT a FROM t WHERE a = 'a'"), "A");
}

TEST_P(ObstaclesTest, AUserIsToldWhatOnlyASuperuserMayCreate) {
  const profile::ConnectionProfile source = NewDatabase(server_);
  PlainConnection(source).Run(
      "CREATE EXTENSION pageinspect;"
      "CREATE FUNCTION f() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';"
      "CREATE EVENT TRIGGER watch ON ddl_command_end EXECUTE FUNCTION f()");
  const std::string body = BackUp(source);
  driver::RestoreOptions options;
  options.no_owner = true;
  EventLog log;
  EXPECT_THAT(
      TryRestore(Owner("ev_user", NewDatabase(server_)), body, options, base::Context({}, &log)),
      StatusIs(errs::kDatabase));
  EXPECT_THAT(log.Warnings(),
              Contains(AllOf(HasSubstr("only a superuser"), HasSubstr("event trigger watch"),
                             HasSubstr("extension pageinspect"))));
}

// The text comes from the dump, and is no fact about the user's rights.
TEST_P(ObstaclesTest, WordsOfAMessageMakeNoHint) {
  const profile::ConnectionProfile source = NewDatabase(server_);
  PlainConnection(source).Run(
      "CREATE FUNCTION f(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS"
      " $$ BEGIN IF current_database() = 'worded' THEN RAISE"
      " 'permission denied, must be owner of it, cannot drop, deadlock detected'; END IF;"
      " RETURN $1; END $$; CREATE TABLE t(a int); INSERT INTO t VALUES (1);"
      "CREATE INDEX ON t(f(a))");
  const std::string body = BackUp(source);
  ASSERT_OK(server_.CreateDatabase("worded"));
  const absl::Status status = TryRestore(ProfileFor(server_, "worded"), body);
  EXPECT_THAT(status, StatusIs(errs::kDatabase, HasSubstr("permission denied")));
  EXPECT_EQ(errs::GetError(status)->hint, "");
  EXPECT_OK(server_.DropDatabase("worded"));
}

TEST_P(ObstaclesTest, DefaultPrivilegesOfOthersAreNamedWithTheRightOption) {
  const profile::ConnectionProfile source = NewDatabase(server_);
  PlainConnection(source).Run(
      "CREATE ROLE def_role;"
      "ALTER DEFAULT PRIVILEGES FOR ROLE def_role GRANT SELECT ON TABLES TO PUBLIC");
  const std::string body = BackUp(source);
  const profile::ConnectionProfile target = Owner("def_user", NewDatabase(server_));
  driver::RestoreOptions options;
  options.no_owner = true;
  EXPECT_THAT(
      TryRestore(target, body, options),
      AllOf(StatusIs(errs::kDatabase, HasSubstr("def_role")), HasHint(HasSubstr("--no-acl"))));
  options.no_acl = true;
  EXPECT_OK(TryRestore(target, body, options));
  PlainConnection(source).Run("DROP OWNED BY def_role; DROP ROLE def_role");
}

TEST_P(ObstaclesTest, AnExtensionInAnotherSchemaIsNamedBeforeTheFirstChange) {
  const profile::ConnectionProfile source = NewDatabase(server_);
  PlainConnection(source).Run(
      "CREATE SCHEMA ext; CREATE EXTENSION citext SCHEMA ext; CREATE TABLE t(a ext.citext)");
  const std::string body = BackUp(source);
  const profile::ConnectionProfile target = NewDatabase(server_);
  PlainConnection(target).Run("CREATE EXTENSION citext");
  driver::RestoreOptions clean;
  clean.clean = true;
  EXPECT_THAT(TryRestore(target, body, clean),
              AllOf(StatusIs(errs::kDatabase, HasSubstr("extension citext in the schema public")),
                    HasHint(HasSubstr("SET SCHEMA \"ext\""))));
  PlainConnection(target).Run("CREATE SCHEMA ext; ALTER EXTENSION citext SET SCHEMA ext");
  ASSERT_OK(TryRestore(target, body, clean));
  EXPECT_EQ(Describe(target), Describe(source));
}

TEST_P(ObstaclesTest, RowsAloneNeedNotMeetAConstraintThatIsNotValid) {
  const profile::ConnectionProfile source = NewDatabase(server_);
  PlainConnection(source).Run(
      "CREATE TABLE u(a int PRIMARY KEY); CREATE TABLE t(a int, b int); INSERT INTO t VALUES (-1);"
      "ALTER TABLE t ADD CONSTRAINT positive CHECK (a > 0) NOT VALID;"
      "ALTER TABLE t ADD CONSTRAINT known FOREIGN KEY (a) REFERENCES u NOT VALID;"
      "COMMENT ON CONSTRAINT positive ON t IS 'kept'");
  if (GetParam() >= 18) {
    PlainConnection(source).Run("ALTER TABLE t ADD CONSTRAINT filled NOT NULL b NOT VALID");
  }
  const std::string body = BackUp(source);
  const std::string before = Describe(source);
  driver::RestoreOptions rows;
  rows.clean = rows.data_only = true;
  ASSERT_OK(TryRestore(source, body, rows));
  EXPECT_EQ(Describe(source), before);
}

TEST_P(ObstaclesTest, ForcedRowSecurityIsToldAsItIs) {
  const profile::ConnectionProfile owner = Owner("rls_owner", NewDatabase(server_));
  PlainConnection(owner).Run(
      "CREATE TABLE t(a int); ALTER TABLE t ENABLE ROW LEVEL SECURITY;"
      "ALTER TABLE t FORCE ROW LEVEL SECURITY");
  MemoryTarget dump;
  EXPECT_THAT(TryBackUp(owner, dump),
              AllOf(StatusIs(errs::kDatabase), HasHint(HasSubstr("FORCE ROW LEVEL SECURITY"))));
}

TEST_P(ObstaclesTest, BytesOfAnyEncodingInASqlAsciiDatabase) {
  const auto make = [&](const std::string& name) {
    EXPECT_OK(server_.RunSql("CREATE DATABASE " + name +
                             " TEMPLATE template0 ENCODING 'SQL_ASCII'"
                             " LOCALE 'C'"));
    // What pg_dump would take for the encoding of the names and rows.
    EXPECT_OK(server_.RunSql("ALTER DATABASE " + name + " SET client_encoding = 'UTF8'"));
    return ProfileFor(server_, name);
  };
  const profile::ConnectionProfile source = make("ascii"), target = make("ascii_copy");
  PlainConnection fill(source);
  fill.Run("SET client_encoding = 'SQL_ASCII'");
  fill.Run(
      "CREATE TABLE \"caf\xe9\"(\"\xe9\" text); INSERT INTO \"caf\xe9\" VALUES ('\xff');"
      "CREATE SCHEMA \"s\xe9\"; CREATE TABLE \"s\xe9\".t(a int)");
  const auto connection =
      PostgresDriver().Connect(base::Context(), source, driver::Driver::Access::kRead);
  ASSERT_OK(connection);
  driver::InspectOptions exact;
  exact.exact = true;
  const auto schema = (*connection)->Inspect(base::Context(), exact);
  ASSERT_OK(schema);
  std::vector<std::string> names;
  for (const driver::TableSchema& table : schema->tables) names.push_back(table.name);
  EXPECT_THAT(names, ElementsAre("\"caf\\xe9\"", "\"s\\xe9\".t"));
  // A table's name as siphon shows it chooses the table.
  driver::BackupOptions chosen;
  chosen.tables = {"\"caf\\xe9\""};
  MemoryTarget dump;
  ASSERT_OK(TryBackUp(source, dump, chosen));
  EXPECT_THAT(dump.contents().tables, ElementsAre(Field(&dumps::TableInfo::name, "\"caf\\xe9\"")));
  const std::string body = BackUp(source);
  driver::RestoreOptions clean, rows;
  clean.clean = rows.clean = rows.data_only = true;
  ASSERT_OK(TryRestore(target, body));
  ASSERT_OK(TryRestore(target, body, clean));
  ASSERT_OK(TryRestore(target, body, rows));
  PlainConnection check(target);
  check.Run("SET client_encoding = 'SQL_ASCII'");
  EXPECT_EQ(check.Int("SELECT count(*) FROM \"caf\xe9\" WHERE \"\xe9\" = '\xff'"), 1);
  EXPECT_EQ(check.Int("SELECT count(*) FROM \"caf\xe9\""), 1);
}

TEST_P(ObstaclesTest, NamesInAnEncodingThatOnlyTheServerKnows) {
  constexpr std::pair<std::string_view, std::string_view> kNames[] = {{"LATIN1", "été.tablé"},
                                                                      {"WIN1252", "été.tablé"},
                                                                      {"WIN1251", "склад.товар"},
                                                                      {"EUC_JP", "日本.表"}};
  for (const auto& [encoding, name] : kNames) {
    const std::string database = absl::StrCat("names in ", encoding);
    EXPECT_OK(server_.RunSql(absl::StrCat("CREATE DATABASE \"", database,
                                          "\" TEMPLATE template0 LOCALE 'C' ENCODING ", encoding)));
    const profile::ConnectionProfile source = ProfileFor(server_, database);
    PlainConnection fill(source);
    fill.Run("SET client_encoding = UTF8");
    // A key that is dropped and made again around the rows.
    fill.Run(absl::StrCat("CREATE SCHEMA ", name.substr(0, name.find('.')), "; CREATE TABLE ", name,
                          "(a int PRIMARY KEY, b int CONSTRAINT ", name.substr(name.find('.') + 1),
                          " REFERENCES ", name, "); INSERT INTO ", name, " VALUES (1, 2), (2, 1)"));
    const std::string imported = RunApplet(
        "pg_dump", {"--format=custom", "--dbname=" + server_.Conninfo(source.database)}, "");
    const auto named =
        ElementsAre(AllOf(Field(&dumps::TableInfo::name, name), Field(&dumps::TableInfo::rows, 2)));
    for (const bool chosen : {false, true}) {
      driver::BackupOptions options;
      if (chosen) options.tables = {std::string(name)};
      MemoryTarget dump;
      ASSERT_OK(TryBackUp(source, dump, options));
      EXPECT_THAT(dump.contents().tables, named);
      driver::DeepVerifyOptions deep;
      deep.directory = ::testing::TempDir();
      base::StringReader reader(dump.data());
      const auto report = PostgresDriver().VerifyDeep(base::Context(), deep, reader);
      ASSERT_OK(report);
      EXPECT_THAT(report->tables, named);
      const profile::ConnectionProfile target = NewDatabase(server_);
      PlainConnection(target).Run(absl::StrCat("CREATE SCHEMA ", name.substr(0, name.find('.'))));
      ASSERT_OK(TryRestore(target, dump.data()));
      driver::RestoreOptions again;
      again.clean = true;
      again.tables = {std::string(name)};
      EventLog log;
      ASSERT_OK(TryRestore(target, dump.data(), again, base::Context({}, &log)));
      EXPECT_THAT(log.Warnings(), IsEmpty());
      EXPECT_EQ(PlainConnection(target).Int(absl::StrCat("SELECT count(*) FROM ", name)), 2);
      // Rows alone do not come a second time.
      driver::RestoreOptions rows;
      rows.data_only = true;
      EXPECT_THAT(TryRestore(target, dump.data(), rows), StatusIs(errs::kTargetNotEmpty));
      rows.clean = true;
      for (const std::string& body : {dump.data(), imported}) {
        ASSERT_OK(TryRestore(target, body, rows));
        EXPECT_EQ(PlainConnection(target).Int(absl::StrCat("SELECT count(*) FROM ", name)), 2);
        EXPECT_EQ(PlainConnection(target).Int("SELECT count(*) FROM pg_constraint WHERE contype ="
                                              " 'f' AND convalidated"),
                  1);
      }
    }
  }
}

TEST_P(ObstaclesTest, TheTimeoutsOfARoleDoNotEndSiphonsWork) {
  const profile::ConnectionProfile source = NewDatabase(server_);
  PlainConnection(source).Run(
      "CREATE TABLE t(a int); INSERT INTO t VALUES (1);"
      "CREATE FUNCTION slow(a int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS"
      " 'BEGIN PERFORM pg_sleep(0.8); RETURN a; END'; CREATE INDEX ON t(slow(a))");
  EXPECT_OK(server_.RunSql("CREATE ROLE hasty SUPERUSER LOGIN PASSWORD 'h'"));
  for (const std::string_view setting :
       {"statement_timeout", "lock_timeout", "idle_session_timeout",
        "idle_in_transaction_session_timeout", "transaction_timeout"}) {
    if (setting == "transaction_timeout" && GetParam() < 17) continue;
    EXPECT_OK(server_.RunSql(absl::StrCat("ALTER ROLE hasty SET ", setting, " = '400ms'")));
  }
  const auto hasty = [](profile::ConnectionProfile profile) {
    profile.user = "hasty";
    profile.password = "h";
    return profile;
  };
  // pg_dump waits for a lock that is held for longer.
  PlainConnection other(source);
  other.Run("BEGIN; LOCK TABLE t");
  std::thread release([&] {
    EXPECT_OK(base::Context().Sleep(std::chrono::milliseconds(900)));
    other.Run("ROLLBACK");
  });
  MemoryTarget dump;
  const absl::Status dumped = TryBackUp(hasty(source), dump);
  release.join();
  ASSERT_OK(dumped);
  driver::RestoreOptions options;
  options.create = "hastily";
  ASSERT_OK(TryRestore(hasty(source), dump.data(), options));
  EXPECT_OK(server_.DropDatabase("hastily"));
  options.create.clear();
  options.single_transaction = false;
  EXPECT_OK(TryRestore(hasty(NewDatabase(server_)), dump.data(), options));
}

TEST_P(ObstaclesTest, APoolerThatSharesSessionsIsRefusedAndStaysClean) {
  const profile::ConnectionProfile database = NewSample(server_);
  const std::string body = BackUp(database);
  for (const std::string_view mode : {"transaction", "statement", "session"}) {
    const auto pooler = PgBouncer::Start(server_, mode);
    ASSERT_OK(pooler);
    profile::ConnectionProfile profile = database;
    profile.port = (*pooler)->port();
    driver::RestoreOptions clean;
    clean.clean = true;
    MemoryTarget dump;
    if (mode == "session") {
      EXPECT_OK(TryRestore(profile, body, clean));
      EXPECT_OK(TryBackUp(profile, dump));
      continue;
    }
    EXPECT_THAT(TryRestore(profile, body, clean),
                AllOf(StatusIs(errs::kDriverUnsupported, HasSubstr("pooler")),
                      HasHint(HasSubstr("session mode"))))
        << mode;
    EXPECT_THAT(TryBackUp(profile, dump), StatusIs(errs::kDriverUnsupported)) << mode;
    PlainConnection next(profile);
    EXPECT_EQ(next.Value("SHOW search_path"), "\"$user\", public");
    EXPECT_EQ(next.Value("SHOW row_security"), "on");
  }
}

INSTANTIATE_TEST_SUITE_P(Versions, ObstaclesTest, ::testing::ValuesIn(VersionsOfRounds()),
                         ::testing::PrintToStringParamName());

}  // namespace
}  // namespace siphon::postgres
