// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/migration_options.h"

#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/domain/profile/url.h"
#include "testing/status_matchers.h"

namespace siphon::mysqlcommon {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

using Parameters = std::map<std::string, std::string>;

profile::ConnectionProfile With(const Parameters& parameters) {
  profile::ConnectionProfile profile;
  profile.driver = "mysql";
  profile.parameters = parameters;
  return profile;
}

absl::Status Refusal(const Parameters& parameters) {
  profile::ConnectionProfile profile = With(parameters);
  return TakeMigrationOptions(profile).status();
}

std::string Certificate() {
  const std::string path = ::testing::TempDir() + "/ca.pem";
  std::ofstream(path) << "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
  return path;
}

// golang-migrate's TestExtractCustomQueryParams, with the parameters that there are.
TEST(MigrationOptionsTest, TakesItsOwnParametersAndLeavesTheConnections) {
  profile::ConnectionProfile none = With({});
  const auto defaults = TakeMigrationOptions(none);
  ASSERT_THAT(defaults, IsOk());
  EXPECT_EQ(defaults->table, "schema_migrations");
  EXPECT_TRUE(defaults->lock);
  EXPECT_EQ(defaults->statement_timeout.count(), 0);
  EXPECT_THAT(none.parameters, IsEmpty());

  profile::ConnectionProfile profile = With({{"hello", "world"},
                                             {"x-migrations-table", "t"},
                                             {"dead", "'beef'"},
                                             {"x-no-lock", "1"},
                                             {"x-statement-timeout", "250"},
                                             {"socket", "/s"},
                                             {"multiStatements", "true"},
                                             {"parseTime", "true"},
                                             {"loc", "Local"},
                                             {"charset", "utf8mb4,utf8"},
                                             {"timeout", "1500ms"}});
  const auto options = TakeMigrationOptions(profile);
  ASSERT_THAT(options, IsOk());
  EXPECT_EQ(options->table, "t");
  EXPECT_FALSE(options->lock);
  EXPECT_EQ(options->statement_timeout.count(), 250);
  EXPECT_THAT(options->variables,
              UnorderedElementsAre(Pair("hello", "world"), Pair("dead", "'beef'")));
  EXPECT_THAT(profile.parameters,
              UnorderedElementsAre(Pair("socket", "/s"), Pair("connect_timeout", "2")));
}

// golang-migrate's TestNoLockParamValidation, and the like.
TEST(MigrationOptionsTest, RefusesWhatItWouldHaveToGuess) {
  const std::vector<std::pair<Parameters, std::string>> cases = {
      {{{"x-no-lock", "not-a-bool"}}, "x-no-lock is \"not-a-bool\""},
      {{{"x-what", "1"}}, "x-what"},
      {{{"x-statement-timeout", "-1"}}, "x-statement-timeout is \"-1\""},
      {{{"x-statement-timeout", "1s"}}, "x-statement-timeout is \"1s\""},
      {{{"charset", "latin1"}}, "charset is \"latin1\""},
      {{{"timeout", "soon"}}, "soon"},
      {{{"serverPubKey", "k"}}, "serverPubKey"},
      {{{"a b", "k"}}, "unknown parameter \"a b\""},
      {{{"tls", "custom"}}, "x-tls-ca is missing"},
      {{{"tls", "custom"}, {"x-tls-ca", "/no/such/file"}}, "/no/such/file"},
      {{{"tls", "custom"}, {"x-tls-ca", "/dev/null"}}, "contains no PEM certificate"},
      {{{"tls", "custom"}, {"x-tls-ca", Certificate()}, {"x-tls-cert", "c"}},
       "set both, or neither"},
      {{{"tls", "custom"}, {"x-tls-ca", Certificate()}, {"x-tls-key", "k"}},
       "set both, or neither"},
      {{{"tls", "custom"}, {"x-tls-ca", Certificate()}, {"x-tls-insecure-skip-verify", "maybe"}},
       "x-tls-insecure-skip-verify is \"maybe\""},
      {{{"x-tls-ca", Certificate()}}, "x-tls-ca means something with tls=<name> only"},
  };
  for (const auto& [parameters, part] : cases) {
    const absl::Status refusal = Refusal(parameters);
    EXPECT_FALSE(refusal.ok()) << part;
    EXPECT_THAT(refusal.message(), HasSubstr(part));
  }
  profile::ConnectionProfile both = With({{"tls", "true"}});
  both.sslmode = "disable";
  EXPECT_THAT(TakeMigrationOptions(both), StatusIs(errs::kInvalidArgument, HasSubstr("sslmode")));
}

TEST(MigrationOptionsTest, SaysGoSqlDriversTlsInItsOwnWords) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"true", "verify-full"}, {"1", "verify-full"},       {"false", "disable"},
      {"FALSE", "disable"},    {"skip-verify", "require"}, {"preferred", "prefer"},
  };
  for (const auto& [tls, sslmode] : cases) {
    profile::ConnectionProfile profile = With({{"tls", tls}});
    ASSERT_THAT(TakeMigrationOptions(profile), IsOk()) << tls;
    EXPECT_EQ(profile.sslmode, sslmode) << tls;
    EXPECT_EQ(profile.parameters["sslrootcert"], sslmode == "verify-full" ? "system" : "") << tls;
  }
  profile::ConnectionProfile own = With(
      {{"tls", "custom"}, {"x-tls-ca", Certificate()}, {"x-tls-cert", "/c"}, {"x-tls-key", "/k"}});
  ASSERT_THAT(TakeMigrationOptions(own), IsOk());
  EXPECT_EQ(own.sslmode, "verify-full");
  EXPECT_THAT(own.parameters, UnorderedElementsAre(Pair("sslrootcert", Certificate()),
                                                   Pair("sslcert", "/c"), Pair("sslkey", "/k")));
  profile::ConnectionProfile any =
      With({{"tls", "any"}, {"x-tls-ca", Certificate()}, {"x-tls-insecure-skip-verify", "true"}});
  ASSERT_THAT(TakeMigrationOptions(any), IsOk());
  EXPECT_EQ(any.sslmode, "require");
  EXPECT_THAT(any.parameters, IsEmpty());
}

// golang-migrate's TestURLToMySQLConfig.
TEST(MigrationOptionsTest, ReadsGolangMigratesUrls) {
  struct {
    std::string url, user, password;
  } const cases[] = {
      {"mysql://tcp(127.0.0.1:3306)/myDB?multiStatements=true", "", ""},
      {"mysql://username@tcp(127.0.0.1:3306)/myDB?multiStatements=true", "username", ""},
      {"mysql://username%3A@tcp(127.0.0.1:3306)/myDB?multiStatements=true", "username:", ""},
      {"mysql://username%40@tcp(127.0.0.1:3306)/myDB?multiStatements=true", "username@", ""},
      {"mysql://username:password@tcp(127.0.0.1:3306)/myDB?multiStatements=true", "username",
       "password"},
      {"mysql://username%3A:password@tcp(127.0.0.1:3306)/myDB?multiStatements=true",
       "username:", "password"},
      {"mysql://username%40:password@tcp(127.0.0.1:3306)/myDB?multiStatements=true", "username@",
       "password"},
      {"mysql://username:password%3A@tcp(127.0.0.1:3306)/myDB?multiStatements=true", "username",
       "password:"},
      {"mysql://username:password%40@tcp(127.0.0.1:3306)/myDB?multiStatements=true", "username",
       "password@"},
      {"mysql://username:password@tcp(127.0.0.1:3306)/"
       "myDB?multiStatements=true&tls=custom&x-tls-ca=" +
           Certificate(),
       "username", "password"},
  };
  for (const auto& test : cases) {
    const auto parsed = profile::ParseUrl(test.url);
    ASSERT_THAT(parsed, IsOk()) << test.url;
    EXPECT_EQ(parsed->user, test.user) << test.url;
    EXPECT_EQ(parsed->password, test.password) << test.url;
    EXPECT_EQ(parsed->host, "127.0.0.1") << test.url;
    EXPECT_EQ(parsed->port, 3306) << test.url;
    EXPECT_EQ(parsed->database, "myDB") << test.url;
    profile::ConnectionProfile profile = With(parsed->parameters);
    EXPECT_THAT(TakeMigrationOptions(profile), IsOk()) << test.url;
  }
}

}  // namespace
}  // namespace siphon::mysqlcommon
