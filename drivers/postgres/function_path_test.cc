// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Functions whose bodies have names without a schema, and objects that are left out.

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "drivers/postgres/driver.h"
#include "drivers/postgres/fixture.h"
#include "drivers/postgres/version_fixture.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/context.h"
#include "testing/contracts/driver_bodies.h"
#include "testing/event_log.h"
#include "testing/servers/postgres.h"
#include "testing/status_matchers.h"

namespace siphon::postgres {
namespace {

using siphon::testing::EventLog;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// A restore that leaves objects out.
struct Restored {
  absl::Status status;
  std::vector<std::string> left_out;
};
Restored RestoreWith(const profile::ConnectionProfile& profile, const std::string& body,
                     const driver::RestoreOptions& options) {
  const auto connection =
      PostgresDriver().Connect(base::Context(), profile, driver::Driver::Access::kCreate);
  if (!connection.ok()) return {connection.status(), {}};
  siphon::testing::PieceReader reader(body);
  Restored restored = {(*connection)->Restore(base::Context(), options, reader), {}};
  for (const verbs::LeftOut& one : (*connection)->left_out()) {
    restored.left_out.push_back(one.object);
  }
  return restored;
}

class FunctionPathTest : public VersionTest {
 protected:
  // A database in which `object` calls f(), which has a name without a schema. The server accepts
  // that while the name is there for it, so f() gets it after the object was made.
  profile::ConnectionProfile With(const std::string& object, const std::string& language = "sql",
                                  const std::string& begin = "SELECT ",
                                  const std::string& end = "") {
    const std::string function = "FUNCTION f(int) RETURNS int IMMUTABLE LANGUAGE " + language;
    const profile::ConnectionProfile source = NewDatabase(server_);
    PlainConnection(source).Run(absl::StrCat(
        "CREATE TABLE rates(r int); CREATE ", function, " AS '", begin,
        "$1 * 2 FROM (SELECT count(*) FROM public.rates) AS c", end, "';", object,
        "; CREATE OR"
        " REPLACE ",
        function, " AS '", begin, "$1 * 2 FROM (SELECT count(*) FROM rates) AS c", end, "'"));
    return source;
  }
};

constexpr char kIndex[] =
    "CREATE TABLE t(a int); INSERT INTO t VALUES (1); CREATE INDEX t_f ON t(f(a))";

TEST_P(FunctionPathTest, TheErrorNamesTheFunctionAndTheWaysOn) {
  for (const std::string object :
       {kIndex,
        "CREATE TABLE t(a int, b int GENERATED ALWAYS AS (f(a)) STORED);"
        " INSERT INTO t VALUES (1)",
        "CREATE TABLE t(a int CHECK (f(a) > 0)); INSERT INTO t VALUES (1)",
        "CREATE MATERIALIZED VIEW t AS SELECT f(1)"}) {
    const profile::ConnectionProfile source = With(object);
    const std::string body = BackUp(source);
    const profile::ConnectionProfile target = NewDatabase(server_);
    const std::string before = Describe(target);
    EXPECT_THAT(TryRestore(target, body),
                AllOf(StatusIs(errs::kDatabase, HasSubstr("rates")),
                      HasHint(AllOf(HasSubstr("public.f(integer), used by"),
                                    HasSubstr("empty search_path"), HasSubstr("--search-path")))))
        << object;
    EXPECT_EQ(Describe(target), before) << object;
    driver::RestoreOptions options;
    options.search_path = {"nowhere", "public"};
    ASSERT_OK(TryRestore(target, body, options)) << object;
    EXPECT_EQ(Describe(target), Describe(source)) << object;
    EXPECT_EQ(PlainConnection(target).Int("SELECT count(*) FROM pg_proc WHERE proconfig IS NOT NULL"
                                          " AND proname = 'f'"),
              0);
  }
}

TEST_P(FunctionPathTest, AFunctionInAnotherLanguageIsNamedByTheError) {
  const profile::ConnectionProfile source =
      With(kIndex, "plpgsql", "BEGIN RETURN (SELECT ", "); END");
  const std::string body = BackUp(source);
  const profile::ConnectionProfile target = NewDatabase(server_);
  EXPECT_THAT(TryRestore(target, body),
              AllOf(StatusIs(errs::kDatabase),
                    HasHint(AllOf(HasSubstr("public.f(integer)"),
                                  HasSubstr("--exclude-object 'index:public.t_f'")))));
  driver::RestoreOptions options;
  options.search_path = {"public"};
  ASSERT_OK(TryRestore(target, body, options));
  EXPECT_EQ(Describe(target), Describe(source));
  options.clean = true;
  ASSERT_OK(TryRestore(target, body, options));
  EXPECT_EQ(Describe(target), Describe(source));
}

TEST_P(FunctionPathTest, AnEmptyNameIsNoSchema) {
  driver::RestoreOptions options;
  options.search_path = {"public", ""};
  EXPECT_THAT(TryRestore(NewDatabase(server_), "", options),
              StatusIs(errs::kInvalidArgument, HasSubstr("--search-path has an empty name")));
}

TEST_P(FunctionPathTest, AnIndexThatIsLeftOutDoesNotStopTheRestore) {
  const std::string body = BackUp(With(kIndex));
  const profile::ConnectionProfile target = NewDatabase(server_);
  driver::RestoreOptions options;
  options.exclude_objects = {"index:t_f"};
  const Restored restored = RestoreWith(target, body, options);
  ASSERT_OK(restored.status);
  EXPECT_THAT(restored.left_out, ElementsAre("index public.t_f"));
  EXPECT_EQ(PlainConnection(target).Int("SELECT count(*) FROM pg_indexes WHERE schemaname ="
                                        " 'public'"),
            0);
  EXPECT_EQ(PlainConnection(target).Int("SELECT count(*) FROM t"), 1);
}

TEST_P(FunctionPathTest, AFunctionWithAPathOfItsOwnKeepsIt) {
  const profile::ConnectionProfile source = NewSample(server_);
  PlainConnection(source).Run(
      "CREATE FUNCTION f(int) RETURNS int IMMUTABLE LANGUAGE sql SET search_path = public AS"
      " 'SELECT $1 FROM (SELECT count(*) FROM items) AS c';"
      "CREATE FUNCTION g(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT $1 + 1';"
      "CREATE INDEX entries_f ON entries(f(id), g(id))");
  driver::RestoreOptions options;
  options.search_path = {"sales"};
  const profile::ConnectionProfile target = NewDatabase(server_);
  ASSERT_OK(TryRestore(target, BackUp(source), options));
  EXPECT_EQ(Describe(target), Describe(source));
}

// Each kind of object, by itself and with what belongs to it.
TEST_P(FunctionPathTest, ObjectsOfEveryKindAreLeftOut) {
  const profile::ConnectionProfile source = NewSample(server_);
  PlainConnection(source).Run(
      "CREATE EXTENSION pageinspect; COMMENT ON INDEX items_price IS 'c';"
      "CREATE FUNCTION e() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';"
      "CREATE EVENT TRIGGER watch ON ddl_command_end EXECUTE FUNCTION e();"
      "CREATE PUBLICATION pub FOR TABLE items;"
      "ALTER TABLE items ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON items USING (true);"
      "CREATE SUBSCRIPTION sub CONNECTION 'host=127.0.0.1 port=1' PUBLICATION p"
      " WITH (connect = false, slot_name = NONE);"
      "CREATE FUNCTION lone(int, text) RETURNS int LANGUAGE sql AS 'SELECT $1';"
      "CREATE PROCEDURE \"P x\"() LANGUAGE sql AS ''");
  const std::string body = BackUp(source);
  driver::RestoreOptions options;
  options.exclude_objects = {"extension:pageinspect",
                             "event-trigger:watch",
                             "publication:pub",
                             "policy:items.p",
                             "subscription:sub",
                             "function:lone(integer, text)",
                             "procedure:\"P x\"",
                             "index:items_price",
                             "fk-constraint:entries.*",
                             "constraint:sales.orders.*",
                             "trigger:entries_touch",
                             "rule:nothing",
                             "view:rich",
                             "materialized-view:public.sums",
                             "statistics:items_stat",
                             "comment:TABLE items",
                             "table-data:touched"};
  const profile::ConnectionProfile target = NewDatabase(server_);
  for (const bool clean : {false, true}) {
    options.clean = clean;
    const Restored restored = RestoreWith(target, body, options);
    ASSERT_OK(restored.status);
    EXPECT_THAT(restored.left_out, Contains("function public.lone(integer, text)"));
    PlainConnection check(target);
    EXPECT_EQ(check.Int("SELECT count(*) FROM pg_event_trigger"), 0);
    EXPECT_EQ(check.Int("SELECT count(*) FROM pg_publication"), 0);
    EXPECT_EQ(check.Int("SELECT count(*) FROM pg_policy"), 0);
    EXPECT_EQ(check.Int("SELECT count(*) FROM pg_extension WHERE extname = 'pageinspect'"), 0);
    EXPECT_EQ(check.Int("SELECT count(*) FROM pg_constraint WHERE contype = 'f'"), 0);
    EXPECT_EQ(check.Int("SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal"), 0);
    EXPECT_EQ(check.Int("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
                        " AND relkind IN ('v', 'm')"),
              0);
    EXPECT_EQ(check.Int("SELECT count(*) FROM pg_statistic_ext"), 0);
    EXPECT_EQ(check.Int("SELECT count(*) FROM touched"), 0);
    EXPECT_EQ(check.Int("SELECT count(*) FROM items"), 3000);
    EXPECT_EQ(check.Value("SELECT obj_description('items'::regclass)"), "");
    EXPECT_EQ(check.Value("SELECT to_regclass('items_price')"), "");
    EXPECT_EQ(check.Value("SELECT to_regproc('lone')"), "");
  }
  PlainConnection(source).Run("DROP SUBSCRIPTION sub");
}

// pg_dump writes large objects with the same owner and grants into one entry.
TEST_P(FunctionPathTest, LargeObjectsAreLeftOut) {
  const profile::ConnectionProfile source = NewSample(server_);
  PlainConnection(source).Run(
      "SELECT lo_from_bytea(900003, 'third'), lo_from_bytea(900004, 'fourth');"
      "COMMENT ON LARGE OBJECT 900001 IS 'c1'; COMMENT ON LARGE OBJECT 900004 IS 'c4';"
      "GRANT SELECT ON LARGE OBJECT 900002 TO PUBLIC");
  const std::string imported = RunApplet(
      "pg_dump", {"--format=custom", "--dbname=" + server_.Conninfo(source.database)}, "");
  const std::string whole = BackUp(source);
  for (const std::string& body : {whole, imported}) {
    const profile::ConnectionProfile target = NewDatabase(server_);
    const auto objects = [&] {
      return PlainConnection(target).Value(
          "SELECT string_agg(concat_ws(' ', oid, convert_from(lo_get(oid), 'UTF8'),"
          " obj_description(oid, 'pg_largeobject'), lomacl IS NOT NULL), ', ' ORDER BY oid)"
          " FROM pg_largeobject_metadata");
    };
    driver::RestoreOptions options;
    options.exclude_objects = {"large-object:900001", "large-object:900003"};
    Restored restored = RestoreWith(target, body, options);
    ASSERT_OK(restored.status);
    EXPECT_THAT(restored.left_out, ElementsAre("large object 900001", "large object 900003"));
    EXPECT_EQ(objects(), "900002 another t, 900004 fourth c4 f");
    options.clean = true;
    options.exclude_objects = {"large-object:*"};
    restored = RestoreWith(target, body, options);
    ASSERT_OK(restored.status);
    EXPECT_THAT(restored.left_out, ElementsAre("4 large objects"));
    // A dump of a whole database replaces all that the target has.
    EXPECT_EQ(objects(), body == whole ? "" : "900002 another t, 900004 fourth c4 f");
    options.data_only = true;
    options.exclude_objects = {"large-object:900002", "large-object:900004"};
    ASSERT_OK(RestoreWith(target, body, options).status);
    EXPECT_THAT(objects(), StartsWith("900001 large object c1 f, "));
    EXPECT_THAT(objects(), HasSubstr("900003 third f"));
  }
}

TEST_P(FunctionPathTest, PartsThatPgDumpListsByThemselvesGoWithTheirObject) {
  const profile::ConnectionProfile source = NewDatabase(server_);
  PlainConnection(source).Run(
      "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER \"s SERVER v\" FOREIGN DATA WRAPPER w;"
      "CREATE SERVER v FOREIGN DATA WRAPPER w; CREATE USER MAPPING FOR PUBLIC SERVER v;"
      "CREATE USER MAPPING FOR PUBLIC SERVER \"s SERVER v\";"
      "CREATE DOMAIN d AS int; ALTER DOMAIN d ADD CONSTRAINT late CHECK (VALUE > 0) NOT VALID");
  const std::string body = BackUp(source);
  const profile::ConnectionProfile target = NewDatabase(server_);
  driver::RestoreOptions options;
  options.exclude_objects = {"server:v", "domain:d"};
  ASSERT_OK(RestoreWith(target, body, options).status);
  EXPECT_EQ(PlainConnection(target).Value("SELECT string_agg(srvname, ',') FROM pg_user_mappings"),
            "s SERVER v");
}

TEST_P(FunctionPathTest, RoutinesWithParenthesesInTheirNamesAreFound) {
  const profile::ConnectionProfile source = NewDatabase(server_);
  PlainConnection(source).Run(
      "CREATE TYPE \"t(\" AS (a int);"
      "CREATE FUNCTION \"F(x\"(int) RETURNS int LANGUAGE sql AS 'SELECT $1';"
      "CREATE FUNCTION \"F(x\"(\"t(\") RETURNS int LANGUAGE sql AS 'SELECT 1';"
      "CREATE AGGREGATE \"a)(\"(int) (sfunc = int4pl, stype = int)");
  const std::string body = BackUp(source);
  const profile::ConnectionProfile target = NewDatabase(server_);
  driver::RestoreOptions options;
  options.exclude_objects = {"function:\"F(x\""};
  EXPECT_THAT(RestoreWith(target, body, options).status,
              StatusIs(errs::kInvalidArgument, HasSubstr("function:public.\"F(x\"(integer)")));
  options.exclude_objects = {"function:\"F(x\"(integer)", "function:\"F(x\"(public.\"t(\")",
                             "aggregate:\"a)(\""};
  const Restored restored = RestoreWith(target, body, options);
  ASSERT_OK(restored.status);
  EXPECT_EQ(PlainConnection(target).Int("SELECT count(*) FROM pg_proc WHERE pronamespace ="
                                        " 'public'::regnamespace"),
            0);
}

// pg_dump writes the query of such a view as a rule, after the key.
TEST_P(FunctionPathTest, AViewThatNeedsAKeyIsNamedAsAView) {
  const profile::ConnectionProfile source = NewDatabase(server_);
  PlainConnection(source).Run(
      "CREATE TABLE t(id int PRIMARY KEY, a int);"
      "CREATE VIEW grouped AS SELECT id, a FROM t GROUP BY id");
  const std::string body = BackUp(source);
  const profile::ConnectionProfile target = NewDatabase(server_);
  driver::RestoreOptions options;
  options.exclude_objects = {"constraint:t_pkey"};
  EXPECT_THAT(RestoreWith(target, body, options).status,
              AllOf(StatusIs(errs::kInvalidArgument, HasSubstr("view public.grouped needs")),
                    HasHint(HasSubstr("--exclude-object 'view:public.grouped'"))));
  options.exclude_objects = {"rule:*"};
  EXPECT_THAT(RestoreWith(target, body, options).status, StatusIs(errs::kNotFound));
  options.exclude_objects = {"constraint:t_pkey", "view:grouped"};
  ASSERT_OK(RestoreWith(target, body, options).status);
  EXPECT_EQ(PlainConnection(target).Value("SELECT to_regclass('grouped')"), "");
}

TEST_P(FunctionPathTest, WhatIsLeftOutStaysWhereADumpReplacesOnlyItsOwn) {
  const profile::ConnectionProfile source = NewSample(server_);
  const std::string imported = RunApplet(
      "pg_dump", {"--format=custom", "--dbname=" + server_.Conninfo(source.database)}, "");
  PlainConnection(source).Run(
      "INSERT INTO touched VALUES (-7); CREATE OR REPLACE VIEW rich AS"
      " SELECT * FROM accounts WHERE amount > 7");
  driver::RestoreOptions options;
  options.clean = true;
  options.exclude_objects = {"table:touched"};
  ASSERT_OK(RestoreWith(source, imported, options).status);
  EXPECT_EQ(PlainConnection(source).Int("SELECT count(*) FROM touched WHERE id = -7"), 1);
}

TEST_P(FunctionPathTest, ATableThatIsLeftOutIsNamedAmongTheDropped) {
  const profile::ConnectionProfile source = NewSample(server_);
  const std::string body = BackUp(source);
  driver::RestoreOptions options;
  options.clean = true;
  options.exclude_objects = {"table:touched"};
  EventLog log;
  ASSERT_OK(TryRestore(source, body, options, base::Context({}, &log)));
  EXPECT_THAT(log.Warnings(),
              Contains(AllOf(HasSubstr("--clean also drops"), HasSubstr("touched"))));
  options.exclude_objects = {"table:accounts"};
  EXPECT_THAT(TryRestore(source, body, options),
              AllOf(StatusIs(errs::kInvalidArgument, HasSubstr("view public.rich")),
                    HasHint(HasSubstr("--exclude-object 'view:public.rich'"))));
}

INSTANTIATE_TEST_SUITE_P(Versions, FunctionPathTest, ::testing::ValuesIn(VersionsOfRounds()),
                         ::testing::PrintToStringParamName());

}  // namespace
}  // namespace siphon::postgres
