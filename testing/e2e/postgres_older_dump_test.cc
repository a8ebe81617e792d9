// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// A dump that an earlier siphon wrote, with the pg_dump of PostgreSQL 17 inside, stays readable: it
// is listed, verified and restored into every version. See older_dumps/README.md.

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/e2e/postgres_urls.h"
#include "testing/e2e/sandbox.h"
#include "testing/rounds.h"
#include "testing/servers/postgres.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::string_view kId = "01M8JXH72M79CNDQCFVQH3WMZ3";

class OlderDump : public ::testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    fs::create_directories(box_.DumpDirectory());
    // Bazel runs a test in the root of its runfiles.
    for (const std::string_view suffix : {".dump", ".meta.json", ".globals.sql"}) {
      const std::string name = absl::StrCat(kId, suffix);
      fs::copy_file(absl::StrCat("testing/e2e/older_dumps/", name),
                    absl::StrCat(box_.DumpDirectory(), "/", name));
    }
  }

  std::string Succeed(std::vector<std::string> args) const {
    const ProcessResult result = box_.Run(std::move(args));
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return result.out;
  }

  Sandbox box_;
};

INSTANTIATE_TEST_SUITE_P(Version, OlderDump,
                         ::testing::ValuesIn(VersionsToTest(AllPostgresVersions())),
                         ::testing::PrintToStringParamName());

TEST_P(OlderDump, IsListedVerifiedAndRestored) {
  const std::string id(kId);
  EXPECT_THAT(box_.ListedDumps(), ElementsAre(id));
  EXPECT_THAT(Succeed({"verify", id, "--deep"}), HasSubstr("rows of 6 tables as recorded"));
  ASSERT_OK_AND_ASSIGN(const auto server, PostgresServer::Start({.version = GetParam()}));
  Succeed({"verify", id, "--restore", PostgresUrl(*server, "postgres")});
  Succeed({"restore", id, "--profile", PostgresUrl(*server, "postgres"), "--create", "shop",
           "--with-globals"});
  const auto value = [&](std::string_view sql) { return *server->Value(sql, "shop"); };
  EXPECT_EQ(value("SELECT count(*) || ' ' || sum(id) FROM customers"), "300 45150");
  EXPECT_EQ(value("SELECT count(*) FROM sales.orders"), "400");
  EXPECT_EQ(value("SELECT count(*) FROM by_state"), "1");
  EXPECT_EQ(value("SELECT string_agg(coalesce(b, 'null'), ' ' ORDER BY a) FROM child"),
            "tab\there \\. null");
  EXPECT_EQ(value("SELECT attnotnull FROM pg_attribute WHERE attrelid = 'child'::regclass AND "
                  "attname = 'a'"),
            "t");
  EXPECT_EQ(value("SELECT convert_from(lo_get(4711), 'UTF8')"), "a large object");
  // Its rows over those that are there.
  Succeed({"restore", id, "--profile", PostgresUrl(*server, "shop"), "--data-only", "--clean"});
  EXPECT_EQ(value("SELECT count(*) FROM sales.orders"), "400");
}

}  // namespace
}  // namespace siphon::testing
