// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// The tests of the checks before a verb starts, and of verbs on two databases.

#include <atomic>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/base/pipe.h"
#include "testing/contracts/driver_bodies.h"
#include "testing/contracts/driver_contract.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using Access = driver::Driver::Access;

constexpr size_t kPipeBytes = 100'000;

// Writes a backup to a pipe; fails with `failure` after `after` bytes.
class PipeTarget : public driver::BackupTarget, public base::Writer {
 public:
  explicit PipeTarget(base::Pipe* pipe) : pipe_(pipe) {}
  void FailAfter(size_t after, absl::Status failure) {
    after_ = after;
    failure_ = std::move(failure);
  }
  absl::StatusOr<base::Writer*> Begin(const dumps::Contents&) override {
    if (written_ > 0) return errs::SystemError("test", errs::kBusy, "a pipe cannot start again");
    return this;
  }
  absl::Status Write(std::string_view data) override {
    written_ += data.size();
    if (!failure_.ok() && written_ > after_) return failure_;
    return pipe_->writer().Write(data);
  }
  absl::Status Finish() override { return absl::InternalError("a driver must not Finish()"); }

 private:
  base::Pipe* pipe_;
  size_t written_ = 0;
  size_t after_ = 0;
  absl::Status failure_;
};

// Backs all of `source` up, or these tables, into a restore of `target` (with clean) through
// `pipe`. Unless `failure` is OK, the source fails with it in the middle. Returns the restore's
// status.
absl::Status Stream(const base::Context& context, driver::Connection* source,
                    driver::Connection* target, base::Pipe& pipe, const absl::Status& failure,
                    const std::vector<std::string>& tables = {}) {
  if (source == nullptr || target == nullptr) return absl::InternalError("not connected");
  driver::BackupOptions chosen;
  chosen.tables = tables;
  driver::RestoreOptions clean;
  clean.clean = true;
  clean.tables = tables;
  std::jthread backup([&] {
    PipeTarget writer(&pipe);
    if (!failure.ok()) writer.FailAfter(3 * kPipeBytes, failure);
    const absl::Status status = source->Backup(context, chosen, writer);
    EXPECT_EQ(status.ok(), failure.ok()) << status;
    if (status.ok()) {
      EXPECT_THAT(pipe.writer().Finish(), IsOk());
    } else {
      pipe.Abort(status);
    }
  });
  const absl::Status status = target->Restore(context, clean, pipe.reader());
  if (!status.ok()) pipe.Abort(status);
  return status;
}

}  // namespace

TEST_P(DriverContract, IdentityIsOneForEverySpellingOfADatabaseAndForNoOther) {
  const profile::ConnectionProfile profile = Seeded();
  const auto identity = [&](const profile::ConnectionProfile& of, Access access) {
    const std::unique_ptr<driver::Connection> connection = Connect(of, access);
    if (connection == nullptr) return driver::Identity();
    const absl::StatusOr<driver::Identity> told = connection->Identity(context_);
    EXPECT_THAT(told, IsOk());
    return told.value_or(driver::Identity());
  };
  const driver::Identity wanted = identity(profile, Access::kRead);
  EXPECT_THAT(wanted.database, Not(IsEmpty()));
  EXPECT_TRUE(IsSameDatabase(identity(profile, Access::kWrite), wanted));
  const auto spellings = fixture_->Spellings(profile);
  EXPECT_THAT(spellings, Not(IsEmpty()));
  for (const auto& [what, spelling] : spellings) {
    EXPECT_TRUE(IsSameDatabase(identity(spelling, Access::kCreate), wanted)) << what;
  }
  EXPECT_FALSE(IsSameDatabase(identity(fixture_->EmptyDatabase(), Access::kRead), wanted));
  EXPECT_FALSE(IsSameDatabase(identity(Seeded(), Access::kRead), wanted));
  // The identity does not depend on the content of the database.
  fixture_->Execute(profile, "DELETE FROM items");
  EXPECT_TRUE(IsSameDatabase(identity(profile, Access::kRead), wanted));
}

TEST_P(DriverContract, CheckTargetRefusesAtOnceWhatARestoreWouldAndChangesNothing) {
  const profile::ConnectionProfile full = Seeded();
  const std::string before = fixture_->Describe(full);
  const auto check = [&](const profile::ConnectionProfile& target,
                         const driver::RestoreOptions& options) {
    const std::unique_ptr<driver::Connection> connection = Connect(target, Access::kCreate);
    return connection == nullptr ? absl::InternalError("not connected")
                                 : connection->CheckTarget(context_, options);
  };
  EXPECT_THAT(check(full, {}), StatusIs(errs::kTargetNotEmpty));
  driver::RestoreOptions clean;
  clean.clean = true;
  EXPECT_THAT(check(full, clean), IsOk());
  EXPECT_THAT(check(fixture_->EmptyDatabase(), {}), IsOk());
  if (capabilities().per_table) {
    driver::RestoreOptions there;
    there.tables = {"items"};
    EXPECT_THAT(check(full, there), StatusIs(errs::kTargetNotEmpty, HasSubstr("items")));
    driver::RestoreOptions other;
    other.tables = {"no_such_table"};
    EXPECT_THAT(check(full, other), IsOk());
  }
  EXPECT_EQ(fixture_->Describe(full), before);

  std::stop_source stop;
  stop.request_stop();
  const std::unique_ptr<driver::Connection> connection = Connect(full, Access::kWrite);
  ASSERT_NE(connection, nullptr);
  const base::Context stopped(stop.get_token(), nullptr);
  EXPECT_THAT(connection->CheckTarget(stopped, clean), StatusIs(errs::kCancelled));
  EXPECT_THAT(connection->Identity(stopped), StatusIs(errs::kCancelled));
}

TEST_P(DriverContract, NativeStream) {
  if (!capabilities().native_stream) {
    EXPECT_THAT(driver::RequireCapability(driver(), &driver::Capabilities::native_stream),
                StatusIs(errs::kDriverUnsupported));
    return;
  }
  const profile::ConnectionProfile source = Seeded();
  const std::string before = fixture_->Describe(source);
  // Into an empty database, and over one with content.
  const profile::ConnectionProfile full = Seeded();
  fixture_->Execute(full, "DELETE FROM items");
  for (const profile::ConnectionProfile& target : {fixture_->EmptyDatabase(), full}) {
    base::Pipe pipe(context_, kPipeBytes);
    const absl::Status status =
        Stream(context_, Connect(source, Access::kRead).get(),
               Connect(target, Access::kCreate).get(), pipe, absl::OkStatus());
    EXPECT_THAT(status, IsOk());
    EXPECT_EQ(fixture_->Describe(target), before);
    EXPECT_EQ(fixture_->Describe(source), before);
  }
}

TEST_P(DriverContract, AStreamOfChosenTablesLeavesTheOthersAlone) {
  if (!capabilities().native_stream || !capabilities().per_table) return;
  const profile::ConnectionProfile source = Seeded();
  const profile::ConnectionProfile target = Seeded();
  fixture_->Execute(target, "DELETE FROM items");
  fixture_->Execute(target, "DELETE FROM accounts");
  base::Pipe pipe(context_, kPipeBytes);
  EXPECT_THAT(Stream(context_, Connect(source, Access::kRead).get(),
                     Connect(target, Access::kCreate).get(), pipe, absl::OkStatus(), {"items"}),
              IsOk());
  EXPECT_EQ(fixture_->CountRows(target, "items"), fixture_->CountRows(source, "items"));
  EXPECT_EQ(fixture_->CountRows(target, "accounts"), 0);
}

TEST_P(DriverContract, ASourceThatFailsInTheMiddleLeavesTheTargetAsItWas) {
  if (!capabilities().native_stream) return;
  const profile::ConnectionProfile source = Seeded();
  const profile::ConnectionProfile full = Seeded();
  fixture_->Execute(full, "DELETE FROM items");
  for (const profile::ConnectionProfile& target : {fixture_->EmptyDatabase(), full}) {
    const std::string before = fixture_->Describe(target);
    base::Pipe pipe(context_, kPipeBytes);
    const absl::Status status = Stream(context_, Connect(source, Access::kRead).get(),
                                       Connect(target, Access::kCreate).get(), pipe,
                                       errs::SystemError("test", errs::kIo, "the source is gone"));
    EXPECT_THAT(status, StatusIs(errs::kIo, HasSubstr("the source is gone")));
    EXPECT_EQ(fixture_->Describe(target), before);
    EXPECT_THAT(fixture_->Leftovers(), IsEmpty());
  }
}

TEST_P(DriverContract, AScratchDatabaseOnAServerTakesADumpAndGoesAway) {
  const profile::ConnectionProfile source = Seeded();
  if (!driver().features().scratch) {
    const absl::Status status = driver().OpenScratchOn(context_, source).status();
    EXPECT_THAT(status, StatusIs(errs::kDriverUnsupported));
    EXPECT_FALSE(errs::GetError(status).value_or(errs::Error{}).hint.empty());
    return;
  }
  const std::string before = fixture_->Describe(source);
  const std::string body = BackUp(source);
  for (const bool closed : {true, false}) {
    absl::StatusOr<std::unique_ptr<driver::Connection>> scratch =
        driver().OpenScratchOn(context_, source);
    ASSERT_THAT(scratch, IsOk());
    PieceReader reader(body);
    ASSERT_THAT((*scratch)->Restore(context_, driver::RestoreOptions(), reader), IsOk());
    EXPECT_THAT((*scratch)->CheckIntegrity(context_), IsOk());
    const absl::StatusOr<driver::Schema> schema = (*scratch)->Inspect(context_, {.exact = true});
    ASSERT_THAT(schema, IsOk());
    int found = 0;
    for (const driver::TableSchema& table : schema->tables) {
      if (table.name != "items") continue;
      ++found;
      EXPECT_EQ(table.rows, fixture_->CountRows(source, "items"));
    }
    EXPECT_EQ(found, 1);
    if (closed) {
      EXPECT_THAT((*scratch)->Close(), IsOk());
    }
    scratch->reset();
    EXPECT_THAT(fixture_->Leftovers(), IsEmpty());
  }
  EXPECT_EQ(fixture_->Describe(source), before);
}

TEST_P(DriverContract, WhatItHasNoMeaningForIsRefusedUpFront) {
  const driver::Features features = driver().features();
  driver::BackupOptions owner;
  owner.no_owner = true;
  driver::BackupOptions globals;
  globals.with_globals = true;
  driver::RestoreOptions acl;
  acl.no_acl = true;
  driver::RestoreOptions create;
  create.create = "new_database";
  driver::RestoreOptions single;
  single.single_transaction = true;
  const std::vector<std::pair<bool, absl::Status>> answers = {
      {features.ownership, driver::RequireFor(driver(), owner)},
      {features.globals, driver::RequireFor(driver(), globals)},
      {features.ownership, driver::RequireFor(driver(), acl)},
      {features.create, driver::RequireFor(driver(), create)},
      {features.single_transaction, driver::RequireFor(driver(), single)}};
  for (const auto& [known, answer] : answers) {
    if (known) {
      EXPECT_THAT(answer, IsOk());
      continue;
    }
    EXPECT_THAT(answer, StatusIs(errs::kDriverUnsupported));
    EXPECT_FALSE(errs::GetError(answer).value_or(errs::Error{}).hint.empty());
  }
}

}  // namespace siphon::testing
