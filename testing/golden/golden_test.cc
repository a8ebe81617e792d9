// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0
//
// Runs the command line in memory and holds what it prints against cases/*.golden. A case is a
// script of blocks that share one empty directory:
//
//   # a comment
//   @sql app.db CREATE TABLE t (a);        makes or changes a SQLite database
//   @write config/config.yaml version: 1   writes a file (\n in the text is a line feed)
//   @env NAME=value                        sets a variable for the commands after it
//   @answer prod                           is what stdin holds for the next command
//   @columns 60                            stdout is a terminal of this width from here on; 0: none
//   $ siphon inspect sqlite://$DIR/app.db  runs a command; below it what must come out:
//   stdout, line by line
//   | stdout that would look like one of these
//   ! stderr, line by line
//   ? 1                                    the exit code, when it is not 0
//
// What differs from run to run is shown as a name: $DIR, <ID-1>, <SHA256>, <TIME>. The names can be
// used in commands; <PREFIX-1> in a command is the beginning of <ID-1>.
// `bazel run //testing/golden:golden_test -- --update` rewrites the cases.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "errs/error.h"
#include "re2/re2.h"
#include "siphon/base/clock.h"
#include "siphon/base/environment.h"
#include "siphon/cli/run.h"

namespace siphon {
namespace {

bool update = false;

// A clock that stands still during a command and advances by a minute between two.
class StepClock : public base::Clock {
 public:
  absl::Time Now() const override { return now_; }
  absl::TimeZone Local() const override { return absl::FixedTimeZone(2 * 60 * 60); }
  void Step() { now_ += absl::Minutes(1); }

 private:
  absl::Time now_ = absl::FromUnixSeconds(1'790'000'000);
};

std::string ReadFileOrDie(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  EXPECT_TRUE(in.is_open()) << path;
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// Splits at blanks; single quotes group a word.
std::vector<std::string> SplitWords(std::string_view line) {
  std::vector<std::string> words;
  std::string word;
  bool quoted = false, any = false;
  for (const char c : line) {
    if (c == '\'') {
      quoted = !quoted;
      any = true;
    } else if (c == ' ' && !quoted) {
      if (any) words.push_back(word);
      word.clear();
      any = false;
    } else {
      word += c;
      any = true;
    }
  }
  if (any) words.push_back(word);
  return words;
}

class Script {
 public:
  // The name of the directory always has the same length, as it affects the width of tables.
  Script() {
    std::string directory = "/tmp/siphon-golden-XXXXXX";
    EXPECT_NE(mkdtemp(directory.data()), nullptr) << directory;
    directory_ = directory;
    variables_ = {{"SIPHON_CONFIG_HOME", directory_ + "/config"}, {"HOME", directory_ + "/home"}};
  }
  ~Script() { std::filesystem::remove_all(directory_); }

  // The text of the case after a run.
  std::string Run(const std::string& text) {
    std::string result;
    std::vector<std::string> lines = absl::StrSplit(text, '\n');
    if (!lines.empty() && lines.back().empty()) lines.pop_back();
    bool in_output = false;
    for (const std::string& line : lines) {
      if (absl::StartsWith(line, "$ ")) {
        absl::StrAppend(&result, line, "\n", Command(line.substr(2)));
        in_output = true;
      } else if (absl::StartsWith(line, "#") || absl::StartsWith(line, "@")) {
        if (absl::StartsWith(line, "@")) Directive(line.substr(1));
        absl::StrAppend(&result, line, "\n");
        in_output = false;
      } else if (line.empty() && !in_output) {
        absl::StrAppend(&result, "\n");
      }
    }
    return result;
  }

 private:
  void Directive(const std::string& line) {
    const std::pair<std::string, std::string> parts = absl::StrSplit(line, absl::MaxSplits(' ', 1));
    const std::string argument = Concrete(parts.second);
    const std::pair<std::string, std::string> file =
        absl::StrSplit(argument, absl::MaxSplits(' ', 1));
    const std::string path = absl::StrCat(directory_, "/", file.first);
    if (parts.first == "sql") {
      sqlite3* db = nullptr;
      ASSERT_EQ(sqlite3_open(path.c_str(), &db), SQLITE_OK);
      char* error = nullptr;
      EXPECT_EQ(sqlite3_exec(db, file.second.c_str(), nullptr, nullptr, &error), SQLITE_OK)
          << (error != nullptr ? error : "");
      sqlite3_free(error);
      sqlite3_close(db);
    } else if (parts.first == "write") {
      std::filesystem::create_directories(std::filesystem::path(path).parent_path());
      std::ofstream(path, std::ios::binary) << absl::StrReplaceAll(file.second, {{"\\n", "\n"}});
      chmod(path.c_str(), 0600);
    } else if (parts.first == "env") {
      const std::pair<std::string, std::string> variable =
          absl::StrSplit(argument, absl::MaxSplits('=', 1));
      variables_[variable.first] = variable.second;
    } else if (parts.first == "answer") {
      answer_ = argument + "\n";
    } else if (parts.first == "columns") {
      EXPECT_TRUE(absl::SimpleAtoi(argument, &columns_)) << line;
    } else {
      ADD_FAILURE() << "unknown directive @" << line;
    }
  }

  std::string Command(const std::string& line) {
    std::vector<std::string> args = SplitWords(Concrete(line));
    EXPECT_FALSE(args.empty());
    EXPECT_EQ(args.front(), "siphon") << line;
    args.erase(args.begin());
    const base::Environment environment(variables_);
    clock_.Step();
    std::istringstream in(answer_);
    std::ostringstream out, err;
    cli::Env env;
    env.environment = &environment;
    env.clock = &clock_;
    env.in = &in;
    env.out = &out;
    env.err = &err;
    env.in_is_terminal = !answer_.empty();
    env.out_columns = columns_;
    const absl::Status status = cli::Run(env, args);
    answer_.clear();

    std::string result;
    std::vector<std::string> printed = absl::StrSplit(Normal(out.str()), '\n');
    if (printed.back().empty()) printed.pop_back();
    for (const std::string& text : printed) {
      const bool like_a_script = absl::StartsWith(text, "$ ") || absl::StartsWith(text, "#") ||
                                 absl::StartsWith(text, "@");
      absl::StrAppend(&result, like_a_script ? "| " : "", text, "\n");
    }
    for (const std::string_view error : absl::StrSplit(Normal(err.str()), '\n')) {
      // Only slow operations report progress, and on a busy machine any operation may be slow.
      if (error.empty() || absl::StartsWith(error, R"({"event":"progress")")) continue;
      absl::StrAppend(&result, "! ", error, "\n");
    }
    const int code = errs::ExitCode(status);
    if (code != 0) absl::StrAppend(&result, "? ", code, "\n");
    return absl::StrCat(result, "\n");
  }

  // Replaces names by their values in this run.
  std::string Concrete(std::string text) const {
    for (const auto& [id, name] : ids_) {
      // The ten characters of the time, with which no two ids of a case begin.
      const std::string prefix = absl::StrReplaceAll(name, {{"<ID", "<PREFIX"}});
      text = absl::StrReplaceAll(text, {{name, id}, {prefix, id.substr(0, 10)}});
    }
    return absl::StrReplaceAll(text, {{"$DIR", directory_}});
  }

  // Replaces values that differ between runs by names.
  std::string Normal(std::string text) {
    text = absl::StrReplaceAll(text, {{directory_, "$DIR"}});
    static const RE2 id(R"(\b([0-9A-HJKMNP-TV-Z]{26})\b)");
    std::string_view rest = text;
    std::string found;
    while (RE2::FindAndConsume(&rest, id, &found)) {
      ids_.emplace(found, absl::StrCat("<ID-", ids_.size() + 1, ">"));
    }
    for (const auto& [ulid, name] : ids_) text = absl::StrReplaceAll(text, {{ulid, name}});
    RE2::GlobalReplace(&text, R"(sha256:[0-9a-f]{64})", "<SHA256>");
    RE2::GlobalReplace(&text, R"(done in [0-9a-z.]+( \([^)]*\))?)", "done in <TIME>");
    RE2::GlobalReplace(&text, R"("elapsed_ms": ?\d+)", "\"elapsed_ms\": 0");
    // Migrations: "1/u init (1.2ms)", and the time and duration in the history.
    RE2::GlobalReplace(&text, R"((\d+/[ud] [^ ]*) \([0-9.]+[mu]?s\))", "\\1 (<TIME>)");
    RE2::GlobalReplace(&text, R"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC)", "<WHEN> UTC");
    RE2::GlobalReplace(&text, R"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d  (up|down|force))", "<WHEN>  \\1");
    RE2::GlobalReplace(&text, R"((done|failed[^\n]*?)  +\d+[mu]?s)", "\\1  <TIME>");
    // The longest time determines the width of the column.
    RE2::GlobalReplace(&text, R"(STATE +TIME  USER)", "STATE  TIME  USER");
    return text;
  }

  StepClock clock_;
  std::string directory_;
  std::map<std::string, std::string, std::less<>> variables_;
  std::map<std::string, std::string> ids_;
  std::string answer_;
  int columns_ = 0;
};

class GoldenTest : public ::testing::Test {
 public:
  explicit GoldenTest(std::string path) : path_(std::move(path)) {}
  void TestBody() override {
    const std::string expected = ReadFileOrDie(path_);
    const std::string actual = Script().Run(expected);
    if (update) {
      std::ofstream(path_, std::ios::binary) << actual;
      return;
    }
    EXPECT_EQ(actual, expected) << "to accept what came out: bazel run "
                                   "//testing/golden:golden_test -- --update";
  }

 private:
  std::string path_;
};

std::vector<std::string> Cases(const std::string& directory) {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    if (entry.path().extension() == ".golden") paths.push_back(entry.path().string());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

}  // namespace
}  // namespace siphon

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  std::string directory = "testing/golden/cases";
  for (int i = 1; i < argc; ++i) {
    if (std::string_view(argv[i]) == "--update") siphon::update = true;
  }
  if (siphon::update) {
    const auto environment = siphon::base::Environment::OfProcess(environ);
    const std::string workspace = environment.GetOrEmpty("BUILD_WORKSPACE_DIRECTORY");
    if (!workspace.empty()) directory = absl::StrCat(workspace, "/", directory);
  }
  const std::vector<std::string> cases = siphon::Cases(directory);
  if (cases.empty()) {
    fprintf(stderr, "no cases in %s\n", directory.c_str());
    return 1;
  }
  for (const std::string& path : cases) {
    ::testing::RegisterTest("Golden", std::filesystem::path(path).stem().c_str(), nullptr, nullptr,
                            __FILE__, __LINE__,
                            [path]() -> ::testing::Test* { return new siphon::GoldenTest(path); });
  }
  return RUN_ALL_TESTS();
}
