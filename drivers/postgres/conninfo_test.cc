// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/conninfo.h"

#include <sys/stat.h>

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <utility>

#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/environment.h"
#include "siphon/domain/profile/profile.h"
#include "testing/status_matchers.h"

namespace siphon::postgres {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Key;
using ::testing::Not;
using ::testing::Pair;

profile::ConnectionProfile Profile() {
  profile::ConnectionProfile profile;
  profile.host = "db.example.com";
  profile.port = 5433;
  profile.user = "alice";
  profile.password = "the secret";
  profile.database = "app";
  profile.sslmode = "verify-full";
  return profile;
}

Settings SettingsOf(const profile::ConnectionProfile& profile) {
  const absl::StatusOr<Settings> settings = ConnectionSettings(profile);
  EXPECT_OK(settings);
  return settings.value_or(Settings());
}

TEST(ConninfoTest, AProfilesFieldsBecomeKeywords) {
  EXPECT_THAT(
      SettingsOf(Profile()),
      AllOf(Contains(Pair("host", "db.example.com")), Contains(Pair("port", "5433")),
            Contains(Pair("user", "alice")), Contains(Pair("password", "the secret")),
            Contains(Pair("dbname", "app")), Contains(Pair("sslmode", "verify-full")),
            Contains(Pair("client_encoding", "UTF8")), Contains(Pair("application_name", "siphon")),
            Contains(Pair("keepalives_idle", "60"))));
}

TEST(ConninfoTest, ParametersOfLibpqArePassedOnAndWinOverDefaults) {
  profile::ConnectionProfile profile = Profile();
  profile.parameters = {{"application_name", "nightly"},
                        {"sslrootcert", "/ca.pem"},
                        {"channel_binding", "require"},
                        {"keepalives_idle", "5"}};
  EXPECT_THAT(
      SettingsOf(profile),
      AllOf(Contains(Pair("application_name", "nightly")), Contains(Pair("sslrootcert", "/ca.pem")),
            Contains(Pair("channel_binding", "require")), Contains(Pair("keepalives_idle", "5"))));
}

TEST(ConninfoTest, AnUnknownParameterIsRefusedWithTheNearestName) {
  profile::ConnectionProfile profile = Profile();
  profile.parameters = {{"sslrotcert", "/ca.pem"}};
  const absl::Status status = ConnectionSettings(profile).status();
  EXPECT_THAT(status, StatusIs(errs::kInvalidArgument, HasSubstr("sslrotcert")));
  EXPECT_THAT(errs::Render(status), HasSubstr("did you mean sslrootcert?"));
  profile.parameters = {{"replication", "true"}};
  EXPECT_THAT(ConnectionSettings(profile), StatusIs(errs::kInvalidArgument));
  profile.parameters = {{"password", "another"}};
  EXPECT_THAT(ConnectionSettings(profile), StatusIs(errs::kInvalidArgument));
}

TEST(ConninfoTest, SeveralHostsBecomeLists) {
  profile::ConnectionProfile profile = Profile();
  profile.port = 0;
  for (const auto& [host, wanted] :
       {std::pair<std::string, std::pair<std::string, std::string>>{"a:1,b:2", {"a,b", "1,2"}},
        {"a,b:2", {"a,b", ",2"}},
        {"[::1]:5,b", {"::1,b", "5,"}},
        {"a,b", {"a,b", ""}},
        {"::1", {"::1", ""}},
        {"/run/pg", {"/run/pg", ""}}}) {
    profile.host = host;
    Settings settings = SettingsOf(profile);
    EXPECT_EQ(settings["host"], wanted.first) << host;
    EXPECT_EQ(settings["port"], wanted.second) << host;
  }
}

TEST(ConninfoTest, WithoutAHostTheUsualSocketsAreTried) {
  profile::ConnectionProfile profile = Profile();
  profile.host = "";
  EXPECT_THAT(SettingsOf(profile), Contains(Pair("host", "/var/run/postgresql,/tmp")));
  // Unless something else names one.
  profile.parameters = {{"service", "prod"}};
  EXPECT_THAT(SettingsOf(profile), Not(Contains(Key("host"))));
  profile.parameters.clear();
  const std::map<std::string, std::string, std::less<>> variables = {{"PGHOST", "elsewhere"}};
  profile.environment = base::Environment(variables);
  EXPECT_THAT(SettingsOf(profile), Not(Contains(Key("host"))));
}

TEST(ConninfoTest, TheTimeToConnectIsANumberOfSeconds) {
  using std::chrono::seconds;
  EXPECT_THAT(ConnectTimeout({}), IsOkAndHolds(kDefaultConnectTimeout));
  EXPECT_THAT(ConnectTimeout({{"connect_timeout", "7"}}), IsOkAndHolds(seconds(7)));
  EXPECT_THAT(ConnectTimeout({{"connect_timeout", "0"}}), IsOkAndHolds(seconds(0)));
  for (const std::string value : {"soon", "-1", "5s"}) {
    EXPECT_THAT(ConnectTimeout({{"connect_timeout", value}}),
                StatusIs(errs::kInvalidArgument, HasSubstr(value)));
  }
}

TEST(ConninfoTest, AChildGetsItsSettingsByEnvironmentAndNoSecretAmongItsArguments) {
  profile::ConnectionProfile profile = Profile();
  profile.parameters = {{"sslpassword", "the passphrase"},
                        {"sslkey", "/key.pem"},
                        {"options", "-c work_mem=1MB"},
                        {"tcp_user_timeout", "5000"}};
  const ChildSettings child = SettingsForChild(SettingsOf(profile));
  EXPECT_THAT(child.environment,
              AllOf(Contains(Pair("PGHOST", "db.example.com")), Contains(Pair("PGPORT", "5433")),
                    Contains(Pair("PGUSER", "alice")), Contains(Pair("PGSSLMODE", "verify-full")),
                    Contains(Pair("PGSSLKEY", "/key.pem")),
                    Contains(Pair("PGOPTIONS", "-c work_mem=1MB"))));
  EXPECT_THAT(child.secrets, AllOf(Contains(Pair("PGPASSWORD", "the secret")),
                                   Contains(Pair("PGSSLPASSWORD", "the passphrase"))));
  EXPECT_THAT(child.conninfo, AllOf(HasSubstr("dbname='app'"), HasSubstr("tcp_user_timeout='5000'"),
                                    HasSubstr("keepalives_idle='60'"), Not(HasSubstr("secret")),
                                    Not(HasSubstr("passphrase"))));
  for (const auto& [name, value] : child.environment) {
    EXPECT_THAT(value, AllOf(Not(HasSubstr("secret")), Not(HasSubstr("passphrase")))) << name;
  }
  // The dump's encoding is the database's, not the session's.
  EXPECT_THAT(child.environment, Not(Contains(Key("PGCLIENTENCODING"))));
  EXPECT_THAT(ServiceFile("the passphrase"), HasSubstr("sslpassword=the passphrase\n"));
}

TEST(ConninfoTest, MethodsAreForbiddenByTheServersPlace) {
  const std::string closed = ::testing::TempDir() + "/closed";
  const std::string open = ::testing::TempDir() + "/open";
  for (const std::string& folder : {closed, open}) ASSERT_EQ(mkdir(folder.c_str(), 0755), 0);
  ASSERT_EQ(chmod(open.c_str(), 01777), 0);
  for (const Settings& known : {Settings{{"host", closed}},
                                {{"host", open}, {"sslmode", "verify-full"}},
                                {{"hostaddr", "127.0.0.1"}, {"sslmode", "verify-full"}},
                                {{"hostaddr", "192.0.2.1"}, {"sslmode", "verify-full"}},
                                {{"hostaddr", "192.0.2.1"}, {"sslmode", "verify-ca"}}}) {
    EXPECT_EQ(ForbiddenMethods(known), "") << FormatConninfo(known);
  }
  for (const Settings& loopback : {Settings{{"host", "localhost"}, {"hostaddr", "127.0.0.1"}},
                                   {{"host", "@abstract"}},
                                   {{"host", open}},
                                   {{"host", closed + "/none"}},
                                   {{"host", open + "/hers"}},
                                   {{"host", "db"}, {"hostaddr", "::1"}},
                                   {{"hostaddr", "127.0.0.1"}, {"sslmode", "require"}}}) {
    EXPECT_EQ(ForbiddenMethods(loopback), "!password") << FormatConninfo(loopback);
  }
  for (const Settings& unknown : {Settings{},
                                  {{"host", "localhost"}, {"hostaddr", "192.0.2.1"}},
                                  {{"host", "127.0.0.1.example.org"}, {"hostaddr", "192.0.2.1"}},
                                  {{"hostaddr", "192.0.2.1"}, {"sslmode", "require"}},
                                  {{"host", closed}, {"hostaddr", "192.0.2.1"}},
                                  {{"host", "@abstract"}, {"hostaddr", "192.0.2.1"}},
                                  {{"hostaddr", "0.0.0.0"}}}) {
    EXPECT_EQ(ForbiddenMethods(unknown), "!password,!md5") << FormatConninfo(unknown);
  }
}

TEST(ConninfoTest, ValuesAreQuoted) {
  EXPECT_EQ(FormatConninfo({{"dbname", "it's a \\"}}), "dbname='it\\'s a \\\\'");
}

TEST(ConninfoTest, AValueWithANulIsRefused) {
  profile::ConnectionProfile profile = Profile();
  profile.password = std::string("a\0b", 3);
  const absl::Status status = ConnectionSettings(profile).status();
  EXPECT_THAT(status, StatusIs(errs::kInvalidArgument, HasSubstr("password")));
}

}  // namespace
}  // namespace siphon::postgres
