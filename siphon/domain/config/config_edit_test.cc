// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/strings/str_replace.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/environment.h"
#include "siphon/domain/config/config.h"
#include "siphon/domain/profile/profile.h"
#include "testing/status_matchers.h"

namespace siphon::config {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

base::Environment TestEnvironment() {
  return base::Environment({{"HOME", "/home/me"}, {"PW", "from env"}});
}

absl::StatusOr<Loaded> ParseTest(std::string_view text) {
  return Parse(std::string(text), "c.yaml", TestEnvironment());
}

profile::Profile NewProfile() {
  profile::Profile profile;
  profile.name = "new";
  profile.driver = "sqlite";
  profile.database = "/new.db";
  return profile;
}

absl::StatusOr<std::string> Add(std::string_view text,
                                const profile::Profile& profile = NewProfile()) {
  absl::StatusOr<Loaded> loaded = ParseTest(text);
  if (!loaded.ok()) return loaded.status();
  return AddProfile(*loaded, profile, TestEnvironment());
}

absl::StatusOr<std::string> Remove(std::string_view text, std::string_view name) {
  absl::StatusOr<Loaded> loaded = ParseTest(text);
  if (!loaded.ok()) return loaded.status();
  return RemoveProfile(*loaded, name, TestEnvironment());
}

constexpr std::string_view kEntry = "  new:\n    driver: sqlite\n    database: /new.db\n";

// Texts that hold "@" where the entry goes; without it they are the text before AddProfile and
// after RemoveProfile.
constexpr std::string_view kTexts[] = {
    "profiles:\n@",
    "profiles: # none yet\n@",
    "profiles:   \n@\n\n# end\n",
    "version: 1\nprofiles:\n  a:\n    driver: x\n@",
    "profiles:\n  a:\n    driver: x\n@groups:\n  g: {}\n",
    "profiles:\n  a:\n    driver: x\n@\n# about groups\ngroups:\n  g: {}\n",
    "profiles:\n  # a comment\n  a: # and\n    driver: x # another\n    # of a\n@# of nothing\n",
    "profiles:\n  a:\n    driver: x\n  # b:\n  #   driver: y\n@\nx-y: z\n",
    "profiles:\n  # a:\n  #   driver: x\n@",
    "profiles:\n  a: {driver: x,\n    host: y\n    }\n@",
    "profiles:\n  a:\n    driver: x\n    user:\n@\n# groups\ngroups:\n",
    "profiles:\n  a:\n    driver: \"x\n# no comment\n      \"\n@\n",
    "profiles:\n  a:\n    driver: \"x\n# no comment\"\n@# comment\n",
    "profiles:\n  a:\n    driver: x\n    user: |\n      u\n      # v\n@",
    "profiles:\n  a:\n    driver: x\n    user: |\n      u\n@\nx-z:\n",
    "profiles:\n  'a':\n    driver: x\n  \"b\":\n    driver: x\n@\n",
    "profiles:\n  a: &a\n    driver: x\n  b: *a\n@",
    "x-p: &p {driver: x}\nprofiles:\n  a:\n    <<: *p\n@",
    "profiles: &all\n  a:\n    driver: x\n@",
    "---\nprofiles:\n  a:\n    driver: x\n@...\n",
    "---\nprofiles:\n@...\n# end\n",
    "  profiles:\n    a:\n      driver: x\n@  groups:\n",
    "profiles:\n@groups: {g: {}}\n",
    "\xEF\xBB\xBFprofiles:\n  a:\n    driver: x\n@",
    "profiles:\n  größe: {}\n",
    "profiles:\n  a:\n    driver: ${PW}\n    password: $PW # keep\n@\n",
};

std::string EntryFor(std::string_view text) {
  return absl::StrReplaceAll(kEntry, {{"\n  ", text.substr(0, 2) == "  " ? "\n    " : "\n  "},
                                      {"  new", text.substr(0, 2) == "  " ? "    new" : "  new"}});
}

TEST(ConfigEditTest, AddsAnEntryAndRemovesItAgainWithoutTouchingTheRest) {
  for (std::string_view pattern : kTexts) {
    const std::string text = absl::StrReplaceAll(pattern, {{"@", ""}});
    if (!ParseTest(text).ok()) continue;  // See the test below.
    for (std::string_view line_end : {"\n", "\r\n"}) {
      const std::string before = absl::StrReplaceAll(text, {{"\n", line_end}});
      const std::string after = absl::StrReplaceAll(
          absl::StrReplaceAll(pattern, {{"@", EntryFor(pattern)}}), {{"\n", line_end}});
      SCOPED_TRACE(before);
      ASSERT_THAT(Add(before), IsOkAndHolds(after));
      EXPECT_THAT(Remove(after, "new"), IsOkAndHolds(before));
    }
  }
}

TEST(ConfigEditTest, TheTextsOfTheTestAboveAreConfigurations) {
  int refused = 0;
  for (std::string_view pattern : kTexts) {
    if (!ParseTest(absl::StrReplaceAll(pattern, {{"@", ""}})).ok()) ++refused;
  }
  EXPECT_EQ(refused, 1);  // The profile with an invalid name.
}

TEST(ConfigEditTest, KeepsATextWithoutAFinalLineEndWithoutOne) {
  struct {
    std::string_view before;
    std::string_view after;
  } const kCases[] = {
      {"profiles:", "profiles:\n  new:\n    driver: sqlite\n    database: /new.db"},
      {"profiles:\n  a:\n    driver: x",
       "profiles:\n  a:\n    driver: x\n  new:\n    driver: sqlite\n    database: /new.db"},
      {"profiles:\r\n  a: {driver: x} # c",
       "profiles:\r\n  a: {driver: x} # c\r\n  new:\r\n    driver: sqlite\r\n    database: "
       "/new.db"},
      {"profiles:\n  a: {driver: x}\n# end",
       "profiles:\n  a: {driver: x}\n  new:\n    driver: sqlite\n    database: /new.db\n# end"},
      {"profiles:\n  a: {driver: x}\n  ",
       "profiles:\n  a: {driver: x}\n  new:\n    driver: sqlite\n    database: /new.db\n  "},
  };
  for (const auto& test : kCases) {
    SCOPED_TRACE(test.before);
    ASSERT_THAT(Add(test.before), IsOkAndHolds(std::string(test.after)));
    EXPECT_THAT(Remove(test.after, "new"), IsOkAndHolds(std::string(test.before)));
  }
}

TEST(ConfigEditTest, MakesTheProfilesWhereThereAreNone) {
  struct {
    std::string_view before;
    std::string_view after;
  } const kCases[] = {
      {"", "version: 1\nprofiles:\n  new:\n    driver: sqlite\n    database: /new.db\n"},
      {"# mine\n", "# mine\nprofiles:\n  new:\n    driver: sqlite\n    database: /new.db\n"},
      {"version: 1", "version: 1\nprofiles:\n  new:\n    driver: sqlite\n    database: /new.db"},
      {"version: 1\n\n",
       "version: 1\n\nprofiles:\n  new:\n    driver: sqlite\n    database: /new.db\n"},
      {"version: 1\r\n",
       "version: 1\r\nprofiles:\r\n  new:\r\n    driver: sqlite\r\n    database: /new.db\r\n"},
      {"version: 1\n...\n",
       "version: 1\nprofiles:\n  new:\n    driver: sqlite\n    database: /new.db\n...\n"},
      {"  version: 1\n",
       "  version: 1\n  profiles:\n    new:\n      driver: sqlite\n      database: /new.db\n"},
      {"profiles: {}\n", "profiles:\n  new:\n    driver: sqlite\n    database: /new.db\n"},
      {"profiles: {} # none\nversion: 1\n",
       "profiles: # none\n  new:\n    driver: sqlite\n    database: /new.db\nversion: 1\n"},
      {"version: 1\n\"profiles\" : ~\n",
       "version: 1\n\"profiles\" :\n  new:\n    driver: sqlite\n    database: /new.db\n"},
      {"profiles: null", "profiles:\n  new:\n    driver: sqlite\n    database: /new.db"},
  };
  for (const auto& test : kCases) {
    EXPECT_THAT(Add(test.before), IsOkAndHolds(std::string(test.after))) << test.before;
  }
}

TEST(ConfigEditTest, RemovesFromAnyPlace) {
  constexpr std::string_view kText =
      "profiles:\n"
      "  # first\n"
      "  a:\n"
      "    driver: x\n"
      "    # of a\n"
      "\n"
      "  # second\n"
      "  b: {driver: x}  # short\n"
      "  c:\n"
      "    driver: x\n"
      "    password: ${PW}\n"
      "\n"
      "# end\n";
  EXPECT_THAT(Remove(kText, "a"), IsOkAndHolds(std::string("profiles:\n"
                                                           "  # first\n"
                                                           "\n"
                                                           "  # second\n"
                                                           "  b: {driver: x}  # short\n"
                                                           "  c:\n"
                                                           "    driver: x\n"
                                                           "    password: ${PW}\n"
                                                           "\n"
                                                           "# end\n")));
  EXPECT_THAT(Remove(kText, "b"),
              IsOkAndHolds(AllOf(HasSubstr("  # second\n  c:\n"), Not(HasSubstr("short")))));
  EXPECT_THAT(Remove(kText, "c"),
              IsOkAndHolds(AllOf(HasSubstr("# short\n\n# end\n"), Not(HasSubstr("PW")))));
}

TEST(ConfigEditTest, LeavesTheProfilesKeyWhenTheLastProfileGoes) {
  EXPECT_THAT(Remove("version: 1\nprofiles:\n  a:\n    driver: x\n", "a"),
              IsOkAndHolds(std::string("version: 1\nprofiles:\n")));
}

TEST(ConfigEditTest, WritesValuesThatReadBackEqual) {
  const std::string_view kValues[] = {
      "x",     "pa$$word", "$PW",      "${PW}x",       "a: b # c", "'",  "\"",
      "\\",    " lead",    "trail ",   "true",         "null",     "~",  "0123",
      "-",     "{}",       "[x]",      "*x",           "&x",       "!x", "%x",
      "@x",    "`x",       "|",        "> x",          "größe",    "😀",  "line\nend",
      "tab\t", "\x01\x7f", "\xc2\x85", "\xe2\x80\xa8", "#x",       "x:", "<<",
      "? x",   "env:PW",   "file:/x",  "literal:$",    "${",       "$",  "${}"};
  for (std::string_view value : kValues) {
    SCOPED_TRACE(value);
    profile::Profile profile = NewProfile();
    profile.host = profile.user = profile.password = profile.database = std::string(value);
    profile.sslmode = profile.driver = std::string(value);
    profile.port = 65535;
    profile.parameters = {{std::string(value), std::string(value)},
                          {"empty", ""},
                          {"sslcert", ""},
                          {"sslkey", std::string(value)},
                          {"sslpassword", std::string(value)}};
    profile.tools = profile::Tools::kBuiltin;
    ASSERT_OK_AND_ASSIGN(const std::string text, Add("profiles:\n", profile));
    ASSERT_OK_AND_ASSIGN(const Loaded loaded, ParseTest(text));
    EXPECT_EQ(loaded.config.profiles.at("new"), profile);
    EXPECT_THAT(Remove(text, "new"), IsOkAndHolds(std::string("profiles:\n")));
  }
}

TEST(ConfigEditTest, KeepsAVariableReferenceAsPassword) {
  profile::Profile profile = NewProfile();
  profile.password = "${PW}";
  ASSERT_OK_AND_ASSIGN(const std::string text, Add("", profile));
  EXPECT_THAT(text, AllOf(HasSubstr("    password: ${PW}\n"), Not(HasSubstr("from env"))));
  profile.parameters = {{"sslpassword", "${PW}"}};
  EXPECT_THAT(Add("", profile), IsOkAndHolds(HasSubstr("    sslpassword: ${PW}\n")));
  profile.password = "${MISSING}";
  EXPECT_THAT(Add("", profile), StatusIs(errs::kConfigInvalid, HasSubstr("MISSING is not set")));
}

TEST(ConfigEditTest, WorksNextToAProfileWithAVariableThatIsNotSet) {
  constexpr std::string_view kText =
      "profiles:\n  broken:\n    driver: sqlite\n    database: ${MISSING}\n";
  EXPECT_THAT(Add(kText), IsOkAndHolds(HasSubstr("${MISSING}")));
  EXPECT_THAT(Remove(kText, "broken"), IsOkAndHolds(Not(HasSubstr("MISSING"))));
  profile::Profile broken = NewProfile();
  broken.name = "broken";
  EXPECT_THAT(Add(kText, broken), StatusIs(errs::kAlreadyExists));
}

TEST(ConfigEditTest, NeverWritesWhatAVariableHolds) {
  ASSERT_OK_AND_ASSIGN(const std::string text,
                       Add("profiles:\n  a:\n    driver: x\n    password: ${PW}\n"));
  EXPECT_THAT(text, AllOf(HasSubstr("${PW}"), Not(HasSubstr("from env"))));
}

TEST(ConfigEditTest, RefusesAProfileThatIsThereOrIsWrong) {
  constexpr std::string_view kText = "profiles:\n  new: {driver: x}\ngroups: {g: {}}\n";
  EXPECT_THAT(Add(kText), AllOf(StatusIs(errs::kAlreadyExists, HasSubstr("\"new\"")),
                                HasExitCode(errs::Code::kUser)));
  profile::Profile profile = NewProfile();
  profile.name = "other";
  profile.group = "g";
  EXPECT_THAT(Add(kText, profile), IsOk());
  profile.group = "gone";
  EXPECT_THAT(Add(kText, profile), StatusIs(errs::kInvalidArgument, HasSubstr("\"gone\"")));
  profile.group = "";
  profile.port = 65536;
  EXPECT_THAT(Add(kText, profile), StatusIs(errs::kInvalidArgument, HasSubstr("65536")));
  profile.port = -1;
  EXPECT_THAT(Add(kText, profile), StatusIs(errs::kInvalidArgument));
  profile.port = 0;
  profile.driver = "";
  EXPECT_THAT(Add(kText, profile), StatusIs(errs::kInvalidArgument, HasSubstr("driver")));
  profile = NewProfile();
  profile.name = "a b";
  EXPECT_THAT(Add(kText, profile), StatusIs(errs::kInvalidArgument, HasSubstr("a b")));
  EXPECT_THAT(Remove(kText, "gone"), AllOf(StatusIs(errs::kNotFound, HasSubstr("\"gone\"")),
                                           HasExitCode(errs::Code::kUser)));
}

TEST(ConfigEditTest, SaysWhatToEditByHandWhenTheFormAllowsNoLocalChange) {
  for (std::string_view text :
       {"{profiles: {a: {driver: x}}}\n", "profiles: {a: {driver: x}}\n",
        "x-p: &p {a: {driver: x}}\nprofiles: *p\n", "? profiles\n: a: {driver: x}\n",
        "profiles:\n  ? a\n  : {driver: x}\n", "x-p: &p {profiles: {a: {driver: x}}}\n<<: *p\n",
        "profiles:\n  {a: {driver: x}}\n"}) {
    SCOPED_TRACE(text);
    EXPECT_THAT(Add(text), AllOf(StatusIs(errs::kConfigInvalid, HasSubstr("c.yaml")),
                                 HasHint(HasSubstr("by hand"))));
    EXPECT_THAT(Remove(text, "a"), AllOf(StatusIs(errs::kConfigInvalid, HasSubstr("c.yaml")),
                                         HasHint(HasSubstr("by hand"))));
  }
  for (std::string_view text :
       {"profiles:\n  {}\n", "profiles: !!map {}\n", "\"pro\\u0066iles\":\n", "profiles: {\n}\n",
        "profiles:\n  ~\n", "---\n~\n", "profiles: &x\n"}) {
    EXPECT_THAT(Add(text), AllOf(StatusIs(errs::kConfigInvalid, HasSubstr("c.yaml")),
                                 HasHint(HasSubstr("by hand"))))
        << text;
  }
}

TEST(ConfigEditTest, RefusesToRemoveWhatOthersReferTo) {
  constexpr std::string_view kText = "profiles:\n  a: &a\n    driver: x\n  b: *a\n";
  EXPECT_THAT(Remove(kText, "a"), AllOf(StatusIs(errs::kConfigInvalid, HasSubstr("alias")),
                                        HasHint(HasSubstr("by hand"))));
  EXPECT_THAT(Remove(kText, "b"), IsOkAndHolds(std::string("profiles:\n  a: &a\n    driver: x\n")));
  constexpr std::string_view kMerged =
      "x-p: &p\n  a: {driver: x}\nprofiles:\n  <<: *p\n  b: {driver: x}\n";
  EXPECT_THAT(Remove(kMerged, "a"), StatusIs(errs::kConfigInvalid, HasSubstr("merge")));
  EXPECT_THAT(Remove(kMerged, "b"), IsOk());
}

TEST(ConfigEditTest, RemovesTheRetentionOfTheProfileToo) {
  EXPECT_THAT(Remove("profiles:\n  a:\n    driver: x\n    retention:\n      keep_last: 1\n", "a"),
              IsOkAndHolds(std::string("profiles:\n")));
}

}  // namespace
}  // namespace siphon::config
