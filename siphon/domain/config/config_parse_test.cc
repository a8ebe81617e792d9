// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <optional>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/environment.h"
#include "siphon/domain/config/config.h"
#include "testing/status_matchers.h"

namespace siphon::config {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;

base::Environment TestEnvironment() {
  return base::Environment({{"HOME", "/home/me"},
                            {"DB_HOST", "db1"},
                            {"DB_PORT", "6543"},
                            {"DB_PASS", "a: b # c"},
                            {"EMPTY", ""}});
}

absl::StatusOr<Loaded> ParseTest(std::string_view text) {
  return Parse(std::string(text), "c.yaml", TestEnvironment());
}

MATCHER_P2(IsFinding, line, message, "") {
  *result_listener << arg.line << ": " << arg.message;
  return arg.line == line && ::testing::ExplainMatchResult(message, arg.message, result_listener);
}

TEST(ConfigParseTest, ReadsEveryKey) {
  ASSERT_OK_AND_ASSIGN(const Loaded loaded, ParseTest(R"(version: 1
defaults:
  dump_dir: /dumps
  jobs: 4
  compression: 3
  secret_backend: env
  retention:
    keep_last: 7
    max_age: 720h
    keep_within: 4w
    gfs: {hourly: 24, daily: 1, weekly: 2, monthly: 3, yearly: 4}
    size_guard: 0
storage:
  type: s3
  bucket: b
  prefix: p/
  region: eu
  endpoint: https://s3
  path_style: false
  aws_profile: dev
  access_key: id
  secret_key: env:DB_PASS
  session_token: file:/token
  ca_file: ~/ca.pem
  part_size: 64MiB
audit: {enabled: true, path: /audit.log}
telemetry: {enabled: yes, path: ~/telemetry.json}
secrets: {awssm: on, awssm_region: eu}
profiles:
  prod:
    driver: postgres
    host: db
    port: 5432
    user: me
    password: env:DB_PASS
    database: app
    sslmode: require
    group: live
    migrations: ~/shop/migrations
    parameters: {connect_timeout: 5}
    retention: {keep_last: 2}
    tunnel: {bastion: b, local_port: 15432}
groups:
  live:
    color: red
    require_2fa: true
    confirm_destructive: true
    totp_secret: file:/totp
)"));
  EXPECT_TRUE(loaded.exists);
  EXPECT_EQ(loaded.path, "c.yaml");
  const Config& config = loaded.config;
  EXPECT_EQ(config.version, 1);
  EXPECT_EQ(config.dump_dir, "/dumps");
  EXPECT_EQ(config.compression, 3);
  EXPECT_EQ(config.jobs, 4);
  EXPECT_EQ(config.retention,
            (Retention{7, absl::Hours(720), 1, 2, 3, 24, 4, absl::Hours(672), 0}));
  EXPECT_EQ(config.storage, (Storage{.type = "s3",
                                     .bucket = "b",
                                     .prefix = "p/",
                                     .region = "eu",
                                     .endpoint = "https://s3",
                                     .path_style = false,
                                     .aws_profile = "dev",
                                     .access_key = "id",
                                     .secret_key = "env:DB_PASS",
                                     .session_token = "file:/token",
                                     .ca_file = "/home/me/ca.pem",
                                     .part_size = "64MiB"}));
  EXPECT_EQ(DumpPlace(config), "s3://b/p");
  EXPECT_TRUE(config.audit_enabled);
  EXPECT_EQ(config.audit_path, "/audit.log");
  EXPECT_TRUE(config.telemetry_enabled);
  EXPECT_EQ(config.telemetry_path, "/home/me/telemetry.json");
  EXPECT_TRUE(config.awssm);
  EXPECT_EQ(config.awssm_region, "eu");
  profile::Profile prod;
  prod.name = "prod";
  prod.driver = "postgres";
  prod.host = "db";
  prod.port = 5432;
  prod.user = "me";
  prod.password = "env:DB_PASS";
  prod.database = "app";
  prod.sslmode = "require";
  prod.group = "live";
  prod.migrations = "/home/me/shop/migrations";
  prod.parameters = {{"connect_timeout", "5"}};
  EXPECT_THAT(config.profiles, ElementsAre(Pair("prod", prod)));
  EXPECT_THAT(config.profile_retention,
              ElementsAre(Pair("prod", Retention{2, std::nullopt, 0, 0, 0})));
  EXPECT_THAT(config.groups, ElementsAre(Pair("live", Group{"red", true, true, "file:/totp"})));
  EXPECT_THAT(
      loaded.findings,
      ElementsAre(IsFinding(6, "defaults.secret_backend has no effect in this version"),
                  IsFinding(26, HasSubstr("audit.enabled: the audit log is not written")),
                  IsFinding(27, HasSubstr("telemetry.enabled: telemetry is not written")),
                  IsFinding(28, HasSubstr("secrets.awssm: AWS Secrets Manager is not read")),
                  IsFinding(42, "profiles.prod.tunnel has no effect in this version")));
}

TEST(ConfigParseTest, ReadsLibpqsSettingsAsKeysOrParametersOfAProfile) {
  ASSERT_OK_AND_ASSIGN(const Loaded loaded, ParseTest(R"(defaults:
  tools: system
profiles:
  keys:
    driver: postgres
    sslmode: verify-full
    sslrootcert: /ca.pem
    sslpassword: env:DB_PASS
    keepalives_idle: 30
    tools: builtin
  parameters:
    driver: postgres
    parameters: {sslmode: require, sslcert: /c.pem, sslpassword: secret, anything: x}
)"));
  EXPECT_EQ(loaded.config.tools, profile::Tools::kSystem);
  const profile::Profile& keys = loaded.config.profiles.at("keys");
  EXPECT_EQ(keys.sslmode, "verify-full");
  EXPECT_EQ(keys.tools, profile::Tools::kBuiltin);
  EXPECT_THAT(keys.parameters,
              ElementsAre(Pair("keepalives_idle", "30"), Pair("sslpassword", "env:DB_PASS"),
                          Pair("sslrootcert", "/ca.pem")));
  const profile::Profile& parameters = loaded.config.profiles.at("parameters");
  EXPECT_EQ(parameters.sslmode, "require");
  EXPECT_EQ(parameters.tools, std::nullopt);
  EXPECT_THAT(parameters.parameters, ElementsAre(Pair("anything", "x"), Pair("sslcert", "/c.pem"),
                                                 Pair("sslpassword", "secret")));
  EXPECT_THAT(loaded.findings,
              ElementsAre(IsFinding(13, HasSubstr("sslpassword is written in clear"))));
}

TEST(ConfigParseTest, FillsInDefaults) {
  for (std::string_view text : {"", "# nothing\n", "version: 1\n", "profiles:\n", "defaults: {}\n",
                                "version:\ndefaults:\nstorage: {type: ''}\nprofiles: ~\n"}) {
    SCOPED_TRACE(text);
    ASSERT_OK_AND_ASSIGN(const Loaded loaded, ParseTest(text));
    Config expected;
    expected.dump_dir = "/home/me/.local/share/siphon/dumps";
    expected.audit_path = "/home/me/.local/state/siphon/audit.log";
    expected.telemetry_path = "/home/me/.local/state/siphon/telemetry.json";
    EXPECT_EQ(loaded.config, expected);
    EXPECT_THAT(loaded.findings, IsEmpty());
  }
}

TEST(ConfigParseTest, ExpandsVariablesInValuesAndNotInTheStructure) {
  ASSERT_OK_AND_ASSIGN(const Loaded loaded, ParseTest(R"(profiles:
  prod:
    driver: postgres
    host: ${DB_HOST}.example.com
    port: $DB_PORT
    password: ${DB_PASS}
    user: 'us$$er'
    database: "$DB_HOST"
    sslmode: ${EMPTY}
)"));
  const profile::Profile& prod = loaded.config.profiles.at("prod");
  EXPECT_EQ(prod.host, "db1.example.com");
  EXPECT_EQ(prod.port, 6543);
  EXPECT_EQ(prod.password, "a: b # c");
  EXPECT_EQ(prod.user, "us$er");
  EXPECT_EQ(prod.database, "db1");
  EXPECT_EQ(prod.sslmode, "");
  EXPECT_THAT(loaded.findings, IsEmpty());
  EXPECT_THAT(loaded.text, Not(HasSubstr("a: b # c")));
}

TEST(ConfigParseTest, NamesTheVariableThatIsNotSetAndItsLine) {
  EXPECT_THAT(
      ParseTest("defaults:\n  dump_dir: ${MISSING}\n"),
      AllOf(StatusIs(errs::kConfigInvalid,
                     HasSubstr("c.yaml:2: defaults.dump_dir: the environment variable MISSING is "
                               "not set")),
            HasHint(HasSubstr("set MISSING"))));
}

TEST(ConfigParseTest, AVariableThatIsNotSetMakesOnlyItsProfileUnusable) {
  ASSERT_OK_AND_ASSIGN(const Loaded loaded,
                       ParseTest("profiles:\n"
                                 "  prod:\n    driver: ${MISSING}\n    password: ${MISSING_TOO}\n"
                                 "    retention:\n      keep_last: ${MISSING}\n"
                                 "  other:\n    driver: sqlite\n    database: /a.db\n"));
  EXPECT_THAT(loaded.config.profiles, ElementsAre(::testing::Key("other")));
  EXPECT_THAT(loaded.config.profile_retention, IsEmpty());
  ASSERT_THAT(loaded.unusable, ElementsAre(::testing::Key("prod")));
  EXPECT_THAT(
      loaded.unusable.at("prod"),
      AllOf(StatusIs(errs::kConfigInvalid,
                     HasSubstr("c.yaml:3: profiles.prod.driver: the environment variable MISSING "
                               "is not set")),
            HasHint(HasSubstr("set MISSING"))));
}

TEST(ConfigParseTest, AVariableThatIsNotSetInAnUnusedSectionIsAFinding) {
  ASSERT_OK_AND_ASSIGN(const Loaded loaded,
                       ParseTest("storage:\n  bucket: ${MISSING}\naudit:\n  path: ${MISSING}\n"
                                 "groups:\n  live:\n    totp_secret: ${MISSING}\n"));
  EXPECT_THAT(loaded.unusable, IsEmpty());
  ASSERT_EQ(loaded.findings.size(), 3U);
  for (const Finding& finding : loaded.findings) {
    EXPECT_THAT(finding.message, HasSubstr("the environment variable MISSING is not set"));
    EXPECT_THAT(finding.message, Not(HasSubstr("c.yaml")));
  }
}

TEST(ConfigParseTest, AVariableOfTheStoreThatIsUsedMustBeSet) {
  EXPECT_THAT(ParseTest("storage:\n  bucket: ${MISSING}\n  type: s3\n"),
              StatusIs(errs::kConfigInvalid, HasSubstr("c.yaml:2: storage.bucket")));
  ASSERT_OK_AND_ASSIGN(const Loaded loaded,
                       ParseTest("storage:\n  type: s3\n  bucket: b\n  secret_key: clear\n"));
  EXPECT_THAT(loaded.findings,
              ElementsAre(IsFinding(4, HasSubstr("storage.secret_key is written in clear"))));
}

TEST(ConfigParseTest, NamesThePlaceOfTheDumps) {
  Config config;
  config.dump_dir = "/dumps";
  EXPECT_EQ(DumpPlace(config), "/dumps");
  config.storage = {.type = "s3", .bucket = "b"};
  EXPECT_EQ(DumpPlace(config), "s3://b");
  config.storage.prefix = "a/b/";
  EXPECT_EQ(DumpPlace(config), "s3://b/a/b");
}

TEST(ConfigParseTest, ReadsAStoreOnAHost) {
  ASSERT_OK_AND_ASSIGN(
      const Loaded loaded,
      ParseTest("storage:\n  type: sftp\n  host: backup\n  port: 2222\n  user: me\n"
                "  path: dumps/prod/\n  identity_file: ~/.ssh/backup\n  known_hosts: /known\n"
                "  ssh_config: /config\n"));
  EXPECT_THAT(loaded.findings, IsEmpty());
  EXPECT_EQ(loaded.config.storage, (Storage{.type = "sftp",
                                            .host = "backup",
                                            .user = "me",
                                            .path = "dumps/prod/",
                                            .port = 2222,
                                            .identity_file = "/home/me/.ssh/backup",
                                            .known_hosts = "/known",
                                            .ssh_config = "/config"}));
  EXPECT_EQ(DumpPlace(loaded.config), "sftp://me@backup:2222/~/dumps/prod");
  Config config;
  config.storage = {.type = "sftp", .host = "backup", .path = "/dumps"};
  EXPECT_EQ(DumpPlace(config), "sftp://backup/dumps");
}

TEST(ConfigParseTest, ShowsNoPartOfASecretThatCannotBeRead) {
  for (const std::string_view password :
       {"!hunter2", "pa$hunter2", "pa${hunter2}", "[hunter2]", "{hunter2: x}", "!hunter2 x"}) {
    const auto loaded = Parse(absl::StrCat("profiles:\n  pg:\n    password: ", password, "\n"),
                              "c.yaml", base::Environment());
    const absl::Status status = loaded.ok() ? loaded->unusable.at("pg") : loaded.status();
    EXPECT_THAT(status,
                StatusIs(errs::kConfigInvalid, HasSubstr("c.yaml:3: profiles.pg.password")));
    EXPECT_THAT(errs::Render(status), Not(HasSubstr("hunter2"))) << password;
  }
  // A value that consists of a reference is meant as a variable.
  ASSERT_OK_AND_ASSIGN(const Loaded loaded, Parse("profiles:\n  pg:\n    password: ${MISSING}\n",
                                                  "c.yaml", base::Environment()));
  EXPECT_THAT(loaded.unusable.at("pg"), StatusIs(errs::kConfigInvalid, HasSubstr("MISSING")));
}

TEST(ConfigParseTest, NamesFileLineAndKeyOfWhatIsWrong) {
  struct {
    std::string_view text;
    std::string_view message;
  } const kCases[] = {
      {"[]\n", "c.yaml:1: must be a mapping (\"key: value\" lines), is a list"},
      {"just text\n", "c.yaml:1: must be a mapping (\"key: value\" lines), is text"},
      {"version: 2\n", "c.yaml:1: version: must be 1, is \"2\""},
      {"defaults: 3\n", "c.yaml:1: defaults: must be a mapping"},
      {"defaults:\n  dump_dir: [a]\n", "c.yaml:2: defaults.dump_dir: must be text, is a list"},
      {"defaults:\n  dump_dir: {a: b}\n", "defaults.dump_dir: must be text, is a mapping"},
      {"defaults:\n  dump_dir: !vault x\n",
       "c.yaml:2: defaults.dump_dir: has the unknown tag \"!vault\""},
      {"defaults:\n  dump_dir: !!binary aGk=\n",
       "c.yaml:2: defaults.dump_dir: has the unknown tag"},
      {"defaults:\n  dump_dir: \"a\\0b\"\n", "c.yaml:2: defaults.dump_dir: holds a NUL byte"},
      {"defaults:\n  jobs: -1\n", "c.yaml:2: defaults.jobs: must not be negative, is \"-1\""},
      {"defaults:\n  jobs: many\n", "c.yaml:2: defaults.jobs: must be a whole number"},
      {"defaults:\n  compression: 10\n",
       "c.yaml:2: defaults.compression: must be a whole number from 0 to 9, is \"10\""},
      {"defaults:\n  compression: -1\n", "defaults.compression: must not be negative"},
      {"defaults:\n  compression: 1.5\n", "defaults.compression: must be a whole number"},
      {"defaults:\n  retention:\n    keep_last: -2\n",
       "c.yaml:3: defaults.retention.keep_last: must not be negative, is \"-2\""},
      {"defaults:\n  retention:\n    gfs:\n      weekly: x\n",
       "c.yaml:4: defaults.retention.gfs.weekly: must be a whole number"},
      {"defaults:\n  retention:\n    gfs: {hourly: -1}\n",
       "c.yaml:3: defaults.retention.gfs.hourly: must not be negative, is \"-1\""},
      {"defaults:\n  retention:\n    size_guard: 101\n", "defaults.retention.size_guard: must be"},
      {"defaults:\n  retention:\n    keep_within: 1y\n",
       "c.yaml:3: defaults.retention.keep_within: must be a duration, is \"1y\""},
      {"defaults:\n  retention:\n    max_age: 30 days\n",
       "c.yaml:3: defaults.retention.max_age: must be a duration, is \"30 days\""},
      {"defaults:\n  retention:\n    max_age: -5h\n",
       "c.yaml:3: defaults.retention.max_age: must be a duration, is \"-5h\""},
      {"defaults:\n  retention:\n    max_age: 30\n", "must be a duration, is \"30\""},
      {"storage:\n  type: ftp\n", "c.yaml:2: storage.type: must be local, s3 or sftp, is \"ftp\""},
      {"storage:\n  type: s3\n", "storage: type s3 needs a bucket"},
      {"storage:\n  type: sftp\n  path: p\n", "storage: type sftp needs a host and a path"},
      {"storage:\n  type: sftp\n  host: h\n", "storage: type sftp needs a host and a path"},
      {"storage:\n  type: sftp\n  host: h\n  path: p\n  port: 70000\n", "storage.port"},
      {"audit:\n  enabled: maybe\n",
       "c.yaml:2: audit.enabled: must be true or false, is \"maybe\""},
      {"profiles: [a]\n", "c.yaml:1: profiles: must be a mapping"},
      {"profiles:\n  prod:\n", "c.yaml:2: profiles.prod: the key driver is missing"},
      {"profiles:\n  prod:\n    host: x\n", "c.yaml:2: profiles.prod: the key driver is missing"},
      {"profiles:\n  prod: text\n", "c.yaml:2: profiles.prod: must be a mapping"},
      {"profiles:\n  a b: {driver: x}\n", "c.yaml:2: profiles: \"a b\" can't be the name"},
      {"profiles:\n  p: {driver: x, port: 65536}\n",
       "c.yaml:2: profiles.p.port: must be a whole number from 0 to 65535, is \"65536\""},
      {"profiles:\n  p: {driver: x, port: -1}\n", "profiles.p.port: must not be negative"},
      {"profiles:\n  p: {driver: x, port: ssh}\n", "profiles.p.port: must be a whole number"},
      {"profiles:\n  p:\n    driver: x\n    group: gone\n",
       "c.yaml:4: profiles.p.group: there is no group \"gone\""},
      {"profiles:\n  p: {driver: x, parameters: [a]}\n",
       "profiles.p.parameters: must be a mapping"},
      {"profiles:\n  p: {driver: x, parameters: {a: [b]}}\n",
       "profiles.p.parameters.a: must be text"},
      {"profiles:\n  p: {driver: x, sslkey: a, parameters: {sslkey: b}}\n",
       "c.yaml:2: profiles.p: sslkey is given as a key and as a parameter"},
      {"profiles:\n  p: {driver: x, sslmode: a, parameters: {sslmode: b}}\n",
       "c.yaml:2: profiles.p: sslmode is given as a key and as a parameter"},
      {"profiles:\n  p: {driver: x, tools: both}\n",
       "c.yaml:2: profiles.p.tools: must be auto, builtin or system, is \"both\""},
      {"defaults: {tools: none}\n", "c.yaml:1: defaults.tools: must be auto, builtin or system"},
      {"profiles:\n  p: {driver: x, tunnel: {local_port: 70000}}\n",
       "profiles.p.tunnel.local_port: must be a whole number from 0 to 65535"},
      {"groups:\n  g: {require_2fa: 2}\n", "c.yaml:2: groups.g.require_2fa: must be true or false"},
      {"groups:\n  '': {}\n", "c.yaml:2: groups: a group needs a name"},
      {"profiles:\n  p: {driver: a, driver: b}\n", "c.yaml:2: the key \"driver\" is given twice"},
      {"x: ${OPEN\nprofiles:\n  p: {driver: '${OPEN'}\n", "c.yaml:3: profiles.p.driver: \"${\""},
      {"profiles: {p: *gone}\n", "c.yaml:1: an alias"},
      {"profiles:\n  <<: text\n", "\"<<\" merges mappings, not text"},
  };
  for (const auto& test : kCases) {
    EXPECT_THAT(ParseTest(test.text), AllOf(StatusIs(errs::kConfigInvalid, HasSubstr(test.message)),
                                            HasExitCode(errs::Code::kUser)))
        << test.text;
  }
}

TEST(ConfigParseTest, ErrorsShowWhatTheFileSaysAndNotWhatAVariableHolds) {
  EXPECT_THAT(
      ParseTest("profiles:\n  p: {driver: x, port: '${DB_PASS}'}\n"),
      StatusIs(errs::kConfigInvalid, AllOf(HasSubstr("${DB_PASS}"), Not(HasSubstr("a: b")))));
  EXPECT_THAT(ParseTest("profiles:\n  p: {driver: x, group: '${DB_PASS}'}\n"),
              StatusIs(errs::kConfigInvalid, Not(HasSubstr("a: b"))));
}

TEST(ConfigParseTest, NotesUnknownKeysAndWhatWasProbablyMeant) {
  ASSERT_OK_AND_ASSIGN(const Loaded loaded, ParseTest(R"(profils:
  prod: {}
profiles:
  prod:
    driver: sqlite
    databse: x
    x-note: mine
defaults:
  retention:
    gsf: {}
unrelated: [1, 2]
x-own: {a: b}
)"));
  EXPECT_THAT(
      loaded.findings,
      ElementsAre(IsFinding(1, "unknown key \"profils\"; did you mean \"profiles\"?"),
                  IsFinding(6,
                            "unknown key \"databse\" in profiles.prod; did you mean "
                            "\"database\"?"),
                  IsFinding(10, "unknown key \"gsf\" in defaults.retention; did you mean \"gfs\"?"),
                  IsFinding(11, "unknown key \"unrelated\"")));
}

TEST(ConfigParseTest, NotesSecretsInClear) {
  ASSERT_OK_AND_ASSIGN(const Loaded loaded, ParseTest(R"(profiles:
  clear: {driver: x, password: hunter2}
  marked: {driver: x, password: 'literal:hunter2'}
  dollar: {driver: x, password: hunter$$2}
  variable: {driver: x, password: $DB_PASS}
  env: {driver: x, password: env:DB_PASS}
  empty: {driver: x, password: ''}
  keychain: {driver: x, password: 'keychain://hunter2'}
groups:
  g: {totp_secret: JBSWY3DP}
)"));
  EXPECT_THAT(loaded.findings,
              ElementsAre(IsFinding(2, HasSubstr("profiles.clear.password is written in clear")),
                          IsFinding(3, HasSubstr("profiles.marked.password is written in clear")),
                          IsFinding(4, HasSubstr("profiles.dollar.password is written in clear")),
                          IsFinding(8, AllOf(HasSubstr("profiles.keychain.password: this version"),
                                             HasSubstr("env:NAME"))),
                          IsFinding(10, HasSubstr("groups.g.totp_secret is written in clear"))));
  for (const Finding& finding : loaded.findings) {
    EXPECT_THAT(finding.message, Not(HasSubstr("hunter")));
    EXPECT_THAT(finding.message, Not(HasSubstr("JBSW")));
  }
  EXPECT_EQ(loaded.config.profiles.at("dollar").password, "hunter$2");
  EXPECT_EQ(loaded.config.profiles.at("variable").password, "a: b # c");
}

TEST(ConfigParseTest, SupportsAnchorsAliasesAndMerges) {
  ASSERT_OK_AND_ASSIGN(const Loaded loaded, ParseTest(R"(x-common: &common
  driver: postgres
  host: db
  port: 1
x-more: &more
  <<: *common
  port: 2
  user: more
profiles:
  a: *common
  b:
    <<: *common
    host: other
  c:
    <<: [*more, *common]
    database: &db app
  d: {driver: x, database: *db, "<<": ignored}
)"));
  using profile::Profile;
  const auto& profiles = loaded.config.profiles;
  Profile a;
  a.name = "a";
  a.driver = "postgres";
  a.host = "db";
  a.port = 1;
  EXPECT_EQ(profiles.at("a"), a);
  Profile b = a;
  b.name = "b";
  b.host = "other";
  EXPECT_EQ(profiles.at("b"), b);
  Profile c = a;
  c.name = "c";
  c.port = 2;
  c.user = "more";
  c.database = "app";
  EXPECT_EQ(profiles.at("c"), c);
  EXPECT_EQ(profiles.at("d").driver, "x");
  EXPECT_EQ(profiles.at("d").database, "app");
  EXPECT_THAT(loaded.findings, ElementsAre(IsFinding(17, HasSubstr("unknown key \"<<\""))));
}

TEST(ConfigParseTest, StopsMergesThatGrowOrLoop) {
  EXPECT_THAT(ParseTest("profiles: &p\n  a: {driver: x}\n  <<: *p\n"),
              StatusIs(errs::kConfigInvalid, HasSubstr("merges too much, or into itself")));
  std::string text = "x-0: &n0 {a: {driver: x}}\n";
  for (int i = 1; i < 12; ++i) {
    absl::StrAppend(&text, "x-", i, ": &n", i, "\n  <<: [");
    for (int j = 0; j < 10; ++j) absl::StrAppend(&text, "*n", i - 1, ", ");
    absl::StrAppend(&text, "]\n");
  }
  absl::StrAppend(&text, "profiles: *n11\n");
  EXPECT_THAT(ParseTest(text), StatusIs(errs::kConfigInvalid, HasSubstr("merges too much")));
}

TEST(ConfigParseTest, AnAliasBombCostsNothing) {
  std::string text = "a0: &n0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 30; ++i) {
    absl::StrAppend(&text, "a", i, ": &n", i, " [");
    for (int j = 0; j < 10; ++j) absl::StrAppend(&text, "*n", i - 1, ", ");
    absl::StrAppend(&text, "]\n");
  }
  EXPECT_THAT(ParseTest(text), IsOk());
}

TEST(ConfigParseTest, TreatsNullAndZeroAsNoRule) {
  ASSERT_OK_AND_ASSIGN(const Loaded loaded, ParseTest(R"(defaults:
  retention: {keep_last: 0, max_age: 0, gfs: ~}
profiles:
  a: {driver: x, retention: ~, port: 0, parameters: {k: ~}}
  b: {driver: x, retention: {}}
)"));
  EXPECT_EQ(loaded.config.retention, Retention{});
  EXPECT_THAT(loaded.config.profile_retention, ElementsAre(Pair("b", Retention{})));
  EXPECT_THAT(loaded.config.profiles.at("a").parameters, ElementsAre(Pair("k", "")));
}

TEST(ConfigParseTest, ReadsTextThatLooksLikeAnotherType) {
  ASSERT_OK_AND_ASSIGN(
      const Loaded loaded,
      ParseTest("profiles:\n  123: {driver: true, user: 0123, password: !!str 007, host: ~}\n"));
  const profile::Profile& profile = loaded.config.profiles.at("123");
  EXPECT_EQ(profile.driver, "true");
  EXPECT_EQ(profile.user, "0123");
  EXPECT_EQ(profile.password, "007");
  EXPECT_EQ(profile.host, "");
}

TEST(ConfigParseTest, ReadsCrLfAndAByteOrderMark) {
  ASSERT_OK_AND_ASSIGN(
      const Loaded loaded,
      ParseTest("\xEF\xBB\xBFversion: 1\r\nprofiles:\r\n  p:\r\n    driver: sqlite\r\n"));
  EXPECT_EQ(loaded.config.profiles.at("p").driver, "sqlite");
  EXPECT_THAT(loaded.text, HasSubstr("\xEF\xBB\xBF"));
}

TEST(ConfigParseTest, APathMayBeginAtHome) {
  EXPECT_THAT(ParseTest("defaults: {dump_dir: ~/dumps}\n")->config.dump_dir, "/home/me/dumps");
  EXPECT_THAT(ParseTest("defaults: {dump_dir: ~root/dumps}\n")->config.dump_dir, "~root/dumps");
  EXPECT_THAT(Parse("defaults: {dump_dir: ~/dumps}\n", "c.yaml", base::Environment()),
              StatusIs(errs::kConfigInvalid, HasSubstr("HOME is not set")));
}

}  // namespace
}  // namespace siphon::config
