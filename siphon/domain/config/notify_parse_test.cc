// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/environment.h"
#include "siphon/domain/config/config.h"
#include "siphon/domain/notify/endpoint.h"
#include "testing/status_matchers.h"

namespace siphon::config {
namespace {

using notify::Endpoint;
using notify::Event;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

absl::StatusOr<Loaded> ParseTest(std::string_view text) {
  return Parse(std::string(text), "c.yaml",
               base::Environment({{"HOME", "/home/me"}, {"KEY", "s3cr3t"}, {"TOKEN", "t0ken"}}));
}

MATCHER_P2(IsFinding, line, message, "") {
  *result_listener << arg.line << ": " << arg.message;
  return arg.line == line && ::testing::ExplainMatchResult(message, arg.message, result_listener);
}

TEST(NotifyParseTest, ReadsEveryKey) {
  ASSERT_OK_AND_ASSIGN(const Loaded loaded, ParseTest(R"(notify:
  - ping: https://hc-ping.com/${KEY}
    verbs: [backup, verify]
    when: failure
    profiles: [shop, prod]
  - webhook: https://example.org/hook
    verbs: restore
    when: [start, success]
    profiles: shop
    headers: {Authorization: "Bearer ${TOKEN}", X-Two: b}
    secret: env:KEY
    body: |
      {"text": "{{summary}}"}
    ca: ~/ca.pem
    timeout: 5s
profiles:
  shop: {driver: sqlite, database: /a.db}
  prod: {driver: sqlite, database: /b.db}
)"));
  ASSERT_EQ(loaded.config.notifications.size(), 2u);
  Endpoint ping;
  ping.place = "notify[0]";
  ping.url = "https://hc-ping.com/s3cr3t";
  ping.verbs = {"backup", "verify"};
  ping.when = {Event::kFailure};
  ping.profiles = {"prod", "shop"};
  EXPECT_EQ(loaded.config.notifications[0], ping);
  Endpoint hook;
  hook.kind = Endpoint::Kind::kWebhook;
  hook.place = "notify[1]";
  hook.url = "https://example.org/hook";
  hook.verbs = {"restore"};
  hook.when = {Event::kStart, Event::kSuccess};
  hook.profiles = {"shop"};
  hook.headers = {{"Authorization", "Bearer t0ken"}, {"X-Two", "b"}};
  hook.secret = "env:KEY";
  hook.body = "{\"text\": \"{{summary}}\"}\n";
  hook.ca = "/home/me/ca.pem";
  hook.timeout = absl::Seconds(5);
  EXPECT_EQ(loaded.config.notifications[1], hook);
}

TEST(NotifyParseTest, HasDefaults) {
  ASSERT_OK_AND_ASSIGN(const Loaded loaded, ParseTest(R"(notify:
  - ping: https://hc-ping.com/{{profile}}
  - webhook: http://localhost:8080
)"));
  ASSERT_EQ(loaded.config.notifications.size(), 2u);
  const Endpoint& ping = loaded.config.notifications[0];
  EXPECT_THAT(ping.verbs, ElementsAre("backup"));
  EXPECT_THAT(ping.when, ElementsAre(Event::kStart, Event::kSuccess, Event::kFailure));
  EXPECT_EQ(ping.timeout, absl::Seconds(10));
  const Endpoint& hook = loaded.config.notifications[1];
  EXPECT_THAT(hook.verbs, ElementsAre("backup", "migrate", "restore", "sync", "verify"));
  EXPECT_THAT(hook.when, ElementsAre(Event::kSuccess, Event::kFailure));
  EXPECT_THAT(loaded.findings, IsEmpty());
  EXPECT_THAT(ParseTest("notify:\n")->config.notifications, IsEmpty());
}

TEST(NotifyParseTest, AnUnsetVariableConcernsItsEntryAlone) {
  ASSERT_OK_AND_ASSIGN(const Loaded loaded, ParseTest(R"(notify:
  - ping: ${NOT_SET}
    verbs: verify
  - webhook: https://example.org/
    headers: {Authorization: "Bearer ${NOT_SET}"}
  - ping: https://hc-ping.com/x
)"));
  ASSERT_EQ(loaded.config.notifications.size(), 3u);
  EXPECT_THAT(
      loaded.unusable_notifications.at("notify[0]"),
      StatusIs(errs::kConfigInvalid, AllOf(HasSubstr("c.yaml:2"), HasSubstr("notify[0].ping"))));
  EXPECT_THAT(loaded.config.notifications[0].verbs, ElementsAre("verify"));
  EXPECT_THAT(loaded.unusable_notifications.at("notify[1]"),
              StatusIs(errs::kConfigInvalid, HasSubstr("notify[1].headers.Authorization")));
  EXPECT_EQ(loaded.unusable_notifications.size(), 2u);
}

TEST(NotifyParseTest, RefusesWrongEntriesWithoutTheirSecrets) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"  ping: https://hc-ping.com/x", "notify: must be a list"},
      {"  - {}", "notify[0]: needs either ping: or webhook:"},
      {"  - {ping: https://h/hidden, webhook: https://h/hidden}", "needs either"},
      {"  - ping: hidden", "notify[0].ping: the URL does not begin with https://"},
      {"  - webhook: https://h/hid den", "notify[0].webhook: the URL has a character"},
      {"  - ping: https://h/{{profil}}hidden", "there is no placeholder {{profil}}"},
      {"  - ping: https://{{profile}.h/hidden", "no \"}}\""},
      {"  - webhook: https://h/{{profile}}hidden", "the URL has a character"},
      {"  - {ping: https://h/hidden, secret: env:KEY}", "neither a secret nor a body"},
      {"  - {ping: https://h/hidden, body: '{}'}", "neither a secret nor a body"},
      {"  - {webhook: https://h/hidden, body: '{{summary}}'}",
       "notify[0].body: the text is not JSON"},
      {"  - {webhook: https://h/hidden, verbs: [backup, prune]}",
       "notify[0].verbs: there is no verb \"prune\""},
      {"  - {webhook: https://h/hidden, when: done}", "notify[0].when: there is no event \"done\""},
      {"  - {webhook: https://h/hidden, timeout: 2m}", "notify[0].timeout: must be from 1s to 1m"},
      {"  - {webhook: https://h/hidden, timeout: 10ms}", "must be from 1s to 1m"},
      {"  - {webhook: https://h/hidden, headers: {'A B': hidden}}", "the name of a header"},
      {"  - {webhook: https://h/hidden, headers: {A: \"hidden\\nB: c\"}}", "a header is one line"},
      {"  - {webhook: [hidden]}", "must be text, is a list"},
  };
  for (const auto& [entry, message] : cases) {
    const auto loaded = ParseTest(absl::StrCat("notify:\n", entry, "\n"));
    EXPECT_THAT(loaded, StatusIs(errs::kConfigInvalid,
                                 AllOf(HasSubstr(std::string(message)), HasSubstr("c.yaml:"),
                                       Not(HasSubstr("hidden")))))
        << entry;
  }
}

TEST(NotifyParseTest, FindsWhatIsProbablyAMistake) {
  ASSERT_OK_AND_ASSIGN(const Loaded loaded, ParseTest(R"(notify:
  - ping: https://hc-ping.com/x
  - ping: https://hc-ping.com/x
    profiles: shop
  - ping: https://hc-ping.com/{{profile}}
  - webhook: https://example.org/
    profils: [shop]
    profiles: [shopp]
    secret: in-clear
profiles:
  shop: {driver: sqlite, database: /a.db}
  prod: {driver: sqlite, database: /b.db}
)"));
  EXPECT_THAT(
      loaded.findings,
      ElementsAre(
          IsFinding(2, HasSubstr("notify[0]: 2 profiles share one check")),
          IsFinding(6, HasSubstr("there is no profile \"shopp\"; did you mean \"shop\"?")),
          IsFinding(7,
                    HasSubstr("unknown key \"profils\" in notify[3]; did you mean \"profiles\"?")),
          IsFinding(9, HasSubstr("notify[3].secret is written in clear"))));
}

}  // namespace
}  // namespace siphon::config
