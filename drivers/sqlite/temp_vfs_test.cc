// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/sqlite/temp_vfs.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "drivers/sqlite/database.h"
#include "drivers/sqlite/fixture.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/servers/small_disk.h"
#include "testing/status_matchers.h"

namespace siphon::sqlite {
namespace {

using siphon::testing::SmallDisk;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr uint64_t kMegabyte = uint64_t{1} << 20;

// Sorts more than the cache holds.
constexpr char kSort[] =
    "PRAGMA cache_size = 10; CREATE TABLE t(a);"
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)"
    " INSERT INTO t SELECT hex(randomblob(100)) FROM n; CREATE INDEX i ON t(a)";

TEST(TempVfsTest, TemporaryFilesStandWhereTheyWereAskedForAndLeaveNoName) {
  TempFolder folder;
  for (const Database::Mode mode : {Database::Mode::kPrivate, Database::Mode::kWrite}) {
    Database::Options options;
    options.mode = mode;
    options.temporary_prefix = folder.File("temp-");
    const absl::StatusOr<std::unique_ptr<Database>> database =
        Database::Open(folder.File("app.db"), options);
    ASSERT_THAT(database, IsOk());
    EXPECT_THAT((*database)->Execute(kSort), IsOk());
    EXPECT_EQ(*(*database)->QueryText("PRAGMA integrity_check"), "ok");
    EXPECT_THAT((*database)->Execute("DROP TABLE t"), IsOk());
    EXPECT_THAT(folder.List(), ElementsAre("app.db"));
  }
}

TEST(TempVfsTest, TheFolderIsTheOneThatIsUsed) {
  TempFolder folder;
  Database::Options options;
  options.mode = Database::Mode::kPrivate;
  options.temporary_prefix = folder.File("missing/temp-");
  const absl::StatusOr<std::unique_ptr<Database>> database =
      Database::Open(folder.File("app.db"), options);
  ASSERT_THAT(database, IsOk());
  EXPECT_THAT((*database)->Execute(kSort), StatusIs(errs::kIo, HasSubstr("app.db")));
}

TEST(TempVfsTest, TemporaryFilesLeaveSpaceOnTheirDisk) {
  ASSERT_OK_AND_ASSIGN(const auto disk, SmallDisk::Make(32 * kMegabyte));
  TempFolder folder;
  Database::Options options;
  options.mode = Database::Mode::kPrivate;
  options.temporary_prefix = disk->path() + "/temp-";
  ASSERT_OK_AND_ASSIGN(const auto database, Database::Open(folder.File("app.db"), options));
  ASSERT_OK(database->Execute("CREATE TEMP TABLE t(a); PRAGMA temp.cache_size = 10"));
  absl::Status status;
  for (int i = 0; i < 400 && status.ok(); ++i) {
    status = database->Execute("INSERT INTO t VALUES (randomblob(100000))");
  }
  EXPECT_THAT(status, StatusIs(errs::kIo, HasSubstr("full")));
  EXPECT_GT(disk->Free(), kMegabyte / 2);
  EXPECT_LT(disk->Free(), 4 * kMegabyte);
}

TEST(TempVfsTest, ADatabaseWithoutLocksLeavesSpaceOnItsDisk) {
  ASSERT_OK_AND_ASSIGN(const auto disk, SmallDisk::Make(32 * kMegabyte));
  TempFolder folder;
  Database::Options options;
  options.mode = Database::Mode::kPrivate;
  options.temporary_prefix = folder.File("temp-");
  ASSERT_OK_AND_ASSIGN(const auto database, Database::Open(disk->path() + "/app.db", options));
  ASSERT_OK(database->Execute("CREATE TABLE t(a); PRAGMA cache_size = 10"));
  absl::Status status;
  for (int i = 0; i < 400 && status.ok(); ++i) {
    status = database->Execute("INSERT INTO t VALUES (randomblob(100000))");
  }
  EXPECT_THAT(status, StatusIs(errs::kIo, HasSubstr("full")));
  EXPECT_GT(disk->Free(), kMegabyte / 2);
  EXPECT_LT(disk->Free(), 4 * kMegabyte);
}

TEST(TempVfsTest, SeveralAtOnceDoNotMeet) {
  const auto first = TempVfs::Create(nullptr, "/tmp/a-");
  const auto second = TempVfs::Create("unix-none", "/tmp/b-");
  ASSERT_THAT(first, IsOk());
  ASSERT_THAT(second, IsOk());
  EXPECT_STRNE((*first)->name(), (*second)->name());
  EXPECT_NE(sqlite3_vfs_find((*first)->name()), nullptr);
  EXPECT_THAT(TempVfs::Create("no such thing", ""), StatusIs(errs::kInternal));
}

}  // namespace
}  // namespace siphon::sqlite
