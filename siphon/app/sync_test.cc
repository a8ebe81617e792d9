// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Sync() between two databases of an engine that does what the test says.

#include "siphon/app/sync.h"

#include <stdlib.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/file.h"
#include "siphon/domain/dumps/scope.h"
#include "siphon/domain/storage/local_leases.h"
#include "siphon/domain/storage/local_store.h"
#include "siphon/domain/storage/registry.h"
#include "siphon/driver/driver.h"
#include "siphon/driver/registry.h"
#include "testing/event_log.h"
#include "testing/status_matchers.h"

namespace siphon::app {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr size_t kMiB = size_t{1} << 20;
// More than twice the pipe between source and target.
constexpr size_t kSourceBytes = 20 * kMiB;

// The state of the fake engine, and the faults that a test sets.
struct World {
  std::mutex mutex;
  std::map<std::string, std::string> databases;
  std::vector<std::string> log;
  // Called after each chunk that a backup has written, and that a restore has read, with the bytes
  // so far.
  std::function<absl::Status(size_t)> on_write, on_read;
  int begins = 1;  // The number of Begin() calls of a backup.
  bool fail_close = false;

  void Log(std::string line) {
    const std::lock_guard lock(mutex);
    log.push_back(std::move(line));
  }
};

// " without t", if the options leave out tables, and " without rows of u".
std::string Excluded(const driver::BackupOptions& options) {
  std::string text;
  for (const std::string& table : options.exclude_tables)
    absl::StrAppend(&text, " without ", table);
  for (const std::string& table : options.exclude_data) {
    absl::StrAppend(&text, " without rows of ", table);
  }
  return text;
}

// " of some tables", if the options say so by dumps::kScopeAnnotation.
std::string_view Scope(const driver::RestoreOptions& options) {
  const auto scope = options.annotations.find(std::string(dumps::kScopeAnnotation));
  if (scope == options.annotations.end()) return "";
  return scope->second == dumps::kSomeTables ? " of some tables" : " of an unknown scope";
}

class FakeConnection : public driver::Connection {
 public:
  FakeConnection(World* world, std::string name) : world_(world), name_(std::move(name)) {}

  absl::StatusOr<driver::Identity> Identity(const base::Context&) override {
    return driver::Identity{.database = std::string(absl::StripPrefix(name_, "alias-"))};
  }
  absl::StatusOr<driver::Schema> Inspect(const base::Context&,
                                         const driver::InspectOptions&) override {
    return absl::UnimplementedError("fake");
  }
  absl::Status Backup(const base::Context& context, const driver::BackupOptions& options,
                      driver::BackupTarget& target) override {
    world_->Log(absl::StrCat("backup ", name_, options.tables.empty() ? "" : " of tables",
                             Excluded(options)));
    const std::string data = world_->databases[name_];
    for (int begin = 1; begin <= world_->begins; ++begin) {
      dumps::Contents contents;
      contents.tables = {{"t", 1, 1}, {"u", 1, 1}};
      contents.estimated_bytes = data.size();
      ASSIGN_OR_RETURN(base::Writer * writer, target.Begin(contents));
      // Only the last time writes everything.
      const size_t end = begin < world_->begins ? data.size() / 2 : data.size();
      for (size_t at = 0; at < end; at += kMiB) {
        RETURN_IF_ERROR(context.Check());
        RETURN_IF_ERROR(writer->Write(std::string_view(data).substr(at, std::min(kMiB, end - at))));
        if (world_->on_write != nullptr) RETURN_IF_ERROR(world_->on_write(at + kMiB));
      }
    }
    return context.Check();
  }
  absl::Status CheckTarget(const base::Context&, const driver::RestoreOptions& options) override {
    world_->Log(absl::StrCat("check ", name_, Scope(options)));
    if (options.clean || world_->databases[name_].empty()) return absl::OkStatus();
    return errs::UserError("fake", errs::kTargetNotEmpty, name_);
  }
  absl::Status Restore(const base::Context& context, const driver::RestoreOptions& options,
                       base::Reader& body) override {
    world_->Log(absl::StrCat("restore ", name_, options.tables.empty() ? "" : " of tables",
                             Scope(options)));
    std::string data;
    std::string buffer(kMiB, '\0');
    while (true) {
      RETURN_IF_ERROR(context.Check());
      ASSIGN_OR_RETURN(const size_t count, body.Read(absl::MakeSpan(buffer)));
      if (count == 0) break;
      data.append(buffer, 0, count);
      if (world_->on_read != nullptr) RETURN_IF_ERROR(world_->on_read(data.size()));
    }
    world_->databases[name_] = data;
    return absl::OkStatus();
  }
  absl::Status CheckIntegrity(const base::Context&) override { return absl::OkStatus(); }
  absl::Status Close() override {
    return world_->fail_close ? errs::SystemError("fake", errs::kIo, "cannot close")
                              : absl::OkStatus();
  }

 private:
  World* world_;
  std::string name_;
};

class FakeDriver : public driver::Driver {
 public:
  FakeDriver(World* world, std::string name, bool streams)
      : world_(world), name_(std::move(name)), streams_(streams) {}
  std::string_view name() const override { return name_; }
  std::string version() const override { return "1"; }
  driver::Capabilities capabilities() const override {
    driver::Capabilities capabilities;
    capabilities.native_stream = streams_;
    capabilities.per_table = true;
    return capabilities;
  }
  absl::StatusOr<std::unique_ptr<driver::Connection>> Connect(
      const base::Context&, const profile::ConnectionProfile& profile, Access) override {
    world_->Log(absl::StrCat("connect ", profile.database));
    return std::make_unique<FakeConnection>(world_, profile.database);
  }
  absl::StatusOr<std::unique_ptr<driver::Connection>> OpenScratchOn(
      const base::Context&, const profile::ConnectionProfile&) override {
    return absl::UnimplementedError("fake");
  }
  absl::StatusOr<driver::DeepReport> VerifyDeep(const base::Context&,
                                                const driver::DeepVerifyOptions&,
                                                base::Reader&) override {
    return absl::UnimplementedError("fake");
  }
  absl::StatusOr<driver::VerifyReport> VerifyBody(const base::Context&, base::Reader&) override {
    return absl::UnimplementedError("fake");
  }
  absl::Status CheckBackupOptions(const driver::BackupOptions& options) override {
    return driver::RequireFor(*this, options);
  }

 private:
  World* world_;
  std::string name_;
  bool streams_;
};

// The store of a session, which the binary gets from siphon/stores.
class LocalKind : public storage::StoreKind {
 public:
  std::string_view name() const override { return "local"; }
  absl::StatusOr<storage::Place> Open(const storage::Settings& settings) const override {
    return storage::Place{.store = storage::MakeLocalStore(settings.directory),
                          .leases = storage::MakeLocalLeases(settings.directory)};
  }
};

const storage::StoreRegistration kRegistration(std::make_unique<LocalKind>());

class SyncTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = absl::StrCat(::testing::TempDir(), "/sync-XXXXXX");
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    environment_ = base::Environment({{"HOME", pattern}});
    const std::string config = absl::StrCat(pattern, "/config.yaml");
    ASSERT_OK(base::WriteFileAtomically(config,
                                        "profiles:\n"
                                        "  from: {driver: fake, database: source}\n"
                                        "  to: {driver: fake, database: target}\n"
                                        "  alias: {driver: fake, database: alias-source}\n"
                                        "  other: {driver: other, database: target}\n"
                                        "  mute1: {driver: other, database: source}\n"
                                        "  live: {driver: fake, database: target, group: g}\n"
                                        "groups: {g: {confirm_destructive: true}}\n",
                                        0600));
    ASSERT_OK_AND_ASSIGN(session_, Session::Open({.config_path = config,
                                                  .environment = &environment_,
                                                  .clock = &base::Clock::System(),
                                                  .prompter = nullptr,
                                                  .confirmer = nullptr}));
    world_.databases["source"] = std::string(kSourceBytes, 's');
    world_.databases["target"] = "old";
  }

  absl::StatusOr<SyncResult> Run(SyncRequest request = {
                                     .from = "from", .to = "to", .clean = true}) {
    return Sync(context_, *session_, request);
  }
  const std::string& Target() { return world_.databases["target"]; }

  World world_;
  driver::ScopedOverride fake_{std::make_unique<FakeDriver>(&world_, "fake", true)};
  driver::ScopedOverride other_{std::make_unique<FakeDriver>(&world_, "other", false)};
  siphon::testing::EventLog log_;
  std::stop_source stop_;
  base::Context context_{stop_.get_token(), &log_};
  base::Environment environment_;
  std::unique_ptr<Session> session_;
};

TEST_F(SyncTest, CopiesTheSourceIntoTheTarget) {
  ASSERT_OK_AND_ASSIGN(const SyncResult result, Run());
  EXPECT_EQ(Target(), world_.databases["source"]);
  EXPECT_EQ(result.from, "from");
  EXPECT_EQ(result.to, "to");
  EXPECT_EQ(result.bytes, kSourceBytes);
  EXPECT_EQ(result.tables, 2);
  EXPECT_THAT(world_.log, ElementsAre("connect source", "connect target", "check target",
                                      ::testing::_, ::testing::_));
}

TEST_F(SyncTest, OneJobCopiesWhereAnEngineHasNoPartsAndThisIsSaid) {
  ASSERT_OK_AND_ASSIGN(const SyncResult result,
                       Run({.from = "from", .to = "to", .clean = true, .jobs = 4}));
  EXPECT_EQ(Target(), world_.databases["source"]);
  EXPECT_EQ(result.jobs, 1);
  EXPECT_THAT(log_.Messages(),
              Contains("one job copies: fake databases are not copied by several jobs"));
}

TEST_F(SyncTest, RefusesBeforeAnythingStarts) {
  const auto refused = [&](const SyncRequest& request, const errs::Cause& cause,
                           std::string_view words) {
    world_.log.clear();
    const absl::Status status = Run(request).status();
    EXPECT_THAT(status, AllOf(StatusIs(cause, HasSubstr(std::string(words))),
                              HasExitCode(errs::Code::kUser)));
    EXPECT_THAT(world_.log, ::testing::Not(Contains(HasSubstr("backup"))));
    EXPECT_THAT(world_.log, ::testing::Not(Contains(HasSubstr("restore"))));
    EXPECT_EQ(Target(), "old");
  };
  refused({.from = "from", .to = "to"}, errs::kTargetNotEmpty, "target");
  refused({.from = "from", .to = "from", .clean = true}, errs::kInvalidArgument, "same database");
  refused({.from = "from", .to = "alias", .clean = true}, errs::kInvalidArgument, "same database");
  refused({.from = "from", .to = "other", .clean = true}, errs::kDriverUnsupported,
          "\"from\" is of fake and \"other\" of other");
  refused({.from = "mute1", .to = "other", .clean = true}, errs::kDriverUnsupported,
          "NativeStream");
  refused({.from = "from", .to = "nobody", .clean = true}, errs::kNotFound, "nobody");
  refused({.from = "from", .to = "live", .clean = true}, errs::kConfirmationRefused,
          "sync on \"live\"");
  refused({.from = "from", .to = "to", .clean = true, .no_owner = true}, errs::kDriverUnsupported,
          "--no-owner");
  refused({.from = "from", .to = "to", .clean = true, .tools = profile::Tools::kSystem},
          errs::kDriverUnsupported, "--tools");
  refused({.from = "from", .to = "to", .clean = true, .cross_engine = true}, errs::kInvalidArgument,
          "--cross-engine");
}

TEST_F(SyncTest, TheGateIsPassedWithYes) {
  EXPECT_OK(Run({.from = "from", .to = "live", .clean = true, .assume_yes = true}).status());
}

TEST_F(SyncTest, ChosenTablesReachBothSides) {
  EXPECT_OK(Run({.from = "from", .to = "to", .tables = {"t"}, .clean = true}).status());
  EXPECT_THAT(world_.log, Contains("backup source of tables"));
  EXPECT_THAT(world_.log, Contains("restore target of tables"));
}

TEST_F(SyncTest, ExcludedTablesReachTheSourceAndTheTargetKnowsOfThem) {
  EXPECT_OK(Run({.from = "from",
                 .to = "to",
                 .exclude_tables = {"t"},
                 .exclude_data = {"u"},
                 .clean = true})
                .status());
  EXPECT_THAT(world_.log, Contains("backup source without t without rows of u"));
  EXPECT_THAT(world_.log, Contains("check target of some tables"));
  EXPECT_THAT(world_.log, Contains("restore target of some tables"));

  // Without rows, but all tables: --clean replaces everything.
  world_.log.clear();
  EXPECT_OK(Run({.from = "from", .to = "to", .exclude_data = {"u"}, .clean = true}).status());
  EXPECT_THAT(world_.log, Contains("backup source without rows of u"));
  EXPECT_THAT(world_.log, Contains("restore target"));
}

TEST_F(SyncTest, ASourceThatFailsInTheMiddleLeavesTheTargetAsItWas) {
  world_.on_write = [](size_t bytes) {
    return bytes < kSourceBytes / 2 ? absl::OkStatus()
                                    : errs::SystemError("fake", errs::kIo, "the source is gone");
  };
  EXPECT_THAT(Run(), StatusIs(errs::kIo, HasSubstr("the source is gone")));
  EXPECT_EQ(Target(), "old");
}

TEST_F(SyncTest, ASourceThatFailsAtItsEndLeavesTheTargetAsItWas) {
  world_.on_write = [](size_t bytes) {
    return bytes < kSourceBytes ? absl::OkStatus()
                                : errs::SystemError("fake", errs::kIo, "the source is gone");
  };
  EXPECT_THAT(Run(), StatusIs(errs::kIo, HasSubstr("the source is gone")));
  EXPECT_EQ(Target(), "old");
}

TEST_F(SyncTest, ASourceThatFailsBeforeItsBeginningIsNoRestore) {
  world_.databases.erase("source");
  world_.begins = 0;
  EXPECT_THAT(Run(), StatusIs(errs::kInternal, HasSubstr("written nothing")));
  EXPECT_THAT(world_.log, ::testing::Not(Contains("restore target")));
}

TEST_F(SyncTest, ATargetThatFailsIsTheCauseThatIsTold) {
  world_.on_read = [](size_t bytes) {
    return bytes < 5 * kMiB ? absl::OkStatus()
                            : errs::SystemError("fake", errs::kIo, "the target is full");
  };
  EXPECT_THAT(Run(), StatusIs(errs::kIo, HasSubstr("the target is full")));
  EXPECT_EQ(Target(), "old");
}

TEST_F(SyncTest, ASourceThatBeginsAnewIsRestoredAnew) {
  world_.begins = 3;
  EXPECT_OK(Run().status());
  EXPECT_EQ(Target(), world_.databases["source"]);
  EXPECT_THAT(world_.log, Contains("restore target"));
}

TEST_F(SyncTest, AStopEndsBothSides) {
  world_.on_read = [this](size_t bytes) {
    if (bytes > 5 * kMiB) stop_.request_stop();
    return absl::OkStatus();
  };
  EXPECT_THAT(Run(), StatusIs(errs::kCancelled));
  EXPECT_EQ(Target(), "old");
}

TEST_F(SyncTest, WhatFailsAfterTheEndIsAWarning) {
  world_.fail_close = true;
  EXPECT_OK(Run().status());
  EXPECT_THAT(log_.Warnings(), Contains(HasSubstr("cannot close")));
  EXPECT_EQ(Target(), world_.databases["source"]);
}

TEST_F(SyncTest, TellsHowFullThePipeIs) {
  world_.on_read = [this](size_t) { return context_.Sleep(std::chrono::milliseconds(10)); };
  EXPECT_OK(Run().status());
  std::vector<int> fills;
  for (const base::Event& event : log_.events()) {
    if (event.fill_percent.has_value()) fills.push_back(*event.fill_percent);
  }
  EXPECT_THAT(fills, ::testing::Each(AllOf(::testing::Ge(0), ::testing::Le(100))));
  EXPECT_THAT(fills, Contains(::testing::Gt(0)));
}

}  // namespace
}  // namespace siphon::app
