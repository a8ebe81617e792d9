// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// siphon refuses TLS before 1.2, and wildcards for an address, with PostgreSQL servers, too.

#include <openssl/ssl.h>

#include <atomic>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/e2e/sandbox.h"
#include "testing/hostile/hostile_server.h"
#include "testing/hostile/mysql_server.h"
#include "testing/servers/certificates.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

constexpr size_t kSslRequest = 8;  // The size of the message.

TEST(PostgresOldTls, IsRefusedUnlessAskedFor) {
  const Sandbox box;
  const absl::StatusOr<TestCertificates> files = TestCertificates::Make(box.Path("certificates"));
  ASSERT_OK(files);
  for (const auto& [highest, name] : {std::pair<uint16_t, std::string>(TLS1_VERSION, "TLSv1"),
                                      {TLS1_1_VERSION, "TLSv1.1"},
                                      {TLS1_2_VERSION, "TLSv1.2"}}) {
    std::atomic<bool> agreed = false;
    const auto server = HostileServer::Start([&](HostileConnection& connection, int) {
      if (!connection.Read(kSslRequest).has_value() || !connection.Send("S")) return;
      MysqlWire wire(connection, nullptr);
      if (wire.StartTls({files->server.certificate, files->server.key, highest})) agreed = true;
    });
    ASSERT_OK(server);
    const std::string url =
        absl::StrCat("postgres://u:p@127.0.0.1:", (*server)->port(), "/d?sslmode=require");
    for (const std::string verb : {"inspect", "backup"}) {
      EXPECT_EQ(box.Run({verb, url}).exit_code, 2) << name;
      EXPECT_EQ(agreed, highest == TLS1_2_VERSION) << name;
    }
    EXPECT_EQ(box.Run({"inspect", url + "&ssl_min_protocol_version=" + name}).exit_code, 2);
    EXPECT_TRUE(agreed) << name;
  }
}

TEST(PostgresNames, AWildcardDoesNotMatchAnAddress) {
  const Sandbox box;
  const absl::StatusOr<TestCertificates> files = TestCertificates::Make(box.Path("certificates"));
  ASSERT_OK(files);
  for (const CertificateFiles& its : {files->wildcard, files->server}) {
    const auto server = HostileServer::Start([&](HostileConnection& connection, int) {
      if (!connection.Read(kSslRequest).has_value() || !connection.Send("S")) return;
      MysqlWire(connection, nullptr).StartTls({its.certificate, its.key});
    });
    ASSERT_OK(server);
    // The server ends the connection after TLS has begun.
    const auto result =
        box.Run({"inspect", absl::StrCat("postgres://u:p@127.0.0.1:", (*server)->port(),
                                         "/d?sslmode=verify-full&sslrootcert=", files->ca)});
    EXPECT_EQ(result.exit_code, 2) << result.err;
    const bool refused = result.err.find("does not match host name") != std::string::npos;
    EXPECT_EQ(refused, its.certificate == files->wildcard.certificate) << result.err;
  }
}

}  // namespace
}  // namespace siphon::testing
