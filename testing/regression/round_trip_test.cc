// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// The database of PostgreSQL's own regression tests, with objects of nearly every kind, is the same
// after siphon has copied it, by backup and restore or by sync: pg_dump gives the same output for
// both. A part of the tests fills it, and on 14 there is no sync. The long form has every version,
// all tests and sync.

#include <cstdint>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
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
#include "testing/rounds.h"
#include "testing/servers/postgres.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

using ::testing::ContainerEq;
using ::testing::ElementsAreArray;
using ::testing::Ge;
using ::testing::IsEmpty;

using TableRows = std::map<std::string, int64_t>;

// The least numbers of objects and rows in the database, on every version.
struct Least {
  std::string_view kind;
  int64_t few, all;  // After a part of the tests, and after all.
};
constexpr Least kLeast[] = {
    {"row", 55000, 350000},   {"entry of the dump", 1100, 2400},
    {"table", 275, 560},      {"partitioned table", 25, 70},
    {"index", 92, 220},       {"sequence", 40, 46},
    {"view", 26, 44},         {"materialized view", 6, 6},
    {"function", 205, 320},   {"trigger", 46, 50},
    {"constraint", 155, 210}, {"type", 23, 30},
    {"operator", 9, 9},       {"operator class", 2, 2},
    {"cast", 7, 9},           {"rule", 36, 36},
    {"policy", 8, 8},         {"extended statistics", 0, 3},
    {"text search", 12, 12},  {"comment", 6, 6},
    {"publication", 3, 3},    {"large object", 2, 2},
};

class RoundTrip : public ::testing::TestWithParam<int> {
 protected:
  static bool AllTests() { return IsLongForm(); }

  void SetUp() override {
    ASSERT_OK_AND_ASSIGN(server_,
                         PostgresServer::Start({.version = GetParam(), .max_connections = 60}));
    ASSERT_OK(MakeRegressionDatabase(*server_,
                                     AllTests() ? RegressionTests::kAll : RegressionTests::kFew));
    dump_ = Dump(kRegressionDatabase);
    rows_ = CountRows(kRegressionDatabase);
    objects_ = Objects(kRegressionDatabase);
    std::map<std::string, int64_t> found = objects_;
    found["entry of the dump"] = static_cast<int64_t>(dump_.size());
    for (const auto& [table, rows] : rows_) found["row"] += rows;
    for (const auto& [kind, count] : found) std::cout << "  " << kind << ": " << count << "\n";
    for (const Least& least : kLeast) {
      ASSERT_THAT(found[std::string(least.kind)], Ge(AllTests() ? least.all : least.few))
          << least.kind;
    }
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

  std::map<std::string, int64_t> Objects(std::string_view database) {
    const auto objects = CountObjects(*server_, database);
    EXPECT_OK(objects);
    return objects.value_or(std::map<std::string, int64_t>());
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
    EXPECT_THAT(Objects(database), ContainerEq(objects_));
  }

  std::string Url(std::string_view database) const { return PostgresUrl(*server_, database); }

  void BackUpAndRestore() {
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

  void Sync() {
    ASSERT_OK(server_->CreateDatabase("synced"));
    const ProcessResult sync = box_.Run({"sync", Url(kRegressionDatabase), Url("synced")});
    ASSERT_EQ(sync.exit_code, 0) << sync.err;
    ExpectTheSame("synced");
  }

  std::unique_ptr<PostgresServer> server_;
  Sandbox box_;
  std::vector<std::string> dump_;
  TableRows rows_;
  std::map<std::string, int64_t> objects_;
};

TEST_P(RoundTrip, KeepsTheDatabaseAsItIs) {
  BackUpAndRestore();
  if (GetParam() == kNewestPostgres || IsLongForm()) Sync();
}

INSTANTIATE_TEST_SUITE_P(Versions, RoundTrip,
                         ::testing::ValuesIn(VersionsToTest(AllPostgresVersions())),
                         [](const auto& info) { return absl::StrCat("On", info.param); });

}  // namespace
}  // namespace siphon::testing
