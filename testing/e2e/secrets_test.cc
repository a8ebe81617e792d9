// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// No secret appears in the output of any command, in any output format, on success or failure.

#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/e2e/database.h"
#include "testing/e2e/sample_database.h"
#include "testing/e2e/sandbox.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

// A marker in every secret of this test; an output that contains it contains (a part of) a secret.
constexpr std::string_view kMark = "S3CR3T";

using Arguments = std::vector<std::string>;

class Secrets : public ::testing::Test {
 protected:
  Secrets() {
    std::filesystem::create_directories(box_.Path("config"));
    box_.environment["DB_PASSWORD"] = "S3CR3T-of-the-environment";
    box_.environment["EDITOR"] = "true";
    WriteBytes(box_.Path("password.txt"), "S3CR3T-of-a-file\n");
    EXPECT_THAT(MakeSampleDatabase(box_.Path("app.db"), {.bytes = 100000}), IsOk());
  }

  void WriteConfig(std::string_view text) {
    WriteBytes(box_.Path("config/config.yaml"), text);
    std::filesystem::permissions(
        box_.Path("config/config.yaml"),
        std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  }

  // Runs the command with each output format and searches its output for secrets.
  void ExpectSilent(const Arguments& command) {
    std::vector<Arguments> forms = {{"--verbose"}, {"--json", "--verbose"}};
    if (!kSanitized) forms.insert(forms.end(), {{}, {"--json"}, {"--quiet"}});
    for (const Arguments& form : forms) {
      Arguments args = command;
      args.insert(args.end(), form.begin(), form.end());
      const ProcessResult result = box_.Run(args);
      EXPECT_EQ(result.signal, 0) << absl::StrJoin(args, " ");
      EXPECT_EQ(LinesWithSecrets(result.out), "") << "stdout of " << absl::StrJoin(args, " ");
      EXPECT_EQ(LinesWithSecrets(result.err), "") << "stderr of " << absl::StrJoin(args, " ");
      ++runs_;
      exit_codes_ += absl::StrCat(result.exit_code, " ");
    }
  }

  static std::string LinesWithSecrets(std::string_view text) {
    std::vector<std::string_view> lines = absl::StrSplit(text, '\n');
    std::erase_if(lines, [](std::string_view line) { return !absl::StrContains(line, kMark); });
    return absl::StrJoin(lines, "\n");
  }

  // The files that siphon wrote must not contain one either.
  void ExpectNoFileHoldsASecret() {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(box_.root())) {
      const std::string name = entry.path().filename().string();
      if (!entry.is_regular_file() || name == "config.yaml" || name == "password.txt") continue;
      EXPECT_FALSE(absl::StrContains(ReadBytes(entry.path().string()), kMark)) << entry.path();
    }
  }

  ~Secrets() override { std::cout << runs_ << " runs, exit codes " << exit_codes_ << "\n"; }

  Sandbox box_;
  int runs_ = 0;
  std::string exit_codes_;
};

constexpr std::string_view kProfiles = R"yaml(
version: 1
profiles:
  pg-literal:
    driver: postgres
    host: db.example.org
    user: app
    password: S3CR3T-in-clear
    database: app
    group: prod
  pg-marked: {driver: postgres, host: h, password: "literal:S3CR3T-marked", database: app}
  pg-env: {driver: postgres, host: h, password: "env:DB_PASSWORD", database: app}
  pg-file: {driver: postgres, host: h, password: "file:PASSWORD_FILE", database: app}
  pg-expanded: {driver: postgres, host: h, password: "${DB_PASSWORD}", database: app}
  pg-scheme: {driver: postgres, host: h, password: "vault://S3CR3T-at-a-vault", database: app}
  my: {driver: mysql, host: h, password: S3CR3T-in-clear, database: app}
  lite: {driver: sqlite, database: DATABASE}
  lite-literal: {driver: sqlite, database: DATABASE, password: "literal:S3CR3T-lite"}
  lite-env: {driver: sqlite, database: DATABASE, password: "env:DB_PASSWORD"}
groups:
  prod: {color: red, totp_secret: S3CR3TTOTPBASE32, require_2fa: true, confirm_destructive: true}
)yaml";

TEST_F(Secrets, OfTheConfigurationAppearInNoOutput) {
  std::string config(kProfiles);
  for (const auto& [from, to] :
       {std::pair<std::string, std::string>{"PASSWORD_FILE", box_.Path("password.txt")},
        {"DATABASE", box_.Path("app.db")}}) {
    for (size_t at = 0; (at = config.find(from, at)) != std::string::npos; at += to.size()) {
      // "env:DB_PASSWORD" holds no such word; "DATABASE" stands alone.
      config.replace(at, from.size(), to);
    }
  }
  WriteConfig(config);
  const std::string id = box_.Backup("app.db");
  ExpectSilent({"config", "check"});
  ExpectSilent({"config", "path"});
  ExpectSilent({"config", "edit"});
  ExpectSilent({"profile", "list"});
  ExpectSilent({"drivers"});
  ExpectSilent({"completion", "bash"});
  ExpectSilent({"__complete", "backup", ""});
  ExpectSilent({"__complete", "profile", "show", "p"});
  ExpectSilent({"dumps", "list"});
  ExpectSilent({"dumps", "rebuild"});
  for (const std::string profile :
       {"pg-literal", "pg-marked", "pg-env", "pg-file", "pg-expanded", "pg-scheme", "my", "lite",
        "lite-literal", "lite-env", "no-such-profile"}) {
    ExpectSilent({"profile", "show", profile});
    ExpectSilent({"profile", "test", profile});
    ExpectSilent({"inspect", profile});
    ExpectSilent({"backup", profile});
    ExpectSilent({"backup", profile, "--table", "no-such-table"});
    ExpectSilent({"dumps", "list", "--profile", profile});
    ExpectSilent({"restore", id, "--profile", profile});
    ExpectSilent({"restore", id, "--profile", profile, "--clean", "--yes"});
  }
  for (const std::string& dump : box_.ListedDumps()) {
    ExpectSilent({"dumps", "inspect", dump});
    ExpectSilent({"verify", dump, "--deep"});
    if (dump != id) break;
  }
  ExpectSilent({"profile", "rm", "pg-literal"});
  ExpectSilent({"profile", "list"});
  ExpectNoFileHoldsASecret();
}

TEST_F(Secrets, OfTheCommandLineAppearInNoOutput) {
  const std::string id = box_.Backup("app.db");
  for (const std::string url :
       {"postgres://app:S3CR3T-url@h/db", "mysql://app:S3CR3T%2Durl@h:3306/db?tls=true",
        "postgres://app:S3CR3T-url@h:no-port/db", "postgres://app:S3CR3T-url@[::1/db",
        "postgres://:S3CR3T-url@h/db", "postgres://app:S3CR3T@url@h/db",
        "postgres://app:S3CR3T%zz@h/db", "nosuch://app:S3CR3T-url@h/db",
        "sqlite://app:S3CR3T-url@h/db", "postgres://app@h/db?password=S3CR3T-parameter",
        "postgres://app:S3CR3T/url@h/db", "postgres://app:S3CR3T#url@h/db",
        "postgres://app:S3CR3T?url@h/db", "POSTGRES://app:S3CR3T-url@h/db"}) {
    ExpectSilent({"backup", url});
    ExpectSilent({"inspect", url});
    ExpectSilent({"profile", "test", url});
    ExpectSilent({"profile", "show", url});
    ExpectSilent({"profile", "add", "by-url", "--url", url});
    ExpectSilent({"restore", id, "--profile", url});
    ExpectSilent({"dumps", "list", "--profile", url});
    std::filesystem::remove(box_.SidecarPath(id));
    ExpectSilent({"dumps", "rebuild", "--profile", url});
    ExpectSilent({"dumps", "inspect", id});
    ExpectSilent({"verify", url});
    ExpectSilent({"backup", "prod", "--profile", url});
    // In the wrong place.
    ExpectSilent({"backup", "prod", "--jobs", url});
    ExpectSilent({"backup", "prod", "--tools=" + url});
  }
  for (const std::string reference : {"S3CR3T-in-clear", "literal:S3CR3T-marked", "vault://S3CR3T",
                                      "env:", "keychain://S3CR3T"}) {
    ExpectSilent({"profile", "add", "lite", "--driver", "sqlite", "--database", box_.Path("app.db"),
                  "--password", reference});
    ExpectSilent({"profile", "show", "lite"});
    ExpectSilent({"profile", "rm", "lite"});
    ExpectSilent({"profile", "add", "pg", "--driver", "postgres", "--password", reference});
    ExpectSilent({"profile", "add", "pg", "--driver", "postgres", "--pasword", reference});
    ExpectSilent({"profile", "add", "pg", "--driver", "postgres", "--pasword=" + reference});
    ExpectSilent({"profile", "add", "pg", "--password", reference, "--port", "many"});
  }
  ExpectNoFileHoldsASecret();
}

// A configuration that cannot be read: the message must not quote the faulty text.
class BrokenConfig : public Secrets, public ::testing::WithParamInterface<std::string> {};

TEST_P(BrokenConfig, IsReportedWithoutItsSecrets) {
  WriteConfig(absl::StrCat("profiles:\n  pg:\n    driver: postgres\n    host: h\n    password: ",
                           GetParam(), "\n    database: app\n"));
  ExpectSilent({"config", "check"});
  ExpectSilent({"profile", "list"});
  ExpectSilent({"profile", "show", "pg"});
  ExpectSilent({"backup", "pg"});
  ExpectSilent({"profile", "rm", "pg"});
}

INSTANTIATE_TEST_SUITE_P(Password, BrokenConfig,
                         ::testing::Values("\"S3CR3T-without-an-end", "*S3CR3T-alias",
                                           "&S3CR3T-anchor", "!S3CR3T-tag", "@S3CR3T-reserved",
                                           "`S3CR3T", "%S3CR3T-directive", "[S3CR3T, list]",
                                           "{S3CR3T: map}", "S3CR3T: colon", "\"S3CR3T\\q escape\"",
                                           "|S3CR3T-block", "pa$S3CR3T", "pa${S3CR3T}",
                                           "pa${S3CR3T", "'S3CR3T' more",
                                           "x\n    passwd: S3CR3T-unknown-key", "x\n  S3CR3T",
                                           "x\n\tS3CR3T", "x\n    password: S3CR3T-twice"),
                         [](const auto& info) { return absl::StrCat("form", info.index); });

}  // namespace
}  // namespace siphon::testing
