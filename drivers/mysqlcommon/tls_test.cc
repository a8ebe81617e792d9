// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <memory>
#include <string>

#include "absl/strings/str_replace.h"
#include "drivers/mysqlcommon/fixture.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/servers/certificates.h"
#include "testing/servers/mysql.h"
#include "testing/status_matchers.h"

namespace siphon::mysqlcommon {
namespace {

using siphon::testing::MysqlServer;
using siphon::testing::TestCertificates;
using ::testing::HasSubstr;

class Tls : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    absl::StatusOr<TestCertificates> made =
        TestCertificates::Make(::testing::TempDir() + "/certificates");
    ASSERT_OK(made);
    files_ = *std::move(made);
  }

  void Start(const siphon::testing::CertificateFiles& files) {
    absl::StatusOr<std::unique_ptr<MysqlServer>> server = MysqlServer::Start(
        {.server = GetParam(),
         .tls = {.certificate = files.certificate, .key = files.key, .ca = files_.ca}});
    ASSERT_OK(server);
    server_ = *std::move(server);
  }

  absl::Status Connect(const std::string& sslmode, const std::string& host, const std::string& ca,
                       const std::string& user = "root") {
    profile::ConnectionProfile profile = ProfileFor(*server_, "mysql");
    profile.sslmode = sslmode;
    profile.host = host;
    profile.user = user;
    if (!ca.empty()) profile.parameters["sslrootcert"] = ca;
    return ForkDriver(ForkOf(*server_))
        .Connect(base::Context(), profile, driver::Driver::Access::kRead)
        .status();
  }

  TestCertificates files_;
  std::unique_ptr<MysqlServer> server_;
};

INSTANTIATE_TEST_SUITE_P(Server, Tls, ::testing::ValuesIn(siphon::testing::AllMysqlServers()),
                         [](const ::testing::TestParamInfo<std::string>& info) {
                           return absl::StrReplaceAll(info.param, {{"-", ""}, {".", ""}});
                         });

TEST_P(Tls, AGoodCertificateIsTakenAndAnotherAuthorityOrHostIsRefused) {
  Start(files_.server);
  ASSERT_NE(server_, nullptr);
  for (const char* const host : {"localhost", "127.0.0.1"}) {
    EXPECT_OK(Connect("verify-full", host, files_.ca)) << host;
    EXPECT_OK(Connect("require", host, "")) << host;
    EXPECT_THAT(Connect("verify-full", host, files_.other_ca),
                StatusIs(errs::kConnectionFailed, HasSubstr("not trusted")));
    EXPECT_THAT(Connect("verify-ca", host, files_.other_ca), StatusIs(errs::kConnectionFailed));
  }
  EXPECT_THAT(Connect("verify-full", "127.0.0.1", ""), StatusIs(errs::kInvalidArgument));
  Start(files_.other_host);
  EXPECT_THAT(Connect("verify-full", "127.0.0.1", files_.ca),
              StatusIs(errs::kConnectionFailed, HasSubstr("another host")));
  EXPECT_OK(Connect("verify-ca", "127.0.0.1", files_.ca));
  Start(files_.expired);
  EXPECT_THAT(Connect("verify-ca", "127.0.0.1", files_.ca),
              StatusIs(errs::kConnectionFailed, HasSubstr("expired")));
}

TEST_P(Tls, AccountsLogInByTheirOwnWay) {
  Start(files_.server);
  ASSERT_NE(server_, nullptr);
  const std::string way = server_->is_mariadb()
                              ? "IDENTIFIED VIA ed25519 USING PASSWORD('it''s secret')"
                              : "IDENTIFIED WITH caching_sha2_password BY 'it''s secret'";
  ASSERT_OK(server_->RunSql("CREATE USER other " + way + "; GRANT SELECT ON mysql.* TO other;"));
  profile::ConnectionProfile profile = ProfileFor(*server_, "mysql");
  profile.user = "other";
  profile.password = "it's secret";
  // For caching_sha2_password the first login in clear goes by the server's RSA key.
  for (const char* const sslmode : {"disable", "require"}) {
    profile.sslmode = sslmode;
    EXPECT_OK(ForkDriver(ForkOf(*server_))
                  .Connect(base::Context(), profile, driver::Driver::Access::kRead))
        << sslmode;
  }
}

}  // namespace
}  // namespace siphon::mysqlcommon
