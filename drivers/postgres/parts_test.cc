// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Dumps in parts, which several sessions read from one snapshot.

#include "siphon/domain/frames/parts.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "drivers/postgres/archive_snapshot.h"
#include "drivers/postgres/conninfo.h"
#include "drivers/postgres/fixture.h"
#include "drivers/postgres/session.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/context.h"
#include "siphon/domain/dumps/contents.h"
#include "siphon/domain/frames/frame.h"
#include "siphon/domain/profile/profile.h"
#include "siphon/domain/verbs/verbs.h"
#include "siphon/driver/snapshot.h"
#include "testing/contracts/driver_bodies.h"
#include "testing/contracts/snapshot_body.h"
#include "testing/event_log.h"
#include "testing/rounds.h"
#include "testing/servers/descriptions.h"
#include "testing/servers/postgres.h"
#include "testing/servers/postgres_sample.h"
#include "testing/status_matchers.h"

namespace siphon::postgres {
namespace {

using siphon::testing::CompareDescriptions;
using siphon::testing::DescribePostgres;
using siphon::testing::LoadPostgresBulk;
using siphon::testing::LoadPostgresSample;
using siphon::testing::MemoryTarget;
using siphon::testing::PostgresServer;
using siphon::testing::ReadSnapshot;
using siphon::testing::SnapshotBody;
using siphon::testing::SnapshotBodyOptions;
using siphon::testing::WriteSnapshotBody;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr RangeLimits kSmallRanges{.bytes = 256 << 10};

class PartsTest : public ::testing::TestWithParam<int> {
 protected:
  void TearDown() override { EXPECT_THAT(Leftovers(server_), IsEmpty()); }

  // Opens a snapshot of a database, whose session belongs to the test.
  void Open(const profile::ConnectionProfile& profile, const RangeLimits& limits = kSmallRanges,
            const verbs::BackupOptions& options = {}) {
    profile_ = profile;
    const absl::StatusOr<Settings> settings = ConnectionSettings(profile_);
    ASSERT_OK(settings);
    absl::StatusOr<std::unique_ptr<Session>> session = Session::Connect(context_, *settings);
    ASSERT_OK(session);
    session_ = *std::move(session);
    absl::StatusOr<std::unique_ptr<driver::Snapshot>> snapshot =
        OpenArchiveSnapshot(context_, *session_, profile_, options, BodyForm::kParts, limits);
    ASSERT_OK(snapshot);
    snapshot_ = *std::move(snapshot);
  }
  // Ends the snapshot and its session.
  void End() {
    snapshot_.reset();
    session_.reset();
  }

  std::string Difference(const profile::ConnectionProfile& a, const profile::ConnectionProfile& b) {
    const absl::StatusOr<std::string> one = DescribePostgres(server_, a.database);
    const absl::StatusOr<std::string> other = DescribePostgres(server_, b.database);
    EXPECT_OK(one);
    EXPECT_OK(other);
    return CompareDescriptions(one.value_or("one"), other.value_or("other"));
  }
  void ExpectRestores(const profile::ConnectionProfile& source, const std::string& body) {
    const profile::ConnectionProfile target = NewDatabase(server_);
    ASSERT_OK(TryRestore(target, body));
    EXPECT_EQ(Difference(source, target), "");
  }

  PostgresServer& server_ = SharedServer(GetParam());
  siphon::testing::EventLog log_;
  base::Context context_{std::stop_token(), &log_};
  profile::ConnectionProfile profile_;
  std::unique_ptr<Session> session_;
  std::unique_ptr<driver::Snapshot> snapshot_;
};

TEST_P(PartsTest, TheWholeSampleComesBackFromManyRanges) {
  const profile::ConnectionProfile source = NewDatabase(server_);
  ASSERT_OK(LoadPostgresSample(server_, source.database));
  ASSERT_OK(LoadPostgresBulk(server_, source.database, 4, 2));
  for (const int jobs : {1, 4}) {
    Open(source);
    ASSERT_NE(snapshot_->layout(), nullptr);
    MemoryTarget dump;
    int parts = 0;
    absl::Mutex mutex;
    SnapshotBodyOptions options{.jobs = jobs, .after_part = [&] {
                                  const absl::MutexLock lock(&mutex);
                                  ++parts;
                                }};
    ASSERT_OK(WriteSnapshotBody(context_, *snapshot_, dump, options));
    End();
    EXPECT_GT(parts, 20);
    EXPECT_FALSE(dump.contents().rows_estimated);
    for (const dumps::TableInfo& table : dump.contents().tables) {
      EXPECT_EQ(table.rows,
                PlainConnection(source).Int(absl::StrCat("SELECT count(*) FROM ONLY ", table.name)))
          << table.name;
    }
    ExpectRestores(source, dump.data());
  }
}

TEST_P(PartsTest, WhoeverWaitsForATableDoesNotStopTheDump) {
  const profile::ConnectionProfile source = NewSample(server_);
  Open(source);
  std::thread waiting(
      [&] { PlainConnection(source).Run("ALTER TABLE items ADD COLUMN extra int"); });
  PlainConnection watch(source);
  while (watch.Int("SELECT count(*) FROM pg_locks WHERE NOT granted") == 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  MemoryTarget dump;
  EXPECT_OK(WriteSnapshotBody(context_, *snapshot_, dump));
  End();
  waiting.join();
  const profile::ConnectionProfile target = NewDatabase(server_);
  ASSERT_OK(TryRestore(target, dump.data()));
  EXPECT_EQ(PlainConnection(target).Int("SELECT count(*) FROM items"), 3000);
  EXPECT_EQ(PlainConnection(target).Int("SELECT count(*) FROM pg_attribute WHERE attrelid ="
                                        " 'items'::regclass AND attname = 'extra'"),
            0);
}

// Kills sessions of workers that run a statement like this one, until three are killed.
class WorkerKiller {
 public:
  WorkerKiller(const profile::ConnectionProfile& source, const std::string& statement)
      : thread_([this, source, statement] {
          PlainConnection other(source);
          while (!ended_ && killed_ < 3) {
            killed_ += static_cast<int>(other.Int(absl::StrCat(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE query LIKE '",
                statement,
                "%' AND state = 'active' AND application_name LIKE 'siphon/%' AND datname ="
                " current_database()")));
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
          }
        }) {}
  ~WorkerKiller() { End(); }
  // The number of killed sessions.
  int End() {
    ended_ = true;
    if (thread_.joinable()) thread_.join();
    return killed_;
  }

 private:
  std::atomic<bool> ended_ = false;
  std::atomic<int> killed_ = 0;
  std::thread thread_;
};

TEST_P(PartsTest, AnotherSessionContinuesThePartOfOneThatIsKilled) {
  const profile::ConnectionProfile source = NewDatabase(server_);
  PlainConnection(source).Run(
      "CREATE TABLE t AS SELECT i, repeat(md5(i::text), 20) AS x FROM generate_series(1, 40000) i");
  Open(source, {.bytes = 4 << 20});
  WorkerKiller killer(source, "COPY");
  MemoryTarget dump;
  const absl::Status status = WriteSnapshotBody(context_, *snapshot_, dump);
  EXPECT_GT(killer.End(), 0);
  End();
  EXPECT_OK(status);
  EXPECT_THAT(log_.Messages(), Contains(HasSubstr("a job continues t on a new connection")));
  ExpectRestores(source, dump.data());
}

TEST_P(PartsTest, AnotherSessionContinuesALargeObject) {
  const profile::ConnectionProfile source = NewDatabase(server_);
  PlainConnection(source).Run(
      "SELECT lo_from_bytea(0, decode(repeat(md5(i::text), 2000000), 'hex'))"
      " FROM generate_series(1, 4) i");
  Open(source);
  ASSERT_NE(snapshot_->layout(), nullptr);
  WorkerKiller killer(source, "SELECT pg_catalog.lo_get");
  MemoryTarget dump;
  const absl::Status status = WriteSnapshotBody(context_, *snapshot_, dump);
  EXPECT_GT(killer.End(), 0);
  End();
  EXPECT_OK(status);
  EXPECT_THAT(log_.Messages(), Contains(HasSubstr("a job continues large objects")));
  ExpectRestores(source, dump.data());
}

TEST_P(PartsTest, TheEndOfTheSessionWithTheSnapshotFailsTheDump) {
  const profile::ConnectionProfile source = NewDatabase(server_);
  ASSERT_OK(LoadPostgresBulk(server_, source.database, 8, 8));
  Open(source);
  const int leader = session_->backend_pid();
  bool killed = false;
  absl::Mutex mutex;
  SnapshotBodyOptions options;
  options.after_part = [&] {
    const absl::MutexLock lock(&mutex);
    if (std::exchange(killed, true)) return;
    EXPECT_OK(server_.Query(absl::StrCat("SELECT pg_terminate_backend(", leader, ")")));
  };
  MemoryTarget dump;
  EXPECT_THAT(WriteSnapshotBody(context_, *snapshot_, dump, options),
              StatusIs(errs::kConnectionFailed));
  End();
}

TEST_P(PartsTest, JobsWithoutAConnectionLeaveTheirTablesToTheOthers) {
  const profile::ConnectionProfile source = NewSample(server_);
  PlainConnection admin(source);
  const std::string role = absl::StrCat("narrow_", GetParam());
  admin.Run(absl::StrCat("CREATE ROLE ", role, " LOGIN PASSWORD 'x' CONNECTION LIMIT 2"));
  admin.Run(absl::StrCat("GRANT pg_read_all_data TO ", role));
  profile::ConnectionProfile narrow = source;
  narrow.user = role;
  narrow.password = "x";
  verbs::BackupOptions rows;
  rows.data_only = true;
  rows.tables = {"items"};
  Open(narrow, kSmallRanges, rows);
  ASSERT_NE(snapshot_->layout(), nullptr);
  MemoryTarget dump;
  EXPECT_OK(WriteSnapshotBody(context_, *snapshot_, dump));
  End();
  for (const dumps::TableInfo& table : dump.contents().tables) EXPECT_EQ(table.rows, 3000);
  admin.Run(absl::StrCat("DROP OWNED BY ", role, "; DROP ROLE ", role));
}

// Planning a query runs constant expressions of indexes with the rights of the user.
TEST_P(PartsTest, TablesOfAnotherRoleAreNotDivided) {
  const profile::ConnectionProfile source = NewDatabase(server_);
  PlainConnection admin(source);
  const std::string role = absl::StrCat("owner_", GetParam());
  admin.Run(absl::StrCat("CREATE ROLE ", role,
                         "; CREATE TABLE t AS SELECT i, repeat(md5(i::text), 20) AS x FROM "
                         "generate_series(1, 10000) i;"
                         "CREATE FUNCTION spy() RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT 1';"
                         "CREATE INDEX ON t ((i + spy()))"));
  admin.Run(
      "CREATE OR REPLACE FUNCTION spy() RETURNS int IMMUTABLE LANGUAGE plpgsql AS"
      " $$ BEGIN RAISE EXCEPTION 'it ran'; END $$");
  const auto planned =
      server_.Query("EXPLAIN SELECT i FROM t WHERE ctid > '(9,0)'", source.database);
  EXPECT_THAT(planned.status().message(), HasSubstr("it ran"));
  admin.Run(absl::StrCat("ALTER TABLE t OWNER TO ", role));
  Open(source);
  MemoryTarget dump;
  EXPECT_OK(WriteSnapshotBody(context_, *snapshot_, dump));
  End();
  EXPECT_THAT(log_.Details(),
              Contains(AllOf(HasSubstr("tables that one job reads each"), HasSubstr(": t"))));
  admin.Run(absl::StrCat("DROP TABLE t; DROP ROLE ", role));
}

TEST_P(PartsTest, OptionsWithoutPartsGiveAStream) {
  const profile::ConnectionProfile source = NewSample(server_);
  verbs::BackupOptions plain, definitions;
  plain.compression = 0;
  definitions.schema_only = true;
  for (const verbs::BackupOptions& options : {plain, definitions}) {
    Open(source, kSmallRanges, options);
    EXPECT_EQ(snapshot_->layout(), nullptr);
    End();
  }
  Open(NewDatabase(server_));
  EXPECT_EQ(snapshot_->layout(), nullptr) << "a database without tables";
  End();
}

TEST_P(PartsTest, EachLargeObjectIsAPartOfItsBatch) {
  const profile::ConnectionProfile source = NewDatabase(server_);
  const std::string role = absl::StrCat("objects_", GetParam());
  PlainConnection admin(source);
  admin.Run(
      "SELECT lo_from_bytea(i, decode(repeat('ab', 10 * i), 'hex'))"
      " FROM generate_series(1, 1100) i");
  admin.Run("SELECT lo_from_bytea(4000000000, 'of a large number'), lo_from_bytea(2000, '')");
  admin.Run(absl::StrCat("CREATE ROLE ", role, "; ALTER LARGE OBJECT 7 OWNER TO ", role,
                         "; COMMENT ON LARGE OBJECT 8 IS 'eight'"));
  Open(source);
  const absl::StatusOr<SnapshotBody> body = ReadSnapshot(context_, *snapshot_);
  ASSERT_OK(body);
  End();
  std::map<std::string, int> parts;
  for (const frames::Part& part : body->parts) ++parts[part.name];
  EXPECT_EQ(parts, (std::map<std::string, int>{{"", 1},
                                               {"large objects 7", 1},
                                               {"large objects 1..1001", 1000},
                                               {"large objects 1002..4000000000", 101}}));
  EXPECT_THAT(body->parts,
              Contains(AllOf(::testing::Field(&frames::Part::range, "4000000000"),
                             ::testing::Field(&frames::Part::content, frames::Content::kObjects))));
  // The restored database has an object of the role, which stays until the server's end.
  ExpectRestores(source, body->text);
}

TEST_P(PartsTest, ALargeObjectThatTheUserMayNotReadFailsTheDump) {
  const profile::ConnectionProfile source = NewDatabase(server_);
  const std::string role = absl::StrCat("poor_", GetParam());
  PlainConnection admin(source);
  admin.Run(absl::StrCat("SELECT lo_from_bytea(77, 'secret'); CREATE ROLE ", role,
                         " LOGIN PASSWORD 'x'"));
  profile::ConnectionProfile poor = source;
  poor.user = role;
  poor.password = "x";
  Open(poor);
  MemoryTarget dump;
  EXPECT_THAT(WriteSnapshotBody(context_, *snapshot_, dump),
              StatusIs(errs::kDatabase, HasSubstr("permission denied for large object 77")));
  End();
  admin.Run(absl::StrCat("DROP ROLE ", role));
}

TEST_P(PartsTest, LargeRowsAndLargeObjectsComeBack) {
  const profile::ConnectionProfile source = NewDatabase(server_);
  PlainConnection(source).Run(
      "CREATE TABLE wide AS SELECT i, repeat(chr(64 + i), 20000000) AS x"
      " FROM generate_series(1, 3) i;"
      "SELECT lo_from_bytea(0, decode(repeat('ab', 300000), 'hex')) FROM generate_series(1, 1100);"
      "SELECT lo_from_bytea(0, '')");
  Open(source);
  MemoryTarget dump;
  ASSERT_OK(WriteSnapshotBody(context_, *snapshot_, dump));
  End();
  ExpectRestores(source, dump.data());
}

INSTANTIATE_TEST_SUITE_P(
    Version, PartsTest,
    ::testing::ValuesIn(siphon::testing::NewestToTest(siphon::testing::AllPostgresVersions())),
    ::testing::PrintToStringParamName());

}  // namespace
}  // namespace siphon::postgres
