// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/e2e/postgres_faults.h"

#include <csignal>
#include <thread>
#include <utility>

#include "absl/strings/ascii.h"
#include "gmock/gmock.h"
#include "testing/e2e/postgres_urls.h"
#include "testing/servers/postgres_sample.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Steady = std::chrono::steady_clock;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::IsEmpty;

constexpr int kMegabytes = kSanitized ? 4 : 12;

PostgresServer* StartServer(int version) {
  auto server = PostgresServer::Start({.version = version});
  EXPECT_OK(server);
  return server.ok() ? std::move(*server).release() : nullptr;
}

}  // namespace

std::vector<PostgresJob> AllPostgresJobs() {
  return {PostgresJob::kBackup, PostgresJob::kRestore, PostgresJob::kSyncFrom,
          PostgresJob::kSyncTo};
}

void PrintTo(PostgresJob job, std::ostream* out) {
  switch (job) {
    case PostgresJob::kBackup:
      *out << "Backup";
      return;
    case PostgresJob::kRestore:
      *out << "Restore";
      return;
    case PostgresJob::kSyncFrom:
      *out << "SyncFrom";
      return;
    case PostgresJob::kSyncTo:
      *out << "SyncTo";
      return;
  }
}

PostgresServer* PostgresFaults::source_ = nullptr;
PostgresServer* PostgresFaults::target_ = nullptr;

void PostgresFaults::SetUpTestSuite() {
  source_ = StartServer(16);
  target_ = StartServer(17);
  ASSERT_NE(source_, nullptr);
  ASSERT_NE(target_, nullptr);
  ASSERT_OK(source_->CreateDatabase("app"));
  ASSERT_OK(LoadPostgresBulk(*source_, "app", kMegabytes));
  ASSERT_OK(target_->CreateDatabase("app"));
  // Some of the names are those of the dump, some are not.
  ASSERT_OK(
      target_->RunSql("CREATE TABLE bulk_1 AS SELECT n AS old FROM generate_series(1, 1000) n;"
                      "CREATE SCHEMA shop; CREATE TABLE shop.orders (id integer PRIMARY KEY);"
                      "INSERT INTO shop.orders SELECT generate_series(1, 100)",
                      "app"));
}

void PostgresFaults::TearDownTestSuite() {
  delete std::exchange(source_, nullptr);
  delete std::exchange(target_, nullptr);
}

PostgresFaults::PostgresFaults() {
  for (PostgresServer* server : {source_, target_}) {
    if (!server->running()) {
      EXPECT_OK(server->Restart());
    }
    auto proxy = FaultProxy::Start(server->port());
    EXPECT_OK(proxy);
    if (proxy.ok()) (server == source_ ? to_source_ : to_target_) = *std::move(proxy);
  }
  const ProcessResult backup = box_.Run({"backup", PostgresUrl(*source_, "app"), "--quiet"});
  EXPECT_EQ(backup.exit_code, 0) << backup.err;
  id_ = std::string(absl::StripAsciiWhitespace(backup.out));
  Remember();
}

void PostgresFaults::Remember() {
  files_before_ = Names(box_.DumpDirectory());
  before_ = DescribePostgres(*target_, "app").value_or("unknown");
}

void PostgresFaults::Accept() {
  for (const std::string& id : box_.ListedDumps()) {
    if (id != id_) {
      EXPECT_EQ(box_.Run({"dumps", "rm", id, "--yes"}).exit_code, 0);
    }
  }
  Remember();
}

PostgresServer& PostgresFaults::ServerOf(PostgresJob job) {
  return job == PostgresJob::kBackup || job == PostgresJob::kSyncFrom ? *source_ : *target_;
}

FaultProxy& PostgresFaults::ProxyOf(PostgresJob job) const {
  return &ServerOf(job) == source_ ? *to_source_ : *to_target_;
}

FaultProxy::Direction PostgresFaults::WayOfRows(PostgresJob job) {
  return &ServerOf(job) == source_ ? FaultProxy::Direction::kToClient
                                   : FaultProxy::Direction::kToServer;
}

std::vector<std::string> PostgresFaults::Arguments(PostgresJob job) const {
  const std::string source = PostgresUrl(*source_, "app");
  const std::string target = PostgresUrl(*target_, "app");
  const std::string slow_source = PostgresUrl(*source_, "app", {.port = to_source_->port()});
  const std::string slow_target = PostgresUrl(*target_, "app", {.port = to_target_->port()});
  switch (job) {
    case PostgresJob::kBackup:
      return {"backup", slow_source};
    case PostgresJob::kRestore:
      return {"restore", id_, "--profile", slow_target, "--clean"};
    case PostgresJob::kSyncFrom:
      return {"sync", slow_source, target, "--clean"};
    case PostgresJob::kSyncTo:
      return {"sync", source, slow_target, "--clean"};
  }
  return {};
}

PostgresFaults::Run PostgresFaults::Begin(PostgresJob job) {
  Run run;
  run.process = std::make_unique<RunningProcess>(box_.Options(Arguments(job)));
  run.tree = std::make_unique<ProcessTree>(run.process->pid());
  return run;
}

PostgresFaults::Run PostgresFaults::BeginSlowly(PostgresJob job, int64_t bytes) {
  FaultProxy& proxy = ProxyOf(job);
  proxy.SetBandwidth(kSanitized ? 500'000 : 2'000'000);
  const int64_t passed = proxy.passed(WayOfRows(job));
  Run run = Begin(job);
  const Steady::time_point limit = Steady::now() + seconds(60);
  while (proxy.passed(WayOfRows(job)) - passed < bytes && !run.process->ended() &&
         Steady::now() < limit) {
    std::this_thread::sleep_for(milliseconds(5));
  }
  EXPECT_FALSE(run.process->ended()) << "it was to be in the middle of the rows";
  return run;
}

ProcessResult PostgresFaults::End(Run& run, seconds limit) {
  const Steady::time_point end = Steady::now() + limit;
  while (!run.process->ended() && Steady::now() < end) {
    std::this_thread::sleep_for(milliseconds(5));
  }
  EXPECT_TRUE(run.process->ended()) << "it still runs after " << limit.count() << " s";
  run.process->Signal(SIGKILL);
  absl::StatusOr<ProcessResult> result = run.process->Wait();
  EXPECT_OK(result);
  return result.ok() ? *std::move(result) : ProcessResult{};
}

void PostgresFaults::ExpectNothingHappened(const Run& run, std::string_view when, seconds limit) {
  EXPECT_OK(run.tree->WaitUntilGone(limit)) << when;
  for (PostgresServer* server : {source_, target_}) {
    if (!server->running()) {
      EXPECT_OK(server->Restart()) << when;
    }
    EXPECT_OK(server->WaitForSessions(0, limit)) << when;
  }
  const auto after = DescribePostgres(*target_, "app");
  ASSERT_OK(after) << when;
  EXPECT_EQ(CompareDescriptions(before_, *after), "") << when;
  EXPECT_THAT(box_.ListedDumps(), ElementsAre(id_)) << when;
}

void PostgresFaults::ExpectNoFileLeft(std::string_view when) const {
  EXPECT_THAT(Names(box_.DumpDirectory()), ElementsAreArray(files_before_)) << when;
  EXPECT_THAT(Names(box_.Path("tmp")), IsEmpty()) << when;
}

}  // namespace siphon::testing
