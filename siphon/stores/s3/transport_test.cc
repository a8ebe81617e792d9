// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/stores/s3/transport.h"

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/context.h"
#include "siphon/stores/s3/testing.h"
#include "testing/servers/certificates.h"
#include "testing/servers/http_server.h"
#include "testing/servers/s3_server.h"
#include "testing/status_matchers.h"

namespace siphon::s3 {
namespace {

using ::siphon::testing::Answer;
using ::siphon::testing::HttpAnswer;
using ::siphon::testing::HttpRequest;
using ::siphon::testing::S3Error;
using ::siphon::testing::S3Server;
using ::siphon::testing::TestCertificates;
using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Le;
using ::testing::Not;
using ::testing::SizeIs;

const HttpAnswer kCut{.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"};
const HttpAnswer kReset{.bytes = ""};

class TransportTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto server = S3Server::Start();
    ASSERT_OK(server);
    server_ = *std::move(server);
    options_ = OptionsFor(*server_, clock_);
  }
  void TearDown() override { EXPECT_THAT(server_->complaints(), IsEmpty()); }

  // The first `count` requests get this answer.
  void FailFirst(int count, HttpAnswer answer) {
    server_->SetFaults([=](int number, const HttpRequest&) -> std::optional<S3Server::Fault> {
      if (number < count) return S3Server::Fault{.answer = answer};
      return std::nullopt;
    });
  }
  absl::StatusOr<Reply> PutA() {
    return TransportTo(options_)->Send({}, {.method = "PUT", .key = "a", .body = "data"});
  }

  SleepClock clock_;
  std::unique_ptr<S3Server> server_;
  StoreOptions options_;
};

TEST_F(TransportTest, SignsWhatTheServerChecks) {
  ASSERT_OK_AND_ASSIGN(Reply reply, PutA());
  EXPECT_EQ(reply.response.status, 200);
  EXPECT_EQ(reply.attempts, 1);
  const std::string key = "folder/\xc3\xbc +&=?%~.dump";
  ASSERT_OK_AND_ASSIGN(reply,
                       TransportTo(options_)->Send({}, {.method = "PUT",
                                                        .key = key,
                                                        .query = {{"x y", "a/b+c"}},
                                                        .headers = {{"x-amz-meta-a", "b  c"}},
                                                        .body = "data"}));
  EXPECT_EQ(reply.response.status, 200) << reply.response.body;
  EXPECT_THAT(server_->Keys(), ElementsAre("a", key));
}

TEST_F(TransportTest, AnErrorThatStaysIsReturnedAtOnce) {
  ASSERT_OK_AND_ASSIGN(const Reply reply,
                       TransportTo(options_)->Send({}, {.method = "GET", .key = "none"}));
  EXPECT_EQ(reply.response.status, 404);
  EXPECT_EQ(reply.error.code, "NoSuchKey");
  EXPECT_THAT(clock_.pauses(), IsEmpty());
}

TEST_F(TransportTest, RepeatsWhatMayGoAwayWithGrowingPauses) {
  for (const HttpAnswer& answer :
       {S3Error(500, "InternalError"), S3Error(503, "SlowDown"), Answer(502, "<html>"), Answer(429),
        Answer(408), S3Error(400, "RequestTimeout"), Answer(499), Answer(504),
        S3Error(409, "ConditionalRequestConflict"), kCut, kReset,
        HttpAnswer{.bytes = "nonsense\r\n\r\n"}}) {
    SleepClock clock;
    options_.timing = clock.MakeTiming();
    FailFirst(3, answer);
    ASSERT_OK_AND_ASSIGN(const Reply reply, PutA());
    EXPECT_EQ(reply.response.status, 200);
    EXPECT_EQ(reply.attempts, 4);
    EXPECT_THAT(clock.pauses(), ElementsAre(absl::Milliseconds(200), absl::Milliseconds(400),
                                            absl::Milliseconds(800)))
        << answer.bytes;
  }
}

TEST_F(TransportTest, DoesNotRepeatWhatStays) {
  for (const HttpAnswer& answer :
       {S3Error(403, "AccessDenied"), S3Error(400, "BadDigest"), S3Error(409, "BucketNotEmpty"),
        S3Error(501, "NotImplemented"), Answer(301), S3Error(412, "PreconditionFailed")}) {
    FailFirst(1, answer);
    ASSERT_OK_AND_ASSIGN(const Reply reply, PutA());
    EXPECT_FALSE(reply.ok());
    EXPECT_EQ(reply.attempts, 1);
  }
}

TEST_F(TransportTest, GivesUpAfterItsBudget) {
  FailFirst(1000, S3Error(503, "SlowDown"));
  const absl::Time started = clock_.Now();
  ASSERT_OK_AND_ASSIGN(const Reply reply, PutA());
  EXPECT_EQ(reply.response.status, 503);
  EXPECT_LE(clock_.Now() - started, options_.retries.budget);
  EXPECT_GT(clock_.Now() - started, options_.retries.budget / 2);
  EXPECT_THAT(clock_.pauses(), Each(Le(options_.retries.longest)));
}

TEST_F(TransportTest, GivesUpSoonOnAServerThatHasNeverAnswered) {
  options_.address.endpoint = "http://127.0.0.1:1";
  const absl::Time started = clock_.Now();
  EXPECT_THAT(PutA(), StatusIs(errs::kConnectionFailed));
  EXPECT_LE(clock_.Now() - started, options_.retries.first_budget);
  EXPECT_THAT(clock_.pauses(), Not(IsEmpty()));
}

TEST_F(TransportTest, WaitsAsLongAsTheServerAsksFor) {
  FailFirst(1, S3Error(503, "SlowDown", "Retry-After: 7\r\n"));
  ASSERT_OK(PutA());
  FailFirst(1, S3Error(503, "SlowDown", "Retry-After: 86400\r\n"));
  ASSERT_OK(PutA());
  FailFirst(1, S3Error(503, "SlowDown", "Retry-After: soon\r\n"));
  ASSERT_OK(PutA());
  EXPECT_THAT(clock_.pauses(),
              ElementsAre(absl::Seconds(7), absl::Minutes(1), absl::Milliseconds(200)));
}

TEST_F(TransportTest, ASlowServerIsGivenUpAndAskedAgain) {
  options_.retries.stall = absl::Seconds(1);
  FailFirst(1, {.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", .silence = true});
  ASSERT_OK_AND_ASSIGN(const Reply reply, PutA());
  EXPECT_EQ(reply.attempts, 2);
}

TEST_F(TransportTest, TakesOverTheTimeOfTheServer) {
  for (const absl::Duration offset : {absl::Hours(30), -absl::Hours(61), absl::Minutes(20)}) {
    SleepClock clock(offset);
    options_.timing = clock.MakeTiming();
    const auto transport = TransportTo(options_);
    ASSERT_OK_AND_ASSIGN(Reply reply,
                         transport->Send({}, {.method = "PUT", .key = "a", .body = "data"}));
    EXPECT_EQ(reply.response.status, 200);
    EXPECT_EQ(reply.attempts, 2);
    ASSERT_OK_AND_ASSIGN(reply, transport->Send({}, {.method = "GET", .key = "a"}));
    EXPECT_EQ(reply.attempts, 1);
    EXPECT_THAT(clock.pauses(), IsEmpty());
  }
}

TEST_F(TransportTest, TakesOverTheTimeOfTheServerFromAnAnswerWithoutABody) {
  server_->PutObject("a", "data");
  server_->AdvanceClock(absl::Hours(5));
  ASSERT_OK_AND_ASSIGN(const Reply reply,
                       TransportTo(options_)->Send({}, {.method = "HEAD", .key = "a"}));
  EXPECT_EQ(reply.response.status, 200);
}

TEST_F(TransportTest, ARefusalForAnotherReasonIsNotRepeatedForever) {
  options_.credentials = [] {
    return aws::Credentials{.access_key = std::string(S3Server::kAccessKey), .secret_key = "wrong"};
  };
  ASSERT_OK_AND_ASSIGN(const Reply reply, PutA());
  EXPECT_EQ(reply.error.code, "SignatureDoesNotMatch");
  EXPECT_EQ(reply.attempts, 1);
  EXPECT_THAT(server_->complaints(), SizeIs(1));
  SetUp();
}

TEST_F(TransportTest, SignsTheSessionToken) {
  server_->RequireToken("token/+=");
  options_.credentials = [] {
    return aws::Credentials{.access_key = std::string(S3Server::kAccessKey),
                            .secret_key = std::string(S3Server::kSecretKey),
                            .session_token = "token/+="};
  };
  ASSERT_OK_AND_ASSIGN(const Reply reply, PutA());
  EXPECT_EQ(reply.response.status, 200) << reply.response.body;
}

TEST_F(TransportTest, AsksForCredentialsOnceAndAgainAfterAFailure) {
  int calls = 0;
  options_.credentials = [&]() -> absl::StatusOr<aws::Credentials> {
    if (++calls == 1) return errs::UserError("test", errs::kSecretUnavailable, "not now");
    return aws::Credentials{.access_key = std::string(S3Server::kAccessKey),
                            .secret_key = std::string(S3Server::kSecretKey)};
  };
  const auto transport = TransportTo(options_);
  EXPECT_THAT(transport->Send({}, {.method = "GET", .key = "a"}),
              StatusIs(errs::kSecretUnavailable, HasSubstr("not now")));
  EXPECT_THAT(server_->lines(), IsEmpty());
  EXPECT_OK(transport->Send({}, {.method = "GET", .key = "a"}));
  EXPECT_OK(transport->Send({}, {.method = "GET", .key = "a"}));
  EXPECT_EQ(calls, 2);
}

TEST_F(TransportTest, AsksForNewCredentialsWhenTheirTimeIsOver) {
  server_->RequireToken("new");
  int calls = 0;
  std::string next = "new";
  options_.credentials = [&] {
    return aws::Credentials{.access_key = std::string(S3Server::kAccessKey),
                            .secret_key = std::string(S3Server::kSecretKey),
                            .session_token = ++calls == 1 ? "old" : next};
  };
  for (const HttpAnswer& expired : {S3Error(400, "ExpiredToken"), Answer(400), Answer(403)}) {
    calls = 0;
    FailFirst(1, expired);
    ASSERT_OK_AND_ASSIGN(const Reply reply,
                         TransportTo(options_)->Send({}, {.method = "HEAD", .key = "none"}));
    EXPECT_EQ(reply.response.status, 404) << expired.bytes;
    EXPECT_EQ(calls, 2);
  }
  // The same ones as before are not tried again.
  calls = 0;
  next = "old";
  FailFirst(1000, S3Error(400, "ExpiredToken"));
  ASSERT_OK_AND_ASSIGN(const Reply reply, PutA());
  EXPECT_EQ(reply.error.code, "ExpiredToken");
  EXPECT_EQ(reply.attempts, 1);
  EXPECT_EQ(calls, 2);
}

TEST_F(TransportTest, AnErrorInASuccessIsNoSuccess) {
  FailFirst(2, Answer(200, "<?xml version=\"1.0\"?><Error><Code>InternalError</Code></Error>"));
  const auto transport = TransportTo(options_);
  const Call call{
      .method = "POST", .key = "a", .query = {{"uploadId", "1"}}, .error_in_success = true};
  ASSERT_OK_AND_ASSIGN(Reply reply, transport->Send({}, call));
  EXPECT_EQ(reply.attempts, 3);
  EXPECT_EQ(reply.error.code, "NoSuchUpload");
  FailFirst(1, Answer(200, "<Error><Code>InvalidPart</Code></Error>"));
  ASSERT_OK_AND_ASSIGN(reply, transport->Send({}, call));
  EXPECT_EQ(reply.response.status, 400);
  EXPECT_EQ(reply.error.code, "InvalidPart");
  // Cut off while the server kept the connection alive with spaces.
  FailFirst(1, Answer(200, "   "));
  ASSERT_OK_AND_ASSIGN(reply, transport->Send({}, call));
  EXPECT_EQ(reply.attempts, 2);
}

TEST_F(TransportTest, EndsWithItsContext) {
  std::stop_source stop;
  const base::Context context(stop.get_token(), nullptr);
  server_->SetFaults([&](int, const HttpRequest&) -> std::optional<S3Server::Fault> {
    stop.request_stop();
    return S3Server::Fault{.answer = S3Error(503, "SlowDown")};
  });
  EXPECT_THAT(TransportTo(options_)->Send(context, {.method = "GET", .key = "a"}),
              StatusIs(errs::kCancelled));
}

TEST_F(TransportTest, NamesTheBucketInTheHost) {
  options_.address.path_style = false;
  options_.address.endpoint = absl::StrCat(
      "http://localhost:", options_.address.endpoint.substr(sizeof "http://127.0.0.1"));
  ASSERT_OK_AND_ASSIGN(const Reply reply, PutA());
  EXPECT_EQ(reply.response.status, 200) << reply.response.body;
  EXPECT_THAT(server_->lines(), ElementsAre("PUT /a"));
  EXPECT_THAT(server_->Keys(), ElementsAre("a"));
}

TEST(TransportTlsTest, TrustsOnlyTheAuthorityThatIsNamed) {
  ASSERT_OK_AND_ASSIGN(const TestCertificates certificates,
                       TestCertificates::Make(absl::StrCat(::testing::TempDir(), "/s3-tls")));
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<S3Server> server,
                       S3Server::Start({}, certificates.server));
  SleepClock clock;
  StoreOptions options = OptionsFor(*server, clock);
  options.http.ca_file = certificates.ca;
  ASSERT_OK_AND_ASSIGN(const Reply reply,
                       TransportTo(options)->Send({}, {.method = "PUT", .key = "a"}));
  EXPECT_EQ(reply.response.status, 200);
  options.http.ca_file = certificates.other_ca;
  EXPECT_THAT(TransportTo(options)->Send({}, {.method = "PUT", .key = "b"}),
              StatusIs(errs::kConnectionFailed));
  EXPECT_THAT(clock.pauses(), IsEmpty());
  EXPECT_THAT(server->Keys(), ElementsAre("a"));
}

}  // namespace
}  // namespace siphon::s3
