// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// `siphon sync` from one SQLite file into another: without a dump, and the target is the old or the
// new database.

#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/e2e/database.h"
#include "testing/e2e/sample_database.h"
#include "testing/e2e/sandbox.h"
#include "testing/e2e/verbs.h"
#include "testing/rounds.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr uint64_t kBytes = kSanitized ? uint64_t{4} << 20 : uint64_t{24} << 20;

class SyncE2e : public ::testing::Test {
 protected:
  SyncE2e() {
    EXPECT_THAT(MakeSampleDatabase(box_.Path("source.db"), {.bytes = kBytes, .seed = 1}), IsOk());
    EXPECT_THAT(MakeSampleDatabase(box_.Path("old.db"), {.bytes = 300000, .seed = 2}), IsOk());
    new_ = *Fingerprint(box_.Path("source.db"));
    old_ = *Fingerprint(box_.Path("old.db"));
    PutOld();
  }

  // Puts the old target in place.
  void PutOld() {
    Clear(box_.Path("target"));
    CopyBytes(box_.Path("old.db"), box_.Path("target/target.db"));
  }
  std::vector<std::string> Sync(std::vector<std::string> more = {}) const {
    std::vector<std::string> args = {"sync", box_.Url("source.db"), box_.Url("target/target.db")};
    args.insert(args.end(), more.begin(), more.end());
    return args;
  }
  std::string Target() const { return *Fingerprint(box_.Path("target/target.db")); }

  Sandbox box_;
  std::string old_, new_;
};

TEST_F(SyncE2e, CopiesIntoANewFileAndKeepsNothingElse) {
  Clear(box_.Path("target"));
  const nlohmann::json result = TellOk(box_, Sync());
  EXPECT_EQ(Target(), new_);
  EXPECT_EQ(*Fingerprint(box_.Path("source.db")), new_);
  EXPECT_EQ(result["driver"], "sqlite");
  EXPECT_EQ(result["to"], box_.Url("target/target.db"));
  EXPECT_GT(result["tables"], 0);
  EXPECT_GE(result["bytes"], kBytes / 2);
  EXPECT_THAT(Names(box_.Path("target")), ElementsAre("target.db"));
  EXPECT_THAT(Names(box_.DumpDirectory()), IsEmpty());
  EXPECT_THAT(Names(box_.Path("tmp")), IsEmpty());
}

TEST_F(SyncE2e, ReplacesADatabaseWithCleanOnly) {
  ExpectRefused(box_, Sync(), 1, "target_not_empty", "target.db");
  EXPECT_EQ(Target(), old_);
  TellOk(box_, Sync({"--clean"}));
  EXPECT_EQ(Target(), new_);
  EXPECT_THAT(Names(box_.Path("target")), ElementsAre("target.db"));
}

TEST_F(SyncE2e, CopiesOneTableAndLeavesTheOthers) {
  ExpectRefused(box_, Sync({"--table", "documents"}), 1, "target_not_empty", "documents");
  TellOk(box_, Sync({"--table", "documents", "--clean"}));
  const std::string count = "SELECT count(*) FROM documents";
  const std::string other = "SELECT count(*) FROM sqlite_schema";
  EXPECT_EQ(*Database::Open(box_.Path("target/target.db"))->QueryText(count),
            *Database::Open(box_.Path("source.db"))->QueryText(count));
  EXPECT_EQ(*Database::Open(box_.Path("target/target.db"))->QueryText(other),
            *Database::Open(box_.Path("old.db"))->QueryText(other));
}

TEST_F(SyncE2e, LeavesOutTablesAndRows) {
  const auto ask = [&](const std::string& sql) {
    return *Database::Open(box_.Path("target/target.db"))->QueryText(sql);
  };
  ASSERT_THAT(Database::Open(box_.Path("source.db"))
                  ->Execute("CREATE TABLE secrets(a); INSERT INTO secrets VALUES (1);"
                            "CREATE TABLE sessions(a); INSERT INTO sessions VALUES (1)"),
              IsOk());
  ASSERT_THAT(Database::Open(box_.Path("target/target.db"))
                  ->Execute("CREATE TABLE secrets(b); INSERT INTO secrets VALUES (7);"
                            "CREATE TABLE mine(a)"),
              IsOk());
  TellOk(box_, Sync({"--exclude-table", "secrets", "--exclude-data", "sessions", "--clean"}));
  EXPECT_EQ(ask("SELECT b FROM secrets"), "7");
  EXPECT_EQ(ask("SELECT count(*) FROM mine"), "0");
  EXPECT_EQ(ask("SELECT count(a) FROM sessions"), "0");
  EXPECT_EQ(ask("SELECT count(*) FROM documents"),
            *Database::Open(box_.Path("source.db"))->QueryText("SELECT count(*) FROM documents"));
}

TEST_F(SyncE2e, CopiesDefinitionsOrRowsAlone) {
  Clear(box_.Path("target"));
  TellOk(box_, Sync({"--schema-only"}));
  EXPECT_EQ(
      *Database::Open(box_.Path("target/target.db"))->QueryText("SELECT count(*) FROM documents"),
      "0");
  TellOk(box_, Sync({"--data-only"}));
  EXPECT_EQ(Target(), new_);
}

TEST_F(SyncE2e, RefusesTheSourceAsTargetHoweverItIsSpelled) {
  const std::string source = box_.Path("source.db");
  Clear(box_.Path("links"));
  std::filesystem::create_symlink(source, box_.Path("links/symbolic.db"));
  std::filesystem::create_directory_symlink(box_.root(), box_.Path("links/folder"));
  std::filesystem::create_hard_link(source, box_.Path("links/hard.db"));
  Clear(box_.Path("config"));
  WriteBytes(box_.Path("config/config.yaml"),
             absl::StrCat("profiles:\n  app:\n    driver: sqlite\n    database: ", source, "\n"));
  for (const std::string& target :
       {box_.Url("source.db"), box_.Url("links/symbolic.db"), box_.Url("links/hard.db"),
        box_.Url("links/folder/source.db"), box_.Url("links/../source.db"), std::string("app"),
        std::string("sqlite://source.db"), std::string("sqlite://./links/hard.db")}) {
    ProcessOptions options = box_.Options({"sync", box_.Url("source.db"), target, "--clean"});
    options.directory = box_.root();
    const absl::StatusOr<ProcessResult> result = RunProcess(options);
    ASSERT_THAT(result, IsOk());
    EXPECT_EQ(result->exit_code, 1) << target << ": " << result->err;
    EXPECT_THAT(result->err, HasSubstr("are the same database")) << target;
  }
  EXPECT_EQ(*Fingerprint(source), new_);
}

TEST_F(SyncE2e, RefusesWhatThisVersionHasNot) {
  ExpectRefused(box_, Sync({"--clean", "--cross-engine"}), 1, "invalid_argument",
                "--cross-engine is for copies between different engines");
  ExpectRefused(box_, Sync({"--clean", "--continuous"}), 1, "invalid_argument",
                "--continuous is not supported in this version");
  ExpectRefused(box_, Sync({"--clean", "--stream=false"}), 1, "invalid_argument", "--stream=false");
  ExpectRefused(box_, Sync({"--clean", "--no-owner"}), 1, "driver_unsupported", "--no-owner");
  ExpectRefused(box_, Sync({"--clean", "--tools", "system"}), 1, "driver_unsupported", "--tools");
  EXPECT_EQ(Target(), old_);
  // An option without effect in siphon (Go) has none here.
  EXPECT_EQ(box_.Run(Sync({"--clean", "--stream"})).exit_code, 0);
}

TEST_F(SyncE2e, ASourceThatCannotBeReadLeavesTheTargetAlone) {
  // The second half of the file is overwritten.
  std::string bytes = ReadBytes(box_.Path("source.db"));
  for (size_t i = bytes.size() / 2; i < bytes.size(); ++i) bytes[i] = '\x5a';
  WriteBytes(box_.Path("source.db"), bytes);
  const ProcessResult result = box_.Run(Sync({"--clean"}));
  EXPECT_THAT(result.exit_code, AnyOf(2, 3)) << result.err;
  EXPECT_EQ(Target(), old_);
  EXPECT_THAT(Names(box_.Path("target")), ElementsAre("target.db"));
}

TEST_F(SyncE2e, AFullDiskAtTheTargetLeavesItAlone) {
  // No file may become larger than a megabyte.
  ProcessOptions options = box_.Options(Sync({"--clean"}));
  options.argv.insert(options.argv.begin(),
                      {"/bin/sh", "-c", "ulimit -f 1024; trap '' 25; exec \"$@\"", "sh"});
  const absl::StatusOr<ProcessResult> result = RunProcess(options);
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->exit_code, 2) << result->err;
  EXPECT_THAT(result->err, HasSubstr("File too large"));
  EXPECT_EQ(Target(), old_);
  EXPECT_THAT(Names(box_.Path("target")), ElementsAre("target.db"));
}

struct Ending {
  std::string name;
  int signal;
  int exit_code;

  friend void PrintTo(const Ending& ending, std::ostream* out) { *out << ending.name; }
};

class SyncSignals : public SyncE2e, public ::testing::WithParamInterface<Ending> {};

TEST_P(SyncSignals, LeaveTheOldOrTheNewDatabase) {
  SignalPlan plan;
  plan.args = Sync({"--clean"});
  plan.signal = GetParam().signal;
  plan.exit_code = GetParam().exit_code;
  plan.rounds = plan.signal == SIGKILL ? Rounds(30, 10) : 8;
  plan.prepare = [this] { PutOld(); };
  plan.check = [&](const std::string& when) {
    if (plan.signal != SIGKILL) {
      EXPECT_THAT(Names(box_.Path("target")), ElementsAre("target.db")) << when;
      EXPECT_EQ(Target(), old_) << when;
      return;
    }
    EXPECT_THAT(Target(), AnyOf(old_, new_)) << when;
    // The next run leaves nothing but the database.
    EXPECT_EQ(box_.Run(Sync({"--clean"})).exit_code, 0) << when;
    EXPECT_THAT(Names(box_.Path("target")), ElementsAre("target.db")) << when;
    EXPECT_EQ(Target(), new_) << when;
  };
  SignalAllOver(box_, plan);
  EXPECT_EQ(*Fingerprint(box_.Path("source.db")), new_);
  EXPECT_THAT(Names(box_.DumpDirectory()), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Signal, SyncSignals,
                         ::testing::Values(Ending{"Sigint", SIGINT, 130},
                                           Ending{"Sigterm", SIGTERM, 143},
                                           Ending{"Sigkill", SIGKILL, -1}),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace siphon::testing
