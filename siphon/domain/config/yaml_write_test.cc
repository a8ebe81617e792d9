// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/config/yaml_write.h"

#include <string_view>

#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/domain/profile/profile.h"
#include "testing/status_matchers.h"

namespace siphon::config {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(YamlScalarTest, WritesPlainOnlyWhatEveryReaderTakesForText) {
  for (std::string_view text : {"sqlite", "/var/lib/app.db", "env:DB_PASSWORD", "file:/run/x",
                                "a-b_c.d", "db.example.com:5432", "me@host", "a+b"}) {
    EXPECT_EQ(YamlScalar(text), text);
  }
  struct {
    std::string_view text;
    std::string_view scalar;
  } const kCases[] = {
      {"", R"("")"},
      {"true", R"("true")"},
      {"No", R"("No")"},
      {"null", R"("null")"},
      {"y", R"("y")"},
      {"~", R"("~")"},
      {"123", R"("123")"},
      {"1e3", R"("1e3")"},
      {"-", R"("-")"},
      {"a:", R"("a:")"},
      {"a: b", R"("a: b")"},
      {"a #b", R"("a #b")"},
      {" a ", R"(" a ")"},
      {"a\"b\\c", R"("a\"b\\c")"},
      {"tab\tnl\ncr\r", R"("tab\x09nl\x0acr\x0d")"},
      {"\x7f", R"("\x7f")"},
      {"\xc2\x85", R"("\x85")"},
      {"\xe2\x80\xa8", R"("\u2028")"},
      {"\xef\xbb\xbf", R"("\ufeff")"},
      {"größe 😀", R"("größe 😀")"},
      {"*x", R"("*x")"},
      {"<<", R"("<<")"},
  };
  for (const auto& test : kCases) EXPECT_EQ(YamlScalar(test.text), test.scalar);
}

TEST(ProfileLinesTest, WritesWhatIsSetInTheConfigurationsOrder) {
  profile::Profile profile;
  profile.name = "prod";
  profile.driver = "postgres";
  profile.host = "h1:1,h2:2";
  profile.port = 5432;
  profile.user = "me";
  profile.password = "pa$$ word";
  profile.database = "123";
  profile.sslmode = "require";
  profile.group = "live";
  profile.migrations = "db/migrations";
  profile.parameters = {{"a", ""}, {"x y", "$HOME"}};
  EXPECT_THAT(ProfileLines(profile),
              IsOkAndHolds(ElementsAre("prod:", "  driver: postgres", "  host: \"h1:1,h2:2\"",
                                       "  port: 5432", "  user: me", "  password: \"pa$$$$ word\"",
                                       "  database: \"123\"", "  sslmode: require", "  group: live",
                                       "  migrations: db/migrations",
                                       "  parameters:", "    a: \"\"", "    \"x y\": \"$$HOME\"")));
}

TEST(ProfileLinesTest, WritesLibpqsSettingsAsKeys) {
  profile::Profile profile;
  profile.name = "prod";
  profile.driver = "postgres";
  profile.tools = profile::Tools::kSystem;
  profile.parameters = {
      {"sslcert", ""}, {"sslkey", "$K"}, {"sslpassword", "${PW}"}, {"x", "${PW}"}};
  EXPECT_THAT(ProfileLines(profile),
              IsOkAndHolds(ElementsAre("prod:", "  driver: postgres", "  tools: system",
                                       "  sslkey: \"$$K\"", "  sslpassword: ${PW}",
                                       "  parameters:", "    sslcert: \"\"", "    x: \"$${PW}\"")));
}

TEST(ProfileLinesTest, KeepsAVariableAsPasswordOnly) {
  profile::Profile profile;
  profile.name = "prod";
  profile.driver = "postgres";
  profile.user = "${DB_USER}";
  profile.password = "${DB_PASS}";
  EXPECT_THAT(ProfileLines(profile),
              IsOkAndHolds(ElementsAre("prod:", "  driver: postgres", "  user: \"$${DB_USER}\"",
                                       "  password: ${DB_PASS}")));
}

TEST(ProfileLinesTest, RefusesWhatAConfigurationCannotHold) {
  profile::Profile profile;
  profile.name = "prod";
  profile.driver = "sqlite";
  profile.password = "hunter2\xff";
  EXPECT_THAT(ProfileLines(profile),
              StatusIs(errs::kInvalidArgument,
                       AllOf(HasSubstr("password is not valid UTF-8"), Not(HasSubstr("hunter2")))));
  profile.password = std::string_view("hunter2\0x", 9);
  EXPECT_THAT(ProfileLines(profile), StatusIs(errs::kInvalidArgument, HasSubstr("NUL")));
}

}  // namespace
}  // namespace siphon::config
