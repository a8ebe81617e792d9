// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Runs the commands of docs/how-to.md: each section of the page is a test, with new databases and
// an empty catalogue but for one dump of prod. Blocks marked "sh" run as they are, in one folder;
// of other blocks every line that names siphon runs.

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/e2e/page_commands.h"
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

struct Section {
  std::string title;
  std::vector<std::string> commands;  // Each is a script of the shell.
};

// The sections of the page with commands.
std::vector<Section> Sections() {
  std::vector<Section> sections;
  for (const PageBlock& block : ReadPage(kPage)) {
    if (sections.empty() || sections.back().title != block.section) {
      sections.push_back({.title = block.section, .commands = {}});
    }
    for (const PageCommand& command : block.commands) {
      sections.back().commands.push_back(command.script);
    }
  }
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
    for (const char* const folder : {"config", "migrations", "late", "home"}) {
      std::filesystem::create_directories(box_.Path(folder));
    }
    WriteBytes(box_.Path("config/config.yaml"),
               absl::StrCat("version: 1\ndefaults:\n  retention: {keep_last: 7}\nprofiles:\n",
                            profile("prod", "shop"), profile("staging", "staging")));
    WriteBytes(box_.Path("migrations/000001_a.up.sql"), "CREATE TABLE a(x int);");
    WriteBytes(box_.Path("migrations/000001_a.down.sql"), "DROP TABLE a;");
    WriteBytes(box_.Path("migrations/000003_c.up.sql"), "CREATE TABLE c(x int);");
    WriteBytes(box_.Path("late/000002_b.up.sql"), "CREATE TABLE b(x int);");
    AddPrograms(box_);
    box_.environment["PROD_PASSWORD"] = server_->password();
    box_.environment["PROD_URL"] = PostgresUrl(*server_, "shop");
    box_.environment["STAGING_URL"] = PostgresUrl(*server_, "staging");
    box_.environment.erase("XDG_DATA_HOME");  // The catalogue is in the home folder.
    const ProcessResult backup = box_.Run({"backup", "prod", "--quiet"});
    ASSERT_EQ(backup.exit_code, 0) << backup.err;
  }

  Sandbox box_;
  static PostgresServer* server_;
};

PostgresServer* HowToTest::server_ = nullptr;

TEST_P(HowToTest, Runs) {
  const ProcessResult result = RunScript(box_, absl::StrJoin(GetParam().commands, "\n"));
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
}

// The title without its spaces, as the name of a test.
INSTANTIATE_TEST_SUITE_P(Page, HowToTest, ::testing::ValuesIn(Sections()),
                         [](const ::testing::TestParamInfo<Section>& info) {
                           std::string name;
                           for (const char c : info.param.title) {
                             if (absl::ascii_isalnum(c)) name += c;
                           }
                           return name;
                         });

TEST(HowToPageTest, HasItsTwentyTasks) { EXPECT_THAT(Sections(), SizeIs(Ge(20))); }

}  // namespace
}  // namespace siphon::testing
