// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Everything that a column or a table can be, there and back: through siphon's loader, and through
// the server's own client, which reads the same dump. What is compared is asked for by that client.

#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "drivers/mysqlcommon/fixture.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/file.h"
#include "testing/rounds.h"
#include "testing/servers/descriptions.h"
#include "testing/servers/mysql.h"
#include "testing/status_matchers.h"

namespace siphon::mysqlcommon {
namespace {

using siphon::testing::FirstDifference;
using siphon::testing::MysqlServer;

struct TypeCase {
  std::string_view name;
  std::string_view setup;  // In an empty database.
  std::string_view check;  // What must come out the same.
  enum class Where { kAll, kMariadb, kMysql, kNewMariadb } where = Where::kAll;
};
using Where = TypeCase::Where;

constexpr TypeCase kCases[] = {
    {"Integers",
     "CREATE TABLE t(a TINYINT, b TINYINT UNSIGNED, c SMALLINT, d SMALLINT UNSIGNED, e MEDIUMINT,"
     " f MEDIUMINT UNSIGNED, g INT, h INT UNSIGNED, i BIGINT, j BIGINT UNSIGNED, k INT(8) "
     "ZEROFILL);"
     "INSERT INTO t VALUES (-128, 0, -32768, 0, -8388608, 0, -2147483648, 0, -9223372036854775808,"
     " 0, 42), (127, 255, 32767, 65535, 8388607, 16777215, 2147483647, 4294967295,"
     " 9223372036854775807, 18446744073709551615, 99999999), (NULL, NULL, NULL, NULL, NULL, NULL,"
     " NULL, NULL, NULL, NULL, NULL);",
     "SELECT * FROM t;"},
    {"Decimals",
     "CREATE TABLE t(a DECIMAL(65,30), b DECIMAL(65,0), c DECIMAL(5,2) UNSIGNED);"
     "INSERT INTO t VALUES ('12345678901234567890123456789012345.123456789012345678901234567890',"
     " '-99999999999999999999999999999999999999999999999999999999999999999', 0.01),"
     " ('-0.000000000000000000000000000001', 0, 999.99);",
     "SELECT * FROM t;"},
    {"FloatsBitForBit",
     "CREATE TABLE t(a FLOAT, b DOUBLE, c FLOAT(7,2), d DOUBLE(20,3), e FLOAT UNSIGNED);"
     "INSERT INTO t VALUES (16777217, 0.1, 1.235, 12345678901234.567, 3e38),"
     " (1.401298464324817e-45, 4.9406564584124654e-324, 0, 0, 0),"
     " (3.4028234663852886e38, 1.7976931348623157e308, 99999.99, -1.005, 1),"
     " (0.30000001192092896, 0.30000000000000004, 0.1, 0.1, 0.1),"
     " (-1.17549435e-38, -2.2250738585072014e-308, -0.01, 0.001, 123.456), ('-0', '-0', 0, 0, 0);",
     "SELECT a*1e0, b, b*1e0, c*1e0, d*1e0, e*1e0, CAST(a*1e0 AS CHAR), CAST(b AS CHAR) FROM t;"},
    // As single precision, the greatest number of such a type may be above its own limit.
    {"FloatsAtTheLimitOfTheirDigits",
     "SET sql_mode=''; CREATE TABLE t(id INT PRIMARY KEY, a FLOAT(30,0), b FLOAT(5,2),"
     " c FLOAT(10,2), d DOUBLE(30,0), e DOUBLE(20,3), f REAL(17,16), g FLOAT(10,2) UNSIGNED,"
     " h FLOAT(8,2) ZEROFILL, i FLOAT(255,30), j DOUBLE(7,2) NOT NULL, k DOUBLE ZEROFILL,"
     " KEY (a), KEY (c));"
     "INSERT INTO t VALUES (1, 1e38, 1e38, 1e38, 1e38, 1e38, 1e38, 1e38, 1e38, 1e38, 1e38, 1e100),"
     " (2, -1e38, -1e38, -1e38, -1e38, -1e38, -1e38, -1, 0, -1e38, -1e38, 1e-10),"
     " (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0.01, NULL),"
     " (4, 999999999999999999999999999999, 999.99, 99999996, 999999999999999999999999999999,"
     " 99999999999999999.999, 9.9999, 99999999.99, 999999.99, 1e-30, 99999.99, 0.1),"
     " (5, 0.5, 999.994, 99999995, 1.5, 0.0005, 0.1, 0.005, 0.005, 0.3, -99999.99, 0);",
     "SELECT id, a*1e0, b*1e0, c*1e0, d*1e0, e*1e0, f*1e0, g*1e0, h*1e0, i*1e0, j*1e0, k*1e0"
     " FROM t; SELECT COUNT(*) FROM t WHERE a > 1e30 AND c = 1e8 AND h = 1e6;"},
    {"Bits",
     "CREATE TABLE t(a BIT, b BIT(7), c BIT(64));"
     "INSERT INTO t VALUES (b'0', b'1111111', b'0'), (b'1', b'0100111',"
     " 0xFFFFFFFFFFFFFFFF), (NULL, b'0', 0x2700000000000027);",
     "SELECT HEX(a+0), HEX(b+0), HEX(c+0) FROM t;"},
    {"EveryByte",
     "CREATE TABLE t(id INT PRIMARY KEY, a VARBINARY(300), b BLOB, c BINARY(4), d TINYBLOB,"
     " e LONGBLOB);"
     "CREATE TABLE n(d INT PRIMARY KEY);"
     "INSERT INTO n VALUES (0),(1),(2),(3),(4),(5),(6),(7),(8),(9),(10),(11),(12),(13),(14),(15);"
     "INSERT INTO t SELECT 1 + x.d * 16 + y.d, UNHEX(HEX(x.d * 16 + y.d)),"
     " CONCAT(CHAR(x.d * 16 + y.d), 'x', CHAR(x.d * 16 + y.d), '''', CHAR(x.d * 16 + y.d)),"
     " CHAR(x.d * 16 + y.d), REPEAT(CHAR(x.d * 16 + y.d), 17),"
     " REPEAT(CHAR(x.d * 16 + y.d, 39, 92), 1000) FROM n x, n y;"
     "INSERT INTO t VALUES (0, '', '', '', '', ''), (1000, NULL, NULL, NULL, NULL, NULL);",
     "SELECT id, HEX(a), HEX(b), HEX(c), HEX(d), SHA2(e, 256), LENGTH(e) FROM t ORDER BY id;"},
    {"JsonDocuments",
     "CREATE TABLE t(a JSON);"
     R"(INSERT INTO t VALUES ('{"k": [1, -2.5, 18446744073709551615, "\\u00e9\\n\\"q\\"", null, true]}'),)"
     R"( ('[]'), ('"it''s \\\\ here"'), (NULL), ('1e100'), ('{"": {"a b": "\\ud834\\udd1e"}}');)",
     "SELECT a, HEX(a), JSON_EXTRACT(a, '$.k[2]') FROM t;"},
    {"EnumsAndSets",
     "CREATE TABLE t(a ENUM('x', 'y''s', 'ä', ''), b SET('p', 'q r', 'ö'), c ENUM('u', 'v')"
     " CHARACTER SET latin1);"
     "INSERT INTO t VALUES ('x', 'p,ö', 'u'), ('y''s', '', 'v'), ('ä', 'p,q r,ö', NULL),"
     " ('', NULL, NULL);"
     "SET sql_mode=''; INSERT INTO t VALUES ('no such', 'q r', 'none');",
     "SELECT a, a+0, b, b+0, c, c+0 FROM t;"},
    {"EnumsAndSetsWithEqualMembers",
     "SET sql_mode=''; SET NAMES utf8mb4;"
     "CREATE TABLE t(a ENUM('x', 'X') CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci,"
     " b SET('e', 'ä', 'é') CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci,"
     " c ENUM('o', 'ö') CHARACTER SET latin1 COLLATE latin1_german1_ci);"
     "INSERT INTO t VALUES (1, 1, 1), (2, 4, 2), ('', 7, ''), (NULL, NULL, NULL);",
     "SELECT a, a+0, b, b+0, c, c+0 FROM t;"},
    {"SetsWithAnEmptyMember",
     "CREATE TABLE t(a SET('', 'x'),"
     " b SET('', 'b1', 'b2', 'b3', 'b4', 'b5', 'b6', 'b7', 'b8', 'b9', 'b10', 'b11', 'b12',"
     " 'b13', 'b14', 'b15', 'b16', 'b17', 'b18', 'b19', 'b20', 'b21', 'b22', 'b23', 'b24',"
     " 'b25', 'b26', 'b27', 'b28', 'b29', 'b30', 'b31', 'b32', 'b33', 'b34', 'b35', 'b36',"
     " 'b37', 'b38', 'b39', 'b40', 'b41', 'b42', 'b43', 'b44', 'b45', 'b46', 'b47', 'b48',"
     " 'b49', 'b50', 'b51', 'b52', 'b53', 'b54', 'b55', 'b56', 'b57', 'b58', 'b59', 'b60',"
     " 'b61', 'b62', 'b63'));"
     "INSERT INTO t VALUES (0, 0), (1, 1), (2, 9223372036854775808), (3, 18446744073709551615),"
     " (NULL, 9223372036854775809);",
     "SELECT a, a|0, b, b|0 FROM t;"},
    {"NumbersFilledWithZeros",
     "CREATE TABLE t(a INT(255) ZEROFILL, b DECIMAL(65,30) ZEROFILL, c BIGINT(40) ZEROFILL,"
     " d DOUBLE ZEROFILL, e DOUBLE UNSIGNED); INSERT INTO t VALUES (4294967295, 1.5,"
     " 18446744073709551615, 1.7976931348623157e308, '-0'), (0, 0, 0, '-0', 0);",
     "SELECT a, b, c, d*1e0, e FROM t;"},
    {"DatesAndZeroDates",
     "SET sql_mode='ALLOW_INVALID_DATES';"
     "CREATE TABLE t(a DATE, b DATETIME, c DATETIME(6), d YEAR, e TIME, f TIME(6));"
     "INSERT INTO t VALUES ('0000-00-00', '0000-00-00 00:00:00', '0000-00-00 00:00:00', 0,"
     " '-838:59:59', '-838:59:58.999999'), ('9999-12-31', '9999-12-31 23:59:59',"
     " '9999-12-31 23:59:59.999999', 2155, '838:59:59', '25:00:00.000001'), ('2024-02-31',"
     " '1000-01-01 00:00:00', '1970-01-01 00:00:00.5', 1901, '00:00:00', '-00:00:00.1'),"
     " ('2023-00-00', '2023-10-00 01:02:03', NULL, NULL, NULL, NULL);",
     "SELECT a, b, c, d, e, f, d+0 FROM t;"},
    {"DatesWithoutAYear",
     "SET sql_mode='ALLOW_INVALID_DATES';"
     "CREATE TABLE t(a DATE, b DATETIME, c TIMESTAMP(6) NULL);"
     "SET time_zone='+00:00'; INSERT INTO t VALUES ('0000-00-01', '0000-01-00 00:00:01',"
     " '2038-01-19 03:14:07.999999'), ('0000-12-31', '0001-01-01 00:00:00', '0000-00-00 00:00:00'),"
     " ('0000-02-30', '0000-00-31 23:59:59', '1970-01-01 00:00:01');",
     "SET time_zone='+00:00'; SELECT * FROM t;"},
    {"LongestTimes",
     "SET time_zone='+00:00'; CREATE TABLE t(a TIME(6), b TIME(3), c TIMESTAMP(6) NULL);"
     "INSERT INTO t VALUES ('838:59:59.999999', '-838:59:59.999', '1970-01-01 00:00:00.5'),"
     " ('-838:59:59.999999', '838:59:59.999', NULL);",
     "SET time_zone='+00:00'; SELECT * FROM t;", Where::kMariadb},
    {"TimestampsOverAChangeOfDaylightSaving",
     "SET time_zone='+00:00';"
     "CREATE TABLE t(a TIMESTAMP NULL, b TIMESTAMP(6) NULL, c TIMESTAMP NOT NULL DEFAULT"
     " CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP);"
     "INSERT INTO t VALUES ('2024-03-31 00:59:59', '2024-03-31 01:00:00.000001',"
     " '2024-10-27 00:30:00'), ('2024-10-27 01:30:00', '1970-01-01 00:00:01',"
     " '2038-01-19 03:14:07'), (NULL, NULL, '2024-10-27 00:59:59');",
     "SET time_zone='+00:00'; SELECT a, b, c, UNIX_TIMESTAMP(b) FROM t;"},
    {"SpatialTypes",
     "CREATE TABLE t(id INT PRIMARY KEY, g GEOMETRY, p POINT NOT NULL, l LINESTRING, y POLYGON,"
     " m MULTIPOINT, c GEOMETRYCOLLECTION, SPATIAL INDEX (p));"
     "INSERT INTO t VALUES (1, ST_GeomFromText('POINT(1 2)'), ST_GeomFromText('POINT(0.1 -3e5)'),"
     " ST_GeomFromText('LINESTRING(0 0, 1 1, 2 0)'),"
     " ST_GeomFromText('POLYGON((0 0, 0 3, 3 3, 3 0, 0 0), (1 1, 1 2, 2 2, 2 1, 1 1))'),"
     " ST_GeomFromText('MULTIPOINT(1 1, 2 2)'),"
     " ST_GeomFromText('GEOMETRYCOLLECTION(POINT(1 1), LINESTRING(0 0, 1 1))')),"
     " (2, NULL, ST_GeomFromText('POINT(39 92)'), NULL, NULL, NULL, NULL);",
     "SELECT id, HEX(ST_AsBinary(g)), HEX(p), HEX(l), HEX(y), HEX(m), HEX(c), ST_SRID(p) FROM t;"},
    {"SpatialReferences",
     "CREATE TABLE t(p POINT NOT NULL SRID 4326, g GEOMETRY);"
     "INSERT INTO t VALUES (ST_GeomFromText('POINT(48.2 16.4)', 4326),"
     " ST_GeomFromText('POINT(1 2)', 3857));",
     "SELECT HEX(p), ST_SRID(p), HEX(g), ST_SRID(g), ST_Latitude(p) FROM t;", Where::kMysql},
    // Whatever the server makes of them.
    {"BytesThatAreNoAscii",
     "SET sql_mode=''; CREATE TABLE t(a VARCHAR(9) CHARACTER SET ascii, b TEXT CHARACTER SET "
     "ascii);"
     "INSERT INTO t VALUES (0x61E962, 0x61275C62), (0xFF, 0x80);",
     "SELECT HEX(a), HEX(b) FROM t;"},
    {"BytesThatAreNoCharacters",
     "SET sql_mode=''; CREATE TABLE t(b VARCHAR(9) CHARACTER SET utf8mb3, c VARCHAR(9) CHARACTER "
     "SET"
     " utf8mb4, d VARCHAR(9) CHARACTER SET cp1251, e VARCHAR(9) CHARACTER SET sjis, f VARCHAR(9)"
     " CHARACTER SET ucs2, g VARCHAR(9) CHARACTER SET hebrew);"
     "INSERT INTO t VALUES (0x61EDA08062, 0x61F490808062, 0x6198, 0x61805C62, 0xD800, 0x61FFFE);",
     "SELECT HEX(b), HEX(c), HEX(d), HEX(e), HEX(f), HEX(g) FROM t;"},
    {"FourByteCharacters",
     "CREATE TABLE t(a VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, b TEXT"
     " CHARACTER SET utf8mb4, c VARCHAR(20) CHARACTER SET utf8mb3, d CHAR(5));"
     "INSERT INTO t VALUES ('𝄞 clef 😀', '\\0\\n\\r\\Z\\t''\"\\\\%\\_', 'größe', 'a b  '),"
     " ('', ' ', '\xEF\xBF\xBD', '');",
     "SELECT HEX(a), HEX(b), HEX(c), HEX(d) FROM t;"},
    {"OtherCharacterSets",
     "CREATE TABLE t(a VARCHAR(300) CHARACTER SET latin1, b VARCHAR(50) CHARACTER SET cp1251,"
     " c VARCHAR(50) CHARACTER SET ucs2, d VARCHAR(50) CHARACTER SET utf16, e TEXT CHARACTER SET"
     " utf32, f VARCHAR(50) CHARACTER SET sjis, g VARCHAR(50) CHARACTER SET gbk, h VARCHAR(50)"
     " CHARACTER SET big5, i CHAR(5) CHARACTER SET ascii, j VARCHAR(9) CHARACTER SET koi8r);"
     "INSERT INTO t VALUES (_latin1 0x8081A0E9FF275C00, 'Привет', 'ucs ä', 'utf16 𝄞', 'utf32 😀',"
     " _sjis 0x955C8C5C27, _gbk 0xBF5C5C27, _big5 0xA55C27, 'abc', 'Мир'),"
     " ('', '', '', '', '', '', '', '', '', NULL);",
     "SELECT HEX(a), HEX(b), HEX(c), HEX(d), HEX(e), HEX(f), HEX(g), HEX(h), HEX(i), HEX(j)"
     " FROM t;"},
    {"GeneratedColumns",
     "CREATE TABLE t(a INT, b INT GENERATED ALWAYS AS (a * 2) STORED, c VARCHAR(20) AS"
     " (CONCAT('v', a)) VIRTUAL, d INT, KEY (b), KEY (c));"
     "INSERT INTO t(a, d) VALUES (1, 10), (-2, NULL);",
     "SELECT a, b, c, d FROM t;"},
    {"GeneratedColumnsAlone",
     "CREATE TABLE t(a INT AS (1), b INT AS (2) STORED); INSERT INTO t(a) VALUES (DEFAULT),"
     " (DEFAULT);",
     "SELECT COUNT(*), SUM(a), SUM(b) FROM t;"},
    {"InvisibleColumns",
     "CREATE TABLE t(a INT, b INT INVISIBLE DEFAULT 7, c INT); INSERT INTO t(a, b, c) VALUES"
     " (1, 2, 3), (4, 5, 6);",
     "SELECT a, b, c FROM t; SELECT * FROM t;"},
    {"InvisibleAndFunctionalIndexes",
     "CREATE TABLE t(a INT, b VARCHAR(20), KEY hidden (a) INVISIBLE, KEY f ((LOWER(b))), KEY d"
     " (a DESC, b(3)));INSERT INTO t VALUES (1, 'X');",
     "SELECT index_name, is_visible, expression, collation, sub_part FROM"
     " information_schema.statistics WHERE table_schema = DATABASE() ORDER BY 1, seq_in_index;",
     Where::kMysql},
    {"IgnoredIndexes",
     "CREATE TABLE t(a INT, b VARCHAR(20), KEY hidden (a) IGNORED, KEY d (a DESC, b(3)));",
     "SELECT index_name, ignored, collation, sub_part FROM information_schema.statistics WHERE"
     " table_schema = DATABASE() ORDER BY 1, seq_in_index;",
     Where::kMariadb},
    {"FullTextIndexes",
     "CREATE TABLE t(id INT PRIMARY KEY, b TEXT, FULLTEXT KEY words (b)) ENGINE=InnoDB;"
     "INSERT INTO t VALUES (1, 'the quick brown fox'), (2, 'lazy dogs sleep');",
     "SELECT id FROM t WHERE MATCH(b) AGAINST ('lazy');"},
    {"Partitions",
     "CREATE TABLE r(a INT, b DATE) PARTITION BY RANGE (YEAR(b)) SUBPARTITION BY HASH (a)"
     " SUBPARTITIONS 2 (PARTITION p0 VALUES LESS THAN (2020), PARTITION p1 VALUES LESS THAN"
     " MAXVALUE);"
     "INSERT INTO r VALUES (1, '2019-01-01'), (2, '2021-01-01'), (3, '2022-02-02');"
     "CREATE TABLE l(a INT) PARTITION BY LIST (a) (PARTITION x VALUES IN (1, 2), PARTITION y"
     " VALUES IN (3)); INSERT INTO l VALUES (1), (3);",
     "SELECT a FROM r PARTITION (p1) ORDER BY a; SELECT a FROM l PARTITION (y);"},
    {"ForeignKeysInCircles",
     "SET foreign_key_checks=0;"
     "CREATE TABLE a(id INT PRIMARY KEY, b_id INT, FOREIGN KEY (b_id) REFERENCES b(id));"
     "CREATE TABLE b(id INT PRIMARY KEY, c_id INT, FOREIGN KEY (c_id) REFERENCES c(id) ON DELETE"
     " SET NULL ON UPDATE CASCADE);"
     "CREATE TABLE c(id INT PRIMARY KEY, a_id INT, CONSTRAINT `my key` FOREIGN KEY (a_id) "
     "REFERENCES"
     " a(id));"
     "INSERT INTO a VALUES (1, 1); INSERT INTO b VALUES (1, 1); INSERT INTO c VALUES (1, 1);",
     "SELECT table_name, constraint_name, unique_constraint_schema = DATABASE(),"
     " referenced_table_name, update_rule, delete_rule FROM"
     " information_schema.referential_constraints WHERE constraint_schema = DATABASE() ORDER BY 1;"
     "SELECT * FROM a, b, c;"},
    {"Checks",
     "CREATE TABLE t(a INT CHECK (a > 0), b INT, CONSTRAINT `b is more` CHECK (b > a));"
     "INSERT INTO t VALUES (1, 2);",
     "SELECT constraint_name, check_clause FROM information_schema.check_constraints WHERE"
     " constraint_schema = DATABASE() ORDER BY 1;"},
    {"CommentsAndDefaults",
     "CREATE TABLE t(a INT DEFAULT 5 COMMENT 'it''s \"a\" \\\\ `b`; -- no', b VARCHAR(10) DEFAULT"
     " 'x''y', c INT DEFAULT (1 + 2), d DATETIME DEFAULT CURRENT_TIMESTAMP ON UPDATE"
     " CURRENT_TIMESTAMP, KEY k (a) COMMENT 'the key''s') COMMENT='a\\nb'"
     " AUTO_INCREMENT=77 ROW_FORMAT=DYNAMIC;",
     "SHOW CREATE TABLE t;"},
    {"AutoIncrementAndZero",
     "SET sql_mode='NO_AUTO_VALUE_ON_ZERO';"
     "CREATE TABLE t(id INT AUTO_INCREMENT PRIMARY KEY, a INT); INSERT INTO t VALUES (0, 1),"
     " (5, 2); ALTER TABLE t AUTO_INCREMENT=100;",
     "SELECT * FROM t; INSERT INTO t(a) VALUES (3); SELECT MAX(id) FROM t;"
     " DELETE FROM t WHERE a = 3;"},
    {"AutoIncrementAtItsEnd",
     "CREATE TABLE t(id TINYINT AUTO_INCREMENT PRIMARY KEY); INSERT INTO t VALUES (-5), (127);"
     "CREATE TABLE u(id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY);"
     "INSERT INTO u VALUES (18446744073709551614);",
     "SELECT * FROM t; SELECT * FROM u;"},
    {"YearsOfTwoDigits",
     "CREATE TABLE t(a YEAR(2)); INSERT INTO t VALUES (0), ('00'), (69), (70), (99), (NULL);",
     "SELECT a, a+0 FROM t;", Where::kMariadb},
    {"NamesWithEverything",
     "CREATE TABLE `it's \"a\" table.with dots``quotes`(`a.b` INT, `sel``ect` INT, `größe` INT,"
     " `key` INT, PRIMARY KEY (`a.b`), KEY `i``x y` (`sel``ect`));"
     "INSERT INTO `it's \"a\" table.with dots``quotes` VALUES (1, 2, 3, 4);"
     "CREATE VIEW `v``iew. x` AS SELECT `sel``ect` AS `c``d` FROM `it's \"a\" table.with "
     "dots``quotes`;",
     "SELECT * FROM `it's \"a\" table.with dots``quotes`; SELECT * FROM `v``iew. x`;"},
    {"ViewsOfViewsAndRoutines",
     "CREATE TABLE t(a INT); INSERT INTO t VALUES (3);"
     "CREATE FUNCTION f(x INT) RETURNS INT DETERMINISTIC RETURN x + 1;"
     "CREATE VIEW z AS SELECT f(a) AS b FROM t; CREATE VIEW m AS SELECT b FROM z;"
     "CREATE VIEW a AS SELECT m.b, z.b AS c FROM m JOIN z ON m.b = z.b;"
     "CREATE SQL SECURITY INVOKER VIEW k AS SELECT a FROM t WHERE a > 0 WITH CASCADED CHECK "
     "OPTION;",
     "SELECT * FROM a; SELECT * FROM m; SELECT * FROM k;"},
    {"RoutinesOfOtherModesAndCharacterSets",
     "SET sql_mode='ANSI_QUOTES,NO_BACKSLASH_ESCAPES'; SET NAMES latin1;\n"
     "DELIMITER //\n"
     "CREATE PROCEDURE p(OUT r VARCHAR(20)) BEGIN DECLARE \"x y\" INT DEFAULT 1; SET r = "
     "'a\\b\xE9';"
     " END //\n"
     "DELIMITER ;\n"
     "SET sql_mode=''; SET NAMES utf8mb4;\n"
     "CREATE FUNCTION g() RETURNS VARCHAR(20) CHARACTER SET utf8mb4 DETERMINISTIC RETURN 'é\\n😀';",
     "CALL p(@r); SELECT HEX(@r), HEX(g()); SELECT routine_name, sql_mode, character_set_client,"
     " collation_connection FROM information_schema.routines WHERE routine_schema = DATABASE()"
     " ORDER BY 1;"},
    // A session in such a character set takes no other for a time zone's name.
    {"RoutinesOfWideCharacterSets",
     "SET NAMES utf8mb4, collation_connection=utf16le_general_ci;"
     "CREATE FUNCTION f() RETURNS VARCHAR(9) CHARACTER SET utf8mb4 DETERMINISTIC RETURN 'é';"
     "CREATE EVENT e ON SCHEDULE AT '2037-05-05 05:05:05' DISABLE DO SELECT 1;"
     "CREATE EVENT h ON SCHEDULE AT '2037-05-05 05:05:05' DISABLE DO SELECT 'é';"
     "SET NAMES utf8mb4;",
     "SELECT HEX(f()); SELECT event_name, event_definition, time_zone, collation_connection,"
     " execute_at FROM information_schema.events WHERE event_schema = DATABASE() ORDER BY 1;"},
    {"NamesAndCommentsOfOtherCharacterSets",
     "CREATE TABLE t(a VARCHAR(20) CHARACTER SET utf8mb4);\n"
     "SET NAMES cp1251;\n"
     "CREATE PROCEDURE `p \xEF`(OUT `x \xEF` VARCHAR(9) CHARACTER SET utf8mb4) COMMENT 'c \xEF'"
     " SET `x \xEF` = '\xEF';\n"
     "CREATE TRIGGER `t \xEF` BEFORE INSERT ON t FOR EACH ROW SET NEW.a = '\xEF';\n"
     "CREATE TRIGGER `s \xEF` BEFORE INSERT ON t FOR EACH ROW PRECEDES `t \xEF`"
     " SET NEW.a = '\xEF';\n"
     "CREATE VIEW `v \xEF` AS SELECT '\xEF' AS `c \xEF`;\n"
     "CREATE EVENT `e \xEF` ON SCHEDULE AT '2037-05-05 05:05:05' DISABLE COMMENT 'c \xEF'"
     " DO SELECT '\xEF';\n"
     "SET NAMES utf8mb4; INSERT INTO t VALUES ('');",
     "CALL `p п`(@a); SELECT @a; SELECT * FROM t; SELECT * FROM `v п`;"
     " SELECT routine_name, routine_comment FROM information_schema.routines"
     " WHERE routine_schema = DATABASE(); SELECT trigger_name, action_statement FROM"
     " information_schema.triggers WHERE trigger_schema = DATABASE() ORDER BY 1;"
     " SELECT event_name, event_comment, event_definition FROM information_schema.events"
     " WHERE event_schema = DATABASE();"},
    // SHOW CREATE escapes a comment by backslashes in every sql_mode.
    {"CommentsWithoutBackslashEscapes",
     "DELIMITER //\nSET sql_mode='NO_BACKSLASH_ESCAPES'//\n"
     "CREATE PROCEDURE p(a VARCHAR(9)) COMMENT 'x\\y' SELECT 'x\\y' //\n"
     "CREATE FUNCTION f() RETURNS INT DETERMINISTIC COMMENT 'it''s \\''\n\\' RETURN 1//\n"
     "CREATE EVENT e ON SCHEDULE AT '2037-05-05 05:05:05' DISABLE COMMENT 'x\\' DO SELECT '\\'//\n"
     "SET NAMES cp1251//\nCREATE PROCEDURE `q \xEF`() COMMENT '\xEF\\' SELECT '\xEF\\'//\n"
     "SET NAMES utf8mb4//\nSET sql_mode=''//\n"
     "CREATE PROCEDURE n() COMMENT 'x\\\\y\\n''a' SELECT 1//\nDELIMITER ;\n",
     "SELECT routine_name, HEX(routine_comment), HEX(routine_definition), sql_mode FROM"
     " information_schema.routines WHERE routine_schema = DATABASE() ORDER BY 1;"
     " SELECT HEX(event_comment), event_definition FROM information_schema.events"
     " WHERE event_schema = DATABASE();"},
    {"TriggersInTheirOrder",
     "CREATE TABLE t(a VARCHAR(20)); CREATE TABLE log(id INT AUTO_INCREMENT PRIMARY KEY, x INT);\n"
     "CREATE TRIGGER second BEFORE INSERT ON t FOR EACH ROW INSERT INTO log(x) VALUES (2);\n"
     "CREATE TRIGGER first BEFORE INSERT ON t FOR EACH ROW PRECEDES second INSERT INTO log(x)"
     " VALUES (1);\n"
     "CREATE TRIGGER third AFTER INSERT ON t FOR EACH ROW INSERT INTO log(x) VALUES (3);\n"
     "INSERT INTO t VALUES ('a');",
     "SELECT trigger_name, action_order, action_timing FROM information_schema.triggers WHERE"
     " trigger_schema = DATABASE() ORDER BY 1; SELECT * FROM log;"},
    {"OtherEngines",
     "CREATE TABLE m(a INT, KEY (a)) ENGINE=MyISAM; INSERT INTO m VALUES (1), (2);"
     "CREATE TABLE e(a INT) ENGINE=MEMORY; INSERT INTO e VALUES (3);"
     "CREATE TABLE c(a INT NOT NULL) ENGINE=CSV; INSERT INTO c VALUES (4);",
     "SELECT * FROM m; SELECT * FROM e; SELECT * FROM c;"},
    {"Sequences",
     "CREATE SEQUENCE s START WITH 10 INCREMENT BY 5 MINVALUE -100 MAXVALUE 1000 CACHE 3 CYCLE;"
     "CREATE TABLE t(id INT PRIMARY KEY DEFAULT NEXTVAL(s), a INT); INSERT INTO t(a) VALUES (1),"
     " (2); DO SETVAL(s, 500);",
     "SHOW CREATE SEQUENCE s; SELECT next_not_cached_value, cycle_count FROM s; SELECT id, a FROM"
     " t; INSERT INTO t(a) VALUES (9); SELECT id FROM t WHERE a = 9;",
     Where::kMariadb},
    {"SequencesBehindTheirStart",
     "CREATE SEQUENCE s START WITH 100 MINVALUE 1 MAXVALUE 200 CYCLE; ALTER SEQUENCE s RESTART 7;"
     "CREATE SEQUENCE c START WITH 100 MINVALUE 1 MAXVALUE 101 CYCLE NOCACHE;"
     "DO NEXTVAL(c), NEXTVAL(c), NEXTVAL(c);"
     "CREATE SEQUENCE d START WITH 50 INCREMENT BY -3 MINVALUE 1 MAXVALUE 200;"
     "ALTER SEQUENCE d RESTART 90;"
     "CREATE SEQUENCE e START WITH 1 MINVALUE 1 MAXVALUE 2 CACHE 2; DO NEXTVAL(e), NEXTVAL(e);",
     "SELECT next_not_cached_value, cycle_count FROM s UNION ALL SELECT next_not_cached_value,"
     " cycle_count FROM c UNION ALL SELECT next_not_cached_value, cycle_count FROM d UNION ALL"
     " SELECT next_not_cached_value, cycle_count FROM e; SELECT NEXTVAL(s), NEXTVAL(c),"
     " NEXTVAL(d);",
     Where::kMariadb},
    {"RowsThatAConstraintWasNotAskedAbout",
     "CREATE TABLE t(a INT, CHECK (a > 0)); SET check_constraint_checks=0;"
     "INSERT INTO t VALUES (-1), (1);",
     "SELECT * FROM t ORDER BY a;", Where::kMariadb},
    {"HistoryThatHeldForNoTime",
     "SET timestamp=1700000000; CREATE TABLE t(a INT PRIMARY KEY, b INT) WITH SYSTEM VERSIONING;"
     "CREATE TABLE u(a INT PRIMARY KEY, `s t` TIMESTAMP(6) GENERATED ALWAYS AS ROW START,"
     " e TIMESTAMP(6) GENERATED ALWAYS AS ROW END, PERIOD FOR SYSTEM_TIME(`s t`, e))"
     " WITH SYSTEM VERSIONING;"
     "REPLACE INTO t VALUES (1, 1), (1, 2); INSERT INTO u(a) VALUES (1); REPLACE INTO u(a) VALUES"
     " (1); SET timestamp=1700000100; UPDATE t SET b = 3;",
     "SET time_zone='+00:00'; SELECT *, row_start, row_end FROM t FOR SYSTEM_TIME ALL WHERE"
     " row_start < row_end ORDER BY row_start; SELECT * FROM u;",
     Where::kMariadb},
    {"SystemVersionedTablesWithTheirHistory",
     "SET timestamp=1700000000;"
     "CREATE TABLE t(id INT PRIMARY KEY, a INT) WITH SYSTEM VERSIONING;"
     "CREATE TABLE u(id INT PRIMARY KEY, a INT, since TIMESTAMP(6) GENERATED ALWAYS AS ROW START"
     " INVISIBLE, till TIMESTAMP(6) GENERATED ALWAYS AS ROW END, PERIOD FOR SYSTEM_TIME(since,"
     " till)) WITH SYSTEM VERSIONING;"
     "INSERT INTO t VALUES (1, 1), (2, 2); INSERT INTO u(id, a) VALUES (1, 1);"
     "SET timestamp=1700000100.25; UPDATE t SET a = 10 WHERE id = 1; UPDATE u SET a = 5;"
     "SET timestamp=1700000200; DELETE FROM t WHERE id = 2;",
     "SET time_zone='+00:00'; SELECT *, row_start, row_end FROM t FOR SYSTEM_TIME ALL ORDER BY id,"
     " row_start; SELECT *, since, till FROM u FOR SYSTEM_TIME ALL ORDER BY id, since;",
     Where::kMariadb},
    {"UuidsAndAddresses",
     "CREATE TABLE t(a UUID, b INET6, c INET4); INSERT INTO t VALUES"
     " ('123e4567-e89b-12d3-a456-426655440000', '2001:db8::ff00:42:8329', '192.0.2.33'),"
     " (NULL, '::ffff:192.0.2.1', NULL);",
     "SELECT *, HEX(a), HEX(b), HEX(c) FROM t;", Where::kMariadb},
    {"CompressedColumns",
     "CREATE TABLE t(a TEXT COMPRESSED, b BLOB COMPRESSED);"
     "INSERT INTO t VALUES (REPEAT('abc', 1000), REPEAT(x'0027', 500));",
     "SELECT SHA2(a, 256), SHA2(b, 256) FROM t; SHOW CREATE TABLE t;", Where::kMariadb},
    {"Packages",
     "SET sql_mode=ORACLE;\nDELIMITER //\n"
     "CREATE PACKAGE k AS FUNCTION f RETURN INT; END; //\n"
     "CREATE PACKAGE BODY k AS FUNCTION f RETURN INT AS BEGIN RETURN 42; END; END; //\n"
     "DELIMITER ;\n",
     "SET sql_mode=ORACLE; SELECT k.f();", Where::kMariadb},
    {"MariadbVectors",
     "CREATE TABLE t(id INT PRIMARY KEY, v VECTOR(3) NOT NULL, VECTOR INDEX (v));"
     "INSERT INTO t VALUES (1, VEC_FromText('[0.1, -2, 3e10]')), (2, VEC_FromText('[0, 0, 39]'));",
     "SELECT id, HEX(v) FROM t;", Where::kNewMariadb},
    {"MysqlVectors",
     "CREATE TABLE t(id INT PRIMARY KEY, v VECTOR(3));"
     "INSERT INTO t VALUES (1, STRING_TO_VECTOR('[0.1, -2, 3e10]')), (2, NULL);",
     "SELECT id, HEX(v) FROM t;", Where::kMysql},
};

bool Has(const std::string& server, const TypeCase& type) {
  const bool mariadb = server != siphon::testing::kMysql97;
  switch (type.where) {
    case Where::kAll:
      return true;
    case Where::kMariadb:
      return mariadb;
    case Where::kMysql:
      return !mariadb;
    case Where::kNewMariadb:
      return server == siphon::testing::kMariadb118;
  }
  return false;
}

using Param = std::tuple<std::string, const TypeCase*>;

std::vector<Param> Params() {
  std::vector<Param> params;
  for (const std::string& server :
       siphon::testing::VersionsToTest(siphon::testing::AllMysqlServers())) {
    for (const TypeCase& type : kCases) {
      if (Has(server, type)) params.emplace_back(server, &type);
    }
  }
  return params;
}

class Types : public ::testing::TestWithParam<Param> {
 protected:
  MysqlServer& server() { return SharedServer(std::get<0>(GetParam())); }

  std::string Ask(const profile::ConnectionProfile& profile, std::string_view sql) {
    const auto rows = server().Query(sql, profile.database);
    EXPECT_OK(rows);
    if (!rows.ok()) return "";
    return absl::StrJoin(*rows, "\n", [](std::string* out, const MysqlServer::Row& row) {
      absl::StrAppend(out, absl::StrJoin(row, "|", [](std::string* text, const auto& value) {
                        absl::StrAppend(text, value.value_or("<NULL>"));
                      }));
    });
  }

  // What the server's own program writes; MariaDB names the database in defaults.
  std::string Dump(const profile::ConnectionProfile& profile) {
    const absl::StatusOr<std::string> text = server().Dump(profile.database);
    EXPECT_OK(text);
    return absl::StrReplaceAll(
        text.value_or(""), {{absl::StrCat(siphon::testing::MysqlName(profile.database), "."), ""}});
  }

  // The checksums of all tables that the server can make one of.
  std::string Checksums(const profile::ConnectionProfile& profile) {
    PlainConnection connection(profile);
    std::string text;
    for (const std::string& table : connection.Column(
             "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()"
             " AND table_type = 'BASE TABLE' ORDER BY 1")) {
      const auto rows =
          server().Query(absl::StrCat("CHECKSUM TABLE ", siphon::testing::MysqlName(table), ";"),
                         profile.database);
      EXPECT_OK(rows);
      if (rows.ok() && !rows->empty()) {
        absl::StrAppend(&text, table, " ", (*rows)[0].back().value_or("NULL"), "\n");
      }
    }
    return text;
  }
};

INSTANTIATE_TEST_SUITE_P(Row, Types, ::testing::ValuesIn(Params()),
                         [](const ::testing::TestParamInfo<Param>& info) {
                           return absl::StrCat(std::get<1>(info.param)->name, "_",
                                               absl::StrReplaceAll(std::get<0>(info.param),
                                                                   {{"-", ""}, {".", ""}}));
                         });

TEST_P(Types, ComeBackAsTheyWereThroughSiphonAndThroughTheServersClient) {
  const TypeCase& type = *std::get<1>(GetParam());
  const profile::ConnectionProfile source = NewDatabase(server());
  const profile::ConnectionProfile restored = NewDatabase(server());
  const profile::ConnectionProfile plain = NewDatabase(server());
  ASSERT_OK(server().RunSql(type.setup, source.database));
  const std::string dump = Dump(source);
  const std::string sums = Checksums(source);
  const std::string body = BackUp(server(), source);
  ASSERT_OK(TryRestore(server(), restored, body));
  const std::string path = absl::StrCat(::testing::TempDir(), "/body.sql");
  ASSERT_OK(base::WriteFileAtomically(path, body, 0600));
  ASSERT_OK(server().RunFile(path, plain.database)) << body;
  // The second dump is the first one but for its head, which names database and position.
  const auto without_head = [](const std::string& text) { return text.substr(text.find("\n\n")); };
  EXPECT_EQ(FirstDifference(without_head(BackUp(server(), restored)), without_head(body)), "");
  EXPECT_EQ(FirstDifference(Dump(restored), dump), "");
  EXPECT_EQ(FirstDifference(Dump(plain), dump), "");
  EXPECT_EQ(Checksums(restored), sums);
  EXPECT_EQ(Checksums(plain), sums);
  const std::string asked = Ask(source, type.check);
  EXPECT_EQ(Ask(restored, type.check), asked);
  EXPECT_EQ(Ask(plain, type.check), asked);
}

}  // namespace
}  // namespace siphon::mysqlcommon
