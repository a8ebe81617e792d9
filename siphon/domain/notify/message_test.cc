// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/notify/message.h"

#include <string>

#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/http/client.h"
#include "siphon/domain/notify/endpoint.h"
#include "siphon/domain/notify/facts.h"
#include "testing/status_matchers.h"

namespace siphon::notify {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Key;
using ::testing::Not;
using ::testing::Pair;

Facts Success() {
  return {.event = Event::kSuccess,
          .verb = "backup",
          .profile = "shop",
          .dump = "01JD",
          .host = "db1",
          .time = absl::FromUnixSeconds(1700000000),
          .duration = absl::Seconds(2),
          .size_bytes = 2048};
}

TEST(SignTest, IsTheHmacOfTimeAndBody) {
  // Computed with Python's hmac.new(key, b"<time>.<body>", hashlib.sha256).
  EXPECT_EQ(Sign("whsec", absl::FromUnixSeconds(1700000000), "{\"a\":1}"),
            "sha256=8ad37ba156048ae0e0a5533c75cdf26fee88b07f93cb57ee4c80adb053012032");
  EXPECT_EQ(Sign("Jefe", absl::FromUnixSeconds(28), "what do ya want for nothing?"),
            "sha256=d99ac382107d285c4c188d4d8f2c591e3b67931bad6698c09077801971e9b12e");
}

TEST(PingUrlTest, PutsTheEventBeforeTheQuery) {
  EXPECT_EQ(PingUrl("https://h/u", Event::kSuccess), "https://h/u");
  EXPECT_EQ(PingUrl("https://h/u", Event::kStart), "https://h/u/start");
  EXPECT_EQ(PingUrl("https://h/u/?create=1", Event::kFailure), "https://h/u/fail?create=1");
  EXPECT_EQ(PingUrl("https://h", Event::kFailure), "https://h/fail");
  EXPECT_EQ(PingUrl("https://h/u", Event::kTest), "https://h/u/log");
}

TEST(StandardDocumentTest, HasWhatIsKnown) {
  Facts facts = Success();
  EXPECT_EQ(StandardDocument(facts),
            R"({"event":"success","verb":"backup","profile":"shop",)"
            R"("summary":"backup of shop succeeded in 2.0s, 2 KiB, dump 01JD","host":"db1",)"
            R"("time":"2023-11-14T22:13:20Z","dump":"01JD","duration_ms":2000,"exit_code":0,)"
            R"("size_bytes":2048})");
  facts.event = Event::kFailure;
  facts.cause = "busy";
  facts.error = "database is busy: \xff";
  facts.exit_code = 2;
  facts.size_bytes = 0;
  facts.dump = "";
  EXPECT_EQ(StandardDocument(facts),
            R"({"event":"failure","verb":"backup","profile":"shop",)"
            "\"summary\":\"backup of shop failed after 2.0s: database is busy: \xef\xbf\xbd\","
            R"("host":"db1","time":"2023-11-14T22:13:20Z","duration_ms":2000,"exit_code":2,)"
            "\"error\":{\"cause\":\"busy\",\"message\":\"database is busy: \xef\xbf\xbd\"}}");
  facts.event = Event::kStart;
  EXPECT_EQ(StandardDocument(facts),
            R"({"event":"start","verb":"backup","profile":"shop",)"
            R"("summary":"backup of shop started","host":"db1","time":"2023-11-14T22:13:20Z"})");
}

TEST(MakeRequestTest, OfAPingHasTheEventInItsUrl) {
  Endpoint endpoint;
  endpoint.url = "https://h/{{profile}}";
  endpoint.headers = {{"X-Key", "k"}};
  ASSERT_OK_AND_ASSIGN(const http::Request request, MakeRequest(endpoint, Success(), ""));
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.url, "https://h/shop");
  EXPECT_EQ(request.body, "backup of shop succeeded in 2.0s, 2 KiB, dump 01JD\nhost: db1\n");
  EXPECT_THAT(request.headers,
              ElementsAre(Pair("X-Key", "k"), Pair("Content-Type", "text/plain; charset=utf-8")));
}

TEST(MakeRequestTest, OfAWebhookIsSignedIfThereIsASecret) {
  Endpoint endpoint;
  endpoint.kind = Endpoint::Kind::kWebhook;
  endpoint.url = "https://h/hook";
  endpoint.body = "{\"text\": \"{{profile}}\"}";
  ASSERT_OK_AND_ASSIGN(const http::Request plain, MakeRequest(endpoint, Success(), ""));
  EXPECT_EQ(plain.url, "https://h/hook");
  EXPECT_EQ(plain.body, "{\"text\": \"shop\"}");
  EXPECT_THAT(plain.headers, Contains(Pair("X-Siphon-Event", "success")));
  EXPECT_THAT(plain.headers, Not(Contains(Key("X-Siphon-Signature"))));
  ASSERT_OK_AND_ASSIGN(const http::Request signed_request,
                       MakeRequest(endpoint, Success(), "whsec"));
  EXPECT_THAT(signed_request.headers, Contains(Pair("X-Siphon-Timestamp", "1700000000")));
  EXPECT_THAT(signed_request.headers,
              Contains(Pair("X-Siphon-Signature",
                            Sign("whsec", absl::FromUnixSeconds(1700000000), plain.body))));
}

}  // namespace
}  // namespace siphon::notify
