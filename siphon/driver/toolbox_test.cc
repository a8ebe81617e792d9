// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/driver/toolbox.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <mutex>
#include <sstream>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/types/span.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/file.h"
#include "siphon/driver/applet.h"
#include "testing/event_log.h"
#include "testing/status_matchers.h"

namespace siphon::driver {
namespace {

using profile::Tools;
using std::chrono::steady_clock;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// The applet that this program carries. Its first argument says what it does.
int TestTool(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "";
  if (what == "cat") {
    char buffer[4096];
    size_t count;
    while ((count = std::fread(buffer, 1, sizeof(buffer), stdin)) > 0) {
      std::fwrite(buffer, 1, count, stdout);
    }
    return 0;
  }
  if (what == "argv") {
    for (int i = 0; i < argc; ++i) std::printf("%s\n", argv[i]);
    return 0;
  }
  if (what == "environ") {
    for (char** variable = environ; *variable != nullptr; ++variable) std::puts(*variable);
    return 0;
  }
  if (what == "say") {
    for (int i = 2; i < argc; ++i) std::fprintf(stderr, "%s\n", argv[i]);
    return 3;
  }
  if (what == "cmdline") {
    std::ifstream file("/proc/self/cmdline", std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    std::fwrite(text.str().data(), 1, text.str().size(), stdout);
    return 0;
  }
  if (what == "flood") {
    for (int i = 0; i < 100000; ++i) std::fprintf(stderr, "line %d\n", i);
    return 5;
  }
  if (what == "abort") std::abort();
  if (what == "hang") {
    std::puts("hanging");
    std::fflush(stdout);
    while (true) pause();
  }
  return 1;
}

const AppletRegistration kTool("test_tool", &TestTool, {17, 4, 0});

class ToolboxTest : public ::testing::Test {
 protected:
  ToolboxTest() {
    std::string pattern = absl::StrCat(::testing::TempDir(), "/toolbox-XXXXXX");
    EXPECT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }

  // Installs a system program `name` that prints `version`; returns its folder.
  std::string Install(const std::string& folder, const std::string& name,
                      const std::string& version) {
    const std::string path = base::JoinPath(folder_, folder);
    EXPECT_OK(base::CreateDirectories(path, 0700));
    const std::string script =
        absl::StrCat("#!/bin/sh\necho '", name, " (Test) ", version, "'\nexit 0\n");
    EXPECT_OK(base::WriteFileAtomically(base::JoinPath(path, name), script, 0700));
    return path;
  }

  absl::StatusOr<Tool> Pick(Tools policy, int minimal_major,
                            const std::string& name = "test_tool") {
    return Toolbox::Pick(context_, name, policy, minimal_major,
                         base::Environment({{"PATH", path_}}),
                         {absl::StrCat(folder_, "/lib/*/bin")});
  }

  base::Context context_;
  std::string folder_;
  std::string path_;
};

TEST_F(ToolboxTest, TheBuiltInOneIsTakenWhileItIsNewEnough) {
  path_ = Install("bin", "test_tool", "18.1");
  for (const Tools policy : {Tools::kAuto, Tools::kBuiltin}) {
    ASSERT_OK_AND_ASSIGN(const Tool tool, Pick(policy, 17));
    EXPECT_TRUE(tool.builtin);
    EXPECT_EQ(tool.argv0, "test_tool");
    EXPECT_EQ(tool.path, "/proc/self/exe");
    EXPECT_EQ(tool.version, (Version{17, 4, 0}));
  }
}

TEST_F(ToolboxTest, ASystemToolIsTakenForANewerServerOrWhenAskedFor) {
  path_ = Install("bin", "test_tool", "18.1");
  for (const auto& [policy, major] : {std::pair(Tools::kAuto, 18), std::pair(Tools::kSystem, 14)}) {
    ASSERT_OK_AND_ASSIGN(const Tool tool, Pick(policy, major));
    EXPECT_FALSE(tool.builtin);
    EXPECT_EQ(tool.path, path_ + "/test_tool");
    EXPECT_EQ(tool.version, (Version{18, 1, 0}));
  }
}

TEST_F(ToolboxTest, TheFirstOnThePathThatIsNewEnoughComesBeforeTheNewestElsewhere) {
  path_ = absl::StrCat(Install("old", "test_tool", "15.2"), ":relative:", folder_,
                       "/nowhere:", Install("new", "test_tool", "18.1"));
  Install("lib/19/bin", "test_tool", "19.0");
  Install("lib/18/bin", "test_tool", "18.4");
  ASSERT_OK_AND_ASSIGN(const Tool first, Pick(Tools::kSystem, 18));
  EXPECT_EQ(first.path, folder_ + "/new/test_tool");
  ASSERT_OK_AND_ASSIGN(const Tool older, Pick(Tools::kSystem, 15));
  EXPECT_EQ(older.path, folder_ + "/old/test_tool");
  ASSERT_OK_AND_ASSIGN(const Tool newer, Pick(Tools::kSystem, 19));
  EXPECT_EQ(newer.path, folder_ + "/lib/19/bin/test_tool");
  path_ = "";
  ASSERT_OK_AND_ASSIGN(const Tool newest, Pick(Tools::kSystem, 15));
  EXPECT_EQ(newest.path, folder_ + "/lib/19/bin/test_tool");
}

TEST_F(ToolboxTest, NamesEveryVersionThatWasFoundWhenNoneWillDo) {
  path_ = Install("bin", "test_tool", "15.2");
  Install("lib/16/bin", "test_tool", "16.3");
  const absl::Status status = Pick(Tools::kAuto, 18).status();
  EXPECT_THAT(status, StatusIs(errs::kNotFound,
                               AllOf(HasSubstr("no test_tool of version 18"),
                                     HasSubstr("built in 17.4"), HasSubstr("/bin/test_tool 15.2"),
                                     HasSubstr("/lib/16/bin/test_tool 16.3"))));
  EXPECT_THAT(status, HasHint(AllOf(HasSubstr("install test_tool 18"), HasSubstr("newer siphon"))));
  EXPECT_THAT(status, HasExitCode(errs::Code::kSystem));
}

TEST_F(ToolboxTest, KeepsToTheKindThatWasAskedFor) {
  path_ = Install("bin", "test_tool", "18.1");
  EXPECT_THAT(
      Pick(Tools::kBuiltin, 18).status(),
      AllOf(StatusIs(errs::kNotFound, AllOf(HasSubstr("built in 17.4"), Not(HasSubstr("18.1")))),
            HasHint(HasSubstr("--tools auto"))));
  path_ = "";
  EXPECT_THAT(Pick(Tools::kSystem, 17).status(),
              AllOf(StatusIs(errs::kNotFound, HasSubstr("none on the system")),
                    HasHint(HasSubstr("the built-in one is new enough"))));
  EXPECT_THAT(Pick(Tools::kAuto, 1, "other_tool").status(),
              StatusIs(errs::kNotFound, HasSubstr("none built in, none on the system")));
}

TEST_F(ToolboxTest, AProgramThatTellsNoVersionIsPassedOver) {
  path_ = Install("bin", "test_tool", "no number");
  EXPECT_THAT(Pick(Tools::kSystem, 17).status(),
              StatusIs(errs::kNotFound, HasSubstr("/bin/test_tool prints no version")));
  Install("lib/18/bin", "test_tool", "18.4");
  EXPECT_THAT(Pick(Tools::kSystem, 17), IsOk());
}

TEST_F(ToolboxTest, EndsWithItsContext) {
  path_ = Install("bin", "test_tool", "18.1");
  std::stop_source stop;
  stop.request_stop();
  context_ = base::Context(stop.get_token(), nullptr);
  EXPECT_THAT(Pick(Tools::kSystem, 17).status(), StatusIs(errs::kCancelled));
}

class ToolRunTest : public ToolboxTest {
 protected:
  ToolRunTest() { context_ = base::Context(stop_.get_token(), &log_); }

  ToolRun::Options Options(std::vector<std::string> arguments) {
    ToolRun::Options options;
    const absl::StatusOr<Tool> tool = Pick(Tools::kBuiltin, 17);
    EXPECT_THAT(tool, IsOk());
    if (tool.ok()) options.tool = *tool;
    options.arguments = std::move(arguments);
    options.out = ToolRun::Stream::kPipe;
    options.stage = "backup";
    return options;
  }

  // Returns the standard output of the tool.
  std::string Output(const ToolRun::Options& options) {
    const auto run = ToolRun::Start(context_, options);
    EXPECT_THAT(run, IsOk());
    if (!run.ok()) return "";
    const absl::StatusOr<std::string> text = base::ReadAll((*run)->out(), 1 << 20);
    EXPECT_THAT(text, IsOk());
    EXPECT_THAT((*run)->Wait(), IsOk());
    return text.value_or("");
  }

  siphon::testing::EventLog log_;
  std::stop_source stop_;
};

TEST_F(ToolRunTest, PassesBytesThrough) {
  ToolRun::Options options = Options({"cat"});
  options.in = ToolRun::Stream::kPipe;
  ASSERT_OK_AND_ASSIGN(const auto run, ToolRun::Start(context_, options));
  std::string data(300'000, 'x');
  std::jthread writer([&] {
    EXPECT_THAT(run->in().Write(data), IsOk());
    run->CloseIn();
  });
  EXPECT_THAT(base::ReadAll(run->out(), 1 << 20), IsOkAndHolds(data));
  EXPECT_THAT(run->Wait(), IsOk());
  EXPECT_THAT(log_.events(), IsEmpty());
}

TEST_F(ToolRunTest, ABuiltInToolIsCalledByItsName) {
  EXPECT_EQ(Output(Options({"argv", "a b", ""})), "test_tool\nargv\na b\n\n");
}

TEST_F(ToolRunTest, ASecretReachesTheEnvironmentAndNothingElse) {
  ToolRun::Options options = Options({"environ"});
  options.environment = {{"LC_ALL", "C"}};
  options.secrets = {{"PGPASSWORD", "sesame-opens"}};
  EXPECT_THAT(std::vector<std::string>(absl::StrSplit(Output(options), '\n')),
              ElementsAre("LC_ALL=C", "PGPASSWORD=sesame-opens", ""));
  options.arguments = {"cmdline"};
  EXPECT_EQ(Output(options), std::string("test_tool\0cmdline\0", 18));
  // Nor do its messages.
  options.arguments = {"say", "test_tool: error: password \"sesame-opens\" is wrong",
                       "the password was sesame-opens"};
  ASSERT_OK_AND_ASSIGN(const auto run, ToolRun::Start(context_, options));
  const absl::Status status = run->Wait();
  EXPECT_THAT(errs::Render(status),
              AllOf(HasSubstr("password \"***\" is wrong"), Not(HasSubstr("sesame"))));
  EXPECT_THAT(log_.Details(), ElementsAre("the password was ***"));
  EXPECT_THAT(run->LastLines(), Not(Contains(HasSubstr("sesame"))));
}

TEST_F(ToolRunTest, LinesBecomeEventsAndTheLastOnesTheError) {
  ASSERT_OK_AND_ASSIGN(
      const auto run,
      ToolRun::Start(context_,
                     Options({"say", "test_tool: dumping \x1b[2J", "test_tool: warning: odd", "",
                              "test_tool: error: no space", "test_tool: detail: at all"})));
  EXPECT_THAT(run->Wait(),
              StatusIs(errs::kDatabase,
                       HasSubstr("test_tool ended with code 3: test_tool: warning: odd; test_tool: "
                                 "error: no space; test_tool: detail: at all")));
  EXPECT_THAT(log_.Details(), ElementsAre("test_tool: dumping ?[2J"));
  EXPECT_THAT(log_.Warnings(), ElementsAre("test_tool: warning: odd"));
  EXPECT_THAT(run->LastLines(), ::testing::SizeIs(4));
}

TEST_F(ToolRunTest, KeepsFewOfManyLinesAndItsErrorFits) {
  ASSERT_OK_AND_ASSIGN(const auto run, ToolRun::Start(context_, Options({"flood"})));
  const absl::Status status = run->Wait();
  EXPECT_THAT(status,
              StatusIs(errs::kDatabase, AllOf(HasSubstr("code 5"), HasSubstr("line 99999"))));
  EXPECT_LT(status.message().size(), 500u);
  EXPECT_EQ(log_.Details().size(), 100000u);
}

TEST_F(ToolRunTest, NamesTheSignalThatEndedTheTool) {
  ASSERT_OK_AND_ASSIGN(const auto run, ToolRun::Start(context_, Options({"abort"})));
  EXPECT_THAT(run->Wait(),
              StatusIs(errs::kDatabase, HasSubstr(absl::StrCat("by signal ", SIGABRT))));
}

// Starts a tool that never ends and waits until it runs.
class Hanging {
 public:
  Hanging(const base::Context& context, const ToolRun::Options& options) {
    auto started = ToolRun::Start(context, options);
    EXPECT_THAT(started, IsOk());
    run = *std::move(started);
    char buffer[8];
    EXPECT_THAT(base::ReadFull(run->out(), absl::MakeSpan(buffer)), IsOkAndHolds(8u));
  }
  std::unique_ptr<ToolRun> run;
};

bool HasChild() {
  siginfo_t info{};
  return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 || errno != ECHILD;
}

TEST_F(ToolRunTest, AStopKillsIt) {
  const Hanging hanging(context_, Options({"hang"}));
  const auto begin = steady_clock::now();
  stop_.request_stop();
  EXPECT_THAT(hanging.run->Wait(), StatusIs(errs::kCancelled));
  EXPECT_LT(steady_clock::now() - begin, std::chrono::seconds(10));
  EXPECT_FALSE(HasChild());
}

TEST_F(ToolRunTest, ADeadlineKillsIt) {
  context_ = context_.WithDeadline(steady_clock::now() + std::chrono::seconds(2));
  const Hanging hanging(context_, Options({"hang"}));
  EXPECT_THAT(hanging.run->Wait(), StatusIs(errs::kCancelled, HasSubstr("deadline")));
  EXPECT_FALSE(HasChild());
}

TEST_F(ToolRunTest, ItDiesWithItsObject) {
  { const Hanging hanging(context_, Options({"hang"})); }
  EXPECT_FALSE(HasChild());
}

TEST(SelfPathTest, RunsThisProgram) { EXPECT_THAT(SelfPath(), IsOkAndHolds("/proc/self/exe")); }

TEST(ExplainToolFailureTest, TheFirstKnownTextGivesCauseAndHint) {
  constexpr ToolFailure kKnown[] = {{"damaged", errs::kIntegrity, ""},
                                    {"denied", errs::kConnectionFailed, "grant it"},
                                    {"page", errs::kIo, "never"}};
  const auto explain = [&](std::string_view lines) {
    return ExplainToolFailure(errs::SystemError("op", errs::kDatabase, lines, "old"), kKnown);
  };
  const absl::Status damaged = explain("a page is damaged");
  EXPECT_THAT(damaged, AllOf(StatusIs(errs::kIntegrity), HasHint("old")));
  EXPECT_EQ(errs::ExitCode(damaged), 3);
  EXPECT_THAT(explain("permission denied"),
              AllOf(StatusIs(errs::kConnectionFailed), HasHint("grant it")));
  EXPECT_THAT(explain("something else"), AllOf(StatusIs(errs::kDatabase), HasHint("old")));
  EXPECT_THAT(ExplainToolFailure(errs::SystemError("op", errs::kIo, "denied"), kKnown),
              StatusIs(errs::kIo));
  EXPECT_THAT(ExplainToolFailure(absl::OkStatus(), kKnown), IsOk());
}

}  // namespace
}  // namespace siphon::driver
