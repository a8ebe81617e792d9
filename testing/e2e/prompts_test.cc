// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Questions on a terminal: what they say, and that each of them ends at once at Ctrl-C.

#include <chrono>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/e2e/database.h"
#include "testing/e2e/sample_database.h"
#include "testing/e2e/sandbox.h"
#include "testing/process/terminal.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// Wide enough for each question on one line.
constexpr int kColumns = 400;

class PromptsTest : public ::testing::Test {
 protected:
  PromptsTest() {
    EXPECT_OK(MakeSampleDatabase(box_.Path("app.db"), {.bytes = 50000, .seed = 1}));
    EXPECT_OK(MakeSampleDatabase(box_.Path("other.db"), {.bytes = 50000, .seed = 2}));
    Clear(box_.Path("config"));
    WriteBytes(box_.Path("config/config.yaml"),
               absl::StrCat("version: 1\ngroups: {live: {confirm_destructive: true}}\nprofiles:\n",
                            "  app: {driver: sqlite, database: ", box_.Path("app.db"), "}\n",
                            "  other: {driver: sqlite, database: ", box_.Path("other.db"),
                            ", group: live}\n",
                            "  far: {driver: postgres, host: 127.0.0.1, port: 1, user: me,",
                            " password: 'prompt:'}\n"));
    std::filesystem::permissions(box_.Path("config/config.yaml"),
                                 std::filesystem::perms::owner_read);
    const ProcessResult backup = box_.Run({"backup", "app", "--quiet"});
    EXPECT_EQ(backup.exit_code, 0) << backup.err;
    id_ = backup.out.substr(0, backup.out.find('\n'));
    other_ = *Fingerprint(box_.Path("other.db"));
  }

  ProcessOptions Options(std::vector<std::string> args) const {
    return box_.Options(std::move(args));
  }

  Sandbox box_;
  std::string id_, other_;
};

TEST_F(PromptsTest, CleanAsksAndNamesWhatGoes) {
  const std::string url = box_.Url("copy.db");
  CopyBytes(box_.Path("other.db"), box_.Path("copy.db"));
  Terminal no(Options({"restore", id_, "--profile", url, "--clean"}), kColumns);
  EXPECT_TRUE(no.WaitFor(absl::StrCat("replaces everything in ", url))) << no.shown();
  EXPECT_TRUE(no.WaitFor("[y/N]")) << no.shown();
  no.Type("n\n");
  EXPECT_EQ(no.Wait(), 1) << no.shown();
  EXPECT_EQ(*Fingerprint(box_.Path("copy.db")), other_);

  Terminal yes(Options({"restore", id_, "--profile", url, "--clean", "--table", "documents"}),
               kColumns);
  EXPECT_TRUE(yes.WaitFor("the tables documents")) << yes.shown();
  yes.Type("y\n");
  EXPECT_EQ(yes.Wait(), 0) << yes.shown();
  EXPECT_NE(*Fingerprint(box_.Path("copy.db")), other_);
}

TEST_F(PromptsTest, SyncWithCleanAsks) {
  CopyBytes(box_.Path("other.db"), box_.Path("copy.db"));
  Terminal no(Options({"sync", "app", box_.Url("copy.db"), "--clean"}), kColumns);
  EXPECT_TRUE(no.WaitFor("sync --clean replaces everything")) << no.shown();
  no.Type("\n");
  EXPECT_EQ(no.Wait(), 1) << no.shown();
  EXPECT_EQ(*Fingerprint(box_.Path("copy.db")), other_);
}

TEST_F(PromptsTest, CleanDoesNotAskWithYesOrWithoutATerminal) {
  Terminal yes(Options({"restore", id_, "--profile", "app", "--clean", "--yes"}), kColumns);
  EXPECT_EQ(yes.Wait(), 0) << yes.shown();
  EXPECT_THAT(yes.shown(), Not(HasSubstr("[y/N]")));
  const ProcessResult script = box_.Run({"restore", id_, "--profile", "app", "--clean"});
  EXPECT_EQ(script.exit_code, 0) << script.err;
}

TEST_F(PromptsTest, RestoreWithoutAProfileNamesTheTarget) {
  Terminal restore(Options({"restore", id_, "--clean"}), kColumns);
  EXPECT_TRUE(restore.WaitFor(absl::StrCat("into app (sqlite, ", box_.Path("app.db"), ")")))
      << restore.shown();
  EXPECT_TRUE(restore.WaitFor("[y/N]")) << restore.shown();
  restore.Type("yes\n");
  EXPECT_EQ(restore.Wait(), 0) << restore.shown();
}

TEST_F(PromptsTest, AUrlIsInTheGroupOfTheProfileOfItsDatabase) {
  Terminal restore(Options({"restore", id_, "--profile", box_.Url("other.db"), "--clean"}),
                   kColumns);
  EXPECT_TRUE(restore.WaitFor("Type the profile name to confirm:")) << restore.shown();
  restore.Type("other\n");
  EXPECT_EQ(restore.Wait(), 0) << restore.shown();
  EXPECT_THAT(restore.shown(), Not(HasSubstr("[y/N]"))) << "one question is enough";
  const ProcessResult script =
      box_.Run({"restore", id_, "--profile", box_.Url("./other.db"), "--clean"});
  EXPECT_EQ(script.exit_code, 1);
  EXPECT_THAT(script.err, HasSubstr("\"other\""));
}

TEST_F(PromptsTest, EachEndsAtOnceAtCtrlC) {
  Clear(box_.Path("migrations"));
  WriteBytes(box_.Path("migrations/1_a.up.sql"), "CREATE TABLE m (a);");
  WriteBytes(box_.Path("migrations/1_a.down.sql"), "DROP TABLE m;");
  const std::vector<std::string> migrate = {"migrate", "--path", box_.Path("migrations"),
                                            "--database", "app"};
  const auto of_migrate = [&](std::vector<std::string> more) {
    std::vector<std::string> args = migrate;
    args.insert(args.end(), more.begin(), more.end());
    return args;
  };
  ASSERT_EQ(box_.Run(of_migrate({"up"})).exit_code, 0);
  const struct {
    std::vector<std::string> args;
    std::string question;
  } cases[] = {
      {{"restore", id_, "--profile", "app", "--clean"}, "[y/N]"},
      {{"restore", id_, "--profile", "other", "--clean"}, "to confirm:"},
      {{"sync", "other", "app", "--clean"}, "[y/N]"},
      {{"dumps", "rm", id_}, "[y/N]"},
      {{"inspect", "far"}, "Password for profile far:"},
      {of_migrate({"down"}), "[y/N]"},
      {of_migrate({"drop"}), "to confirm"},
      {of_migrate({"undo", id_}), "[y/N]"},
      {of_migrate({"force", "7"}), "[y/N]"},
  };
  for (const auto& [args, question] : cases) {
    const std::string name = absl::StrCat(args[0], " ", args.back());
    const std::string before = *Fingerprint(box_.Path("app.db"));
    Terminal terminal(Options(args), kColumns);
    EXPECT_TRUE(terminal.WaitFor(question)) << name << ": " << terminal.shown();
    terminal.Type("\x03");
    EXPECT_EQ(terminal.Wait(std::chrono::seconds(kSanitized ? 10 : 3)), 130)
        << name << ": " << terminal.shown();
    EXPECT_EQ(*Fingerprint(box_.Path("app.db")), before) << name;
    EXPECT_EQ(*Fingerprint(box_.Path("other.db")), other_) << name;
    EXPECT_EQ(box_.Run({"dumps", "inspect", id_}).exit_code, 0) << name;
  }
}

TEST_F(PromptsTest, ADumbTerminalGetsNoControlSequences) {
  box_.environment["TERM"] = "xterm";
  Terminal xterm(Options({"backup", "app"}), kColumns);
  EXPECT_EQ(xterm.Wait(), 0) << xterm.shown();
  EXPECT_THAT(xterm.shown(), HasSubstr("\x1b["));
  for (const auto& [name, value] : {std::pair{"TERM", "dumb"}, std::pair{"NO_COLOR", "1"}}) {
    box_.environment["TERM"] = "xterm";
    box_.environment[name] = value;
    Terminal plain(Options({"backup", "app", "--verbose"}), kColumns);
    EXPECT_EQ(plain.Wait(), 0) << plain.shown();
    EXPECT_THAT(plain.shown(), HasSubstr("backup done"));
    EXPECT_THAT(plain.shown(), Not(HasSubstr("\x1b[3"))) << "a colour, with " << name;
    if (value == std::string("dumb")) {
      EXPECT_THAT(plain.shown(), Not(HasSubstr("\x1b")));
    }
  }
}

TEST_F(PromptsTest, APasswordIsNotShown) {
  Terminal terminal(Options({"inspect", "far"}), kColumns);
  EXPECT_TRUE(terminal.WaitFor("Password for profile far:")) << terminal.shown();
  terminal.Type("S3CR3T\n");
  EXPECT_EQ(terminal.Wait(), 2) << terminal.shown();
  EXPECT_THAT(terminal.shown(), Not(HasSubstr("S3CR3T")));
}

// A dump whose source was a URL with a password: the catalogue has the URL without it.
TEST_F(PromptsTest, RestoreAsksForThePasswordOfTheDumpsUrl) {
  std::string sidecar = ReadBytes(box_.SidecarPath(id_));
  const std::string url = "postgres://me:***@127.0.0.1:1/shop";
  sidecar.replace(sidecar.find("\"app\""), 5, absl::StrCat("\"", url, "\""));
  sidecar.replace(sidecar.find("\"sqlite\""), 8, "\"postgres\"");
  std::string dump = ReadBytes(box_.DumpPath(id_));
  dump.replace(dump.find("\"sqlite\","), 9, "\"postgres\",");
  dump.erase(dump.find("  "), 2);  // The envelope keeps its length.
  WriteBytes(box_.DumpPath(id_), dump);
  WriteBytes(box_.SidecarPath(id_), sidecar);
  Terminal terminal(Options({"restore", id_, "--clean"}), kColumns);
  EXPECT_TRUE(terminal.WaitFor(absl::StrCat("into ", url))) << terminal.shown();
  EXPECT_TRUE(terminal.WaitFor("Password for")) << terminal.shown();
  terminal.Type("S3CR3T\n");
  EXPECT_EQ(terminal.Wait(), 2) << terminal.shown();
  EXPECT_THAT(terminal.shown(), Not(HasSubstr("S3CR3T")));
  const ProcessResult script = box_.Run({"restore", id_, "--clean"});
  EXPECT_EQ(script.exit_code, 1);
  EXPECT_THAT(script.err, HasSubstr("password is not stored"));
}

}  // namespace
}  // namespace siphon::testing
