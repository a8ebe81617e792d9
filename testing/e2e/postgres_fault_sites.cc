// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <chrono>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "testing/e2e/faults.h"
#include "testing/e2e/postgres_urls.h"
#include "testing/rounds.h"
#include "testing/servers/postgres.h"
#include "testing/servers/postgres_sample.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

class PostgresFaultServer : public FaultServer {
 public:
  explicit PostgresFaultServer(std::unique_ptr<PostgresServer> server)
      : server_(std::move(server)) {}

  const PostgresServer& server() const { return *server_; }
  std::string Url(std::string_view database, const UrlChanges& changes) const override {
    return PostgresUrl(*server_, database, changes);
  }
  int port() const override { return server_->port(); }
  bool running() const override { return server_->running(); }
  void Kill() override { server_->Kill(); }
  absl::Status ShutDown() override { return server_->Stop(PostgresServer::StopMode::kFast); }
  absl::Status Restart() override { return server_->Restart(); }
  absl::Status WaitUntilQuiet(std::chrono::seconds limit) const override {
    return server_->WaitForSessions(0, limit);
  }
  absl::StatusOr<std::string> Describe() const override {
    return DescribePostgres(*server_, "app");
  }
  absl::StatusOr<std::string> Leftovers() const override {
    return server_->Value(
        "SELECT coalesce(string_agg(datname, ' '), '') FROM pg_database"
        " WHERE NOT datistemplate AND datname NOT IN ('app', 'postgres')");
  }
  absl::Status Settle() const override { return server_->RunSql("CHECKPOINT"); }

 private:
  std::unique_ptr<PostgresServer> server_;
};

// With an empty "app"; null, and a failure of the test, when it does not start.
std::unique_ptr<PostgresFaultServer> Start(PostgresOptions options) {
  auto server = PostgresServer::Start(std::move(options));
  EXPECT_OK(server);
  if (!server.ok()) return nullptr;
  EXPECT_OK((*server)->CreateDatabase("app"));
  return std::make_unique<PostgresFaultServer>(*std::move(server));
}

std::unique_ptr<FaultServer> Source(int version) {
  auto server = Start({.version = version});
  if (server != nullptr) {
    EXPECT_OK(LoadPostgresBulk(server->server(), "app", kFaultMegabytes));
  }
  return server;
}

std::unique_ptr<FaultServer> Target(int version) {
  auto server = Start({.version = version});
  if (server == nullptr) return nullptr;
  // Some of the names are those of the dump, some are not.
  EXPECT_OK(server->server().RunSql(
      "CREATE TABLE bulk_1 AS SELECT n AS old FROM generate_series(1, 1000) n;"
      "CREATE SCHEMA shop; CREATE TABLE shop.orders (id integer PRIMARY KEY);"
      "INSERT INTO shop.orders SELECT generate_series(1, 100)",
      "app"));
  return server;
}

std::unique_ptr<FaultServer> OnDisk(int version, const std::string& folder) {
  auto server = Start({.version = version,
                       .settings = {{"min_wal_size", "128MB"}, {"max_wal_size", "128MB"}},
                       .parent = folder});
  if (server == nullptr) return nullptr;
  // Allocates the write-ahead log, so that the disk becomes full while rows are written to a table.
  // (A server shuts down if it cannot write its log; another test covers that.)
  for (int segment = 0; segment < 7; ++segment) {
    EXPECT_OK(server->server().RunSql(
        "SELECT pg_logical_emit_message(true, 'a', 'b'); SELECT pg_switch_wal()"));
  }
  EXPECT_OK(server->server().RunSql("CREATE TABLE bulk_1 AS SELECT 7 AS old", "app"));
  return server;
}

}  // namespace

std::vector<FaultSite> FaultSites() {
  // The versions of source and target. The first pair crosses versions; the long form of a test has
  // all of them.
  constexpr std::pair<int, int> kVersions[] = {{16, 18}, {18, 18}, {17, 17},
                                               {16, 16}, {15, 15}, {14, 14}};
  const int count = Rounds(static_cast<int>(std::size(kVersions)), 1);
  std::vector<FaultSite> sites;
  for (const auto& [source, target] : absl::MakeSpan(kVersions).first(count)) {
    // A new database takes some eight megabytes, the rows some twelve.
    sites.push_back(
        {.name = absl::StrCat("Postgres", source, "To", target),
         .make_source = [version = source] { return Source(version); },
         .make_target = [version = target] { return Target(version); },
         .make_on_disk =
             [version = target](const std::string& folder) { return OnDisk(version, folder); },
         .disk = 250'000'000,
         .room = 9'000'000,
         // From the hint; servers before 16 report a short write instead of ENOSPC.
         .full = "the server's disk is full",
         .creates = true});
  }
  return sites;
}

}  // namespace siphon::testing
