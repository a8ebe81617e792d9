// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// The contract of migrations, held by MySQL and MariaDB.

#include "drivers/mysqlcommon/migrations.h"

#include <chrono>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "drivers/mysqlcommon/fixture.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/domain/migrate/lock_id.h"
#include "testing/migrate_contract.h"
#include "testing/servers/mysql.h"
#include "testing/status_matchers.h"

namespace siphon::mysqlcommon {
namespace {

using siphon::testing::MigrateContract;
using siphon::testing::MigrateFactory;
using siphon::testing::MigrateFixture;
using siphon::testing::MysqlServer;
using ::testing::HasSubstr;

void OrDie(const absl::Status& status) {
  if (status.ok()) return;
  std::cerr << status << "\n";
  std::abort();
}

class ServerFixture : public MigrateFixture {
 public:
  explicit ServerFixture(const std::string& server)
      : server_(SharedServer(server)), profile_(NewDatabase(server_)) {}

  absl::StatusOr<std::unique_ptr<migrate::Database>> Open(
      const std::map<std::string, std::string>& parameters) override {
    profile::ConnectionProfile profile = profile_;
    profile.parameters = parameters;
    return ForkMigrations(ForkOf(server_)).Open({}, profile, driver::MigrationAccess::kCreate);
  }
  void Execute(const std::string& sql) override { OrDie(server_.RunSql(sql, profile_.database)); }
  std::string Value(const std::string& sql) override {
    return PlainConnection(profile_).Value(sql);
  }
  std::string GolangTable() const override {
    return "CREATE TABLE `schema_migrations` (version bigint not null primary key, dirty boolean "
           "not null)";
  }
  std::string DescribeTable() override {
    return Value(
        "SELECT CONCAT(ENGINE, ' ', TABLE_COLLATION, (SELECT GROUP_CONCAT(' ', COLUMN_NAME, ' ', "
        "COLUMN_TYPE, ' ', IS_NULLABLE, ' ', COLUMN_KEY, COALESCE(COLUMN_DEFAULT, '-') ORDER BY "
        "ORDINAL_POSITION) FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND "
        "TABLE_NAME = 'schema_migrations')) FROM information_schema.TABLES WHERE TABLE_SCHEMA = "
        "DATABASE() AND TABLE_NAME = 'schema_migrations'");
  }
  std::vector<std::string> Objects() override {
    return PlainConnection(profile_).Column(
        "SELECT CONCAT('t ', TABLE_NAME) FROM information_schema.TABLES WHERE TABLE_SCHEMA = "
        "DATABASE() UNION ALL SELECT CONCAT('r ', ROUTINE_NAME) FROM information_schema.ROUTINES "
        "WHERE ROUTINE_SCHEMA = DATABASE() UNION ALL SELECT CONCAT('g ', TRIGGER_NAME) FROM "
        "information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE() UNION ALL SELECT "
        "CONCAT('e ', EVENT_NAME) FROM information_schema.EVENTS WHERE EVENT_SCHEMA = DATABASE() "
        "ORDER BY 1");
  }
  std::string ManyObjects() const override {
    return absl::StrCat(
        "CREATE TABLE `Order` (id int AUTO_INCREMENT PRIMARY KEY, p int, FOREIGN KEY (p) "
        "REFERENCES `Order` (id)); INSERT INTO `Order` VALUES (1, 1);"
        "CREATE TABLE `a``b` (o int, FOREIGN KEY (o) REFERENCES `Order` (id));"
        "CREATE VIEW v AS SELECT * FROM `Order`; CREATE VIEW broken AS SELECT * FROM a;"
        "CREATE PROCEDURE p() DO 1; CREATE FUNCTION f() RETURNS int DETERMINISTIC RETURN 1;"
        "CREATE TRIGGER g BEFORE INSERT ON `Order` FOR EACH ROW SET @x = 1;"
        "CREATE EVENT e ON SCHEDULE EVERY 1 YEAR DISABLE DO DO 1; DROP TABLE a;",
        server_.is_mariadb() ? "CREATE SEQUENCE s; CREATE TABLE w (x int) WITH SYSTEM VERSIONING;"
                               "SET sql_mode = ORACLE;\nDELIMITER //\n"
                               "CREATE PACKAGE k AS PROCEDURE q; END//\n"
                               "CREATE PACKAGE BODY k AS PROCEDURE q AS BEGIN NULL; END; END//\n"
                             : "");
  }
  std::string Alone() const override { return "ANALYZE TABLE a"; }
  std::string Holder() override { return "of root (from "; }
  bool UndoesDefinitions() const override { return false; }
  std::string Endless() const override { return "SELECT SLEEP(60)"; }

  MysqlServer& server() { return server_; }
  const profile::ConnectionProfile& profile() const { return profile_; }

 private:
  MysqlServer& server_;
  profile::ConnectionProfile profile_;
};

std::string ShortName(const std::string& server) {
  return absl::StrReplaceAll(server, {{"-", ""}, {".", ""}});
}

std::vector<MigrateFactory> Factories() {
  std::vector<MigrateFactory> factories;
  for (const std::string& server : siphon::testing::AllMysqlServers()) {
    factories.push_back(
        {ShortName(server), [server] { return std::make_unique<ServerFixture>(server); }});
  }
  return factories;
}

INSTANTIATE_TEST_SUITE_P(Server, MigrateContract, ::testing::ValuesIn(Factories()),
                         siphon::testing::MigrateName);

}  // namespace
}  // namespace siphon::mysqlcommon
