// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// The database of PostgreSQL's own regression tests, with objects of nearly every kind, is the same
// after siphon has copied it: pg_dump gives the same output for both.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "testing/e2e/postgres_rows.h"
#include "testing/e2e/postgres_urls.h"
#include "testing/e2e/sandbox.h"
#include "testing/regression/plain_dump.h"
#include "testing/regression/regression_database.h"
#include "testing/servers/postgres.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

using ::testing::ElementsAreArray;
using ::testing::Gt;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using TableRows = std::map<std::string, int64_t>;

class RoundTrip : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    auto server = PostgresServer::Start({.max_connections = 60});
    ASSERT_OK(server);
    server_ = std::move(*server).release();
    ASSERT_OK(MakeRegressionDatabase(*server_));
  }
  static void TearDownTestSuite() {
    delete server_;
    server_ = nullptr;
  }

  void SetUp() override {
    dump_ = Dump(kRegressionDatabase);
    ASSERT_THAT(dump_, SizeIs(Gt(2000)));
    rows_ = CountRows(kRegressionDatabase);
    ASSERT_THAT(rows_, SizeIs(Gt(500)));
  }

  // The output of the built-in pg_dump, called as a user calls it.
  std::vector<std::string> Dump(std::string_view database) {
    box_.environment["PGPASSWORD"] = server_->password();
    const ProcessResult result =
        box_.Run({"pg_dump", absl::StrCat("--host=", server_->host()),
                  absl::StrCat("--port=", server_->port()),
                  absl::StrCat("--username=", server_->superuser()),
                  absl::StrCat("--dbname=", database), "--restrict-key=siphon"});
    box_.environment.erase("PGPASSWORD");
    EXPECT_EQ(result.exit_code, 0) << result.err;
    absl::StatusOr<std::vector<std::string>> sorted = SortedDump(result.out);
    EXPECT_OK(sorted);
    return sorted.ok() ? *std::move(sorted) : std::vector<std::string>();
  }

  TableRows CountRows(std::string_view database) {
    const absl::StatusOr<TableRows> rows = CountPostgresRows(*server_, database);
    EXPECT_OK(rows);
    return rows.value_or(TableRows());
  }

  // The tables of a dump with the row counts that siphon recorded.
  TableRows RecordedRows(const std::string& id) {
    const ProcessResult result = box_.Run({"dumps", "inspect", id, "--json"});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    const auto json = nlohmann::json::parse(result.out, nullptr, false);
    TableRows rows;
    for (const auto& table : json.value("tables", nlohmann::json::array())) {
      // siphon quotes names that would be ambiguous as patterns.
      rows[absl::StrReplaceAll(table.value("name", ""), {{"\"", ""}})] = table.value("rows", -1);
    }
    return rows;
  }

  void ExpectTheSame(std::string_view database) {
    EXPECT_THAT(CompareDumps(dump_, Dump(database)), IsEmpty());
    EXPECT_THAT(CountRows(database), ElementsAreArray(rows_));
  }

  std::string Url(std::string_view database) const { return PostgresUrl(*server_, database); }

  static PostgresServer* server_;
  Sandbox box_;
  std::vector<std::string> dump_;
  TableRows rows_;
};

PostgresServer* RoundTrip::server_ = nullptr;

TEST_F(RoundTrip, ByBackupAndRestoreKeepsTheDatabaseAsItIs) {
  const ProcessResult backup = box_.Run({"backup", Url(kRegressionDatabase), "--quiet"});
  ASSERT_EQ(backup.exit_code, 0) << backup.err;
  const std::string id(absl::StripAsciiWhitespace(backup.out));
  EXPECT_THAT(RecordedRows(id), ElementsAreArray(rows_));
  const ProcessResult verify = box_.Run({"verify", id, "--deep"});
  EXPECT_EQ(verify.exit_code, 0) << verify.err;

  const ProcessResult create =
      box_.Run({"restore", id, "--profile", Url("postgres"), "--create", "created"});
  ASSERT_EQ(create.exit_code, 0) << create.err;
  ExpectTheSame("created");

  // Over a database that already has this content.
  const ProcessResult clean = box_.Run({"restore", id, "--profile", Url("created"), "--clean"});
  ASSERT_EQ(clean.exit_code, 0) << clean.err;
  ExpectTheSame("created");
}

TEST_F(RoundTrip, BySyncKeepsTheDatabaseAsItIs) {
  ASSERT_OK(server_->CreateDatabase("synced"));
  const ProcessResult sync = box_.Run({"sync", Url(kRegressionDatabase), Url("synced")});
  ASSERT_EQ(sync.exit_code, 0) << sync.err;
  ExpectTheSame("synced");
}

}  // namespace
}  // namespace siphon::testing
