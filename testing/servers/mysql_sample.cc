// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/servers/mysql_sample.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"

namespace siphon::testing {
namespace {

constexpr char kSample[] = R"sql(
SET NAMES utf8mb4;
CREATE TABLE digits(d INT PRIMARY KEY);
INSERT INTO digits VALUES (0),(1),(2),(3),(4),(5),(6),(7),(8),(9);
CREATE TABLE accounts(id INT AUTO_INCREMENT PRIMARY KEY, owner VARCHAR(50) NOT NULL,
  amount INT NOT NULL) ENGINE=InnoDB COMMENT='it''s "money"';
INSERT INTO accounts(id, owner, amount)
  SELECT 1 + a.d + 10 * b.d + 100 * c.d, CONCAT('owner ', a.d + 10 * b.d + 100 * c.d), 1000
  FROM digits a, digits b, digits c ORDER BY 1;
CREATE TABLE items(name VARCHAR(50) PRIMARY KEY, price DOUBLE, data TEXT, KEY prices (price));
INSERT INTO items SELECT CONCAT('item ', a.d + 10 * b.d + 100 * c.d + 1000 * e.d),
  (a.d + 10 * b.d + 100 * c.d) / 7, REPEAT(SHA2(a.d + 10 * b.d + 100 * c.d + 1000 * e.d, 256), 20)
  FROM digits a, digits b, digits c, digits e WHERE e.d < 3;
CREATE TABLE entries(id INT PRIMARY KEY, account INT NOT NULL, parent INT,
  FOREIGN KEY (account) REFERENCES accounts(id) ON DELETE CASCADE,
  FOREIGN KEY (parent) REFERENCES entries(id) ON DELETE SET NULL);
INSERT INTO entries SELECT 1 + a.d + 10 * b.d, 1 + a.d + 10 * b.d, NULLIF(a.d + 10 * b.d, 0)
  FROM digits a, digits b ORDER BY 1;
CREATE TABLE `Mixed Case`(`a b` INT, twice INT AS (`a b` * 2) STORED, half INT AS (`a b` / 2) VIRTUAL,
  t TEXT, l VARCHAR(20) CHARACTER SET latin1, b VARBINARY(20), bits BIT(5), s SET('x', 'y z'));
INSERT INTO `Mixed Case`(`a b`, t, l, b, bits, s) VALUES
  (1, 'tab\there', 'café', x'00ff275c0a0d1a', b'10101', 'x,y z'), (2, 'line\nfeed', '', '', b'0', ''),
  (3, 'quote''s \\ "', NULL, NULL, NULL, NULL);
CREATE TABLE parts(id INT, at DATE NOT NULL) PARTITION BY RANGE (YEAR(at))
  (PARTITION p0 VALUES LESS THAN (2024), PARTITION p1 VALUES LESS THAN MAXVALUE);
INSERT INTO parts VALUES (1, '2023-05-05'), (2, '2025-05-05');
CREATE TABLE touched(id INT);
DELIMITER //
CREATE FUNCTION twice(n INT) RETURNS INT DETERMINISTIC RETURN n * 2 //
CREATE PROCEDURE add_item(IN what VARCHAR(50))
BEGIN
  -- a comment; with a semicolon
  INSERT INTO items(name) VALUES (CONCAT(what, ';'));
END //
CREATE TRIGGER entries_touch BEFORE INSERT ON entries FOR EACH ROW
BEGIN
  INSERT INTO touched VALUES (NEW.id);
  SET NEW.account = NEW.account;
END //
DELIMITER ;
INSERT INTO touched VALUES (-1);
CREATE VIEW rich AS SELECT id, twice(amount) AS doubled FROM accounts WHERE amount > 1000;
CREATE VIEW a_first AS SELECT r.id FROM rich r;
CREATE EVENT tidy ON SCHEDULE EVERY 1 YEAR STARTS '2037-01-01 00:00:00' DISABLE
  DO DELETE FROM touched WHERE id < 0;
)sql";

}  // namespace

absl::Status LoadMysqlSample(const MysqlServer& server, std::string_view database) {
  return server.RunSql(kSample, database);
}

absl::Status LoadMysqlBulk(const MysqlServer& server, std::string_view database, int megabytes,
                           int tables) {
  const int rows = std::max(1, megabytes * 1000 / tables);
  std::string sql =
      "CREATE TABLE numbers_ (n INT PRIMARY KEY);\n"
      "INSERT INTO numbers_ SELECT a.d + 10 * b.d + 100 * c.d + 1000 * e.d + 10000 * f.d + 1 "
      "FROM\n";
  constexpr std::string_view kDigits =
      "(SELECT 0 AS d UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5"
      " UNION SELECT 6 UNION SELECT 7 UNION SELECT 8 UNION SELECT 9)";
  for (const char* const name : {"a", "b", "c", "e", "f"}) {
    absl::StrAppend(&sql, *name == 'a' ? "" : ", ", kDigits, " ", name, "\n");
  }
  absl::StrAppend(&sql, ";\n");
  for (int i = 1; i <= tables; ++i) {
    // 448 bytes that do not compress, and text that does.
    absl::StrAppend(&sql, "CREATE TABLE bulk_", i,
                    " (id BIGINT PRIMARY KEY, grp INT NOT NULL, made DATETIME NOT NULL,"
                    " price DECIMAL(12,2), body TEXT NOT NULL, data BLOB NOT NULL, KEY (grp));\n"
                    "INSERT INTO bulk_",
                    i,
                    " SELECT n, n % 1000, '2024-01-01' + INTERVAL n SECOND, n / 8,"
                    " REPEAT(CONCAT('row ', n, ' '), 50 - LENGTH(n)), UNHEX(CONCAT(");
    for (const char* const name : {"a", "b", "c", "d", "e", "f", "g"}) {
      absl::StrAppend(&sql, *name == 'a' ? "" : ", ", "SHA2(CONCAT('", name, "', n), 512)");
    }
    absl::StrAppend(&sql, ")) FROM numbers_ WHERE n <= ", rows, ";\n");
  }
  return server.RunSql(absl::StrCat(sql, "DROP TABLE numbers_;\n"), database);
}

}  // namespace siphon::testing
