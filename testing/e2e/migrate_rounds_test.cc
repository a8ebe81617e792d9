// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// The shipped binary migrates while it is killed, and while another one migrates: the version table
// always agrees with the schema, or says dirty and is mended by --resume.

#include <signal.h>

#include <chrono>
#include <filesystem>
#include <iostream>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/e2e/database.h"
#include "testing/e2e/postgres_urls.h"
#include "testing/e2e/running_process.h"
#include "testing/e2e/sandbox.h"
#include "testing/servers/postgres.h"
#include "testing/servers/postgres_connection.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

constexpr int kMigrations = 12;
// The one that no transaction holds as a whole.
constexpr int kPieces = 7;

template <typename T>
T OrDie(absl::StatusOr<T> value) {
  if (!value.ok()) {
    std::cerr << value.status() << "\n";
    std::abort();
  }
  return *std::move(value);
}

// A database of an engine that can be begun anew.
class Site {
 public:
  virtual ~Site() = default;
  virtual std::string Clear() = 0;  // Its URL.
  virtual std::string Value(const std::string& sql) = 0;
  virtual std::string TableCount() const = 0;  // Of the tables t1, t2, ...
  virtual std::string Alone() const = 0;       // A statement that no transaction takes.
  // Returns when nothing of a killed process is still being done.
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
    const auto value = database.QueryText(sql);
    return value.ok() ? *value : "";
  }
  std::string TableCount() const override {
    return "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name GLOB 't[0-9]*'";
  }
  std::string Alone() const override { return "PRAGMA foreign_keys = ON"; }

 private:
  const Sandbox& sandbox_;
};

class ServerSite : public Site {
 public:
  ServerSite() : server_(OrDie(PostgresServer::Start())) {}
  std::string Clear() override {
    connection_.reset();
    const std::string name = absl::StrCat("rounds", ++number_);
    EXPECT_THAT(server_->CreateDatabase(name), IsOk());
    connection_ = OrDie(PostgresConnection::Open(server_->Conninfo(name)));
    return PostgresUrl(*server_, name);
  }
  std::string Value(const std::string& sql) override {
    const auto value = connection_->Value(sql);
    return value.ok() ? *value : "";
  }
  std::string TableCount() const override {
    return "SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND tablename ~ '^t[0-9]'";
  }
  std::string Alone() const override {
    return "CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON t1 (x)";
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

enum class Engine { kSqlite, kPostgres };

class MigrateRoundsTest : public ::testing::TestWithParam<Engine> {
 protected:
  MigrateRoundsTest() {
    if (GetParam() == Engine::kSqlite) {
      site_ = std::make_unique<FileSite>(sandbox_);
    } else {
      site_ = std::make_unique<ServerSite>();
    }
    std::filesystem::create_directory(sandbox_.Path("m"));
    for (int i = 1; i <= kMigrations; ++i) {
      std::string body =
          absl::StrCat("CREATE TABLE t", i, " (x int);\nINSERT INTO t", i, " VALUES (1);\n");
      if (i == kPieces) absl::StrAppend(&body, site_->Alone(), ";\nINSERT INTO t7 VALUES (2);\n");
      WriteBytes(sandbox_.Path(absl::StrCat("m/", i, "_a.up.sql")), body);
    }
  }

  std::vector<std::string> Up(const std::string& url, bool resume = false) const {
    std::vector<std::string> args = {"migrate",    "--path", sandbox_.Path("m"),
                                     "--database", url,      "up"};
    if (resume) args.emplace_back("--resume");
    return args;
  }

  // The version table and the schema say the same. True when the database is dirty.
  bool Agrees() {
    const std::string version = site_->Value("SELECT version FROM schema_migrations");
    const std::string dirty =
        site_->Value("SELECT CASE WHEN dirty THEN 'dirty' ELSE 'clean' END FROM schema_migrations");
    const std::string tables = site_->Value(site_->TableCount());
    if (dirty == "dirty") {
      EXPECT_EQ(version, absl::StrCat(kPieces));
      return true;
    }
    EXPECT_EQ(tables, version.empty() ? "0" : version);
    if (!version.empty()) {
      EXPECT_EQ(site_->Value(absl::StrCat("SELECT count(*) FROM t", version)),
                version == absl::StrCat(kPieces) ? "2" : "1");
      EXPECT_EQ(site_->Value("SELECT count(*) FROM schema_migrations_history WHERE state = 'done'"),
                version);
    }
    return false;
  }

  Sandbox sandbox_;
  std::unique_ptr<Site> site_;
};

TEST_P(MigrateRoundsTest, AKillAtAnyMomentLeavesVersionAndSchemaInAgreement) {
  const int rounds = kSanitized ? 20 : 200;
  std::mt19937 random(20261122);
  std::string url = site_->Clear();
  int kills = 0, resumed = 0;
  for (int round = 0; round < rounds; ++round) {
    const auto after = std::chrono::microseconds(random() % (kSanitized ? 1500000 : 120000));
    const ProcessResult result = sandbox_.RunAndSignal(Up(url), after, SIGKILL);
    kills += result.signal == SIGKILL ? 1 : 0;
    site_->Settle();
    if (result.signal == 0) {
      EXPECT_EQ(result.exit_code, 0) << result.err;
    }
    if (Agrees()) {
      const ProcessResult mended = sandbox_.Run(Up(url, true));
      ASSERT_EQ(mended.exit_code, 0) << mended.err;
      EXPECT_FALSE(Agrees());
      ++resumed;
    }
    ASSERT_FALSE(HasFailure()) << "round " << round;
    if (site_->Value("SELECT version FROM schema_migrations") == absl::StrCat(kMigrations)) {
      url = site_->Clear();
    }
  }
  const ProcessResult last = sandbox_.Run(Up(url));
  EXPECT_EQ(last.exit_code, 0) << last.err;
  EXPECT_FALSE(Agrees());
  std::cout << kills << " of " << rounds << " runs were killed, " << resumed << " resumed\n";
  EXPECT_GT(kills, rounds / 10);
}

TEST_P(MigrateRoundsTest, TwoProcessesApplyEachMigrationOnce) {
  const int rounds = kSanitized ? 10 : 100;
  for (int round = 0; round < rounds; ++round) {
    const std::string url = site_->Clear();
    RunningProcess first(sandbox_.Options(Up(url)));
    RunningProcess second(sandbox_.Options(Up(url)));
    for (RunningProcess* process : {&first, &second}) {
      const auto result = process->Wait();
      ASSERT_THAT(result, IsOk());
      EXPECT_EQ(result->exit_code, 0) << result->err;
    }
    EXPECT_FALSE(Agrees());
    EXPECT_EQ(site_->Value("SELECT count(*) FROM schema_migrations_history"),
              absl::StrCat(kMigrations));
    ASSERT_FALSE(HasFailure()) << "round " << round;
  }
}

TEST_P(MigrateRoundsTest, AnInterruptLeavesTheDatabaseCleanAndExits130) {
  std::string url = site_->Clear();
  int interrupted = 0;
  for (int round = 0; round < 15; ++round) {
    const ProcessResult result =
        sandbox_.RunAndSignal(Up(url), std::chrono::milliseconds(5 + 10 * round), SIGINT);
    // One that comes before siphon listens ends it as it ends any program.
    if (result.signal != SIGINT) {
      EXPECT_EQ(result.signal, 0);
      EXPECT_TRUE(result.exit_code == 0 || result.exit_code == 130) << result.err;
    }
    interrupted += result.exit_code == 130 ? 1 : 0;
    EXPECT_FALSE(Agrees());
    url = site_->Clear();
  }
  std::cout << interrupted << " of 15 runs were interrupted\n";
  EXPECT_GT(interrupted, 0);
}

INSTANTIATE_TEST_SUITE_P(Engines, MigrateRoundsTest,
                         ::testing::Values(Engine::kSqlite, Engine::kPostgres),
                         [](const ::testing::TestParamInfo<Engine>& info) {
                           return info.param == Engine::kSqlite ? "Sqlite" : "Postgres";
                         });

}  // namespace
}  // namespace siphon::testing
