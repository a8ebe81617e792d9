// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Dumps in a bucket, on a strict fake of S3: every verb that needs a catalogue, kills, lost
// connections, wrong settings.

#include <chrono>
#include <csignal>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/e2e/database.h"
#include "testing/e2e/sample_database.h"
#include "testing/e2e/sandbox.h"
#include "testing/servers/certificates.h"
#include "testing/servers/http_server.h"
#include "testing/servers/s3_server.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class S3Test : public ::testing::Test {
 protected:
  S3Test() { Start({}); }
  ~S3Test() override { EXPECT_THAT(server_->complaints(), IsEmpty()); }

  void Start(const S3Quirks& quirks, const std::optional<CertificateFiles>& tls = std::nullopt) {
    auto server = S3Server::Start(quirks, tls);
    ASSERT_OK(server);
    server_ = *std::move(server);
    Configure("");
  }
  // Writes a configuration with these further lines under `storage:`.
  void Configure(std::string_view more) {
    Clear(box_.Path("config"));
    WriteBytes(box_.Path("config/config.yaml"),
               absl::StrCat("profiles:\n  app: {driver: sqlite, database: ", box_.Path("app.db"),
                            "}\nstorage:\n  type: s3\n  bucket: ", S3Server::kBucket,
                            "\n  prefix: back/ups/\n  region: ", S3Server::kRegion,
                            "\n  endpoint: ", server_->endpoint(), "\n  part_size: 5MiB\n", more));
    box_.environment["AWS_ACCESS_KEY_ID"] = S3Server::kAccessKey;
    box_.environment["AWS_SECRET_ACCESS_KEY"] = S3Server::kSecretKey;
  }
  // Runs siphon, which must succeed.
  ProcessResult Succeed(std::vector<std::string> args) {
    ProcessResult result = box_.Run(args);
    EXPECT_EQ(result.exit_code, 0) << args[0] << ": " << result.err;
    return result;
  }
  std::string Backup(std::vector<std::string> more = {}) {
    std::vector<std::string> args = {"backup", "app", "--quiet"};
    args.insert(args.end(), more.begin(), more.end());
    return std::string(absl::StripAsciiWhitespace(Succeed(args).out));
  }
  void MakeDatabase(uint64_t bytes) {
    ASSERT_OK(MakeSampleDatabase(box_.Path("app.db"), {.bytes = bytes, .seed = 7}));
  }
  std::string Key(std::string_view name) const { return absl::StrCat("back/ups/", name); }

  Sandbox box_;
  std::unique_ptr<S3Server> server_;
};

TEST_F(S3Test, ADumpGoesThereAndComesBack) {
  MakeDatabase(20 << 20);
  const std::string id = Backup({"--compression", "0"});
  EXPECT_THAT(server_->Keys(), ElementsAre(Key(id + ".dump"), Key(id + ".meta.json")));
  EXPECT_THAT(server_->LastParts(), SizeIs(::testing::Gt(3u)));
  EXPECT_THAT(box_.ListedDumps(), ElementsAre(id));
  Succeed({"verify", "latest"});
  Succeed({"verify", "--deep", id});
  EXPECT_THAT(Succeed({"dumps", "inspect", id}).out, HasSubstr(id));
  Succeed({"restore", id, "--profile", box_.Url("new.db")});
  EXPECT_EQ(*Fingerprint(box_.Path("new.db")), *Fingerprint(box_.Path("app.db")));
  Succeed({"dumps", "tag", id, "--add", "kept"});
  Succeed({"dumps", "rm", id, "--yes"});
  EXPECT_THAT(server_->Keys(), IsEmpty());
  EXPECT_THAT(server_->Uploads(), IsEmpty());
}

TEST_F(S3Test, FramesAreReadByRanges) {
  MakeDatabase(20 << 20);
  const std::string id = Backup({"--jobs", "4"});
  Succeed({"verify", "--deep", id});
  server_->DeleteObject(Key(id + ".meta.json"));
  Succeed({"dumps", "rebuild", "--profile", "app"});
  EXPECT_THAT(box_.ListedDumps(), ElementsAre(id));
  Succeed({"restore", id, "--profile", box_.Url("new.db")});
}

TEST_F(S3Test, BothProgramsFindTheDumpsOfTheOther) {
  MakeDatabase(100'000);
  const std::string id = Backup({"--compression", "0"});
  // As siphon (Go) would have put it into the bucket: the same objects, and no others.
  const std::optional<std::string> dump = server_->Object(Key(id + ".dump"));
  const std::optional<std::string> sidecar = server_->Object(Key(id + ".meta.json"));
  ASSERT_TRUE(dump.has_value() && sidecar.has_value());
  EXPECT_TRUE(absl::StartsWith(*dump, "SIPH{"));
  EXPECT_THAT(*sidecar, HasSubstr(absl::StrCat("\"id\": \"", id, "\"")));
  Succeed({"dumps", "rm", id, "--yes"});
  server_->PutObject(Key(id + ".dump"), *dump);
  server_->PutObject(Key(id + ".meta.json"), *sidecar);
  EXPECT_THAT(box_.ListedDumps(), ElementsAre(id));
  Succeed({"verify", id});
}

TEST_F(S3Test, ADamagedDumpIsRefused) {
  MakeDatabase(300'000);
  const std::string id = Backup();
  std::string dump = *server_->Object(Key(id + ".dump"));
  dump[dump.size() / 2] ^= 1;
  server_->PutObject(Key(id + ".dump"), dump);
  EXPECT_EQ(box_.Run({"verify", id}).exit_code, 3);
  EXPECT_EQ(box_.Run({"restore", id, "--profile", box_.Url("new.db")}).exit_code, 3);
  EXPECT_THAT(Names(box_.root()), Not(::testing::Contains("new.db")));
}

TEST_F(S3Test, AKilledBackupLeavesNothingThatIsNotRemoved) {
  MakeDatabase(30 << 20);
  const ProcessResult undisturbed = Succeed({"backup", "app", "--quiet", "--compression", "0"});
  std::mt19937 random(20261201);
  std::uniform_real_distribution<double> moment(0, 1);
  for (int i = 0; i < 20; ++i) {
    const auto after =
        std::chrono::duration_cast<std::chrono::nanoseconds>(undisturbed.wall * moment(random));
    box_.RunAndSignal({"backup", "app", "--quiet", "--compression", "0"}, after, SIGKILL);
    for (const std::string& id : box_.ListedDumps()) {
      EXPECT_EQ(box_.Run({"verify", id}).exit_code, 0) << i;
      Succeed({"dumps", "rm", id, "--yes"});
    }
    if (HasFailure()) break;
  }
  // The remains are removed once their writers have been silent for a while.
  server_->AdvanceClock(absl::Hours(1));
  EXPECT_THAT(box_.ListedDumps(), IsEmpty());
  EXPECT_THAT(server_->Keys(), IsEmpty());
  EXPECT_THAT(server_->Uploads(), IsEmpty());
}

TEST_F(S3Test, ABackupThatIsTerminatedLeavesNothing) {
  MakeDatabase(30 << 20);
  std::vector<std::string> args = {"backup", "app", "--compression", "0"};
  const ProcessResult undisturbed = Succeed(args);
  for (const std::string& id : box_.ListedDumps()) Succeed({"dumps", "rm", id, "--yes"});
  const ProcessResult result = box_.RunAndSignal(args, undisturbed.wall / 2, SIGTERM);
  if (result.exit_code != 0) {
    EXPECT_EQ(result.exit_code, 143) << result.err;
    EXPECT_THAT(server_->Keys(), IsEmpty());
  }
  EXPECT_THAT(server_->Uploads(), IsEmpty());
}

TEST_F(S3Test, EveryThirdAnswerMayBeLost) {
  MakeDatabase(20 << 20);
  server_->SetFaults([](int number, const HttpRequest&) -> std::optional<S3Server::Fault> {
    if (number % 3 != 1) return std::nullopt;
    return S3Server::Fault{.answer = {.bytes = ""}, .after = number % 2 == 0};
  });
  const std::string id = Backup({"--compression", "0"});
  Succeed({"verify", id});
  Succeed({"restore", id, "--profile", box_.Url("new.db")});
  EXPECT_EQ(*Fingerprint(box_.Path("new.db")), *Fingerprint(box_.Path("app.db")));
  EXPECT_THAT(server_->Uploads(), IsEmpty());
}

TEST_F(S3Test, ErrorsSayWhatIsWrongAndNoSecret) {
  MakeDatabase(50'000);
  box_.environment["AWS_SECRET_ACCESS_KEY"] = "wr0ng-hidden";
  ProcessResult result = box_.Run({"backup", "app"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, AllOf(HasSubstr("SignatureDoesNotMatch"),
                                HasSubstr("AWS_SECRET_ACCESS_KEY"), Not(HasSubstr("hidden"))));
  EXPECT_THAT(server_->complaints(), Not(IsEmpty()));
  Start({});
  box_.environment.erase("AWS_ACCESS_KEY_ID");
  box_.environment.erase("AWS_SECRET_ACCESS_KEY");
  result = box_.Run({"backup", "app"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("there are no credentials"));
  // A command without dumps needs none.
  Succeed({"profile", "list"});
  EXPECT_THAT(Succeed({"config", "check"}).out,
              HasSubstr("dumps are in s3://test-bucket/back/ups"));
}

TEST_F(S3Test, SecretsOfTheConfigurationAreReferences) {
  MakeDatabase(50'000);
  Configure("  access_key: env:MY_ID\n  secret_key: env:MY_KEY\n");
  box_.environment["AWS_SECRET_ACCESS_KEY"] = "wrong";
  box_.environment["MY_ID"] = S3Server::kAccessKey;
  box_.environment["MY_KEY"] = S3Server::kSecretKey;
  EXPECT_THAT(Backup(), SizeIs(26));
}

TEST_F(S3Test, TrustsTheAuthorityOfTheConfiguration) {
  ASSERT_OK_AND_ASSIGN(const TestCertificates certificates,
                       TestCertificates::Make(box_.Path("tls")));
  MakeDatabase(50'000);
  Start({}, certificates.server);
  ProcessResult result = box_.Run({"backup", "app"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(server_->lines(), IsEmpty());
  Configure(absl::StrCat("  ca_file: ", certificates.ca, "\n"));
  EXPECT_THAT(Backup(), SizeIs(26));
}

}  // namespace
}  // namespace siphon::testing
