// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/migrate/source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <stop_token>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/domain/migrate/tar.h"
#include "testing/status_matchers.h"

namespace siphon::migrate {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class SourceTest : public ::testing::Test {
 protected:
  SourceTest() : folder_(absl::StrCat(::testing::TempDir(), "/migrations-XXXXXX")) {
    EXPECT_NE(mkdtemp(folder_.data()), nullptr);
  }
  void Write(const std::string& name, const std::string& content) {
    std::ofstream(absl::StrCat(folder_, "/", name)) << content;
  }
  std::string folder_;
};

// An entry of a tar archive, as ustar has it.
std::string TarEntryText(const std::string& path, const std::string& content, char type = '0') {
  std::string header(512, '\0');
  header.replace(0, path.size(), path);
  header.replace(100, 7, "0000644");
  const std::string size = absl::StrFormat("%011o", content.size());
  header.replace(124, 11, size);
  header[156] = type;
  header.replace(257, 5, "ustar");
  header.replace(263, 2, "00");
  header.replace(148, 8, "        ");
  unsigned sum = 0;
  for (const char c : header) sum += static_cast<unsigned char>(c);
  header.replace(148, 7, absl::StrFormat("%06o", sum) + std::string(1, '\0'));
  std::string padded = content;
  padded.resize((content.size() + 511) / 512 * 512);
  return header + padded;
}
const std::string kTarEnd(1024, '\0');

TEST_F(SourceTest, ReadsAFolder) {
  Write("2_b.up.sql", "two");
  Write("1_a.up.sql", "one");
  Write("1_a.down.sql", "back");
  Write("README.md", "read me");
  mkdir(absl::StrCat(folder_, "/old").c_str(), 0755);
  for (const std::string& place : {folder_, absl::StrCat("file://", folder_)}) {
    const auto source = Source::Open(place, nullptr);
    ASSERT_THAT(source, IsOk());
    ASSERT_EQ((*source)->migrations().size(), 2u);
    EXPECT_EQ((*source)->migrations()[0].version, 1);
    EXPECT_THAT((*source)->passed_over(), ElementsAre("README.md"));
    EXPECT_THAT((*source)->Read(*(*source)->Find(1)->down), IsOkAndHolds("back"));
  }
}

TEST_F(SourceTest, RefusesWhatItWouldHaveToGuess) {
  EXPECT_TRUE(errs::Is(Source::Open(folder_ + "/nowhere", nullptr).status(), errs::kNotFound));
  EXPECT_TRUE(errs::Is(Source::Open("s3://bucket/x", nullptr).status(), errs::kInvalidArgument));
  Write("1_a.sql", "x");
  EXPECT_THAT(Source::Open(folder_, nullptr).status().message(), HasSubstr("1_a.sql"));
  unlink(absl::StrCat(folder_, "/1_a.sql").c_str());
  Write("1_a.up.sql", "x");
  Write("01_b.up.sql", "x");
  EXPECT_THAT(Source::Open(folder_, nullptr).status().message(),
              HasSubstr("01_b.up.sql and 1_a.up.sql are both up of version 1"));
  unlink(absl::StrCat(folder_, "/01_b.up.sql").c_str());
  mkdir(absl::StrCat(folder_, "/2_b.up.sql").c_str(), 0755);
  const absl::Status status = Source::Open(folder_, nullptr).status();
  EXPECT_THAT(status.message(), HasSubstr("is not a file"));
  EXPECT_EQ(errs::ExitCode(status), 1);
}

TEST_F(SourceTest, RefusesFilesThatAreNoFilesAnyMore) {
  Write("1_a.up.sql", "x");
  Write("2_b.up.sql", "");
  Write("3_c.up.sql", "x");
  const auto source = Source::Open(folder_, nullptr);
  ASSERT_THAT(source, IsOk());
  unlink(absl::StrCat(folder_, "/1_a.up.sql").c_str());
  const auto read = [&](int64_t version) {
    return (*source)->Read(*(*source)->Find(version)->up).status();
  };
  EXPECT_TRUE(errs::Is(read(1), errs::kNotFound));
  EXPECT_THAT(read(1).message(), HasSubstr("vanished"));
  EXPECT_THAT(read(2).message(), HasSubstr("2_b.up.sql is empty"));
  mkdir(absl::StrCat(folder_, "/1_a.up.sql").c_str(), 0755);
  EXPECT_THAT(read(1).message(), HasSubstr("not a file"));
  EXPECT_THAT(read(3), IsOk());
}

TEST_F(SourceTest, SeesAFileThatShrinksWhileItIsRead) {
  // A file of /proc has size 0 and content, like a file that grows while it is read.
  ASSERT_EQ(symlink("/proc/self/status", absl::StrCat(folder_, "/1_a.up.sql").c_str()), 0);
  const auto source = Source::Open(folder_, nullptr);
  ASSERT_THAT(source, IsOk());
  EXPECT_THAT((*source)->Read(*(*source)->Find(1)->up).status().message(),
              HasSubstr("changed while it was read"));
}

TEST_F(SourceTest, FollowsALinkOutOfItsFolderOnlyToWhatEverybodyMayRead) {
  const std::string outside = folder_ + ".secret";
  std::ofstream(outside) << "root:$6$hash";
  ASSERT_EQ(symlink(outside.c_str(), absl::StrCat(folder_, "/1_a.up.sql").c_str()), 0);
  Write("inside", "SELECT 1;");
  chmod(absl::StrCat(folder_, "/inside").c_str(), 0600);
  ASSERT_EQ(symlink("inside", absl::StrCat(folder_, "/2_b.up.sql").c_str()), 0);
  const auto source = Source::Open(folder_, nullptr);
  ASSERT_THAT(source, IsOk());
  const auto read = [&](int64_t version) { return (*source)->Read(*(*source)->Find(version)->up); };
  for (const mode_t mode : {0600, 0640, 0660}) {
    chmod(outside.c_str(), mode);
    EXPECT_THAT(read(1).status().message(), HasSubstr("1_a.up.sql is a link to a private file"));
  }
  chmod(outside.c_str(), 0644);
  EXPECT_THAT(read(1), IsOkAndHolds("root:$6$hash"));
  EXPECT_THAT(read(2), IsOkAndHolds("SELECT 1;"));
  unlink(outside.c_str());
}

// Not everybody may read a file that everybody may read, if its folder is private.
TEST_F(SourceTest, FollowsNoLinkIntoAPrivateFolder) {
  const std::string home = folder_ + ".home";
  const std::string notes = home + "/notes";
  ASSERT_EQ(mkdir(home.c_str(), 0700), 0);
  ASSERT_EQ(mkdir(notes.c_str(), 0755), 0);
  std::ofstream(notes + "/keys") << "CANARY";
  chmod((notes + "/keys").c_str(), 0644);
  ASSERT_EQ(symlink((notes + "/keys").c_str(), absl::StrCat(folder_, "/1_a.up.sql").c_str()), 0);
  ASSERT_EQ(symlink(notes.c_str(), absl::StrCat(folder_, "/link").c_str()), 0);
  ASSERT_EQ(symlink("link/keys", absl::StrCat(folder_, "/2_b.up.sql").c_str()), 0);
  const auto source = Source::Open(folder_, nullptr);
  ASSERT_THAT(source, IsOk());
  const auto read = [&](int64_t version) { return (*source)->Read(*(*source)->Find(version)->up); };
  for (const int64_t version : {1, 2}) {
    EXPECT_THAT(read(version).status().message(), HasSubstr("is a link to a private file"));
  }
  chmod(home.c_str(), 0711);
  EXPECT_THAT(read(1), IsOkAndHolds("CANARY"));
  EXPECT_THAT(read(2), IsOkAndHolds("CANARY"));
}

// Somebody exchanges a file and a link all the time.
TEST_F(SourceTest, ALinkIsSeenWheneverItIsExchanged) {
  const std::string outside = folder_ + ".secret";
  std::ofstream(outside) << "CANARY";
  chmod(outside.c_str(), 0600);
  const std::string path = absl::StrCat(folder_, "/1_a.up.sql");
  const std::string next = absl::StrCat(folder_, "/next");
  Write("1_a.up.sql", "SELECT 1;");
  const auto source = Source::Open(folder_, nullptr);
  ASSERT_THAT(source, IsOk());
  const std::jthread exchanger([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      if (symlink(outside.c_str(), next.c_str()) != 0 || rename(next.c_str(), path.c_str()) != 0) {
        return;
      }
      std::ofstream(next) << "SELECT 1;";
      if (rename(next.c_str(), path.c_str()) != 0) return;
    }
  });
  int refused = 0;
  for (int i = 0; i < 20'000; ++i) {
    const absl::StatusOr<std::string> text = (*source)->Read(*(*source)->Find(1)->up);
    ASSERT_NE(text.value_or(""), "CANARY") << "in round " << i;
    refused += text.ok() ? 0 : 1;
  }
  EXPECT_GT(refused, 0) << "no round met the link";
}

TEST_F(SourceTest, ReadsATarArchive) {
  const std::string long_name = "9_" + std::string(120, 'x') + ".up.sql";
  const std::string tar = TarEntryText("./", "", '5') + TarEntryText("./README.md", "hello") +
                          TarEntryText("./1_a.up.sql", "one") +
                          TarEntryText("././@LongLink", "./" + long_name + '\0', 'L') +
                          TarEntryText("./9_", "nine") + kTarEnd;
  base::StringReader input(tar);
  const auto source = Source::Open("-", &input);
  ASSERT_THAT(source, IsOk());
  EXPECT_THAT((*source)->Read(*(*source)->Find(1)->up), IsOkAndHolds("one"));
  EXPECT_EQ((*source)->Find(9)->up->name, long_name);
  Write("m.tar", tar);
  EXPECT_THAT(Source::Open(folder_ + "/m.tar", nullptr), IsOk());
}

TEST_F(SourceTest, RefusesADamagedArchive) {
  const std::string entry = TarEntryText("1_a.up.sql", "one");
  std::string flipped = entry;
  flipped[3] ^= 1;
  const std::pair<std::string, std::string> cases[] = {
      {"", "is empty"},
      {entry.substr(0, 700), "truncated"},
      {flipped, "checksum"},
      {entry + TarEntryText("2/2_a.up.sql", "x") + kTarEnd, "two folders"},
      {entry + entry + kTarEnd, "twice"},
      {TarEntryText("1_a.up.sql", "", '5') + kTarEnd, "not a file"},
      {TarEntryText("x", "9 path=a\n12", 'x') + entry + kTarEnd, "pax"},
  };
  for (const auto& [tar, message] : cases) {
    base::StringReader input(tar);
    const absl::Status status = Source::Open("-", &input).status();
    EXPECT_TRUE(errs::Is(status, errs::kInvalidArgument)) << message;
    EXPECT_THAT(status.message(), HasSubstr(message));
  }
}

}  // namespace
}  // namespace siphon::migrate
