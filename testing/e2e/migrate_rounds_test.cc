// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Kills the shipped binary during migrations, and runs two at once: the version table always agrees
// with the schema, or is dirty and repaired by --resume.

#include <signal.h>

#include <chrono>
#include <filesystem>
#include <iostream>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/e2e/database.h"
#include "testing/e2e/mysql_urls.h"
#include "testing/e2e/postgres_urls.h"
#include "testing/e2e/sandbox.h"
#include "testing/process/running_process.h"
#include "testing/rounds.h"
#include "testing/servers/mysql.h"
#include "testing/servers/postgres.h"
#include "testing/servers/postgres_connection.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

constexpr int kMigrations = 4;
// The migration that no engine runs in a single transaction.
constexpr int kPieces = 3;

template <typename T>
T OrDie(absl::StatusOr<T> value) {
  if (!value.ok()) {
    std::cerr << value.status() << "\n";
    std::abort();
  }
  return *std::move(value);
}

// A database of one engine that can be replaced by an empty one.
class Site {
 public:
  virtual ~Site() = default;
  virtual std::string Clear() = 0;  // Its URL.
  virtual std::string Value(const std::string& sql) = 0;
  // A query for the numbers of tables t1, t2, ... and of indexes i1, i2, ...
  virtual std::string Counts() const = 0;
  // A statement that cannot run in a transaction; "" if the engine runs no DDL statement in one.
  virtual std::string Alone() const = 0;
  // Waits until the server has ended the session of a killed process.
  virtual void Settle() {}
};

class FileSite : public Site {
 public:
  explicit FileSite(const Sandbox& sandbox) : sandbox_(sandbox) {}
  std::string Clear() override {
    for (const std::string end : {"", "-journal", "-siphon-migrate"}) {
      std::filesystem::remove(sandbox_.Path("app.db" + end));
    }
    return sandbox_.Url("app.db");
  }
  std::string Value(const std::string& sql) override {
    Database database = OrDie(Database::Open(sandbox_.Path("app.db")));
    return database.QueryText(sql).value_or("");
  }
  std::string Counts() const override {
    return "SELECT concat(count(*) FILTER (WHERE name GLOB 't[0-9]'), ' ', count(*) FILTER (WHERE "
           "name GLOB 'i[0-9]')) FROM sqlite_master";
  }
  std::string Alone() const override { return "PRAGMA foreign_keys = ON"; }

 private:
  const Sandbox& sandbox_;
};

class PostgresSite : public Site {
 public:
  PostgresSite() : server_(OrDie(PostgresServer::Start())) {}
  std::string Clear() override {
    connection_.reset();
    const std::string name = absl::StrCat("rounds", ++number_);
    EXPECT_THAT(server_->CreateDatabase(name), IsOk());
    connection_ = OrDie(PostgresConnection::Open(server_->Conninfo(name)));
    return PostgresUrl(*server_, name);
  }
  std::string Value(const std::string& sql) override {
    return connection_->Value(sql).value_or("");
  }
  std::string Counts() const override {
    return "SELECT concat((SELECT count(*) FROM pg_tables WHERE tablename ~ '^t[0-9]$'), ' ', "
           "(SELECT count(*) FROM pg_indexes WHERE indexname ~ '^i[0-9]$'))";
  }
  std::string Alone() const override {
    return "CREATE INDEX CONCURRENTLY IF NOT EXISTS c ON t1 (x)";
  }
  void Settle() override {
    const std::string clients =
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND "
        "backend_type = 'client backend'";  // This one among them.
    for (int i = 0; i < 3000; ++i) {
      if (Value(clients) == "1") return;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    FAIL() << "the session of a killed process goes on";
  }

 private:
  std::unique_ptr<PostgresServer> server_;
  std::unique_ptr<PostgresConnection> connection_;
  int number_ = 0;
};

class MysqlSite : public Site {
 public:
  explicit MysqlSite(const std::string& name)
      : server_(OrDie(MysqlServer::Start({.server = name}))) {}
  std::string Clear() override {
    database_ = absl::StrCat("rounds ", ++number_);
    EXPECT_THAT(server_->CreateDatabase(database_), IsOk());
    return MysqlUrl(*server_, database_);
  }
  std::string Value(const std::string& sql) override {
    return server_->Value(sql, database_).value_or("");
  }
  std::string Counts() const override {
    return "SELECT CONCAT((SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = "
           "DATABASE() AND table_name RLIKE '^t[0-9]$'), ' ', (SELECT COUNT(*) FROM "
           "information_schema.statistics WHERE table_schema = DATABASE() AND index_name RLIKE "
           "'^i[0-9]$'))";
  }
  std::string Alone() const override { return ""; }
  void Settle() override {
    EXPECT_THAT(server_->WaitForSessions(0, std::chrono::seconds(30)), IsOk());
  }

 private:
  std::unique_ptr<MysqlServer> server_;
  std::string database_;
  int number_ = 0;
};

class MigrateRoundsTest : public ::testing::TestWithParam<std::string> {
 protected:
  MigrateRoundsTest() {
    if (GetParam() == "sqlite") {
      site_ = std::make_unique<FileSite>(sandbox_);
    } else if (GetParam() == "postgres") {
      site_ = std::make_unique<PostgresSite>();
    } else {
      site_ = std::make_unique<MysqlSite>(GetParam());
    }
    std::filesystem::create_directory(sandbox_.Path("m"));
    for (int i = 1; i <= kMigrations; ++i) {
      std::string body = absl::StrReplaceAll(
          "CREATE TABLE t# (x int);\nINSERT INTO t# VALUES (1);\nALTER TABLE t# ADD y int;\n"
          "INSERT INTO t# VALUES (2, 2);\nCREATE INDEX i# ON t# (y);\n",
          {{"#", absl::StrCat(i)}});
      if (i == kPieces && !site_->Alone().empty()) {
        absl::StrAppend(&body, site_->Alone(), ";\nUPDATE t", i, " SET x = x + 0;\n");
      }
      WriteBytes(sandbox_.Path(absl::StrCat("m/", i, "_a.up.sql")), body);
    }
  }

  std::vector<std::string> Up(const std::string& url, bool resume = false) const {
    std::vector<std::string> args = {"migrate",    "--path", sandbox_.Path("m"),
                                     "--database", url,      "up"};
    if (resume) args.emplace_back("--resume");
    return args;
  }

  // The duration of an undisturbed run.
  std::chrono::nanoseconds RunWhole() {
    const ProcessResult whole = sandbox_.Run(Up(site_->Clear()));
    EXPECT_EQ(whole.exit_code, 0) << whole.err;
    EXPECT_EQ(Check(), kMigrations);
    return whole.wall;
  }

  // Returns the version and expects that schema, rows and history agree with it; -1 if it is dirty.
  int Check() {
    // "", "3 clean" or "3 dirty"
    const std::string state = site_->Value(
        "SELECT concat(version, CASE WHEN dirty THEN ' dirty' ELSE ' clean' END) FROM "
        "schema_migrations");
    const std::pair<std::string, std::string> parts = absl::StrSplit(state, ' ');
    const std::string version = state.empty() ? "0" : parts.first;
    if (parts.second == "dirty") {
      if (!site_->Alone().empty()) {
        EXPECT_EQ(version, absl::StrCat(kPieces));
      }
      return -1;
    }
    EXPECT_EQ(site_->Value(site_->Counts()), absl::StrCat(version, " ", version));
    if (version == "0") return 0;
    EXPECT_EQ(site_->Value(absl::StrCat("SELECT concat(count(*), ' ', sum(x), ' ', sum(y), ' ', "
                                        "(SELECT count(*) FROM schema_migrations_history WHERE "
                                        "state = 'done')) FROM t",
                                        version)),
              "2 3 2 " + version);
    return version[0] - '0';
  }

  Sandbox sandbox_;
  std::unique_ptr<Site> site_;
};

TEST_P(MigrateRoundsTest, AKillAtAnyMomentLeavesVersionAndSchemaInAgreement) {
  const int rounds = kSanitized ? 20 : Rounds(200, 30);
  std::mt19937 random(20261122);
  const std::chrono::nanoseconds whole = RunWhole();
  std::string url = site_->Clear();
  int kills = 0, resumed = 0, in_doubt = 0;
  for (int round = 0; round < rounds; ++round) {
    const ProcessResult result =
        sandbox_.RunAndSignal(Up(url), whole * (random() % 1000) / 1000, SIGKILL);
    kills += result.signal == SIGKILL ? 1 : 0;
    site_->Settle();
    if (result.signal == 0) {
      EXPECT_EQ(result.exit_code, 0) << result.err;
    }
    int version = Check();
    if (version < 0) {
      const ProcessResult mended = sandbox_.Run(Up(url, true));
      ASSERT_EQ(mended.exit_code, 0) << mended.err;
      version = Check();
      EXPECT_GT(version, 0);
      in_doubt += absl::StrContains(mended.err, "as the database shows") ? 1 : 0;
      ++resumed;
    }
    ASSERT_FALSE(HasFailure()) << "round " << round;
    if (version == kMigrations) url = site_->Clear();
  }
  const ProcessResult last = sandbox_.Run(Up(url));
  EXPECT_EQ(last.exit_code, 0) << last.err;
  EXPECT_EQ(Check(), kMigrations);
  std::cout << kills << " of " << rounds << " runs were killed, " << resumed << " resumed, "
            << in_doubt << " of them in doubt\n";
  EXPECT_GT(kills, rounds / 10);
  if (site_->Alone().empty()) {
    EXPECT_GT(resumed, rounds / 10);
  }
}

TEST_P(MigrateRoundsTest, TwoProcessesApplyEachMigrationOnce) {
  const int rounds = kSanitized ? 10 : Rounds(100, 10);
  for (int round = 0; round < rounds; ++round) {
    const std::string url = site_->Clear();
    RunningProcess first(sandbox_.Options(Up(url)));
    RunningProcess second(sandbox_.Options(Up(url)));
    for (RunningProcess* process : {&first, &second}) {
      const auto result = process->Wait();
      ASSERT_THAT(result, IsOk());
      EXPECT_EQ(result->exit_code, 0) << result->err;
    }
    EXPECT_EQ(Check(), kMigrations);
    EXPECT_EQ(site_->Value("SELECT count(*) FROM schema_migrations_history"),
              absl::StrCat(kMigrations));
    ASSERT_FALSE(HasFailure()) << "round " << round;
  }
}

// siphon completes a migration that cannot be undone, so an interrupt never leaves the database
// dirty.
TEST_P(MigrateRoundsTest, AnInterruptLeavesTheDatabaseCleanAndExits130) {
  const int rounds = Rounds(15, 8);
  const std::chrono::nanoseconds whole = RunWhole();
  int interrupted = 0;
  for (int round = 0; round < rounds; ++round) {
    const ProcessResult result =
        sandbox_.RunAndSignal(Up(site_->Clear()), whole * round / rounds, SIGINT);
    // A signal before siphon installs its handler ends it, like any program.
    if (result.signal != SIGINT) {
      EXPECT_EQ(result.signal, 0);
      EXPECT_TRUE(result.exit_code == 0 || result.exit_code == 130) << result.err;
    }
    interrupted += result.exit_code == 130 ? 1 : 0;
    EXPECT_GE(Check(), 0);
  }
  std::cout << interrupted << " of " << rounds << " runs were interrupted\n";
  EXPECT_GT(interrupted, 0);
}

std::vector<std::string> Engines() {
  std::vector<std::string> engines = VersionsToTest(AllMysqlServers());
  engines.insert(engines.end(), {"postgres", "sqlite"});
  return engines;
}

INSTANTIATE_TEST_SUITE_P(Engine, MigrateRoundsTest, ::testing::ValuesIn(Engines()),
                         [](const ::testing::TestParamInfo<std::string>& info) {
                           return absl::StrReplaceAll(info.param, {{"-", ""}, {".", ""}});
                         });

}  // namespace
}  // namespace siphon::testing
