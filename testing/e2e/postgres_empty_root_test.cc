// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// The shipped binary alone backs PostgreSQL databases up, verifies, restores and copies them: in a
// folder that is its whole system there is no libpq, no pg_dump, no /proc.

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
#include "testing/e2e/postgres_rows.h"
#include "testing/e2e/postgres_urls.h"
#include "testing/e2e/sandbox.h"
#include "testing/rounds.h"
#include "testing/servers/fault_proxy.h"
#include "testing/servers/postgres.h"
#include "testing/servers/postgres_sample.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// A server with the sample in the database "app", whose socket siphon finds in its root.
class Site {
 public:
  explicit Site(int version) {
    root_.MakeFolder("socket");
    auto server =
        PostgresServer::Start({.version = version, .socket_directory = root_.Outside("socket")});
    EXPECT_OK(server);
    if (!server.ok()) return;
    server_ = *std::move(server);
    EXPECT_OK(server_->CreateDatabase("app"));
    EXPECT_OK(LoadPostgresSample(*server_, "app"));
    EXPECT_OK(LoadPostgresBulk(*server_, "app", 2));
    app_ = DescribePostgres(*server_, "app").value_or("unknown");
  }

  bool ready() const { return server_ != nullptr; }
  const EmptyRoot& root() const { return root_; }
  EmptyRoot& root() { return root_; }
  const PostgresServer& server() const { return *server_; }
  std::string Url(std::string_view database) const { return PostgresUrl(*server_, database); }
  std::string SocketUrl(std::string_view database) const {
    return absl::StrCat("postgres://", server_->superuser(), "@/", database,
                        "?host=", root_.Inside("socket"), "&port=", server_->port());
  }

  void NewDatabase(std::string_view name) const { EXPECT_OK(server_->CreateDatabase(name)); }
  // Compares with what "app" was first.
  void ExpectLikeApp(std::string_view database) const {
    const auto other = DescribePostgres(*server_, database);
    ASSERT_OK(other);
    EXPECT_EQ(CompareDescriptions(app_, *other), "") << database;
  }
  std::string Databases() const {
    return server_
        ->Value(
            "SELECT string_agg(datname, ' ' ORDER BY datname) FROM pg_database WHERE NOT "
            "datistemplate")
        .value_or("");
  }

 private:
  EmptyRoot root_;
  std::unique_ptr<PostgresServer> server_;
  std::string app_;  // A description.
};

class PostgresInAnEmptyRoot : public ::testing::TestWithParam<int> {};

INSTANTIATE_TEST_SUITE_P(Version, PostgresInAnEmptyRoot,
                         ::testing::ValuesIn(VersionsToTest(AllPostgresVersions())),
                         ::testing::PrintToStringParamName());

TEST_P(PostgresInAnEmptyRoot, IsBackedUpVerifiedRestoredAndCopied) {
  const Site site(GetParam());
  ASSERT_TRUE(site.ready());
  EXPECT_THAT(site.root().Succeed({"inspect", site.Url("app"), "--exact"}),
              AllOf(HasSubstr("accounts"), HasSubstr(absl::StrCat(GetParam(), "."))));

  const std::string id = site.root().Succeed({"backup", site.Url("app"), "--quiet"});
  EXPECT_THAT(site.root().Succeed({"dumps", "list"}), HasSubstr(id));
  EXPECT_THAT(site.root().Succeed({"dumps", "inspect", id}), HasSubstr("accounts"));
  EXPECT_THAT(site.root().Succeed({"verify", id}), HasSubstr("intact"));
  EXPECT_THAT(site.root().Succeed({"verify", id, "--deep"}), HasSubstr("rows of"));
  EXPECT_THAT(site.root().Succeed({"verify", id, "--restore", site.Url("postgres")}),
              HasSubstr("scratch"));
  EXPECT_EQ(site.Databases(), "app postgres");

  site.NewDatabase("restored");
  site.root().Succeed({"restore", id, "--profile", site.Url("restored")});
  site.ExpectLikeApp("restored");
  site.root().Succeed({"restore", id, "--profile", site.Url("postgres"), "--create", "created"});
  site.ExpectLikeApp("created");

  EXPECT_THAT(site.root().Fail(1, {"restore", id, "--profile", site.Url("restored")}),
              AllOf(HasSubstr("target is not empty"), HasSubstr("--clean")));
  ASSERT_OK(site.server().RunSql("DROP TABLE bulk_1; CREATE TABLE other AS SELECT 1", "restored"));
  site.root().Succeed({"restore", id, "--profile", site.Url("restored"), "--clean"});
  site.ExpectLikeApp("restored");

  site.NewDatabase("copy");
  site.root().Succeed({"sync", site.Url("app"), site.Url("copy")});
  site.ExpectLikeApp("copy");
  site.root().Succeed({"sync", site.Url("app"), site.Url("copy"), "--clean"});
  site.ExpectLikeApp("copy");

  EXPECT_OK(site.server().WaitForSessions(0, seconds(5)));
  EXPECT_THAT(Names(site.root().Outside("")), ElementsAre("home", "siphon", "socket"));
}

TEST_P(PostgresInAnEmptyRoot, IsReachedByItsSocketAndWithAProfile) {
  Site site(GetParam());
  ASSERT_TRUE(site.ready());
  site.root().environment["APP_PASSWORD"] = site.server().password();
  site.root().Succeed(
      {"profile", "add", "app", "--url", site.SocketUrl("app"), "--password", "env:APP_PASSWORD"});
  site.root().Succeed({"profile", "add", "copy", "--driver", "postgres", "--host",
                       site.server().host(), "--port", absl::StrCat(site.server().port()), "--user",
                       "postgres", "--database", "copy", "--password", "env:APP_PASSWORD",
                       "--sslmode", "disable"});
  site.NewDatabase("copy");
  EXPECT_THAT(site.root().Succeed({"profile", "test", "app"}), Not(IsEmpty()));
  const std::string id = site.root().Succeed({"backup", "app", "--quiet"});
  site.root().Succeed({"restore", id, "--profile", "copy"});
  site.ExpectLikeApp("copy");
  site.root().Succeed({"sync", "copy", "app", "--clean"});
  site.ExpectLikeApp("copy");
  site.ExpectLikeApp("app");
  EXPECT_THAT(site.root().Fail(1, {"sync", "app", site.Url("app"), "--clean"}),
              HasSubstr("same database"));
}

// A database of each version can be copied to the newest version that the built-in tools support.
TEST_P(PostgresInAnEmptyRoot, IsCopiedToANewerServer) {
  const Site site(GetParam());
  ASSERT_TRUE(site.ready());
  ASSERT_OK_AND_ASSIGN(const auto newer, PostgresServer::Start());
  ASSERT_OK(newer->CreateDatabase("copy"));
  // Roles belong to a server, not to a database.
  const ProcessResult refused =
      site.root().Run({"sync", site.Url("app"), PostgresUrl(*newer, "copy")});
  EXPECT_NE(refused.exit_code, 0);
  EXPECT_THAT(refused.err, HasSubstr("sample_owner"));
  EXPECT_THAT(newer->Value("SELECT count(*) FROM pg_class WHERE relnamespace = "
                           "'public'::regnamespace",
                           "copy"),
              IsOkAndHolds("0"));
  // A policy speaks of this one.
  ASSERT_OK(newer->RunSql("CREATE ROLE sample_reader"));
  site.root().Succeed(
      {"sync", site.Url("app"), PostgresUrl(*newer, "copy"), "--no-owner", "--no-acl"});
  ASSERT_OK_AND_ASSIGN(const auto rows, CountPostgresRows(site.server(), "app"));
  EXPECT_THAT(CountPostgresRows(*newer, "copy"), IsOkAndHolds(rows));
}

// No tool that is new enough is built in, and the system has none. A proxy raises the version that
// the server reports.
TEST(PostgresInAnEmptyRoot, SaysWhatToDoAboutAServerThatIsNewerThanItsTools) {
  const Site site(kNewestPostgres);
  ASSERT_TRUE(site.ready());
  site.NewDatabase("copy");
  ASSERT_OK_AND_ASSIGN(const auto proxy, FaultProxy::Start(site.server().port()));
  const std::string parameter("server_version\0", sizeof("server_version"));
  proxy->Replace(parameter + "18.", parameter + "19.");
  const auto newer = [&](std::string_view database) {
    return absl::StrReplaceAll(site.Url(database), {{absl::StrCat(":", site.server().port(), "/"),
                                                     absl::StrCat(":", proxy->port(), "/")}});
  };
  EXPECT_THAT(site.root().Succeed({"inspect", newer("app")}), HasSubstr("19."));
  for (const std::vector<std::string>& args : {std::vector<std::string>{"backup", newer("app")},
                                               {"backup", newer("app"), "--tools", "auto"},
                                               {"backup", newer("app"), "--tools", "builtin"},
                                               {"sync", newer("app"), newer("copy")}}) {
    EXPECT_THAT(site.root().Fail(2, args),
                AllOf(HasSubstr("no pg_dump of version 19"), HasSubstr("18."),
                      HasSubstr("or use a newer siphon")));
  }
  EXPECT_THAT(site.root().Fail(2, {"backup", newer("app"), "--tools", "system"}),
              AllOf(HasSubstr("none on the system"), HasSubstr("install pg_dump 19")));
  EXPECT_THAT(site.root().Succeed({"dumps", "list", "--json"}), HasSubstr("\"dumps\": []"));
  EXPECT_OK(site.server().WaitForSessions(0, seconds(5)));
}

}  // namespace
}  // namespace siphon::testing
