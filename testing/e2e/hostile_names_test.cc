// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Names and texts that somebody else chose never reach a terminal as they are: they start no escape
// sequence, move no cursor and forge no line of siphon's output.

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/e2e/database.h"
#include "testing/e2e/sandbox.h"
#include "testing/process/process.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

using ::testing::HasSubstr;

// Clears the screen, sets the title, begins a line of its own, overwrites the present one, and uses
// the one-byte and the two-byte form of CSI.
constexpr char kEvil[] =
    "e\x1b[2J\x1b]0;owned\x07\nFORGED  line\r\tFORGED\x7f\xc2\x9b"
    "31m\xe2\x80\xae"
    "txet";

// The fault of a text that is sent to a terminal; empty if it has none.
std::string Complaint(std::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte < 0x20 && byte != '\n') || byte == 0x7f) {
      return absl::StrCat("control character ", static_cast<int>(byte), " at ", i);
    }
    const auto next = static_cast<unsigned char>(i + 1 < text.size() ? text[i + 1] : 0);
    if (byte == 0xc2 && next >= 0x80 && next <= 0x9f) return absl::StrCat("C1 control at ", i);
  }
  if (absl::StrContains(text, "\nFORGED")) return "a forged line";
  if (absl::StrContains(text, "\xe2\x80\xae")) return "a bidirectional override";
  return "";
}

class HostileNames : public ::testing::Test {
 protected:
  // Runs siphon twice, as for a person and as for a program.
  ProcessResult Run(std::vector<std::string> args, int exit_code) {
    const std::string command = absl::StrJoin(args, " ");
    const ProcessResult result = box_.Run(args);
    EXPECT_EQ(result.exit_code, exit_code) << command << "\n" << result.err;
    EXPECT_EQ(Complaint(result.out), "") << command << "\n" << result.out;
    EXPECT_EQ(Complaint(result.err), "") << command << "\n" << result.err;
    return result;
  }

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
  WriteBytes(box_.Path(absl::StrCat("m/", title)), "no migration");
  WriteBytes(box_.Path("m/2_bad.up.sql"), absl::StrCat("SELECT * FROM \"no", kEvil, "\";"));
  const std::vector<std::string> source = {"migrate", "--path", box_.Path("m"), "--database",
                                           box_.Url("a.db")};
  const auto migrate = [&](std::string verb, int exit_code) {
    std::vector<std::string> args = source;
    args.push_back(std::move(verb));
    return Run(args, exit_code);
  };
  EXPECT_THAT(migrate("status", 0).out, HasSubstr("e\\x1b[2J"));
  migrate("plan", 0);
  EXPECT_THAT(migrate("up", 2).err, HasSubstr("\\x1b[2J"));
  migrate("history", 0);
  migrate("status", 0);
}

}  // namespace
}  // namespace siphon::testing
