// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Backups whose parts several sessions read.

#include "siphon/domain/frames/parts.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "drivers/mysqlcommon/backup.h"
#include "drivers/mysqlcommon/fixture.h"
#include "drivers/mysqlcommon/fork.h"
#include "drivers/mysqlcommon/session.h"
#include "drivers/mysqlcommon/settings.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/context.h"
#include "siphon/domain/dumps/contents.h"
#include "siphon/domain/frames/frame.h"
#include "siphon/domain/profile/profile.h"
#include "siphon/driver/driver.h"
#include "siphon/driver/snapshot.h"
#include "testing/contracts/concurrent_writer.h"
#include "testing/contracts/snapshot_body.h"
#include "testing/event_log.h"
#include "testing/rounds.h"
#include "testing/servers/descriptions.h"
#include "testing/servers/mysql.h"
#include "testing/status_matchers.h"

namespace siphon::mysqlcommon {
namespace {

using siphon::testing::FirstDifference;
using siphon::testing::MysqlName;
using siphon::testing::MysqlServer;
using siphon::testing::ReadSnapshot;
using siphon::testing::SnapshotBody;
using siphon::testing::SnapshotBodyOptions;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// For Pointwise(): the text contains these words.
MATCHER(IsPartOf, "") { return absl::StrContains(std::get<0>(arg), std::get<1>(arg)); }

// So that tables of some hundred kilobytes have several parts.
constexpr int64_t kSmallPart = 16 << 10;

// A session, and a snapshot that it has opened.
struct Opened {
  std::unique_ptr<Session> session;
  std::unique_ptr<driver::Snapshot> snapshot;
};

class PartsTest : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    source_ = NewDatabase(server_);
    other_ = std::make_unique<PlainConnection>(source_);
  }
  void TearDown() override { EXPECT_THAT(Leftovers(server_), IsEmpty()); }

  void Run(const std::string& statement) { other_->Run(statement); }

  // A table with `rows` rows of about 200 bytes. `key` defines columns and keys from the number n.
  void MakeTable(const std::string& table, const std::string& columns, const std::string& values,
                 const std::string& rest = "", int rows = 4000) {
    Run(absl::StrCat("CREATE TABLE ", MysqlName(table), " (", columns, ", filler VARCHAR(200)) ",
                     rest));
    Run("CREATE TABLE IF NOT EXISTS numbers (n INT PRIMARY KEY)");
    if (other_->Value("SELECT COUNT(*) FROM numbers") == "0") {
      std::string all = "INSERT INTO numbers VALUES (0)";
      for (int i = 1; i < 10000; ++i) absl::StrAppend(&all, ",(", i, ")");
      Run(all);
    }
    Run(absl::StrCat("INSERT INTO ", MysqlName(table), " SELECT ", values,
                     ", REPEAT('x', 150) FROM numbers WHERE n < ", rows));
    Run(absl::StrCat("ANALYZE TABLE ", MysqlName(table)));
  }

  absl::StatusOr<Opened> Open(int jobs, const profile::ConnectionProfile& profile,
                              driver::BackupOptions options = {}) {
    absl::StatusOr<Settings> settings = ConnectionSettings(profile);
    if (!settings.ok()) return settings.status();
    const Fork& fork = ForkOf(server_);
    Opened opened;
    absl::StatusOr<std::unique_ptr<Session>> session = Session::Connect(context_, fork, *settings);
    if (!session.ok()) return session.status();
    opened.session = *std::move(session);
    options.jobs = jobs;
    auto snapshot = OpenBackup(
        context_, *opened.session,
        [&fork, settings = *settings](const base::Context& context, int attempts) {
          return Session::Connect(context, fork, settings, {.attempts = attempts});
        },
        options, kSmallPart);
    if (!snapshot.ok()) return snapshot.status();
    opened.snapshot = *std::move(snapshot);
    return opened;
  }

  using Hook = std::function<absl::Status(const frames::Part&)>;
  absl::StatusOr<SnapshotBody> BackUpParts(int jobs, Hook before_write = nullptr) {
    absl::StatusOr<Opened> opened = Open(jobs, source_);
    if (!opened.ok()) return opened.status();
    return ReadSnapshot(context_, *opened->snapshot,
                        {.jobs = jobs, .before_write = std::move(before_write)});
  }

  static std::map<std::string, int> PartsOf(const SnapshotBody& body) {
    std::map<std::string, int> parts;
    for (const frames::Part& part : body.parts) ++parts[part.name];
    return parts;
  }

  void ExpectTables(const SnapshotBody& body) {
    for (const dumps::TableInfo& table : body.tables) {
      EXPECT_EQ(table.rows, other_->Int("SELECT COUNT(*) FROM " + MysqlName(table.name)))
          << table.name;
    }
  }

  // siphon and the engine's own client make the same database of the body.
  void ExpectRoundTrip(const std::string& body) {
    const std::string expected = Describe(server_, source_.database);
    const profile::ConnectionProfile copy = NewDatabase(server_), stock = NewDatabase(server_);
    EXPECT_OK(TryRestore(server_, copy, body));
    EXPECT_EQ(FirstDifference(Describe(server_, copy.database), expected), "");
    EXPECT_OK(server_.RunDump(body, stock.database));
    EXPECT_EQ(FirstDifference(Describe(server_, stock.database), expected), "");
  }

  siphon::testing::EventLog log_;
  const base::Context context_ = base::Context(std::stop_token(), &log_);
  MysqlServer& server_ = SharedServer(GetParam());
  profile::ConnectionProfile source_;
  std::unique_ptr<PlainConnection> other_;
};

INSTANTIATE_TEST_SUITE_P(
    Server, PartsTest,
    ::testing::ValuesIn(siphon::testing::VersionsToTest(siphon::testing::AllMysqlServers())),
    [](const ::testing::TestParamInfo<std::string>& info) {
      return absl::StrReplaceAll(info.param, {{"-", ""}, {".", ""}});
    });

TEST_P(PartsTest, SplitsTablesByKeysOfEveryKind) {
  MakeTable("by_int", "id INT PRIMARY KEY", "n * 7 - 9000");
  MakeTable("by_bigint", "id BIGINT UNSIGNED PRIMARY KEY", "18446744073709551615 - n");
  MakeTable("by_two", "a INT, b VARCHAR(20), PRIMARY KEY (a, b)", "n % 3, CONCAT('b', n)");
  MakeTable("by_three", "a INT, b DATETIME(3), c BINARY(4), PRIMARY KEY (a, b, c)",
            "1, '2026-01-01 00:00:00.125' + INTERVAL n DIV 9 SECOND, UNHEX(HEX(n + 4096))");
  MakeTable("by_bytes", "id BINARY(16) PRIMARY KEY", "UNHEX(LEFT(SHA2(n, 256), 32))");
  MakeTable("by_text", "id VARCHAR(40) PRIMARY KEY", "CONCAT('É\\'\\\\', LEFT(SHA2(n, 256), 32))",
            "CHARACTER SET utf8mb4");
  MakeTable("by_latin", "id VARCHAR(40) PRIMARY KEY", "CONCAT('é', LEFT(SHA2(n, 256), 32))",
            "CHARACTER SET latin1");
  MakeTable("by_gbk", "id VARCHAR(40) PRIMARY KEY", "CONCAT(_gbk X'815C', n)", "CHARACTER SET gbk");
  MakeTable("by_sjis", "id VARCHAR(40) PRIMARY KEY", "CONCAT(_sjis X'835C', n)",
            "CHARACTER SET sjis");
  MakeTable("by_price", "id DECIMAL(20,5) PRIMARY KEY", "(n - 2000) / 7");
  MakeTable("by_day", "id DATE PRIMARY KEY", "'1990-01-01' + INTERVAL n DAY");
  MakeTable("by_unique", "a INT NOT NULL, UNIQUE KEY `a key` (a)", "n");
  MakeTable("a `hostile' \"name\"\\", "`id ``x'` INT PRIMARY KEY", "n");
  Run("CREATE VIEW v AS SELECT id FROM by_int");
  std::vector<int> numbers_of_jobs = {1, 4};
  if (siphon::testing::IsLongForm()) numbers_of_jobs.push_back(2);
  for (const int jobs : numbers_of_jobs) {
    SCOPED_TRACE(jobs);
    const absl::StatusOr<SnapshotBody> body = BackUpParts(jobs);
    ASSERT_OK(body);
    ExpectTables(*body);
    std::map<std::string, int> parts = PartsOf(*body);
    EXPECT_EQ(parts.size(), 16u);
    EXPECT_EQ(parts["head"], 1);
    EXPECT_EQ(parts["tail"], 1);
    EXPECT_EQ(body->parts.front().content, frames::Content::kDefinitions);
    for (const auto& [name, count] : parts) {
      if (name == "head" || name == "tail" || name == "numbers") continue;
      EXPECT_EQ(count > 1, jobs > 1) << name << " " << count;
    }
    ExpectRoundTrip(body->text);
  }
}

TEST_P(PartsTest, ReadsOfTheIndexOnlyTheRowsOfTheRange) {
  MakeTable("t", "a INT, b INT, PRIMARY KEY (a, b)", "n % 2, n", "", 10000);
  const auto reads = [&] {
    return other_->Int(
        "SELECT SUM(variable_value) FROM (SELECT variable_value FROM " +
        std::string(server_.is_mariadb() ? "information_schema" : "performance_schema") +
        ".global_status WHERE variable_name IN ('Handler_read_next', 'Handler_read_rnd_next')) x");
  };
  const int64_t before = reads();
  const absl::StatusOr<SnapshotBody> body = BackUpParts(2);
  ASSERT_OK(body);
  EXPECT_GT(PartsOf(*body)["t"], 10);
  // Once for the bounds and once for the rows; numbers has 10,000 rows, too.
  EXPECT_LT(reads() - before, 60'000);
}

TEST_P(PartsTest, SaysWhyATableIsNotSplit) {
  MakeTable("no_key", "a INT", "n");
  MakeTable("by_float", "id DOUBLE PRIMARY KEY", "n / 3");
  MakeTable("by_null", "id INT, UNIQUE KEY (id)", "n");
  MakeTable("by_prefix", "id VARCHAR(40) NOT NULL, UNIQUE KEY (id(20))", "LEFT(SHA2(n, 256), 32)");
  MakeTable("old", "id INT PRIMARY KEY", "n", "ENGINE=MyISAM");
  const absl::StatusOr<SnapshotBody> body = BackUpParts(2);
  ASSERT_OK(body);
  ExpectTables(*body);
  for (const auto& [name, count] : PartsOf(*body)) {
    if (name == "numbers") continue;
    EXPECT_EQ(count, 1) << name;
    if (name == "no_key" || name.starts_with("by_")) {
      EXPECT_THAT(log_.Details(),
                  Contains(HasSubstr(absl::StrCat("table ", name, " is read by one connection"))));
    }
  }
  EXPECT_THAT(log_.Details(), Contains(HasSubstr("2 connections read one snapshot")));
  ExpectRoundTrip(body->text);
}

TEST_P(PartsTest, IsOneStateOfTwoTables) {
  MakeTable("accounts", "id INT PRIMARY KEY, amount INT", "n, 100");
  MakeTable("savings", "a INT, id VARCHAR(20), amount INT, PRIMARY KEY (a, id)",
            "n % 5, CONCAT('s', n), 100");
  const auto sum = [](PlainConnection& connection) {
    return connection.Int(
        "SELECT (SELECT SUM(amount) FROM accounts) + (SELECT SUM(amount) FROM savings)");
  };
  const int64_t expected = sum(*other_);
  std::vector<std::unique_ptr<siphon::testing::ConcurrentWriter>> writers;
  for (int i = 0; i < 2; ++i) {
    writers.push_back(std::make_unique<siphon::testing::ConcurrentWriter>(
        [connection = std::make_shared<PlainConnection>(source_)](uint64_t from, uint64_t to) {
          connection->Run("BEGIN");
          connection->Run(
              absl::StrCat("UPDATE accounts SET amount = amount - 5 WHERE id = ", from));
          connection->Run(absl::StrCat("UPDATE savings SET amount = amount + 5 WHERE a = ", to % 5,
                                       " AND id = 's", to, "'"));
          connection->Run("COMMIT");
        }));
  }
  for (int round = 0; round < 5; ++round) {
    const absl::StatusOr<SnapshotBody> body = BackUpParts(4);
    ASSERT_OK(body);
    EXPECT_THAT(log_.Details(), Contains(HasSubstr("4 connections read one snapshot")));
    const profile::ConnectionProfile copy = NewDatabase(server_);
    ASSERT_OK(TryRestore(server_, copy, body->text));
    PlainConnection there(copy);
    EXPECT_EQ(sum(there), expected);
  }
  for (const auto& writer : writers) EXPECT_LT(writer->longest(), 5);
}

TEST_P(PartsTest, UsesTheLocksThatTheAccountMayTakeAndTellsEachStep) {
  MakeTable("t", "id INT PRIMARY KEY", "n");
  Run("CREATE TABLE old (a INT) ENGINE=MyISAM");
  Run("INSERT INTO old VALUES (1)");
  const std::string global =
      server_.is_mariadb() ? "BACKUP STAGE BLOCK_COMMIT" : "FLUSH TABLES WITH READ LOCK";
  struct Case {
    std::string rights;
    std::vector<std::string> steps;  // Words of the details, in their order.
  };
  for (const Case& c : {Case{"RELOAD", {global + " held for", "4 connections read one snapshot"}},
                        Case{"LOCK TABLES",
                             {global + " is not possible", "LOCK TABLES ... READ held for",
                              "4 connections read one snapshot"}},
                        Case{"SELECT",
                             {global + " is not possible", "LOCK TABLES ... READ is not possible",
                              "one connection", "one connection reads the database, because"}}}) {
    SCOPED_TRACE(c.rights);
    Run("DROP USER IF EXISTS reader@'%'");
    Run("CREATE USER reader@'%' IDENTIFIED BY 'secret'");
    const std::string database = MysqlName(source_.database);
    Run(absl::StrCat("GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON ", database, ".* TO reader@'%'"));
    Run(absl::StrCat("GRANT ", c.rights, " ON ", c.rights == "RELOAD" ? "*" : database,
                     ".* TO reader@'%'"));
    profile::ConnectionProfile reader = source_;
    reader.user = "reader";
    reader.password = "secret";
    const size_t before = log_.Details().size();
    absl::StatusOr<Opened> opened = Open(4, reader);
    ASSERT_OK(opened);
    std::vector<std::string> steps = log_.Details();
    steps.erase(steps.begin(), steps.begin() + static_cast<ptrdiff_t>(before));
    // The position that the account may not read, see position_test.cc.
    std::erase_if(steps, [](const std::string& step) {
      return absl::StartsWith(step, "no increments can start");
    });
    EXPECT_THAT(steps, ::testing::Pointwise(IsPartOf(), c.steps));
    EXPECT_THAT(log_.Messages(), Not(Contains(HasSubstr("connection"))));
    const absl::StatusOr<SnapshotBody> body = ReadSnapshot(context_, *opened->snapshot);
    ASSERT_OK(body);
    ExpectRoundTrip(body->text);
  }
  Run("DROP USER reader@'%'");
}

TEST_P(PartsTest, DoesNotWaitLongForALock) {
  MakeTable("t", "id INT PRIMARY KEY", "n");
  PlainConnection writer(source_);
  // FLUSH TABLES waits for it; MariaDB's stages wait for statements that write other engines only.
  Run("CREATE TABLE old (a INT) ENGINE=MyISAM");
  std::thread slow([&] { writer.Run("INSERT INTO old SELECT SLEEP(6)"); });
  while (other_->Value("SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE"
                       " 'INSERT INTO old%'") == "0") {
  }
  const auto begin = std::chrono::steady_clock::now();
  const absl::StatusOr<Opened> opened = Open(4, source_);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  EXPECT_OK(opened);
  EXPECT_THAT(log_.Details(), Contains(HasSubstr("one connection reads the database")));
  slow.join();
}

TEST_P(PartsTest, BeginsAgainWhenATableIsChanged) {
  MakeTable("a", "id INT PRIMARY KEY", "n");
  MakeTable("z", "id INT PRIMARY KEY", "n");
  for (const std::string change : {"ALTER TABLE z ADD y INT DEFAULT 7", "TRUNCATE TABLE z",
                                   "ALTER TABLE z FORCE", "DROP TABLE z"}) {
    SCOPED_TRACE(change);
    // After the snapshot and before the first part.
    absl::StatusOr<Opened> opened = Open(2, source_);
    ASSERT_OK(opened);
    Run(change);
    const absl::StatusOr<SnapshotBody> body =
        ReadSnapshot(context_, *opened->snapshot, {.jobs = 2});
    ASSERT_OK(body);
    EXPECT_THAT(log_.Messages(), Contains(AllOf(HasSubstr("starts again"), HasSubstr("table z"))));
    ExpectTables(*body);
    ExpectRoundTrip(body->text);
  }
}

TEST_P(PartsTest, NobodyAltersATableBeforeItsLastPart) {
  MakeTable("a", "id INT PRIMARY KEY", "n");
  std::atomic<int> writes = 0;
  std::thread alter;
  const absl::StatusOr<SnapshotBody> body = BackUpParts(2, [&](const frames::Part& part) {
    if (part.name == "a" && writes++ == 0) {
      alter = std::thread([&] { PlainConnection(source_).Run("ALTER TABLE a FORCE"); });
    }
    return absl::OkStatus();
  });
  alter.join();
  ASSERT_OK(body);
  EXPECT_THAT(log_.Messages(), Not(Contains(HasSubstr("starts again"))));
  EXPECT_GT(PartsOf(*body)["a"], 10);
  ExpectRoundTrip(body->text);
}

TEST_P(PartsTest, EndsWithAnErrorWhenASessionIsKilled) {
  MakeTable("t", "id INT PRIMARY KEY", "n", "", 10000);
  const std::string mine = other_->Value("SELECT CONNECTION_ID()");
  std::atomic<int> writes = 0;
  const absl::StatusOr<SnapshotBody> body = BackUpParts(4, [&](const frames::Part& part) {
    if (part.name == "t" && ++writes == 10) {
      PlainConnection plain(source_);
      for (const std::string& id : plain.Column(absl::StrCat(
               "SELECT id FROM information_schema.processlist WHERE db = ",
               siphon::testing::MysqlText(source_.database), " AND id <> CONNECTION_ID()"))) {
        if (id != mine) plain.Run("KILL " + id);
      }
    }
    return absl::OkStatus();
  });
  EXPECT_THAT(body, StatusIs(errs::kConnectionFailed));
}

TEST_P(PartsTest, EndsWithItsContext) {
  MakeTable("t", "id INT PRIMARY KEY", "n", "", 10000);
  std::stop_source stop;
  const base::Context context(stop.get_token(), nullptr);
  absl::StatusOr<Opened> opened = Open(4, source_);
  ASSERT_OK(opened);
  SnapshotBodyOptions options;
  options.before_write = [&](const frames::Part& part) {
    if (part.name == "t" && part.part == 3) stop.request_stop();
    return absl::OkStatus();
  };
  const absl::StatusOr<SnapshotBody> body = ReadSnapshot(context, *opened->snapshot, options);
  EXPECT_THAT(body, StatusIs(errs::kCancelled));
}

}  // namespace
}  // namespace siphon::mysqlcommon
