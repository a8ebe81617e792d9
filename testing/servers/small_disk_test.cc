// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/servers/small_disk.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/file.h"
#include "testing/process/process.h"
#include "testing/servers/postgres.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

using ::testing::HasSubstr;

constexpr uint64_t kMegabyte = 1'000'000;

// The errno of writing `size` bytes; 0 if there is room for them.
int WriteFile(const std::string& path, size_t size) {
  const base::FileDescriptor fd(open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  const std::vector<char> data(65536);
  for (size_t written = 0; written < size; written += data.size()) {
    if (write(fd.get(), data.data(), data.size()) < 0) return errno;
  }
  return 0;
}

TEST(SmallDisk, IsFullAfterSoManyBytesAndFreeAgainAfterwards) {
  ASSERT_OK_AND_ASSIGN(const auto disk, SmallDisk::Make(4 * kMegabyte));
  EXPECT_EQ(WriteFile(disk->path() + "/a", 3 * kMegabyte), 0);
  EXPECT_EQ(WriteFile(disk->path() + "/b", 3 * kMegabyte), ENOSPC);
  std::filesystem::remove(disk->path() + "/b");
  ASSERT_OK(disk->FillUpTo(100'000));
  EXPECT_LE(disk->Free(), 100'000u);
  EXPECT_EQ(WriteFile(disk->path() + "/c", kMegabyte), ENOSPC);
  std::filesystem::remove(disk->path() + "/c");
  disk->Empty();
  EXPECT_EQ(WriteFile(disk->path() + "/c", 500'000), 0);
}

TEST(SmallDisk, IsSeenByChildrenAndGoneAtItsEnd) {
  std::string path;
  {
    ASSERT_OK_AND_ASSIGN(const auto disk, SmallDisk::Make(kMegabyte));
    path = disk->path();
    ASSERT_EQ(WriteFile(path + "/file", 10), 0);
    ASSERT_OK_AND_ASSIGN(const ProcessResult result,
                         RunProcess({.argv = {"/bin/ls", path}, .environment = {}}));
    EXPECT_EQ(result.out, "file\n");
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(SmallDisk, APostgresServerOnItRunsOutOfSpace) {
  ASSERT_OK_AND_ASSIGN(const auto disk, SmallDisk::Make(150 * kMegabyte));
  ASSERT_OK_AND_ASSIGN(const auto server, PostgresServer::Start({.parent = disk->path()}));
  ASSERT_OK(disk->FillUpTo(20 * kMegabyte));
  const absl::Status full = server->RunSql(
      "CREATE UNLOGGED TABLE t AS SELECT repeat('x', 1000) FROM generate_series(1, 100000)");
  EXPECT_THAT(full.message(), HasSubstr("No space left on device"));
  disk->Empty();
  EXPECT_OK(server->RunSql("CREATE TABLE t AS SELECT 1"));
}

TEST(FileLimit, EndsTheWritingOfAPostgresServer) {
  ASSERT_OK_AND_ASSIGN(const auto server, PostgresServer::Start({.file_limit = 20 << 20}));
  const absl::Status full = server->RunSql(
      "CREATE UNLOGGED TABLE t AS SELECT repeat('x', 1000) FROM generate_series(1, 100000)");
  EXPECT_THAT(full.message(), HasSubstr("File too large"));
  EXPECT_OK(server->RunSql("CREATE TABLE t AS SELECT 1"));
}

TEST(FileLimit, EndsTheWritingOfAProgram) {
  const std::string path = ::testing::TempDir() + "/limited";
  ASSERT_OK_AND_ASSIGN(
      const ProcessResult result,
      RunProcess({.argv = {"/bin/dd", "if=/dev/zero", "of=" + path, "bs=1000", "count=50"},
                  .environment = {"LC_ALL=C"},
                  .file_limit = 20'000}));
  EXPECT_EQ(result.exit_code, 1) << result.err;
  EXPECT_THAT(result.err, HasSubstr("File too large"));
  EXPECT_EQ(std::filesystem::file_size(path), 20'000u);
}

}  // namespace
}  // namespace siphon::testing
