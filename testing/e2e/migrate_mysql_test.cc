// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// The shipped binary migrates MySQL and MariaDB databases that golang-migrate URLs name.

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "testing/e2e/sandbox.h"
#include "testing/e2e/urls.h"
#include "testing/e2e/verbs.h"
#include "testing/rounds.h"
#include "testing/servers/certificates.h"
#include "testing/servers/mysql.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

using ::testing::HasSubstr;

class MigrateMysqlTest : public ::testing::TestWithParam<std::string> {
 protected:
  void Start(const MysqlOptions::Tls& tls = {}) {
    auto server = MysqlServer::Start({.server = GetParam(), .tls = tls});
    ASSERT_OK(server);
    server_ = *std::move(server);
    std::filesystem::create_directory(box_.Path("m"));
    Clear();
  }
  void Clear() {
    database_ = absl::StrCat("app ", ++number_);
    ASSERT_OK(server_->CreateDatabase(database_));
  }
  // The URL in golang-migrate's form.
  std::string Dsn(const std::string& parameters = "") const {
    // The server's key is for first logins with caching_sha2_password, without TLS.
    const std::string key =
        server_->is_mariadb()
            ? ""
            : absl::StrCat("&server_public_key_path=", EscapedForUrl(server_->data_directory()),
                           "/public_key.pem");
    return absl::StrCat("mysql://root:", EscapedForUrl(server_->password()),
                        "@tcp(127.0.0.1:", server_->port(), ")/", EscapedForUrl(database_),
                        "?multiStatements=true&parseTime=true", key, parameters);
  }
  // The URL in the form of the other verbs.
  std::string Url(const std::string& parameters = "") const {
    return absl::StrReplaceAll(Dsn(parameters),
                               {{"mysql://", server_->is_mariadb() ? "mariadb://" : "mysql://"}});
  }
  void Write(const std::string& name, const std::string& body) const {
    WriteBytes(box_.Path("m/" + name), body);
  }
  std::vector<std::string> Args(const std::string& url, std::vector<std::string> verb) const {
    std::vector<std::string> args = {"migrate", "--path", box_.Path("m"), "--database", url};
    args.insert(args.end(), verb.begin(), verb.end());
    return args;
  }
  std::string Value(const std::string& sql) const {
    const auto value = server_->Value(sql, database_);
    return value.ok() ? *value : "";
  }
  std::string Tables() const {
    return Value(
        "SELECT COALESCE(GROUP_CONCAT(TABLE_NAME ORDER BY TABLE_NAME), '') FROM "
        "information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()");
  }

  Sandbox box_;
  std::unique_ptr<MysqlServer> server_;
  std::string database_;
  int number_ = 0;
};

INSTANTIATE_TEST_SUITE_P(Server, MigrateMysqlTest,
                         ::testing::ValuesIn(VersionsToTest(AllMysqlServers())),
                         [](const ::testing::TestParamInfo<std::string>& info) {
                           return absl::StrReplaceAll(info.param, {{"-", ""}, {".", ""}});
                         });

TEST_P(MigrateMysqlTest, GoesUpAndDownByGolangMigratesUrl) {
  Start();
  Write("1_users.up.sql", "CREATE TABLE users (id int PRIMARY KEY, name text);");
  Write("1_users.down.sql", "DROP TABLE users;");
  Write("2_rows.up.sql", "INSERT INTO users VALUES (1, 'a;b'); INSERT INTO users VALUES (2, 'c');");
  Write("2_rows.down.sql", "DELETE FROM users;");
  Write(
      "3_count.up.sql",
      "DELIMITER //\nCREATE FUNCTION count_users() RETURNS int READS SQL DATA\nBEGIN\n  DECLARE n "
      "int;\n  SELECT count(*) INTO n FROM users;\n  RETURN n;\nEND//\nDELIMITER ;\n");
  Write("3_count.down.sql", "DROP FUNCTION count_users;");
  for (const std::string& url : {Dsn(), Dsn("&x-migrations-table=versions&tls=false")}) {
    const auto plan = TellOk(box_, Args(url, {"plan"}));
    ASSERT_EQ(plan["steps"].size(), 3u);
    EXPECT_FALSE(plan["steps"][0]["one_transaction"]);
    EXPECT_TRUE(plan["steps"][1]["one_transaction"]);
    EXPECT_EQ(TellOk(box_, Args(url, {"up"}))["version"], 3);
    EXPECT_EQ(Value("SELECT count_users()"), "2");
    EXPECT_EQ(box_.Run(Args(url, {"up"})).exit_code, 0);
    EXPECT_THAT(box_.Run(Args(url, {"status"})).out, HasSubstr("database at version 3"));
    EXPECT_EQ(box_.Run(Args(url, {"verify"})).exit_code, 0);
    EXPECT_EQ(TellOk(box_, Args(url, {"down", "1"}))["version"], 2);
    EXPECT_EQ(TellOk(box_, Args(url, {"goto", "1"}))["version"], 1);
    EXPECT_EQ(Value("SELECT count(*) FROM users"), "0");
    EXPECT_EQ(box_.Run(Args(url, {"drop", "--yes"})).exit_code, 0);
    EXPECT_EQ(Tables(), "");
  }
}

TEST_P(MigrateMysqlTest, ResumesBehindTheStatementThatFailed) {
  Start();
  Write("1_a.up.sql",
        "CREATE TABLE a (x int);\nCREATE TABLE b (y int);\nINSERT INTO c VALUES (1);");
  const ProcessResult failed = box_.Run(Args(Dsn(), {"up"}));
  EXPECT_EQ(failed.exit_code, 2);
  EXPECT_THAT(failed.err, HasSubstr("1_a.up.sql, line 3"));
  EXPECT_THAT(failed.err, HasSubstr("up --resume"));
  EXPECT_THAT(box_.Run(Args(Dsn(), {"version"})).out, HasSubstr("1 (dirty)"));
  EXPECT_EQ(box_.Run(Args(Dsn(), {"up"})).exit_code, 1);
  ASSERT_OK(server_->RunSql("CREATE TABLE c (x int)", database_));
  const ProcessResult resumed = box_.Run(Args(Dsn(), {"up", "--resume"}));
  EXPECT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_EQ(Value("SELECT x FROM c"), "1");

  // The outcome of the second statement is unknown.
  Write("2_b.up.sql", "UPDATE a SET x = 1;\nTRUNCATE c;\nINSERT INTO c VALUES (2);");
  ASSERT_OK(server_->RunSql("RENAME TABLE c TO d", database_));
  EXPECT_EQ(box_.Run(Args(Dsn(), {"up"})).exit_code, 2);
  ASSERT_OK(
      server_->RunSql("RENAME TABLE d TO c; UPDATE schema_migrations_history SET state = "
                      "'started' WHERE version = 2",
                      database_));
  const ProcessResult asked = box_.Run(Args(Dsn(), {"up", "--resume"}));
  EXPECT_EQ(asked.exit_code, 1);
  EXPECT_THAT(asked.err, HasSubstr("statement 2 of 3 (2_b.up.sql, line 2) began"));
  EXPECT_THAT(asked.err, HasSubstr("--again"));
  EXPECT_EQ(box_.Run(Args(Dsn(), {"up", "--done"})).exit_code, 1);
  EXPECT_EQ(box_.Run(Args(Dsn(), {"up", "--resume", "--again"})).exit_code, 0);
  EXPECT_EQ(Value("SELECT GROUP_CONCAT(x) FROM c"), "2");
}

TEST_P(MigrateMysqlTest, UndoPutsTheDatabaseBack) {
  Start();
  Write("1_a.up.sql", "CREATE TABLE a (x int);\nINSERT INTO a VALUES (1);");
  const std::string url =
      Url("&x-migrations-table=versions&x-statement-timeout=60000&tls=preferred");
  EXPECT_EQ(TellOk(box_, Args(url, {"up"}))["version"], 1);
  Write("2_b.up.sql", "DROP TABLE a;\nCREATE TABLE b (x int);");
  const auto outcome = TellOk(box_, Args(url, {"up", "--backup"}));
  EXPECT_EQ(outcome["version"], 2);
  EXPECT_EQ(Tables(), "b,versions,versions_history");
  const std::string dump = outcome["backup"];
  TellOk(box_, Args(url, {"undo", dump, "--yes"}));
  EXPECT_EQ(Tables(), "a,versions,versions_history");
  EXPECT_EQ(Value("SELECT x FROM a"), "1");
  EXPECT_EQ(TellOk(box_, Args(url, {"version"}))["version"], 1);
}

TEST_P(MigrateMysqlTest, TlsByTheFilesThatTheUrlNames) {
  auto files = TestCertificates::Make(box_.Path("certificates"));
  ASSERT_OK(files);
  Start({.certificate = files->server.certificate, .key = files->server.key, .ca = files->ca});
  Write("1_a.up.sql", "CREATE TABLE a (x int);");
  const std::string good = Dsn("&tls=custom&x-tls-ca=" + EscapedForUrl(files->ca));
  EXPECT_EQ(TellOk(box_, Args(good, {"up"}))["version"], 1);
  EXPECT_EQ(box_.Run(Args(Dsn("&tls=skip-verify"), {"version"})).exit_code, 0);
  const std::string other = "&tls=custom&x-tls-ca=" + EscapedForUrl(files->other_ca);
  EXPECT_EQ(box_.Run(Args(Dsn(other), {"version"})).exit_code, 2);
  EXPECT_EQ(box_.Run(Args(Dsn(other + "&x-tls-insecure-skip-verify=true"), {"version"})).exit_code,
            0);
  // This certificate is not signed by an authority that the system trusts.
  EXPECT_EQ(box_.Run(Args(Dsn("&tls=true"), {"version"})).exit_code, 2);
  const ProcessResult missing = box_.Run(Args(Dsn("&tls=custom"), {"version"}));
  EXPECT_EQ(missing.exit_code, 1);
  EXPECT_THAT(missing.err, HasSubstr("x-tls-ca is missing"));
}

}  // namespace
}  // namespace siphon::testing
