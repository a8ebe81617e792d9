// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// A backup and writers, in both journal modes: one consistent state, and nobody waits for longer
// than a step.

#include <chrono>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "drivers/sqlite/driver.h"
#include "drivers/sqlite/fixture.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/context.h"
#include "siphon/base/event.h"
#include "siphon/domain/frames/parts.h"
#include "siphon/driver/driver.h"
#include "siphon/driver/snapshot.h"
#include "testing/contracts/driver_bodies.h"
#include "testing/status_matchers.h"

namespace siphon::sqlite {
namespace {

using siphon::testing::MemoryTarget;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::Optional;

// Some megabytes, so that a small step is a part of it.
void Build(const std::string& path, const std::string& mode) {
  PlainConnection connection(path);
  connection.Run(absl::StrCat("PRAGMA journal_mode = ", mode, R"sql(;
CREATE TABLE t(id INTEGER PRIMARY KEY, a INT, data BLOB);
CREATE TABLE keyed(k TEXT PRIMARY KEY, data BLOB) WITHOUT ROWID;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
  INSERT INTO t SELECT i, 0, randomblob(1000) FROM n;
INSERT INTO keyed SELECT 'key ' || id, data FROM t;
)sql"));
}

std::string ReadAll(const std::string& path) {
  std::ostringstream out;
  out << std::ifstream(path, std::ios::binary).rdbuf();
  return out.str();
}

SnapshotLimits SmallSteps() {
  SnapshotLimits limits;
  limits.bytes = 256 << 10;
  limits.most_bytes = 512 << 10;
  limits.attempts = 6;
  return limits;
}

absl::Status BackUpTo(const std::string& path, const std::string& format,
                      const SnapshotLimits& limits, MemoryTarget& target,
                      const base::Context& context = base::Context()) {
  SqliteDriver driver(limits);
  const auto connection = driver.Connect(context, ProfileFor(path), driver::Driver::Access::kRead);
  if (!connection.ok()) return connection.status();
  driver::BackupOptions options;
  options.format = format;
  return (*connection)->Backup(context, options, target);
}

// The value of t.a in a body; it is the same in all rows of one state.
std::string StateOf(const std::string& body) {
  TempFolder folder;
  EXPECT_THAT(TryRestore(folder.File("copy.db"), body), IsOk());
  PlainConnection copy(folder.File("copy.db"));
  EXPECT_EQ(copy.Value("PRAGMA integrity_check"), "ok");
  return copy.Value("SELECT group_concat(DISTINCT a) FROM t");
}

class ConcurrencyTest : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override { Build(path_, GetParam()); }
  bool wal() const { return GetParam() == "WAL"; }

  TempFolder folder_;
  const std::string path_ = folder_.File("app.db");
};

TEST_P(ConcurrencyTest, NoLockIsHeldWhileTheTargetIsSlow) {
  for (const std::string format : {"image", "sql"}) {
    SCOPED_TRACE(format);
    PlainConnection writer(path_, 0);
    int changes = 0;
    // This writer does not wait for a lock at all.
    MemoryTarget target([&](size_t) {
      EXPECT_EQ(writer.TryRun("UPDATE t SET a = a"), SQLITE_OK);
      return ++changes < 4 ? absl::OkStatus() : errs::SystemError("test", errs::kIo, "enough");
    });
    EXPECT_THAT(BackUpTo(path_, format, SmallSteps(), target), StatusIs(errs::kIo));
    EXPECT_EQ(changes, 4);
  }
}

TEST_P(ConcurrencyTest, AChangeBetweenTwoStepsIsThereAsAWholeOrNotAtAll) {
  for (const std::string format : {"image", "sql"}) {
    SCOPED_TRACE(format);
    PlainConnection writer(path_);
    writer.Run("UPDATE t SET a = 1");
    bool changed = false;
    MemoryTarget target([&](size_t bytes) {
      if (!changed && bytes > 0) {
        writer.Run("UPDATE t SET a = 2");
        changed = true;
      }
      return absl::OkStatus();
    });
    ASSERT_THAT(BackUpTo(path_, format, SmallSteps(), target), IsOk());
    EXPECT_TRUE(changed);
    // With WAL, the backup has the state in which it began; with a rollback journal, it starts
    // again and has the new state.
    EXPECT_EQ(target.begins(), wal() ? 1 : 2);
    EXPECT_EQ(StateOf(target.data()), wal() ? "1" : "2");
  }
}

TEST_P(ConcurrencyTest, CountsBelongToTheStateThatIsWritten) {
  PlainConnection writer(path_);
  bool changed = false;
  MemoryTarget target([&](size_t bytes) {
    if (!changed && bytes > 0) {
      writer.Run("DELETE FROM t WHERE id > 1500; INSERT INTO keyed(k) VALUES('one more')");
      changed = true;
    }
    return absl::OkStatus();
  });
  ASSERT_THAT(BackUpTo(path_, "image", SmallSteps(), target), IsOk());
  EXPECT_THAT(target.contents().tables,
              ElementsAre(dumps::TableInfo{"t", wal() ? 2000 : 1500, 0},
                          dumps::TableInfo{"keyed", wal() ? 2000 : 2001, 0}));
}

TEST_P(ConcurrencyTest, ADatabaseThatNeverStandsStillIsBusyOrDoesNotMind) {
  for (const std::string format : {"image", "sql"}) {
    SCOPED_TRACE(format);
    PlainConnection writer(path_);
    MemoryTarget target([&](size_t) {
      writer.Run("UPDATE t SET a = a + 1");
      return absl::OkStatus();
    });
    const absl::Status status = BackUpTo(path_, format, SmallSteps(), target);
    if (wal()) {
      EXPECT_THAT(status, IsOk());
      StateOf(target.data());
      continue;
    }
    EXPECT_THAT(status, StatusIs(errs::kBusy, HasSubstr("app.db")));
    EXPECT_THAT(errs::GetError(status), Optional(Field(&errs::Error::hint, HasSubstr("WAL"))));
    EXPECT_EQ(errs::ExitCode(status), 2);
    EXPECT_EQ(target.begins(), SmallSteps().attempts);
  }
}

TEST_P(ConcurrencyTest, WhatFitsIntoOneStepGetsThroughHoweverBusyItIs) {
  // The limits as they are: the database is smaller than a step.
  for (const std::string format : {"image", "sql"}) {
    PlainConnection writer(path_);
    MemoryTarget target([&](size_t) {
      writer.Run("UPDATE t SET a = a + 1");
      return absl::OkStatus();
    });
    EXPECT_THAT(BackUpTo(path_, format, SnapshotLimits(), target), IsOk());
    StateOf(target.data());
  }
}

// The parts of an image, by their ranges of pages.
std::vector<std::string> PartsOf(const std::string& path, const SnapshotLimits& limits) {
  const base::Context context;
  SqliteDriver driver(limits);
  const auto connection = driver.Connect(context, ProfileFor(path), driver::Driver::Access::kRead);
  EXPECT_THAT(connection, IsOk());
  const auto snapshot = driver::OpenSnapshot(context, **connection, {});
  EXPECT_THAT(snapshot, IsOk());
  std::vector<std::string> parts;
  while (true) {
    const absl::StatusOr<std::optional<frames::Part>> part = (*snapshot)->NextPart(context);
    EXPECT_THAT(part, IsOk());
    if (!part.ok() || !part->has_value()) return parts;
    parts.push_back((*part)->range);
  }
}

TEST_P(ConcurrencyTest, ThePartsDoNotDependOnTheLengthOfTheSteps) {
  const std::vector<std::string> parts = PartsOf(path_, SnapshotLimits());
  EXPECT_GT(parts.size(), 3u);
  EXPECT_EQ(parts.front(), "1-256");
  EXPECT_EQ(PartsOf(path_, SmallSteps()), parts);
  EXPECT_EQ(PartsOf(path_, SmallestSteps()), parts);
}

TEST_P(ConcurrencyTest, ALostSnapshotHoldsNoLock) {
  const base::Context context;
  SqliteDriver driver(SmallSteps());
  const auto connection = driver.Connect(context, ProfileFor(path_), driver::Driver::Access::kRead);
  ASSERT_THAT(connection, IsOk());
  const auto snapshot = driver::OpenSnapshot(context, **connection, {});
  ASSERT_THAT(snapshot, IsOk());
  PlainConnection writer(path_, 0);
  writer.Run("UPDATE t SET a = 1");
  const absl::StatusOr<std::optional<frames::Part>> part = (*snapshot)->NextPart(context);
  EXPECT_EQ((*snapshot)->lost(), !wal());
  if (wal()) {
    EXPECT_THAT(part, IsOk());
  } else {
    EXPECT_THAT(part, StatusIs(errs::kBusy, HasSubstr("changed while it was being read")));
  }
  // Before the snapshot is opened again or given up.
  EXPECT_EQ(writer.TryRun("UPDATE t SET a = 2"), SQLITE_OK);
}

TEST_P(ConcurrencyTest, AnImageIsTheFile) {
  // WAL's content is in the file once the last connection has closed it.
  EXPECT_TRUE(BackUp(path_) == ReadAll(path_));
  driver::BackupOptions options;
  EXPECT_TRUE(BackUp(path_, options, SmallestSteps()) == ReadAll(path_));
}

TEST_P(ConcurrencyTest, AnImageHoldsWhatIsStillInTheLog) {
  PlainConnection writer(path_);
  writer.Run("UPDATE t SET a = 7");
  EXPECT_EQ(StateOf(BackUp(path_)), "7");
}

TEST_P(ConcurrencyTest, AnOpenTransactionIsNotInTheBackupAndDoesNotStopIt) {
  PlainConnection writer(path_);
  writer.Run("BEGIN IMMEDIATE; UPDATE t SET a = 9 WHERE id = 1");
  EXPECT_EQ(StateOf(BackUp(path_)), "0");
  writer.Run("COMMIT");
}

TEST_P(ConcurrencyTest, ARestoreIsSeenByConnectionsThatAreOpen) {
  const std::string body = BackUp(path_);
  PlainConnection other(path_);
  other.Run("UPDATE t SET a = 3; CREATE TABLE more(x)");
  EXPECT_EQ(other.Value("SELECT group_concat(DISTINCT a) FROM t"), "3");
  driver::RestoreOptions clean;
  clean.clean = true;
  ASSERT_THAT(TryRestore(path_, body, clean), IsOk());
  EXPECT_EQ(other.Value("SELECT group_concat(DISTINCT a) FROM t"), "0");
  EXPECT_EQ(other.Value("SELECT count(*) FROM sqlite_schema WHERE name = 'more'"), "0");
  EXPECT_EQ(other.Value("PRAGMA integrity_check"), "ok");
  other.Run("UPDATE t SET a = 4");
  EXPECT_EQ(StateOf(BackUp(path_)), "4");
}

TEST_P(ConcurrencyTest, ARestoreIntoALockedDatabaseIsBusyAndChangesNothing) {
  const std::string body = BackUp(path_);
  PlainConnection other(path_);
  other.Run("UPDATE t SET a = 3");
  driver::RestoreOptions clean;
  clean.clean = true;
  driver::RestoreOptions chosen = clean;
  chosen.tables = {"t"};
  for (const driver::RestoreOptions& options : {clean, chosen}) {
    SqliteDriver driver;
    profile::ConnectionProfile profile = ProfileFor(path_);
    profile.parameters["busy_timeout"] = "50ms";
    const auto connection =
        driver.Connect(base::Context(), profile, driver::Driver::Access::kWrite);
    ASSERT_THAT(connection, IsOk());
    other.Run("BEGIN IMMEDIATE");
    siphon::testing::PieceReader reader(body);
    EXPECT_THAT((*connection)->Restore(base::Context(), options, reader),
                StatusIs(errs::kBusy, HasSubstr("app.db")));
    other.Run("COMMIT");
  }
  EXPECT_EQ(other.Value("SELECT group_concat(DISTINCT a) FROM t"), "3");
  const std::vector<std::string> expected =
      wal() ? std::vector<std::string>{"app.db", "app.db-shm", "app.db-wal"}
            : std::vector<std::string>{"app.db"};
  EXPECT_EQ(folder_.List(), expected);
}

INSTANTIATE_TEST_SUITE_P(Modes, ConcurrencyTest, ::testing::Values("DELETE", "TRUNCATE", "WAL"),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace siphon::sqlite
