// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// The shipped binary alone backs up, verifies, restores and copies MySQL and MariaDB databases, in
// a root folder without Connector/C, client programs and /proc.

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/e2e/empty_root.h"
#include "testing/e2e/mysql_urls.h"
#include "testing/e2e/sandbox.h"
#include "testing/rounds.h"
#include "testing/servers/certificates.h"
#include "testing/servers/descriptions.h"
#include "testing/servers/mysql.h"
#include "testing/servers/mysql_sample.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr char kDatabases[] =
    "SELECT group_concat(schema_name ORDER BY schema_name SEPARATOR ' ')"
    " FROM information_schema.schemata WHERE schema_name NOT IN"
    " ('information_schema', 'mysql', 'performance_schema', 'sys', 'test');";

// A server with the sample in the database "app". It requires TLS for TCP, and the certificate of
// its authority is in siphon's root folder.
class MysqlInAnEmptyRoot : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    const absl::StatusOr<TestCertificates> files =
        TestCertificates::Make(box_.Path("certificates"));
    ASSERT_OK(files);
    root_.Put(files->ca, "ca.pem");
    root_.MakeFolder("socket");
    absl::StatusOr<std::unique_ptr<MysqlServer>> server =
        MysqlServer::Start({.server = GetParam(),
                            .settings = {{"require-secure-transport", "ON"}},
                            .tls = {.certificate = files->server.certificate,
                                    .key = files->server.key,
                                    .ca = files->ca},
                            .socket_directory = root_.Outside("socket")});
    ASSERT_OK(server);
    server_ = *std::move(server);
    NewDatabase("app");
    ASSERT_OK(LoadMysqlSample(*server_, "app"));
    ASSERT_OK(LoadMysqlBulk(*server_, "app", 2));
  }

  std::string Url(std::string_view database) const {
    return MysqlUrl(*server_, database,
                    {.parameters = "sslmode=verify-full&sslrootcert=" + root_.Inside("ca.pem")});
  }
  std::string Driver() const { return server_->is_mariadb() ? "mariadb" : "mysql"; }
  void NewDatabase(std::string_view name) const { ASSERT_OK(server_->CreateDatabase(name)); }
  void ExpectLikeApp(std::string_view database) const {
    ASSERT_OK_AND_ASSIGN(const std::string app, server_->Dump("app"));
    ASSERT_OK_AND_ASSIGN(const std::string other, server_->Dump(database));
    EXPECT_EQ(CompareDescriptions(app, other), "") << database;
  }
  std::string Databases() const { return server_->Value(kDatabases).value_or("unknown"); }

  Sandbox box_;  // For what is not siphon's.
  EmptyRoot root_;
  std::unique_ptr<MysqlServer> server_;
};

INSTANTIATE_TEST_SUITE_P(Server, MysqlInAnEmptyRoot,
                         ::testing::ValuesIn(VersionsToTest(AllMysqlServers())),
                         [](const ::testing::TestParamInfo<std::string>& info) {
                           return absl::StrReplaceAll(info.param, {{"-", ""}, {".", ""}});
                         });

TEST_P(MysqlInAnEmptyRoot, IsBackedUpVerifiedRestoredAndCopiedOverVerifiedTls) {
  ASSERT_NE(server_, nullptr);
  EXPECT_THAT(root_.Succeed({"inspect", Url("app"), "--exact"}),
              AllOf(HasSubstr("accounts"), HasSubstr(GetParam().substr(GetParam().find('-') + 1))));
  // The server requires TLS, so siphon has used it.
  EXPECT_THAT(
      root_.Fail(2, {"inspect", MysqlUrl(*server_, "app", {.parameters = "sslmode=disable"})}),
      HasSubstr("connection failed"));

  const std::string id = root_.Succeed({"backup", Url("app"), "--quiet"});
  EXPECT_THAT(root_.Succeed({"dumps", "list"}), HasSubstr(id));
  EXPECT_THAT(root_.Succeed({"dumps", "inspect", id}), HasSubstr("accounts"));
  EXPECT_THAT(root_.Succeed({"verify", id}), HasSubstr("intact"));
  EXPECT_THAT(root_.Succeed({"verify", id, "--deep"}), HasSubstr("rows of"));
  EXPECT_THAT(root_.Succeed({"verify", id, "--restore", Url("mysql")}), HasSubstr("scratch"));
  EXPECT_EQ(Databases(), "app");

  NewDatabase("restored");
  root_.Succeed({"restore", id, "--profile", Url("restored")});
  ExpectLikeApp("restored");
  EXPECT_THAT(root_.Fail(1, {"restore", id, "--profile", Url("restored")}),
              AllOf(HasSubstr("target is not empty"), HasSubstr("--clean")));
  ASSERT_OK(server_->RunSql("DROP TABLE bulk_1; CREATE TABLE other AS SELECT 1;", "restored"));
  root_.Succeed({"restore", id, "--profile", Url("restored"), "--clean"});
  ExpectLikeApp("restored");

  NewDatabase("copy");
  root_.Succeed({"sync", Url("app"), Url("copy")});
  ExpectLikeApp("copy");
  root_.Succeed({"sync", Url("app"), Url("copy"), "--clean"});
  ExpectLikeApp("copy");

  EXPECT_EQ(Databases(), "app copy restored");
  EXPECT_OK(server_->WaitForSessions(0, seconds(5)));
  EXPECT_THAT(Names(root_.Outside("")), ElementsAre("ca.pem", "home", "siphon", "socket"));
}

TEST_P(MysqlInAnEmptyRoot, IsReachedByItsSocketAndWithAProfile) {
  ASSERT_NE(server_, nullptr);
  root_.environment["APP_PASSWORD"] = server_->password();
  root_.Succeed(
      {"profile", "add", "app", "--url",
       absl::StrCat(Driver(), "://root@/app?socket=", root_.Inside("socket"), "/mysqld.sock"),
       "--password", "env:APP_PASSWORD"});
  root_.Succeed({"profile", "add", "copy", "--url",
                 absl::StrCat(Driver(), "://root@127.0.0.1:", server_->port(),
                              "/copy?sslmode=verify-full&sslrootcert=", root_.Inside("ca.pem")),
                 "--password", "env:APP_PASSWORD"});
  NewDatabase("copy");
  EXPECT_THAT(root_.Succeed({"profile", "test", "app"}), Not(IsEmpty()));
  const std::string id = root_.Succeed({"backup", "app", "--quiet"});
  root_.Succeed({"restore", id, "--profile", "copy"});
  ExpectLikeApp("copy");
  root_.Succeed({"sync", "copy", "app", "--clean"});
  ExpectLikeApp("copy");
  EXPECT_THAT(root_.Fail(1, {"sync", "app", Url("app"), "--clean"}), HasSubstr("same database"));
}

}  // namespace
}  // namespace siphon::testing
