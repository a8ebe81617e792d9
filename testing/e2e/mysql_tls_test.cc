// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// With sslmode=verify-full every verb refuses an invalid server certificate, and the target of a
// restore or copy is unchanged.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/e2e/mysql_urls.h"
#include "testing/e2e/sandbox.h"
#include "testing/e2e/verbs.h"
#include "testing/rounds.h"
#include "testing/servers/certificates.h"
#include "testing/servers/mysql.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class MysqlTls : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    absl::StatusOr<TestCertificates> made = TestCertificates::Make(box_.Path("certificates"));
    ASSERT_OK(made);
    files_ = *std::move(made);
  }

  // Starts a server with this certificate, and databases "app" and "other" with one row each.
  void Start(const CertificateFiles& files) {
    server_ = nullptr;
    absl::StatusOr<std::unique_ptr<MysqlServer>> server = MysqlServer::Start(
        {.server = GetParam(),
         .tls = {.certificate = files.certificate, .key = files.key, .ca = files_.ca}});
    ASSERT_OK(server);
    server_ = *std::move(server);
    for (const std::string database : {"app", "other"}) {
      ASSERT_OK(server_->CreateDatabase(database));
      ASSERT_OK(server_->RunSql(absl::StrCat("CREATE TABLE t AS SELECT '", database, "' AS a;"),
                                database));
    }
  }

  std::string Verified(const UrlChanges& who = {}) const {
    UrlChanges changes = who;
    changes.parameters =
        absl::StrCat("sslmode=verify-full&sslrootcert=", files_.ca, who.parameters);
    return MysqlUrl(*server_, "app", changes);
  }

  // A client that checks this certificate refuses it; one that does not check it connects.
  void ExpectRefused(const CertificateFiles& files, std::string_view why) {
    Start(files);
    ASSERT_NE(server_, nullptr);
    for (const std::string verb : {"backup", "inspect"}) {
      const ProcessResult result = box_.Run({verb, Verified()});
      EXPECT_EQ(result.exit_code, 2) << verb << ": " << result.err;
      EXPECT_THAT(result.err, AllOf(HasSubstr("connection failed"), HasSubstr(std::string(why))));
    }
    EXPECT_THAT(Names(box_.DumpDirectory()), IsEmpty());
    ExpectTargetRefused(
        box_,
        MysqlUrl(*server_, "other", {.parameters = "sslmode=require&send_password=encrypted"}),
        Verified(), why);
    EXPECT_THAT(server_->Value("SELECT a FROM t;", "app"), IsOkAndHolds("app"));
  }

  Sandbox box_;
  TestCertificates files_;
  std::unique_ptr<MysqlServer> server_;
};

INSTANTIATE_TEST_SUITE_P(Server, MysqlTls, ::testing::ValuesIn(VersionsToTest(AllMysqlServers())),
                         [](const ::testing::TestParamInfo<std::string>& info) {
                           return absl::StrReplaceAll(info.param, {{"-", ""}, {".", ""}});
                         });

TEST_P(MysqlTls, AnExpiredCertificateIsRefused) { ExpectRefused(files_.expired, "expired"); }

TEST_P(MysqlTls, ACertificateOfAnotherHostIsRefused) {
  ExpectRefused(files_.other_host, "another host");
}

TEST_P(MysqlTls, ACertificateOfAnUnknownAuthorityIsRefused) {
  ExpectRefused(files_.unknown, "not trusted");
}

TEST_P(MysqlTls, AnAccountThatAsksForACertificateGetsTheClients) {
  Start(files_.server);
  ASSERT_NE(server_, nullptr);
  ASSERT_OK(
      server_->RunSql("CREATE USER careful@'%' IDENTIFIED BY 'x' REQUIRE X509;"
                      "GRANT ALL ON *.* TO careful@'%';"));
  const auto url = [&](std::string_view parameters) {
    return Verified({.user = "careful", .password = "x", .parameters = std::string(parameters)});
  };
  const auto with = [&](const CertificateFiles& files) {
    return url(absl::StrCat("&sslcert=", files.certificate, "&sslkey=", files.key));
  };
  EXPECT_EQ(box_.Run({"inspect", with(files_.client)}).exit_code, 0);
  for (const std::string& refused : {url(""), with(files_.unknown_client)}) {
    const ProcessResult result = box_.Run({"backup", refused});
    EXPECT_EQ(result.exit_code, 2) << result.err;
    EXPECT_THAT(result.err, HasSubstr("connection failed"));
  }
  EXPECT_THAT(Names(box_.DumpDirectory()), IsEmpty());
}

}  // namespace
}  // namespace siphon::testing
