// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// The TLS matrix: every sslmode against servers without TLS, with a good certificate and with bad
// ones, for siphon's own connection and for the tools that it runs.

#include <filesystem>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/e2e/postgres_urls.h"
#include "testing/e2e/sandbox.h"
#include "testing/e2e/verbs.h"
#include "testing/rounds.h"
#include "testing/servers/certificates.h"
#include "testing/servers/postgres.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::string_view kVerify = "certificate verify failed";
constexpr std::string_view kOtherName = "does not match host name";
constexpr std::string_view kNoTls = "server does not support SSL";

class Tls : public ::testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    absl::StatusOr<TestCertificates> made = TestCertificates::Make(box_.Path("certificates"));
    ASSERT_OK(made);
    files_ = *std::move(made);
  }

  // A server with this certificate (none: without TLS), and a little database "app".
  void Start(const CertificateFiles& files, std::vector<std::string> hba = {}) {
    server_ = nullptr;
    PostgresOptions options{.version = GetParam(), .hba = std::move(hba)};
    if (!files.certificate.empty()) {
      options.tls = {
          .certificate = files.certificate, .key = files.key, .ca = files_.ca, .crl = files_.crl};
    }
    absl::StatusOr<std::unique_ptr<PostgresServer>> server = PostgresServer::Start(options);
    ASSERT_OK(server);
    server_ = *std::move(server);
    ASSERT_OK(server_->CreateDatabase("app"));
    ASSERT_OK(server_->RunSql("CREATE TABLE t AS SELECT 7 AS a", "app"));
  }

  std::string Url(std::vector<std::string> parameters, std::string_view host = "localhost") {
    return PostgresUrl(*server_, "app",
                       {.host = std::string(host), .parameters = absl::StrJoin(parameters, "&")});
  }
  std::string Root() const { return "sslrootcert=" + files_.ca; }
  static std::vector<std::string> Client(const CertificateFiles& files) {
    return {"sslcert=" + files.certificate, "sslkey=" + files.key};
  }
  std::vector<std::string> Verified(std::vector<std::string> more = {}) const {
    more.insert(more.end(), {"sslmode=verify-full", Root()});
    return more;
  }

  // A dump is taken and put back: siphon's own connections, pg_dump's and pg_restore's.
  void ExpectWorks(const std::string& url) {
    const ProcessResult backup = box_.Run({"backup", url, "--quiet"});
    ASSERT_EQ(backup.exit_code, 0) << backup.err;
    const std::string id(absl::StripAsciiWhitespace(backup.out));
    const ProcessResult restore = box_.Run({"restore", id, "--profile", url, "--clean"});
    EXPECT_EQ(restore.exit_code, 0) << restore.err;
    EXPECT_EQ(box_.Run({"dumps", "rm", id, "--yes"}).exit_code, 0);
  }
  void ExpectRefused(const std::string& url, std::string_view why, int exit_code = 2) {
    const ProcessResult backup = box_.Run({"backup", url});
    EXPECT_EQ(backup.exit_code, exit_code) << backup.err;
    EXPECT_THAT(backup.err, AllOf(HasSubstr("connection failed"), HasSubstr(std::string(why))));
    EXPECT_THAT(box_.ListedDumps(), IsEmpty());
    EXPECT_THAT(Names(box_.DumpDirectory()), IsEmpty());
  }
  // A copy into a database that is reached so is refused, and the database is as it was.
  void ExpectTargetKept(const std::string& url, std::string_view why) {
    ASSERT_OK(server_->CreateDatabase("other"));
    ASSERT_OK(server_->RunSql("CREATE TABLE t AS SELECT 8 AS a", "other"));
    const std::string other = PostgresUrl(*server_, "other", {.parameters = "sslmode=disable"});
    ExpectTargetRefused(box_, other, url, why);
    EXPECT_THAT(server_->Value("SELECT a FROM t", "app"), IsOkAndHolds("7"));
  }
  // Of each mode: "" where it works, else a part of the error.
  struct Outcome {
    std::string_view mode;
    std::string_view error;
  };
  void ExpectOutcomes(const std::vector<Outcome>& outcomes) {
    ASSERT_NE(server_, nullptr);
    for (const auto& [mode, error] : outcomes) {
      SCOPED_TRACE(mode);
      std::vector<std::string> parameters = {absl::StrCat("sslmode=", mode)};
      // As in libpq, `require` with a root certificate is `verify-ca`.
      if (mode.substr(0, 6) == "verify") parameters.push_back(Root());
      error.empty() ? ExpectWorks(Url(parameters)) : ExpectRefused(Url(parameters), error);
    }
  }

  Sandbox box_;
  TestCertificates files_;
  std::unique_ptr<PostgresServer> server_;
};

// The tools that are built in do not dump a newer server; its TLS is the same library's.
INSTANTIATE_TEST_SUITE_P(Version, Tls, ::testing::ValuesIn(VersionsToTest(AllPostgresVersions())),
                         ::testing::PrintToStringParamName());

TEST_P(Tls, AServerWithoutItServesTheModesThatDoNotInsist) {
  Start({});
  ExpectOutcomes({{"disable", ""},
                  {"allow", ""},
                  {"prefer", ""},
                  {"require", kNoTls},
                  {"verify-ca", kNoTls},
                  {"verify-full", kNoTls}});
}

TEST_P(Tls, AGoodCertificateServesEveryMode) {
  // Who comes without TLS is not let in, so that siphon and its tools have come with it.
  Start(files_.server,
        {"hostnossl app postgres 127.0.0.1/32 reject", "hostnossl app postgres ::1/128 reject"});
  ExpectOutcomes({{"disable", "no encryption"},
                  {"allow", ""},
                  {"prefer", ""},
                  {"require", ""},
                  {"verify-ca", ""},
                  {"verify-full", ""}});
  ExpectWorks(Url(Verified(), "127.0.0.1"));
  ExpectWorks(Url(Verified({"channel_binding=require"})));
  ExpectRefused(Url({"sslmode=verify-full", "sslrootcert=" + files_.other_ca}), kVerify);
  ExpectRefused(Url({"sslmode=require", "sslrootcert=" + files_.other_ca}), kVerify);
  ExpectRefused(Url({"sslmode=verify-full", "sslrootcert=" + box_.Path("none.pem")}), "none.pem",
                1);
  ExpectRefused(Url({"sslmode=verify-full"}), "root certificate file", 1);
  ExpectRefused(Url(Verified({"sslsni=0", "ssl_max_protocol_version=TLSv1.1",
                              "ssl_min_protocol_version=TLSv1.1"})),
                "protocol version");
}

TEST_P(Tls, AnExpiredCertificateIsRefusedWhereItIsLookedAt) {
  Start(files_.expired);
  ExpectOutcomes({{"prefer", ""},
                  {"require", ""},
                  {"verify-ca", "certificate has expired"},
                  {"verify-full", "certificate has expired"}});
  ExpectTargetKept(Url(Verified()), "certificate has expired");
}

TEST_P(Tls, ACertificateOfAnotherHostIsRefusedWhereTheNameIsLookedAt) {
  Start(files_.other_host);
  ExpectOutcomes({{"require", ""}, {"verify-ca", ""}, {"verify-full", kOtherName}});
  ExpectTargetKept(Url(Verified()), kOtherName);
}

TEST_P(Tls, ACertificateOfAnUnknownAuthorityIsRefusedWhereItIsLookedAt) {
  Start(files_.unknown);
  ExpectOutcomes({{"require", ""}, {"verify-ca", kVerify}, {"verify-full", kVerify}});
  ExpectTargetKept(Url(Verified()), kVerify);
}

TEST_P(Tls, ARevokedCertificateIsRefusedWithTheListOfRevocations) {
  Start(files_.revoked);
  ExpectOutcomes({{"verify-full", ""}});
  ExpectRefused(Url(Verified({"sslcrl=" + files_.crl})), "certificate revoked");
  ExpectRefused(Url(Verified({"sslcrldir=" + files_.crl_directory})), "certificate revoked");
}

TEST_P(Tls, AServerThatAsksForCertificatesGetsTheClients) {
  Start(files_.server, {"hostssl app postgres 127.0.0.1/32 cert clientcert=verify-full",
                        "hostssl app postgres ::1/128 cert clientcert=verify-full"});
  ExpectWorks(Url(Verified(Client(files_.client))));
  ExpectRefused(Url(Verified()), "certificate");
  ExpectRefused(Url(Verified(Client(files_.revoked_client))), "revoked");
  ExpectRefused(Url(Verified(Client(files_.unknown_client))), "unknown ca");

  // The same from a profile, whose key's password is a reference.
  box_.environment["KEY_PASSWORD"] = files_.key_password;
  std::filesystem::create_directories(box_.Path("config"));
  WriteBytes(
      box_.Path("config/config.yaml"),
      absl::StrCat("profiles:\n  app:\n    driver: postgres\n    host: localhost\n    port: ",
                   server_->port(), "\n    user: postgres\n    database: app\n",
                   "    sslmode: verify-full\n    sslrootcert: ", files_.ca,
                   "\n    sslcert: ", files_.encrypted_client.certificate, "\n    sslkey: ",
                   files_.encrypted_client.key, "\n    sslpassword: env:KEY_PASSWORD\n"));
  ExpectWorks("app");
  box_.environment["KEY_PASSWORD"] = "another";
  ExpectRefused("app", "private key", 1);
}

}  // namespace
}  // namespace siphon::testing
