// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// The databases that the scripts of MariaDB's own tests create, with unusual objects of one kind
// each, are the same after a backup and restore by siphon: the server's own dump program and
// CHECKSUM TABLE give the same results for both.

#include <cstddef>
#include <cstdint>
#include <iostream>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "errs/status_macros.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/e2e/mysql_urls.h"
#include "testing/e2e/sandbox.h"
#include "testing/regression/mysql_suite.h"
#include "testing/rounds.h"
#include "testing/servers/descriptions.h"
#include "testing/servers/mysql.h"
#include "testing/servers/mysql_content.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

using ::testing::Ge;

// A group of scripts, and the least number of objects of each kind that they create.
struct Group {
  std::string_view name;
  std::vector<std::string_view> scripts;
  MysqlTotals least;
};

// Left out, in addition to the files that create few objects or need features that this server does
// not have:
// * main/ctype_big5: an ENUM's member that Unicode does not have; SHOW CREATE TABLE says "?".
// * main/table_options, main/create_select: options of engines that the server does not know; it
//   shows them in comments.
// * main/trigger: triggers over columns that are gone, which the server does not take.
// * main/partition_myisam, main/partition_disabled: indexes that the server puts in another order.
// * suite/versioning/t/{commit_id,data,trx_id,update}: numbers of transactions in a versioned table
//   are the server's own; restored, all rows are of one transaction.
// * suite/versioning/t/{alter,online}, suite/period/t/delete: an AUTO_INCREMENT that is NULL, and
//   WITHOUT SYSTEM VERSIONING in tables that have none: no CREATE TABLE makes these.
// * suite/versioning/t/replace: history that held for no time, which siphon leaves out.
// * suite/innodb/t/foreign_key_not_windows, suite/innodb_fts/t/foreign_key_check: a foreign key to
//   a table that is nowhere refers to the scratch database when it has been restored.
// * suite/innodb_gis/t/{1,alter_spatial_index,geometry}, suite/gcol/t/innodb_virtual_fk: what only
//   ALTER TABLE may make.
const std::vector<Group>& Groups() {
  static const auto* const groups = new std::vector<Group>{
      {"Types",
       {"main/type_binary",
        "main/type_bit",
        "main/type_blob",
        "main/type_date",
        "main/type_datetime",
        "main/type_datetime_hires",
        "main/type_decimal",
        "main/type_enum",
        "main/type_float",
        "main/type_int",
        "main/type_json",
        "main/type_newdecimal",
        "main/type_num",
        "main/type_ranges",
        "main/type_set",
        "main/type_time",
        "main/type_timestamp",
        "main/type_varchar",
        "main/type_year",
        "main/func_json",
        "main/func_math",
        "main/func_time",
        "main/null",
        "main/default",
        "main/strict",
        "plugin/type_uuid/type_uuid/type_uuid",
        "plugin/type_inet/type_inet/type_inet4",
        "plugin/type_inet/type_inet/type_inet6"},
       {.tables = 1900, .views = 4, .routines = 50, .triggers = 4, .rows = 9000}},
      {"Texts",
       {"main/ctype_binary",
        "main/ctype_collate",
        "main/ctype_cp1251",
        "main/ctype_eucjpms",
        "main/ctype_filename",
        "main/ctype_gbk",
        "main/ctype_latin1",
        "main/ctype_recoding",
        "main/ctype_uca",
        "main/ctype_ucs",
        "main/ctype_ujis",
        "main/ctype_utf16",
        "main/ctype_utf16le",
        "main/ctype_utf32",
        "main/ctype_utf8",
        "main/ctype_utf8mb4",
        "main/ddl_i18n_koi8r",
        "main/ddl_i18n_utf8",
        "main/func_str",
        "main/fulltext",
        "main/keywords",
        "suite/innodb_fts/t/fulltext",
        "suite/innodb_fts/t/innodb_fts_misc",
        "suite/innodb_fts/t/innodb_fts_stopword_charset",
        "suite/innodb_fts/t/innodb-fts-ddl"},
       {.tables = 800, .views = 18, .routines = 18, .triggers = 4, .events = 4, .rows = 13000}},
      {"Tables",
       {"main/partition",
        "main/partition_alter",
        "main/partition_column",
        "main/partition_datatype",
        "main/partition_exchange",
        "main/partition_list",
        "main/partition_order",
        "main/partition_range",
        "main/column_compression",
        "main/column_compression_parts",
        "main/invisible_field",
        "main/long_unique",
        "main/long_unique_bugs",
        "main/ignored_index",
        "main/auto_increment",
        "main/constraints",
        "main/check_constraint",
        "main/gis",
        "main/gis-rtree",
        "suite/innodb/t/foreign_null",
        "suite/innodb/t/foreign_sql_mode",
        "suite/innodb_gis/t/gis",
        "suite/innodb_gis/t/point_basic",
        "suite/innodb_gis/t/rtree",
        "suite/gcol/t/innodb_virtual_basic",
        "suite/vcol/t/partition",
        "suite/vcol/t/update",
        "suite/vcol/t/vcol_sql_mode"},
       {.tables = 950, .views = 2, .routines = 24, .triggers = 4, .rows = 16000}},
      {"Code",
       {"main/sp",
        "main/sp-anchor-row-type-cursor",
        "main/sp-code",
        "main/sp-error",
        "main/sp-inout",
        "main/sp-row",
        "main/sp-ucs2",
        "main/sp-vars",
        "main/sp_trans",
        "main/trigger-compat",
        "main/trigger-trans",
        "main/trigger_null",
        "main/trigger_wl3253",
        "main/events_1",
        "main/events_2",
        "main/events_bugs",
        "main/view",
        "main/cte_nonrecursive",
        "suite/json/t/json_table",
        "suite/compat/oracle/t/func_qualified",
        "suite/compat/oracle/t/sp",
        "suite/compat/oracle/t/sp-inout",
        "suite/compat/oracle/t/sp-cursor-rowtype",
        "suite/compat/oracle/t/trigger",
        "suite/sql_sequence/alter",
        "suite/sql_sequence/create",
        "suite/sql_sequence/next",
        "suite/sql_sequence/other",
        "suite/sql_sequence/setval",
        "suite/versioning/t/create",
        "suite/versioning/t/delete_history",
        "suite/versioning/t/foreign",
        "suite/versioning/t/select",
        "suite/period/t/overlaps",
        "suite/period/t/update"},
       {.tables = 1200, .views = 75, .routines = 1100, .triggers = 60, .events = 85, .rows = 3800}},
  };
  return *groups;
}

class MysqlRoundTrip : public ::testing::TestWithParam<Group> {
 protected:
  void SetUp() override {
    auto server = MysqlServer::Start({.server = std::string(kMariadb1011)});
    ASSERT_OK(server);
    server_ = *std::move(server);
  }

  // Empty if the run failed.
  std::string Succeed(std::vector<std::string> args) const {
    const std::string verb = args[0];
    const ProcessResult result = box_.Run(std::move(args));
    EXPECT_EQ(result.exit_code, 0) << verb << ": " << result.err;
    return std::string(absl::StripAsciiWhitespace(result.out));
  }

  // The output of the server's own dump program and of CHECKSUM TABLE, without the name of the
  // database.
  absl::StatusOr<std::string> Describe(std::string_view database) const {
    ASSIGN_OR_RETURN(std::string text, server_->Dump(database));
    ASSIGN_OR_RETURN(const std::string sums, ChecksumMysqlTables(*server_, database));
    // The checksum of a table with virtual columns differs each time.
    ASSIGN_OR_RETURN(const std::vector<MysqlServer::Row> rows,
                     server_->Query("SELECT DISTINCT table_name FROM information_schema.columns"
                                    " WHERE table_schema = database()"
                                    " AND extra LIKE '%VIRTUAL GENERATED%';",
                                    database));
    std::set<std::string> unstable;
    for (const MysqlServer::Row& row : rows) unstable.insert(row.at(0).value_or(""));
    for (const std::string_view line : absl::StrSplit(sums, '\n')) {
      const std::pair<std::string, std::string> sum =
          absl::StrSplit(line, absl::MaxSplits('\t', 1));
      if (!unstable.contains(sum.first)) absl::StrAppend(&text, line, "\n");
    }
    return absl::StrReplaceAll(text, {{MysqlName(database), "`it`"}});
  }

  // The server disables an event whose time has come, also when it is restored. (ALTER EVENT loses
  // the character set of a body, so others stay as they are.)
  absl::Status PostponeEvents(std::string_view database) const {
    ASSIGN_OR_RETURN(const std::vector<MysqlServer::Row> rows,
                     server_->Query("SELECT event_name FROM information_schema.events"
                                    " WHERE event_schema = database()"
                                    " AND status = 'ENABLED'"
                                    " AND execute_at < now() + INTERVAL 2 DAY;",
                                    database));
    for (const MysqlServer::Row& row : rows) {
      RETURN_IF_ERROR(
          server_->RunSql(absl::StrCat("ALTER EVENT ", MysqlName(row.at(0).value_or("")),
                                       " ON SCHEDULE AT '2037-01-01 00:00:00';"),
                          database));
    }
    return absl::OkStatus();
  }

  void CarryAndCompare(std::string_view script) {
    const std::string database = absl::StrReplaceAll(script, {{"/", "_"}});
    const std::string url = MysqlUrl(*server_, database);
    ASSERT_OK(FillFromTestScript(*server_, database, script));
    ASSERT_OK(PostponeEvents(database));
    ASSERT_OK_AND_ASSIGN(const MysqlTotals totals, CountMysqlContent(*server_, database));
    const std::string id = Succeed({"backup", url, "--quiet"});
    ASSERT_NE(id, "");
    Succeed({"verify", id, "--deep"});
    Succeed({"restore", id, "--profile", url, "--create", "copy"});
    ASSERT_OK_AND_ASSIGN(const std::string before, Describe(database));
    ASSERT_OK_AND_ASSIGN(const std::string after, Describe("copy"));
    EXPECT_EQ(CompareDescriptions(before, after), "");
    EXPECT_TRUE(before == after) << "in another order";
    ASSERT_OK(server_->DropDatabase("copy"));
    ASSERT_OK(server_->DropDatabase(database));
    totals_.Add(totals);
  }

  Sandbox box_;
  std::unique_ptr<MysqlServer> server_;
  MysqlTotals totals_;
};

INSTANTIATE_TEST_SUITE_P(Of, MysqlRoundTrip, ::testing::ValuesIn(Groups()),
                         [](const ::testing::TestParamInfo<Group>& info) {
                           return std::string(info.param.name);
                         });

TEST_P(MysqlRoundTrip, KeepsEveryDatabaseAsItIs) {
  const std::vector<std::string_view>& scripts = GetParam().scripts;
  // The short form takes each sixth script.
  const size_t step = Rounds(1, 6);
  int64_t databases = 0;
  for (size_t i = 0; i < scripts.size(); i += step) {
    SCOPED_TRACE(scripts[i]);
    CarryAndCompare(scripts[i]);
    if (HasFatalFailure()) return;
    ++databases;
  }
  std::cout << "compared: " << totals_.ToString() << std::endl;
  EXPECT_EQ(totals_.databases, databases);
  EXPECT_THAT(totals_.tables, Ge(100));
  if (step > 1) return;
  const MysqlTotals& least = GetParam().least;
  EXPECT_THAT(totals_.tables, Ge(least.tables));
  EXPECT_THAT(totals_.views, Ge(least.views));
  EXPECT_THAT(totals_.routines, Ge(least.routines));
  EXPECT_THAT(totals_.triggers, Ge(least.triggers));
  EXPECT_THAT(totals_.events, Ge(least.events));
  EXPECT_THAT(totals_.rows, Ge(least.rows));
}

}  // namespace
}  // namespace siphon::testing
