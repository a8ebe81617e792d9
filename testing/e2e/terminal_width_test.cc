// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Tables on terminals of 60, 100 and 200 columns, and in a pipe.

#include <algorithm>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
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
using ::testing::IsEmpty;
using ::testing::Not;

constexpr char kLongName[] = "the-main-database-of-the-northern-region";  // 40 characters.

// The number of characters of a text in UTF-8.
int Characters(std::string_view text) {
  return static_cast<int>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

// The lines that are wider than the terminal. Paths and checksums stay whole, so lines with a word
// that hardly fits do not count.
std::vector<std::string> TooLong(const std::string& shown, int columns) {
  constexpr int kNextToIt = 24;
  std::vector<std::string> lines;
  for (const std::string_view line : absl::StrSplit(shown, '\n')) {
    int longest = 0;
    for (const std::string_view word : absl::StrSplit(line, ' ')) {
      longest = std::max(longest, Characters(word));
    }
    if (Characters(line) > columns && longest <= columns - kNextToIt) lines.emplace_back(line);
  }
  return lines;
}

class TerminalWidthTest : public ::testing::Test {
 protected:
  TerminalWidthTest() {
    EXPECT_OK(MakeSampleDatabase(box_.Path("app.db"), {.bytes = 50000, .seed = 1}));
    Clear(box_.Path("config"));
    WriteBytes(box_.Path("config/config.yaml"),
               absl::StrCat("version: 1\nprofiles:\n  ", kLongName,
                            ": {driver: sqlite, database: ", box_.Path("app.db"),
                            "}\n  b: {driver: sqlite, database: ", box_.Path("app.db"),
                            ", colour: blue}\n"));
    std::filesystem::permissions(box_.Path("config/config.yaml"),
                                 std::filesystem::perms::owner_read);
    const ProcessResult backup = box_.Run({"backup", kLongName, "--quiet"});
    EXPECT_EQ(backup.exit_code, 0) << backup.err;
    id_ = backup.out.substr(0, backup.out.find('\n'));
    Clear(box_.Path("migrations"));
    WriteBytes(box_.Path("migrations/20260301112202_add_the_addresses_of_all_customers.up.sql"),
               "CREATE TABLE m (a);");
    EXPECT_EQ(box_.Run(Migrate("up")).exit_code, 0);
    WriteBytes(box_.Path("migrations/20260201000000_merged_late.up.sql"), "CREATE TABLE n (a);");
  }

  std::vector<std::string> Migrate(const std::string& command) const {
    return {"migrate", "--path", box_.Path("migrations"), "--database", "b", command};
  }

  Sandbox box_;
  std::string id_;
};

TEST_F(TerminalWidthTest, EveryTableFitsTheTerminal) {
  const struct {
    std::vector<std::string> args;
    int exit_code;
  } commands[] = {
      {{"dumps", "list"}, 0},
      {{"dumps", "inspect", id_}, 0},
      {{"dumps", "prune", "--keep-last", "1"}, 0},
      {{"status"}, 2},
      {{"inspect", "b"}, 0},
      {{"drivers"}, 0},
      {{"profile", "list"}, 0},
      {{"profile", "show", kLongName}, 0},
      {{"config", "check"}, 0},
      {Migrate("status"), 0},
      {Migrate("history"), 0},
  };
  for (const int columns : {60, 100, 200}) {
    for (const auto& [args, exit_code] : commands) {
      Terminal terminal(box_.Options(args), columns);
      EXPECT_EQ(terminal.Wait(), exit_code) << terminal.shown();
      EXPECT_THAT(TooLong(terminal.shown(), columns), IsEmpty())
          << columns << ": " << terminal.shown();
    }
  }
}

TEST_F(TerminalWidthTest, IdsStayWholeAndALastLineNamesWhatIsLeftOut) {
  Terminal narrow(box_.Options({"dumps", "list"}), 60);
  EXPECT_EQ(narrow.Wait(), 0);
  EXPECT_THAT(narrow.shown(), HasSubstr(id_));
  EXPECT_THAT(narrow.shown(), HasSubstr("the-main"));
  EXPECT_THAT(narrow.shown(), Not(HasSubstr(kLongName)));
  EXPECT_THAT(narrow.shown(), HasSubstr("full"));
  EXPECT_THAT(narrow.shown(), HasSubstr("left out to fit the terminal: DRIVER, CREATED"));
}

TEST_F(TerminalWidthTest, APipeGetsEverything) {
  const ProcessResult piped = box_.Run({"dumps", "list"});
  EXPECT_EQ(piped.exit_code, 0);
  EXPECT_THAT(piped.out, HasSubstr(kLongName));
  EXPECT_THAT(piped.out, HasSubstr("CREATED"));
  EXPECT_THAT(piped.out, Not(HasSubstr("left out")));
  Terminal wide(box_.Options({"drivers"}), 200);
  EXPECT_EQ(wide.Wait(), 0);
  EXPECT_EQ(wide.shown(), box_.Run({"drivers"}).out);
}

}  // namespace
}  // namespace siphon::testing
