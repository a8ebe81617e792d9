// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// The engine's checksums, which a backup records and `verify --restore` compares.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "drivers/mysqlcommon/fixture.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/context.h"
#include "testing/contracts/driver_bodies.h"
#include "testing/servers/mysql.h"
#include "testing/status_matchers.h"

namespace siphon::mysqlcommon {
namespace {

using siphon::testing::MemoryTarget;
using siphon::testing::MysqlServer;
using siphon::testing::PieceReader;
using ::testing::IsEmpty;

class ChecksumTest : public ::testing::TestWithParam<std::string> {
 protected:
  using Checksums = std::map<std::string, std::string>;

  void SetUp() override {
    source_ = NewDatabase(server_);
    ASSERT_OK(server_.RunSql(
        "CREATE TABLE t(a INT PRIMARY KEY, b VARCHAR(20), c DOUBLE, d DECIMAL(20, 5));"
        "INSERT INTO t VALUES (1, 'x', 0.1, 1.5), (2, NULL, -1e300, 0);"
        "CREATE TABLE m(a INT) ENGINE=MyISAM; INSERT INTO m VALUES (1);"
        "CREATE TABLE none(a INT); CREATE VIEW v AS SELECT a FROM t;",
        source_.database));
  }
  void TearDown() override { EXPECT_THAT(Leftovers(server_), IsEmpty()); }

  // The server's own word, by its own client.
  std::string Asked(const std::string& table) {
    const auto rows = server_.Query(absl::StrCat("CHECKSUM TABLE ", table), source_.database);
    EXPECT_OK(rows);
    return rows.ok() && !rows->empty() ? rows->front().back().value_or("") : "";
  }

  static driver::BackupOptions WithChecksums() {
    driver::BackupOptions options;
    options.checksums = true;
    return options;
  }

  static Checksums Recorded(const MemoryTarget& target) {
    Checksums checksums;
    for (const dumps::TableInfo& table : target.contents().tables) {
      checksums[table.name] = table.checksum;
    }
    return checksums;
  }

  // Of what the body becomes in a scratch database.
  Checksums Restored(const std::string& body) {
    Checksums checksums;
    const base::Context context;
    const auto scratch = ForkDriver(ForkOf(server_)).OpenScratchOn(context, source_);
    EXPECT_OK(scratch);
    if (!scratch.ok()) return checksums;
    PieceReader reader(body);
    EXPECT_OK((*scratch)->Restore(context, {}, reader));
    const auto schema = (*scratch)->Inspect(context, {.checksums = true});
    EXPECT_OK(schema);
    if (!schema.ok()) return checksums;
    for (const driver::TableSchema& table : schema->tables) {
      checksums[table.name] = table.checksum;
    }
    return checksums;
  }

  MysqlServer& server_ = SharedServer(GetParam());
  profile::ConnectionProfile source_;
};

INSTANTIATE_TEST_SUITE_P(Server, ChecksumTest,
                         ::testing::ValuesIn(siphon::testing::AllMysqlServers()),
                         [](const ::testing::TestParamInfo<std::string>& info) {
                           return absl::StrReplaceAll(info.param, {{"-", ""}, {".", ""}});
                         });

TEST_P(ChecksumTest, AreTheSnapshotsAndThoseOfWhatIsRestored) {
  const std::string before = Asked("t");
  bool changed = false;
  MemoryTarget target([&](size_t) {
    // The snapshot stands, and no row has been read.
    if (!changed) PlainConnection(source_).Run("UPDATE t SET b = 'changed'");
    changed = true;
    return absl::OkStatus();
  });
  ASSERT_OK(TryBackUp(server_, source_, target, WithChecksums()));
  ASSERT_TRUE(changed);
  ASSERT_NE(Asked("t"), before);
  Checksums recorded = Recorded(target);
  EXPECT_THAT(recorded["t"], ::testing::EndsWith(absl::StrCat(":", before)));
  EXPECT_NE(recorded["none"], "");
  // Its rows are not those of the snapshot.
  EXPECT_EQ(recorded["m"], "");
  Checksums restored = Restored(target.data());
  EXPECT_EQ(restored["t"], recorded["t"]);
  EXPECT_EQ(restored["none"], recorded["none"]);
  EXPECT_EQ(restored["v"], "");
}

TEST_P(ChecksumTest, AreNotRecordedWhereTheyWouldDiffer) {
  ASSERT_OK(
      server_.RunSql("CREATE TABLE g(a VARCHAR(20), b VARCHAR(20) AS (CONCAT(a, 'x')) VIRTUAL);"
                     "CREATE TABLE s(a VARCHAR(20), b VARCHAR(20) AS (CONCAT(a, 'x')) STORED);"
                     "INSERT INTO g(a) VALUES ('p'), ('q'); INSERT INTO s(a) VALUES ('p');",
                     source_.database));
  if (server_.is_mariadb()) {
    ASSERT_OK(
        server_.RunSql("CREATE TABLE h(a INT PRIMARY KEY) WITH SYSTEM VERSIONING;"
                       "CREATE TABLE i(a INT PRIMARY KEY) WITH SYSTEM VERSIONING;"
                       "REPLACE INTO h VALUES (1), (1); INSERT INTO i VALUES (1);",
                       source_.database));
  }
  MemoryTarget target;
  ASSERT_OK(TryBackUp(server_, source_, target, WithChecksums()));
  Checksums recorded = Recorded(target), restored = Restored(target.data());
  EXPECT_NE(recorded["s"], "");
  EXPECT_EQ(recorded["g"].empty(), server_.is_mariadb());
  // (What REPLACE has replaced within a statement is history in MariaDB 10.11, and not in 11.8.)
  EXPECT_EQ(recorded["i"].empty(), !server_.is_mariadb());
  for (const auto& [table, checksum] : recorded) {
    if (checksum.empty()) continue;
    EXPECT_EQ(restored[table], checksum) << table;
  }
}

// MySQL's checksum includes what a dump does not have: bytes of hidden columns, and the types of
// values in JSON.
TEST_P(ChecksumTest, AreNotRecordedForJsonAndFunctionalIndexesOfMysql) {
  if (server_.is_mariadb()) return;  // It has neither.
  ASSERT_OK(server_.RunSql(
      "CREATE TABLE multi(id INT PRIMARY KEY, j JSON, KEY k ((CAST(j AS UNSIGNED ARRAY))));"
      "INSERT INTO multi VALUES (1, '[1, 2]'), (2, '[3]');"
      "CREATE TABLE func(a VARCHAR(20), KEY k ((LOWER(a)))); INSERT INTO func VALUES ('X'), ('Y');"
      "CREATE TABLE doc(j JSON); INSERT INTO doc SELECT JSON_OBJECT('d', CAST('2020-01-01' AS "
      "DATE),"
      " 'n', CAST(1.50 AS DECIMAL(9, 2)));",
      source_.database));
  MemoryTarget target;
  ASSERT_OK(TryBackUp(server_, source_, target, WithChecksums()));
  Checksums recorded = Recorded(target), restored = Restored(target.data());
  for (const char* const table : {"multi", "func", "doc"}) {
    EXPECT_EQ(recorded[table], "") << table;
    EXPECT_EQ(restored[table], "") << table;
  }
  EXPECT_NE(recorded["t"], "");
}

TEST_P(ChecksumTest, TellOtherRowsApart) {
  MemoryTarget target;
  ASSERT_OK(TryBackUp(server_, source_, target, WithChecksums()));
  const std::string other = absl::StrReplaceAll(target.data(), {{"'x'", "'y'"}});
  ASSERT_NE(other, target.data());
  EXPECT_NE(Restored(other)["t"], Recorded(target)["t"]);
}

TEST_P(ChecksumTest, AreMadeOnlyWhenAskedFor) {
  MemoryTarget target;
  ASSERT_OK(TryBackUp(server_, source_, target));
  EXPECT_EQ(Recorded(target)["t"], "");
}

}  // namespace
}  // namespace siphon::mysqlcommon
