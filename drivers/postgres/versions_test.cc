// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Backups of one version of PostgreSQL, restored into another: what comes along, what does not, and
// what is refused.

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "drivers/postgres/fixture.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/context.h"
#include "testing/event_log.h"
#include "testing/servers/postgres.h"
#include "testing/status_matchers.h"

namespace siphon::postgres {
namespace {

using siphon::testing::AllPostgresVersions;
using siphon::testing::EventLog;
using siphon::testing::kNewestPostgres;
using siphon::testing::PostgresServer;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// NOT NULL in every way that all versions know: of a table, of a partition, of a child, inherited
// or its own.
constexpr char kNotNull[] = R"sql(
CREATE TABLE parent (a int, b int NOT NULL, "C c" text);
CREATE TABLE child (d int) INHERITS (parent);
ALTER TABLE child ALTER a SET NOT NULL;
ALTER TABLE child ALTER "C c" SET NOT NULL;
CREATE TABLE grandchild () INHERITS (child);
CREATE TABLE parted (a int, b int) PARTITION BY LIST (a);
CREATE TABLE parted_1 PARTITION OF parted (b NOT NULL) FOR VALUES IN (1);
CREATE TABLE keyed (id int PRIMARY KEY, other int);
CREATE TABLE keyed_child (more int) INHERITS (keyed);
ALTER TABLE keyed_child ADD PRIMARY KEY (id);
)sql";

constexpr char kNotNullColumns[] =
    "SELECT string_agg(attrelid::regclass || '.' || attname, ' ' ORDER BY attrelid::regclass::text,"
    " attnum) FROM pg_attribute JOIN pg_class c ON c.oid = attrelid"
    " WHERE attnotnull AND attnum > 0 AND relkind IN ('r', 'p')"
    " AND relnamespace = 'public'::regnamespace";

TEST(VersionsTest, NotNullComesBackOnEveryVersion) {
  for (const int version : AllPostgresVersions()) {
    const profile::ConnectionProfile source = NewDatabase(SharedServer(version));
    PlainConnection(source).Run(kNotNull);
    const std::string body = BackUp(source);
    const std::string columns = PlainConnection(source).Value(kNotNullColumns);
    EXPECT_THAT(columns, AllOf(HasSubstr("child.a child.b child.C c"), HasSubstr("grandchild.a"),
                               HasSubstr("keyed_child.id")));
    // Into its own version, the oldest and the newest.
    for (const int other : {version, 14, kNewestPostgres}) {
      const profile::ConnectionProfile target = NewDatabase(SharedServer(other));
      ASSERT_OK(TryRestore(target, body)) << version << " into " << other;
      EXPECT_EQ(PlainConnection(target).Value(kNotNullColumns), columns)
          << version << " into " << other;
      if (other != version) continue;
      EXPECT_EQ(Describe(target), Describe(source)) << version;
    }
  }
}

// Unpatched, pg_dump 18 writes options of subscriptions that older servers do not know.
TEST(VersionsTest, SubscriptionsComeBackOnEveryVersion) {
  for (const int version : AllPostgresVersions()) {
    PostgresServer& server = SharedServer(version);
    const profile::ConnectionProfile source = NewDatabase(server), target = NewDatabase(server);
    PlainConnection(source).Run(
        "CREATE TABLE t(a int); CREATE SUBSCRIPTION s_version CONNECTION 'host=127.0.0.1 port=1'"
        " PUBLICATION p WITH (connect = false, slot_name = NONE)");
    const std::string body = BackUp(source), before = Describe(source);
    EXPECT_OK(TryRestore(target, body)) << version;
    EXPECT_EQ(Describe(target), before) << version;
    driver::RestoreOptions clean;
    clean.clean = true;
    EXPECT_OK(TryRestore(target, body, clean)) << version;
    EXPECT_EQ(Describe(target), before) << version;
    for (const profile::ConnectionProfile& profile : {source, target}) {
      PlainConnection(profile).Run("DROP SUBSCRIPTION IF EXISTS s_version");
    }
  }
}

// Unpatched, pg_dump 18 does not quote such a name.
TEST(VersionsTest, NamesOfNotNullConstraintsOnInheritedColumnsAreKept) {
  const profile::ConnectionProfile source = NewDatabase(SharedServer(kNewestPostgres));
  PlainConnection(source).Run(
      "CREATE TABLE parent (a int, b int); CREATE TABLE child () INHERITS (parent);"
      "ALTER TABLE child ADD CONSTRAINT \"Its \"\"own\"\" name\" NOT NULL a;"
      "ALTER TABLE child ADD CONSTRAINT \"No heir\" NOT NULL b NO INHERIT;"
      // The child's constraint has its own default name, although it also inherits one.
      "CREATE TABLE keyed (a int PRIMARY KEY);"
      "CREATE TABLE keyed_child (PRIMARY KEY (a)) INHERITS (keyed)");
  const profile::ConnectionProfile target = NewDatabase(SharedServer(kNewestPostgres));
  ASSERT_OK(TryRestore(target, BackUp(source)));
  EXPECT_EQ(Describe(target), Describe(source));
  EXPECT_EQ(PlainConnection(target).Value(
                "SELECT string_agg(conname, ', ' ORDER BY conname) FROM pg_constraint"
                " WHERE conrelid = 'child'::regclass"),
            "Its \"own\" name, No heir");
}

TEST(VersionsTest, AnOlderServerForgetsNamesOfNotNullConstraintsAndTheUserIsTold) {
  const profile::ConnectionProfile source = NewDatabase(SharedServer(kNewestPostgres));
  PlainConnection(source).Run(
      "CREATE TABLE named (a text COLLATE \"C\" CONSTRAINT \"the name\" NOT NULL, b int);"
      "CREATE TABLE unnamed (a int NOT NULL DEFAULT 1, b text DEFAULT ' CONSTRAINT ')");
  const std::string body = BackUp(source);
  for (const auto& [version, forgets] : std::map<int, bool>{{17, true}, {18, false}}) {
    const profile::ConnectionProfile target = NewDatabase(SharedServer(version));
    EventLog log;
    ASSERT_OK(TryRestore(target, body, {}, base::Context({}, &log)));
    EXPECT_EQ(PlainConnection(target).Value(kNotNullColumns), "named.a unnamed.a");
    if (forgets) {
      EXPECT_THAT(log.Warnings(),
                  ElementsAre(HasSubstr("comes from PostgreSQL 18"),
                              AllOf(HasSubstr("lose their names"), HasSubstr(": named"),
                                    Not(HasSubstr("unnamed")))));
    } else {
      EXPECT_THAT(log.Warnings(), IsEmpty());
    }
  }
}

// Nothing of these is kept in another form: the restore fails, says why, and changes nothing.
TEST(VersionsTest, WhatAnOlderServerCannotHoldIsRefused) {
  const std::vector<std::string> definitions = {
      "CREATE TABLE t (a int, twice int GENERATED ALWAYS AS (a * 2) VIRTUAL)",
      "CREATE TABLE t (a int4range, b int4range, PRIMARY KEY (a, b WITHOUT OVERLAPS))",
      "CREATE TABLE t (a int CHECK (a > 0) NOT ENFORCED)",
      "CREATE TABLE u (a int PRIMARY KEY); CREATE TABLE t (a int REFERENCES u NOT ENFORCED)",
      "CREATE TABLE t (a int NOT NULL NO INHERIT)",
      "CREATE TABLE t (a int); ALTER TABLE t ADD CONSTRAINT n NOT NULL a NOT VALID",
      "CREATE TABLE t (a int CONSTRAINT n NOT NULL); COMMENT ON CONSTRAINT n ON t IS 'kept'",
      "CREATE TABLE p (a int); CREATE TABLE t () INHERITS (p);"
      "ALTER TABLE t ADD CONSTRAINT n NOT NULL a",
      "CREATE TABLE p (a int PRIMARY KEY); CREATE TABLE t (PRIMARY KEY (a)) INHERITS (p)",
      "CREATE TABLE t (a int); CREATE PUBLICATION all_columns FOR TABLE t"
      " WITH (publish_generated_columns = stored)",
      "CREATE TABLE t (a int); ALTER DEFAULT PRIVILEGES GRANT SELECT ON LARGE OBJECTS TO PUBLIC",
  };
  for (const std::string& definition : definitions) {
    const profile::ConnectionProfile source = NewDatabase(SharedServer(kNewestPostgres));
    PlainConnection(source).Run(definition);
    const std::string body = BackUp(source);
    const profile::ConnectionProfile newest = NewDatabase(SharedServer(kNewestPostgres));
    ASSERT_OK(TryRestore(newest, body)) << definition;
    EXPECT_EQ(Describe(newest), Describe(source)) << definition;
    const profile::ConnectionProfile older = NewDatabase(SharedServer(17));
    const std::string before = Describe(older);
    const absl::Status status = TryRestore(older, body);
    EXPECT_THAT(status,
                AllOf(StatusIs(errs::kDatabase), HasHint(HasSubstr("does not know everything"))))
        << definition;
    EXPECT_EQ(Describe(older), before) << definition;
  }
}

}  // namespace
}  // namespace siphon::postgres
