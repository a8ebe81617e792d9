// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Notifications of jobs: what a receiver gets, and that a receiver that fails breaks no job.

#include <chrono>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "openssl/evp.h"
#include "openssl/hmac.h"
#include "testing/e2e/sample_database.h"
#include "testing/e2e/sandbox.h"
#include "testing/process/running_process.h"
#include "testing/servers/certificates.h"
#include "testing/servers/http_server.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

constexpr std::string_view kSecretPath = "/8f3c-secret";
constexpr std::string_view kKey = "whsec-hidden";

int CountOf(std::string_view text, std::string_view part) {
  int count = 0;
  for (size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) {
    ++count;
  }
  return count;
}

// HMAC-SHA-256 in hex digits.
std::string Hmac(std::string_view key, std::string_view text) {
  std::string digest(EVP_MAX_MD_SIZE, '\0');
  unsigned int size = 0;
  HMAC(EVP_sha256(), key.data(), key.size(), reinterpret_cast<const uint8_t*>(text.data()),
       text.size(), reinterpret_cast<uint8_t*>(digest.data()), &size);
  digest.resize(size);
  return absl::BytesToHexString(digest);
}

class NotifyTest : public ::testing::Test {
 protected:
  NotifyTest() {
    EXPECT_OK(MakeSampleDatabase(box_.Path("app.db"), {.bytes = 50000, .seed = 1}));
    Clear(box_.Path("config"));
    box_.environment["HOOK_KEY"] = kKey;
    box_.environment["HOOK_TOKEN"] = "t0ken-hidden";
    Listen(Answer(200));
  }

  void Listen(const HttpAnswer& answer) {
    auto server = HttpServer::Start([answer](const HttpRequest&) { return answer; });
    ASSERT_OK(server);
    server_ = *std::move(server);
  }

  // Writes a configuration with these lines under `notify:`. SERVER is the address of the receiver.
  void Configure(std::string_view entries) const {
    WriteBytes(box_.Path("config/config.yaml"),
               absl::StrCat("profiles:\n  app: {driver: sqlite, database: ", box_.Path("app.db"),
                            "}\n  bad: {driver: sqlite, database: ", box_.Path("missing.db"),
                            "}\n  unset: {driver: sqlite, database: \"${NOT_SET}\"}\n"
                            "  copy: {driver: sqlite, database: ",
                            box_.Path("copy.db"), "}\nnotify:\n",
                            absl::StrReplaceAll(entries, {{"SERVER", server_->Url("")}})));
  }

  // Runs siphon; no output has a secret of the receiver.
  ProcessResult Run(std::vector<std::string> args, int exit_code) const {
    const ProcessResult result = box_.Run(std::move(args));
    EXPECT_EQ(result.exit_code, exit_code) << result.err;
    for (const std::string& text : {result.out, result.err}) {
      EXPECT_THAT(text, Not(HasSubstr("hidden")));
      EXPECT_THAT(text, Not(HasSubstr("8f3c")));
    }
    return result;
  }

  std::string Ping() const { return absl::StrCat("  - ping: SERVER", kSecretPath, "\n"); }

  Sandbox box_;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(NotifyTest, PingsStartAndSuccess) {
  Configure(Ping());
  EXPECT_THAT(Run({"backup", "app"}, 0).err, Not(HasSubstr("notif")));
  EXPECT_THAT(server_->lines(), ElementsAre("POST /8f3c-secret/start", "POST /8f3c-secret"));
  EXPECT_THAT(server_->requests()[1].body,
              AllOf(HasSubstr("backup of app succeeded in "), HasSubstr("dump 01")));
}

TEST_F(NotifyTest, PingsStartAndFailure) {
  Configure(Ping());
  Run({"backup", "bad"}, 2);
  EXPECT_THAT(server_->lines(), ElementsAre("POST /8f3c-secret/start", "POST /8f3c-secret/fail"));
  EXPECT_THAT(server_->requests()[1].body,
              AllOf(HasSubstr("backup of bad failed after "), HasSubstr("missing.db")));
}

TEST_F(NotifyTest, PingsEachProfileOfAll) {
  Configure("  - ping: SERVER/key/{{profile}}\n    when: [success, failure]\n");
  Run({"backup", "--all"}, 4);
  EXPECT_THAT(server_->lines(), ElementsAre("POST /key/app", "POST /key/bad/fail",
                                            "POST /key/copy/fail", "POST /key/unset/fail"));
}

TEST_F(NotifyTest, SendsNothingForAProfileThatDoesNotExist) {
  Configure(
      absl::StrCat(Ping(), "  - webhook: SERVER/hook\n    when: [start, success, failure]\n"));
  Run({"backup", "nobody"}, 1);
  Run({"sync", "app", "nobody"}, 1);
  Run({"restore", "latest:app", "--profile", "nobody"}, 1);
  Run({"migrate", "up", "--path", box_.root(), "--database", "nobody"}, 1);
  EXPECT_THAT(server_->lines(), IsEmpty());
}

TEST_F(NotifyTest, ChoosesVerbsEventsAndProfiles) {
  Configure(
      "  - webhook: SERVER/copy\n    profiles: copy\n"
      "  - webhook: SERVER/verify\n    verbs: verify\n    when: [start, success]\n"
      "  - webhook: SERVER/failures\n    when: failure\n");
  Run({"backup", "app"}, 0);
  EXPECT_THAT(server_->lines(), IsEmpty());
  Run({"verify", "latest:app"}, 0);
  Run({"sync", "app", "copy"}, 0);
  Run({"restore", "latest:app", "--profile", "copy"}, 1);
  EXPECT_THAT(server_->lines(), UnorderedElementsAre("POST /verify", "POST /verify", "POST /copy",
                                                     "POST /copy", "POST /failures"));
}

TEST_F(NotifyTest, AVerificationOfManyDumpsIsOneJobForEachProfile) {
  Configure("  - ping: SERVER/{{profile}}\n    verbs: verify\n    when: [success, failure]\n");
  Run({"backup", "app"}, 0);
  const std::string damaged(Run({"backup", "app", "--quiet"}, 0).out);
  Run({"backup", "app"}, 0);
  const std::string path = box_.DumpPath(damaged.substr(0, damaged.find('\n')));
  std::string bytes = ReadBytes(path);
  bytes[bytes.size() - 1] = static_cast<char>(bytes[bytes.size() - 1] ^ 1);
  WriteBytes(path, bytes);
  Run({"verify", "--all"}, 3);
  EXPECT_THAT(server_->lines(), ElementsAre("POST /app/fail"));
  Run({"dumps", "rm", damaged.substr(0, damaged.find('\n')), "--yes"}, 0);
  // No dump is due any more, and a monitor waits for a success nevertheless.
  Run({"verify", "--unverified"}, 0);
  EXPECT_THAT(server_->lines(), ElementsAre("POST /app/fail", "POST /app"));
}

TEST_F(NotifyTest, SignsAWebhook) {
  Configure(
      "  - webhook: SERVER/hook\n    secret: env:HOOK_KEY\n"
      "    headers: {Authorization: \"Bearer ${HOOK_TOKEN}\"}\n");
  Run({"backup", "app", "--json"}, 0);
  ASSERT_THAT(server_->lines(), ElementsAre("POST /hook"));
  const HttpRequest request = server_->requests()[0];
  EXPECT_EQ(request.headers.at("authorization"), "Bearer t0ken-hidden");
  EXPECT_EQ(request.headers.at("content-type"), "application/json");
  EXPECT_EQ(request.headers.at("x-siphon-event"), "success");
  EXPECT_THAT(request.headers.at("user-agent"), HasSubstr("siphon/"));
  const std::string& time = request.headers.at("x-siphon-timestamp");
  EXPECT_EQ(request.headers.at("x-siphon-signature"),
            absl::StrCat("sha256=", Hmac(kKey, absl::StrCat(time, ".", request.body))));
  const auto json = nlohmann::json::parse(request.body, nullptr, false);
  ASSERT_TRUE(json.is_object()) << request.body;
  EXPECT_EQ(json["verb"], "backup");
  EXPECT_EQ(json["profile"], "app");
  EXPECT_EQ(json["dump"], box_.ListedDumps()[0]);
}

TEST_F(NotifyTest, FillsATemplateWithAnyError) {
  Configure(
      "  - webhook: SERVER/hook\n    when: failure\n"
      "    body: '{\"text\": \"{{summary}}\", \"code\": {{exit_code}}}'\n");
  Run({"backup", "bad"}, 2);
  ASSERT_THAT(server_->lines(), ElementsAre("POST /hook"));
  const auto json = nlohmann::json::parse(server_->requests()[0].body, nullptr, false);
  ASSERT_TRUE(json.is_object()) << server_->requests()[0].body;
  EXPECT_EQ(json["code"], 2);
  EXPECT_THAT(json["text"].get<std::string>(), HasSubstr("missing.db"));
}

TEST_F(NotifyTest, AReceiverThatIsDownIsOneWarning) {
  Configure(absl::StrCat(Ping(), "    timeout: 1s\n"));
  server_.reset();
  const ProcessResult good = Run({"backup", "app"}, 0);
  EXPECT_EQ(CountOf(good.err, "the notification failed"), 1) << good.err;
  EXPECT_THAT(good.err, HasSubstr("notify[0]: the notification failed: connection failed: "
                                  "http://127.0.0.1:"));
  EXPECT_EQ(box_.ListedDumps().size(), 1u);
  EXPECT_EQ(CountOf(Run({"backup", "bad"}, 2).err, "the notification failed"), 1);
}

TEST_F(NotifyTest, AReceiverThatRefusesIsOneWarning) {
  Listen(Answer(404, "no such check"));
  Configure(Ping());
  const ProcessResult result = Run({"backup", "app"}, 0);
  EXPECT_EQ(CountOf(result.err, "the server answered 404"), 1) << result.err;
  EXPECT_THAT(server_->lines(), ElementsAre("POST /8f3c-secret/start", "POST /8f3c-secret"));
  Listen(Answer(302, "", "Location: http://127.0.0.1/\r\n"));
  Configure(Ping());
  EXPECT_THAT(Run({"backup", "app"}, 0).err, HasSubstr("redirect"));
}

TEST_F(NotifyTest, TriesAgainAfterAnErrorOfTheServer) {
  Listen(Answer(503));
  Configure(absl::StrCat(Ping(), "    when: success\n    timeout: 2s\n"));
  EXPECT_EQ(CountOf(Run({"backup", "app"}, 0).err, "the server answered 503"), 1);
  EXPECT_THAT(server_->lines(), ElementsAre("POST /8f3c-secret", "POST /8f3c-secret"));
}

TEST_F(NotifyTest, ASilentReceiverDelaysAJobForItsTimeLimit) {
  Listen({.bytes = "", .silence = true});
  Configure(absl::StrCat(Ping(), "    timeout: 1s\n", Ping(), "    timeout: 1s\n"));
  const auto started = std::chrono::steady_clock::now();
  const ProcessResult result = Run({"backup", "app"}, 0);
  EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds(kSanitized ? 20 : 6));
  EXPECT_EQ(CountOf(result.err, "no complete answer within"), 2) << result.err;
}

TEST_F(NotifyTest, AnUnsetVariableIsAWarning) {
  Configure(absl::StrCat("  - webhook: SERVER/hook\n    secret: ${NO_KEY}\n", Ping()));
  const ProcessResult result = Run({"backup", "app"}, 0);
  EXPECT_THAT(result.err, AllOf(HasSubstr("notify[0] is not used"), HasSubstr("NO_KEY")));
  EXPECT_THAT(server_->lines(), ElementsAre("POST /8f3c-secret/start", "POST /8f3c-secret"));
  EXPECT_THAT(Run({"config", "check"}, 1).err, HasSubstr("NO_KEY"));
}

TEST_F(NotifyTest, ATemplateThatIsNotJsonIsAnErrorOfTheConfiguration) {
  Configure("  - webhook: SERVER/hook\n    body: '{{summary}}'\n");
  EXPECT_THAT(Run({"config", "check"}, 1).err, HasSubstr("notify[0].body: the text is not JSON"));
}

TEST_F(NotifyTest, AnInterruptedJobIsAFailure) {
  Configure(absl::StrCat(Ping(), "    verbs: restore\n"));
  std::filesystem::remove(box_.Path("app.db"));
  ASSERT_OK(MakeSampleDatabase(box_.Path("app.db"), {.bytes = 20 << 20, .seed = 2}));
  Run({"backup", "app"}, 0);
  RunningProcess running(box_.Options({"restore", "latest:app", "--profile", "copy"}));
  while (server_->lines().empty() && !running.ended()) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  running.Signal(SIGTERM);
  ASSERT_OK_AND_ASSIGN(const ProcessResult result, running.Wait());
  if (result.exit_code == 0) return;  // It was faster than the signal.
  EXPECT_EQ(result.exit_code, 143) << result.err;
  ASSERT_THAT(server_->lines(), ElementsAre("POST /8f3c-secret/start", "POST /8f3c-secret/fail"));
  EXPECT_THAT(server_->requests()[1].body, HasSubstr("terminated"));
}

TEST_F(NotifyTest, ATestGoesToEveryEntryOfTheProfile) {
  Configure(
      absl::StrCat(Ping(), "    verbs: migrate\n",
                   "  - webhook: SERVER/hook\n    profiles: copy\n"
                   "  - webhook: SERVER/hook\n    when: failure\n    secret: env:HOOK_KEY\n"));
  const ProcessResult result = Run({"notify", "test", "app"}, 0);
  EXPECT_EQ(CountOf(result.out, "sent"), 2) << result.out;
  EXPECT_THAT(server_->lines(), ElementsAre("POST /8f3c-secret/log", "POST /hook"));
  EXPECT_EQ(server_->requests()[1].headers.at("x-siphon-event"), "test");
  Run({"notify", "test", "nobody"}, 1);
  Run({"notify", "test"}, 1);
  Listen(Answer(404));
  Configure(Ping());
  EXPECT_THAT(Run({"notify", "test", "app"}, 2).err, HasSubstr("the server answered 404"));
  Configure("");
  EXPECT_THAT(Run({"notify", "test", "app"}, 1).err, HasSubstr("there is no notification"));
}

TEST_F(NotifyTest, TrustsTheAuthorityOfTheEntry) {
  ASSERT_OK_AND_ASSIGN(const TestCertificates certificates,
                       TestCertificates::Make(box_.Path("tls")));
  auto tls = HttpServer::Start([](const HttpRequest&) { return Answer(200); }, certificates.server);
  ASSERT_OK(tls);
  server_ = *std::move(tls);
  Configure(absl::StrCat(Ping(), "    ca: ", certificates.ca, "\n"));
  Run({"backup", "app"}, 0);
  EXPECT_THAT(server_->lines(), ElementsAre("POST /8f3c-secret/start", "POST /8f3c-secret"));
  Configure(absl::StrCat(Ping(), "    when: success\n    ca: ", certificates.other_ca, "\n"));
  EXPECT_THAT(Run({"backup", "app"}, 0).err, HasSubstr("the notification failed"));
  box_.environment["SSL_CERT_FILE"] = certificates.ca;
  Configure(absl::StrCat(Ping(), "    when: success\n"));
  EXPECT_THAT(Run({"backup", "app"}, 0).err, Not(HasSubstr("the notification failed")));
}

}  // namespace
}  // namespace siphon::testing
