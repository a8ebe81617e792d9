// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/connect_failure.h"

#include <string_view>

#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/status_matchers.h"

namespace siphon::postgres {
namespace {

using ::testing::HasSubstr;

struct Case {
  std::string_view message;
  std::string_view what;
  bool retry;
};

TEST(ConnectFailureTest, KnowsTheFrequentOnes) {
  const Case cases[] = {
      {"failed: FATAL:  28P01: password authentication failed for user \"bob\"",
       "password is wrong", false},
      {"failed: fe_sendauth: no password supplied", "has none", false},
      {"failed: FATAL:  28000: no pg_hba.conf entry for host \"1.2.3.4\"", "no rule", false},
      {"failed: FATAL:  28000: role \"x\" does not exist", "refuses this user", false},
      {"failed: FATAL:  3D000: database \"x\" does not exist", "database does not exist", false},
      {"failed: FATAL:  53300: sorry, too many clients already", "no connection left", true},
      {"failed: FATAL:  57P03: the database system is starting up", "not ready yet", true},
      {"failed: SSL error: certificate verify failed: certificate has expired", "has expired",
       false},
      {"failed: SSL error: CERTIFICATE_VERIFY_FAILED", "is not trusted", false},
      {"failed: SSL error: certificate verify failed: unable to get local issuer certificate",
       "authority that is not trusted", false},
      {"server certificate for \"a\" does not match host name \"b\"", "another host", false},
      {"root certificate file \"/x\" does not exist", "is missing", false},
      {"failed: server does not support SSL, but SSL was required", "no TLS", false},
      {"failed: SSL error: tlsv1 alert unknown ca", "does not trust the certificate", false},
      {"could not translate host name \"x\" to address: Name or service not known",
       "host is unknown", false},
      {"could not translate host name \"x\" to address: Temporary failure in name resolution",
       "cannot be resolved", true},
      {"failed: server requires OAuth authentication, but oauth_issuer and oauth_client_id are not"
       " both set",
       "OAuth", false},
      {"failed: Connection refused", "nothing listens", true},
      {"connection to server at \"x\": timeout expired", "did not answer in time", true},
      {"failed: No such file or directory", "socket does not exist", true},
      {"failed: server closed the connection unexpectedly", "ended the connection", true},
      {"failed: something that nobody has seen before", "no connection", true},
  };
  for (const Case& one : cases) {
    const ConnectFailure failure = ClassifyConnectFailure(one.message);
    EXPECT_THAT(failure.what, HasSubstr(one.what)) << one.message;
    EXPECT_EQ(failure.retry, one.retry) << one.message;
  }
}

TEST(ConnectFailureTest, WhatAServerSaysCountsInAnyLanguage) {
  EXPECT_THAT(
      ClassifyConnectFailure("failed: SCHWERWIEGEND:  28P01: Passwort-Authentifizierung für "
                             "Benutzer »bob« fehlgeschlagen")
          .what,
      HasSubstr("password is wrong"));
}

TEST(ConnectFailureTest, OfSeveralAddressesTheOneThatAnsweredCounts) {
  EXPECT_THAT(
      ClassifyConnectFailure(
          "connection to server at \"localhost\" (::1), port 1 failed: Connection refused\n"
          "connection to server at \"localhost\" (127.0.0.1), port 1 failed: FATAL:  28P01: "
          "password authentication failed for user \"bob\"\n")
          .what,
      HasSubstr("password is wrong"));
}

TEST(ConnectFailureTest, MessagesBecomeOneLineWithoutWhatOnlyProgramsRead) {
  EXPECT_EQ(CleanMessage("failed: FATAL:  28P01: password authentication failed\n"
                         "LOCATION:  auth_failed, auth.c:334\n"),
            "failed: FATAL: password authentication failed");
  EXPECT_EQ(CleanMessage("failed: Connection refused\n\tIs the server running?\n"),
            "failed: Connection refused; Is the server running?");
}

TEST(ConnectFailureTest, TheErrorNamesTargetCauseMessageAndAdvice) {
  const std::string_view message = "failed: FATAL:  28P01: password authentication failed";
  const absl::Status status =
      ConnectError("bob@db:5432/app", ClassifyConnectFailure(message), message);
  EXPECT_THAT(status, StatusIs(errs::kConnectionFailed, HasSubstr("bob@db:5432/app: ")));
  EXPECT_THAT(errs::Render(status), HasSubstr("FATAL: password authentication failed; check user"));
}

TEST(ConnectFailureTest, AnUnknownDatabaseIsToldByItsSqlstate) {
  const auto error = [](std::string_view message) {
    return ConnectError("bob@db:5432/app", ClassifyConnectFailure(message), message);
  };
  const absl::Status unknown = error("failed: FATAL:  3D000: la base de données n'existe pas");
  EXPECT_TRUE(IsUnknownDatabase(unknown));
  EXPECT_TRUE(IsUnknownDatabase(errs::WithHint(unknown, "another hint")));
  EXPECT_FALSE(IsUnknownDatabase(error("failed: FATAL:  28P01: the database does not exist")));
  EXPECT_FALSE(IsUnknownDatabase(absl::OkStatus()));
}

}  // namespace
}  // namespace siphon::postgres
