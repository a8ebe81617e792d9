// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/fixture.h"

#include <mysql.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <thread>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gtest/gtest.h"
#include "testing/contracts/bad_profiles.h"
#include "testing/contracts/concurrent_writer.h"
#include "testing/servers/mysql_sample.h"
#include "testing/status_matchers.h"

namespace siphon::mysqlcommon {
namespace {

using siphon::testing::ConcurrentWriter;
using siphon::testing::DriverFactory;
using siphon::testing::DriverFixture;
using siphon::testing::MysqlServer;
using std::chrono::steady_clock;

constexpr std::chrono::seconds kEndingLimit{5};

class MysqlFixture : public DriverFixture {
 public:
  explicit MysqlFixture(const std::string& name)
      : server_(SharedServer(name)), driver_(ForkOf(server_)) {}

  driver::Driver& driver() override { return driver_; }
  profile::ConnectionProfile EmptyDatabase() override { return NewDatabase(server_); }
  void Seed(const profile::ConnectionProfile& profile) override {
    EXPECT_OK(siphon::testing::LoadMysqlSample(server_, profile.database));
  }
  std::string Describe(const profile::ConnectionProfile& profile) override {
    return mysqlcommon::Describe(server_, profile.database);
  }
  int64_t CountRows(const profile::ConnectionProfile& profile, const std::string& table) override {
    PlainConnection connection(profile);
    const std::string there =
        connection.Value(absl::StrCat("SELECT COUNT(*) FROM information_schema.tables"
                                      " WHERE table_schema = DATABASE() AND table_name = ",
                                      siphon::testing::MysqlText(table)));
    if (there != "1") return -1;
    return connection.Int(absl::StrCat("SELECT COUNT(*) FROM ", siphon::testing::MysqlName(table)));
  }
  void Execute(const profile::ConnectionProfile& profile, const std::string& statement) override {
    PlainConnection(profile).Run(statement);
  }

  std::vector<std::pair<std::string, profile::ConnectionProfile>> Spellings(
      const profile::ConnectionProfile& profile) override {
    profile::ConnectionProfile name = profile, address = profile, socket = profile;
    name.host = "localhost";
    address.host = "127.0.0.1";
    socket.host = server_.socket_path();
    return {{"a name", name}, {"an address", address}, {"a socket", socket}};
  }
  std::vector<Meeting> Meetings() override {
    profile::ConnectionProfile profile = EmptyDatabase();
    Seed(profile);
    return {{"InnoDB", profile}};
  }
  std::unique_ptr<ConcurrentWriter> StartWriting(
      const profile::ConnectionProfile& profile) override {
    return std::make_unique<ConcurrentWriter>([connection = std::make_shared<PlainConnection>(
                                                   profile)](uint64_t from, uint64_t to) {
      connection->Run("BEGIN");
      connection->Run(absl::StrCat("UPDATE accounts SET amount = amount - 5 WHERE id = ", from));
      connection->Run(absl::StrCat("UPDATE accounts SET amount = amount + 5 WHERE id = ", to));
      connection->Run("COMMIT");
    });
  }
  int64_t SumOfAccounts(const profile::ConnectionProfile& profile) override {
    return PlainConnection(profile).Int("SELECT SUM(amount) FROM accounts");
  }

  std::vector<std::pair<std::string, profile::ConnectionProfile>> BadProfiles() override {
    return siphon::testing::BadServerProfiles(ProfileFor(server_, "mysql"));
  }
  std::vector<std::string> Leftovers() override { return mysqlcommon::Leftovers(server_); }
  double LongestStep() const override { return 5; }
  std::string BinaryFormat() const override { return ""; }
  bool EngineReads(const std::string&) override { return false; }

 private:
  MysqlServer& server_;
  ForkDriver driver_;
};

}  // namespace

MysqlServer& SharedServer(const std::string& name) {
  static auto* const servers = new std::map<std::string, std::unique_ptr<MysqlServer>>();
  std::unique_ptr<MysqlServer>& server = (*servers)[name];
  if (server == nullptr) {
    absl::StatusOr<std::unique_ptr<MysqlServer>> started =
        MysqlServer::Start({.server = name, .binlog = true});
    if (!started.ok()) {
      std::fprintf(stderr, "%s\n", started.status().ToString().c_str());
      std::abort();
    }
    server = *std::move(started);
    // Servers are children of the test and must end with it.
    std::atexit([] { servers->clear(); });
  }
  return *server;
}

const Fork& ForkOf(const MysqlServer& server) { return server.is_mariadb() ? kMariadb : kMysql; }

profile::ConnectionProfile ProfileFor(const MysqlServer& server, std::string_view database) {
  profile::ConnectionProfile profile;
  profile.name = std::string(database);
  profile.driver = std::string(ForkOf(server).name);
  profile.host = server.host();
  profile.port = server.port();
  profile.user = server.superuser();
  profile.password = server.password();
  profile.database = std::string(database);
  profile.state_directory = absl::StrCat(::testing::TempDir(), "/state");
  // For first logins with caching_sha2_password, without TLS.
  if (!server.is_mariadb()) {
    profile.parameters["server_public_key_path"] = server.data_directory() + "/public_key.pem";
  }
  return profile;
}

profile::ConnectionProfile NewDatabase(MysqlServer& server) {
  static std::atomic<int> count = 0;
  const std::string name = absl::StrCat("database ", ++count);
  PlainConnection(ProfileFor(server, "mysql"))
      .Run(absl::StrCat("CREATE DATABASE ", siphon::testing::MysqlName(name)));
  return ProfileFor(server, name);
}

PlainConnection::PlainConnection(const profile::ConnectionProfile& profile)
    : connection_(mysql_init(nullptr)) {
  mysql_options(connection_, MYSQL_SET_CHARSET_NAME, "utf8mb4");
  const my_bool trusted = 1;
  mysql_options(connection_, MYSQL_ENABLE_CLEARTEXT_PLUGIN, &trusted);
  if (mysql_real_connect(connection_, profile.host.c_str(), profile.user.c_str(),
                         profile.password.c_str(), profile.database.c_str(),
                         static_cast<unsigned int>(profile.port), nullptr, 0) == nullptr) {
    std::fprintf(stderr, "%s\n", mysql_error(connection_));
    std::abort();
  }
}

PlainConnection::~PlainConnection() { mysql_close(connection_); }

std::vector<std::string> PlainConnection::Column(const std::string& statement) {
  if (mysql_real_query(connection_, statement.data(), statement.size()) != 0) {
    std::fprintf(stderr, "%s\n%s\n", statement.c_str(), mysql_error(connection_));
    std::abort();
  }
  std::vector<std::string> values;
  MYSQL_RES* const result = mysql_store_result(connection_);
  while (result != nullptr) {
    const MYSQL_ROW row = mysql_fetch_row(result);
    if (row == nullptr) break;
    values.push_back(row[0] == nullptr ? "" : std::string(row[0], mysql_fetch_lengths(result)[0]));
  }
  mysql_free_result(result);
  return values;
}

void PlainConnection::Run(const std::string& statement) { Column(statement); }

std::string PlainConnection::Value(const std::string& statement) {
  const std::vector<std::string> values = Column(statement);
  return values.empty() ? "" : values[0];
}

int64_t PlainConnection::Int(const std::string& statement) {
  int64_t value = 0;
  EXPECT_TRUE(absl::SimpleAtoi(Value(statement), &value)) << statement;
  return value;
}

std::string Describe(const MysqlServer& server, std::string_view database) {
  const absl::StatusOr<std::string> text = server.Dump(database);
  EXPECT_OK(text);
  return text.value_or("");
}

std::vector<std::string> Leftovers(const MysqlServer& server) {
  PlainConnection connection(ProfileFor(server, "mysql"));
  const auto until = steady_clock::now() + kEndingLimit;
  while (true) {
    std::vector<std::string> left = connection.Column(
        "SELECT CONCAT('database ', schema_name) FROM information_schema.schemata"
        " WHERE schema_name LIKE '%siphon%'"
        " UNION ALL SELECT CONCAT('statement ', info) FROM information_schema.processlist"
        " WHERE command = 'Query' AND id <> CONNECTION_ID()");
    if (left.empty() || steady_clock::now() > until) return left;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

absl::Status TryBackUp(const MysqlServer& server, const profile::ConnectionProfile& profile,
                       siphon::testing::MemoryTarget& target, const driver::BackupOptions& options,
                       const base::Context& context) {
  const absl::StatusOr<std::unique_ptr<driver::Connection>> connection =
      ForkDriver(ForkOf(server)).Connect(context, profile, driver::Driver::Access::kRead);
  if (!connection.ok()) return connection.status();
  return (*connection)->Backup(context, options, target);
}

std::string BackUp(const MysqlServer& server, const profile::ConnectionProfile& profile,
                   const driver::BackupOptions& options) {
  siphon::testing::MemoryTarget target;
  EXPECT_OK(TryBackUp(server, profile, target, options));
  return target.data();
}

absl::Status TryRestore(const MysqlServer& server, const profile::ConnectionProfile& profile,
                        std::string_view body, const driver::RestoreOptions& options,
                        const base::Context& context) {
  const absl::StatusOr<std::unique_ptr<driver::Connection>> connection =
      ForkDriver(ForkOf(server)).Connect(context, profile, driver::Driver::Access::kWrite);
  if (!connection.ok()) return connection.status();
  siphon::testing::PieceReader reader(body);
  return (*connection)->Restore(context, options, reader);
}

DriverFactory FactoryFor(const std::string& server) {
  return {absl::StrReplaceAll(server, {{"-", ""}, {".", ""}}),
          [server] { return std::make_unique<MysqlFixture>(server); }};
}

}  // namespace siphon::mysqlcommon
