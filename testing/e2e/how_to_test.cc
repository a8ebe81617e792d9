// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Runs the commands of docs/how-to.md: each section of the page is a test, with new databases and
// an empty catalogue but for one dump of prod. Blocks marked "sh" run as they are, in one folder;
// of other blocks every line that names siphon runs.

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "testing/e2e/postgres_urls.h"
#include "testing/e2e/sandbox.h"
#include "testing/process/process.h"
#include "testing/servers/postgres.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

using ::testing::Ge;
using ::testing::SizeIs;

constexpr char kPage[] = "docs/how-to.md";

// The tables of prod.
constexpr char kShop[] =
    "CREATE TABLE customers(id int PRIMARY KEY, name text);"
    "INSERT INTO customers VALUES (1, 'Ada'), (2, 'Grace');"
    "CREATE TABLE orders(id int PRIMARY KEY, customer int REFERENCES customers(id));"
    "INSERT INTO orders VALUES (1, 1), (2, 2), (3, 1);"
    "CREATE TABLE sessions(id int); INSERT INTO sessions VALUES (1);";

// Programs of the page that need another machine or a key: they keep or pass on what they get.
constexpr char kSsh[] = "#!/bin/sh\nshift\nmkdir -p \"$STORE\" && cd \"$STORE\" && eval \"$*\"\n";
constexpr char kAge[] = "#!/bin/sh\nif [ \"$1\" = -d ]; then shift 3; cat \"$1\"; else cat; fi\n";

struct Section {
  std::string title;
  std::vector<std::string> commands;  // Each is a script of the shell.
};

// The command of a line with a schedule, a unit's key or a JSON array; fails the test if a line
// names siphon in another way.
std::string CommandOf(std::string_view language, std::string_view line) {
  const size_t array = line.find("[\"siphon\"");
  if (array != std::string_view::npos) {
    const auto words = nlohmann::json::parse(line.substr(array), nullptr, false);
    if (words.is_array()) {
      return absl::StrJoin(words.get<std::vector<std::string>>(), " ");
    }
  } else if (language == "cron") {
    std::vector<std::string> fields = absl::StrSplit(line, ' ', absl::SkipEmpty());
    if (fields.size() > 5) {
      return absl::StrJoin(fields.begin() + 5, fields.end(), " ");
    }
  } else if (absl::ConsumePrefix(&line, "ExecStart=/usr/bin/")) {
    return std::string(line);
  }
  ADD_FAILURE() << "a command that the test does not find: " << line;
  return "";
}

bool NamesSiphon(std::string_view line) {
  return absl::StrContains(line, "siphon ") || absl::StrContains(line, "\"siphon\"");
}

// The sections of the page with commands.
std::vector<Section> ReadPage() {
  std::vector<Section> sections;
  std::ifstream file(kPage);
  std::string language, script;
  bool in_block = false;
  for (std::string line; std::getline(file, line);) {
    if (!in_block && absl::StartsWith(line, "## "))
      sections.push_back({.title = line.substr(3), .commands = {}});
    if (absl::StartsWith(line, "```")) {
      if (in_block && language == "sh" && !sections.empty()) {
        sections.back().commands.push_back(script);
      }
      in_block = !in_block;
      language = line.substr(3);
      script.clear();
    } else if (in_block && language == "sh") {
      absl::StrAppend(&script, line, "\n");
    } else if (in_block && !sections.empty() && line.front() != '#' && NamesSiphon(line)) {
      sections.back().commands.push_back(CommandOf(language, line));
    }
  }
  std::erase_if(sections, [](const Section& section) { return section.commands.empty(); });
  return sections;
}

class HowToTest : public ::testing::TestWithParam<Section> {
 protected:
  static void SetUpTestSuite() {
    auto server = PostgresServer::Start();
    ASSERT_OK(server);
    server_ = server->release();
  }
  static void TearDownTestSuite() { delete std::exchange(server_, nullptr); }

  void SetUp() override {
    ASSERT_NE(server_, nullptr);
    for (const char* const name : {"shop", "staging"}) {
      ASSERT_OK(server_->RunSql(absl::StrCat("DROP DATABASE IF EXISTS ", name)));
      ASSERT_OK(server_->CreateDatabase(name));
    }
    ASSERT_OK(server_->RunSql(kShop, "shop"));
    const auto profile = [&](std::string_view name, std::string_view database) {
      return absl::StrCat("  ", name,
                          ": {driver: postgres, host: 127.0.0.1, port: ", server_->port(),
                          ", user: ", server_->superuser(),
                          ", password: env:PROD_PASSWORD, database: ", database, "}\n");
    };
    for (const char* const folder : {"config", "bin", "migrations", "late", "home"}) {
      std::filesystem::create_directories(box_.Path(folder));
    }
    WriteBytes(box_.Path("config/config.yaml"),
               absl::StrCat("version: 1\ndefaults:\n  retention: {keep_last: 7}\nprofiles:\n",
                            profile("prod", "shop"), profile("staging", "staging")));
    WriteBytes(box_.Path("migrations/000001_a.up.sql"), "CREATE TABLE a(x int);");
    WriteBytes(box_.Path("migrations/000001_a.down.sql"), "DROP TABLE a;");
    WriteBytes(box_.Path("migrations/000003_c.up.sql"), "CREATE TABLE c(x int);");
    WriteBytes(box_.Path("late/000002_b.up.sql"), "CREATE TABLE b(x int);");
    std::filesystem::create_symlink(SiphonBinary(), box_.Path("bin/siphon"));
    for (const auto& [name, text] : {std::pair{"ssh", kSsh}, std::pair{"age", kAge}}) {
      WriteBytes(box_.Path(absl::StrCat("bin/", name)), text);
      std::filesystem::permissions(box_.Path(absl::StrCat("bin/", name)),
                                   std::filesystem::perms::owner_all);
    }
    box_.environment["PATH"] = absl::StrCat(box_.Path("bin"), ":/usr/bin:/bin");
    box_.environment["PROD_PASSWORD"] = server_->password();
    box_.environment["PROD_URL"] = PostgresUrl(*server_, "shop");
    box_.environment["STAGING_URL"] = PostgresUrl(*server_, "staging");
    box_.environment["RECIPIENT"] = "age1";
    box_.environment["STORE"] = box_.Path("store");
    box_.environment.erase("XDG_DATA_HOME");  // The catalogue is in the home folder.
    const ProcessResult backup = box_.Run({"backup", "prod", "--quiet"});
    ASSERT_EQ(backup.exit_code, 0) << backup.err;
  }

  Sandbox box_;
  static PostgresServer* server_;
};

PostgresServer* HowToTest::server_ = nullptr;

TEST_P(HowToTest, Runs) {
  ProcessOptions options = box_.Options({});
  options.argv = {"/bin/sh", "-euxc", absl::StrJoin(GetParam().commands, "\n")};
  const absl::StatusOr<ProcessResult> result = RunProcess(options);
  ASSERT_OK(result);
  EXPECT_EQ(result->exit_code, 0) << result->out << result->err;
}

// The title without its spaces, as the name of a test.
INSTANTIATE_TEST_SUITE_P(Page, HowToTest, ::testing::ValuesIn(ReadPage()),
                         [](const ::testing::TestParamInfo<Section>& info) {
                           std::string name;
                           for (const char c : info.param.title) {
                             if (absl::ascii_isalnum(c)) name += c;
                           }
                           return name;
                         });

TEST(HowToPageTest, HasItsTwentyTasks) { EXPECT_THAT(ReadPage(), SizeIs(Ge(20))); }

}  // namespace
}  // namespace siphon::testing
