// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Encrypted dumps of servers: restores by several jobs and of one table, which read ranges of the
// encrypted file; and the way back without siphon.

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/e2e/mysql_urls.h"
#include "testing/e2e/postgres_urls.h"
#include "testing/e2e/sandbox.h"
#include "testing/process/process.h"
#include "testing/servers/mysql.h"
#include "testing/servers/postgres.h"
#include "testing/servers/server_index.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

using ::testing::Contains;
using ::testing::EndsWith;
using ::testing::HasSubstr;

// A machine with a key, whose backups are encrypted.
class EncryptedServers : public ::testing::Test {
 protected:
  EncryptedServers() {
    Clear(box_.Path("config"));
    const ProcessResult key = Run({"key", "generate", box_.Path("key.txt")});
    WriteBytes(box_.Path("config/config.yaml"),
               absl::StrCat("encryption:\n  recipients: [", key.out.substr(0, key.out.find('\n')),
                            "]\n  identities: [", box_.Path("key.txt"), "]\n"));
    std::filesystem::permissions(box_.Path("config/config.yaml"),
                                 std::filesystem::perms::owner_read);
  }

  ProcessResult Run(std::vector<std::string> args, int exit_code = 0) const {
    ProcessResult result = box_.Run(std::move(args));
    EXPECT_EQ(result.exit_code, exit_code) << result.err;
    return result;
  }
  std::string Backup(std::vector<std::string> args) const {
    args.insert(args.begin(), "backup");
    args.push_back("--quiet");
    const ProcessResult result = Run(std::move(args));
    return result.out.substr(0, result.out.find('\n'));
  }
  // No file of the store names the database's objects or has its rows.
  void ExpectNothingClear() const {
    for (const auto& [name, bytes] : Contents(box_.DumpDirectory())) {
      for (const std::string_view word : {"salaries", "CREATE ", "PGDMP"}) {
        EXPECT_FALSE(absl::StrContains(bytes, word)) << name << " has " << word;
      }
    }
  }
  // Runs `tail -c +4097 DUMP | age -d -i KEY | MORE`.
  void DecryptTo(const std::string& id, const std::string& more) const {
    const auto age = FindServer("age-1");
    ASSERT_OK(age.status());
    auto result =
        RunProcess({.argv = {"/bin/sh", "-c",
                             absl::StrCat("tail -c +4097 \"$1\" | \"$2\" -d -i \"$3\" | ", more),
                             "sh", box_.DumpPath(id), age->Program("age"), box_.Path("key.txt")},
                    .environment = {"PATH=/usr/bin:/bin"}});
    ASSERT_OK(result.status());
    EXPECT_EQ(result->exit_code, 0) << result->err;
  }

  Sandbox box_;
};

TEST_F(EncryptedServers, Postgres) {
  ASSERT_OK_AND_ASSIGN(const auto server, PostgresServer::Start());
  ASSERT_OK(server->CreateDatabase("app"));
  ASSERT_OK(server->RunSql(
      "CREATE ROLE salaries_owner;"
      "CREATE TABLE salaries_1 AS SELECT i AS id, md5(i::text) || md5((i + 1)::text) AS note"
      " FROM generate_series(1, 60000) i;"
      "ALTER TABLE salaries_1 ADD PRIMARY KEY (id);"
      "ALTER TABLE salaries_1 OWNER TO salaries_owner;"
      "CREATE TABLE salaries_2 AS SELECT * FROM salaries_1 WHERE id <= 40000;",
      "app"));
  const auto url = [&](std::string_view database) { return PostgresUrl(*server, database); };
  const std::string id = Backup({url("app"), "--jobs", "4", "--with-globals"});
  EXPECT_THAT(Names(box_.DumpDirectory()), Contains(EndsWith(".globals.sql.age")));
  ExpectNothingClear();

  const std::string rows = "SELECT count(*) || md5(string_agg(note, '' ORDER BY id)) FROM ";
  const auto same = [&](std::string_view database, std::string_view table) {
    const auto expected = server->Value(absl::StrCat(rows, table), "app");
    ASSERT_OK(expected);
    EXPECT_THAT(server->Value(absl::StrCat(rows, table), database), IsOkAndHolds(*expected))
        << database;
  };
  int number = 0;
  const auto target = [&] {
    std::string name = absl::StrCat("copy_", ++number);
    EXPECT_OK(server->CreateDatabase(name));
    return name;
  };
  for (const std::string jobs : {"1", "4"}) {
    const std::string whole = target();
    Run({"restore", id, "--profile", url(whole), "--jobs", jobs});
    same(whole, "salaries_1");
    same(whole, "salaries_2");
    const std::string one = target();
    Run({"restore", id, "--profile", url(one), "--table", "salaries_2", "--jobs", jobs});
    same(one, "salaries_2");
    EXPECT_THAT(server->Value("SELECT count(*) FROM pg_class WHERE relname = 'salaries_1'", one),
                IsOkAndHolds("0"));
  }
  const std::string extracted = target();
  Run({"dumps", "extract", id, "--table", "salaries_1", "--output", box_.Path("one.dump")});
  Run({"pg_restore", "--exit-on-error", "--dbname", url(extracted), box_.Path("one.dump")});
  same(extracted, "salaries_1");
  EXPECT_THAT(Run({"dumps", "extract", id, "--globals"}).out, HasSubstr("salaries_owner"));

  const auto client = FindServer("postgresql-client-18");
  ASSERT_OK(client.status());
  const std::string stock = target();
  DecryptTo(id, absl::StrCat(client->Program("pg_restore"), " --exit-on-error --dbname='",
                             url(stock), "'"));
  same(stock, "salaries_1");
  same(stock, "salaries_2");

  Run({"verify", id, "--deep"});
  // A lost sidecar is made again, with its index.
  std::filesystem::remove(box_.SidecarPath(id));
  Run({"dumps", "rebuild"});
  ExpectNothingClear();
  const std::string again = target();
  Run({"restore", id, "--profile", url(again), "--table", "salaries_2", "--jobs", "4"});
  same(again, "salaries_2");
}

TEST_F(EncryptedServers, Mysql) {
  ASSERT_OK_AND_ASSIGN(const auto server, MysqlServer::Start({.server = std::string(kMysql97)}));
  ASSERT_OK(server->CreateDatabase("app"));
  ASSERT_OK(
      server->RunSql("SET SESSION cte_max_recursion_depth = 100000;"
                     "CREATE TABLE salaries_1 (id INT PRIMARY KEY, note VARCHAR(64));"
                     "INSERT INTO salaries_1 WITH RECURSIVE n (i) AS"
                     " (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60000)"
                     " SELECT i, SHA2(i, 256) FROM n;"
                     "CREATE TABLE salaries_2 AS SELECT * FROM salaries_1 WHERE id <= 40000;",
                     "app"));
  const auto url = [&](std::string_view database) { return MysqlUrl(*server, database); };
  const std::string id = Backup({url("app"), "--jobs", "4"});
  ExpectNothingClear();

  const auto same = [&](std::string_view database, std::string_view table) {
    const auto sum = [&](std::string_view of) {
      return server->Value(
          absl::StrCat("SELECT CONCAT(COUNT(*), ' ', SUM(CRC32(CONCAT(id, note)))) FROM ", table),
          of);
    };
    const auto expected = sum("app");
    ASSERT_OK(expected);
    EXPECT_THAT(sum(database), IsOkAndHolds(*expected)) << database;
  };
  int number = 0;
  const auto target = [&] {
    std::string name = absl::StrCat("copy_", ++number);
    EXPECT_OK(server->CreateDatabase(name));
    return name;
  };
  for (const std::string jobs : {"1", "4"}) {
    const std::string whole = target();
    Run({"restore", id, "--profile", url(whole), "--jobs", jobs});
    same(whole, "salaries_1");
    same(whole, "salaries_2");
    const std::string one = target();
    Run({"restore", id, "--profile", url(one), "--table", "salaries_2", "--jobs", jobs});
    same(one, "salaries_2");
  }
  const std::string extracted = target();
  Run({"dumps", "extract", id, "--table", "salaries_1", "--output", box_.Path("one.sql")});
  ASSERT_OK(server->RunSql(ReadBytes(box_.Path("one.sql")), extracted));
  same(extracted, "salaries_1");

  const std::string stock = target();
  DecryptTo(id, absl::StrCat("zstd -d > '", box_.Path("body.sql"), "'"));
  ASSERT_OK(server->RunSql(ReadBytes(box_.Path("body.sql")), stock));
  same(stock, "salaries_1");
  same(stock, "salaries_2");
  Run({"verify", id, "--deep"});
}

}  // namespace
}  // namespace siphon::testing
