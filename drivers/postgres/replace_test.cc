// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// What --clean replaces, with what depends on it and with its rights, and what it leaves alone.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "drivers/postgres/fixture.h"
#include "drivers/postgres/version_fixture.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/context.h"
#include "testing/event_log.h"
#include "testing/servers/postgres.h"
#include "testing/status_matchers.h"

namespace siphon::postgres {
namespace {

using siphon::testing::EventLog;
using siphon::testing::PostgresServer;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;

constexpr char kDependents[] = R"sql(
CREATE ROLE dep_owner; CREATE ROLE dep_reader;
CREATE TABLE t(id int PRIMARY KEY, a int);
INSERT INTO t VALUES (1, 10);
CREATE TABLE other(a int); INSERT INTO other VALUES (7);
CREATE FUNCTION all_of_t() RETURNS SETOF t LANGUAGE sql AS 'SELECT * FROM public.t';
CREATE VIEW of_function AS SELECT a FROM all_of_t();
CREATE VIEW of_table WITH (security_barrier) AS SELECT id FROM t;
ALTER VIEW of_table OWNER TO dep_owner; GRANT SELECT ON of_table TO dep_reader;
COMMENT ON VIEW of_table IS 'kept';
CREATE MATERIALIZED VIEW sums AS SELECT sum(a) AS a FROM t;
CREATE UNIQUE INDEX sums_a ON sums(a);
CREATE MATERIALIZED VIEW never AS SELECT a FROM t WITH NO DATA;
ALTER TABLE other ENABLE ROW LEVEL SECURITY;
CREATE POLICY seen ON other USING (a IN (SELECT t.a FROM public.t));
CREATE PUBLICATION pub FOR TABLE t;
)sql";

class ReplaceTest : public VersionTest {
 protected:
  void TearDown() override {
    VersionTest::TearDown();
    for (const std::string name : {"dep_owner", "dep_reader", "kept_reader", "kept_owner"}) {
      DropRole(name);
    }
  }
  void DropRole(const std::string& name) {
    const auto databases = server_.Query(
        "SELECT datname FROM pg_database WHERE datallowconn AND EXISTS (SELECT FROM pg_roles"
        " WHERE rolname = '" +
        name + "')");
    ASSERT_OK(databases);
    for (const PostgresServer::Row& row : *databases) {
      ASSERT_OK(server_.RunSql("REASSIGN OWNED BY " + name + " TO postgres; DROP OWNED BY " + name,
                               *row[0]));
    }
    ASSERT_OK(server_.RunSql("DROP ROLE IF EXISTS " + name));
  }
  static driver::RestoreOptions Clean() {
    driver::RestoreOptions options;
    options.clean = true;
    return options;
  }
};

TEST_P(ReplaceTest, WhatDependsOnAReplacedTableComesBackAsItWas) {
  const profile::ConnectionProfile source = NewDatabase(server_);
  PlainConnection(source).Run(kDependents);
  const std::string before = Describe(source);
  driver::BackupOptions partly;
  partly.exclude_data = {"other"};
  const std::string whole = BackUp(source), part = BackUp(source, partly);
  // As another program's, without siphon's mark.
  const std::string imported = RunApplet(
      "pg_dump", {"--format=custom", "--dbname=" + server_.Conninfo(source.database)}, "");
  driver::RestoreOptions table = Clean(), definitions = Clean();
  table.tables = {"t"};
  definitions.schema_only = true;
  PlainConnection(source).Run("UPDATE t SET a = 11; REFRESH MATERIALIZED VIEW sums");
  ASSERT_OK(TryRestore(source, whole, table));
  EXPECT_EQ(Describe(source), before);
  ASSERT_OK(TryRestore(source, imported, Clean()));
  EXPECT_EQ(Describe(source), before);
  ASSERT_OK(TryRestore(source, part, Clean()));
  PlainConnection(source).Run("INSERT INTO other VALUES (7)");
  EXPECT_EQ(Describe(source), before);
  ASSERT_OK(TryRestore(source, whole, definitions));
  EXPECT_EQ(PlainConnection(source).Int("SELECT count(*) FROM t"), 0);
  EXPECT_EQ(PlainConnection(source).Value("SELECT has_table_privilege('dep_reader', 'of_table',"
                                          " 'SELECT')"),
            "t");
}

TEST_P(ReplaceTest, ATableThatDependsOnAReplacedOneIsNamedAndKept) {
  const profile::ConnectionProfile source = NewDatabase(server_);
  PlainConnection(source).Run(
      "CREATE TABLE base(a int); CREATE TABLE child(b int) INHERITS (base);"
      "INSERT INTO child VALUES (1, 2)");
  const std::string body = BackUp(source);
  const std::string before = Describe(source);
  driver::RestoreOptions options = Clean();
  options.tables = {"base"};
  EXPECT_THAT(TryRestore(source, body, options),
              AllOf(StatusIs(errs::kDatabase, HasSubstr("child depends")),
                    HasHint(HasSubstr("restore it as well"))));
  EXPECT_EQ(Describe(source), before);
  options.tables = {"base", "child"};
  ASSERT_OK(TryRestore(source, body, options));
  EXPECT_EQ(Describe(source), before);
}

TEST_P(ReplaceTest, AFunctionOfRowsThatAReplacedObjectNeedsIsNamedBeforeAnythingChanges) {
  const profile::ConnectionProfile source = NewDatabase(server_);
  PlainConnection(source).Run(
      "CREATE TABLE t(a int); INSERT INTO t VALUES (1); CREATE TABLE other(a int);"
      "CREATE FUNCTION f(r t) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT 1';"
      "CREATE POLICY by_f ON t USING (f(t.*) > 0);"
      "CREATE VIEW v AS SELECT 1 AS a; CREATE FUNCTION g(r v) RETURNS int LANGUAGE sql AS"
      " 'SELECT 1'; CREATE OR REPLACE VIEW v AS SELECT g(NULL::v) AS a;"
      "CREATE VIEW free AS SELECT 1 AS a; CREATE FUNCTION h(r free) RETURNS int LANGUAGE sql AS"
      " 'SELECT 1'");
  const std::string body = BackUp(source);
  driver::BackupOptions some;
  some.tables = {"t", "other"};
  const std::string part = BackUp(source, some);
  const std::string before = Describe(source);
  driver::RestoreOptions options = Clean();
  options.tables = {"t"};
  for (const std::string& dump : {body, part}) {
    EXPECT_THAT(TryRestore(source, dump, options),
                AllOf(StatusIs(errs::kDatabase, AllOf(HasSubstr("f(public.t) depends"),
                                                      HasSubstr("t.by_f needs it"))),
                      HasHint(HasSubstr("--exclude-object 'policy:public.t.by_f'"))));
    EXPECT_EQ(Describe(source), before);
  }
  EXPECT_THAT(TryRestore(source, part, Clean()), StatusIs(errs::kDatabase, HasSubstr("by_f")));
  options.tables = {"v"};
  EXPECT_THAT(
      TryRestore(source, body, options),
      AllOf(StatusIs(errs::kDatabase, AllOf(HasSubstr("g(public.v) depends"), HasSubstr("v"))),
            HasHint(HasSubstr("without --table"))));
  EXPECT_EQ(Describe(source), before);
  options.tables = {"free"};
  ASSERT_OK(TryRestore(source, body, options));
  options.tables = {"t"};
  options.exclude_objects = {"policy:t.by_f"};
  ASSERT_OK(TryRestore(source, body, options));
  ASSERT_OK(TryRestore(source, body, Clean()));
  EXPECT_EQ(Describe(source), before);
}

TEST_P(ReplaceTest, NamesOfTablesAreNotPrefixes) {
  const profile::ConnectionProfile source = NewDatabase(server_);
  PlainConnection(source).Run(
      "CREATE TABLE \"order\"(id int PRIMARY KEY, \"order items\" int);"
      "CREATE TABLE \"order items\"(id int PRIMARY KEY, o int REFERENCES \"order\");"
      "ALTER TABLE \"order\" ADD CONSTRAINT \"items first\" FOREIGN KEY (\"order items\")"
      " REFERENCES \"order items\";"
      "CREATE POLICY \"items ON public.order;\" ON \"order items\" USING (o IN (SELECT id FROM"
      " public.\"order\"));"
      "CREATE RULE \"items r\" AS ON DELETE TO \"order items\" DO ALSO SELECT 1 FROM"
      " public.\"order\"");
  const std::string body = BackUp(source);
  const profile::ConnectionProfile target = NewDatabase(server_);
  PlainConnection(target).Run("CREATE TABLE \"order items\"(id int PRIMARY KEY)");
  driver::RestoreOptions options;
  options.tables = {"\"order\""};
  ASSERT_OK(TryRestore(target, body, options));
  PlainConnection check(target);
  EXPECT_EQ(check.Value("SELECT string_agg(conname, ',' ORDER BY conname) FROM pg_constraint"
                        " WHERE contype = 'f'"),
            "items first");
  EXPECT_EQ(check.Int("SELECT count(*) FROM pg_policy"), 0);
  EXPECT_EQ(check.Int("SELECT count(*) FROM pg_rules WHERE schemaname = 'public'"), 0);
}

constexpr char kRights[] = R"sql(
CREATE ROLE kept_reader; CREATE ROLE kept_owner;
GRANT CREATE ON SCHEMA public TO kept_reader WITH GRANT OPTION;
COMMENT ON SCHEMA public IS 'of the target';
ALTER SCHEMA public OWNER TO kept_owner;
CREATE SCHEMA ext; CREATE EXTENSION citext SCHEMA ext; GRANT USAGE ON SCHEMA ext TO kept_reader;
COMMENT ON SCHEMA ext IS 'of the target';
REVOKE EXECUTE ON FUNCTION ext.citext(boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pg_ls_dir(text) TO kept_reader;
ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO kept_reader;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON SEQUENCES TO kept_reader WITH GRANT OPTION;
ALTER DEFAULT PRIVILEGES FOR ROLE kept_owner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE kept_owner REVOKE ALL ON TABLES FROM kept_owner;
)sql";

TEST_P(ReplaceTest, TheRightsOfTheTargetAreTheSources) {
  const profile::ConnectionProfile source = NewSample(server_);
  PlainConnection(source).Run(
      "CREATE SCHEMA ext; CREATE EXTENSION citext SCHEMA ext; CREATE SEQUENCE s");
  const std::string body = BackUp(source);
  const std::string wanted = Describe(source);
  const profile::ConnectionProfile target = NewDatabase(server_);
  PlainConnection(target).Run(kRights);
  // The other way round, too: everything of this database is restored into a plain one.
  const std::string rights = BackUp(target);
  const std::string rights_wanted = Describe(target);
  ASSERT_OK(TryRestore(target, body, Clean()));
  EXPECT_EQ(Describe(target), wanted);
  EXPECT_EQ(PlainConnection(target).Int("SELECT count(*) FROM pg_default_acl"), 0);
  ASSERT_OK(TryRestore(target, rights, Clean()));
  EXPECT_EQ(Describe(target), rights_wanted);
}

TEST_P(ReplaceTest, WithoutGrantsTheTargetsOwnStay) {
  const std::string body = BackUp(NewSample(server_));
  const profile::ConnectionProfile target = NewDatabase(server_);
  PlainConnection(target).Run(kRights);
  driver::RestoreOptions options = Clean();
  options.no_acl = options.no_owner = true;
  ASSERT_OK(TryRestore(target, body, options));
  PlainConnection check(target);
  EXPECT_EQ(check.Value("SELECT has_schema_privilege('kept_reader', 'public', 'CREATE')"), "t");
  EXPECT_EQ(check.Value("SELECT has_table_privilege('kept_reader', 'items', 'SELECT')"), "t");
  EXPECT_EQ(check.Value("SELECT nspowner::regrole FROM pg_namespace WHERE nspname = 'public'"),
            "kept_owner");
}

TEST_P(ReplaceTest, AReplacedTableGetsNoGrantsOfDefaultPrivileges) {
  const std::string body = BackUp(NewSample(server_));
  const profile::ConnectionProfile target = NewDatabase(server_);
  PlainConnection(target).Run(kRights);
  const std::string defaults =
      "SELECT string_agg(defaclobjtype::text || defaclacl::text, ' ' ORDER BY defaclobjtype,"
      " defaclrole) FROM pg_default_acl";
  const std::string before = PlainConnection(target).Value(defaults);
  driver::RestoreOptions options = Clean();
  options.tables = {"items"};
  ASSERT_OK(TryRestore(target, body, options));
  PlainConnection check(target);
  EXPECT_EQ(check.Value("SELECT has_table_privilege('kept_reader', 'items', 'SELECT')"), "f");
  EXPECT_EQ(check.Value(defaults), before);
}

TEST_P(ReplaceTest, RightsThatTheUserMayNotChangeAreNamed) {
  const profile::ConnectionProfile source = NewDatabase(server_);
  const std::string body = BackUp(source);
  profile::ConnectionProfile target = NewDatabase(server_);
  PlainConnection(target).Run(
      "CREATE ROLE kept_reader; CREATE ROLE kept_owner LOGIN PASSWORD 'k';"
      "ALTER DATABASE \"" +
      target.database +
      "\" OWNER TO kept_owner;"
      "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO kept_reader");
  target.user = "kept_owner";
  target.password = "k";
  EventLog log;
  driver::RestoreOptions options = Clean();
  options.no_owner = true;
  ASSERT_OK(TryRestore(target, body, options, base::Context({}, &log)));
  EXPECT_THAT(log.Warnings(),
              Contains(AllOf(HasSubstr("--clean keeps the rights"),
                             HasSubstr("DEFAULT PRIVILEGES FOR ROLE postgres TABLES"))));
}

TEST_P(ReplaceTest, TheOwnerOfPublicThatTheUserMayNotChangeIsNamed) {
  const profile::ConnectionProfile source = NewDatabase(server_);
  PlainConnection(source).Run(
      "CREATE ROLE kept_reader; CREATE ROLE kept_owner LOGIN PASSWORD 'k'; CREATE TABLE t(a int);"
      "ALTER TABLE t OWNER TO kept_owner; ALTER SCHEMA public OWNER TO kept_owner;"
      "GRANT CREATE ON SCHEMA public TO kept_reader; COMMENT ON SCHEMA public IS 'of the source'");
  const std::string own = BackUp(source);
  PlainConnection(source).Run("ALTER SCHEMA public OWNER TO pg_database_owner");
  const std::string usual = BackUp(source);
  profile::ConnectionProfile target = NewDatabase(server_);
  PlainConnection(target).Run(absl::StrCat(
      "ALTER DATABASE \"", target.database, "\" OWNER TO kept_owner;",
      "ALTER SCHEMA public OWNER TO postgres; GRANT CREATE ON SCHEMA public TO kept_owner;",
      "COMMENT ON SCHEMA public IS 'of the target'"));
  target.user = "kept_owner";
  target.password = "k";
  for (const std::string& dump : {own, usual}) {
    EventLog log;
    ASSERT_OK(TryRestore(target, dump, Clean(), base::Context({}, &log)));
    EXPECT_THAT(
        log.Warnings(),
        AllOf(Contains(HasSubstr("owner of SCHEMA public stays postgres")),
              Contains(HasSubstr("grants on SCHEMA public")),
              Contains(AllOf(HasSubstr("--clean keeps"), HasSubstr("comment on SCHEMA public")))));
    EXPECT_EQ(PlainConnection(target).Value("SELECT nspowner::regrole || ', ' ||"
                                            " obj_description(oid, 'pg_namespace')"
                                            " FROM pg_namespace WHERE nspname = 'public'"),
              "postgres, of the target");
  }
}

TEST_P(ReplaceTest, ForeignKeysAmongReplacedTablesMayFormACircle) {
  const profile::ConnectionProfile source = NewDatabase(server_);
  PlainConnection(source).Run(
      "CREATE TABLE z(id int PRIMARY KEY, a int, z int REFERENCES z);"
      "CREATE TABLE a(id int PRIMARY KEY REFERENCES z);"
      "ALTER TABLE z ADD FOREIGN KEY (a) REFERENCES a; INSERT INTO z VALUES (1); INSERT INTO a"
      " VALUES (1); UPDATE z SET a = 1, z = 1");
  const std::string before = Describe(source);
  const std::string whole = BackUp(source);
  const std::string imported = RunApplet(
      "pg_dump", {"--format=custom", "--dbname=" + server_.Conninfo(source.database)}, "");
  EXPECT_OK(TryRestore(source, imported, Clean()));
  EXPECT_EQ(Describe(source), before);
  driver::RestoreOptions options = Clean();
  options.tables = {"a", "z"};
  EXPECT_OK(TryRestore(source, whole, options));
  EXPECT_EQ(Describe(source), before);
}

// PostgreSQL has no provider of labels of its own, so the test uses one that is not loaded.
TEST_P(ReplaceTest, SecurityLabelsWithoutTheirProviderAreNamedAndKept) {
  const auto label = [](const profile::ConnectionProfile& profile) {
    PlainConnection(profile).Run(
        "SET allow_system_table_mods = on; INSERT INTO pg_seclabel(objoid, classoid, objsubid,"
        " provider, label) VALUES ('public'::regnamespace, 'pg_namespace'::regclass, 0,"
        " 'gone provider', 'secret')");
  };
  const profile::ConnectionProfile source = NewDatabase(server_);
  PlainConnection(source).Run("CREATE TABLE t(a int)");
  const std::string plain = BackUp(source);
  const profile::ConnectionProfile target = NewDatabase(server_);
  label(target);
  EventLog log;
  ASSERT_OK(TryRestore(target, plain, Clean(), base::Context({}, &log)));
  EXPECT_THAT(log.Warnings(),
              Contains(AllOf(HasSubstr("security labels"), HasSubstr("gone provider"))));
  EXPECT_EQ(PlainConnection(target).Int("SELECT count(*) FROM pg_seclabel"), 1);
  label(source);
  const std::string labelled = BackUp(source);
  driver::RestoreOptions options = Clean();
  EXPECT_THAT(TryRestore(NewDatabase(server_), labelled, options),
              AllOf(StatusIs(errs::kDatabase, HasSubstr("gone provider")),
                    HasHint(HasSubstr("--exclude-object 'security-label:SCHEMA public'"))));
  options.exclude_objects = {"security-label:SCHEMA public"};
  EXPECT_OK(TryRestore(NewDatabase(server_), labelled, options));
}

TEST_P(ReplaceTest, SubscriptionsAreReplacedByDumpsOfAnyProgram) {
  const profile::ConnectionProfile source = NewDatabase(server_);
  PlainConnection(source).Run(
      "CREATE TABLE t(a int); INSERT INTO t VALUES (1);"
      "CREATE SUBSCRIPTION s_clean CONNECTION 'host=127.0.0.1 port=1' PUBLICATION p"
      " WITH (connect = false, slot_name = NONE)");
  const std::string before = Describe(source);
  const std::string whole = BackUp(source);
  const std::string imported = RunApplet(
      "pg_dump", {"--format=custom", "--dbname=" + server_.Conninfo(source.database)}, "");
  for (const std::string& body : {whole, imported}) {
    ASSERT_OK(TryRestore(source, body, Clean()));
    EXPECT_EQ(Describe(source), before);
  }
  for (const std::string& body : {whole, imported}) {
    PlainConnection(source).Run("ALTER SUBSCRIPTION s_clean SET (slot_name = 'far')");
    ASSERT_OK(TryRestore(source, body, Clean()));
    EXPECT_EQ(Describe(source), before);
  }
  PlainConnection(source).Run("DROP SUBSCRIPTION s_clean");
}

constexpr char kPartitioned[] =
    "CREATE TABLE parent(id int) PARTITION BY RANGE (id);"
    "CREATE TABLE p1 PARTITION OF parent FOR VALUES FROM (0) TO (10);"
    "CREATE TABLE other(a int); INSERT INTO parent VALUES (1)";
constexpr char kNewPartition[] =
    "CREATE SCHEMA far; CREATE TABLE far.p2 PARTITION OF parent FOR VALUES FROM (10) TO (20);"
    "INSERT INTO parent VALUES (11)";

TEST_P(ReplaceTest, APartitionThatOnlyTheTargetHasIsNamedAndKept) {
  const profile::ConnectionProfile source = NewDatabase(server_);
  PlainConnection(source).Run(kPartitioned);
  driver::BackupOptions chosen, partly, definitions;
  chosen.tables = {"parent"};
  partly.exclude_data = {"other"};
  definitions.schema_only = true;
  driver::RestoreOptions table = Clean(), empty = Clean();
  table.tables = {"parent"};
  empty.schema_only = true;
  const std::string whole = BackUp(source);
  const std::string imported = RunApplet(
      "pg_dump", {"--format=custom", "--dbname=" + server_.Conninfo(source.database)}, "");
  const std::vector<std::pair<std::string, driver::RestoreOptions>> restores = {
      {whole, table},
      {whole, empty},
      {imported, Clean()},
      {BackUp(source, chosen), Clean()},
      {BackUp(source, partly), Clean()},
      {BackUp(source, definitions), Clean()}};
  PlainConnection(source).Run(kNewPartition);
  const std::string before = Describe(source);
  for (const auto& [body, options] : restores) {
    EXPECT_THAT(TryRestore(source, body, options),
                AllOf(StatusIs(errs::kDatabase, HasSubstr("far.p2 is a partition")),
                      HasHint(HasSubstr("DETACH PARTITION"))));
    EXPECT_EQ(Describe(source), before);
  }
  // The hint's way, and a dump of the whole database, which names the loss.
  PlainConnection(source).Run("ALTER TABLE parent DETACH PARTITION far.p2");
  ASSERT_OK(TryRestore(source, whole, table));
  EXPECT_EQ(PlainConnection(source).Int("SELECT id FROM far.p2"), 11);
  PlainConnection(source).Run(
      "ALTER TABLE parent ATTACH PARTITION far.p2 FOR VALUES FROM (10) TO (20)");
  EventLog log;
  ASSERT_OK(TryRestore(source, whole, Clean(), base::Context({}, &log)));
  EXPECT_THAT(log.Warnings(), Contains(HasSubstr("far.p2")));
}

TEST_P(ReplaceTest, EveryKindOfPartitionThatWouldGoIsNamed) {
  const profile::ConnectionProfile source = NewDatabase(server_);
  PlainConnection fill(source);
  fill.Run(
      "CREATE TABLE parent(id int) PARTITION BY RANGE (id);"
      "CREATE TABLE p1 PARTITION OF parent FOR VALUES FROM (0) TO (10) PARTITION BY RANGE (id);"
      "CREATE TABLE p2 PARTITION OF parent FOR VALUES FROM (10) TO (20);"
      "CREATE TABLE alone(id int); CREATE TABLE base(a int)");
  const std::string body = BackUp(source);
  fill.Run(
      "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w; CREATE SCHEMA far;"
      "CREATE TABLE far.p1a PARTITION OF p1 FOR VALUES FROM (0) TO (5);"
      "CREATE FOREIGN TABLE distant PARTITION OF parent FOR VALUES FROM (30) TO (40) SERVER s;"
      "ALTER TABLE parent ATTACH PARTITION alone FOR VALUES FROM (40) TO (50);"
      "CREATE TABLE far.child(b int) INHERITS (base); CREATE TABLE grandchild(c int) INHERITS"
      " (far.child); INSERT INTO grandchild VALUES (1, 2, 3)");
  const std::string before = Describe(source);
  driver::RestoreOptions options = Clean();
  options.tables = {"parent"};
  EXPECT_THAT(TryRestore(source, body, options),
              StatusIs(errs::kDatabase, AllOf(HasSubstr("far.p1a"), HasSubstr("distant"),
                                              HasSubstr("alone"), HasSubstr("are partitions"))));
  options.tables = {"base"};
  EXPECT_THAT(TryRestore(source, body, options),
              StatusIs(errs::kDatabase, AllOf(HasSubstr("far.child"), HasSubstr("grandchild"))));
  EXPECT_EQ(Describe(source), before);
  // A partition that is in the dump but left out of the restore.
  fill.Run(
      "DROP TABLE far.p1a; DROP FOREIGN TABLE distant; ALTER TABLE parent DETACH PARTITION"
      " alone");
  options.tables = {"parent"};
  options.exclude_objects = {"table:p2"};
  EXPECT_THAT(TryRestore(source, body, options),
              StatusIs(errs::kDatabase, HasSubstr("p2 is a partition")));
  options.exclude_objects = {};
  options.tables = {"parent", "alone"};
  EXPECT_OK(TryRestore(source, body, options));
}

// pg_dump may not read the definitions of such a target, so siphon does not have them.
TEST_P(ReplaceTest, AUserWhoSeesOnlySomeTablesLosesNoPartition) {
  profile::ConnectionProfile source = NewDatabase(server_);
  PlainConnection(source).Run(
      "CREATE ROLE kept_owner LOGIN PASSWORD 'k';"
      "GRANT CREATE ON SCHEMA public TO kept_owner");
  PlainConnection(source).Run(kPartitioned);
  driver::BackupOptions chosen;
  chosen.tables = {"parent"};
  const std::string body = BackUp(source, chosen);
  PlainConnection(source).Run(kNewPartition);
  PlainConnection(source).Run(
      "ALTER TABLE parent OWNER TO kept_owner; ALTER TABLE p1 OWNER TO kept_owner;"
      "ALTER TABLE far.p2 OWNER TO kept_owner; GRANT USAGE ON SCHEMA far TO kept_owner");
  const std::string before = Describe(source);
  profile::ConnectionProfile owner = source;
  owner.user = "kept_owner";
  owner.password = "k";
  driver::RestoreOptions options = Clean();
  options.no_owner = true;
  EXPECT_THAT(TryRestore(owner, body, options),
              StatusIs(errs::kDatabase, AllOf(HasSubstr("far.p2"), HasSubstr("partition"))));
  EXPECT_EQ(Describe(source), before);
  PlainConnection(source).Run("ALTER TABLE parent DETACH PARTITION far.p2");
  EXPECT_OK(TryRestore(owner, body, options));
  EXPECT_EQ(PlainConnection(source).Int("SELECT count(*) FROM parent"), 1);
}

INSTANTIATE_TEST_SUITE_P(Versions, ReplaceTest, ::testing::ValuesIn(VersionsOfRounds()),
                         ::testing::PrintToStringParamName());

}  // namespace
}  // namespace siphon::postgres
