// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// The driver contract, held by SQLite.

#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "drivers/sqlite/driver.h"
#include "drivers/sqlite/fixture.h"
#include "gtest/gtest.h"
#include "testing/contracts/concurrent_writer.h"
#include "testing/contracts/driver_contract.h"

namespace siphon::sqlite {
namespace {

using siphon::testing::ConcurrentWriter;
using siphon::testing::DriverContract;
using siphon::testing::DriverFactory;
using siphon::testing::DriverFixture;

constexpr char kSeed[] = R"sql(
CREATE TABLE accounts(id INTEGER PRIMARY KEY, owner TEXT NOT NULL, amount INTEGER NOT NULL);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
  INSERT INTO accounts SELECT i, 'owner ' || i, 1000 FROM n;
CREATE TABLE items(name TEXT PRIMARY KEY, price REAL, data BLOB) WITHOUT ROWID;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
  INSERT INTO items SELECT 'item ' || i, i / 7.0, randomblob(1000) FROM n;
CREATE TABLE numbered(id INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT);
INSERT INTO numbered(text) VALUES('a'), (char(0) || 'b'), (NULL);
CREATE INDEX accounts_owner ON accounts(owner);
CREATE VIEW rich AS SELECT * FROM accounts WHERE amount > 1000;
CREATE VIRTUAL TABLE words USING fts5(text);
INSERT INTO words VALUES('some words to find');
CREATE TRIGGER numbered_words AFTER INSERT ON numbered BEGIN
  INSERT INTO words VALUES(new.text);
END;
)sql";

// Pads a database so that reading it takes several steps.
constexpr char kPadding[] = R"sql(
CREATE TABLE padding(id INTEGER PRIMARY KEY, data BLOB);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500)
  INSERT INTO padding SELECT i, zeroblob(10000) FROM n;
)sql";

class SqliteFixture : public DriverFixture {
 public:
  driver::Driver& driver() override { return driver_; }

  profile::ConnectionProfile EmptyDatabase() override {
    const std::string path = folder_.File(absl::StrCat("database ", ++databases_, ".db"));
    PlainConnection connection(path);
    connection.Run("VACUUM");
    return ProfileFor(path);
  }

  void Seed(const profile::ConnectionProfile& profile) override {
    PlainConnection connection(profile.database);
    connection.Run(kSeed);
    // The same rows in each, so that two seeded databases can be compared.
    connection.Run("UPDATE items SET data = CAST(hex(name) || printf('%.*c', 900, 'x') AS BLOB)");
  }

  std::string Describe(const profile::ConnectionProfile& profile) override {
    return absl::StrJoin(Fingerprint(profile.database), "\n");
  }

  int64_t CountRows(const profile::ConnectionProfile& profile, const std::string& table) override {
    PlainConnection connection(profile.database);
    if (connection.Value(
            absl::StrCat("SELECT count(*) FROM sqlite_schema WHERE name = '", table, "'")) == "0") {
      return -1;
    }
    return std::stoll(connection.Value(absl::StrCat("SELECT count(*) FROM ", table)));
  }

  void Execute(const profile::ConnectionProfile& profile, const std::string& statement) override {
    PlainConnection(profile.database).Run(statement);
  }

  std::vector<Meeting> Meetings() override {
    std::vector<Meeting> meetings;
    for (const std::string mode : {"DELETE", "WAL"}) {
      for (const bool padded : {false, true}) {
        const profile::ConnectionProfile profile = EmptyDatabase();
        Execute(profile, absl::StrCat("PRAGMA journal_mode = ", mode));
        Seed(profile);
        if (padded) Execute(profile, kPadding);
        meetings.push_back({absl::StrCat(mode, padded ? " many steps" : " one step"), profile});
        if (mode == "DELETE" && padded) paused_ = profile.database;
      }
    }
    return meetings;
  }

  std::unique_ptr<ConcurrentWriter> StartWriting(
      const profile::ConnectionProfile& profile) override {
    const auto transfer = [connection = std::make_shared<PlainConnection>(profile.database, 60000)](
                              uint64_t from, uint64_t to) {
      connection->Run(
          absl::StrCat("BEGIN IMMEDIATE; UPDATE accounts SET amount = amount - 5 WHERE id = ", from,
                       "; UPDATE accounts SET amount = amount + 5 WHERE id = ", to, "; COMMIT"));
    };
    // Without WAL a database that takes several steps needs a gap between two transactions, and the
    // slowest build one that is long enough for it.
    if (profile.database == paused_) {
      return std::make_unique<ConcurrentWriter>(transfer, std::chrono::milliseconds(200), 1.5);
    }
    return std::make_unique<ConcurrentWriter>(transfer, std::chrono::microseconds(100), 1.1);
  }

  int64_t SumOfAccounts(const profile::ConnectionProfile& profile) override {
    return std::stoll(PlainConnection(profile.database).Value("SELECT sum(amount) FROM accounts"));
  }

  std::vector<std::pair<std::string, profile::ConnectionProfile>> BadProfiles() override {
    const std::string garbage = Write("garbage.db", std::string(8192, 'x'));
    const std::string text = Write("text.db", "this is no database\n");
    const std::string encrypted = Write("encrypted.db", "\x8f\x01\xa7" + std::string(4093, '\x5c'));
    return {{"no file", ProfileFor(folder_.File("missing.db"))},
            {"no folder", ProfileFor(folder_.File("missing/app.db"))},
            {"a folder", ProfileFor(folder_.path())},
            {"no database", ProfileFor(garbage)},
            {"a text", ProfileFor(text)},
            {"an encrypted database", ProfileFor(encrypted)}};
  }

  std::vector<std::string> Leftovers() override {
    std::vector<std::string> left;
    for (const std::string& name : folder_.List()) {
      if (!absl::EndsWith(name, ".db")) left.push_back(name);
    }
    return left;
  }

  std::vector<std::pair<std::string, profile::ConnectionProfile>> Spellings(
      const profile::ConnectionProfile& profile) override {
    const std::filesystem::path path(profile.database);
    const std::string folder = folder_.File(absl::StrCat("folder ", ++links_, ".db"));
    const std::string symbolic = folder_.File(absl::StrCat("symbolic ", links_, ".db"));
    const std::string hard = folder_.File(absl::StrCat("hard ", links_, ".db"));
    std::filesystem::create_directory_symlink(path.parent_path(), folder);
    std::filesystem::create_symlink(path, symbolic);
    std::filesystem::create_hard_link(path, hard);
    return {{"a symbolic link", ProfileFor(symbolic)},
            {"a hard link", ProfileFor(hard)},
            {"a linked folder", ProfileFor(folder + "/" + path.filename().string())},
            {"a relative path", ProfileFor(std::filesystem::relative(path).string())},
            {"dots", ProfileFor(path.parent_path() / "." / path.filename())}};
  }

  // A step lasts 250 ms at most; the rest is for a machine that is busy with other tests.
  double LongestStep() const override { return 5; }
  std::string BinaryFormat() const override { return "image"; }

  bool EngineReads(const std::string& body) override {
    const std::string path = Write("image.db", body);
    PlainConnection connection(path);
    return connection.Value("PRAGMA integrity_check") == "ok" &&
           connection.Value("SELECT count(*) FROM items") == "3000";
  }

 private:
  std::string Write(const std::string& name, const std::string& data) {
    const std::string path = folder_.File(name);
    std::FILE* const file = std::fopen(path.c_str(), "wb");
    EXPECT_NE(file, nullptr);
    EXPECT_EQ(std::fwrite(data.data(), 1, data.size(), file), data.size());
    EXPECT_EQ(std::fclose(file), 0);
    return path;
  }

  TempFolder folder_;
  SqliteDriver driver_;
  int databases_ = 0;
  int links_ = 0;
  std::string paused_;
};

INSTANTIATE_TEST_SUITE_P(Sqlite, DriverContract,
                         ::testing::Values(DriverFactory{
                             "sqlite", [] { return std::make_unique<SqliteFixture>(); }}),
                         siphon::testing::DriverName);

}  // namespace
}  // namespace siphon::sqlite
