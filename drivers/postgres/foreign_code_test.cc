// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// A superuser migrates a database whose version table belongs to somebody else.

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "drivers/postgres/migration_fixture.h"
#include "drivers/postgres/migrations.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/servers/postgres.h"
#include "testing/status_matchers.h"

namespace siphon::postgres {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// Runs as the role mallory, who owns the version table and functions for it.
void RunAsOwner(MigrationFixture& fixture, const std::string& sql) {
  fixture.Execute(
      "DO $$ BEGIN CREATE ROLE mallory LOGIN PASSWORD 'm'; EXCEPTION WHEN duplicate_object THEN "
      "NULL; END $$; GRANT ALL ON SCHEMA public TO mallory");
  fixture.Execute(absl::StrCat(
      "SET SESSION AUTHORIZATION mallory;"
      "CREATE TABLE schema_migrations (version bigint NOT NULL PRIMARY KEY, dirty boolean NOT "
      "NULL);"
      "CREATE FUNCTION code(boolean) RETURNS boolean IMMUTABLE LANGUAGE plpgsql AS"
      " 'BEGIN RETURN TRUE; END';"
      "CREATE FUNCTION code() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';",
      sql, "; RESET SESSION AUTHORIZATION"));
}

TEST(ForeignCodeTest, AVersionTableWithCodeOfItsOwnerIsRefused) {
  struct Case {
    std::string what;
    std::string sql;
    std::string table = "schema_migrations";
  };
  for (const Case& c : std::vector<Case>{
           {"a trigger",
            "CREATE TRIGGER t BEFORE UPDATE ON schema_migrations FOR EACH ROW EXECUTE FUNCTION "
            "code()"},
           {"a rule", "CREATE RULE r AS ON UPDATE TO schema_migrations DO ALSO SELECT code(TRUE)"},
           {"a policy", "ALTER TABLE schema_migrations ENABLE ROW LEVEL SECURITY"},
           {"a check", "ALTER TABLE schema_migrations ADD CHECK (code(dirty))"},
           {"a default or generated column",
            "ALTER TABLE schema_migrations ADD more boolean DEFAULT code(TRUE)"},
           {"an index on an expression", "CREATE INDEX ON schema_migrations (code(dirty))"},
           {"an index on an expression",
            "CREATE INDEX ON schema_migrations (version) WHERE code(dirty)"},
           {"statistics on an expression",
            "CREATE STATISTICS s ON (code(dirty)), version FROM schema_migrations"},
           {"a column of a type of its own",
            "CREATE DOMAIN word AS text; ALTER TABLE schema_migrations ADD more word"},
           {"a foreign key", "CREATE TABLE c (v bigint REFERENCES schema_migrations)"},
           {"a foreign key",
            "CREATE TABLE p (v bigint PRIMARY KEY); ALTER TABLE schema_migrations ADD FOREIGN KEY "
            "(version) REFERENCES p"},
           {"a table that inherits from it", "CREATE TABLE c () INHERITS (schema_migrations)"},
           {"rows elsewhere",
            "DROP TABLE schema_migrations; CREATE TABLE schema_migrations (version bigint NOT NULL,"
            " dirty boolean NOT NULL) PARTITION BY LIST (version)"},
           {"a rule", "CREATE VIEW schema_migrations_history AS SELECT code(TRUE)",
            "schema_migrations_history"},
       }) {
    MigrationFixture fixture(siphon::testing::kNewestPostgres);
    RunAsOwner(fixture, c.sql);
    EXPECT_THAT(fixture.Open({}).status(),
                AllOf(StatusIs(errs::kDriverUnsupported,
                               HasSubstr(absl::StrCat("\"", c.table, "\" has ", c.what))),
                      HasHint(HasSubstr("migrate as mallory"))))
        << c.sql;
    // Its own code may run with the owner's own rights, or with those of a superuser's table.
    profile::ConnectionProfile owner = fixture.Profile();
    owner.user = "mallory";
    owner.password = "m";
    EXPECT_THAT(PostgresMigrations().Open({}, owner, driver::MigrationAccess::kCreate), IsOk());
    fixture.Execute(absl::StrCat("ALTER TABLE ", c.table, " OWNER TO postgres"));
    EXPECT_THAT(fixture.Open({}), IsOk()) << c.sql;
  }
}

TEST(ForeignCodeTest, NoTriggerRunsOfATableThatFollowsTheVersionTable) {
  for (const std::string follower :
       {"CREATE TABLE follower (v bigint REFERENCES schema_migrations ON UPDATE CASCADE ON DELETE"
        " CASCADE); INSERT INTO schema_migrations VALUES (1, FALSE); INSERT INTO follower VALUES "
        "(1)",
        "CREATE TABLE follower () INHERITS (schema_migrations);"
        "INSERT INTO follower VALUES (1, FALSE)"}) {
    // Up to version 17, the triggers after a cascade run as the session's user.
    MigrationFixture fixture(15);
    RunAsOwner(
        fixture,
        absl::StrCat("CREATE TABLE log (who name);"
                     "CREATE FUNCTION spy() RETURNS trigger LANGUAGE plpgsql AS"
                     " 'BEGIN INSERT INTO public.log VALUES (current_user); RETURN NULL; END';",
                     follower,
                     "; CREATE TRIGGER t AFTER UPDATE OR DELETE ON follower FOR EACH ROW"
                     " EXECUTE FUNCTION spy()"));
    const auto database = fixture.Open({});
    EXPECT_THAT(database.status(), StatusIs(errs::kDriverUnsupported)) << follower;
    if (database.ok()) {
      Up(**database, {{"1_a.up.sql", "SELECT 1"}, {"2_b.up.sql", "SELECT 2"}}).IgnoreError();
    }
    EXPECT_EQ(fixture.Value("SELECT coalesce(string_agg(who, ' '), '') FROM log"), "") << follower;
  }
}

TEST(ForeignCodeTest, APlainVersionTableOfSomebodyElseIsTaken) {
  MigrationFixture fixture(siphon::testing::kNewestPostgres);
  RunAsOwner(fixture, "SELECT 1");
  EXPECT_THAT(Up(*OrDie(fixture.Open({})), {{"1_a.up.sql", "CREATE TABLE a (x int)"}}), IsOk());
}

}  // namespace
}  // namespace siphon::postgres
