// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// siphon with an administrator's rights in a folder of somebody else, who has put links, FIFOs and
// crafted journals there: it reads and writes only what that user could read and write, too.

#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/e2e/database.h"
#include "testing/e2e/sandbox.h"
#include "testing/process/process.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

namespace fs = std::filesystem;

using ::testing::HasSubstr;
using ::testing::Not;

constexpr uid_t kMallory = 54321;

std::string BigEndian(uint32_t value) {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift));
  return out;
}

// The journal of an unfinished transaction over several databases. It names `super` as the
// super-journal (https://www.sqlite.org/fileformat2.html, section 3), and changes no page.
std::string JournalThatNames(std::string_view super, uint32_t pages) {
  constexpr std::string_view kMagic = "\xd9\xd5\x05\xf9\x20\xa1\x63\xd7";
  std::string journal = absl::StrCat(kMagic, BigEndian(0), BigEndian(1), BigEndian(pages),
                                     BigEndian(512), BigEndian(4096));
  journal.resize(512, '\0');
  if (super.empty()) return journal;
  uint32_t checksum = 0;
  for (const char c : super) checksum += static_cast<uint32_t>(static_cast<signed char>(c));
  return absl::StrCat(journal, BigEndian(0x40000001), super,
                      BigEndian(static_cast<uint32_t>(super.size())), BigEndian(checksum), kMagic);
}

class HostilePlaces : public ::testing::Test {
 protected:
  HostilePlaces() {
    fs::create_directory(box_.Path("hers"));
    MakeDatabase("hers/app.db");
    MakeDatabase("own.db");
  }

  void MakeDatabase(const std::string& name) {
    auto database = Database::Open(box_.Path(name));
    EXPECT_OK(database);
    EXPECT_OK(database->Execute("CREATE TABLE t (x); INSERT INTO t VALUES (1)"));
  }

  // Gives folder and files to another user. Who may not do that opens them to everybody.
  void Give() {
    const auto give = [this](const std::string& path) {
      if (lchown(path.c_str(), kMallory, kMallory) == 0) {
        given_ = true;
      } else if (!fs::is_symlink(path)) {
        fs::permissions(path, fs::perms::all);
      }
    };
    for (const auto& entry : fs::recursive_directory_iterator(box_.Path("hers"))) {
      give(entry.path().string());
    }
    give(box_.Path("hers"));
  }

  ProcessResult Run(std::vector<std::string> args) {
    return box_.RunAndSignal(std::move(args), std::chrono::seconds(60), SIGKILL);
  }

  std::string Journal() const { return box_.Path("hers/app.db-journal"); }
  std::string Hers() const { return box_.Url("hers/app.db"); }

  // What reads the database, and what writes to it.
  std::vector<std::vector<std::string>> Readers() const {
    return {{"inspect", Hers()},
            {"inspect", Hers(), "--exact", "--json"},
            {"backup", Hers()},
            {"backup", Hers(), "--format", "sql"},
            {"sync", Hers(), box_.Url("copy.db")},
            {"migrate", "--path", box_.Path("m"), "--database", Hers(), "status"}};
  }
  std::vector<std::vector<std::string>> Writers() const {
    return {{"sync", box_.Url("own.db"), Hers(), "--clean", "--yes"},
            {"restore", id_, "--profile", Hers(), "--clean", "--yes"},
            {"migrate", "--path", box_.Path("m"), "--database", Hers(), "up"}};
  }
  void PrepareVerbs() {
    fs::create_directory(box_.Path("m"));
    WriteBytes(box_.Path("m/1_a.up.sql"), "CREATE TABLE a (x);");
    id_ = box_.Backup("own.db");
  }

  Sandbox box_;
  std::string id_;
  bool given_ = false;
};

TEST_F(HostilePlaces, AnUnfinishedTransactionIsToldToReadersAndStays) {
  PrepareVerbs();
  WriteBytes(Journal(), JournalThatNames("", 2));
  Give();
  const std::string before = ReadBytes(Journal());
  const std::string database = ReadBytes(box_.Path("hers/app.db"));
  for (const std::vector<std::string>& args : Readers()) {
    const ProcessResult result = Run(args);
    EXPECT_EQ(result.exit_code, 2) << absl::StrJoin(args, " ") << "\n" << result.err;
    const std::string text = result.out + result.err;
    EXPECT_THAT(text, HasSubstr("holds an unfinished transaction"));
    EXPECT_THAT(text, HasSubstr(given_ ? "user 54321" : "everybody"));
    EXPECT_EQ(ReadBytes(Journal()), before) << absl::StrJoin(args, " ");
    EXPECT_EQ(ReadBytes(box_.Path("hers/app.db")), database);
  }
  EXPECT_FALSE(fs::exists(box_.Path("copy.db")));
  // As its owner's siphon does it, and this one in its own places.
  fs::copy(box_.Path("hers"), box_.Path("mine"));
  fs::permissions(box_.Path("mine"), fs::perms::owner_all);
  fs::permissions(box_.Path("mine/app.db"), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(Run({"inspect", box_.Url("mine/app.db")}).exit_code, 0);
  EXPECT_FALSE(fs::exists(box_.Path("mine/app.db-journal")));
}

TEST_F(HostilePlaces, NoJournalNamesAFileToRemove) {
  PrepareVerbs();
  // SQLite 3.53 removes only files with such names that hold the journal's name.
  const std::string victim = box_.Path("victim-mj0000009AB");
  for (const bool own : {false, true}) {
    const std::string folder = own ? "mine" : "hers";
    const std::string journal = box_.Path(folder + "/app.db-journal");
    if (own) {
      fs::create_directory(box_.Path(folder));
      MakeDatabase(folder + "/app.db");
    }
    std::vector<std::vector<std::string>> verbs = Readers();
    for (const auto& writer : Writers()) verbs.push_back(writer);
    for (std::vector<std::string> args : verbs) {
      for (std::string& arg : args) {
        if (arg == Hers()) arg = box_.Url(folder + "/app.db");
      }
      WriteBytes(victim, absl::StrCat(journal, std::string_view("\0", 1)));
      WriteBytes(journal, JournalThatNames(victim, 2));
      if (!own) Give();
      const ProcessResult result = Run(args);
      EXPECT_EQ(result.exit_code, 2) << absl::StrJoin(args, " ") << "\n" << result.err;
      EXPECT_TRUE(fs::exists(victim)) << absl::StrJoin(args, " ");
      EXPECT_TRUE(fs::exists(journal)) << absl::StrJoin(args, " ");
    }
  }
}

TEST_F(HostilePlaces, FilesNextToTheDatabaseAreNoLinksAndNoFifos) {
  PrepareVerbs();
  const std::string secret = box_.Path("secret");
  for (const std::string suffix : {"-journal", "-wal", "-shm"}) {
    for (const std::string kind : {"link", "hard link", "fifo", "dangling"}) {
      {
        auto database = Database::Open(box_.Path("hers/app.db"));
        ASSERT_OK(database);
        ASSERT_OK(database->Execute(suffix == "-journal" ? "PRAGMA journal_mode = delete"
                                                         : "PRAGMA journal_mode = wal"));
      }
      const std::string file = absl::StrCat(box_.Path("hers/app.db"), suffix);
      // SQLite ignores an empty journal.
      const std::string content = suffix == "-journal" ? "x" : "";
      WriteBytes(secret, content);
      fs::permissions(secret, fs::perms::owner_read | fs::perms::owner_write);
      fs::remove(file);
      Give();
      if (kind == "link") fs::create_symlink(secret, file);
      if (kind == "dangling") fs::create_symlink(box_.Path("made"), file);
      if (kind == "hard link") fs::create_hard_link(secret, file);
      if (kind == "fifo") {
        ASSERT_EQ(mkfifo(file.c_str(), 0666), 0);
      }
      std::vector<std::vector<std::string>> verbs = Readers();
      for (const auto& writer : Writers()) verbs.push_back(writer);
      for (const std::vector<std::string>& args : verbs) {
        const ProcessResult result = Run(args);
        EXPECT_EQ(result.signal, 0) << kind << suffix << " " << absl::StrJoin(args, " ");
        EXPECT_EQ(result.exit_code, 2) << kind << suffix << " " << absl::StrJoin(args, " ");
        struct stat info {};
        ASSERT_EQ(stat(secret.c_str(), &info), 0);
        EXPECT_EQ(info.st_uid, geteuid()) << kind << suffix << " " << absl::StrJoin(args, " ");
        EXPECT_EQ(info.st_mode & 0777, 0600u) << kind << suffix << " " << absl::StrJoin(args, " ");
        EXPECT_EQ(ReadBytes(secret), content) << kind << suffix << " " << absl::StrJoin(args, " ");
        EXPECT_FALSE(fs::exists(box_.Path("made")));
      }
      fs::remove(file);
      fs::remove(secret);
    }
  }
}

TEST_F(HostilePlaces, NothingIsWrittenThroughTheirLinks) {
  PrepareVerbs();
  const std::string before = ReadBytes(box_.Path("own.db"));
  fs::create_directory(box_.Path("private"));
  fs::create_symlink(box_.Path("private/new.db"), box_.Path("hers/dangling.db"));
  fs::create_symlink(box_.Path("own.db"), box_.Path("hers/link.db"));
  fs::create_symlink(box_.Path("private"), box_.Path("hers/folder"));
  Give();
  for (const std::string target : {"hers/dangling.db", "hers/link.db", "hers/folder/new.db"}) {
    const ProcessResult result =
        Run({"restore", id_, "--profile", box_.Url(target), "--clean", "--yes"});
    EXPECT_EQ(result.exit_code, 1) << target << "\n" << result.err;
    EXPECT_THAT(result.err, HasSubstr("is a symbolic link in a place that")) << target;
    EXPECT_EQ(
        Run({"migrate", "--path", box_.Path("m"), "--database", box_.Url(target), "up"}).exit_code,
        1);
    EXPECT_EQ(
        Run({"sync", box_.Url("hers/app.db"), box_.Url(target), "--clean", "--yes"}).exit_code, 1);
  }
  EXPECT_EQ(Run({"backup", box_.Url("hers/link.db")}).exit_code, 1);
  EXPECT_EQ(Names(box_.Path("private")), std::vector<std::string>());
  EXPECT_EQ(ReadBytes(box_.Path("own.db")), before);
}

// A failed migration quotes its text, and `plan` shows it whole.
TEST_F(HostilePlaces, AMigrationShowsNoPrivateFile) {
  fs::create_directory(box_.Path("hers/m"));
  fs::create_directory(box_.Path("private"));
  const std::string secret = box_.Path("private/secret");
  WriteBytes(secret, "CANARY:x:0");
  fs::create_symlink(secret, box_.Path("hers/m/1_a.up.sql"));
  Give();
  const auto migrate = [&](std::vector<std::string> verb) {
    std::vector<std::string> args = {"migrate", "--path", box_.Path("hers/m"), "--database",
                                     box_.Url("own.db")};
    args.insert(args.end(), verb.begin(), verb.end());
    return Run(args);
  };
  const auto make = [](const std::string& path, unsigned mode) {
    fs::permissions(path, static_cast<fs::perms>(mode));
  };
  // Neither a private file, nor an open one in a private folder.
  for (const auto& [file, folder] : {std::pair(0600U, 0755U), {0640U, 0755U}, {0644U, 0700U}}) {
    make(secret, file);
    make(box_.Path("private"), folder);
    for (const std::vector<std::string>& verb :
         {std::vector<std::string>{"up"}, {"up", "--json"}, {"plan"}, {"goto", "1"}}) {
      const ProcessResult result = migrate(verb);
      EXPECT_EQ(result.exit_code, 1) << verb[0] << result.err;
      EXPECT_THAT(result.out + result.err, HasSubstr("is a link to a private file"));
      EXPECT_THAT(result.out + result.err, Not(HasSubstr("CANARY"))) << verb[0];
    }
  }
  make(box_.Path("private"), 0711);
  EXPECT_THAT(migrate({"up"}).err, HasSubstr("CANARY")) << "everybody may read it";
}

TEST_F(HostilePlaces, AConfigurationThatOthersCanWriteIsNotUsed) {
  PrepareVerbs();
  const std::string path = box_.Path("config/config.yaml");
  fs::create_directory(box_.Path("config"));
  WriteBytes(path, absl::StrCat("version: 1\nprofiles:\n  app: {driver: sqlite, database: ",
                                box_.Path("own.db"), "}\n"));
  const std::vector<std::vector<std::string>> verbs = {
      {"inspect", "app"},
      {"backup", "app"},
      {"restore", id_, "--profile", "app", "--clean", "--yes"},
      {"migrate", "--path", box_.Path("m"), "--database", "app", "status"},
      {"verify", id_},
      {"dumps", "list"},
      {"profile", "list"}};
  const auto expect_refused = [&](const std::string& why) {
    for (const std::vector<std::string>& args : verbs) {
      const ProcessResult result = Run(args);
      EXPECT_EQ(result.exit_code, 1) << args[0] << ", " << why;
      EXPECT_THAT(result.err, HasSubstr(why)) << args[0];
    }
  };
  for (const int mode : {0646, 0602}) {
    ASSERT_EQ(chmod(path.c_str(), mode), 0);
    expect_refused("everybody may write to it");
  }
  ASSERT_EQ(chmod(path.c_str(), 0644), 0);
  for (const std::vector<std::string>& args : verbs) EXPECT_EQ(Run(args).exit_code, 0) << args[0];
  // Only root can give the file away.
  constexpr auto kSame = static_cast<uid_t>(-1);
  if (geteuid() != 0) return;
  ASSERT_EQ(chown(path.c_str(), kSame, kMallory), 0);
  ASSERT_EQ(chmod(path.c_str(), 0660), 0);
  expect_refused("group 54321 may write to it");
  ASSERT_EQ(chmod(path.c_str(), 0640), 0);
  EXPECT_EQ(Run({"inspect", "app"}).exit_code, 0);
  ASSERT_EQ(chown(path.c_str(), kMallory, kSame), 0);
  expect_refused("belongs to user 54321");
}

TEST_F(HostilePlaces, OrdinaryWorkThereStillSucceeds) {
  PrepareVerbs();
  for (const std::string mode : {"delete", "wal"}) {
    {
      auto database = Database::Open(box_.Path("hers/app.db"));
      ASSERT_OK(database);
      ASSERT_OK(database->Execute(absl::StrCat("PRAGMA journal_mode = ", mode)));
    }
    Give();
    std::vector<std::vector<std::string>> verbs = Readers();
    for (const auto& writer : Writers()) verbs.push_back(writer);
    for (const std::vector<std::string>& args : verbs) {
      fs::remove(box_.Path("copy.db"));
      const ProcessResult result = Run(args);
      EXPECT_EQ(result.exit_code, 0) << mode << " " << absl::StrJoin(args, " ") << result.err;
    }
    EXPECT_EQ(Names(box_.Path("hers")), std::vector<std::string>({"app.db"})) << mode;
  }
  EXPECT_EQ(Run({"restore", id_, "--profile", box_.Url("hers/new.db")}).exit_code, 0);
  struct stat info {};
  ASSERT_EQ(stat(box_.Path("hers/new.db").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  // Nothing in the folder belongs to root afterwards.
  EXPECT_EQ(info.st_uid, given_ ? kMallory : geteuid());
  ASSERT_EQ(stat(box_.Path("hers/app.db").c_str(), &info), 0);
  EXPECT_EQ(info.st_uid, given_ ? kMallory : geteuid());
}

}  // namespace
}  // namespace siphon::testing
