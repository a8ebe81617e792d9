// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Checks a server with each of the certificates with a client independent of siphon: psql.

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/process/process.h"
#include "testing/rounds.h"
#include "testing/servers/certificates.h"
#include "testing/servers/postgres.h"
#include "testing/servers/server_index.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class PostgresTls : public ::testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    absl::StatusOr<TestCertificates> made =
        TestCertificates::Make(::testing::TempDir() + "/certificates");
    ASSERT_OK(made);
    files_ = *std::move(made);
  }

  void Start(const CertificateFiles& files, std::vector<std::string> hba = {}) {
    absl::StatusOr<std::unique_ptr<PostgresServer>> server =
        PostgresServer::Start({.version = GetParam(),
                               .hba = std::move(hba),
                               .tls = {.certificate = files.certificate,
                                       .key = files.key,
                                       .ca = files_.ca,
                                       .crl = files_.crl}});
    ASSERT_OK(server);
    server_ = *std::move(server);
  }

  // The output of psql, or the end of its error message.
  std::string Connect(std::string_view more) {
    const absl::StatusOr<InstalledServer> debian = FindServer("postgresql-15");
    if (!debian.ok()) return std::string(debian.status().message());
    ProcessOptions psql;
    psql.argv = {debian->Program("psql"),
                 "--no-psqlrc",
                 "--no-align",
                 "--tuples-only",
                 "--command=SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid()",
                 absl::StrCat(server_->Conninfo(), " ", more)};
    psql.environment = {"HOME=/nonexistent", "LC_ALL=C"};
    const absl::StatusOr<ProcessResult> result = RunProcess(psql);
    if (!result.ok()) return std::string(result.status().message());
    return absl::StrCat(result->out, result->err);
  }

  std::string Verified() {
    return absl::StrCat("host=localhost sslmode=verify-full sslrootcert=", files_.ca);
  }
  static std::string Client(const CertificateFiles& files) {
    return absl::StrCat(" sslcert=", files.certificate, " sslkey=", files.key);
  }

  TestCertificates files_;
  std::unique_ptr<PostgresServer> server_;
};

INSTANTIATE_TEST_SUITE_P(Version, PostgresTls,
                         ::testing::ValuesIn(VersionsToTest(AllPostgresVersions())),
                         ::testing::PrintToStringParamName());

TEST_P(PostgresTls, AGoodCertificateIsTakenAndClientsAreAskedForTheirs) {
  Start(files_.server, {"hostssl postgres postgres 127.0.0.1/32 cert clientcert=verify-full"});
  ASSERT_NE(server_, nullptr);
  EXPECT_THAT(Connect(Verified() + Client(files_.client)), StartsWith("TLSv1.3"));
  EXPECT_THAT(Connect(absl::StrCat(Verified(), Client(files_.encrypted_client), " sslpassword='",
                                   "the key\\'s password'")),
              StartsWith("TLSv1.3"));
  EXPECT_THAT(Connect(Verified()), HasSubstr("certificate"));
  EXPECT_THAT(Connect(Verified() + Client(files_.revoked_client)), HasSubstr("revoked"));
  EXPECT_THAT(Connect(Verified() + Client(files_.unknown_client)), HasSubstr("unknown ca"));
}

TEST_P(PostgresTls, BadCertificatesAreRefusedByTheClient) {
  Start(files_.expired);
  EXPECT_THAT(Connect(Verified()), HasSubstr("certificate verify failed"));
  EXPECT_THAT(Connect("sslmode=require"), StartsWith("TLSv1.3"));
  Start(files_.other_host);
  EXPECT_THAT(Connect(Verified()), HasSubstr("does not match host name"));
  Start(files_.unknown);
  EXPECT_THAT(Connect(Verified()), HasSubstr("certificate verify failed"));
  Start(files_.revoked);
  EXPECT_THAT(Connect(Verified()), StartsWith("TLSv1.3"));
  EXPECT_THAT(Connect(absl::StrCat(Verified(), " sslcrl=", files_.crl)),
              HasSubstr("certificate verify failed"));
  EXPECT_THAT(Connect(absl::StrCat(Verified(), " sslcrldir=", files_.crl_directory)),
              HasSubstr("certificate verify failed"));
}

}  // namespace
}  // namespace siphon::testing
