// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Names and texts that somebody else chose never reach a terminal as they are: they start no escape
// sequence, move no cursor and forge no line of siphon's output.

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/e2e/database.h"
#include "testing/e2e/hostile_text.h"
#include "testing/e2e/sandbox.h"
#include "testing/process/process.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

using ::testing::HasSubstr;

class HostileNames : public ::testing::Test {
 protected:
  ProcessResult Run(const std::vector<std::string>& args, int exit_code) {
    return RunInTerminal(box_, args, exit_code);
  }

  // The same as for a program.
  void RunWithJson(std::vector<std::string> args, int exit_code) {
    args.push_back("--json");
    const ProcessResult result = Run(args, exit_code);
    EXPECT_THAT(result.out, HasSubstr("\\u001b[2J"));
  }

  Sandbox box_;
};

TEST_F(HostileNames, OfTables) {
  const std::string quoted = absl::StrCat("\"", kEvil, "\"");
  for (const std::string name : {"a.db", "empty.db"}) {
    auto database = Database::Open(box_.Path(name));
    ASSERT_OK(database);
    if (name == "a.db") {
      ASSERT_OK(
          database->Execute(absl::StrCat("CREATE TABLE ", quoted, " (x); INSERT INTO ", quoted,
                                         " VALUES (1); CREATE VIEW \"v", kEvil, "\" AS SELECT 1")));
    }
  }
  const std::string url = box_.Url("a.db");
  EXPECT_THAT(Run({"inspect", url, "--exact"}, 0).out, HasSubstr("e\\x1b[2J"));
  RunWithJson({"inspect", url}, 0);
  Run({"backup", url}, 0);
  const std::string id = box_.ListedDumps().front();
  Run({"dumps", "list"}, 0);
  EXPECT_THAT(Run({"dumps", "inspect", id}, 0).out, HasSubstr("e\\x1b[2J"));
  RunWithJson({"dumps", "inspect", id}, 0);
  Run({"verify", id, "--deep"}, 0);
  // Errors that name the table, the pattern, the file.
  EXPECT_THAT(Run({"backup", url, "--table", absl::StrCat(kEvil, "x")}, 1).err,
              HasSubstr("e\\x1b[2J"));
  Run({"restore", id, "--profile", url}, 1);
  Run({"restore", id, "--profile", box_.Url("empty.db"), "--table", absl::StrCat("no", kEvil)}, 1);
  Run({"inspect", absl::StrCat("sqlite:///no/", "such%1b%5b2J%0aFORGED.db")}, 2);
  Run({"inspect", absl::StrCat("prof", kEvil)}, 1);
  Run({"restore", absl::StrCat("dump", kEvil), "--profile", url}, 1);
  Run({absl::StrCat("verb", kEvil)}, 1);
  Run({"inspect", url, absl::StrCat("--flag", kEvil)}, 1);
}

TEST_F(HostileNames, InTheCatalogue) {
  auto database = Database::Open(box_.Path("a.db"));
  ASSERT_OK(database);
  ASSERT_OK(database->Execute("CREATE TABLE a (x)"));
  const std::string id = box_.Backup("a.db");
  std::string sidecar = ReadBytes(box_.SidecarPath(id));
  const std::string in_json = "e\\u001b[2J\\nFORGED\\u009b31m";
  const size_t at = sidecar.find("\"profile\":");
  ASSERT_NE(at, std::string::npos);
  const size_t value = sidecar.find('"', sidecar.find(':', at)) + 1;
  sidecar.insert(value, in_json);
  WriteBytes(box_.SidecarPath(id), sidecar);
  EXPECT_THAT(Run({"dumps", "list"}, 0).out, HasSubstr("e\\x1b[2J\\nFORGED"));
  Run({"dumps", "inspect", id}, 0);
  Run({"dumps", "list", "--json"}, 0);
}

TEST_F(HostileNames, OfMigrationsAndTheirErrors) {
  std::filesystem::create_directory(box_.Path("m"));
  const std::string title = absl::StrReplaceAll(kEvil, {{"\n", ""}, {"\r", ""}});
  WriteBytes(box_.Path(absl::StrCat("m/1_", title, ".up.sql")), "CREATE TABLE t (x);");
  WriteBytes(box_.Path(absl::StrCat("m/", kEvil)), "no migration");
  WriteBytes(box_.Path("m/2_bad.up.sql"), absl::StrCat("SELECT * FROM \"no", kEvil, "\";"));
  const std::vector<std::string> source = {"migrate", "--path", box_.Path("m"), "--database",
                                           box_.Url("a.db")};
  const auto migrate = [&](std::string verb, int exit_code) {
    std::vector<std::string> args = source;
    args.push_back(std::move(verb));
    return Run(args, exit_code);
  };
  EXPECT_THAT(migrate("status", 0).out, HasSubstr("not a migration: e\\x1b[2J"));
  migrate("plan", 0);
  EXPECT_THAT(migrate("up", 2).err, HasSubstr("\\x1b[2J"));
  migrate("history", 0);
  migrate("status", 0);
}

}  // namespace
}  // namespace siphon::testing
