// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Backups as scripts of databases with damaged pages that SQLite reads without an error.

#include <fstream>
#include <ios>
#include <iterator>
#include <string>
#include <string_view>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "drivers/sqlite/driver.h"
#include "drivers/sqlite/fixture.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/context.h"
#include "testing/contracts/driver_bodies.h"
#include "testing/status_matchers.h"

namespace siphon::sqlite {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr int kPageSize = 4096;
constexpr std::string_view kRows =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)"
    " INSERT INTO t SELECT printf('%0100d', i) FROM n;";

class PageCheckTest : public ::testing::Test {
 protected:
  void Build(std::string_view sql) {
    PlainConnection(source_).Run(absl::StrCat("PRAGMA page_size = ", kPageSize, ";", sql));
  }

  std::string File() const {
    std::ifstream file(source_, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  }

  // Replaces bytes of the root page of `table`.
  void Overwrite(const std::string& table, int at, std::string_view bytes) {
    int page = 0;
    ASSERT_TRUE(
        absl::SimpleAtoi(PlainConnection(source_).Value(absl::StrCat(
                             "SELECT rootpage FROM sqlite_schema WHERE name = '", table, "'")),
                         &page));
    std::fstream file(source_, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp((page - 1) * kPageSize + at);
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }

  // The page of an empty table (https://www.sqlite.org/fileformat2.html#b_tree_pages).
  static std::string EmptyPage() {
    std::string page(kPageSize, '\0');
    page[0] = '\x0d';
    page[5] = '\x10';  // The content begins at the end of the page.
    return page;
  }

  // Sets the number of the page's rows to 0.
  void ForgetRows(const std::string& table) { Overwrite(table, 3, std::string_view("\0\0", 2)); }

  absl::Status BackUpScript(driver::BackupOptions options = {}) {
    options.format = "sql";
    SqliteDriver driver;
    const auto connection =
        driver.Connect(base::Context(), ProfileFor(source_), driver::Driver::Access::kRead);
    if (!connection.ok()) return connection.status();
    siphon::testing::MemoryTarget target;
    return (*connection)->Backup(base::Context(), options, target);
  }

  TempFolder folder_;
  const std::string source_ = folder_.File("source.db");
};

TEST_F(PageCheckTest, AnEmptyPageInThePlaceOfATableIsRefused) {
  Build(absl::StrCat("CREATE TABLE t(a);", kRows));
  EXPECT_OK(BackUpScript());
  Overwrite("t", 0, EmptyPage());
  ASSERT_EQ(PlainConnection(source_).Value("SELECT count(*) FROM t"), "0");
  const absl::Status status = BackUpScript();
  EXPECT_THAT(status, StatusIs(errs::kIntegrity,
                               AllOf(HasSubstr("pages are damaged"), HasSubstr("never used"))));
  EXPECT_THAT(status, HasHint(AllOf(HasSubstr("--format image"), HasSubstr("--exclude-table"))));
  EXPECT_EQ(BackUp(source_), File());
}

TEST_F(PageCheckTest, APageWhoseRowsAreForgottenIsRefusedWithItsTableOnly) {
  Build(
      "CREATE TABLE t(a); INSERT INTO t VALUES(1), (2), (3);"
      "CREATE TABLE u(a); INSERT INTO u VALUES(1)");
  ForgetRows("t");
  ASSERT_EQ(PlainConnection(source_).Value("SELECT count(*) FROM t"), "0");
  driver::BackupOptions with, without, schema;
  with.tables = {"t"};
  without.exclude_tables = {"t"};
  schema.schema_only = true;
  for (const driver::BackupOptions& options : {driver::BackupOptions(), with}) {
    EXPECT_THAT(BackUpScript(options), StatusIs(errs::kIntegrity, HasSubstr("pages are damaged")));
  }
  EXPECT_OK(BackUpScript(without));
  EXPECT_OK(BackUpScript(schema));
}

TEST_F(PageCheckTest, ATableWithFewerRowsThanItsIndexIsRefused) {
  Build(absl::StrCat("CREATE TABLE t(a UNIQUE);", kRows, "CREATE VIRTUAL TABLE f USING fts5(a)"));
  Overwrite("t", 0, EmptyPage());
  EXPECT_THAT(BackUpScript(), StatusIs(errs::kIntegrity, HasSubstr("wrong # of entries in index")));
}

TEST_F(PageCheckTest, PagesAreCheckedNextToVirtualTables) {
  Build(
      "CREATE VIRTUAL TABLE f USING fts5(a); INSERT INTO f VALUES('x');"
      "CREATE TABLE t(a); INSERT INTO t VALUES(1)");
  EXPECT_OK(BackUpScript());
  ForgetRows("f_content");
  EXPECT_THAT(BackUpScript(), StatusIs(errs::kIntegrity, HasSubstr("pages are damaged")));
}

// Too large for one step of a reader that makes writers wait.
TEST_F(PageCheckTest, OfALargeDatabaseWithoutWalTheTablesThatReadAsEmptyAreChecked) {
  Build(
      "CREATE TABLE t(a); INSERT INTO t VALUES(1); CREATE TABLE large(a);"
      "INSERT INTO large VALUES(zeroblob(20000000))");
  EXPECT_OK(BackUpScript());
  ForgetRows("t");
  EXPECT_THAT(BackUpScript(), StatusIs(errs::kIntegrity, HasSubstr("pages are damaged")));
  PlainConnection(source_).Run("PRAGMA journal_mode = WAL");
  EXPECT_THAT(BackUpScript(), StatusIs(errs::kIntegrity, HasSubstr("pages are damaged")));
}

// The rows are what they are: a script keeps them.
TEST_F(PageCheckTest, ValuesThatBreakAConstraintAreNoDamage) {
  Build(
      "CREATE TABLE t(a CHECK(a > 0)); PRAGMA ignore_check_constraints = ON;"
      "INSERT INTO t VALUES(-1)");
  ASSERT_EQ(PlainConnection(source_).Value("PRAGMA quick_check"), "CHECK constraint failed in t");
  EXPECT_OK(BackUpScript());
}

// json() fails for the row.
TEST_F(PageCheckTest, NoExpressionOfTheSchemaIsEvaluated) {
  Build(
      "CREATE TABLE t(a TEXT); INSERT INTO t VALUES('{');"
      "ALTER TABLE t ADD COLUMN b INT AS (json(a)) VIRTUAL;"
      "CREATE TABLE u(a TEXT CHECK(json(a))); PRAGMA ignore_check_constraints = ON;"
      "INSERT INTO u VALUES('{')");
  EXPECT_OK(BackUpScript());
}

}  // namespace
}  // namespace siphon::sqlite
