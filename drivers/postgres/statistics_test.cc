// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// The planner's statistics come along with rows into a server of version 18, and only with them.

#include <unistd.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "drivers/postgres/fixture.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/context.h"
#include "siphon/base/file.h"
#include "testing/event_log.h"
#include "testing/rounds.h"
#include "testing/servers/postgres.h"
#include "testing/status_matchers.h"

namespace siphon::postgres {
namespace {

using siphon::testing::AllPostgresVersions;
using siphon::testing::EventLog;
using siphon::testing::kNewestPostgres;
using siphon::testing::VersionsToTest;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// Inserts rows after ANALYZE, so that new statistics would differ from the carried ones. Autovacuum
// is off, so that only an explicit ANALYZE makes new ones.
constexpr char kAnalyzed[] = R"sql(
CREATE TABLE items (id int PRIMARY KEY, kind text, "Odd ""name""" int) WITH (autovacuum_enabled = off);
INSERT INTO items SELECT i, 'kind ' || i % 5, i FROM generate_series(1, 1000) i;
CREATE INDEX items_lower ON items (lower(kind));
CREATE TABLE codes (code text) WITH (autovacuum_enabled = off);
INSERT INTO codes SELECT 'the code ' || i % 3 FROM generate_series(1, 300) i;
CREATE TABLE parted (a int, b text) PARTITION BY RANGE (a);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (0) TO (1000) WITH (autovacuum_enabled = off);
CREATE TABLE parted_2 PARTITION OF parted FOR VALUES FROM (1000) TO (2000)
  WITH (autovacuum_enabled = off);
INSERT INTO parted SELECT i, 'part ' || i / 1000 FROM generate_series(1, 1999) i;
CREATE MATERIALIZED VIEW seen WITH (autovacuum_enabled = off) AS SELECT kind, code FROM items, codes
  LIMIT 500;
ANALYZE;
INSERT INTO items SELECT i, 'late', i FROM generate_series(1001, 1100) i;
)sql";

// The planner's estimates for every table and index.
constexpr char kTuples[] =
    "SELECT string_agg(relname || ' ' || reltuples, ', ' ORDER BY relname) FROM pg_class"
    " WHERE relnamespace = 'public'::regnamespace";
constexpr char kColumns[] =
    "SELECT string_agg(concat_ws(' ', tablename, attname, inherited, null_frac, avg_width,"
    " n_distinct, most_common_vals, most_common_freqs, histogram_bounds, correlation), E'\\n'"
    " ORDER BY tablename, attname, inherited) FROM pg_stats WHERE schemaname = 'public'";

std::string Listed(const std::string& body) { return RunApplet("pg_restore", {"--list"}, body); }

class StatisticsTest : public ::testing::TestWithParam<int> {
 protected:
  // An analysed database on a server of this version.
  profile::ConnectionProfile Analyzed(int version) {
    profile::ConnectionProfile profile = NewDatabase(SharedServer(version));
    PlainConnection(profile).Run(kAnalyzed);
    return profile;
  }
  profile::ConnectionProfile NewTarget(int version) { return NewDatabase(SharedServer(version)); }
};

INSTANTIATE_TEST_SUITE_P(Version, StatisticsTest,
                         ::testing::ValuesIn(VersionsToTest(AllPostgresVersions())),
                         ::testing::PrintToStringParamName());

TEST_P(StatisticsTest, ComeAlongIntoTheNewestServerWithoutAnalyze) {
  const profile::ConnectionProfile source = Analyzed(GetParam());
  const std::string tuples = PlainConnection(source).Value(kTuples);
  ASSERT_THAT(tuples, HasSubstr("items 1000"));
  const std::string columns = PlainConnection(source).Value(kColumns);
  ASSERT_THAT(columns, AllOf(HasSubstr("kind 4"), HasSubstr("items_lower"), HasSubstr("seen"),
                             HasSubstr("the code 2"), Not(HasSubstr("late"))));
  const std::string body = BackUp(source);
  const profile::ConnectionProfile target = NewTarget(kNewestPostgres);
  EventLog log;
  ASSERT_OK(TryRestore(target, body, {}, base::Context({}, &log)));
  EXPECT_THAT(log.Warnings(), IsEmpty());
  EXPECT_EQ(PlainConnection(target).Value(kColumns), columns);
  EXPECT_EQ(PlainConnection(target).Value(kTuples), tuples);
  EXPECT_EQ(PlainConnection(target).Int("SELECT count(*) FROM items"), 1100);

  // Chosen tables bring their own.
  const profile::ConnectionProfile chosen = NewTarget(kNewestPostgres);
  driver::RestoreOptions options;
  options.tables = {"items"};
  ASSERT_OK(TryRestore(chosen, body, options));
  EXPECT_THAT(PlainConnection(chosen).Value(kColumns),
              AllOf(HasSubstr("items kind"), HasSubstr("items_lower"), Not(HasSubstr("codes"))));
}

class StatisticsOnOlderServerTest : public StatisticsTest {};

INSTANTIATE_TEST_SUITE_P(Version, StatisticsOnOlderServerTest,
                         ::testing::ValuesIn(VersionsToTest<int>({14, 15, 16, 17})),
                         ::testing::PrintToStringParamName());

TEST_P(StatisticsOnOlderServerTest, AreLeftOutAndTheUserIsTold) {
  const std::string body = BackUp(Analyzed(GetParam()));
  ASSERT_THAT(Listed(body), HasSubstr("STATISTICS DATA public items"));
  const profile::ConnectionProfile target = NewTarget(GetParam());
  EventLog log;
  ASSERT_OK(TryRestore(target, body, {}, base::Context({}, &log)));
  EXPECT_THAT(log.Warnings(), IsEmpty());
  EXPECT_THAT(log.Messages(),
              Contains(AllOf(HasSubstr("statistics are not restored"), HasSubstr("ANALYZE"))));
  EXPECT_EQ(PlainConnection(target).Value(kColumns), "");
}

TEST(StatisticsOfRowsTest, JobsLeaveThemOutAsWell) {
  const profile::ConnectionProfile source = NewDatabase(SharedServer(17));
  PlainConnection(source).Run(kAnalyzed);
  const std::string path = absl::StrCat(::testing::TempDir(), "/body-", getpid());
  ASSERT_OK(base::WriteFileAtomically(path, BackUp(source), 0600));
  for (const auto& [version, some] : std::map<int, bool>{{17, false}, {18, true}}) {
    absl::StatusOr<base::FileReader> reader = base::FileReader::Open(path);
    ASSERT_OK(reader);
    const profile::ConnectionProfile target = NewDatabase(SharedServer(version));
    const auto connection =
        PostgresDriver().Connect(base::Context(), target, driver::Driver::Access::kWrite);
    ASSERT_OK(connection);
    driver::RestoreOptions options;
    options.jobs = 2;
    ASSERT_OK((*connection)->Restore(base::Context(), options, *reader));
    EXPECT_EQ(PlainConnection(target).Value(kColumns) != "", some) << version;
  }
  unlink(path.c_str());
}

// Statistics quote values from rows.
TEST(StatisticsOfRowsTest, RowsThatAreLeftOutLeaveNoValuesInTheDump) {
  const profile::ConnectionProfile source = NewDatabase(SharedServer(kNewestPostgres));
  PlainConnection(source).Run(kAnalyzed);
  // The table of contents is not compressed, and the rows are.
  const std::string whole = BackUp(source);
  ASSERT_THAT(whole, AllOf(HasSubstr("the code 2"), HasSubstr("kind 4"), HasSubstr("part 1")));

  driver::BackupOptions without_rows, without_table, without_partition, some;
  without_rows.exclude_data = {"codes"};
  without_table.exclude_tables = {"codes", "seen"};
  without_partition.exclude_data = {"parted_2"};
  some.tables = {"items"};
  for (const driver::BackupOptions& options : {without_rows, without_table, some}) {
    const std::string body = BackUp(source, options);
    EXPECT_THAT(body, Not(HasSubstr("the code 2")));
    // Those of a table whose rows are all there, and of its indexes, come along.
    EXPECT_THAT(body, HasSubstr("kind 4"));
    EXPECT_THAT(Listed(body), AllOf(HasSubstr("STATISTICS DATA public items "),
                                    HasSubstr("STATISTICS DATA public items_lower"),
                                    HasSubstr("STATISTICS DATA public items_pkey")));
    const profile::ConnectionProfile target = NewDatabase(SharedServer(kNewestPostgres));
    ASSERT_OK(TryRestore(target, body));
    EXPECT_THAT(PlainConnection(target).Value(kColumns), HasSubstr("items kind"));
  }
  const std::string partition = BackUp(source, without_partition);
  EXPECT_THAT(partition, Not(HasSubstr("part 1")));
  EXPECT_THAT(Listed(partition), AllOf(HasSubstr("STATISTICS DATA public parted_1"),
                                       Not(HasSubstr("STATISTICS DATA public parted_2"))));

  driver::BackupOptions definitions, rows;
  definitions.schema_only = rows.data_only = true;
  for (const driver::BackupOptions& options : {definitions, rows}) {
    EXPECT_THAT(Listed(BackUp(source, options)), Not(HasSubstr("STATISTICS DATA")));
  }
}

TEST(StatisticsOfRowsTest, NeitherDefinitionsAloneNorRowsAloneBringThem) {
  const profile::ConnectionProfile source = NewDatabase(SharedServer(kNewestPostgres));
  PlainConnection(source).Run(kAnalyzed);
  const std::string body = BackUp(source);
  const profile::ConnectionProfile target = NewDatabase(SharedServer(kNewestPostgres));
  driver::RestoreOptions definitions, rows;
  definitions.schema_only = rows.data_only = true;
  ASSERT_OK(TryRestore(target, body, definitions));
  EXPECT_EQ(PlainConnection(target).Value(kColumns), "");
  ASSERT_OK(TryRestore(target, body, rows));
  EXPECT_EQ(PlainConnection(target).Value(kColumns), "");
  EXPECT_EQ(PlainConnection(target).Int("SELECT count(*) FROM items"), 1100);
}

}  // namespace
}  // namespace siphon::postgres
