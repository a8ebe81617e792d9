// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Reads some tables of an image in frames, and only the frames with these tables.

#include <cstdio>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "drivers/sqlite/driver.h"
#include "drivers/sqlite/fixture.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/driver/restoration.h"
#include "siphon/driver/snapshot.h"
#include "testing/contracts/framed_dump.h"
#include "testing/status_matchers.h"

namespace siphon::sqlite {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::IsNull;

constexpr char kShop[] = R"sql(
CREATE TABLE customers(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT);
CREATE TABLE orders(id INTEGER PRIMARY KEY, customer INT REFERENCES customers(id),
  total INT, tax INT AS (total / 5) STORED);
CREATE TABLE keyed(k TEXT PRIMARY KEY, v BLOB) WITHOUT ROWID;
CREATE INDEX orders_customer ON orders(customer);
CREATE TRIGGER orders_update AFTER UPDATE ON orders BEGIN SELECT 1; END;
CREATE VIRTUAL TABLE notes USING fts5(text);
INSERT INTO customers(name) VALUES('ann'), ('böb'), (NULL);
WITH RECURSIVE n(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM n WHERE k < 3000)
  INSERT INTO orders(id, customer, total) SELECT k, k % 3, k * 7 FROM n;
INSERT INTO notes(rowid, text) VALUES(5, 'read this'), (6, 'or that');
ANALYZE;
WITH RECURSIVE n(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM n WHERE k < 300)
  INSERT INTO keyed SELECT 'key ' || k, randomblob(10000) FROM n;
)sql";

class ExcerptTest : public ::testing::Test {
 protected:
  void Make(const std::string& settings) {
    {
      PlainConnection connection(source_);
      connection.Run(settings + kShop);
    }
    const auto connection =
        driver_.Connect(context_, ProfileFor(source_), driver::Driver::Access::kRead);
    ASSERT_THAT(connection, IsOk());
    const auto snapshot = driver::OpenSnapshot(context_, **connection, {});
    ASSERT_THAT(snapshot, IsOk());
    auto dump = siphon::testing::FramedDump::Write(context_, **snapshot);
    ASSERT_THAT(dump, IsOk());
    dump_ = *std::move(dump);
    body_ = BackUp(source_);
  }

  absl::StatusOr<std::string> Excerpt(const driver::RestoreOptions& options) {
    const driver::ExcerptOptions excerpt = {.restore = options, .directory = folder_.path()};
    ASSIGN_OR_RETURN(const std::unique_ptr<base::Reader> reader,
                     driver_.OpenExcerpt(context_, excerpt, dump_->body()));
    base::StringWriter out;
    RETURN_IF_ERROR(base::Copy(*reader, out).status());
    return out.data();
  }

  // Compares restores of the excerpt and of the whole body.
  void ExpectSame(const driver::RestoreOptions& options, const std::string& target_sql) {
    const std::string whole = folder_.File("whole.db"), some = folder_.File("some.db");
    for (const std::string& path : {whole, some}) {
      std::remove(path.c_str());
      if (!target_sql.empty()) PlainConnection(path).Run(target_sql);
    }
    ASSERT_THAT(TryRestore(whole, body_, options), IsOk());
    const absl::StatusOr<std::string> excerpt = Excerpt(options);
    ASSERT_THAT(excerpt, IsOk());
    ASSERT_THAT(TryRestore(some, *excerpt, options), IsOk());
    EXPECT_EQ(Difference(Fingerprint(whole), Fingerprint(some)), "");
    EXPECT_EQ(PlainConnection(some).Value("PRAGMA integrity_check"), "ok");
  }

  TempFolder folder_;
  const std::string source_ = folder_.File("source.db");
  SqliteDriver driver_;
  base::Context context_;
  std::unique_ptr<siphon::testing::FramedDump> dump_;
  std::string body_;
};

TEST_F(ExcerptTest, RestoresWhatTheWholeBodyDoes) {
  for (const char* const settings : {"", "PRAGMA page_size = 512;", "PRAGMA encoding = 'UTF-16le';",
                                     "PRAGMA journal_mode = WAL;", "PRAGMA auto_vacuum = FULL;"}) {
    std::remove(source_.c_str());
    Make(settings);
    for (const char* const table : {"customers", "ORDERS", "keyed", "notes", "o*"}) {
      driver::RestoreOptions options;
      options.tables = {table};
      ExpectSame(options, "");
      // The planner's statistics are copied where the target has some.
      options.clean = true;
      ExpectSame(options,
                 "CREATE TABLE other(a); CREATE INDEX i ON other(a);"
                 " INSERT INTO other VALUES(1); ANALYZE;");
    }
    driver::RestoreOptions definitions;
    definitions.tables = {"orders"};
    definitions.schema_only = true;
    ExpectSame(definitions, "");
  }
}

TEST_F(ExcerptTest, RefusesDamageAndLeavesNoFile) {
  Make("");
  driver::RestoreOptions options;
  options.tables = {"orders", "nothing"};
  EXPECT_THAT(Excerpt(options), StatusIs(errs::kNotFound, HasSubstr("nothing")));
  // The last frame has the rows of `keyed`.
  ASSERT_THAT(dump_->Damage(), IsOk());
  options.tables = {"orders"};
  EXPECT_THAT(Excerpt(options), IsOk());
  options.tables = {"keyed"};
  EXPECT_THAT(Excerpt(options), StatusIs(errs::kIntegrity, HasSubstr("SHA-256")));
  std::vector<std::string> left;
  for (const std::string& name : folder_.List()) {
    if (name.starts_with(".tmp-")) left.push_back(name);
  }
  EXPECT_THAT(left, IsEmpty());
}

TEST_F(ExcerptTest, NeedsAFolderForItsFilesOrLeavesTheRestoreToTheWholeBody) {
  Make("");
  driver::ExcerptOptions options;
  options.restore.tables = {"orders"};
  options.directory = folder_.File("nowhere");
  EXPECT_THAT(driver_.OpenExcerpt(context_, options, dump_->body()), IsOkAndHolds(IsNull()));
  options.alone = true;
  EXPECT_THAT(driver_.OpenExcerpt(context_, options, dump_->body()), StatusIs(errs::kNotFound));
}

TEST_F(ExcerptTest, StopsWithTheContext) {
  Make("");
  std::stop_source stop;
  stop.request_stop();
  context_ = base::Context(stop.get_token(), nullptr);
  driver::RestoreOptions options;
  options.tables = {"keyed"};
  EXPECT_THAT(Excerpt(options), StatusIs(errs::kCancelled));
}

}  // namespace
}  // namespace siphon::sqlite
