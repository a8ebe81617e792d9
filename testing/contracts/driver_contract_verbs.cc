// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// The tests of a driver's verbs: inspect, back up, restore, verify, and how each of them ends.

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/io.h"
#include "testing/contracts/driver_bodies.h"
#include "testing/contracts/driver_contract.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using Access = driver::Driver::Access;
using std::chrono::steady_clock;

// The longest that a cancelled verb may take (docs/contracts.md#driver-suite).
constexpr std::chrono::seconds kPrompt{10};

// Fails the test if it exists longer than a cancelled verb may take.
class PromptlyFrom {
 public:
  explicit PromptlyFrom(const steady_clock::time_point& begin) : begin_(begin) {}
  ~PromptlyFrom() { EXPECT_LT(steady_clock::now() - begin_, kPrompt) << "the end came too late"; }

 private:
  const steady_clock::time_point& begin_;
};

driver::RestoreOptions Clean() {
  driver::RestoreOptions options;
  options.clean = true;
  return options;
}

}  // namespace

TEST_P(DriverContract, ConnectsAndInspects) {
  const profile::ConnectionProfile profile = Seeded();
  const std::unique_ptr<driver::Connection> connection = Connect(profile, Access::kRead);
  ASSERT_NE(connection, nullptr);
  driver::InspectOptions exact;
  exact.exact = true;
  const absl::StatusOr<driver::Schema> schema = connection->Inspect(context_, exact);
  ASSERT_THAT(schema, IsOk());
  EXPECT_EQ(schema->engine, driver().name());
  EXPECT_FALSE(schema->engine_version.empty());
  EXPECT_GT(schema->bytes, 0);
  std::vector<std::string> names;
  for (const driver::TableSchema& table : schema->tables) {
    names.push_back(table.name);
    if (table.kind != "table") continue;
    EXPECT_TRUE(table.rows_exact) << table.name;
    EXPECT_EQ(table.rows, fixture_->CountRows(profile, table.name)) << table.name;
    EXPECT_GT(table.bytes, 0) << table.name;
  }
  EXPECT_THAT(names, ::testing::IsSupersetOf({"accounts", "items"}));
  EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
  // The same without exact numbers.
  EXPECT_THAT(connection->Inspect(context_, driver::InspectOptions()), IsOk());
  EXPECT_THAT(connection->CheckIntegrity(context_), IsOk());
  EXPECT_THAT(connection->Close(), IsOk());
}

TEST_P(DriverContract, RestoresWhatItBackedUp) {
  const profile::ConnectionProfile source = Seeded();
  const std::string before = fixture_->Describe(source);
  const std::string body = BackUp(source);
  const profile::ConnectionProfile target = fixture_->EmptyDatabase();
  ASSERT_THAT(Restore(target, body, Clean()), IsOk());
  EXPECT_EQ(fixture_->Describe(target), before);
  EXPECT_EQ(fixture_->Describe(source), before);
  const std::unique_ptr<driver::Connection> connection = Connect(target, Access::kRead);
  ASSERT_NE(connection, nullptr);
  EXPECT_THAT(connection->CheckIntegrity(context_), IsOk());
}

TEST_P(DriverContract, TheTargetLearnsTheContentsBeforeTheFirstByteAndExactRowsAtTheEnd) {
  const profile::ConnectionProfile source = Seeded();
  const std::unique_ptr<driver::Connection> connection = Connect(source, Access::kRead);
  ASSERT_NE(connection, nullptr);
  std::vector<std::string> names;
  MemoryTarget target([&](size_t size) {
    if (size > 0) return absl::OkStatus();
    for (const dumps::TableInfo& table : target.contents().tables) names.push_back(table.name);
    return absl::OkStatus();
  });
  ASSERT_THAT(connection->Backup(context_, driver::BackupOptions(), target), IsOk());
  EXPECT_FALSE(target.contents().engine_version.empty());
  EXPECT_THAT(names, ::testing::IsSupersetOf({"accounts", "items"}));
  EXPECT_FALSE(target.contents().rows_estimated);
  int known = 0;
  for (const dumps::TableInfo& table : target.contents().tables) {
    if (table.name != "accounts" && table.name != "items") continue;
    ++known;
    EXPECT_EQ(table.rows, fixture_->CountRows(source, table.name)) << table.name;
  }
  EXPECT_EQ(known, 2);
}

TEST_P(DriverContract, ReplacesWhatIsThereOnlyWhenAsked) {
  const std::string body = BackUp(Seeded());
  const profile::ConnectionProfile target = Seeded();
  fixture_->Execute(target, "DELETE FROM items");
  fixture_->Execute(target, "CREATE TABLE mine(a INT)");
  const std::string before = fixture_->Describe(target);
  // Refused before anything of the body is read.
  {
    const std::unique_ptr<driver::Connection> connection = Connect(target, Access::kWrite);
    ASSERT_NE(connection, nullptr);
    PieceReader reader(body);
    EXPECT_THAT(connection->Restore(context_, driver::RestoreOptions(), reader),
                StatusIs(errs::kTargetNotEmpty));
    EXPECT_EQ(reader.offset(), 0u);
  }
  EXPECT_EQ(fixture_->Describe(target), before);
  ASSERT_THAT(Restore(target, body, Clean()), IsOk());
  EXPECT_EQ(fixture_->Describe(target), fixture_->Describe(Seeded()));
}

TEST_P(DriverContract, VerifyTellsChecksumFormatAndSize) {
  const profile::ConnectionProfile source = Seeded();
  const std::string body = BackUp(source);
  PieceReader reader(body, 1000);
  const absl::StatusOr<driver::VerifyReport> report = driver().VerifyBody(context_, reader);
  ASSERT_THAT(report, IsOk());
  EXPECT_EQ(report->bytes, body.size());
  EXPECT_THAT(report->checksum, ::testing::StartsWith("sha256:"));
  EXPECT_FALSE(report->format.empty());
  PieceReader again(body);
  const absl::StatusOr<driver::VerifyReport> same = driver().VerifyBody(context_, again);
  ASSERT_THAT(same, IsOk());
  EXPECT_EQ(same->checksum, report->checksum);
}

TEST_P(DriverContract, RefusesABodyThatIsCutOffAndLeavesTheTargetAlone) {
  const std::string body = BackUp(Seeded());
  const profile::ConnectionProfile target = Seeded();
  fixture_->Execute(target, "DELETE FROM items");
  const std::string before = fixture_->Describe(target);
  for (const size_t size : {size_t{0}, size_t{1}, size_t{100}, body.size() / 2, body.size() - 1}) {
    const std::string cut = body.substr(0, size);
    PieceReader reader(cut);
    EXPECT_THAT(driver().VerifyBody(context_, reader), StatusIs(errs::kIntegrity)) << size;
    EXPECT_THAT(Restore(target, cut, Clean()), StatusIs(errs::kIntegrity)) << size;
  }
  EXPECT_EQ(fixture_->Describe(target), before);
}

TEST_P(DriverContract, NothingChangesWhenTheBodysEndIsAnError) {
  const std::string body = BackUp(Seeded());
  const profile::ConnectionProfile target = Seeded();
  fixture_->Execute(target, "DELETE FROM items");
  const std::string before = fixture_->Describe(target);
  const std::unique_ptr<driver::Connection> connection = Connect(target, Access::kWrite);
  ASSERT_NE(connection, nullptr);
  // All bytes arrive, and then the error that they differ from the stored ones.
  PieceReader reader(body, 65536, [&](size_t offset) {
    return offset < body.size() ? absl::OkStatus()
                                : errs::IntegrityError("test", "checksum differs");
  });
  EXPECT_THAT(connection->Restore(context_, Clean(), reader),
              StatusIs(errs::kIntegrity, HasSubstr("checksum differs")));
  EXPECT_EQ(fixture_->Describe(target), before);
}

TEST_P(DriverContract, AFailingTargetEndsTheBackupWithItsError) {
  const profile::ConnectionProfile source = Seeded();
  const std::unique_ptr<driver::Connection> connection = Connect(source, Access::kRead);
  ASSERT_NE(connection, nullptr);
  MemoryTarget target([](size_t) { return errs::SystemError("test", errs::kIo, "disk full"); });
  EXPECT_THAT(connection->Backup(context_, driver::BackupOptions(), target),
              StatusIs(errs::kIo, HasSubstr("disk full")));
  // The connection is still usable.
  MemoryTarget again;
  EXPECT_THAT(connection->Backup(context_, driver::BackupOptions(), again), IsOk());
}

TEST_P(DriverContract, AStoppedContextEndsEveryVerbAtOnce) {
  const profile::ConnectionProfile profile = Seeded();
  const std::string body = BackUp(profile);
  const std::string before = fixture_->Describe(profile);
  const std::unique_ptr<driver::Connection> connection = Connect(profile, Access::kWrite);
  ASSERT_NE(connection, nullptr);
  std::stop_source stop;
  stop.request_stop();
  const base::Context stopped(stop.get_token(), nullptr);
  const steady_clock::time_point begin = steady_clock::now();
  const PromptlyFrom promptly(begin);
  MemoryTarget target;
  EXPECT_THAT(connection->Backup(stopped, driver::BackupOptions(), target),
              StatusIs(errs::kCancelled));
  EXPECT_THAT(target.data(), IsEmpty());
  PieceReader reader(body);
  EXPECT_THAT(connection->Restore(stopped, Clean(), reader), StatusIs(errs::kCancelled));
  EXPECT_THAT(connection->Inspect(stopped, driver::InspectOptions()), StatusIs(errs::kCancelled));
  PieceReader verified(body);
  EXPECT_THAT(driver().VerifyBody(stopped, verified), StatusIs(errs::kCancelled));
  EXPECT_EQ(fixture_->Describe(profile), before);
}

TEST_P(DriverContract, CancellingABackupInTheMiddleEndsItPromptly) {
  const profile::ConnectionProfile source = Seeded();
  const std::string before = fixture_->Describe(source);
  const std::unique_ptr<driver::Connection> connection = Connect(source, Access::kRead);
  ASSERT_NE(connection, nullptr);
  std::stop_source stop;
  std::atomic<bool> reached = false;
  steady_clock::time_point asked = steady_clock::time_point::max();
  // From another thread, like a signal.
  std::jthread canceller([&] {
    reached.wait(false);
    asked = steady_clock::now();
    stop.request_stop();
  });
  MemoryTarget target([&](size_t) {
    // The first write waits for the stop, so that it comes in the middle of the backup on any
    // machine.
    reached = true;
    reached.notify_one();
    while (!stop.stop_requested()) std::this_thread::yield();
    return absl::OkStatus();
  });
  const absl::Status status =
      connection->Backup(base::Context(stop.get_token(), nullptr), driver::BackupOptions(), target);
  EXPECT_TRUE(reached.exchange(true)) << "nothing was written";
  reached.notify_one();
  canceller.join();
  EXPECT_THAT(status, StatusIs(errs::kCancelled));
  EXPECT_LT(steady_clock::now() - asked, kPrompt);
  EXPECT_THAT(fixture_->Leftovers(), IsEmpty());
  EXPECT_FALSE(HasChild());
  // No lock is left: a writer and the next backup succeed.
  EXPECT_EQ(fixture_->Describe(source), before);
  fixture_->Execute(source, "DELETE FROM items");
  MemoryTarget again;
  EXPECT_THAT(connection->Backup(context_, driver::BackupOptions(), again), IsOk());
}

TEST_P(DriverContract, CancellingARestoreInTheMiddleEndsItPromptlyAndChangesNothing) {
  const std::string body = BackUp(Seeded());
  const profile::ConnectionProfile target = Seeded();
  fixture_->Execute(target, "DELETE FROM items");
  const std::string before = fixture_->Describe(target);
  // In the middle of the body, and after its last byte.
  for (const size_t where : {body.size() / 2, body.size()}) {
    const std::unique_ptr<driver::Connection> connection = Connect(target, Access::kWrite);
    ASSERT_NE(connection, nullptr);
    std::stop_source stop;
    std::atomic<bool> reached = false;
    steady_clock::time_point asked = steady_clock::time_point::max();
    std::jthread canceller([&] {
      reached.wait(false);
      asked = steady_clock::now();
      stop.request_stop();
    });
    PieceReader reader(body, 65536, [&](size_t offset) {
      if (offset < where) return absl::OkStatus();
      reached = true;
      reached.notify_one();
      while (!stop.stop_requested()) std::this_thread::yield();
      return absl::OkStatus();
    });
    const absl::Status status =
        connection->Restore(base::Context(stop.get_token(), nullptr), Clean(), reader);
    EXPECT_TRUE(reached.exchange(true)) << "the body was not read so far";
    reached.notify_one();
    canceller.join();
    EXPECT_THAT(status, StatusIs(errs::kCancelled));
    EXPECT_LT(steady_clock::now() - asked, kPrompt);
    EXPECT_THAT(fixture_->Leftovers(), IsEmpty());
    EXPECT_FALSE(HasChild());
    EXPECT_EQ(fixture_->Describe(target), before);
  }
  // Another restore succeeds.
  EXPECT_THAT(Restore(target, body, Clean()), IsOk());
}

TEST_P(DriverContract, ADeadlineEndsAVerbAsAStopDoes) {
  const profile::ConnectionProfile source = Seeded();
  const std::unique_ptr<driver::Connection> connection = Connect(source, Access::kRead);
  ASSERT_NE(connection, nullptr);
  const base::Context late = context_.WithDeadline(steady_clock::now());
  MemoryTarget target;
  EXPECT_THAT(connection->Backup(late, driver::BackupOptions(), target),
              StatusIs(errs::kCancelled, HasSubstr("deadline")));
}

TEST_P(DriverContract, BadCredentialsAreAConnectionFailure) {
  const auto profiles = fixture_->BadProfiles();
  EXPECT_THAT(profiles, Not(IsEmpty()));
  for (const auto& [what, profile] : profiles) {
    SCOPED_TRACE(what);
    const absl::Status status = driver().Connect(context_, profile, Access::kRead).status();
    EXPECT_THAT(status, StatusIs(errs::kConnectionFailed));
    const std::optional<errs::Error> error = errs::GetError(status);
    ASSERT_TRUE(error.has_value());
    EXPECT_FALSE(error->detail.empty());
    if (!profile.password.empty()) {
      EXPECT_THAT(errs::Render(status), Not(HasSubstr(profile.password)));
    }
  }
}

TEST_P(DriverContract, TwoBackupsAtOnceAreBothWhole) {
  const profile::ConnectionProfile source = Seeded();
  const std::string before = fixture_->Describe(source);
  std::string first, second;
  {
    std::jthread one([&] { first = BackUp(source); });
    std::jthread two([&] { second = BackUp(source); });
  }
  for (const std::string& body : {first, second}) {
    const profile::ConnectionProfile target = fixture_->EmptyDatabase();
    ASSERT_THAT(Restore(target, body), IsOk());
    EXPECT_EQ(fixture_->Describe(target), before);
  }
}

TEST_P(DriverContract, ABackupUnderWritesIsOneConsistentState) {
  std::vector<std::string> formats = {""};
  if (capabilities().binary_format) formats.push_back(fixture_->BinaryFormat());
  driver::BackupOptions script;
  script.format = "sql";
  if (driver().CheckBackupOptions(script).ok()) formats.push_back(script.format);
  for (const DriverFixture::Meeting& meeting : fixture_->Meetings()) {
    const int64_t sum = fixture_->SumOfAccounts(meeting.profile);
    for (const std::string& format : formats) {
      SCOPED_TRACE(absl::StrCat(meeting.name, " ", format));
      driver::BackupOptions options;
      options.format = format;
      const std::unique_ptr<ConcurrentWriter> writer = fixture_->StartWriting(meeting.profile);
      while (writer->commits() == 0) std::this_thread::yield();
      const int64_t before = writer->commits();
      const std::string body = BackUp(meeting.profile, options);
      // The writer went on during the backup, and never waited longer than a step.
      while (writer->commits() == before) std::this_thread::yield();
      EXPECT_LT(writer->longest(), fixture_->LongestStep());
      const profile::ConnectionProfile target = fixture_->EmptyDatabase();
      ASSERT_THAT(Restore(target, body), IsOk());
      EXPECT_EQ(fixture_->SumOfAccounts(target), sum);
      const std::unique_ptr<driver::Connection> restored = Connect(target, Access::kRead);
      ASSERT_NE(restored, nullptr);
      EXPECT_THAT(restored->CheckIntegrity(context_), IsOk());
    }
  }
}

TEST_P(DriverContract, DeepVerificationCountsTheRowsOfABodyAndLeavesNothing) {
  const profile::ConnectionProfile source = Seeded();
  const std::string body = BackUp(source);
  driver::DeepVerifyOptions options;
  options.directory = absl::StrCat(::testing::TempDir(), "/deep-", getpid());
  ASSERT_TRUE(mkdir(options.directory.c_str(), 0700) == 0 || errno == EEXIST);
  PieceReader reader(body);
  const absl::StatusOr<driver::DeepReport> report = driver().VerifyDeep(context_, options, reader);
  ASSERT_THAT(report, IsOk());
  EXPECT_EQ(report->bytes, body.size());
  EXPECT_FALSE(report->format.empty());
  std::vector<std::string> names;
  for (const dumps::TableInfo& table : report->tables) {
    names.push_back(table.name);
    for (const std::string name : {"accounts", "items"}) {
      if (table.name != name) continue;
      EXPECT_EQ(table.rows, fixture_->CountRows(source, name)) << name;
    }
  }
  EXPECT_FALSE(report->summary.empty());
  EXPECT_THAT(names, ::testing::IsSupersetOf({"accounts", "items"}));
  EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));

  const std::string cut = body.substr(0, body.size() / 2);
  PieceReader short_reader(cut);
  EXPECT_THAT(driver().VerifyDeep(context_, options, short_reader), StatusIs(errs::kIntegrity));
  PieceReader wrong(body, 65536, [&](size_t offset) {
    return offset < body.size() ? absl::OkStatus()
                                : errs::IntegrityError("test", "checksum differs");
  });
  EXPECT_THAT(driver().VerifyDeep(context_, options, wrong),
              StatusIs(errs::kIntegrity, HasSubstr("checksum differs")));
  EXPECT_EQ(rmdir(options.directory.c_str()), 0) << "something is left in " << options.directory;
}

}  // namespace siphon::testing
