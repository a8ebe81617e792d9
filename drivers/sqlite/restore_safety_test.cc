// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Whatever happens to a restore, the target is the old database or the new one, whole, and nothing
// is left lying about.

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "drivers/sqlite/driver.h"
#include "drivers/sqlite/fixture.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/context.h"
#include "testing/contracts/driver_bodies.h"
#include "testing/status_matchers.h"

namespace siphon::sqlite {
namespace {

using siphon::testing::PieceReader;
using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::Not;
using Access = driver::Driver::Access;

void MakeDatabase(const std::string& path, const std::string& mark, int rows,
                  const std::string& before = "") {
  PlainConnection connection(path);
  connection.Run(before);
  connection.Run(absl::StrCat(
      "CREATE TABLE t(id INTEGER PRIMARY KEY, mark TEXT, data BLOB); CREATE TABLE ", mark,
      "(a); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ", rows,
      ") INSERT INTO t SELECT i, '", mark, "', zeroblob(2000) FROM n"));
}

// "mark:rows" of a database that is whole, or what is wrong with it.
std::string StateOf(const std::string& path) {
  PlainConnection connection(path);
  const std::string check = connection.Value("PRAGMA integrity_check");
  if (check != "ok") return check;
  return connection.Value("SELECT group_concat(DISTINCT mark) || ':' || count(*) FROM t");
}

driver::RestoreOptions Clean() {
  driver::RestoreOptions options;
  options.clean = true;
  return options;
}

// Runs `body` in a child process; its exit code, or 128 + the signal that ended it.
int InChild(const std::function<int()>& body, std::chrono::microseconds kill_after = {}) {
  const pid_t child = fork();
  if (child == 0) _exit(body());
  if (kill_after.count() > 0) {
    std::this_thread::sleep_for(kill_after);
    kill(child, SIGKILL);
  }
  int status = 0;
  if (waitpid(child, &status, 0) != child) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

class RestoreSafetyTest : public ::testing::Test {
 protected:
  TempFolder folder_;
  const std::string target_ = folder_.File("app.db");
};

struct KillCase {
  std::string name;
  std::string mode;  // The target's journal mode; empty: there is no target.
  std::string format;
  bool chosen = false;
};
void PrintTo(const KillCase& c, std::ostream* os) { *os << c.name; }

class KillTest : public ::testing::TestWithParam<KillCase> {};

TEST_P(KillTest, LeavesTheOldOrTheNewDatabaseAndTheNextRunCleansUp) {
  const KillCase& c = GetParam();
  TempFolder folder;
  const std::string target = folder.File("app.db");
  MakeDatabase(folder.File("source.db"), "new_one", 1500);
  driver::BackupOptions backup;
  backup.format = c.format;
  const std::string body = BackUp(folder.File("source.db"), backup);
  std::filesystem::remove(folder.File("source.db"));
  driver::RestoreOptions options = Clean();
  if (c.chosen) options.tables = {"t"};
  const auto restore = [&] { return TryRestore(target, body, options).ok() ? 0 : 1; };
  const auto prepare = [&] {
    std::filesystem::remove(target);
    if (!c.mode.empty()) {
      MakeDatabase(target, "old_one", 2500, absl::StrCat("PRAGMA journal_mode = ", c.mode));
    }
  };
  // The shortest of several runs: on a busy machine a single one may take far longer than most.
  auto whole = std::chrono::microseconds::max();
  for (int i = 0; i < 5; ++i) {
    prepare();
    const auto begin = std::chrono::steady_clock::now();
    ASSERT_EQ(InChild(restore), 0);
    whole = std::min(whole, std::chrono::duration_cast<std::chrono::microseconds>(
                                std::chrono::steady_clock::now() - begin));
  }
  constexpr int kKills = 25;
  int killed = 0, old_ones = 0, new_ones = 0;
  for (int i = 0; i < kKills; ++i) {
    prepare();
    // Spread over the whole run, and a little beyond.
    const int code = InChild(restore, whole * (i + 1) / (kKills - 2));
    killed += code == 128 + SIGKILL ? 1 : 0;
    // The next run on the target: it rolls back, and removes what the killed one staged.
    {
      SqliteDriver driver;
      const auto connection = driver.Connect(base::Context(), ProfileFor(target), Access::kCreate);
      ASSERT_THAT(connection, IsOk());
      ASSERT_THAT((*connection)->Close(), IsOk());
    }
    if (!std::filesystem::exists(target)) {
      EXPECT_TRUE(c.mode.empty()) << "the database is gone";
      EXPECT_THAT(folder.List(), ElementsAre());
      ++old_ones;
      continue;
    }
    EXPECT_THAT(folder.List(), ElementsAre("app.db"));
    const std::string state = StateOf(target);
    EXPECT_THAT(state, AnyOf(Eq("old_one:2500"), Eq("new_one:1500")));
    (state == "old_one:2500" ? old_ones : new_ones) += 1;
  }
  // It was worth the while.
  EXPECT_GT(killed, kKills / 3);
  EXPECT_GT(old_ones, 0);
  RecordProperty("killed", killed);
  RecordProperty("new", new_ones);
  prepare();
  EXPECT_EQ(restore(), 0);
  EXPECT_EQ(StateOf(target), "new_one:1500");
}

INSTANTIATE_TEST_SUITE_P(Targets, KillTest,
                         ::testing::Values(KillCase{"Missing", "", "image"},
                                           KillCase{"MissingFromScript", "", "sql"},
                                           KillCase{"Rollback", "DELETE", "image"},
                                           KillCase{"Wal", "WAL", "image"},
                                           KillCase{"RollbackTable", "DELETE", "image", true},
                                           KillCase{"WalTable", "WAL", "sql", true}),
                         [](const auto& info) { return info.param.name; });

TEST_F(RestoreSafetyTest, RemovesWhatKilledRunsLeftButNotWhatALivingOneUses) {
  MakeDatabase(folder_.File("source.db"), "new_one", 10);
  const std::string body = BackUp(folder_.File("source.db"));
  std::ofstream(folder_.File(".app.db.siphon-0123456789abcdef")) << "half a database";
  std::ofstream(folder_.File(".other.db.siphon-0123456789abcdef")) << "another's";
  SqliteDriver driver;
  const auto connection = driver.Connect(base::Context(), ProfileFor(target_), Access::kCreate);
  ASSERT_THAT(connection, IsOk());
  EXPECT_THAT(folder_.List(), ElementsAre(".other.db.siphon-0123456789abcdef", "source.db"));
  // A second connection comes while the first one is restoring.
  bool looked = false;
  PieceReader reader(body, 1000, [&](size_t offset) {
    if (offset < 3000 || looked) return absl::OkStatus();
    looked = true;
    EXPECT_EQ(folder_.List().size(), 3u);
    EXPECT_THAT(driver.Connect(base::Context(), ProfileFor(target_), Access::kCreate), IsOk());
    EXPECT_EQ(folder_.List().size(), 3u);
    return absl::OkStatus();
  });
  EXPECT_THAT((*connection)->Restore(base::Context(), {}, reader), IsOk());
  EXPECT_TRUE(looked);
  EXPECT_EQ(StateOf(target_), "new_one:10");
}

TEST_F(RestoreSafetyTest, AFullDiskChangesNothing) {
  MakeDatabase(folder_.File("source.db"), "new_one", 3000);
  for (const std::string mode : {"", "DELETE", "WAL"}) {
    for (const std::string format : {"image", "sql"}) {
      // A limit that stops the staging, and one that stops what comes after it.
      for (const rlim_t limit : {rlim_t{1} << 20, rlim_t{6700000}}) {
        SCOPED_TRACE(absl::StrCat(mode, " ", format, " ", limit));
        std::filesystem::remove(target_);
        if (!mode.empty()) {
          MakeDatabase(target_, "old_one", 5000, absl::StrCat("PRAGMA journal_mode = ", mode));
        }
        driver::BackupOptions backup;
        backup.format = format;
        const std::string body = BackUp(folder_.File("source.db"), backup);
        const int code = InChild([&] {
          signal(SIGXFSZ, SIG_IGN);
          const rlimit size = {limit, limit};
          if (setrlimit(RLIMIT_FSIZE, &size) != 0) return 9;
          const absl::Status status = TryRestore(target_, body, Clean());
          if (status.ok()) return 0;
          if (!errs::Is(status, errs::kIo)) std::fprintf(stderr, "%s\n", status.ToString().c_str());
          return errs::Is(status, errs::kIo) ? 1 : 2;
        });
        if (code == 0) {
          EXPECT_EQ(StateOf(target_), "new_one:3000");
        } else {
          EXPECT_EQ(code, 1);
          if (mode.empty()) {
            EXPECT_FALSE(std::filesystem::exists(target_));
          } else {
            EXPECT_EQ(StateOf(target_), "old_one:5000");
          }
        }
        for (const std::string& name : folder_.List()) {
          EXPECT_THAT(name, AnyOf(Eq("app.db"), Eq("source.db")));
        }
      }
    }
  }
}

TEST_F(RestoreSafetyTest, JournalsOfADatabaseThatIsGoneAreNotTakenForTheNewOnes) {
  MakeDatabase(folder_.File("source.db"), "new_one", 10);
  const std::string body = BackUp(folder_.File("source.db"));
  for (const std::string suffix : {"-journal", "-wal", "-shm"}) {
    SCOPED_TRACE(suffix);
    std::filesystem::remove(target_);
    std::ofstream(target_ + suffix) << "left";
    EXPECT_THAT(TryRestore(target_, body),
                StatusIs(errs::kTargetNotEmpty, HasSubstr("app.db" + suffix)));
    EXPECT_FALSE(std::filesystem::exists(target_));
    EXPECT_TRUE(std::filesystem::exists(target_ + suffix));
    EXPECT_THAT(TryRestore(target_, body, Clean()), IsOk());
    EXPECT_THAT(folder_.List(), ElementsAre("app.db", "source.db"));
    EXPECT_EQ(StateOf(target_), "new_one:10");
  }
}

TEST_F(RestoreSafetyTest, AnyPageSizeGoesIntoAnyTarget) {
  for (const std::string source_mode : {"DELETE", "WAL"}) {
    for (const std::string target_mode : {"DELETE", "WAL"}) {
      for (const int source_page : {512, 4096, 65536}) {
        for (const int target_page : {512, 8192, 65536}) {
          SCOPED_TRACE(absl::StrCat(source_mode, source_page, " ", target_mode, target_page));
          const std::string source = folder_.File("source.db");
          std::filesystem::remove(source);
          std::filesystem::remove(target_);
          MakeDatabase(source, "new_one", 200,
                       absl::StrCat("PRAGMA page_size = ", source_page,
                                    "; PRAGMA journal_mode = ", source_mode));
          MakeDatabase(target_, "old_one", 300,
                       absl::StrCat("PRAGMA page_size = ", target_page,
                                    "; PRAGMA journal_mode = ", target_mode));
          ASSERT_THAT(TryRestore(target_, BackUp(source), Clean()), IsOk());
          EXPECT_EQ(StateOf(target_), "new_one:200");
          EXPECT_EQ(Difference(Fingerprint(target_), Fingerprint(source)), "");
          EXPECT_THAT(folder_.List(), ElementsAre("app.db", "source.db"));
          const bool wal = source_mode == "WAL" || target_mode == "WAL";
          EXPECT_EQ(PlainConnection(target_).Value("PRAGMA journal_mode"), wal ? "wal" : "delete");
        }
      }
    }
  }
}

TEST_F(RestoreSafetyTest, AnotherPageSizeNeedsAWalDatabaseForItself) {
  MakeDatabase(folder_.File("source.db"), "new_one", 10, "PRAGMA page_size = 8192");
  const std::string body = BackUp(folder_.File("source.db"));
  MakeDatabase(target_, "old_one", 10, "PRAGMA journal_mode = WAL");
  PlainConnection other(target_);
  EXPECT_EQ(other.Value("SELECT count(*) FROM t"), "10");
  SqliteDriver driver;
  profile::ConnectionProfile profile = ProfileFor(target_);
  profile.parameters["busy_timeout"] = "50ms";
  const auto connection = driver.Connect(base::Context(), profile, Access::kWrite);
  ASSERT_THAT(connection, IsOk());
  PieceReader reader(body);
  EXPECT_THAT((*connection)->Restore(base::Context(), Clean(), reader),
              StatusIs(errs::kBusy, HasSubstr("page size")));
  EXPECT_EQ(StateOf(target_), "old_one:10");
  EXPECT_EQ(other.Value("PRAGMA journal_mode"), "wal");
}

TEST_F(RestoreSafetyTest, ATargetThatComesIntoBeingMeanwhileIsLeftAlone) {
  MakeDatabase(folder_.File("source.db"), "new_one", 10);
  const std::string body = BackUp(folder_.File("source.db"));
  for (const bool empty : {false, true}) {
    std::filesystem::remove(target_);
    if (empty) std::ofstream(target_).close();
    SqliteDriver driver;
    const auto connection = driver.Connect(base::Context(), ProfileFor(target_), Access::kCreate);
    ASSERT_THAT(connection, IsOk());
    bool made = false;
    PieceReader reader(body, 1 << 20, [&](size_t offset) {
      if (offset == body.size() && !made) MakeDatabase(target_, "others", 5);
      made = made || offset == body.size();
      return absl::OkStatus();
    });
    EXPECT_THAT((*connection)->Restore(base::Context(), {}, reader),
                StatusIs(errs::kTargetNotEmpty));
    EXPECT_EQ(StateOf(target_), "others:5");
    EXPECT_THAT(folder_.List(), ElementsAre("app.db", "source.db"));
  }
}

TEST_F(RestoreSafetyTest, ANewFileIsItsOwnersAlone) {
  MakeDatabase(folder_.File("source.db"), "new_one", 10);
  const std::string body = BackUp(folder_.File("source.db"));
  const mode_t before = umask(0);
  EXPECT_THAT(TryRestore(target_, body), IsOk());
  umask(before);
  struct stat info {};
  ASSERT_EQ(stat(target_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0600u);
}

TEST_F(RestoreSafetyTest, AnExistingDatabaseKeepsItsMode) {
  MakeDatabase(folder_.File("source.db"), "new_one", 10);
  const mode_t before = umask(0);
  for (const std::string format : {"image", "sql"}) {
    for (const mode_t mode : {0600, 0640, 0660, 0604}) {
      for (const bool filled : {false, true}) {
        std::filesystem::remove(target_);
        if (filled) {
          MakeDatabase(target_, "old_one", 20);
        } else {
          std::ofstream(target_).close();
        }
        ASSERT_EQ(chmod(target_.c_str(), mode), 0);
        driver::BackupOptions backup;
        backup.format = format;
        driver::RestoreOptions options;
        options.clean = filled;
        EXPECT_THAT(TryRestore(target_, BackUp(folder_.File("source.db"), backup), options),
                    IsOk());
        EXPECT_EQ(StateOf(target_), "new_one:10");
        struct stat info {};
        ASSERT_EQ(stat(target_.c_str(), &info), 0);
        EXPECT_EQ(info.st_mode & 07777, mode) << format << filled;
      }
    }
  }
  umask(before);
}

TEST_F(RestoreSafetyTest, AScriptStaysInsideItsDatabase) {
  const std::string outside = folder_.File("outside.db");
  const auto script = [](const std::string& statements) {
    return absl::StrCat("BEGIN;\nCREATE TABLE a(x);\n", statements, "\nCOMMIT;\n");
  };
  for (const std::string& statement :
       {absl::StrCat("ATTACH '", outside, "' AS o;"), absl::StrCat("VACUUM INTO '", outside, "';"),
        std::string("DETACH main;"), std::string("SELECT load_extension('x');"),
        std::string("ROLLBACK;"), std::string("SAVEPOINT s; ROLLBACK TO s;")}) {
    SCOPED_TRACE(statement);
    EXPECT_THAT(TryRestore(target_, script(statement)),
                StatusIs(errs::kDatabase, HasSubstr("line 3")));
    EXPECT_THAT(folder_.List(), ElementsAre());
  }
  // Pragmas that would change the journal or the locks of the staged file are ignored.
  EXPECT_THAT(TryRestore(target_, script("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                                         "PRAGMA locking_mode = EXCLUSIVE;")),
              IsOk());
  EXPECT_THAT(folder_.List(), ElementsAre("app.db"));
}

TEST_F(RestoreSafetyTest, AScriptsMistakeIsNamedByItsLine) {
  EXPECT_THAT(
      TryRestore(target_, "BEGIN;\nCREATE TABLE a(x);\n\nINSERT INTO b VALUES(1);\nCOMMIT;\n"),
      StatusIs(errs::kDatabase, ::testing::AllOf(HasSubstr("line 4"), HasSubstr("b"))));
  EXPECT_THAT(TryRestore(target_, "BEGIN;\nCREATE TABLE a(x);\n"),
              StatusIs(errs::kIntegrity, HasSubstr("cut off")));
  EXPECT_THAT(TryRestore(target_, "PRAGMA foreign_keys=OFF;\nBEGIN;\nINSERT INTO a VALUES('x\n"),
              StatusIs(errs::kIntegrity));
  EXPECT_THAT(TryRestore(target_, "hello world"), StatusIs(errs::kIntegrity));
  EXPECT_THAT(folder_.List(), ElementsAre());
}

// Rows may be secrets.
TEST_F(RestoreSafetyTest, AScriptsMistakeShowsNoString) {
  for (const std::string_view statement :
       {"INSERT INTO a VALUES('x' 'hunter2');", "INSERT INTO a VALUES(x'68756e746572320');",
        "INSERT INTO a VALUES(1) 'hunter2';", "INSERT INTO a VALUES('it''s\nhunter2' 'hunter2');",
        "INSERT INTO a VALUES(1, 'hunter2');"}) {
    const absl::Status status =
        TryRestore(target_, absl::StrCat("BEGIN;\nCREATE TABLE a(x);\n", statement, "\nCOMMIT;\n"));
    EXPECT_THAT(status, StatusIs(errs::kDatabase, HasSubstr("line 3"))) << statement;
    EXPECT_THAT(errs::Render(status), Not(HasSubstr("hunter2"))) << statement;
    EXPECT_THAT(errs::Render(status), Not(HasSubstr("68756e74"))) << statement;
  }
}

TEST_F(RestoreSafetyTest, ADumpThatIsNotWhatWasStoredIsToBlameForItsMistakes) {
  // The statement fails before the end shows that the checksum differs.
  const std::string body = "BEGIN;\nCREATE TABLE a(x;\nCOMMIT;\n";
  SqliteDriver driver;
  const auto connection = driver.Connect(base::Context(), ProfileFor(target_), Access::kCreate);
  ASSERT_THAT(connection, IsOk());
  PieceReader reader(body, 8, [&](size_t offset) {
    return offset < body.size() ? absl::OkStatus()
                                : errs::IntegrityError("test", "checksum differs");
  });
  EXPECT_THAT((*connection)->Restore(base::Context(), {}, reader),
              StatusIs(errs::kIntegrity, HasSubstr("checksum differs")));
}

TEST_F(RestoreSafetyTest, ReadsTheScriptsOfTheSqliteShell) {
  // As "sqlite3 app.db .dump" writes them.
  EXPECT_THAT(TryRestore(target_,
                         "PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\n"
                         "CREATE TABLE a(x);\nINSERT INTO a VALUES('it''s');\n"
                         "DELETE FROM sqlite_sequence;\nCOMMIT;\n"),
              StatusIs(errs::kDatabase, HasSubstr("line 5")));
  EXPECT_THAT(TryRestore(target_,
                         "PRAGMA foreign_keys=OFF;\r\nBEGIN TRANSACTION;\r\n"
                         "CREATE TABLE a(id INTEGER PRIMARY KEY AUTOINCREMENT, x);\r\n"
                         "INSERT INTO a VALUES(4,replace('a\\nb','\\n',char(10)));\r\n"
                         "DELETE FROM sqlite_sequence;\r\n"
                         "INSERT INTO sqlite_sequence VALUES('a',9);\r\nCOMMIT;\r\n"),
              IsOk());
  EXPECT_EQ(PlainConnection(target_).Value("SELECT x FROM a"), "a\nb");
}

}  // namespace
}  // namespace siphon::sqlite
