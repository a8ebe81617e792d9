// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Dumps of one version of a server, restored into another version of the same fork.

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "drivers/mysqlcommon/fixture.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/servers/mysql.h"
#include "testing/status_matchers.h"

namespace siphon::mysqlcommon {
namespace {

using siphon::testing::MysqlServer;
using ::testing::IsEmpty;

constexpr char kContent[] =
    "CREATE TABLE t(a INT PRIMARY KEY, b VARCHAR(20), c DECIMAL(10,2), d DATETIME(3), j JSON);"
    "INSERT INTO t VALUES (1, 'x', 1.50, '2026-03-01 11:22:02.125', '{\"k\": 1}'),"
    " (2, 'ä', NULL, NULL, NULL);"
    "CREATE TABLE u(a INT, FOREIGN KEY (a) REFERENCES t(a)); INSERT INTO u VALUES (1);"
    "CREATE VIEW v AS SELECT a, b FROM t WHERE a > 1;"
    "CREATE FUNCTION f() RETURNS INT DETERMINISTIC RETURN 7;"
    "CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.b = 'z';"
    "CREATE EVENT e ON SCHEDULE EVERY 1 YEAR DISABLE DO SELECT 1;"
    "CREATE SEQUENCE s START WITH 40;";

// The content as texts that do not depend on the version.
std::vector<std::string> Summary(const profile::ConnectionProfile& profile) {
  PlainConnection connection(profile);
  std::vector<std::string> all;
  for (const char* const query :
       {"SELECT GROUP_CONCAT(CONCAT_WS('|', a, HEX(b), c, d, j) ORDER BY a) FROM t",
        "SELECT GROUP_CONCAT(a) FROM u", "SELECT GROUP_CONCAT(a, HEX(b)) FROM v", "SELECT f()",
        "SELECT NEXTVAL(s)",
        "SELECT COUNT(*) FROM information_schema.triggers WHERE trigger_schema = DATABASE()",
        "SELECT COUNT(*) FROM information_schema.events WHERE event_schema = DATABASE()",
        "SELECT COUNT(*) FROM information_schema.referential_constraints"
        " WHERE constraint_schema = DATABASE()"}) {
    all.push_back(connection.Value(query));
  }
  return all;
}

TEST(VersionsTest, ADumpGoesToTheNewerVersionAndToTheOlderOne) {
  MysqlServer& older = SharedServer(std::string(siphon::testing::kMariadb1011));
  MysqlServer& newer = SharedServer(std::string(siphon::testing::kMariadb118));
  for (const auto& [from, to] : {std::pair(&older, &newer), std::pair(&newer, &older)}) {
    SCOPED_TRACE(absl::StrCat(from->name(), " to ", to->name()));
    const profile::ConnectionProfile source = NewDatabase(*from);
    const profile::ConnectionProfile target = NewDatabase(*to);
    ASSERT_OK(from->RunSql(kContent, source.database));
    ASSERT_OK(TryRestore(*to, target, BackUp(*from, source)));
    const std::vector<std::string> expected = Summary(source);
    EXPECT_EQ(Summary(target), expected);
    EXPECT_EQ(expected[1], "1");
    EXPECT_THAT(Leftovers(*to), IsEmpty());
  }
}

}  // namespace
}  // namespace siphon::mysqlcommon
