// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "testing/e2e/faults.h"
#include "testing/e2e/mysql_urls.h"
#include "testing/servers/mysql.h"
#include "testing/servers/mysql_sample.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

class MysqlFaultServer : public FaultServer {
 public:
  explicit MysqlFaultServer(std::unique_ptr<MysqlServer> server) : server_(std::move(server)) {}

  const MysqlServer& server() const { return *server_; }
  std::string Url(std::string_view database, const UrlChanges& changes) const override {
    return MysqlUrl(*server_, database, changes);
  }
  int port() const override { return server_->port(); }
  bool running() const override { return server_->running(); }
  void Kill() override { server_->Kill(); }
  absl::Status ShutDown() override { return server_->Stop(); }
  absl::Status Restart() override { return server_->Restart(); }
  // With a session go its locks and its snapshot.
  absl::Status WaitUntilQuiet(std::chrono::seconds limit) const override {
    return server_->WaitForSessions(0, limit);
  }
  absl::StatusOr<std::string> Describe() const override { return server_->Dump("app"); }
  absl::StatusOr<std::string> Leftovers() const override {
    return server_->Value(
        "SELECT ifnull(group_concat(schema_name SEPARATOR ' '), '')"
        " FROM information_schema.schemata WHERE schema_name LIKE '%siphon%';");
  }

 private:
  std::unique_ptr<MysqlServer> server_;
};

// With an empty "app"; null, and a failure of the test, when it does not start.
std::unique_ptr<MysqlFaultServer> Start(std::string_view name, const std::string& parent = "") {
  // Committed rows survive a SIGKILL of the server.
  auto server = MysqlServer::Start({.server = std::string(name),
                                    .settings = {{"innodb-flush-log-at-trx-commit", "2"}},
                                    .binlog = parent.empty(),
                                    .parent = parent});
  EXPECT_OK(server);
  if (!server.ok()) return nullptr;
  EXPECT_OK((*server)->CreateDatabase("app"));
  return std::make_unique<MysqlFaultServer>(*std::move(server));
}

std::unique_ptr<FaultServer> Source(std::string_view name) {
  auto server = Start(name);
  if (server != nullptr) {
    EXPECT_OK(LoadMysqlBulk(server->server(), "app", kFaultMegabytes));
  }
  return server;
}

std::unique_ptr<FaultServer> Target(std::string_view name) {
  auto server = Start(name);
  if (server == nullptr) return nullptr;
  // Some of the names are those of the dump, some are not.
  EXPECT_OK(LoadMysqlSample(server->server(), "app"));
  EXPECT_OK(
      server->server().RunSql("CREATE TABLE bulk_1 (old INT); INSERT INTO bulk_1 VALUES (1), (2);"
                              "CREATE VIEW bulk_2 AS SELECT old FROM bulk_1;",
                              "app"));
  return server;
}

std::unique_ptr<FaultServer> OnDisk(std::string_view name, const std::string& folder) {
  auto server = Start(name, folder);
  if (server == nullptr) return nullptr;
  EXPECT_OK(server->server().RunSql(
      "CREATE TABLE bulk_1 (old INT PRIMARY KEY); INSERT INTO bulk_1 VALUES (7);", "app"));
  return server;
}

FaultSite Site(std::string name, std::string_view source, std::string_view target) {
  return {.name = std::move(name),
          .make_source = [=] { return Source(source); },
          .make_target = [=] { return Target(target); },
          .make_on_disk = [=](const std::string& folder) { return OnDisk(target, folder); },
          .disk = 500'000'000,
          .room = 9'000'000,
          .full = "is full"};
}

}  // namespace

std::vector<FaultSite> FaultSites() {
  return {Site("Mariadb", kMariadb1011, kMariadb118), Site("Mysql", kMysql97, kMysql97)};
}

}  // namespace siphon::testing
