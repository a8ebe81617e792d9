// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Errors in a profile or a file that are found before the database is used.

#include <fcntl.h>
#include <linux/capability.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "drivers/sqlite/driver.h"
#include "drivers/sqlite/fixture.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/file.h"
#include "testing/contracts/driver_bodies.h"
#include "testing/status_matchers.h"

namespace siphon::sqlite {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Access = driver::Driver::Access;

void MakeDatabase(const std::string& path, const std::string& sql = "CREATE TABLE t(a)") {
  PlainConnection(path).Run(sql);
}

absl::Status Connect(const profile::ConnectionProfile& profile, Access access = Access::kRead) {
  SqliteDriver driver;
  return driver.Connect(base::Context(), profile, access).status();
}

// Runs `body` in a child process that has no capability to pass over permissions, root or not; true
// when it returned true there.
bool WithoutCapabilities(const std::function<bool()>& body) {
  const pid_t child = fork();
  if (child == 0) {
    __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct none[2] = {};
    if (syscall(SYS_capset, &header, none) != 0) _exit(3);
    _exit(body() ? 0 : 1);
  }
  int status = 0;
  if (waitpid(child, &status, 0) != child) return false;
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST(ConnectTest, FindsAFileWhateverItsNameLooksLike) {
  TempFolder folder;
  const std::vector<std::string> names = {"with space.db",
                                          "what?.db",
                                          "100%41.db",
                                          "-rf.db",
                                          ":memory:",
                                          "file:x.db",
                                          "a#b&c=d.db",
                                          "quote'.db",
                                          "double\".db",
                                          "back\\slash.db",
                                          "h\xc3\xa4user \xe2\x82\xac.db",
                                          "file:y.db?mode=ro",
                                          "new\nline.db"};
  for (const std::string& name : names) {
    SCOPED_TRACE(name);
    const std::string path = folder.File(name);
    MakeDatabase(path, "CREATE TABLE t(a); INSERT INTO t VALUES(1)");
    ASSERT_THAT(Connect(ProfileFor(path)), IsOk());
    const std::string body = BackUp(path);
    const std::string copy = folder.File(absl::StrCat("copy of ", name));
    ASSERT_THAT(TryRestore(copy, body), IsOk());
    EXPECT_EQ(PlainConnection(copy).Value("SELECT a FROM t"), "1");
    std::filesystem::remove(copy);
    std::filesystem::remove(path);
  }
  EXPECT_THAT(folder.List(), ElementsAre());
}

TEST(ConnectTest, ARelativePathCountsFromTheCurrentFolder) {
  TempFolder folder;
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(folder.path());
  for (const std::string name : {"app.db", ":memory:", "-x.db"}) {
    SCOPED_TRACE(name);
    MakeDatabase(absl::StrCat("./", name));
    EXPECT_THAT(Connect(ProfileFor(name)), IsOk());
  }
  std::filesystem::current_path(before);
}

TEST(ConnectTest, RefusesSettingsThatMeanNothingToAFile) {
  TempFolder folder;
  const std::string path = folder.File("app.db");
  MakeDatabase(path);
  profile::ConnectionProfile profile = ProfileFor(path);
  profile.host = "localhost";
  EXPECT_THAT(Connect(profile), StatusIs(errs::kInvalidArgument, HasSubstr("host")));
  profile = ProfileFor(path);
  profile.port = 5432;
  EXPECT_THAT(Connect(profile), StatusIs(errs::kInvalidArgument, HasSubstr("port")));
  profile = ProfileFor(path);
  profile.user = "me";
  EXPECT_THAT(Connect(profile), StatusIs(errs::kInvalidArgument, HasSubstr("user")));
  profile = ProfileFor(path);
  profile.password = "secret";
  EXPECT_THAT(Connect(profile), StatusIs(errs::kInvalidArgument, HasSubstr("password")));
  profile = ProfileFor("");
  EXPECT_THAT(Connect(profile), StatusIs(errs::kInvalidArgument, HasSubstr("no database")));
  profile = ProfileFor(path);
  profile.parameters["modes"] = "ro";
  EXPECT_THAT(Connect(profile), StatusIs(errs::kInvalidArgument, HasSubstr("\"modes\"")));
  profile.parameters = {{"mode", "ro"}};
  EXPECT_THAT(Connect(profile), IsOk());
  EXPECT_THAT(Connect(profile, Access::kWrite),
              StatusIs(errs::kInvalidArgument, HasSubstr("mode=ro")));
  profile.parameters = {{"busy_timeout", "soon"}};
  EXPECT_THAT(Connect(profile), StatusIs(errs::kInvalidArgument, HasSubstr("soon")));
  EXPECT_EQ(errs::ExitCode(Connect(profile)), 1);
}

TEST(ConnectTest, NamesWhatIsWrongWithTheFile) {
  TempFolder folder;
  EXPECT_THAT(
      Connect(ProfileFor(folder.File("missing.db"))),
      StatusIs(errs::kConnectionFailed, AllOf(HasSubstr("missing.db"), HasSubstr("no such file"))));
  EXPECT_THAT(Connect(ProfileFor(folder.File("missing.db")), Access::kWrite),
              StatusIs(errs::kConnectionFailed, HasSubstr("no such file")));
  EXPECT_THAT(Connect(ProfileFor(folder.File("missing.db")), Access::kCreate), IsOk());
  EXPECT_THAT(Connect(ProfileFor(folder.File("no/folder/app.db")), Access::kCreate),
              StatusIs(errs::kConnectionFailed, HasSubstr("no/folder")));
  EXPECT_THAT(Connect(ProfileFor(folder.path())),
              StatusIs(errs::kConnectionFailed, HasSubstr("folder")));
  ASSERT_EQ(mkfifo(folder.File("fifo").c_str(), 0600), 0);
  EXPECT_THAT(Connect(ProfileFor(folder.File("fifo"))),
              StatusIs(errs::kConnectionFailed, HasSubstr("regular")));
  std::ofstream(folder.File("garbage.db")) << std::string(4096, 'g');
  for (const Access access : {Access::kRead, Access::kWrite, Access::kCreate}) {
    EXPECT_THAT(Connect(ProfileFor(folder.File("garbage.db")), access),
                StatusIs(errs::kConnectionFailed, HasSubstr("not a database")));
  }
  EXPECT_EQ(errs::ExitCode(Connect(ProfileFor(folder.File("garbage.db")))), 2);
}

TEST(ConnectTest, AnEmptyFileIsAnEmptyDatabase) {
  TempFolder folder;
  const std::string path = folder.File("empty.db");
  std::ofstream(path).close();
  ASSERT_THAT(Connect(ProfileFor(path)), IsOk());
  const std::string body = BackUp(path);
  ASSERT_THAT(TryRestore(folder.File("copy.db"), body), IsOk());
  EXPECT_EQ(PlainConnection(folder.File("copy.db")).Value("PRAGMA integrity_check"), "ok");
  EXPECT_EQ(PlainConnection(folder.File("copy.db")).Value("SELECT count(*) FROM sqlite_schema"),
            "0");
  // And it can be restored into without a word about what it holds.
  MakeDatabase(folder.File("full.db"));
  ASSERT_THAT(TryRestore(path, BackUp(folder.File("full.db"))), IsOk());
  EXPECT_EQ(Difference(Fingerprint(path), Fingerprint(folder.File("full.db"))), "");
}

TEST(ConnectTest, AnUnreadableFileIsAConnectionFailure) {
  TempFolder folder;
  const std::string path = folder.File("secret.db");
  MakeDatabase(path);
  ASSERT_EQ(chmod(path.c_str(), 0), 0);
  EXPECT_TRUE(WithoutCapabilities([&] {
    const absl::Status status = Connect(ProfileFor(path));
    std::fprintf(stderr, "%s\n", errs::Render(status).c_str());
    return errs::Is(status, errs::kConnectionFailed) &&
           status.message().find("ermission") != std::string_view::npos;
  }));
}

TEST(ConnectTest, AFileThatMayNotBeWrittenIsReadButNotRestoredInto) {
  TempFolder folder;
  const std::string path = folder.File("read only.db");
  MakeDatabase(path);
  ASSERT_EQ(chmod(path.c_str(), 0444), 0);
  ASSERT_EQ(chmod(folder.path().c_str(), 0555), 0);
  EXPECT_TRUE(WithoutCapabilities([&] {
    const absl::Status status = Connect(ProfileFor(path), Access::kWrite);
    std::fprintf(stderr, "%s\n", errs::Render(status).c_str());
    return errs::Is(status, errs::kConnectionFailed) && !BackUp(path).empty();
  }));
}

TEST(ConnectTest, AWalDatabaseWithoutAWalIsReadInAFolderThatMayNotBeWritten) {
  TempFolder folder;
  const std::string path = folder.File("wal.db");
  MakeDatabase(path, "PRAGMA journal_mode = WAL; CREATE TABLE t(a); INSERT INTO t VALUES(7)");
  const std::string body = BackUp(path);
  ASSERT_EQ(chmod(path.c_str(), 0444), 0);
  ASSERT_EQ(chmod(folder.path().c_str(), 0555), 0);
  EXPECT_TRUE(WithoutCapabilities([&] {
    driver::BackupOptions sql;
    sql.format = "sql";
    return BackUp(path) == body && absl::StrContains(BackUp(path, sql), "VALUES(1,7)") &&
           errs::Is(Connect(ProfileFor(path), Access::kWrite), errs::kConnectionFailed);
  }));
  EXPECT_THAT(folder.List(), ElementsAre("wal.db"));
}

TEST(ConnectTest, ADatabaseThatChangesWhileItIsReadWithoutLocksFailsTheBackup) {
  TempFolder folder;
  const std::string path = folder.File("wal.db");
  MakeDatabase(path, "PRAGMA journal_mode = WAL; CREATE TABLE t(a)");
  ASSERT_EQ(chmod(path.c_str(), 0444), 0);
  ASSERT_EQ(chmod(folder.path().c_str(), 0555), 0);
  EXPECT_TRUE(WithoutCapabilities([&] {
    SqliteDriver driver;
    const auto connection = driver.Connect(base::Context(), ProfileFor(path), Access::kRead);
    siphon::testing::MemoryTarget target([&](size_t) {
      const timespec times[2] = {{1, 0}, {1, 0}};
      utimensat(AT_FDCWD, path.c_str(), times, 0);
      return absl::OkStatus();
    });
    return connection.ok() &&
           errs::Is((*connection)->Backup(base::Context(), {}, target), errs::kBusy);
  }));
}

TEST(ConnectTest, AWalInAFolderThatMayNotBeWrittenGetsAHint) {
  TempFolder folder;
  const std::string path = folder.File("wal.db");
  MakeDatabase(path, "PRAGMA journal_mode = WAL; CREATE TABLE t(a)");
  const pid_t child = fork();
  if (child == 0) {
    PlainConnection connection(path);
    connection.Run("INSERT INTO t VALUES(1)");
    _exit(0);  // Without closing: the WAL stays.
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_THAT(folder.List(), ElementsAre("wal.db", "wal.db-shm", "wal.db-wal"));
  for (const std::string& name : folder.List()) {
    ASSERT_EQ(chmod(folder.File(name).c_str(), 0444), 0);
  }
  std::filesystem::remove(folder.File("wal.db-shm"));
  ASSERT_EQ(chmod(folder.path().c_str(), 0555), 0);
  EXPECT_TRUE(WithoutCapabilities([&] {
    const absl::Status refused = Connect(ProfileFor(path));
    std::fprintf(stderr, "%s\n", errs::Render(refused).c_str());
    const std::optional<errs::Error> error = errs::GetError(refused);
    return errs::Is(refused, errs::kConnectionFailed) &&
           error->hint.find("-wal") != std::string::npos;
  }));
}

TEST(ConnectTest, ReadersLeaveTheWalInAPlaceOfOthersAsItIs) {
  TempFolder folder;
  const std::string path = folder.File("wal.db");
  MakeDatabase(path, "PRAGMA journal_mode = WAL; CREATE TABLE t(a)");
  const pid_t child = fork();
  if (child == 0) {
    PlainConnection connection(path);
    connection.Run("INSERT INTO t VALUES(71)");
    _exit(0);  // Without closing: the WAL stays.
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  const auto content = [&] {
    return std::pair(base::ReadFile(path, 1 << 20), base::ReadFile(path + "-wal", 1 << 20));
  };
  const auto [database, wal] = content();
  ASSERT_OK(database);
  ASSERT_OK(wal);
  ASSERT_FALSE(wal->empty());
  ASSERT_EQ(chmod(folder.path().c_str(), 0777), 0);
  const std::string body = BackUp(path);
  const auto [database_after, wal_after] = content();
  EXPECT_THAT(database_after, IsOkAndHolds(*database));
  EXPECT_THAT(wal_after, IsOkAndHolds(*wal));
  ASSERT_THAT(TryRestore(folder.File("copy.db"), body), IsOk());
  EXPECT_EQ(PlainConnection(folder.File("copy.db")).Value("SELECT a FROM t"), "71");
  // A reader of an own place completes the work of the writer, as every program does.
  ASSERT_EQ(chmod(folder.path().c_str(), 0755), 0);
  BackUp(path);
  EXPECT_THAT(folder.List(), ElementsAre("copy.db", "wal.db"));
}

TEST(ConnectTest, BackingUpAWalDatabaseLeavesNoFileBesideIt) {
  TempFolder folder;
  const std::string path = folder.File("wal.db");
  MakeDatabase(path, "PRAGMA journal_mode = WAL; CREATE TABLE t(a)");
  ASSERT_THAT(folder.List(), ElementsAre("wal.db"));
  const std::string body = BackUp(path);
  EXPECT_THAT(folder.List(), ElementsAre("wal.db"));
  ASSERT_THAT(TryRestore(folder.File("copy.db"), body), IsOk());
  EXPECT_THAT(folder.List(), ElementsAre("copy.db", "wal.db"));
  EXPECT_EQ(PlainConnection(folder.File("copy.db")).Value("PRAGMA journal_mode"), "wal");
}

TEST(ConnectTest, ALockedDatabaseIsBusyAfterTheTimeThatWasGiven) {
  TempFolder folder;
  const std::string path = folder.File("app.db");
  MakeDatabase(path);
  PlainConnection other(path);
  other.Run("BEGIN EXCLUSIVE");
  profile::ConnectionProfile profile = ProfileFor(path);
  profile.parameters["busy_timeout"] = "50ms";
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_THAT(Connect(profile), StatusIs(errs::kBusy, HasSubstr("app.db")));
  const auto waited = std::chrono::steady_clock::now() - begin;
  EXPECT_GE(waited, std::chrono::milliseconds(50));
  EXPECT_LT(waited, std::chrono::seconds(10));
}

TEST(ConnectTest, AStopEndsTheWaitForALock) {
  TempFolder folder;
  const std::string path = folder.File("app.db");
  MakeDatabase(path);
  PlainConnection other(path);
  other.Run("BEGIN EXCLUSIVE");
  const auto begin = std::chrono::steady_clock::now();
  SqliteDriver driver;
  const base::Context context =
      base::Context().WithDeadline(begin + std::chrono::milliseconds(100));
  EXPECT_THAT(driver.Connect(context, ProfileFor(path), Access::kRead), StatusIs(errs::kCancelled));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
}

TEST(ConnectTest, RollsBackWhatACrashedWriterLeft) {
  TempFolder folder;
  const std::string path = folder.File("app.db");
  MakeDatabase(path, "CREATE TABLE t(a); INSERT INTO t VALUES('old')");
  const pid_t child = fork();
  if (child == 0) {
    PlainConnection connection(path);
    connection.Run(
        "PRAGMA cache_size = 1; BEGIN; UPDATE t SET a = 'new';"
        "CREATE TABLE big AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL"
        " SELECT i + 1 FROM n WHERE i < 1000) SELECT i, randomblob(1000) FROM n");
    _exit(0);  // Without closing: the journal stays.
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_THAT(folder.List(), ElementsAre("app.db", "app.db-journal"));
  ASSERT_THAT(TryRestore(folder.File("copy.db"), BackUp(path)), IsOk());
  EXPECT_EQ(PlainConnection(folder.File("copy.db")).Value("SELECT group_concat(a) FROM t"), "old");
  EXPECT_THAT(folder.List(), ElementsAre("app.db", "copy.db"));
}

TEST(ConnectTest, FollowsSymbolicLinks) {
  TempFolder folder;
  MakeDatabase(folder.File("source.db"), "CREATE TABLE t(a); INSERT INTO t VALUES(1)");
  const std::string body = BackUp(folder.File("source.db"));
  std::filesystem::create_directory(folder.File("real"));
  std::filesystem::create_symlink("real/app.db", folder.File("dangling"));
  ASSERT_THAT(TryRestore(folder.File("dangling"), body), IsOk());
  EXPECT_TRUE(std::filesystem::is_symlink(folder.File("dangling")));
  EXPECT_EQ(PlainConnection(folder.File("real/app.db")).Value("SELECT a FROM t"), "1");
  driver::RestoreOptions clean;
  clean.clean = true;
  ASSERT_THAT(TryRestore(folder.File("dangling"), body, clean), IsOk());
  EXPECT_TRUE(std::filesystem::is_symlink(folder.File("dangling")));
  EXPECT_EQ(BackUp(folder.File("dangling")).size(), body.size());
  std::filesystem::create_symlink("loop", folder.File("loop"));
  EXPECT_THAT(Connect(ProfileFor(folder.File("loop"))), StatusIs(errs::kConnectionFailed));
}

}  // namespace
}  // namespace siphon::sqlite
