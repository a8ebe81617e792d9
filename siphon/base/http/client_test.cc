// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/base/http/client.h"

#include <chrono>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/context.h"
#include "siphon/base/environment.h"
#include "testing/servers/certificates.h"
#include "testing/servers/http_server.h"
#include "testing/status_matchers.h"

namespace siphon::http {
namespace {

using ::siphon::testing::Answer;
using ::siphon::testing::HttpAnswer;
using ::siphon::testing::HttpRequest;
using ::siphon::testing::HttpServer;
using ::siphon::testing::TestCertificates;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Key;
using ::testing::Not;
using ::testing::Pair;
using Clock = std::chrono::steady_clock;

// A server that gives this answer to every request.
std::unique_ptr<HttpServer> ServerOf(HttpAnswer answer) {
  auto server = HttpServer::Start([answer](const HttpRequest&) { return answer; });
  EXPECT_OK(server);
  return *std::move(server);
}

TEST(ClientTest, SendsARequestAndReadsTheAnswer) {
  const auto server =
      ServerOf(Answer(201, "made", "X-One: a\r\nx-one: b\r\nContent-Type:  text/plain \r\n"));
  Client client({.user_agent = "siphon/test"});
  ASSERT_OK_AND_ASSIGN(
      const Response response,
      client.Send({}, {.method = "POST",
                       .url = server->Url("/hook?a=b%20c"),
                       .headers = {{"Content-Type", "application/json"}, {"X-Empty", ""}},
                       .body = "{\"a\": 1}"}));
  EXPECT_EQ(response.status, 201);
  EXPECT_EQ(response.body, "made");
  EXPECT_THAT(response.headers, Contains(Pair("x-one", "a, b")));
  EXPECT_THAT(response.headers, Contains(Pair("content-type", "text/plain")));
  EXPECT_THAT(server->lines(), ElementsAre("POST /hook?a=b%20c"));
  const HttpRequest request = server->requests().front();
  EXPECT_EQ(request.body, "{\"a\": 1}");
  EXPECT_THAT(request.headers,
              AllOf(Contains(Pair("content-type", "application/json")),
                    Contains(Pair("user-agent", "siphon/test")), Contains(Pair("x-empty", "")),
                    Not(Contains(Key("expect"))), Not(Contains(Key("accept-encoding")))));
}

TEST(ClientTest, KnowsTheUsualMethods) {
  const auto server = ServerOf(Answer(204));
  Client client({});
  for (const char* const method : {"GET", "HEAD", "DELETE", "PUT"}) {
    ASSERT_OK_AND_ASSIGN(const Response response,
                         client.Send({}, {.method = method, .url = server->Url("/x")}));
    EXPECT_EQ(response.status, 204);
  }
  EXPECT_THAT(server->lines(), ElementsAre("GET /x", "HEAD /x", "DELETE /x", "PUT /x"));
}

TEST(ClientTest, AnErrorOfTheServerIsAnAnswer) {
  const auto server = ServerOf(Answer(503, "later"));
  ASSERT_OK_AND_ASSIGN(const Response response, Client({}).Send({}, {.url = server->Url("/")}));
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.body, "later");
}

TEST(ClientTest, DoesNotFollowARedirect) {
  const auto other = ServerOf(Answer(200));
  const auto server =
      ServerOf(Answer(302, "", absl::StrCat("Location: ", other->Url("/secret"), "\r\n")));
  ASSERT_OK_AND_ASSIGN(const Response response, Client({}).Send({}, {.url = server->Url("/")}));
  EXPECT_EQ(response.status, 302);
  EXPECT_EQ(response.headers.at("location"), other->Url("/secret"));
  EXPECT_THAT(other->lines(), ElementsAre());
}

TEST(ClientTest, GivesUpOnASilentServer) {
  const auto server = ServerOf({.bytes = "", .silence = true});
  const auto started = Clock::now();
  EXPECT_THAT(
      Client({}).Send({}, {.url = server->Url("/secret"), .timeout = absl::Milliseconds(300)}),
      StatusIs(errs::kConnectionFailed,
               AllOf(HasSubstr("no complete answer within 300ms"), Not(HasSubstr("secret")))));
  EXPECT_LT(Clock::now() - started, std::chrono::seconds(5));
}

TEST(ClientTest, GivesUpWhenNothingMoves) {
  const auto server =
      ServerOf({.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", .silence = true});
  Client client({});
  const auto started = Clock::now();
  EXPECT_THAT(
      client.Send(
          {}, {.url = server->Url("/"), .timeout = absl::Minutes(10), .stall = absl::Seconds(1)}),
      StatusIs(errs::kConnectionFailed, HasSubstr("nothing was sent or received for 1.0s")));
  EXPECT_LT(Clock::now() - started, std::chrono::seconds(20));
  EXPECT_TRUE(client.failed_temporarily());
}

TEST(ClientTest, SaysWhetherAFailureMayGoAway) {
  const auto cut = ServerOf({.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"});
  const auto server = ServerOf(Answer(500));
  Client client({});
  EXPECT_THAT(client.Send({}, {.url = cut->Url("/")}), StatusIs(errs::kConnectionFailed));
  EXPECT_TRUE(client.failed_temporarily());
  EXPECT_OK(client.Send({}, {.url = server->Url("/")}));
  EXPECT_FALSE(client.failed_temporarily());
  EXPECT_THAT(client.Send({}, {.url = "nonsense"}), StatusIs(errs::kInvalidArgument));
  EXPECT_FALSE(client.failed_temporarily());
}

TEST(ClientTest, EndsAtOnceWhenTheContextStops) {
  const auto server = ServerOf({.bytes = "HTTP/1.1 200 OK\r\n", .silence = true});
  std::stop_source source;
  const base::Context context(source.get_token(), nullptr);
  const auto started = Clock::now();
  std::jthread stopper([&] {
    while (server->requests().empty()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    source.request_stop();
  });
  Client client({});
  EXPECT_THAT(client.Send(context, {.url = server->Url("/")}), StatusIs(errs::kCancelled));
  EXPECT_LT(Clock::now() - started, std::chrono::seconds(5));
  EXPECT_THAT(client.Send(context, {.url = server->Url("/")}), StatusIs(errs::kCancelled));
  EXPECT_THAT(server->lines(), ElementsAre("GET /"));
}

TEST(ClientTest, EndsAtTheDeadlineOfTheContext) {
  const auto server = ServerOf({.bytes = "", .silence = true});
  const base::Context context =
      base::Context().WithDeadline(Clock::now() + std::chrono::milliseconds(200));
  EXPECT_THAT(Client({}).Send(context, {.url = server->Url("/")}),
              StatusIs(errs::kCancelled, HasSubstr("deadline exceeded")));
}

TEST(ClientTest, RefusesABodyThatIsTooLarge) {
  const auto server = ServerOf(Answer(200, std::string(5000, 'x')));
  Client client({.max_body = 5000});
  EXPECT_OK(client.Send({}, {.url = server->Url("/")}));
  EXPECT_THAT(Client({.max_body = 4999}).Send({}, {.url = server->Url("/")}),
              StatusIs(errs::kConnectionFailed, HasSubstr("larger than")));
  const auto endless = ServerOf(
      {.bytes = absl::StrCat("HTTP/1.1 200 OK\r\n\r\n", std::string(5001, 'x')), .silence = true});
  EXPECT_THAT(client.Send({}, {.url = endless->Url("/")}),
              StatusIs(errs::kConnectionFailed, HasSubstr("larger than")));
}

TEST(ClientTest, AnIncompleteAnswerIsAnError) {
  for (const char* const bytes :
       {"", "HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
        "nonsense\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"}) {
    const auto server = ServerOf({.bytes = bytes});
    EXPECT_THAT(Client({}).Send({}, {.url = server->Url("/secret")}),
                StatusIs(errs::kConnectionFailed, Not(HasSubstr("secret"))))
        << bytes;
  }
}

TEST(ClientTest, TakesTheFinalAnswerAfterAnInterimOne) {
  const auto server = ServerOf(
      {.bytes = absl::StrCat("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n", Answer(200).bytes)});
  ASSERT_OK_AND_ASSIGN(const Response response, Client({}).Send({}, {.url = server->Url("/")}));
  EXPECT_EQ(response.status, 200);
  EXPECT_THAT(response.headers, Not(Contains(Key("link"))));
}

TEST(ClientTest, RefusesWhatCannotBeSent) {
  Client client({});
  EXPECT_THAT(client.Send({}, {.url = "ftp://example.org/secret"}),
              StatusIs(errs::kInvalidArgument, Not(HasSubstr("secret"))));
  EXPECT_THAT(client.Send({}, {.url = "http://localhost/", .headers = {{"X-A", "b\r\nX-C: d"}}}),
              StatusIs(errs::kInvalidArgument));
  EXPECT_THAT(client.Send({}, {.url = "http://localhost/", .headers = {{"X A", "b"}}}),
              StatusIs(errs::kInvalidArgument));
}

TEST(ClientTest, NamesTheHostThatDoesNotAnswer) {
  std::string url;
  {
    const auto server = ServerOf(Answer(200));
    url = server->Url("/secret");
  }
  EXPECT_THAT(Client({}).Send({}, {.url = url}),
              StatusIs(errs::kConnectionFailed,
                       AllOf(HasSubstr("http://127.0.0.1:"), Not(HasSubstr("secret")))));
  EXPECT_THAT(Client({}).Send({}, {.url = "http://siphon.invalid/secret"}),
              StatusIs(errs::kConnectionFailed,
                       AllOf(HasSubstr("siphon.invalid"), Not(HasSubstr("secret")))));
}

class TlsTest : public ::testing::Test {
 protected:
  TlsTest() {
    auto made = TestCertificates::Make(absl::StrCat(::testing::TempDir(), "/http-tls"));
    EXPECT_OK(made);
    certificates_ = *std::move(made);
  }

  // Sends a request to a server with this certificate.
  absl::StatusOr<Response> SendTo(const siphon::testing::CertificateFiles& files,
                                  const ClientOptions& options) {
    auto server = HttpServer::Start([](const HttpRequest&) { return Answer(200, "safe"); }, files);
    EXPECT_OK(server);
    return Client(options).Send({}, {.url = (*server)->Url("/secret")});
  }

  TestCertificates certificates_;
};

TEST_F(TlsTest, TrustsTheAuthorityThatIsNamed) {
  ASSERT_OK_AND_ASSIGN(const Response response,
                       SendTo(certificates_.server, {.ca_file = certificates_.ca}));
  EXPECT_EQ(response.body, "safe");
}

TEST_F(TlsTest, RefusesEveryOtherCertificate) {
  for (const auto& files :
       {certificates_.expired, certificates_.other_host, certificates_.unknown}) {
    EXPECT_THAT(SendTo(files, {.ca_file = certificates_.ca}),
                StatusIs(errs::kConnectionFailed,
                         AllOf(HasSubstr("https://127.0.0.1:"), Not(HasSubstr("secret")))))
        << files.certificate;
  }
  auto server =
      HttpServer::Start([](const HttpRequest&) { return Answer(200); }, certificates_.expired);
  ASSERT_OK(server);
  Client client({.ca_file = certificates_.ca});
  EXPECT_THAT(client.Send({}, {.url = (*server)->Url("/")}), StatusIs(errs::kConnectionFailed));
  EXPECT_FALSE(client.failed_temporarily());
  EXPECT_THAT(SendTo(certificates_.server, {.ca_file = certificates_.other_ca}),
              AllOf(StatusIs(errs::kConnectionFailed), HasHint(HasSubstr(certificates_.other_ca))));
}

TEST_F(TlsTest, NeedsAuthorities) {
  EXPECT_THAT(SendTo(certificates_.server, {}),
              AllOf(StatusIs(errs::kConnectionFailed, HasSubstr("no certificates")),
                    HasHint(HasSubstr("SSL_CERT_FILE"))));
  EXPECT_THAT(SendTo(certificates_.server, {.ca_file = "/nowhere/ca.pem"}),
              StatusIs(errs::kConnectionFailed, HasSubstr("/nowhere/ca.pem")));
}

TEST(OptionsTest, TakeCertificatesFromTheEnvironment) {
  const ClientOptions named = OptionsFrom(
      base::Environment({{"SSL_CERT_FILE", "/a.pem"}, {"SSL_CERT_DIR", "/certificates"}}));
  EXPECT_EQ(named.ca_file, "/a.pem");
  EXPECT_EQ(named.ca_directory, "/certificates");
  const ClientOptions folder =
      OptionsFrom(base::Environment({{"SSL_CERT_DIR", "/c"}, {"SSL_CERT_FILE", ""}}));
  EXPECT_EQ(folder.ca_file, "");
  EXPECT_EQ(folder.ca_directory, "/c");
}

TEST(OptionsTest, TakeProxiesFromTheEnvironment) {
  const ClientOptions both = OptionsFrom(base::Environment({{"http_proxy", "http://a"},
                                                            {"HTTPS_PROXY", "http://b"},
                                                            {"all_proxy", "http://c"},
                                                            {"NO_PROXY", "localhost"}}));
  EXPECT_EQ(both.http_proxy, "http://a");
  EXPECT_EQ(both.https_proxy, "http://b");
  EXPECT_EQ(both.no_proxy, "localhost");
  const ClientOptions all =
      OptionsFrom(base::Environment({{"ALL_PROXY", "http://c"}, {"HTTP_PROXY", "http://d"}}));
  EXPECT_EQ(all.http_proxy, "http://c");
  EXPECT_EQ(all.https_proxy, "http://c");
}

TEST(ProxyTest, IsUsedUnlessTheHostIsExcepted) {
  const auto proxy = ServerOf(Answer(200, "by proxy"));
  const auto server = ServerOf(Answer(200, "direct"));
  ClientOptions options;
  options.http_proxy = absl::StrCat("http://user:pass@127.0.0.1:", proxy->port());
  ASSERT_OK_AND_ASSIGN(Response response, Client(options).Send({}, {.url = server->Url("/x")}));
  EXPECT_EQ(response.body, "by proxy");
  EXPECT_THAT(proxy->lines(), ElementsAre(absl::StrCat("GET ", server->Url("/x"))));
  EXPECT_EQ(proxy->requests()[0].headers.at("proxy-authorization"), "Basic dXNlcjpwYXNz");
  options.no_proxy = "127.0.0.1";
  ASSERT_OK_AND_ASSIGN(response, Client(options).Send({}, {.url = server->Url("/x")}));
  EXPECT_EQ(response.body, "direct");
}

TEST(ProxyTest, OneThatCannotBeParsedIsNotQuoted) {
  for (const char* const proxy :
       {"nonsense://user:hidden@127.0.0.1", "http://user:hidden@[::1", "http://user:hidden@h:x"}) {
    ClientOptions options;
    options.http_proxy = proxy;
    EXPECT_THAT(Client(options).Send({}, {.url = "http://example.invalid/"}),
                StatusIs(errs::kConnectionFailed, Not(HasSubstr("hidden"))))
        << proxy;
  }
}

TEST(ProxyTest, ATunnelThatIsRefusedIsAnError) {
  const auto proxy = ServerOf(Answer(403));
  ClientOptions options;
  options.https_proxy = absl::StrCat("http://user:hidden@127.0.0.1:", proxy->port());
  options.ca_file = "/nowhere/ca.pem";
  EXPECT_THAT(
      Client(options).Send({}, {.url = "https://example.org/secret"}),
      StatusIs(errs::kConnectionFailed, AllOf(HasSubstr("https://example.org/"),
                                              Not(HasSubstr("secret")), Not(HasSubstr("hidden")))));
  EXPECT_THAT(proxy->lines(), ElementsAre("CONNECT example.org:443"));
}

}  // namespace
}  // namespace siphon::http
