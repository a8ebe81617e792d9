// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// A backup made during writes is one consistent state of the database, and does not stop the
// writers.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <iostream>
#include <ostream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/e2e/database.h"
#include "testing/e2e/sample_database.h"
#include "testing/e2e/sandbox.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr int kAccounts = 500;
constexpr int kTotal = kAccounts * 1000;

// A database and its write load.
struct Load {
  std::string name;
  std::string journal_mode;
  uint64_t mebibytes;
  // The number of consecutive transfers, and the pause after them. Each pause is longer than the
  // one before, so that even the slowest build finds a long enough one.
  int burst;
  milliseconds pause;

  friend void PrintTo(const Load& load, std::ostream* out) { *out << load.name; }
};

// Transfers money between accounts in a thread until it is stopped, each transfer in a
// transaction that keeps the total, logs itself and rewrites a large row far away in the file.
class Bank {
 public:
  static absl::Status Open(Database& database) {
    absl::Status status = database.Execute(
        absl::StrCat("CREATE TABLE accounts (id INTEGER PRIMARY KEY, balance INTEGER NOT NULL);"
                     "CREATE TABLE transfers (id INTEGER PRIMARY KEY, amount INTEGER);"
                     "CREATE TABLE bank (transfers INTEGER NOT NULL); INSERT INTO bank VALUES (0);"
                     "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < ",
                     kAccounts, ") INSERT INTO accounts SELECT i, 1000 FROM n"));
    return status;
  }

  Bank(std::string path, const Load& load)
      : thread_([this, path = std::move(path), load] { Work(path, load); }) {}
  ~Bank() { Stop(); }

  void Stop() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
  }

  int64_t transfers() const { return transfers_; }
  milliseconds longest() const { return milliseconds(longest_ms_.load()); }
  const std::string& error() const { return error_; }

 private:
  void Work(const std::string& path, const Load& load) {
    absl::StatusOr<Database> database = Database::Open(path, true);
    if (!database.ok()) {
      error_ = database.status().ToString();
      return;
    }
    sqlite3_busy_timeout(database->get(), 30000);
    database->Execute("PRAGMA synchronous = OFF").IgnoreError();
    milliseconds pause = load.pause;
    for (int64_t i = 0; !stop_; ++i) {
      const auto start = steady_clock::now();
      const absl::Status status =
          database->Execute(absl::StrCat("BEGIN IMMEDIATE;"
                                         "UPDATE accounts SET balance = balance - 7 WHERE id = ",
                                         1 + i * 31 % kAccounts,
                                         ";"
                                         "UPDATE accounts SET balance = balance + 7 WHERE id = ",
                                         1 + i * 17 % kAccounts,
                                         ";"
                                         "INSERT INTO transfers (amount) VALUES (7);"
                                         "UPDATE bank SET transfers = transfers + 1;"
                                         "UPDATE documents SET body = body || 'x' WHERE id = ",
                                         1 + i * 13 % 1000,
                                         ";"
                                         "COMMIT"));
      if (!status.ok()) {
        error_ = status.ToString();
        return;
      }
      const auto took = duration_cast<milliseconds>(steady_clock::now() - start).count();
      longest_ms_ = std::max<int64_t>(longest_ms_, took);
      if (++transfers_ % load.burst == 0) {
        const auto end = steady_clock::now() + pause;
        while (!stop_ && steady_clock::now() < end) std::this_thread::sleep_for(milliseconds(5));
        pause += pause / 2;
      }
    }
  }

  std::atomic<bool> stop_{false};
  std::atomic<int64_t> transfers_{0};
  std::atomic<int64_t> longest_ms_{0};
  std::string error_;  // Read after Stop().
  std::thread thread_;
};

class Concurrency : public ::testing::TestWithParam<Load> {
 protected:
  void SetUp() override {
    ASSERT_THAT(MakeSampleDatabase(Source(), {.bytes = GetParam().mebibytes << 20}), IsOk());
    absl::StatusOr<Database> database = Database::Open(Source());
    ASSERT_THAT(database, IsOk());
    ASSERT_THAT(Bank::Open(*database), IsOk());
    ASSERT_THAT(database->Execute("PRAGMA journal_mode = " + GetParam().journal_mode), IsOk());
  }

  std::string Source() const { return box_.Path("bank.db"); }

  // Restores the dump and checks that the accounts agree with the log of transfers.
  void ExpectOneState(const std::string& id) {
    const std::string path = box_.Path(id + ".db");
    const ProcessResult restore = box_.Run({"restore", id, "--profile", box_.Url(id + ".db")});
    ASSERT_EQ(restore.exit_code, 0) << restore.err;
    ASSERT_THAT(Fingerprint(path), IsOk());
    absl::StatusOr<Database> database = Database::Open(path, true);
    ASSERT_THAT(database, IsOk());
    EXPECT_THAT(database->QueryInteger("SELECT sum(balance) FROM accounts"), IsOkAndHolds(kTotal));
    EXPECT_THAT(database->QueryInteger(
                    "SELECT (SELECT count(*) FROM transfers) - (SELECT transfers FROM bank)"),
                IsOkAndHolds(0));
    absl::StatusOr<int64_t> transfers = database->QueryInteger("SELECT transfers FROM bank");
    ASSERT_THAT(transfers, IsOk());
    EXPECT_GE(*transfers, last_transfers_) << "a later backup holds a later state";
    last_transfers_ = *transfers;
  }

  Sandbox box_;
  int64_t last_transfers_ = 0;
};

TEST_P(Concurrency, BackupsBesideAWriterAreEachOneState) {
  Bank bank(Source(), GetParam());
  std::vector<std::string> ids;
  for (int i = 0; i < 5; ++i) {
    const int64_t before = bank.transfers();
    const ProcessResult backup = box_.Run({"backup", box_.Url("bank.db"), "--quiet"});
    ASSERT_EQ(backup.exit_code, 0) << backup.err;
    ids.push_back(backup.out.substr(0, backup.out.find('\n')));
    std::cout << "backup " << i << " took " << duration_cast<milliseconds>(backup.wall).count()
              << " ms, during " << bank.transfers() - before << " transfers\n";
  }
  EXPECT_GT(bank.transfers(), 0) << "the writer stood still";
  bank.Stop();
  EXPECT_EQ(bank.error(), "");
  std::cout << "longest transaction " << bank.longest().count() << " ms\n";
  EXPECT_LT(bank.longest(), std::chrono::seconds(kSanitized ? 20 : 3));
  for (const std::string& id : ids) ASSERT_NO_FATAL_FAILURE(ExpectOneState(id));
}

TEST_P(Concurrency, TwoBackupsAtOnceBesideAWriterAreEachOneState) {
  Bank bank(Source(), GetParam());
  std::vector<std::string> ids(2);
  std::vector<std::thread> backups;
  // Two backups of one profile exclude each other (lease_test), so these are of two profiles.
  Clear(box_.Path("config"));
  WriteBytes(box_.Path("config/config.yaml"),
             absl::StrCat("version: 1\nprofiles:\n  a: {driver: sqlite, database: ", Source(),
                          "}\n  b: {driver: sqlite, database: ", Source(), "}\n"));
  for (std::string& id : ids) {
    backups.emplace_back([&id, profile = &id == &ids[0] ? "a" : "b", this] {
      const ProcessResult backup = box_.Run({"backup", profile, "--quiet"});
      EXPECT_EQ(backup.exit_code, 0) << backup.err;
      id = backup.out.substr(0, backup.out.find('\n'));
    });
  }
  for (std::thread& backup : backups) backup.join();
  bank.Stop();
  EXPECT_EQ(bank.error(), "");
  std::sort(ids.begin(), ids.end());
  EXPECT_NE(ids[0], ids[1]);
  for (const std::string& id : ids) {
    last_transfers_ = 0;  // Which of the two saw more is open.
    ASSERT_NO_FATAL_FAILURE(ExpectOneState(id));
  }
  EXPECT_EQ(Names(box_.DumpDirectory()).size(), 4U);
}

TEST_P(Concurrency, ABackupAsSqlBesideAWriterIsOneState) {
  Bank bank(Source(), GetParam());
  const std::string id = box_.Backup("bank.db", {"--format", "sql"});
  bank.Stop();
  EXPECT_EQ(bank.error(), "");
  ExpectOneState(id);
}

// In WAL mode a writer may write without pauses. With a rollback journal a reader blocks writers,
// so siphon reads in steps and starts again if the database changed between two steps. A database
// that fits into one step tolerates a writer without pauses; a larger one needs pauses.
INSTANTIATE_TEST_SUITE_P(
    Writer, Concurrency,
    ::testing::Values(Load{"wal", "wal", kSanitized ? 4 : 40, 1, milliseconds(0)},
                      Load{"rollback_small", "delete", 2, kSanitized ? 50 : 1,
                           milliseconds(kSanitized ? 200 : 0)},
                      Load{"rollback_large", "delete", kSanitized ? 4 : 40, 50, milliseconds(500)}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace siphon::testing
