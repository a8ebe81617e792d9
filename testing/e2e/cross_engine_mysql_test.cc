// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// `siphon sync --cross-engine` between SQLite and MySQL or MariaDB. What has arrived is read by the
// engines' own clients.

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "testing/e2e/cross_engine_rows.h"
#include "testing/e2e/database.h"
#include "testing/e2e/mysql_urls.h"
#include "testing/e2e/sandbox.h"
#include "testing/e2e/verbs.h"
#include "testing/servers/mysql.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::string_view kChinook = "testing/samples/chinook/Chinook_Sqlite.sql";

class CrossEngineMysql : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    ASSERT_OK_AND_ASSIGN(server_, MysqlServer::Start({.server = GetParam()}));
    ASSERT_OK(server_->CreateDatabase("copy"));
    to_ = MysqlUrl(*server_, "copy",
                   {.parameters = server_->is_mariadb() ? "" : "send_password=encrypted"});
  }
  void Make(std::string_view sql) const {
    ASSERT_OK(Database::Open(box_.Path("app.db"))->Execute(sql));
  }
  std::vector<std::string> ToMysql(std::vector<std::string> more = {}) const {
    std::vector<std::string> args = {"sync", box_.Url("app.db"), to_, "--cross-engine"};
    args.insert(args.end(), more.begin(), more.end());
    return args;
  }
  std::vector<std::string> ToSqlite(std::vector<std::string> more = {}) const {
    std::vector<std::string> args = {"sync", to_, box_.Url("back.db"), "--cross-engine"};
    args.insert(args.end(), more.begin(), more.end());
    return args;
  }
  std::string Ask(const std::string& sql) const { return *server_->Value(sql, "copy"); }
  std::string Tables() const {
    return Ask("SELECT count(*) FROM information_schema.tables WHERE table_schema = 'copy'");
  }

  Sandbox box_;
  std::unique_ptr<MysqlServer> server_;
  std::string to_;
};

TEST_P(CrossEngineMysql, CarriesChinookThereAndBack) {
  Make(ReadBytes(std::string(kChinook)));
  EXPECT_EQ(TellOk(box_, ToMysql())["rows"], 15607);
  EXPECT_EQ(Ask("SELECT SUM(Total) FROM Invoice"), "2328.60");
  EXPECT_EQ(Ask("SELECT COUNT(*) FROM Track WHERE Composer IS NULL"), "977");
  EXPECT_EQ(Ask("SELECT InvoiceDate FROM Invoice WHERE InvoiceId = 1"),
            "2021-01-01 00:00:00.000000");
  EXPECT_EQ(Ask("SELECT HEX(Name) FROM Artist WHERE ArtistId = 6"),
            "416E74C3B46E696F204361726C6F73204A6F62696D");
  EXPECT_EQ(Ask("SELECT COUNT(*) FROM information_schema.referential_constraints"
                " WHERE constraint_schema = 'copy'"),
            "11");
  TellOk(box_, ToSqlite());
  ExpectSame(ReadSqlite(box_.Path("back.db"), true), ReadSqlite(box_.Path("app.db"), true));
  TellOk(box_, {"compare", to_, box_.Url("back.db")});
}

TEST_P(CrossEngineMysql, KeepsValuesAndNamesOfAnyText) {
  Make(
      "CREATE TABLE \"a`b; DROP TABLE x; --\" (\"sel`\nect\" TEXT, n INTEGER, r REAL, b BLOB);"
      "INSERT INTO \"a`b; DROP TABLE x; --\" VALUES"
      " ('tab\t, line\n, cr\r, back\\slash, \\N, \\'', %_', 9223372036854775807, 1e308, "
      "x'00ff5c27'),"
      " ('''quotes\"', -9223372036854775808, -0.1, x''), (CAST(x'610062' AS TEXT), 0, 5e-324, "
      "NULL),"
      " ('😀 é ', 0, -0.0, x'e9'), ('', NULL, 0.1, NULL)");
  TellOk(box_, ToMysql());
  TellOk(box_, ToSqlite());
  ExpectSame(ReadSqlite(box_.Path("back.db"), true), ReadSqlite(box_.Path("app.db"), true));
}

TEST_P(CrossEngineMysql, CarriesTheTypesOfMysqlToSqlite) {
  ASSERT_OK(server_->RunSql(
      "CREATE TABLE t(id int unsigned AUTO_INCREMENT PRIMARY KEY, ti tinyint, bu bigint unsigned,"
      " f float, d double, n decimal(12,3), vb varbinary(9), x varchar(9) COLLATE utf8mb4_bin,"
      " da date, tm time(2), dt datetime(3), y year);"
      "INSERT INTO t VALUES"
      " (1, -128, 9223372036854775807, 0.1, 0.1, 123456789.125, x'00ff', 'äö😀', '9999-12-31',"
      "  '-838:59:59', '1000-01-01 00:00:00.5', 1901), (5, NULL, NULL, NULL, -1e300, NULL, '', '',"
      "  NULL, NULL, NULL, NULL)",
      "copy"));
  TellOk(box_, ToSqlite());
  EXPECT_THAT(ReadSqlite(box_.Path("back.db"), true)["t"],
              ElementsAre("'1:1|'-128:1|'9223372036854775807:1|'0.100000001490116:2|'0.1:2|"
                          "'123456789.125:2|\\x00ff:4|'äö😀:3|'9999-12-31:3|'-838:59:59:3|"
                          "'1000-01-01 00:00:00.5:3|'1901:1",
                          "'5:1|NULL:5|NULL:5|NULL:5|'-1e+300:2|NULL:5|\\x:4|':3|NULL:5|NULL:5|"
                          "NULL:5|NULL:5"));
  ASSERT_OK(server_->RunSql("UPDATE t SET bu = 9223372036854775808 WHERE id = 1", "copy"));
  ExpectRefused(box_, {"sync", to_, box_.Url("other.db"), "--cross-engine"}, 1,
                "driver_unsupported", "is above 9223372036854775807");
}

TEST_P(CrossEngineMysql, AFailureDropsWhatItHasMade) {
  // InnoDB has at most 1017 columns, and siphon learns it from the server.
  std::vector<std::string> columns;
  for (int i = 0; i < 1100; ++i) columns.push_back(absl::StrCat("c", i, " INTEGER"));
  Make(absl::StrCat("CREATE TABLE a(x INTEGER); INSERT INTO a VALUES (1); CREATE TABLE wide(",
                    absl::StrJoin(columns, ", "), ")"));
  ExpectRefused(box_, ToMysql(), 2, "database", "olumns");
  EXPECT_EQ(Tables(), "0");
}

TEST_P(CrossEngineMysql, SaysWhatIsLost) {
  ASSERT_OK(
      server_->RunSql("CREATE TABLE t(a varchar(9) COLLATE utf8mb4_general_ci, c int CHECK"
                      " (c > 0)); INSERT INTO t VALUES ('x', 1); CREATE VIEW v AS SELECT 1",
                      "copy"));
  ExpectRefused(box_, ToSqlite(), 1, "driver_unsupported", "loses its collation");
  const ProcessResult plan = box_.Run(ToSqlite({"--plan"}));
  EXPECT_EQ(plan.exit_code, 0) << plan.err;
  EXPECT_THAT(plan.out, HasSubstr("view v: is left out"));
  EXPECT_THAT(plan.out, HasSubstr("check "));
  TellOk(box_, ToSqlite({"--allow-lossy"}));
}

INSTANTIATE_TEST_SUITE_P(Servers, CrossEngineMysql,
                         ::testing::Values(std::string(kMariadb118), std::string(kMysql97)),
                         [](const auto& info) {
                           return info.param == kMysql97 ? "Mysql" : "Mariadb";
                         });

}  // namespace
}  // namespace siphon::testing
