// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Dumps on a host, on a real sshd: every verb that needs a catalogue, kills, lost connections,
// wrong settings.

#include <chrono>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/e2e/database.h"
#include "testing/e2e/page_commands.h"
#include "testing/e2e/sample_database.h"
#include "testing/e2e/sandbox.h"
#include "testing/process/process.h"
#include "testing/servers/fault_proxy.h"
#include "testing/servers/openssh.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

namespace fs = std::filesystem;

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class SftpTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto server = SshServer::Start();
    ASSERT_OK(server);
    server_ = *std::move(server);
    ASSERT_OK_AND_ASSIGN(const std::string programs, OpensshPrograms());
    box_.environment["PATH"] = programs + ":/usr/bin:/bin";
    Configure(server_->port());
  }

  // Writes a configuration for the server at this port.
  void Configure(int port) {
    Clear(box_.Path("config"));
    WriteBytes(box_.Path("config/config.yaml"),
               absl::StrCat("profiles:\n  app: {driver: sqlite, database: ", box_.Path("app.db"),
                            "}\nstorage:\n  type: sftp\n  host: 127.0.0.1\n  port: ", port,
                            "\n  user: ", server_->user(), "\n  path: ", Folder(),
                            "\n  identity_file: ", server_->identity(),
                            "\n  known_hosts: ", server_->known_hosts(),
                            "\n  ssh_config: ", server_->empty_file(), "\n"));
  }
  std::string Folder() const { return server_->folder() + "/dumps/prod"; }

  // Runs siphon, which must succeed.
  ProcessResult Succeed(std::vector<std::string> args) {
    ProcessResult result = box_.Run(args);
    EXPECT_EQ(result.exit_code, 0) << args[0] << ": " << result.err;
    return result;
  }
  std::string Backup(std::vector<std::string> more = {}) {
    std::vector<std::string> args = {"backup", "app", "--quiet"};
    args.insert(args.end(), more.begin(), more.end());
    return std::string(absl::StripAsciiWhitespace(Succeed(args).out));
  }
  void MakeDatabase(uint64_t bytes) {
    ASSERT_OK(MakeSampleDatabase(box_.Path("app.db"), {.bytes = bytes, .seed = 7}));
  }
  // Lets all files on the host be an hour old.
  void AgeFiles() {
    for (const std::string& name : Names(Folder())) {
      const fs::path path = absl::StrCat(Folder(), "/", name);
      fs::last_write_time(path, fs::last_write_time(path) - std::chrono::hours(1));
    }
  }
  // The processes whose command names the port, as that of ssh does.
  int SshProcesses() const {
    int found = 0;
    for (const auto& entry : fs::directory_iterator("/proc")) {
      std::ifstream in(entry.path() / "cmdline");
      const std::string command(std::istreambuf_iterator<char>(in), {});
      if (absl::StrContains(absl::StrReplaceAll(command, {{std::string_view("\0", 1), " "}}),
                            absl::StrCat("-p ", server_->port(), " -l "))) {
        ++found;
      }
    }
    return found;
  }
  void ExpectNoSshLeft() const {
    for (int i = 0; i < 100 && SshProcesses() > 0; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    EXPECT_EQ(SshProcesses(), 0);
  }

  Sandbox box_;
  std::unique_ptr<SshServer> server_;
};

TEST_F(SftpTest, ADumpGoesThereAndComesBack) {
  MakeDatabase(20 << 20);
  const std::string id = Backup({"--jobs", "4"});
  EXPECT_THAT(Names(Folder()), ElementsAre(id + ".dump", id + ".meta.json"));
  EXPECT_THAT(box_.ListedDumps(), ElementsAre(id));
  Succeed({"verify", "latest"});
  Succeed({"verify", "--deep", id});
  EXPECT_THAT(Succeed({"dumps", "inspect", id}).out, HasSubstr(id));
  Succeed({"restore", id, "--profile", box_.Url("new.db")});
  EXPECT_EQ(*Fingerprint(box_.Path("new.db")), *Fingerprint(box_.Path("app.db")));
  Succeed({"dumps", "tag", id, "--add", "kept"});
  Succeed({"dumps", "rm", id, "--yes"});
  EXPECT_THAT(Names(Folder()), IsEmpty());
  ExpectNoSshLeft();
}

TEST_F(SftpTest, ATableComesBackAlone) {
  MakeDatabase(10 << 20);
  const std::string id = Backup();
  Succeed({"restore", id, "--profile", box_.Url("new.db"), "--table", "documents"});
  ASSERT_OK_AND_ASSIGN(Database from, Database::Open(box_.Path("app.db"), true));
  ASSERT_OK_AND_ASSIGN(Database to, Database::Open(box_.Path("new.db"), true));
  ASSERT_OK_AND_ASSIGN(const int64_t rows, from.QueryInteger("SELECT count(*) FROM documents"));
  EXPECT_GT(rows, 0);
  EXPECT_THAT(to.QueryInteger("SELECT count(*) FROM documents"), IsOkAndHolds(rows));
  EXPECT_THAT(to.QueryInteger("SELECT count(*) FROM sqlite_schema WHERE type = 'table'"),
              IsOkAndHolds(1));
}

TEST_F(SftpTest, PruneKeepsTheNewestDump) {
  MakeDatabase(100'000);
  std::string newest;
  for (int i = 0; i < 3; ++i) newest = Backup();
  Succeed({"dumps", "prune", "--keep-last", "1", "--apply"});
  EXPECT_THAT(box_.ListedDumps(), ElementsAre(newest));
  EXPECT_THAT(Names(Folder()), ElementsAre(newest + ".dump", newest + ".meta.json"));
}

TEST_F(SftpTest, TheDumpsAreThoseOfALocalStoreOnTheHost) {
  MakeDatabase(100'000);
  const std::string id = Backup();
  AgeFiles();
  WriteBytes(box_.Path("config/config.yaml"),
             absl::StrCat("defaults:\n  dump_dir: ", Folder(), "\n"));
  EXPECT_THAT(box_.ListedDumps(), ElementsAre(id));
  Succeed({"verify", id});
}

TEST_F(SftpTest, ADamagedDumpIsRefused) {
  MakeDatabase(300'000);
  const std::string id = Backup();
  const std::string path = absl::StrCat(Folder(), "/", id, ".dump");
  std::string dump = ReadBytes(path);
  dump[dump.size() / 2] = static_cast<char>(dump[dump.size() / 2] ^ 1);
  WriteBytes(path, dump);
  EXPECT_EQ(box_.Run({"verify", id}).exit_code, 3);
  EXPECT_EQ(box_.Run({"restore", id, "--profile", box_.Url("new.db")}).exit_code, 3);
  EXPECT_THAT(Names(box_.root()), Not(::testing::Contains("new.db")));
}

TEST_F(SftpTest, AKilledBackupLeavesNothingThatIsNotRemoved) {
  MakeDatabase(30 << 20);
  const std::vector<std::string> args = {"backup", "app", "--quiet", "--compression", "0"};
  const ProcessResult undisturbed = Succeed(args);
  std::mt19937 random(20261201);
  std::uniform_real_distribution<double> moment(0, 1);
  for (int i = 0; i < 20; ++i) {
    const auto after =
        std::chrono::duration_cast<std::chrono::nanoseconds>(undisturbed.wall * moment(random));
    box_.RunAndSignal(args, after, SIGKILL);
    ExpectNoSshLeft();
    for (const std::string& id : box_.ListedDumps()) {
      EXPECT_EQ(box_.Run({"verify", id}).exit_code, 0) << i;
      Succeed({"dumps", "rm", id, "--yes"});
    }
    if (HasFailure()) break;
  }
  // The remains are removed once their writers have been silent for a while.
  AgeFiles();
  EXPECT_THAT(box_.ListedDumps(), IsEmpty());
  EXPECT_THAT(Names(Folder()), IsEmpty());
}

TEST_F(SftpTest, ABackupThatIsTerminatedLeavesNothing) {
  MakeDatabase(30 << 20);
  const std::vector<std::string> args = {"backup", "app", "--compression", "0"};
  const ProcessResult undisturbed = Succeed(args);
  for (const std::string& id : box_.ListedDumps()) Succeed({"dumps", "rm", id, "--yes"});
  const ProcessResult result = box_.RunAndSignal(args, undisturbed.wall / 2, SIGTERM);
  if (result.exit_code != 0) {
    EXPECT_EQ(result.exit_code, 143) << result.err;
    EXPECT_THAT(Names(Folder()), IsEmpty());
  }
  ExpectNoSshLeft();
}

TEST_F(SftpTest, ALostConnectionIsAnErrorAndNoDump) {
  MakeDatabase(10 << 20);
  for (const int64_t bytes : {3000, 100'000, 5'000'000}) {
    auto proxy = FaultProxy::Start(server_->port());
    ASSERT_OK(proxy);
    Configure((*proxy)->port());
    (*proxy)->ResetAfter(FaultProxy::Direction::kToServer, bytes);
    const ProcessResult result = box_.Run({"backup", "app", "--compression", "0"});
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_THAT(result.err, AllOf(HasSubstr("connection failed"), HasSubstr("sftp://")));
    Configure(server_->port());
    EXPECT_THAT(box_.ListedDumps(), IsEmpty());
  }
  const std::string id = Backup({"--compression", "0"});
  auto proxy = FaultProxy::Start(server_->port());
  ASSERT_OK(proxy);
  (*proxy)->ResetAfter(FaultProxy::Direction::kToClient, 5'000'000);
  Configure((*proxy)->port());
  EXPECT_EQ(box_.Run({"restore", id, "--profile", box_.Url("new.db")}).exit_code, 2);
  EXPECT_THAT(Names(box_.root()), Not(::testing::Contains("new.db")));
}

TEST_F(SftpTest, ErrorsSayWhatIsWrong) {
  MakeDatabase(50'000);
  // A command without dumps needs no host.
  Configure(1);
  EXPECT_THAT(Succeed({"config", "check"}).out,
              HasSubstr(absl::StrCat("dumps are in sftp://", server_->user(), "@127.0.0.1:1/")));
  ProcessResult result = box_.Run({"backup", "app"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("Connection refused"));
  const std::string file = box_.Path("config/config.yaml");
  WriteBytes(
      file, absl::StrReplaceAll(ReadBytes(file), {{"host: 127.0.0.1", "host: -oProxyCommand=id"}}));
  result = box_.Run({"dumps", "list"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("storage.host"));
  Configure(server_->port());
  box_.environment["PATH"] = "/nonexistent";
  result = box_.Run({"dumps", "list"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("openssh-client"));
}

TEST_F(SftpTest, TheSessionOfThePageIsReal) {
  MakeDatabase(1 << 20);
  fs::create_directories(box_.Path("bin"));
  fs::create_symlink(SiphonBinary(), box_.Path("bin/siphon"));
  box_.environment["PATH"] = absl::StrCat(box_.Path("bin"), ":", box_.environment["PATH"]);
  int commands = 0;
  for (const PageBlock& block : ReadPage("docs/stores.md")) {
    for (const PageCommand& command : block.commands) {
      SCOPED_TRACE(command.script);
      const ProcessResult result = RunScript(box_, command.script);
      EXPECT_EQ(result.exit_code != 0, command.fails) << result.err;
      ++commands;
    }
  }
  EXPECT_GE(commands, 3);
}

}  // namespace
}  // namespace siphon::testing
