// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/stores/s3/s3_store.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/domain/storage/store.h"
#include "siphon/domain/storage/store_contract.h"
#include "siphon/stores/s3/object_writer.h"
#include "siphon/stores/s3/testing.h"
#include "testing/servers/http_server.h"
#include "testing/servers/s3_server.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

class S3Fixture : public StoreFixture {
 public:
  explicit S3Fixture(const S3Quirks& quirks) : quirks_(quirks) {
    auto server = S3Server::Start(quirks);
    EXPECT_OK(server);
    server_ = *std::move(server);
  }
  ~S3Fixture() override {
    EXPECT_THAT(server_->complaints(), ::testing::IsEmpty());
    EXPECT_THAT(server_->Uploads(), ::testing::IsEmpty());
  }
  std::unique_ptr<storage::Store> Connect() override {
    s3::StoreOptions options = s3::OptionsFor(*server_, clock_);
    options.parts = {.size = s3::kMinPart, .equal = quirks_.equal_parts};
    return s3::StoreOf(std::move(options));
  }

 private:
  S3Quirks quirks_;
  s3::SleepClock clock_;
  std::unique_ptr<S3Server> server_;
};

StoreFactory FactoryOf(std::string name, const S3Quirks& quirks) {
  return {.name = std::move(name),
          .make = [quirks] { return std::make_unique<S3Fixture>(quirks); },
          .random_access = true,
          .keeps_opened = false};
}

INSTANTIATE_TEST_SUITE_P(
    S3, StoreContract,
    ::testing::Values(
        FactoryOf("aws", {}), FactoryOf("equal_parts", {.equal_parts = true}),
        FactoryOf("small_pages", {.page = 2}),
        FactoryOf("conditions_refused", {.conditions = S3Quirks::Conditions::kRefused}),
        FactoryOf("conditions_ignored", {.conditions = S3Quirks::Conditions::kIgnored})),
    StoreName);

}  // namespace
}  // namespace siphon::testing

namespace siphon::s3 {
namespace {

using ::siphon::testing::Answer;
using ::siphon::testing::HttpAnswer;
using ::siphon::testing::HttpRequest;
using ::siphon::testing::S3Error;
using ::siphon::testing::S3Quirks;
using ::siphon::testing::S3Server;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Optional;
using ::testing::StartsWith;

constexpr size_t kPart = kMinPart;

class S3StoreTest : public ::testing::Test {
 protected:
  void SetUp() override { StartServer({}); }
  void TearDown() override { EXPECT_THAT(server_->complaints(), IsEmpty()); }

  void StartServer(const S3Quirks& quirks) {
    store_.reset();
    auto server = S3Server::Start(quirks);
    ASSERT_OK(server);
    server_ = *std::move(server);
    store_ = StoreOf(Options());
  }
  StoreOptions Options() {
    StoreOptions options = OptionsFor(*server_, clock_);
    options.parts.size = kPart;
    return options;
  }

  static absl::Status PutTo(storage::Store& store, std::string_view key, std::string_view data,
                            const storage::CreateOptions& options = {}) {
    ASSIGN_OR_RETURN(std::unique_ptr<storage::ObjectWriter> object, store.Create({}, key, options));
    RETURN_IF_ERROR(object->Write(data));
    RETURN_IF_ERROR(object->Finish());
    return object->Commit();
  }
  absl::Status Put(std::string_view key, std::string_view data,
                   const storage::CreateOptions& options = {}) {
    return PutTo(*store_, key, data, options);
  }
  absl::StatusOr<std::string> Get(std::string_view key) {
    ASSIGN_OR_RETURN(std::unique_ptr<base::Reader> object, store_->Open({}, key));
    return base::ReadAll(*object, size_t{64} << 20);
  }
  // The first request for which `matches` gets this answer, after the server did the work or not.
  void FailOnce(std::function<bool(const HttpRequest&)> matches, HttpAnswer answer, bool after) {
    auto failed = std::make_shared<std::atomic<bool>>(false);
    server_->SetFaults([=](int, const HttpRequest& request) -> std::optional<S3Server::Fault> {
      if (!matches(request) || failed->exchange(true)) return std::nullopt;
      return S3Server::Fault{.answer = answer, .after = after};
    });
  }
  // The number of requests that begin with `start`.
  int Count(std::string_view start) const {
    int count = 0;
    for (const std::string& line : server_->lines()) count += absl::StartsWith(line, start);
    return count;
  }

  SleepClock clock_;
  std::unique_ptr<S3Server> server_;
  std::unique_ptr<storage::Store> store_;
};

const HttpAnswer kReset{.bytes = ""};

bool Is(const absl::StatusOr<std::string>& actual, const std::string& expected) {
  return actual.ok() && *actual == expected;
}

std::string Data(size_t size) {
  std::string data(size, '\0');
  uint32_t state = 1;
  for (char& c : data) {
    state = state * 1664525 + 1013904223;
    c = static_cast<char>(state >> 24);
  }
  return data;
}

TEST_F(S3StoreTest, HasTheObjectsWhereSiphonInGoHasThem) {
  EXPECT_EQ(store_->Description(), "s3://test-bucket/back/ups");
  ASSERT_OK(Put("a.dump", "data"));
  EXPECT_THAT(server_->Keys(), ElementsAre("back/ups/a.dump"));
  StoreOptions options = Options();
  options.prefix = "";
  const auto whole = StoreOf(options);
  EXPECT_EQ(whole->Description(), "s3://test-bucket");
  ASSERT_OK(PutTo(*whole, "b.dump", "data"));
  EXPECT_THAT(whole->List({}), IsOkAndHolds(ElementsAre("b.dump")));
  EXPECT_THAT(store_->List({}), IsOkAndHolds(ElementsAre("a.dump")));
}

TEST_F(S3StoreTest, ASmallObjectIsOneRequestAndALargeOneAnUpload) {
  ASSERT_OK(Put("small", Data(kPart)));
  EXPECT_EQ(Count("POST"), 0);
  const std::string data = Data(2 * kPart + 1);
  ASSERT_OK(Put("large", data));
  EXPECT_THAT(server_->LastParts(), ElementsAre(kPart, kPart, 1));
  EXPECT_THAT(server_->Uploads(), IsEmpty());
  EXPECT_TRUE(Is(Get("large"), data));
  ASSERT_OK(Put("large", Data(2 * kPart)));
  EXPECT_THAT(server_->LastParts(), ElementsAre(kPart, kPart));
}

TEST_F(S3StoreTest, NothingIsLeftWithoutACommit) {
  {
    ASSERT_OK_AND_ASSIGN(auto object, store_->Create({}, "a"));
    ASSERT_OK(object->Write(Data(3 * kPart)));
    EXPECT_THAT(server_->Uploads(), ElementsAre("back/ups/a"));
    EXPECT_THAT(store_->ListUncommitted({}), IsOkAndHolds(ElementsAre("a")));
    EXPECT_THAT(server_->Keys(), ElementsAre(StartsWith("back/ups/.siphon/pending/a.")));
  }
  EXPECT_THAT(server_->Uploads(), IsEmpty());
  EXPECT_THAT(server_->Keys(), IsEmpty());
}

TEST_F(S3StoreTest, RemovesWhatADeadWriterLeft) {
  // As a writer leaves it that is killed in an upload.
  ASSERT_OK_AND_ASSIGN(auto object, store_->Create({}, "a.dump"));
  ASSERT_OK(object->Write(Data(2 * kPart)));
  const auto other = StoreOf(Options());
  std::vector<std::string> visited;
  const auto visit = [&](const std::string& key) {
    visited.push_back(key);
    return absl::OkStatus();
  };
  server_->AdvanceClock(absl::Minutes(14));
  ASSERT_OK(other->RemoveStale({}, visit));
  EXPECT_THAT(visited, IsEmpty());
  server_->AdvanceClock(absl::Minutes(2));
  ASSERT_OK(other->RemoveStale({}, visit));
  EXPECT_THAT(visited, ElementsAre("a.dump"));
  EXPECT_THAT(server_->Uploads(), IsEmpty());
  EXPECT_THAT(server_->Keys(), IsEmpty());
  EXPECT_THAT(other->ListUncommitted({}), IsOkAndHolds(IsEmpty()));
  // The writer was not dead, and publishes nothing.
  absl::Status status = object->Write(Data(kPart));
  if (status.ok()) status = object->Finish();
  if (status.ok()) status = object->Commit();
  EXPECT_THAT(status, StatusIs(errs::kIo));
  object.reset();
  EXPECT_THAT(server_->Keys(), IsEmpty());
}

TEST_F(S3StoreTest, AWriterThatWasTakenForDeadPublishesNothing) {
  ASSERT_OK_AND_ASSIGN(auto object, store_->Create({}, "a.dump"));
  ASSERT_OK(object->Write("small"));
  ASSERT_OK(object->Finish());
  server_->AdvanceClock(absl::Hours(1));
  ASSERT_OK(
      StoreOf(Options())->RemoveStale({}, [](const std::string&) { return absl::OkStatus(); }));
  EXPECT_THAT(object->Commit(), StatusIs(errs::kIo, HasSubstr("took this one for dead")));
  EXPECT_THAT(server_->Keys(), IsEmpty());
}

TEST_F(S3StoreTest, KeepsWhatAVisitorRefuses) {
  server_->PutObject("back/ups/.siphon/pending/a.dump.0123456789abcdef", "");
  server_->PutObject("back/ups/.siphon/pending/no-number", "");
  server_->PutObject("back/ups/.siphon/pending/..dump.0123456789abcdef", "");
  server_->AdvanceClock(absl::Hours(1));
  EXPECT_THAT(
      store_->RemoveStale(
          {}, [](const std::string&) { return errs::SystemError("test", errs::kIo, "not now"); }),
      StatusIs(errs::kIo, HasSubstr("not now")));
  EXPECT_THAT(store_->ListUncommitted({}), IsOkAndHolds(ElementsAre("a.dump")));
  ASSERT_OK(store_->RemoveStale({}, [](const std::string&) { return absl::OkStatus(); }));
  EXPECT_THAT(server_->Keys(), Not(Contains(HasSubstr("a.dump"))));
  EXPECT_THAT(server_->Keys(), Contains("back/ups/.siphon/pending/no-number"));
}

TEST_F(S3StoreTest, ALivingWriterWritesItsRecordAgain) {
  StoreOptions options = Options();
  options.lifetime = absl::Milliseconds(300);
  const auto store = StoreOf(options);
  ASSERT_OK_AND_ASSIGN(const auto object, store->Create({}, "a"));
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (Count("PUT /test-bucket/back/ups/.siphon/pending/a.") < 3) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

TEST_F(S3StoreTest, ALostAnswerToThePutIsNoError) {
  const auto is_put = [](const HttpRequest& request) {
    return request.method == "PUT" && absl::EndsWith(request.target, "/a");
  };
  FailOnce(is_put, kReset, true);
  EXPECT_OK(Put("a", "data", {.if_absent = true}));
  EXPECT_THAT(Get("a"), IsOkAndHolds(Eq("data")));
  // The object of another writer is not taken for the own one.
  FailOnce(is_put, kReset, false);
  EXPECT_THAT(Put("a", "other", {.if_absent = true}), StatusIs(errs::kAlreadyExists));
  EXPECT_THAT(Get("a"), IsOkAndHolds(Eq("data")));
}

TEST_F(S3StoreTest, ALostAnswerToTheCompletionIsNoError) {
  const std::string data = Data(kPart + 5);
  const auto is_completion = [](const HttpRequest& request) {
    return request.method == "POST" && absl::StrContains(request.target, "uploadId");
  };
  for (const bool after : {true, false}) {
    for (const HttpAnswer& answer :
         {kReset, S3Error(500, "InternalError"),
          Answer(200, "<Error><Code>InternalError</Code></Error>"), Answer(200, " ")}) {
      FailOnce(is_completion, answer, after);
      EXPECT_OK(Put("a", data)) << answer.bytes;
      EXPECT_TRUE(Is(Get("a"), data));
      ASSERT_OK(store_->Delete({}, "a"));
    }
  }
  EXPECT_THAT(server_->Uploads(), IsEmpty());
  EXPECT_THAT(server_->Keys(), IsEmpty());
}

TEST_F(S3StoreTest, ALostAnswerToTheBeginningLeavesNoUpload) {
  FailOnce(
      [](const HttpRequest& request) {
        return request.method == "POST" && absl::EndsWith(request.target, "?uploads=");
      },
      kReset, true);
  ASSERT_OK(Put("a", Data(kPart + 1)));
  EXPECT_THAT(server_->Uploads(), IsEmpty());
  EXPECT_THAT(server_->Keys(), ElementsAre("back/ups/a"));
}

TEST_F(S3StoreTest, ABeginningWithoutAnyAnswerLeavesNoUpload) {
  server_->SetFaults([](int, const HttpRequest& request) -> std::optional<S3Server::Fault> {
    if (request.method != "POST") return std::nullopt;
    return S3Server::Fault{.answer = kReset, .after = true};
  });
  EXPECT_THAT(Put("a", Data(kPart + 1)), StatusIs(errs::kConnectionFailed));
  EXPECT_THAT(server_->Uploads(), IsEmpty());
  EXPECT_THAT(server_->Keys(), IsEmpty());
}

TEST_F(S3StoreTest, ARefusedCompletionIsAnErrorAndLeavesNothing) {
  FailOnce([](const HttpRequest& request) { return absl::StrContains(request.body, "PartNumber"); },
           Answer(200, "<Error><Code>InvalidPart</Code><Message>x</Message></Error>"), false);
  EXPECT_THAT(Put("a", Data(kPart + 1)), StatusIs(errs::kIo, HasSubstr("InvalidPart")));
  EXPECT_THAT(server_->Uploads(), IsEmpty());
  EXPECT_THAT(server_->Keys(), IsEmpty());
}

TEST_F(S3StoreTest, ARequestThatFailsOnceChangesNothing) {
  const std::string data = Data(2 * kPart + 7);
  std::atomic<int> counted = 0;
  server_->SetFaults([&](int, const HttpRequest&) -> std::optional<S3Server::Fault> {
    ++counted;
    return std::nullopt;
  });
  ASSERT_OK(Put("a", data));
  const int requests = counted;
  ASSERT_GE(requests, 8);
  ASSERT_OK(store_->Delete({}, "a"));
  for (int failing = 0; failing < requests; ++failing) {
    for (const bool after : {false, true}) {
      server_->SetFaults([=](int number, const HttpRequest&) -> std::optional<S3Server::Fault> {
        if (number != failing) return std::nullopt;
        return S3Server::Fault{.answer = kReset, .after = after};
      });
      ASSERT_OK(Put("a", data)) << failing << after;
      server_->SetFaults(nullptr);
      EXPECT_TRUE(Is(Get("a"), data)) << failing << after;
      EXPECT_THAT(server_->Keys(), ElementsAre("back/ups/a")) << failing << after;
      EXPECT_THAT(server_->Uploads(), IsEmpty()) << failing << after;
      ASSERT_OK(store_->Delete({}, "a"));
    }
  }
}

TEST_F(S3StoreTest, TellsOfTheLockOfAnObject) {
  ASSERT_OK(Put("a", "data"));
  EXPECT_THAT(store_->LockedUntil({}, "a"), IsOkAndHolds(std::nullopt));
  EXPECT_THAT(store_->LockedUntil({}, "b"), IsOkAndHolds(std::nullopt));
  // `headers` are those of the answer, without "x-amz-object-lock-" at their beginnings.
  const auto lock_of = [&](const std::vector<std::string>& headers) {
    std::string lines;
    for (const std::string& header : headers) {
      absl::StrAppend(&lines, "x-amz-object-lock-", header, "\r\n");
    }
    server_->SetFaults([=](int, const HttpRequest&) -> std::optional<S3Server::Fault> {
      return S3Server::Fault{.answer = Answer(200, "", lines)};
    });
    return store_->LockedUntil({}, "a");
  };
  const absl::Time end = absl::FromCivil(absl::CivilDay(2027, 1, 1), absl::UTCTimeZone());
  EXPECT_THAT(lock_of({"mode: COMPLIANCE", "retain-until-date: 2027-01-01T00:00:00Z"}),
              IsOkAndHolds(end));
  EXPECT_THAT(lock_of({"mode: GOVERNANCE", "retain-until-date: 2027-01-01T00:00:00.000Z"}),
              IsOkAndHolds(end));
  EXPECT_THAT(lock_of({"legal-hold: ON"}), IsOkAndHolds(absl::InfiniteFuture()));
  EXPECT_THAT(lock_of({"legal-hold: OFF"}), IsOkAndHolds(std::nullopt));
  // An end that cannot be read.
  EXPECT_THAT(lock_of({"mode: COMPLIANCE"}), IsOkAndHolds(absl::InfiniteFuture()));
  server_->SetFaults(nullptr);
}

TEST_F(S3StoreTest, AServerThatGoesAwayLeavesNothingVisible) {
  const std::string data = Data(2 * kPart + 7);
  for (int first = 0; first < 9; ++first) {
    server_->SetFaults([=](int number, const HttpRequest&) -> std::optional<S3Server::Fault> {
      if (number < first) return std::nullopt;
      return S3Server::Fault{.answer = S3Error(403, "AccessDenied")};
    });
    const absl::Status status = Put("a", data);
    server_->SetFaults(nullptr);
    if (status.ok()) {
      EXPECT_TRUE(Is(Get("a"), data)) << first;
      ASSERT_OK(store_->Delete({}, "a"));
    } else {
      EXPECT_THAT(status, StatusIs(errs::kIo, HasSubstr("answered 403")));
      EXPECT_THAT(store_->List({}), IsOkAndHolds(IsEmpty())) << first;
    }
    // The next run removes what could not be removed.
    server_->AdvanceClock(absl::Hours(1));
    ASSERT_OK(store_->RemoveStale({}, [](const std::string&) { return absl::OkStatus(); }));
    EXPECT_THAT(server_->Keys(), IsEmpty()) << first;
    EXPECT_THAT(server_->Uploads(), IsEmpty()) << first;
  }
}

TEST_F(S3StoreTest, AReadContinuesWhereItsConnectionBroke) {
  const std::string data = Data(20 << 20);
  ASSERT_OK(Put("a", data));
  server_->SetFaults([](int number, const HttpRequest&) -> std::optional<S3Server::Fault> {
    if (number % 2 == 0) return std::nullopt;
    return S3Server::Fault{
        .answer = {.bytes = "HTTP/1.1 206 OK\r\nContent-Length: 8388608\r\n\r\nhalf"}};
  });
  EXPECT_TRUE(Is(Get("a"), data));
}

TEST_F(S3StoreTest, ARangeThatWasNotAskedForIsAnError) {
  ASSERT_OK(Put("a", "0123456789"));
  for (const char* const range : {"bytes 1-4/10", "bytes 0-9/10", "bytes 0-3/", "0-3/10",
                                  "bytes 3-0/10", "bytes 0-3/3", "bytes */10", ""}) {
    server_->SetFaults([=](int, const HttpRequest&) {
      return S3Server::Fault{
          .answer = Answer(206, "0123", absl::StrCat("Content-Range: ", range, "\r\n"))};
    });
    EXPECT_THAT(Get("a"), StatusIs(errs::kIo, HasSubstr("another range"))) << range;
  }
}

TEST_F(S3StoreTest, AServerWithoutRangesIsReadAsAWhole) {
  server_->SetFaults(
      [](int, const HttpRequest&) { return S3Server::Fault{.answer = Answer(200, "0123456789")}; });
  EXPECT_THAT(Get("a"), IsOkAndHolds(Eq("0123456789")));
}

TEST_F(S3StoreTest, ErrorsNameTheObjectAndTheAnswer) {
  const auto fail = [&](HttpAnswer answer) {
    server_->SetFaults([=](int, const HttpRequest&) { return S3Server::Fault{.answer = answer}; });
    return store_->Open({}, "a.dump").status();
  };
  EXPECT_THAT(fail(S3Error(403, "AccessDenied")),
              AllOf(StatusIs(errs::kIo, AllOf(HasSubstr("s3://test-bucket/back/ups/a.dump"),
                                              HasSubstr("403 AccessDenied"))),
                    HasHint(HasSubstr("rights")), HasExitCode(errs::Code::kSystem)));
  EXPECT_THAT(fail(S3Error(403, "InvalidAccessKeyId")), HasHint(HasSubstr("AWS_ACCESS_KEY_ID")));
  EXPECT_THAT(fail(S3Error(404, "NoSuchBucket")),
              AllOf(StatusIs(errs::kNotFound, HasSubstr("NoSuchBucket")),
                    HasHint(HasSubstr("storage.bucket"))));
  EXPECT_THAT(fail(S3Error(301, "PermanentRedirect", "x-amz-bucket-region: eu-west-3\r\n")),
              HasHint(HasSubstr("storage.region to eu-west-3")));
  EXPECT_THAT(fail(Answer(400,
                          "<Error><Code>AuthorizationHeaderMalformed</Code>"
                          "<Region>eu-west-3</Region></Error>")),
              HasHint(HasSubstr("eu-west-3")));
  EXPECT_THAT(fail(Answer(418, "<html>")), StatusIs(errs::kIo, HasSubstr("answered 418")));
  EXPECT_THAT(fail(S3Error(503, "SlowDown")), StatusIs(errs::kIo, HasSubstr("attempts")));
}

TEST_F(S3StoreTest, AListThatIsNoneIsAnError) {
  server_->SetFaults(
      [](int, const HttpRequest&) { return S3Server::Fault{.answer = Answer(200, "<html/>")}; });
  EXPECT_THAT(store_->List({}), AllOf(StatusIs(errs::kIo, HasSubstr("not as expected")),
                                      HasHint(HasSubstr("storage.endpoint"))));
  server_->SetFaults([](int, const HttpRequest&) {
    return S3Server::Fault{
        .answer = Answer(200,
                         "<ListBucketResult><IsTruncated>true</IsTruncated>"
                         "<NextContinuationToken>x</NextContinuationToken></ListBucketResult>")};
  });
  EXPECT_THAT(store_->List({}), StatusIs(errs::kIo, HasSubstr("repeats")));
}

TEST_F(S3StoreTest, TriesConditionsOnce) {
  ASSERT_OK(Put("a", "data", {.if_absent = true}));
  ASSERT_OK(Put("b", Data(kPart + 1), {.if_absent = true}));
  EXPECT_EQ(Count("PUT /test-bucket/back/ups/.siphon/probe/"), 2);
  EXPECT_THAT(server_->Keys(), ElementsAre("back/ups/a", "back/ups/b"));
  EXPECT_THAT(Put("b", Data(kPart + 1), {.if_absent = true}), StatusIs(errs::kAlreadyExists));
}

TEST_F(S3StoreTest, SendsEqualPartsWhereTheyMustBe) {
  StartServer({.equal_parts = true});
  ASSERT_OK(Put("a", Data(3 * kPart + 1)));
  EXPECT_THAT(server_->LastParts(), ElementsAre(kPart, kPart, kPart, 1));
}

TEST_F(S3StoreTest, OpeningTheStoreSendsNothing) {
  EXPECT_THAT(server_->lines(), IsEmpty());
  EXPECT_THAT(MakeS3Store({.address = {.bucket = "a/b"}}), StatusIs(errs::kConfigInvalid));
}

TEST(PartSizesTest, FitTheLargestObjects) {
  const PartSizes usual;
  uint64_t total = 0;
  for (int number = 1; number <= kMaxParts; ++number) {
    EXPECT_GE(usual.Of(number), number == 1 ? kMinPart : usual.Of(number - 1));
    total += usual.Of(number);
  }
  EXPECT_GT(total, uint64_t{1} << 40);
  EXPECT_EQ(usual.Of(1), size_t{16} << 20);
  EXPECT_EQ((PartSizes{.size = kMinPart, .equal = true}.Of(kMaxParts)), kMinPart);
  EXPECT_EQ(usual.For(0).size, usual.size);
  EXPECT_EQ(usual.For(uint64_t{1} << 30).size, usual.size);
  const PartSizes large = usual.For(uint64_t{4} << 40);
  EXPECT_GE(large.size * 9000, uint64_t{6} << 40);
  EXPECT_EQ(large.size % (1 << 20), 0u);
  EXPECT_EQ(usual.For(UINT64_MAX).size, kMaxPart);
}

}  // namespace
}  // namespace siphon::s3
