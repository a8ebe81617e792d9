// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// `siphon sync --cross-engine` between SQLite and PostgreSQL. What has arrived is read by the
// engines' own clients.

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "testing/e2e/cross_engine_rows.h"
#include "testing/e2e/database.h"
#include "testing/e2e/postgres_urls.h"
#include "testing/e2e/sandbox.h"
#include "testing/e2e/verbs.h"
#include "testing/servers/postgres.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr std::string_view kChinook = "testing/samples/chinook/Chinook_Sqlite.sql";

class CrossEngine : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_OK_AND_ASSIGN(server_, PostgresServer::Start());
    ASSERT_OK(server_->CreateDatabase("copy"));
    to_ = PostgresUrl(*server_, "copy");
  }

  // Makes the source.
  void Make(std::string_view sql) const {
    ASSERT_OK(Database::Open(box_.Path("app.db"))->Execute(sql));
  }
  std::vector<std::string> ToPostgres(std::vector<std::string> more = {}) const {
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
    return Ask("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace");
  }

  TableRows ReadPostgres() const {
    TableRows content;
    const auto tables = *server_->Query(
        "SELECT table_name, string_agg(CASE data_type WHEN 'numeric' THEN 'trim_scale(' ELSE '(' "
        "END || quote_ident(column_name) || ')::text', ', ' ORDER BY ordinal_position)"
        " FROM information_schema.columns WHERE table_schema = 'public' GROUP BY 1",
        "copy");
    for (const PostgresServer::Row& table : tables) {
      const auto rows = *server_->Query(
          absl::StrCat("SELECT ", *table[1], " FROM ", QuoteName(*table[0])), "copy");
      std::vector<std::string>& shown = content[*table[0]];
      for (const PostgresServer::Row& row : rows) {
        shown.push_back(absl::StrJoin(row, "|", [](std::string* out, const auto& value) {
          if (!value.has_value()) {
            out->append("NULL");
          } else {
            absl::StrAppend(out, absl::StartsWith(*value, "\\x") ? "" : "'", *value);
          }
        }));
      }
      std::sort(shown.begin(), shown.end());
    }
    return content;
  }

  Sandbox box_;
  std::unique_ptr<PostgresServer> server_;
  std::string to_;
};

TEST_F(CrossEngine, CarriesChinookToPostgresAndBack) {
  Make(ReadBytes(std::string(kChinook)));
  const nlohmann::json result = TellOk(box_, ToPostgres());
  EXPECT_EQ(result["from_engine"], "SQLite");
  EXPECT_EQ(result["to_engine"], "PostgreSQL");
  EXPECT_EQ(result["rows"], 15607);
  EXPECT_EQ(result["tables"].size(), 11u);
  ExpectSame(ReadPostgres(), ReadSqlite(box_.Path("app.db")));
  EXPECT_EQ(
      Ask("SELECT string_agg(format_type(atttypid, atttypmod), ',' ORDER BY attnum)"
          " FROM pg_attribute WHERE attrelid = '\"Invoice\"'::regclass AND attnum > 0"),
      "bigint,bigint,timestamp(6) without time zone,character varying(70),character varying(40),"
      "character varying(40),character varying(40),character varying(10),numeric(10,2)");
  EXPECT_EQ(Ask("SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND convalidated"), "11");
  EXPECT_EQ(Ask("SELECT count(*) FROM pg_constraint WHERE contype = 'p'"
                " AND connamespace = 'public'::regnamespace"),
            "11");
  EXPECT_EQ(Ask("INSERT INTO \"Artist\"(\"Name\") VALUES ('New') RETURNING \"ArtistId\""), "276");
  ASSERT_OK(server_->RunSql("DELETE FROM \"Artist\" WHERE \"ArtistId\" = 276", "copy"));

  TellOk(box_, ToSqlite());
  ExpectSame(ReadSqlite(box_.Path("back.db"), true), ReadSqlite(box_.Path("app.db"), true));
  auto back = *Database::Open(box_.Path("back.db"));
  EXPECT_EQ(*back.QueryText("PRAGMA integrity_check"), "ok");
  EXPECT_EQ(*back.QueryInteger("SELECT count(*) FROM sqlite_schema AS t,"
                               " pragma_foreign_key_list(t.name) WHERE t.type = 'table'"),
            11);
  ASSERT_OK(back.Execute("INSERT INTO Artist(Name) VALUES ('New')"));
  // The counter of the sequence came along: 276 was given once.
  EXPECT_EQ(back.QueryInteger("SELECT max(ArtistId) FROM Artist").value(), 277);
}

TEST_F(CrossEngine, KeepsValuesAndNamesOfAnyText) {
  Make(
      "CREATE TABLE \"a\"\"b; DROP TABLE x; --\" (\"sel\"\"ect\n\" TEXT, n INTEGER, r REAL,"
      " b BLOB, t TEXT);"
      "INSERT INTO \"a\"\"b; DROP TABLE x; --\" VALUES"
      " ('tab\t, line\n, cr\r, back\\slash, \\N, \\.', 9223372036854775807, 1e308, x'00ff5c', ''),"
      " ('''quotes\"', -9223372036854775808, -0.1, x'', NULL),"
      " ('\\.', 0, 5e-324, NULL, '😀 é')");
  TellOk(box_, ToPostgres());
  ExpectSame(ReadPostgres(), [&] {
    TableRows expected = ReadSqlite(box_.Path("app.db"));
    // The client of PostgreSQL shows the shortest digits, this test 15 of them.
    for (std::string& row : expected.begin()->second) {
      if (absl::StrContains(row, "4.94065645841247e-324")) {
        row = "'\\.|'0|'5e-324|NULL|'😀 é";
      }
    }
    return expected;
  }());
  TellOk(box_, ToSqlite());
  ExpectSame(ReadSqlite(box_.Path("back.db"), true), ReadSqlite(box_.Path("app.db"), true));
}

TEST_F(CrossEngine, CopiesIntoAnEmptyDatabaseOnly) {
  Make("CREATE TABLE t(a INTEGER); INSERT INTO t VALUES (1)");
  ASSERT_OK(server_->RunSql("CREATE TABLE mine(a int)", "copy"));
  ExpectRefused(box_, ToPostgres(), 1, "target_not_empty", "mine");
  ExpectRefused(box_, ToPostgres({"--clean"}), 1, "invalid_argument",
                "--clean is not supported between engines");
  ExpectRefused(box_, ToPostgres({"--trust"}), 1, "invalid_argument",
                "--trust is not supported between engines");
  EXPECT_EQ(Tables(), "1");
  ASSERT_OK(Database::Open(box_.Path("back.db"))->Execute("CREATE TABLE old(a)"));
  ExpectRefused(box_, ToSqlite(), 1, "target_not_empty", "back.db");
}

TEST_F(CrossEngine, SaysWhatIsLostAndNeedsConsent) {
  Make(
      "CREATE TABLE t(a TEXT COLLATE NOCASE, c CHECK (c > 0)); INSERT INTO t VALUES ('x', 1);"
      "CREATE VIEW v AS SELECT 1; CREATE INDEX p ON t(a) WHERE a > 'b'");
  ExpectRefused(box_, ToPostgres(), 1, "driver_unsupported", "view v is left out");
  EXPECT_EQ(Tables(), "0");
  const nlohmann::json plan = TellOk(box_, ToPostgres({"--plan"}));
  EXPECT_TRUE(plan["lossy"]);
  EXPECT_FALSE(plan["refused"]);
  EXPECT_EQ(plan["findings"].size(), 4u) << plan["findings"];
  EXPECT_EQ(Tables(), "0");
  const nlohmann::json copied = TellOk(box_, ToPostgres({"--allow-lossy"}));
  EXPECT_EQ(copied["rows"], 1);
  EXPECT_EQ(Ask("SELECT a || c FROM t"), "x1");
}

TEST_F(CrossEngine, RefusesValuesThatTheTargetCannotHoldBeforeItWrites) {
  Make(
      "CREATE TABLE fine(a); INSERT INTO fine VALUES (1);"
      "CREATE TABLE zero(a TEXT); INSERT INTO zero VALUES (CAST(x'610062' AS TEXT)), ('b');"
      "CREATE TABLE mixed(a); INSERT INTO mixed VALUES (1), ('b')");
  ExpectRefused(box_, ToPostgres({"--allow-lossy"}), 1, "driver_unsupported", "contains U+0000");
  ExpectRefused(box_, ToPostgres({"--exclude-table", "zero"}), 1, "driver_unsupported",
                "holds 1 numbers, 1 texts");
  EXPECT_EQ(Tables(), "0");
  TellOk(box_, ToPostgres({"--table", "fine"}));
  EXPECT_EQ(Ask("SELECT a FROM fine"), "1");
  EXPECT_EQ(Tables(), "1");
}

TEST_F(CrossEngine, AFailureLeavesNothing) {
  // PostgreSQL has at most 1600 columns, and siphon learns it from the server.
  std::vector<std::string> columns;
  for (int i = 0; i < 1700; ++i) columns.push_back(absl::StrCat("c", i));
  Make(absl::StrCat("CREATE TABLE a(x INTEGER); INSERT INTO a VALUES (1); CREATE TABLE wide(",
                    absl::StrJoin(columns, ", "), ")"));
  ExpectRefused(box_, ToPostgres(), 2, "database", "at most 1600 columns");
  EXPECT_EQ(Tables(), "0");
}

TEST_F(CrossEngine, ShowsThePlanWithItsStatements) {
  Make(
      "CREATE TABLE t(id INTEGER PRIMARY KEY, price DECIMAL(10,2), at DATETIME);"
      "INSERT INTO t VALUES (1, 9.5, '2024-02-29 23:59:59.5')");
  const ProcessResult shown = box_.Run(ToPostgres({"--plan", "--sql"}));
  EXPECT_EQ(shown.exit_code, 0) << shown.err;
  EXPECT_THAT(shown.out, HasSubstr("numeric(10,2)"));
  EXPECT_THAT(shown.out, HasSubstr("Nothing is lost."));
  EXPECT_THAT(shown.out, HasSubstr("CREATE TABLE \"public\".\"t\""));
  EXPECT_EQ(Tables(), "0");
  ExpectRefused(box_, {"sync", box_.Url("app.db"), box_.Url("b.db"), "--cross-engine", "--plan"}, 1,
                "invalid_argument", "for copies between other engines");
}

TEST_F(CrossEngine, CompareNamesTheRowsThatDiffer) {
  Make(
      "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT, n DECIMAL(9,2));"
      "INSERT INTO t VALUES (1, 'x', 1.5), (2, 'y', 2), (3, NULL, NULL);"
      "CREATE TABLE u(a); INSERT INTO u VALUES (1), (1), (2)");
  TellOk(box_, ToPostgres());
  const std::vector<std::string> compare = {"compare", box_.Url("app.db"), to_};
  nlohmann::json result = TellOk(box_, compare);
  EXPECT_TRUE(result["same"]);
  ASSERT_OK(
      server_->RunSql("UPDATE t SET n = 1.50, a = 'X' WHERE id = 1; DELETE FROM t WHERE id ="
                      " 2; UPDATE t SET a = '' WHERE id = 3; INSERT INTO t VALUES (9, '', 0);"
                      "UPDATE u SET a = 2 WHERE ctid = (SELECT min(ctid) FROM u);"
                      "CREATE TABLE more(a int); ALTER TABLE u ADD b int",
                      "copy"));
  const Told told = Tell(box_, compare);
  EXPECT_EQ(told.process.exit_code, 3);
  const ProcessResult shown = box_.Run(compare);
  EXPECT_EQ(shown.exit_code, 3) << shown.err;
  EXPECT_THAT(shown.out, HasSubstr("1 differs"));
  EXPECT_THAT(shown.out, HasSubstr("2 only in sqlite"));
  EXPECT_THAT(shown.out, HasSubstr("3 differs"));
  EXPECT_THAT(shown.out, HasSubstr("9 only in postgres"));
  EXPECT_THAT(shown.out, HasSubstr("b only in postgres"));
  EXPECT_THAT(shown.out, HasSubstr("more only in postgres"));
  const ProcessResult one = box_.Run({"compare", box_.Url("app.db"), to_, "--limit", "1"});
  EXPECT_THAT(one.out, HasSubstr("1 differs"));
  EXPECT_THAT(one.out, Not(HasSubstr("3 differs")));
  // Two databases of one engine.
  EXPECT_EQ(box_.Run({"compare", box_.Url("app.db"), box_.Url("app.db")}).exit_code, 0);
}

TEST_F(CrossEngine, CarriesEveryTypeOfPostgresThatSqliteHasByValue) {
  ASSERT_OK(server_->RunSql(
      "CREATE TABLE t(id int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, s smallint, b bigint,"
      " f real, d double precision, n numeric(12,3), y bytea, l boolean, v varchar(5), x text,"
      " da date, ti time, ts timestamp, j jsonb, u uuid);"
      "INSERT INTO t VALUES"
      " (7, -32768, 9223372036854775807, 0.1, 0.1, 123456789.125, '\\x00ff', true, 'äöü', E'a\\nb',"
      " '0001-01-01', '23:59:59.999999', '9999-12-31 23:59:59.5', '{\"a\": 1}',"
      " '0a0b0c0d-0000-4000-8000-000000000001'),"
      " (8, NULL, NULL, '-Infinity', 'Infinity', -0.001, '', false, '', '', NULL, NULL, NULL, NULL,"
      " NULL)",
      "copy"));
  TellOk(box_, ToSqlite());
  EXPECT_THAT(ReadSqlite(box_.Path("back.db"), true)["t"],
              ElementsAre("'7:1|'-32768:1|'9223372036854775807:1|'0.100000001490116:2|'0.1:2|"
                          "'123456789.125:2|\\x00ff:4|'1:1|'äöü:3|'a\nb:3|'0001-01-01:3|"
                          "'23:59:59.999999:3|'9999-12-31 23:59:59.5:3|'{\"a\": 1}:3|"
                          "'0a0b0c0d-0000-4000-8000-000000000001:3",
                          "'8:1|NULL:5|NULL:5|'-inf:2|'inf:2|'-0.001:2|\\x:4|'0:1|':3|':3|NULL:5|"
                          "NULL:5|NULL:5|NULL:5|NULL:5"));
  ASSERT_OK(server_->RunSql("UPDATE t SET f = 'NaN'", "copy"));
  Clear(box_.Path("other"));
  ExpectRefused(box_, {"sync", to_, box_.Url("other/b.db"), "--cross-engine"}, 1,
                "driver_unsupported", "is NaN");
  EXPECT_THAT(Names(box_.Path("other")), IsEmpty());
}

}  // namespace
}  // namespace siphon::testing
