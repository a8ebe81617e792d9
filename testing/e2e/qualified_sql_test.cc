// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// The SQL texts of the PostgreSQL driver name everything with its schema where the user's
// search_path is in force, and relations everywhere.

#include "testing/e2e/qualified_sql.h"

#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/e2e/sandbox.h"

namespace siphon::testing {
namespace {

using ::testing::Contains;
using ::testing::Gt;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// One canary for each rule.
TEST(Unqualified, IsRefusedOnTheUsersPath) {
  for (const auto& [sql, what] : std::vector<std::pair<std::string, std::string>>{
           {"SELECT now()", "function NOW"},
           {"SELECT public.now()", "function NOW"},
           {"SELECT pg_catalog.abs(abs(1))", "function ABS"},
           {"SELECT \"sum\"(a) FROM s.t", "function sum"},
           {"SELECT a FROM s.t WHERE a = 1", "operator ="},
           {"SELECT a FROM s.t WHERE a OPERATOR(public.=) 1", "operator ="},
           {"SELECT a || 'x' FROM s.t", "operator ||"},
           {"SELECT - a FROM s.t", "operator -"},
           {"SELECT a * 2 FROM s.t", "operator *"},
           {"SELECT a::text FROM s.t", "cast to TEXT"},
           {"SELECT a::public.text FROM s.t", "cast to PUBLIC"},
           {"SELECT CAST(a AS regclass) FROM s.t", "cast to REGCLASS"},
           {"SELECT regclass 'x'", "type REGCLASS"},
           {"SELECT a COLLATE \"C\" FROM s.t", "collation"},
           {"SELECT a FROM s.t WHERE a IN (1, 2)", "operator of IN"},
           {"SELECT a FROM s.t WHERE a NOT IN (SELECT b FROM s.u)", "operator of IN"},
           {"SELECT a FROM s.t WHERE a BETWEEN 1 AND 2", "operator of BETWEEN"},
           {"SELECT a FROM s.t WHERE a LIKE 'x'", "operator of LIKE"},
           {"SELECT a FROM s.t WHERE a IS DISTINCT FROM b", "operator of DISTINCT FROM"},
           {"SELECT NULLIF(a, b) FROM s.t", "operator of NULLIF"},
           {"SELECT CASE a WHEN 1 THEN 2 END FROM s.t", "operator of a simple CASE"},
           {"SELECT a FROM s.t JOIN s.u USING (a)", "operator of USING"},
           {"SELECT a FROM s.t NATURAL JOIN s.u", "operator of NATURAL"},
           {"SELECT a FROM s.t ORDER BY a USING <", "operator <"},
           {"SELECT a FROM t", "relation T"},
           {"SELECT a FROM s.t, u", "relation U"},
           {"SELECT a FROM s.t JOIN u ON TRUE", "relation U"},
           {"SELECT a FROM ONLY t", "relation T"},
           {"INSERT INTO t VALUES (1)", "relation T"},
           {"UPDATE t SET a = 1", "relation T"},
           {"UPDATE s.t SET a = 1 WHERE a = 2", "operator ="},
           {"PREPARE p AS UPDATE s.t SET a = 1 WHERE a = 2", "operator ="},
           {"UPDATE s.t SET a = a + 1", "operator +"},
           {"DELETE FROM t", "relation T"},
           {"COPY t FROM STDIN", "relation T"},
           {"COPY (SELECT a FROM t) TO STDOUT", "relation T"},
           {"DROP TABLE IF EXISTS t", "relation T"},
           {"CREATE TABLE t (a bigint)", "relation T"},
           {"CREATE TABLE s.t (a bigint, b text)", "type TEXT"},
           {"BEGIN; SELECT 1 FROM s.t WHERE 1 > 2", "operator >"},
           {"SELECT '/*', a = 1", "operator ="},
           {"SELECT E'\\'', a = 1", "operator ="},
           {"SELECT $x$ $x$, a = 1 -- b", "operator ="}}) {
    EXPECT_THAT(Unqualified(sql, SearchPath::kUsers), Contains(HasSubstr(what))) << sql;
  }
}

TEST(Unqualified, IsRefusedOnTheEmptyPathForRelations) {
  for (const std::string sql :
       {"SELECT a FROM pg_class", "SELECT a FROM s.t, pg_class",
        "SELECT a FROM s.t JOIN u ON a = b", "WITH w AS (SELECT 1) SELECT 1 FROM v",
        "DO $$ BEGIN PERFORM 1 FROM pg_class; END $$", "SELECT (SELECT 1 FROM pg_class)",
        "DELETE FROM t WHERE a = 1"}) {
    EXPECT_THAT(Unqualified(sql, SearchPath::kEmpty), SizeIs(1)) << sql;
  }
}

TEST(Unqualified, AcceptsWhatIsQualified) {
  for (const std::string sql :
       {"REVOKE ALL ON DATABASE x FROM PUBLIC", "COPY s.t (a) FROM STDIN",
        "PREPARE p AS UPDATE s.t SET a = $1, b = FALSE; PREPARE q AS SELECT 1",
        "SELECT pg_catalog.count(*), * FROM s.t x WHERE x.a OPERATOR(pg_catalog.=) -1",
        "SELECT 1::pg_catalog.oid, 'c'::pg_catalog.\"char\", a::bigint, -1, CAST(a AS bigint)",
        "SELECT CASE WHEN EXISTS (SELECT 1 FROM s.t) THEN 'a' ELSE 'b' END, COALESCE(a, 'c')",
        "WITH w AS (SELECT 1), v(x) AS (SELECT 2) SELECT 1 FROM w, v JOIN s.t ON TRUE",
        "UPDATE s.t SET a = 1, b = FALSE WHERE c OPERATOR(pg_catalog.=) 2", "SET LOCAL a = '5s'",
        "ALTER DATABASE x SET a FROM CURRENT", "INSERT INTO s.t (a, b) VALUES (1, 'x')",
        "EXECUTE siphon_move(1, 'x')",
        "CREATE TABLE IF NOT EXISTS s.t (a bigint PRIMARY KEY, b pg_catalog.text NOT NULL)",
        "SELECT pg_catalog.to_char(a AT TIME ZONE 'UTC', 'x'), EXTRACT(epoch FROM a) FROM s.t",
        "SELECT a OPERATOR(pg_catalog.=) ANY (ARRAY[1]::pg_catalog.oid[]) ORDER BY a, b"}) {
    EXPECT_THAT(Unqualified(sql, SearchPath::kUsers), IsEmpty()) << sql;
  }
}

TEST(SqlTextsIn, FindsTextsInPieces) {
  const std::vector<SqlText> texts = SqlTextsIn(
      "// \"SELECT 0\"\n"
      "Query(\"SELECT a\"\n \" FROM s.t WHERE \", x, \" = 1\");\n"
      "const char c = '\"', d = '\\''; R\"sql(SELECT b\nFROM t)sql\"; Error(\"no table\");");
  ASSERT_THAT(texts, SizeIs(2));
  EXPECT_EQ(texts[0].line, 2);
  EXPECT_EQ(texts[0].sql,
            absl::StrCat("SELECT a FROM s.t WHERE  ", std::string(1, kHole), "  = 1"));
  EXPECT_THAT(Unqualified(texts[0].sql, SearchPath::kUsers), Contains(HasSubstr("operator =")));
  EXPECT_THAT(Unqualified(texts[1].sql, SearchPath::kEmpty), Contains(HasSubstr("relation T")));
}

// Sources whose statements run on the user's search_path. All others of the driver run in sessions
// of siphon's own, or after SET LOCAL search_path = '' (drop_schema.cc).
const std::set<std::string>& SourcesForUsers() {
  static const auto* const sources = new std::set<std::string>{
      "drivers/postgres/foreign_code.cc",         "drivers/postgres/lone_work.cc",
      "drivers/postgres/migrations.cc",           "drivers/postgres/session.cc",
      "drivers/postgres/version_table.cc",        "siphon/domain/migrate/grouped_steps.cc",
      "siphon/domain/migrate/sql_database.cc",    "siphon/domain/migrate/migration_tables.cc",
      "siphon/domain/migrate/statement_runner.cc"};
  return *sources;
}

TEST(SqlTexts, OfTheDriverAreQualified) {
  std::set<std::string> seen;
  int texts = 0;
  for (const std::string folder : {"drivers/postgres", "siphon/domain/migrate"}) {
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      const std::string path = absl::StrCat(folder, "/", entry.path().filename().string());
      if (!absl::EndsWith(path, ".cc") || absl::EndsWith(path, "_test.cc")) continue;
      if (absl::EndsWith(path, "fixture.cc")) continue;
      const bool users = SourcesForUsers().contains(path);
      if (!users && folder != "drivers/postgres") continue;
      seen.insert(path);
      const std::vector<SqlText> found = SqlTextsIn(ReadBytes(path));
      std::set<std::string> names;
      for (const SqlText& text : found) names.merge(NamesOfQueries(text.sql));
      for (const SqlText& text : found) {
        ++texts;
        EXPECT_THAT(Unqualified(text.sql, users ? SearchPath::kUsers : SearchPath::kEmpty, names),
                    IsEmpty())
            << path << ":" << text.line << "\n"
            << text.sql;
      }
    }
  }
  EXPECT_THAT(seen, ::testing::IsSupersetOf(SourcesForUsers()));
  EXPECT_THAT(texts, Gt(50)) << "the texts are found";
}

}  // namespace
}  // namespace siphon::testing
