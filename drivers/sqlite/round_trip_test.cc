// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Every value and every kind of object survives a backup and a restore, in both formats, compared
// bit for bit.

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "drivers/sqlite/fixture.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/status_matchers.h"

namespace siphon::sqlite {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

void BindAndStep(sqlite3_stmt* insert) {
  ASSERT_EQ(sqlite3_step(insert), SQLITE_DONE) << sqlite3_errmsg(sqlite3_db_handle(insert));
  sqlite3_reset(insert);
}

// Values that are awkward as text: in a column of each affinity where SQLite keeps them as they
// are.
void InsertValues(PlainConnection& connection) {
  connection.Run("CREATE TABLE \"values\"(id INTEGER PRIMARY KEY, v, t TEXT, r REAL, b BLOB)");
  sqlite3_stmt* insert = nullptr;
  ASSERT_EQ(sqlite3_prepare_v2(connection.handle(),
                               "INSERT INTO \"values\"(v, t, r, b) VALUES(?1, ?2, ?3, ?4)", -1,
                               &insert, nullptr),
            SQLITE_OK);
  const auto integer = [&](int64_t value) {
    sqlite3_clear_bindings(insert);
    sqlite3_bind_int64(insert, 1, value);
    BindAndStep(insert);
  };
  for (const int64_t value :
       {std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::min() + 1, int64_t{-1},
        int64_t{0}, int64_t{1}, int64_t{1} << 53, (int64_t{1} << 53) + 1,
        std::numeric_limits<int64_t>::max() - 1, std::numeric_limits<int64_t>::max()}) {
    integer(value);
  }
  const auto real = [&](double value) {
    sqlite3_clear_bindings(insert);
    sqlite3_bind_double(insert, 1, value);
    sqlite3_bind_double(insert, 3, value);
    BindAndStep(insert);
  };
  for (const double value : {0.0,
                             -0.0,
                             1.0,
                             -1.0,
                             0.1,
                             1.0 / 3,
                             5e-324,
                             -5e-324,
                             2.2250738585072014e-308,
                             2.2250738585072009e-308,
                             1.7976931348623157e308,
                             -1.7976931348623157e308,
                             9007199254740993.0,
                             1e15,
                             1e16,
                             1e17,
                             123456789012345678.0,
                             9.2233720368547758e18,
                             -9.2233720368547758e18,
                             1e22,
                             1e23,
                             1e100,
                             1e-100,
                             6.02214076e23,
                             3.141592653589793,
                             2.5e-17,
                             std::numeric_limits<double>::infinity(),
                             -std::numeric_limits<double>::infinity()}) {
    real(value);
  }
  uint64_t random = 42;
  for (int i = 0; i < 2000; ++i) {
    random = random * 6364136223846793005u + 1442695040888963407u;
    double value = 0;
    std::memcpy(&value, &random, sizeof(value));
    if (!std::isnan(value)) real(value);
  }
  const auto text = [&](std::string_view value) {
    sqlite3_clear_bindings(insert);
    sqlite3_bind_text64(insert, 1, value.data(), value.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
    sqlite3_bind_text64(insert, 2, value.data(), value.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
    sqlite3_bind_blob64(insert, 4, value.data(), value.size(), SQLITE_TRANSIENT);
    BindAndStep(insert);
  };
  using std::string_view_literals::operator""sv;
  for (const std::string_view value : {""sv,
                                       "a"sv,
                                       "it's"sv,
                                       "''"sv,
                                       "a\0b"sv,
                                       "\0"sv,
                                       "a\0"sv,
                                       "\n"sv,
                                       "a\r\nb"sv,
                                       ".quit\n"sv,
                                       "a\n.quit\nb;\n"sv,
                                       "-- no\n"sv,
                                       "/* no"sv,
                                       "\xff\xfe"sv,
                                       "\xc3("sv,
                                       "\xed\xa0\x80"sv,
                                       "\xf4\x90\x80\x80"sv,
                                       "\xc0\x80"sv,
                                       "\xef\xbb\xbfx"sv,
                                       "\xef\xbf\xbe"sv,
                                       "\xef\xbf\xbf"sv,
                                       "\xf0\x9f\x98\x80 \xc3\xa9\xe2\x82\xac"sv,
                                       "12"sv,
                                       "1e3"sv,
                                       "NULL"sv,
                                       "0x10"sv,
                                       "\x01\x1f\x7f"sv,
                                       "\\n"sv,
                                       "%s %d"sv,
                                       "$1 ?1 :a @b"sv}) {
    text(value);
  }
  // UTF-16 that is no text: a lone surrogate.
  const char16_t lone[] = {'a', 0xD800, 'b', 0xDC00, 0xFFFE, 0xFFFF, 0};
  sqlite3_clear_bindings(insert);
  sqlite3_bind_text16(insert, 1, lone, 12, SQLITE_TRANSIENT);
  BindAndStep(insert);
  // An empty blob, and NaN, which SQLite stores as NULL.
  sqlite3_clear_bindings(insert);
  sqlite3_bind_blob64(insert, 1, "", 0, SQLITE_TRANSIENT);
  sqlite3_bind_double(insert, 3, std::nan(""));
  BindAndStep(insert);
  sqlite3_finalize(insert);
  connection.Run("INSERT INTO \"values\"(v, b) VALUES(zeroblob(100000), randomblob(300000))");
}

constexpr char kObjects[] = R"sql(
PRAGMA user_version = -7;
PRAGMA application_id = 1598903374;
CREATE TABLE "odd ""name""" ("a ""b""" TEXT, [c d] INT, `e` , "x;y" DEFAULT ';', 'z' DEFAULT 'it''s');
INSERT INTO "odd ""name""" VALUES('1', 2, 3, 4, 5);
CREATE TABLE rowids(a); -- rowids that an import would change
INSERT INTO rowids(rowid, a) VALUES(-9223372036854775808, 'first'), (-5, 'x'), (0, 'zero'),
  (9223372036854775807, 'last');
CREATE TABLE hidden(rowid TEXT, a);
INSERT INTO hidden(_rowid_, rowid, a) VALUES(77, 'r', 1), (5, 's', 2);
CREATE TABLE all_hidden(rowid TEXT, _rowid_ TEXT, oid TEXT);
INSERT INTO all_hidden VALUES('a', 'b', 'c'), ('d', 'e', 'f');
CREATE TABLE alias(rowid INTEGER PRIMARY KEY, _rowid_ TEXT, oid TEXT);
INSERT INTO alias VALUES(12, 'b', 'c');
CREATE TABLE no_alias(id INTEGER PRIMARY KEY DESC, a);
INSERT INTO no_alias(rowid, id, a) VALUES(3, 10, 'x'), (1, 20, 'y');
CREATE TABLE generated(a INT, b INT GENERATED ALWAYS AS (a * 2) VIRTUAL,
  c INT AS (a + 1) STORED, d TEXT, rowid AS (a));
INSERT INTO generated(a, d) VALUES(1, 'x'), (2, 'y');
CREATE TABLE keyed(k TEXT, n INT, v BLOB, PRIMARY KEY(k, n)) WITHOUT ROWID;
INSERT INTO keyed VALUES('b', 1, x'00'), ('a', 2, NULL), ('a', 1, 'text');
CREATE TABLE keyed_odd(k TEXT COLLATE NOCASE, n INT, PRIMARY KEY(n DESC, k COLLATE BINARY))
  WITHOUT ROWID;
INSERT INTO keyed_odd VALUES('b', 1), ('B', 1), ('a', 2);
CREATE TABLE strict_one(i INTEGER PRIMARY KEY, r REAL NOT NULL, t TEXT, b BLOB, x ANY) STRICT;
INSERT INTO strict_one VALUES(1, 1.0, '1', x'31', '007'), (2, -0.5, '', x'', 7), (3, 1e300, 'a', NULL, 7.0);
CREATE TABLE strict_keyed(k ANY PRIMARY KEY, v INT) STRICT, WITHOUT ROWID;
INSERT INTO strict_keyed VALUES('1', 1), (1, 2), (x'31', 3), (1.5, 4);
CREATE TABLE counted(id INTEGER PRIMARY KEY AUTOINCREMENT, a);
INSERT INTO counted(id, a) VALUES(1, 'x'), (500, 'gone'), (20, 'y');
DELETE FROM counted WHERE id = 500;
CREATE TABLE counted_empty(id INTEGER PRIMARY KEY AUTOINCREMENT, a);
INSERT INTO counted_empty(id, a) VALUES(9, 'gone');
DELETE FROM counted_empty;
CREATE TABLE parent(id INTEGER PRIMARY KEY, name TEXT UNIQUE);
CREATE TABLE child(id INTEGER PRIMARY KEY, parent INT REFERENCES parent(id) ON DELETE CASCADE);
INSERT INTO parent VALUES(1, 'p');
INSERT INTO child VALUES(1, 1), (2, 99);
CREATE TABLE checked(a INT CHECK(a > 0), b INT);
PRAGMA ignore_check_constraints = ON;
INSERT INTO checked VALUES(-1, 1), (5, 2);
PRAGMA ignore_check_constraints = OFF;
CREATE TABLE log(what TEXT);
CREATE UNIQUE INDEX child_parent ON child(parent) WHERE parent < 50;
CREATE INDEX odd_index ON "odd ""name"""("a ""b""" COLLATE NOCASE DESC, lower([c d]));
CREATE VIEW families AS SELECT p.name, count(*) AS children FROM parent p JOIN child c
  ON c.parent = p.id GROUP BY 1 -- with a comment at its end
;
CREATE VIEW "later view" AS SELECT * FROM families /* unclosed */;
CREATE TRIGGER child_log AFTER INSERT ON child BEGIN
  INSERT INTO log VALUES('child; ' || new.id);
  INSERT INTO log SELECT CASE WHEN new.id > 5 THEN 'big' ELSE 'small' END;
END;
CREATE TRIGGER view_insert INSTEAD OF INSERT ON families BEGIN
  INSERT INTO parent(name) VALUES(new.name);
END;
CREATE TABLE documents(id INTEGER PRIMARY KEY, title, body);
CREATE VIRTUAL TABLE search USING fts5(title, body, content='documents', content_rowid='id');
CREATE TRIGGER documents_search AFTER INSERT ON documents BEGIN
  INSERT INTO search(rowid, title, body) VALUES(new.id, new.title, new.body);
END;
INSERT INTO documents VALUES(1, 'One', 'the quick brown fox'), (2, 'Two', 'jumps over');
CREATE VIRTUAL TABLE notes USING fts5(text, tokenize = 'porter unicode61', prefix='2 3');
INSERT INTO notes(rowid, text) VALUES(10, 'running dogs'), (-3, 'a cat ran; it''s fast');
INSERT INTO notes(notes) VALUES('optimize');
CREATE VIRTUAL TABLE contentless USING fts5(x, content='');
INSERT INTO contentless(rowid, x) VALUES(1, 'words without a text');
CREATE VIRTUAL TABLE old_notes USING fts4(subject, body, tokenize=porter);
INSERT INTO old_notes(docid, subject, body) VALUES(7, 's', 'walking home');
CREATE VIRTUAL TABLE empty_search USING fts5(x);
CREATE VIRTUAL TABLE places USING rtree(id, min_x, max_x, min_y, max_y, +name TEXT);
INSERT INTO places VALUES(1, 0, 1, 0, 1, 'unit'), (2, -5.5, 7.25, 3, 4, 'other');
CREATE VIRTUAL TABLE shapes USING geopoly(label);
INSERT INTO shapes(_shape, label) VALUES('[[0,0],[1,0],[0.5,1],[0,0]]', 'triangle');
ANALYZE;
)sql";

void Build(const std::string& path, const std::string& before) {
  PlainConnection connection(path);
  connection.Run(before);
  connection.Run(kObjects);
  connection.Run("BEGIN");
  InsertValues(connection);
  connection.Run("COMMIT");
}

class RoundTripTest
    : public ::testing::TestWithParam<std::tuple<std::string, std::string, std::string>> {
 protected:
  const std::string& format() const { return std::get<0>(GetParam()); }
  std::string pragmas() const {
    return absl::StrCat("PRAGMA encoding = '", std::get<1>(GetParam()), "';",
                        std::get<2>(GetParam()));
  }
};

TEST_P(RoundTripTest, EverythingSurvives) {
  TempFolder folder;
  const std::string source = folder.File("source.db");
  Build(source, pragmas());
  const std::vector<std::string> before = Fingerprint(source);
  driver::BackupOptions options;
  options.format = format();
  const std::string body = BackUp(source, options);
  const std::string target = folder.File("target.db");
  ASSERT_THAT(TryRestore(target, body), IsOk());
  EXPECT_EQ(Difference(Fingerprint(target), before), "");
  EXPECT_EQ(Difference(Fingerprint(source), before), "");

  PlainConnection connection(target);
  // The one row that breaks a constraint is what it was, too.
  EXPECT_EQ(connection.Value("PRAGMA integrity_check"), "CHECK constraint failed in checked");
  EXPECT_THAT(connection.Rows("PRAGMA integrity_check"), SizeIs(1));
  EXPECT_EQ(connection.Value("SELECT count(*) FROM search WHERE search MATCH 'fox'"), "1");
  EXPECT_EQ(connection.Value("SELECT rowid FROM notes WHERE notes MATCH 'run'"), "10");
  EXPECT_EQ(connection.Value("SELECT docid FROM old_notes WHERE old_notes MATCH 'walk'"), "7");
  EXPECT_EQ(connection.Value("SELECT name FROM places WHERE min_x < -5"), "other");
  EXPECT_EQ(
      connection.Value("SELECT label FROM shapes WHERE geopoly_contains_point(_shape, .5, .5)"),
      "triangle");
  connection.Run("INSERT INTO search(search) VALUES('integrity-check')");
  connection.Run("INSERT INTO notes(notes) VALUES('integrity-check')");
  connection.Run("INSERT INTO counted(a) VALUES('next')");
  EXPECT_EQ(connection.Value("SELECT id FROM counted WHERE a = 'next'"), "501");
  connection.Run("INSERT INTO child VALUES(6, NULL)");
  EXPECT_THAT(connection.Rows("SELECT what FROM log ORDER BY rowid"), SizeIs(2));
}

TEST_P(RoundTripTest, TheSameIsWrittenInTheSmallestSteps) {
  TempFolder folder;
  const std::string source = folder.File("source.db");
  Build(source, pragmas());
  driver::BackupOptions options;
  options.format = format();
  EXPECT_TRUE(BackUp(source, options, SmallestSteps()) == BackUp(source, options));
}

TEST_P(RoundTripTest, RestoringOverAnotherDatabaseMakesItTheSame) {
  TempFolder folder;
  const std::string source = folder.File("source.db");
  Build(source, pragmas());
  driver::BackupOptions options;
  options.format = format();
  const std::string body = BackUp(source, options);
  const std::string target = folder.File("target.db");
  {
    PlainConnection connection(target);
    connection.Run("PRAGMA page_size = 2048; CREATE TABLE mine(a); INSERT INTO mine VALUES(1)");
  }
  driver::RestoreOptions restore;
  restore.clean = true;
  ASSERT_THAT(TryRestore(target, body, restore), IsOk());
  EXPECT_EQ(Difference(Fingerprint(target), Fingerprint(source)), "");
  EXPECT_THAT(folder.List(), ElementsAre("source.db", "target.db"));
}

std::string Name(const ::testing::TestParamInfo<RoundTripTest::ParamType>& info) {
  std::string name;
  for (const char c :
       absl::StrCat(std::get<0>(info.param), std::get<1>(info.param), std::get<2>(info.param))) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) name.push_back(c);
  }
  return name;
}

INSTANTIATE_TEST_SUITE_P(
    Formats, RoundTripTest,
    ::testing::Combine(::testing::Values("image", "sql"),
                       ::testing::Values("UTF-8", "UTF-16le", "UTF-16be"),
                       ::testing::Values("", "PRAGMA page_size = 1024; PRAGMA auto_vacuum = 1;",
                                         "PRAGMA page_size = 65536; PRAGMA auto_vacuum = 2;")),
    Name);

// As many columns as SQLite allows, and some fewer: the rowid and the key need room, too.
TEST(WideTables, Survive) {
  for (const int columns : {1999, 2000}) {
    std::string names, values;
    for (int i = 1; i <= columns; ++i) {
      absl::StrAppend(&names, i == 1 ? "" : ",", "c", i);
      absl::StrAppend(&values, i == 1 ? "" : ",", "x.n + ", i);
    }
    const std::string key = names.substr(2);
    TempFolder folder;
    const std::string source = folder.File("source.db");
    {
      PlainConnection connection(source);
      connection.Run(absl::StrCat("CREATE TABLE plain(", names, ");",  //
                                  "CREATE TABLE numbered(c1 INTEGER PRIMARY KEY", key, ");",
                                  "CREATE TABLE keyed(c1 PRIMARY KEY", key, ") WITHOUT ROWID;"));
      for (const std::string table : {"plain", "numbered", "keyed"}) {
        connection.Run(absl::StrCat("INSERT INTO ", table,
                                    " WITH x(n) AS (VALUES(0), (10), (20)) SELECT ", values,
                                    " FROM x"));
      }
    }
    for (const bool data_only : {false, true}) {
      driver::BackupOptions options;
      options.format = "sql";
      options.data_only = data_only;
      const std::string body =
          BackUp(source, options, data_only ? SnapshotLimits() : SmallestSteps());
      const std::string target = folder.File(data_only ? "rows.db" : "whole.db");
      if (data_only) {
        driver::BackupOptions schema;
        schema.schema_only = true;
        ASSERT_THAT(TryRestore(target, BackUp(source, schema)), IsOk());
      }
      driver::RestoreOptions restore;
      restore.data_only = data_only;
      ASSERT_THAT(TryRestore(target, body, restore), IsOk()) << columns;
      for (const std::string table : {"plain", "numbered", "keyed"}) {
        const std::string query =
            absl::StrCat("SELECT group_concat(c1 || '-' || c1998 || '-' || c", columns,
                         ") FROM (SELECT * FROM ", table, " ORDER BY c1)");
        EXPECT_EQ(PlainConnection(target).Value(query), PlainConnection(source).Value(query));
      }
    }
  }
}

}  // namespace
}  // namespace siphon::sqlite
