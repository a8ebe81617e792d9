// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/notify/template.h"

#include <string>

#include "absl/time/time.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "siphon/domain/notify/facts.h"
#include "testing/status_matchers.h"

namespace siphon::notify {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

Facts Failure() {
  return {.event = Event::kFailure,
          .verb = "backup",
          .profile = "shop",
          .dump = "01JD8ZK3X4Q2W5R6T7Y8V9B0NM",
          .host = "db1",
          .time = absl::FromUnixSeconds(1700000000),
          .duration = absl::Milliseconds(1500),
          .size_bytes = 2048,
          .exit_code = 2,
          .cause = "connection_failed",
          .error = "connection failed: \"db\"\n\\ \x01 \xff"};
}

TEST(TemplateTest, ReplacesEveryPlaceholder) {
  ASSERT_OK_AND_ASSIGN(
      const Template parsed,
      Template::Parse("{{job}}|{{event}}|{{verb}}|{{profile}}|{{dump}}|{{host}}|{{time}}|"
                      "{{unix_time}}|{{duration}}|{{duration_ms}}|{{size}}|{{size_bytes}}|"
                      "{{exit_code}}|{{cause}}|{{ error }}"));
  EXPECT_EQ(parsed.RenderJson(Failure()),
            "backup shop|failure|backup|shop|01JD8ZK3X4Q2W5R6T7Y8V9B0NM|db1|2023-11-14T22:13:20Z|"
            "1700000000|1.5s|1500|2 KiB|2048|2|connection_failed|"
            "connection failed: \\\"db\\\"\\n\\\\ \\u0001 \xef\xbf\xbd");
}

TEST(TemplateTest, KeepsAllOtherText) {
  for (const char* const text : {"", "{", "}}", "{ {profile} }", "a}}b", "}{"}) {
    ASSERT_OK_AND_ASSIGN(const Template parsed, Template::Parse(text));
    EXPECT_EQ(parsed.RenderJson({}), text);
  }
}

TEST(TemplateTest, RefusesWhatIsNoPlaceholder) {
  EXPECT_THAT(Template::Parse("{{profil}}"),
              AllOf(StatusIs(errs::kInvalidArgument, HasSubstr("{{profil}}")),
                    HasHint(HasSubstr("profile"))));
  EXPECT_THAT(Template::Parse("{{"), StatusIs(errs::kInvalidArgument));
  EXPECT_THAT(Template::Parse("{{profile}"), StatusIs(errs::kInvalidArgument));
  EXPECT_THAT(Template::Parse("{{}}"), StatusIs(errs::kInvalidArgument));
}

TEST(TemplateTest, OfJsonIsJsonForEveryValue) {
  for (const char* const text :
       {R"({"text": "{{summary}}"})", R"({"size": {{size_bytes}}, "code": {{exit_code}}})",
        R"(["{{time}} {{job}}", -{{duration_ms}}, {{exit_code}}.5])", R"({"{{profile}}": 1})",
        R"("\\{{error}}")", "{}"}) {
    ASSERT_OK_AND_ASSIGN(const Template parsed, Template::ParseJson(text));
    for (const Facts& facts : {Failure(), Facts(), Facts{.exit_code = 255, .error = "u0041\""}}) {
      EXPECT_TRUE(nlohmann::json::accept(parsed.RenderJson(facts))) << parsed.RenderJson(facts);
    }
  }
}

TEST(TemplateTest, RefusesWhatIsNotAlwaysJson) {
  for (const char* const text :
       {"", "{{profile}}", R"({"text": {{summary}}})", R"({"a": "\{{error}}"})",
        R"("\u12{{error}}")", R"("\u12{{event}}")", "{{exit_code}}{{exit_code}}", "0{{size_bytes}}",
        "1e{{size_bytes}}", R"({"a": "b",})", R"({"a": {{duration}}})", R"("\u00{{duration}}")",
        "[{{error}}]"}) {
    EXPECT_THAT(Template::ParseJson(text),
                AllOf(StatusIs(errs::kInvalidArgument), HasHint(HasSubstr("quotes"))))
        << text;
  }
}

TEST(TemplateTest, MakesNamesForUrls) {
  ASSERT_OK_AND_ASSIGN(const Template parsed,
                       Template::Parse("https://example.org/{{profile}}-{{verb}}?x=1"));
  Facts facts = Failure();
  facts.profile = "Prod/shop_1?a=\xc3\xa4";
  EXPECT_EQ(parsed.RenderUrl(facts), "https://example.org/prod-shop_1-a----backup?x=1");
  EXPECT_TRUE(parsed.names_profile());
  EXPECT_FALSE(Template::Parse("{{verb}}")->names_profile());
}

TEST(SummaryTest, SaysWhatHappened) {
  Facts facts = Failure();
  facts.error = "no";
  EXPECT_EQ(Summary(facts), "backup of shop failed after 1.5s: no");
  facts.event = Event::kSuccess;
  EXPECT_EQ(Summary(facts),
            "backup of shop succeeded in 1.5s, 2 KiB, dump 01JD8ZK3X4Q2W5R6T7Y8V9B0NM");
  facts.event = Event::kStart;
  EXPECT_EQ(Summary(facts), "backup of shop started");
  facts.profile = "";
  EXPECT_EQ(Summary(facts), "backup of a dump started");
}

}  // namespace
}  // namespace siphon::notify
