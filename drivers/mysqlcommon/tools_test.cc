// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Dumps by the servers' own programs: mysqldump and mysql, mariadb-dump and mariadb.

#include "drivers/mysqlcommon/tools.h"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "drivers/mysqlcommon/fixture.h"
#include "drivers/mysqlcommon/fork.h"
#include "drivers/mysqlcommon/session.h"
#include "drivers/mysqlcommon/settings.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/context.h"
#include "siphon/base/environment.h"
#include "testing/contracts/driver_bodies.h"
#include "testing/event_log.h"
#include "testing/hostile/mysql_server.h"
#include "testing/rounds.h"
#include "testing/servers/certificates.h"
#include "testing/servers/mysql.h"
#include "testing/status_matchers.h"

namespace siphon::mysqlcommon {
namespace {

using siphon::testing::MemoryTarget;
using siphon::testing::MysqlServer;
using siphon::testing::PieceReader;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr char kSample[] = R"sql(
CREATE TABLE t(a INT PRIMARY KEY, b VARCHAR(20), c VARBINARY(20), d BIT(3), e LONGTEXT);
INSERT INTO t VALUES (1, 'é''"\\', x'00ff27', b'101', REPEAT('line
', 1000)), (2, NULL, NULL, NULL, '-- not a comment; DELIMITER ;;');
CREATE TABLE u(a INT, FOREIGN KEY (a) REFERENCES t(a)); INSERT INTO u VALUES (1);
CREATE TABLE w(a INT); INSERT INTO w VALUES (7);
CREATE VIEW v AS SELECT a FROM t;
DELIMITER //
CREATE FUNCTION f(n INT) RETURNS INT DETERMINISTIC BEGIN DECLARE x INT; SET x = n; RETURN x; END //
CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW BEGIN SET NEW.b = 'z'; END //
DELIMITER ;
CREATE EVENT ev ON SCHEDULE EVERY 1 YEAR STARTS '2037-01-01 00:00:00' DISABLE DO SELECT 1;
)sql";

base::Environment WithPath(const std::string& path) {
  std::map<std::string, std::string, std::less<>> values;
  values["PATH"] = path;
  return base::Environment(std::move(values));
}

profile::ConnectionProfile System(const MysqlServer& server, profile::ConnectionProfile profile) {
  const std::string bin = std::filesystem::path(server.Program("dump")).parent_path().string();
  profile.tools = profile::Tools::kSystem;
  profile.environment = WithPath(absl::StrCat(bin, ":/usr/bin:/bin"));
  return profile;
}

class ToolsTest : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    source_ = System(server_, NewDatabase(server_));
    target_ = System(server_, NewDatabase(server_));
    ASSERT_OK(server_.RunSql(kSample, source_.database));
  }
  void TearDown() override { EXPECT_THAT(Leftovers(server_), IsEmpty()); }

  MysqlServer& server_ = SharedServer(GetParam());
  profile::ConnectionProfile source_, target_;
};

INSTANTIATE_TEST_SUITE_P(
    Server, ToolsTest,
    ::testing::ValuesIn(siphon::testing::VersionsToTest(siphon::testing::AllMysqlServers())),
    [](const ::testing::TestParamInfo<std::string>& info) {
      return absl::StrReplaceAll(info.param, {{"-", ""}, {".", ""}});
    });

TEST_P(ToolsTest, ADumpIsTheProgramsOwnWithItsRowsCounted) {
  MemoryTarget dump;
  ASSERT_OK(TryBackUp(server_, source_, dump));
  EXPECT_THAT(dump.data(), HasSubstr("-- Dump completed"));
  EXPECT_FALSE(dump.contents().rows_estimated);
  std::string counted;
  for (const dumps::TableInfo& table : dump.contents().tables) {
    absl::StrAppend(&counted, table.name, " ", table.rows, "; ");
  }
  EXPECT_EQ(counted, "t 2; u 1; w 1; ");
  ASSERT_OK(TryRestore(server_, target_, dump.data()));
  EXPECT_EQ(Describe(server_, target_.database), Describe(server_, source_.database));
}

TEST_P(ToolsTest, EachSideReadsWhatTheOtherWrites) {
  profile::ConnectionProfile own_source = source_, own_target = target_;
  own_source.tools = own_target.tools = profile::Tools::kAuto;
  driver::RestoreOptions clean;
  clean.clean = true;
  ASSERT_OK(TryRestore(server_, target_, BackUp(server_, own_source)));
  EXPECT_EQ(Describe(server_, target_.database), Describe(server_, source_.database));
  ASSERT_OK(TryRestore(server_, own_target, BackUp(server_, source_), clean));
  EXPECT_EQ(Describe(server_, target_.database), Describe(server_, source_.database));
}

TEST_P(ToolsTest, AChoiceOfTablesOrOfTheirPartsIsTheProgramsToo) {
  driver::BackupOptions chosen, without, definitions, rows;
  chosen.tables = {"t", "v"};
  without.exclude_tables = {"w"};
  definitions.schema_only = true;
  rows.data_only = true;
  const std::string some = BackUp(server_, source_, chosen);
  EXPECT_THAT(some, AllOf(HasSubstr("INSERT INTO `t`"), Not(HasSubstr("`u`")), HasSubstr("`v`")));
  EXPECT_THAT(
      BackUp(server_, source_, without),
      AllOf(HasSubstr("INSERT INTO `u`"), Not(HasSubstr("TABLE `w`")), HasSubstr("FUNCTION `f`")));
  const std::string empty = BackUp(server_, source_, definitions);
  EXPECT_THAT(empty, AllOf(HasSubstr("CREATE TABLE `u`"), Not(HasSubstr("INSERT INTO"))));
  ASSERT_OK(TryRestore(server_, target_, empty));
  driver::RestoreOptions data;
  data.data_only = true;
  ASSERT_OK(TryRestore(server_, target_, BackUp(server_, source_, rows), data));
  EXPECT_EQ(Describe(server_, target_.database), Describe(server_, source_.database));
}

TEST_P(ToolsTest, AFailureOfTheClientNamesTheLineAndLeavesTheTargetAsItWas) {
  const std::string body = BackUp(server_, source_);
  ASSERT_OK(TryRestore(server_, target_, body));
  const std::string before = Describe(server_, target_.database);
  const std::string broken = absl::StrReplaceAll(body, {{"INSERT INTO `w`", "INSERT INTO `x`"}});
  const size_t at = broken.find("INSERT INTO `x`");
  const auto line = 1 + std::count(broken.begin(), broken.begin() + static_cast<long>(at), '\n');
  driver::RestoreOptions clean;
  clean.clean = true;
  EXPECT_THAT(
      TryRestore(server_, target_, broken, clean),
      StatusIs(errs::kDatabase, AllOf(HasSubstr(".x'"), HasSubstr(absl::StrCat("at line ", line)))))
      << line;
  EXPECT_EQ(Describe(server_, target_.database), before);
  EXPECT_FALSE(TryRestore(server_, target_, body.substr(0, body.size() - 40), clean).ok());
  EXPECT_EQ(Describe(server_, target_.database), before);
}

TEST_P(ToolsTest, AScratchDatabaseIsFilledByTheClient) {
  const base::Context context;
  const std::string body = BackUp(server_, source_);
  const auto scratch = ForkDriver(ForkOf(server_)).OpenScratchOn(context, target_);
  ASSERT_OK(scratch);
  PieceReader reader(body);
  ASSERT_OK((*scratch)->Restore(context, {}, reader));
  const auto schema = (*scratch)->Inspect(context, {.exact = true});
  ASSERT_OK(schema);
  int64_t rows = 0;
  for (const driver::TableSchema& table : schema->tables) rows += table.rows;
  EXPECT_EQ(rows, 4);
  EXPECT_OK((*scratch)->Close());
}

TEST_P(ToolsTest, WhatTheProgramsDoNotKnowIsRefused) {
  driver::BackupOptions checksums, definer;
  checksums.checksums = true;
  definer.definer = verbs::Definer::kStrip;
  for (const driver::BackupOptions& options : {checksums, definer}) {
    MemoryTarget dump;
    EXPECT_THAT(TryBackUp(server_, source_, dump, options), StatusIs(errs::kDriverUnsupported));
    EXPECT_EQ(dump.begins(), 0);
  }
}

// The dump programs cannot be told to set a variable.
TEST_P(ToolsTest, AreNotStartedWhereTheServerWouldHideRowsFromThem) {
  PlainConnection admin(source_);
  const std::string body = BackUp(server_, source_);
  admin.Run("SET GLOBAL sql_select_limit=1");
  MemoryTarget dump;
  EXPECT_THAT(TryBackUp(server_, source_, dump),
              StatusIs(errs::kDriverUnsupported, HasSubstr("sql_select_limit is 1")));
  EXPECT_EQ(dump.begins(), 0);
  // The client gets siphon's own settings.
  admin.Run("SET GLOBAL sql_safe_updates=1");
  admin.Run("SET GLOBAL autocommit=0");
  EXPECT_OK(TryRestore(server_, target_, body));
  admin.Run("SET GLOBAL autocommit=1");
  admin.Run("SET GLOBAL sql_safe_updates=0");
  admin.Run("SET GLOBAL sql_select_limit=DEFAULT");
  EXPECT_EQ(Describe(server_, target_.database), Describe(server_, source_.database));
}

// The reader follows the sql_mode of each definition in the program's dump, too.
TEST_P(ToolsTest, DefinitionsOfOtherModesAreRead) {
  PlainConnection connection(source_);
  for (const char* const sql :
       {"SET sql_mode='NO_BACKSLASH_ESCAPES'", "CREATE PROCEDURE slash() SELECT 'C:\\'",
        "CREATE TRIGGER slashed BEFORE INSERT ON w FOR EACH ROW SET @x = 'C:\\'",
        "CREATE EVENT slashes ON SCHEDULE EVERY 1 YEAR STARTS '2037-01-01 00:00:00' DISABLE DO"
        " SELECT 'C:\\', ';'",
        "SET sql_mode='ANSI_QUOTES'",
        "CREATE FUNCTION quoted() RETURNS INT DETERMINISTIC RETURN (SELECT MAX(\"a\") FROM \"t\")",
        "SET sql_mode=''"}) {
    connection.Run(sql);
  }
  // Not on MySQL: mysqldump writes the delimiter on the line of the comment, and neither siphon nor
  // the mysql client finds it there.
  if (server_.is_mariadb()) {
    connection.Run("CREATE FUNCTION hash() RETURNS INT DETERMINISTIC RETURN 1 # ends here");
  }
  const std::string body = BackUp(server_, source_);
  PieceReader reader(body);
  EXPECT_OK(ForkDriver(ForkOf(server_)).VerifyDeep(base::Context(), {}, reader));
  ASSERT_OK(TryRestore(server_, target_, body));
  EXPECT_EQ(Describe(server_, target_.database), Describe(server_, source_.database));
}

// The dump is compared with the catalogue, whatever program made it.
TEST_P(ToolsTest, WhatTheDumpProgramLeavesOutIsNoticed) {
  const std::string folder = absl::StrCat(::testing::TempDir(), "/forgetful");
  std::filesystem::create_directories(folder);
  const std::string program =
      absl::StrCat(folder, server_.is_mariadb() ? "/mariadb-dump" : "/mysqldump");
  const auto forget = [&](const std::string& option) {
    std::ofstream(program) << "#!/bin/sh\nfirst=$1\nshift\nexec '" << server_.Program("dump")
                           << "' \"$first\" " << option << " \"$@\"\n";
    std::filesystem::permissions(program, std::filesystem::perms::owner_all);
  };
  // The option does not take the odd names of the other databases.
  ASSERT_OK(server_.CreateDatabase("forgetful"));
  ASSERT_OK(server_.RunSql(kSample, "forgetful"));
  profile::ConnectionProfile source = System(server_, ProfileFor(server_, "forgetful"));
  source.environment = WithPath(absl::StrCat(folder, ":/usr/bin:/bin"));
  MemoryTarget dump;
  forget("--ignore-table=forgetful.w");
  EXPECT_THAT(TryBackUp(server_, source, dump), StatusIs(errs::kIntegrity, HasSubstr("table w")));
  forget("--skip-triggers");
  siphon::testing::EventLog log;
  EXPECT_OK(TryBackUp(server_, source, dump, {}, base::Context({}, &log)));
  EXPECT_THAT(log.Warnings(), Contains(HasSubstr("the dump lacks: trigger tr")));
  forget("");
  siphon::testing::EventLog whole;
  EXPECT_OK(TryBackUp(server_, source, dump, {}, base::Context({}, &whole)));
  EXPECT_THAT(whole.Warnings(), Not(Contains(HasSubstr("lacks"))));
  EXPECT_OK(server_.RunSql("DROP DATABASE forgetful"));
}

TEST_P(ToolsTest, AreLookedForOnThePath) {
  source_.environment = WithPath("/usr/lib/nothing");
  MemoryTarget dump;
  EXPECT_THAT(
      TryBackUp(server_, source_, dump),
      StatusIs(errs::kNotFound, HasSubstr(server_.is_mariadb() ? "mariadb-dump" : "mysqldump")));
  EXPECT_EQ(dump.begins(), 0);
}

TEST_P(ToolsTest, ConnectAsTheProfileSays) {
  ASSERT_OK(
      server_.RunSql("CREATE USER IF NOT EXISTS `o\"d d\\` IDENTIFIED BY 'pa\"ss\\\\n # ''word';"
                     "GRANT ALL ON *.* TO `o\"d d\\`;"));
  profile::ConnectionProfile odd = source_;
  odd.user = "o\"d d\\";
  odd.password = "pa\"ss\\n # 'word";
  // A first login of caching_sha2_password sends the password: by the socket.
  for (const std::string& host : {server_.socket_path(), odd.host}) {
    odd.host = host;
    MemoryTarget dump;
    EXPECT_OK(TryBackUp(server_, odd, dump)) << host;
  }
}

TEST_P(ToolsTest, UseTlsAsTheProfileSays) {
  const auto files =
      siphon::testing::TestCertificates::Make(::testing::TempDir() + "/certificates");
  ASSERT_OK(files);
  const auto server = MysqlServer::Start(
      {.server = GetParam(),
       .settings = {{"require-secure-transport", "ON"}},
       .tls = {
           .certificate = files->server.certificate, .key = files->server.key, .ca = files->ca}});
  ASSERT_OK(server);
  // A user who may come by TLS alone: an unencrypted connection of the program's would fail.
  const profile::ConnectionProfile source = [&] {
    profile::ConnectionProfile profile = System(**server, ProfileFor(**server, "tls_source"));
    EXPECT_OK((*server)->CreateDatabase("tls_source"));
    EXPECT_OK((*server)->RunSql("CREATE TABLE t(a INT); INSERT INTO t VALUES (1);", "tls_source"));
    return profile;
  }();
  for (const char* const mode : {"verify-full", "verify-ca", "require", "prefer"}) {
    profile::ConnectionProfile profile = source;
    profile.sslmode = mode;
    if (mode[0] == 'v') profile.parameters["sslrootcert"] = files->ca;
    if (mode[0] != 'v' && !(*server)->is_mariadb()) {
      MemoryTarget refused;
      EXPECT_THAT(TryBackUp(**server, profile, refused),
                  StatusIs(errs::kInvalidArgument, HasSubstr("certificate is not verified")));
      profile.parameters["send_password"] = "encrypted";
    }
    const std::string body = BackUp(**server, profile);
    EXPECT_THAT(body, HasSubstr("INSERT INTO `t`")) << mode;
    driver::RestoreOptions clean;
    clean.clean = true;
    EXPECT_OK(TryRestore(**server, profile, body, clean)) << mode;
  }
}

TEST(OptionFileTest, OldTlsIsAllowedOnlyIfAskedFor) {
  for (const Fork* const fork : {&kMysql, &kMariadb}) {
    Settings settings = {.host = "db", .port = 3306, .user = "a", .password = "b", .database = "c"};
    EXPECT_THAT(OptionFile(settings, *fork, true),
                HasSubstr("\ntls-version=\"TLSv1.2,TLSv1.3\"\n"));
    settings.tls_versions = "TLSv1.1";
    EXPECT_THAT(OptionFile(settings, *fork, true), HasSubstr("\ntls-version=\"TLSv1.1\"\n"));
  }
}

// A server that behaves at the first login, siphon's own, and asks the program for the password.
TEST_P(ToolsTest, TheProgramsDoNotSendThePasswordToServersThatAreNotVerified) {
  const auto files =
      siphon::testing::TestCertificates::Make(::testing::TempDir() + "/certificates");
  ASSERT_OK(files);
  for (const std::string method : {"mysql_clear_password", "dialog", "caching_sha2_password"}) {
    for (const bool tls : {false, true}) {
      std::atomic<int> logins = 0;
      siphon::testing::MysqlLies lies;
      if (tls) lies.tls = {files->server.certificate, files->server.key};
      lies.version = server_.is_mariadb() ? "11.8.2-MariaDB" : "9.7.4";
      lies.login = [&](siphon::testing::MysqlWire& wire, const std::string&) {
        if (logins++ == 0) return wire.Send(siphon::testing::OkPayload());
        const bool sha = method == "caching_sha2_password";
        wire.Send(siphon::testing::SwitchPayload(
            method, sha ? siphon::testing::Scramble() : std::string("\x05Password: ")));
        wire.Read();
        if (sha) {
          wire.Send("\x01\x04");
          wire.Read();
        }
        return false;
      };
      const auto liar = siphon::testing::HostileMysql::Start(lies);
      ASSERT_OK(liar);
      profile::ConnectionProfile profile = source_;
      profile.port = (*liar)->port();
      profile.password = "CANARY";
      const absl::StatusOr<Settings> settings = ConnectionSettings(profile);
      ASSERT_OK(settings);
      const auto session = Session::Connect(base::Context(), ForkOf(server_), *settings);
      ASSERT_OK(session);
      const auto client = ClientPipe::Start(base::Context(), **session, "d", profile.environment);
      if (client.ok()) {
        EXPECT_FALSE((*client)->Finish().ok()) << method << tls;
        EXPECT_GT(logins, 1) << method << tls;
      }
      EXPECT_FALSE((*liar)->received().Contains("CANARY")) << method << tls;
    }
  }
}

}  // namespace
}  // namespace siphon::mysqlcommon
