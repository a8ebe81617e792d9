// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

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

// Logs in with these settings.
class Accounts : public Tls {
 protected:
  absl::Status LogIn(const std::string& sslmode, std::map<std::string, std::string> parameters) {
    profile::ConnectionProfile profile = ProfileFor(*server_, "mysql");
    profile.user = "other";
    profile.password = "it's secret";
    profile.sslmode = sslmode;
    profile.parameters = std::move(parameters);
    return ForkDriver(ForkOf(*server_))
        .Connect(base::Context(), profile, driver::Driver::Access::kRead)
        .status();
  }
  absl::Status MakeUser(const std::string& way) {
    return server_->RunSql("DROP USER IF EXISTS other; CREATE USER other " + way +
                           "; GRANT SELECT ON mysql.* TO other;");
  }
};

INSTANTIATE_TEST_SUITE_P(Server, Accounts, ::testing::ValuesIn(siphon::testing::AllMysqlServers()),
                         [](const ::testing::TestParamInfo<std::string>& info) {
                           return absl::StrReplaceAll(info.param, {{"-", ""}, {".", ""}});
                         });

TEST_P(Accounts, MethodsThatDoNotSendThePasswordNeedNoVerification) {
  Start(files_.server);
  ASSERT_NE(server_, nullptr);
  std::vector<std::string> ways;
  if (server_->is_mariadb()) {
    ways = {"IDENTIFIED VIA ed25519 USING PASSWORD('it''s secret')",
            "IDENTIFIED VIA mysql_native_password USING PASSWORD('it''s secret')"};
  } else {
    ways = {"IDENTIFIED WITH caching_sha2_password BY 'it''s secret'"};
  }
  for (const std::string& way : ways) {
    ASSERT_OK(MakeUser(way));
    // After this login caching_sha2_password is in the server's cache.
    EXPECT_OK(LogIn("verify-full", {{"sslrootcert", files_.ca}})) << way;
    for (const char* const sslmode : {"disable", "prefer", "require"}) {
      EXPECT_OK(LogIn(sslmode, {})) << way << ", " << sslmode;
    }
  }
}

TEST_P(Accounts, MethodsThatSendThePasswordNeedVerification) {
  Start(files_.server);
  ASSERT_NE(server_, nullptr);
  if (server_->is_mariadb()) {
    // MariaDB has no method that sends it without further programs; see authentication_test.cc.
    ASSERT_OK(MakeUser("IDENTIFIED VIA mysql_native_password USING PASSWORD('it''s secret')"));
    EXPECT_OK(LogIn("", {}));
    return;
  }
  for (const std::string method : {"caching_sha2_password", "sha256_password"}) {
    const std::string way = "IDENTIFIED WITH " + method + " BY 'it''s secret'";
    const auto forget = [&] { ASSERT_OK(MakeUser(way)); };
    forget();
    EXPECT_THAT(LogIn("disable", {}),
                StatusIs(errs::kConnectionFailed, HasSubstr("public key is not known")));
    for (const char* const sslmode : {"", "prefer", "require"}) {
      EXPECT_THAT(LogIn(sslmode, {}),
                  StatusIs(errs::kConnectionFailed, HasSubstr("certificate is not verified")));
    }
    const std::string key = server_->data_directory() + "/public_key.pem";
    EXPECT_OK(LogIn("disable", {{"server_public_key_path", key}})) << method;
    for (const char* const sslmode : {"prefer", "require", "verify-ca", "verify-full"}) {
      forget();
      EXPECT_OK(LogIn(sslmode, {{"sslrootcert", files_.ca}})) << method << ", " << sslmode;
    }
    for (const char* const sslmode : {"disable", "prefer", "require"}) {
      forget();
      EXPECT_OK(LogIn(sslmode, {{"send_password", "encrypted"}})) << method << ", " << sslmode;
    }
    forget();
    EXPECT_OK(LogIn("", {{"socket", server_->socket_path()}})) << method;
  }
}

}  // namespace
}  // namespace siphon::mysqlcommon
