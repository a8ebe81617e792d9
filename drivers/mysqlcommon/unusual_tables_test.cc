// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Tables that a server keeps in its own way: with rows elsewhere, of engines that another server
// lacks, too wide for its strict mode, in other directories, with defaults from sequences.

#include <sys/stat.h>

#include <filesystem>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "drivers/mysqlcommon/catalog.h"
#include "drivers/mysqlcommon/fixture.h"
#include "drivers/mysqlcommon/strict_mode.h"
#include "drivers/mysqlcommon/table_dump.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/context.h"
#include "siphon/domain/dumps/scope.h"
#include "testing/contracts/driver_bodies.h"
#include "testing/event_log.h"
#include "testing/rounds.h"
#include "testing/servers/mysql.h"
#include "testing/status_matchers.h"

namespace siphon::mysqlcommon {
namespace {

using siphon::testing::EventLog;
using siphon::testing::MemoryTarget;
using siphon::testing::MysqlServer;
using siphon::testing::PieceReader;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class UnusualTablesTest : public ::testing::TestWithParam<std::string> {
 protected:
  void TearDown() override { EXPECT_THAT(Leftovers(server_), IsEmpty()); }

  bool mariadb() const { return server_.is_mariadb(); }
  void Make(const std::string& sql) { ASSERT_OK(server_.RunSql(sql, source_.database)); }
  base::Context Logged() { return base::Context(std::stop_token(), &log_); }
  std::string BackUpLogged() {
    EXPECT_OK(TryBackUp(server_, source_, dump_, {}, Logged()));
    return dump_.data();
  }
  absl::Status RestoreLogged(std::string_view body, const driver::RestoreOptions& options = {}) {
    return TryRestore(server_, target_, body, options, Logged());
  }
  // What `verify --restore` sees of a body.
  driver::Schema InScratch(std::string_view body, bool trust = false) {
    const base::Context context;
    const auto scratch = ForkDriver(ForkOf(server_)).OpenScratchOn(context, target_);
    EXPECT_OK(scratch);
    if (!scratch.ok()) return {};
    PieceReader reader(body);
    driver::RestoreOptions options;
    options.trust = trust;
    EXPECT_OK((*scratch)->Restore(context, options, reader));
    const auto schema = (*scratch)->Inspect(context, {.exact = true});
    EXPECT_OK(schema);
    return schema.value_or(driver::Schema());
  }

  MysqlServer& server_ = SharedServer(GetParam());
  const profile::ConnectionProfile source_ = NewDatabase(server_);
  const profile::ConnectionProfile target_ = NewDatabase(server_);
  EventLog log_;
  MemoryTarget dump_;
};

INSTANTIATE_TEST_SUITE_P(
    Server, UnusualTablesTest,
    ::testing::ValuesIn(siphon::testing::VersionsToTest(siphon::testing::AllMysqlServers())),
    [](const ::testing::TestParamInfo<std::string>& info) {
      return absl::StrReplaceAll(info.param, {{"-", ""}, {".", ""}});
    });

TEST_P(UnusualTablesTest, MergeTableIsDumpedAsADefinitionOnly) {
  Make(
      "CREATE TABLE y1(a INT) ENGINE=MyISAM; CREATE TABLE y2(a INT) ENGINE=MyISAM;"
      "INSERT INTO y1 VALUES (1), (2); INSERT INTO y2 VALUES (3);"
      "CREATE TABLE m(a INT) ENGINE=MERGE UNION=(y1, y2) INSERT_METHOD=LAST;"
      "CREATE TABLE z(a INT) ENGINE=MERGE UNION=(y1) INSERT_METHOD=NO;");
  const std::string body = BackUpLogged();
  EXPECT_THAT(log_.Messages(),
              AllOf(Contains(HasSubstr("table m (MRG_")), Contains(HasSubstr("table z (MRG_"))));
  std::vector<std::string> rows;
  for (const dumps::TableInfo& table : dump_.contents().tables) {
    rows.push_back(absl::StrCat(table.name, "=", table.rows));
  }
  EXPECT_THAT(rows, ElementsAre("m=0", "y1=2", "y2=1", "z=0"));
  driver::RestoreOptions options;
  for (const bool clean : {false, true}) {
    options.clean = clean;
    EXPECT_OK(TryRestore(server_, target_, body, options));
    EXPECT_EQ(PlainConnection(target_).Int("SELECT COUNT(*) FROM m"), 3);
    EXPECT_EQ(PlainConnection(target_).Int("SELECT COUNT(*) FROM y2"), 1);
  }
  options.data_only = true;
  EXPECT_OK(TryRestore(server_, target_, body, options));
  options.data_only = false;
  options.in_place = true;
  EXPECT_OK(TryRestore(server_, target_, body, options));
  EXPECT_EQ(PlainConnection(target_).Int("SELECT COUNT(*) FROM m"), 3);
  // Compared with the rows of the dump.
  for (const driver::TableSchema& table : InScratch(body).tables) {
    EXPECT_EQ(table.rows, table.name == "y1" ? 2 : table.name == "y2" ? 1 : 0) << table.name;
  }
}

TEST_P(UnusualTablesTest, EngineThatTheServerLacksIsNamedAndNotReplaced) {
  const std::string own = absl::StrReplaceAll(
      [&] {
        Make("CREATE TABLE t(a INT) ENGINE=MyISAM; INSERT INTO t VALUES (1)");
        return BackUpLogged();
      }(),
      {{"ENGINE=MyISAM", "ENGINE=TOKUDB"}});
  // Of mysqldump, which sets its own mode.
  const std::string theirs =
      "SET SQL_MODE='NO_AUTO_VALUE_ON_ZERO';\nCREATE TABLE `t` (`a` int) ENGINE=TOKUDB;\n"
      "INSERT INTO `t` VALUES (1);\n-- Dump completed\n";
  PlainConnection(target_).Run("CREATE TABLE old(a INT)");
  driver::RestoreOptions options;
  options.clean = true;
  for (const std::string& body : {own, theirs}) {
    for (const bool in_place : {false, true}) {
      options.in_place = in_place;
      EXPECT_THAT(TryRestore(server_, target_, body, options),
                  StatusIs(errs::kDatabase,
                           AllOf(HasSubstr("TOKUDB"), HasSubstr("`t`"), HasSubstr("line "))));
    }
  }
}

TEST_P(UnusualTablesTest, LibrariesAreNotDumpedAndSaid) {
  if (mariadb()) return;  // It has no libraries.
  Make(
      "CREATE TABLE t(a INT); CREATE LIBRARY code LANGUAGE JAVASCRIPT AS"
      " 'export function f(a) { return a }'");
  const std::string body = BackUpLogged();
  EXPECT_THAT(log_.Warnings(),
              ElementsAre(AllOf(HasSubstr("libraries are not dumped"), HasSubstr("code"))));
  EXPECT_THAT(dump_.contents().annotations, Contains(::testing::Pair("not_seen", "libraries")));
  EXPECT_OK(RestoreLogged(body));
  driver::BackupOptions some;
  some.tables = {"t"};
  EventLog quiet;
  EXPECT_OK(TryBackUp(server_, source_, dump_, some, base::Context(std::stop_token(), &quiet)));
  EXPECT_THAT(quiet.Warnings(), IsEmpty());
}

TEST_P(UnusualTablesTest, DefaultsFromSeveralSequencesAreRestored) {
  if (!mariadb()) return;  // MySQL has no sequences.
  Make(
      "CREATE SEQUENCE s1; CREATE SEQUENCE s2 START WITH 100;"
      "CREATE TABLE t(a INT DEFAULT NEXTVAL(s1), b INT DEFAULT (NEXTVAL(s2) + 1),"
      " c BIGINT DEFAULT (NEXTVAL(s1) + NEXTVAL(s2)), d VARCHAR(40) DEFAULT CONCAT('`siphon`.', a),"
      " k INT PRIMARY KEY) ;"
      "CREATE TABLE v(a INT DEFAULT NEXTVAL(s1), b INT DEFAULT NEXTVAL(s2), k INT)"
      " WITH SYSTEM VERSIONING;"
      "INSERT INTO t(k) VALUES (1), (2); INSERT INTO v(k) VALUES (1); UPDATE v SET k = 2;");
  const std::string before = Describe(server_, source_.database);
  const std::string body = BackUpLogged();
  driver::RestoreOptions options;
  for (const bool clean : {false, true}) {
    options.clean = clean;
    EXPECT_OK(TryRestore(server_, target_, body, options));
    EXPECT_EQ(absl::StrReplaceAll(Describe(server_, target_.database),
                                  {{siphon::testing::MysqlName(target_.database),
                                    siphon::testing::MysqlName(source_.database)}}),
              before);
    PlainConnection(target_).Run("INSERT INTO t(k) VALUES (3)");
  }
  options.tables = {"t", "s1", "s2"};
  EXPECT_OK(TryRestore(server_, target_, body, options));
  PlainConnection(target_).Run("INSERT INTO t(k) VALUES (4)");
  EXPECT_EQ(PlainConnection(target_).Value("SELECT d FROM t WHERE k = 1"),
            PlainConnection(source_).Value("SELECT d FROM t WHERE k = 1"));
}

TEST_P(UnusualTablesTest, SequencesOfDefaultsComeWithTheirTable) {
  if (!mariadb()) return;  // MySQL has no sequences.
  Make(
      "CREATE SEQUENCE s1; CREATE SEQUENCE s2 START WITH 100; CREATE SEQUENCE `s 3`;"
      "CREATE SEQUENCE unused;"
      "CREATE TABLE t(a INT DEFAULT (NEXT VALUE FOR s1), b INT DEFAULT (NEXTVAL(s2) + 1), k INT);"
      "CREATE TABLE other(a INT DEFAULT NEXTVAL(`s 3`)); INSERT INTO t(k) VALUES (1), (2);");
  driver::BackupOptions options;
  options.tables = {"t"};
  EXPECT_OK(TryBackUp(server_, source_, dump_, options, Logged()));
  EXPECT_THAT(log_.Messages(), AllOf(Contains(AllOf(HasSubstr("sequence s1"), HasSubstr("of t"))),
                                     Contains(HasSubstr("sequence s2"))));
  EXPECT_THAT(dump_.data(), AllOf(Not(HasSubstr("s 3")), Not(HasSubstr("unused"))));
  ASSERT_OK(RestoreLogged(dump_.data()));
  PlainConnection(target_).Run("INSERT INTO t(k) VALUES (3)");
  EXPECT_EQ(PlainConnection(target_).Value("SELECT CONCAT(a > 2, b > 102) FROM t WHERE k = 3"),
            "11");
  options.exclude_tables = {"s1"};
  EXPECT_OK(TryBackUp(server_, source_, dump_, options, Logged()));
  EXPECT_THAT(log_.Warnings(),
              Contains(AllOf(HasSubstr("lacks the sequence s1"), HasSubstr("defaults of t use"))));
}

TEST_P(UnusualTablesTest, ChosenTablesUseTheSequencesOfTheTarget) {
  if (!mariadb()) return;  // MySQL has no sequences.
  Make(
      "CREATE SEQUENCE `s 1`; CREATE TABLE t(k INT, a INT DEFAULT NEXTVAL(`s 1`) COMMENT"
      " 'nextval(x)'); INSERT INTO t(k) VALUES (1), (2);");
  const std::string body = BackUpLogged();
  for (const bool in_place : {false, true}) {
    const profile::ConnectionProfile target = NewDatabase(server_);
    driver::RestoreOptions options;
    options.in_place = in_place;
    options.tables = {"t"};
    const absl::Status status = TryRestore(server_, target, body, options);
    EXPECT_THAT(status,
                StatusIs(errs::kNotFound, AllOf(HasSubstr("table t"), HasSubstr("sequence s 1"))));
    EXPECT_THAT(status, HasHint(HasSubstr("--table s 1")));
    PlainConnection(target).Run("CREATE SEQUENCE `s 1` START WITH 7000");
    options.clean = true;
    ASSERT_OK(TryRestore(server_, target, body, options));
    PlainConnection(target).Run("INSERT INTO t(k) VALUES (3)");
    EXPECT_EQ(PlainConnection(target).Value("SELECT a FROM t WHERE k = 3"), "7000");
  }
  driver::BackupOptions without;
  without.exclude_tables = {"s 1"};
  ASSERT_OK(TryBackUp(server_, source_, dump_, without));
  driver::RestoreOptions options;
  options.clean = true;
  options.annotations = dump_.contents().annotations;
  options.annotations[std::string(dumps::kScopeAnnotation)] = dumps::kSomeTables;
  EXPECT_THAT(RestoreLogged(dump_.data(), options),
              StatusIs(errs::kNotFound, HasSubstr("sequence s 1")));
  PlainConnection(target_).Run("CREATE SEQUENCE `s 1` START WITH 7000");
  ASSERT_OK(RestoreLogged(dump_.data(), options));
  PlainConnection(target_).Run("INSERT INTO t(k) VALUES (3)");
  EXPECT_EQ(PlainConnection(target_).Value("SELECT a FROM t WHERE k = 3"), "7000");
}

TEST_P(UnusualTablesTest, TableThatTheStrictModeRefusesIsMadeWithoutItAndSaid) {
  std::vector<std::string> columns;
  for (int i = 0; i < 40; ++i) columns.push_back(absl::StrCat("c", i, " CHAR(250)"));
  Make(absl::StrCat("SET SESSION innodb_strict_mode=OFF; CREATE TABLE wide(",
                    absl::StrJoin(columns, ","),
                    ") CHARSET=latin1 ROW_FORMAT=COMPACT; INSERT INTO wide(c0) VALUES ('x');"
                    "CREATE TABLE narrow(a INT)"));
  const std::string body = BackUpLogged();
  driver::RestoreOptions options;
  for (const bool clean : {false, true}) {
    options.clean = clean;
    EXPECT_OK(RestoreLogged(body, options));
  }
  EXPECT_THAT(log_.Warnings(),
              AllOf(Contains(AllOf(HasSubstr("table wide"), HasSubstr("innodb_strict_mode=OFF"))),
                    Not(Contains(HasSubstr("narrow")))));
  EXPECT_EQ(Describe(server_, target_.database), Describe(server_, source_.database));
  options.data_only = true;
  EXPECT_OK(RestoreLogged(body, options));
  EXPECT_EQ(PlainConnection(target_).Value("SELECT c0 FROM wide"), "x");
}

TEST_P(UnusualTablesTest, TableWhoseOptionsTheStrictModeRefusesIsMadeWithoutItAndSaid) {
  Make(
      "SET SESSION innodb_strict_mode=OFF;"
      "CREATE TABLE packed(a INT PRIMARY KEY) ROW_FORMAT=DYNAMIC KEY_BLOCK_SIZE=8;"
      "CREATE TABLE blocks(a INT PRIMARY KEY) ROW_FORMAT=COMPRESSED KEY_BLOCK_SIZE=3;"
      "CREATE TABLE fixed_rows(a INT PRIMARY KEY) ROW_FORMAT=FIXED;"
      "INSERT INTO packed VALUES (1); INSERT INTO blocks VALUES (2);");
  const std::string body = BackUpLogged();
  driver::RestoreOptions options;
  for (const bool clean : {false, true}) {
    options.clean = clean;
    ASSERT_OK(RestoreLogged(body, options));
  }
  for (const char* const table : {"table packed", "table blocks", "table fixed_rows"}) {
    if (!mariadb()) break;  // MySQL does not refuse the definitions that it shows.
    EXPECT_THAT(log_.Warnings(),
                Contains(AllOf(HasSubstr(table), HasSubstr("innodb_strict_mode=OFF"))));
  }
  EXPECT_EQ(Describe(server_, target_.database), Describe(server_, source_.database));
  // A table that cannot be made for another reason: the server's own error.
  EXPECT_THAT(TryRestore(server_, NewDatabase(server_),
                         "CREATE TABLE a(a INT, FOREIGN KEY (a) REFERENCES a(nothing));\n"),
              Not(IsOk()));
}

TEST_P(UnusualTablesTest, TableInAnotherDirectoryIsRestoredInTheServersOwnAndSaid) {
  if (!mariadb()) return;  // MySQL moves the files of such a table.
  const std::string directory =
      (std::filesystem::path(server_.data_directory()).parent_path() / "elsewhere").string();
  mkdir(directory.c_str(), 0777);
  ASSERT_EQ(chmod(directory.c_str(), 0777), 0);
  Make(absl::StrCat("CREATE TABLE i(a INT PRIMARY KEY) ENGINE=InnoDB DATA DIRECTORY='", directory,
                    "'; INSERT INTO i VALUES (1);"
                    "CREATE TABLE m(a INT) ENGINE=MyISAM DATA DIRECTORY='",
                    directory, "' INDEX DIRECTORY='", directory,
                    "'; INSERT INTO m VALUES (2);"
                    "CREATE TABLE p(a INT) PARTITION BY RANGE (a) (PARTITION p0 VALUES LESS THAN"
                    " (10) DATA DIRECTORY='",
                    directory, "'); INSERT INTO p VALUES (3)"));
  const std::string body = BackUpLogged();
  EXPECT_THAT(log_.Warnings(),
              Contains(AllOf(HasSubstr("only with --trust"), HasSubstr("table i ("),
                             HasSubstr("table m ("), HasSubstr("table p ("))));
  driver::RestoreOptions options;
  options.clean = true;
  EXPECT_THAT(TryRestore(server_, source_, body, options),
              StatusIs(errs::kDriverUnsupported, HasSubstr("\"DATA\"")));
  EXPECT_EQ(PlainConnection(source_).Value("SELECT CONCAT(i.a, m.a, p.a) FROM i, m, p"), "123");
  EXPECT_THAT(Leftovers(server_), IsEmpty());
  options.trust = true;
  // The source itself, whose tables are there, and another one.
  for (const profile::ConnectionProfile& into : {target_, source_, source_}) {
    EXPECT_OK(TryRestore(server_, into, body, options, Logged()));
    EXPECT_EQ(PlainConnection(into).Value("SELECT CONCAT(i.a, m.a, p.a) FROM i, m, p"), "123");
  }
  for (const char* const table : {"table i", "table m", "table p"}) {
    EXPECT_THAT(log_.Warnings(), Contains(AllOf(HasSubstr(table), HasSubstr("DIRECTORY"))));
  }
  EXPECT_EQ(InScratch(body, true).tables.size(), 3);
  // In place, the tables keep their directory.
  options.in_place = true;
  Make("DROP TABLE i, m, p");
  for (int i = 0; i < 2; ++i) {
    EXPECT_OK(TryRestore(server_, target_, body, options));
    EXPECT_EQ(PlainConnection(target_).Value("SELECT CONCAT(i.a, m.a, p.a) FROM i, m, p"), "123");
    EXPECT_THAT(Describe(server_, target_.database),
                HasSubstr(absl::StrCat("DATA DIRECTORY='", directory)));
  }
  options.trust = false;
  EXPECT_THAT(TryRestore(server_, target_, body, options),
              StatusIs(errs::kDriverUnsupported, HasSubstr("\"DATA\"")));
}

TEST_P(UnusualTablesTest, RowLongerThanMaxAllowedPacketIsToldByTheBackup) {
  PlainConnection admin(source_);
  admin.Run("CREATE TABLE zeros(a INT PRIMARY KEY, b MEDIUMBLOB)");
  admin.Run("INSERT INTO zeros VALUES (1, REPEAT('\\0', 700000)), (2, 'x')");
  admin.Run("CREATE TABLE many(a INT PRIMARY KEY, b MEDIUMBLOB)");
  for (int i = 0; i < 4; ++i) {
    admin.Run(absl::StrCat("INSERT INTO many VALUES (", i, ", REPEAT('x', 400000))"));
  }
  const std::string before = admin.Value("SELECT @@GLOBAL.max_allowed_packet");
  admin.Run("SET GLOBAL max_allowed_packet = 1048576");
  const std::string body = BackUpLogged();
  EXPECT_THAT(log_.Warnings(), ElementsAre(AllOf(HasSubstr("table zeros: "), HasSubstr("1048576"),
                                                 HasSubstr("max_allowed_packet=1400832"))));
  EXPECT_THAT(TryRestore(server_, target_, body),
              StatusIs(errs::kInvalidArgument, HasSubstr("longer than the server accepts")));
  // This packet size is large enough.
  admin.Run("SET GLOBAL max_allowed_packet = 1400832");
  EXPECT_OK(TryRestore(server_, target_, body));
  admin.Run(absl::StrCat("SET GLOBAL max_allowed_packet = ", before));
}

TEST(TooLongForTest, NoServerTakesMoreThanAGibibyte) {
  EXPECT_EQ(TooLongFor(1'000'000, 1 << 20), "");
  EXPECT_EQ(TooLongFor((1 << 30) - 64, 1 << 30), "");
  EXPECT_THAT(TooLongFor((1 << 30) - 63, 1 << 30), HasSubstr("a restore of this dump will fail"));
}

// MySQL lets only administrators relax the strict mode.
TEST_P(UnusualTablesTest, UserWhoMayNotRelaxTheStrictModeIsToldWhatTheTableNeeds) {
  std::vector<std::string> columns;
  for (int i = 0; i < 40; ++i) columns.push_back(absl::StrCat("c", i, " CHAR(250)"));
  Make(absl::StrCat("SET SESSION innodb_strict_mode=OFF; CREATE TABLE wide(",
                    absl::StrJoin(columns, ","),
                    ") CHARSET=latin1 ROW_FORMAT=COMPACT;"
                    "CREATE USER IF NOT EXISTS plain@'%' IDENTIFIED BY 'plain';"
                    "GRANT ALL ON `siphon\\_%`.* TO plain@'%'; GRANT ALL ON ",
                    siphon::testing::MysqlName(target_.database), ".* TO plain@'%'"));
  const std::string body = BackUpLogged();
  profile::ConnectionProfile plain = target_;
  plain.user = "plain";
  plain.password = "plain";
  PlainConnection(target_).Run("CREATE TABLE old(a INT)");
  driver::RestoreOptions options;
  options.clean = true;
  const absl::Status status = TryRestore(server_, plain, body, options);
  if (mariadb()) {
    EXPECT_OK(status);
    return;
  }
  EXPECT_THAT(status, StatusIs(errs::kDatabase, HasSubstr("Row size too large")));
  EXPECT_THAT(errs::GetError(status)->hint,
              AllOf(HasSubstr("innodb_strict_mode=OFF"), HasSubstr("SESSION_VARIABLES_ADMIN")));
  EXPECT_EQ(PlainConnection(target_).Value("SHOW TABLES"), "old");
  // In place, the old tables would be gone.
  options.in_place = true;
  options.annotations = dump_.contents().annotations;
  const absl::Status in_place = TryRestore(server_, plain, body, options);
  EXPECT_THAT(in_place, StatusIs(errs::kDatabase, HasSubstr("longer than a page: wide")));
  EXPECT_THAT(in_place, HasHint(HasSubstr("innodb_strict_mode=OFF")));
  EXPECT_EQ(PlainConnection(target_).Value("SHOW TABLES"), "old");
  options.tables = {"other"};
  EXPECT_THAT(TryRestore(server_, plain, body, options), StatusIs(errs::kNotFound));
}

TEST(LeastRowBytesTest, CountsWhatStaysInTheRow) {
  Table table;
  table.row_format = "Dynamic";
  const auto add = [&](std::string_view type, int64_t octets) -> Column& {
    Column& column = table.columns.emplace_back();
    column.data_type = type;
    column.octets = octets;
    return column;
  };
  add("int", 0);
  add("char", 250);
  add("varchar", 3000);
  add("longtext", int64_t{1} << 32);
  add("char", 100).is_virtual = true;
  EXPECT_EQ(LeastRowBytes(table), 4 + 250 + 20 + 20);
  table.row_format = "Compact";
  EXPECT_EQ(LeastRowBytes(table), 4 + 250 + 788 + 788);
}

// A row that just fits, and one that does not.
TEST_P(UnusualTablesTest, OnlyATableThatTheStrictModeRefusesIsSaidToBeTooWide) {
  for (const auto& [columns, wide] : {std::pair{32, false}, std::pair{33, true}}) {
    std::vector<std::string> list;
    for (int i = 0; i < columns; ++i) list.push_back(absl::StrCat("c", i, " CHAR(250)"));
    const profile::ConnectionProfile source = NewDatabase(server_);
    const std::string create =
        absl::StrCat("CREATE TABLE w(", absl::StrJoin(list, ","), ") CHARSET=latin1;");
    EXPECT_EQ(server_.RunSql(create, source.database).ok(), !wide);
    ASSERT_OK(server_.RunSql(absl::StrCat("SET SESSION innodb_strict_mode=OFF; DROP TABLE IF EXISTS"
                                          " w; ",
                                          create),
                             source.database));
    MemoryTarget dump;
    ASSERT_OK(TryBackUp(server_, source, dump));
    EXPECT_EQ(dump.contents().annotations.contains(std::string(kTooWide)), wide) << columns;
  }
}

// MariaDB 10.11 does not double the backtick when it shows the definition.
TEST_P(UnusualTablesTest, DefinitionThatARestoreCannotReadFailsTheBackup) {
  Make(
      "CREATE TABLE p(id INT PRIMARY KEY);"
      "CREATE TABLE c(x INT, CONSTRAINT `a``b` FOREIGN KEY (x) REFERENCES p(id))");
  const absl::Status status = TryBackUp(server_, source_, dump_);
  if (GetParam() != siphon::testing::kMariadb1011) {
    EXPECT_OK(status);
    EXPECT_OK(TryRestore(server_, target_, dump_.data()));
    return;
  }
  EXPECT_THAT(status,
              StatusIs(errs::kIntegrity, AllOf(HasSubstr("table c: "), HasSubstr("never closed"))));
  driver::BackupOptions options;
  options.exclude_tables = {"c"};
  EXPECT_OK(TryBackUp(server_, source_, dump_, options));
  EXPECT_OK(TryRestore(server_, target_, dump_.data()));
}

TEST_P(UnusualTablesTest, ArchiveTableWithAutoIncrementIsRestored) {
  const std::string has = server_
                              .Value(
                                  "SELECT COUNT(*) FROM information_schema.engines WHERE engine ="
                                  " 'ARCHIVE' AND support = 'YES'")
                              .value_or("");
  if (mariadb() && has == "0") {
    // The plugin is not loaded by default, and may be missing.
    if (!server_.RunSql("INSTALL SONAME 'ha_archive'").ok()) return;
  }
  Make(
      "CREATE TABLE a(id INT AUTO_INCREMENT PRIMARY KEY, `AUTO_INCREMENT` INT COMMENT"
      " 'AUTO_INCREMENT=7') ENGINE=ARCHIVE;"
      "INSERT INTO a(`AUTO_INCREMENT`) VALUES (1), (2), (3)");
  EXPECT_OK(TryRestore(server_, target_, BackUpLogged()));
  EXPECT_EQ(PlainConnection(target_).Value("SELECT GROUP_CONCAT(id, `AUTO_INCREMENT`) FROM a"),
            "11,22,33");
  // A program that keeps the value in the definition.
  EXPECT_THAT(TryRestore(server_, NewDatabase(server_),
                         "CREATE TABLE `a` (`id` int NOT NULL AUTO_INCREMENT, PRIMARY KEY (`id`))"
                         " ENGINE=ARCHIVE AUTO_INCREMENT=4;\nINSERT INTO `a` VALUES (1),(2);\n"),
              HasHint(HasSubstr("ARCHIVE table")));
}

TEST_P(UnusualTablesTest, MemoryTableThatDoesNotFitSaysWhichLimit) {
  Make(
      "SET SESSION max_heap_table_size=8388608; CREATE TABLE mem(a CHAR(250)) ENGINE=MEMORY;"
      "INSERT INTO mem VALUES ('x'); INSERT INTO mem SELECT m.a FROM mem m, mem n;"
      "INSERT INTO mem SELECT 'y' FROM (SELECT a.ordinal_position FROM information_schema.columns "
      "a,"
      " information_schema.columns b LIMIT 3000) AS rows_");
  const std::string body = BackUpLogged();
  PlainConnection admin(target_);
  admin.Run("SET GLOBAL max_heap_table_size=16384");
  const absl::Status status = TryRestore(server_, target_, body);
  admin.Run("SET GLOBAL max_heap_table_size=DEFAULT");
  EXPECT_THAT(status, HasHint(AllOf(HasSubstr("max_heap_table_size"), Not(HasSubstr("disk")))));
  EXPECT_OK(TryRestore(server_, target_, body));
}

TEST_P(UnusualTablesTest, ServerThatTakesNoChangesIsCalledReadOnly) {
  Make("CREATE TABLE t(a INT)");
  const std::string body = BackUpLogged();
  // An administrator may write although the server is read-only; MySQL has a stricter variable.
  ASSERT_OK(server_.RunSql(
      absl::StrCat("DROP USER IF EXISTS owner@'%'; CREATE USER owner@'%' IDENTIFIED BY 'owner';"
                   "GRANT CREATE, DROP, ALTER, INSERT, SELECT ON *.* TO owner@'%'; SET GLOBAL ",
                   mariadb() ? "read_only" : "super_read_only", "=ON")));
  profile::ConnectionProfile owner = target_;
  if (mariadb()) {
    owner.user = "owner";
    owner.password = "owner";
  }
  const absl::Status status = TryRestore(server_, owner, body);
  ASSERT_OK(server_.RunSql("SET GLOBAL read_only=OFF"));
  EXPECT_THAT(status, StatusIs(errs::kDatabase));
  EXPECT_THAT(status, HasHint(AllOf(HasSubstr("takes no changes"), Not(HasSubstr("grant")))));
}

}  // namespace
}  // namespace siphon::mysqlcommon
