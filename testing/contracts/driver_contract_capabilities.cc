// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// The tests of the capabilities.

#include <unistd.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/file.h"
#include "siphon/base/io.h"
#include "siphon/base/zstd.h"
#include "siphon/domain/dumps/scope.h"
#include "testing/contracts/driver_bodies.h"
#include "testing/contracts/driver_contract.h"
#include "testing/status_matchers.h"

namespace siphon::testing {

using ::testing::AnyOf;
using ::testing::HasSubstr;
using Access = driver::Driver::Access;

// One test per capability: a claimed one works, an unclaimed one is refused.

TEST_P(DriverContract, PerTable) {
  driver::BackupOptions some;
  some.tables = {"items"};
  driver::BackupOptions without;
  without.exclude_tables = {"items"};
  driver::BackupOptions empty;
  empty.exclude_data = {"items"};
  driver::RestoreOptions chosen;
  chosen.tables = {"items"};
  if (!capabilities().per_table) {
    for (const driver::BackupOptions& options : {some, without, empty}) {
      EXPECT_THAT(driver().CheckBackupOptions(options), StatusIs(errs::kDriverUnsupported));
    }
    EXPECT_THAT(driver::RequireFor(driver(), chosen), StatusIs(errs::kDriverUnsupported));
    return;
  }
  const profile::ConnectionProfile source = Seeded();
  const int64_t items = fixture_->CountRows(source, "items");
  const int64_t accounts = fixture_->CountRows(source, "accounts");
  const auto restored = [&](const driver::BackupOptions& options) {
    const profile::ConnectionProfile target = fixture_->EmptyDatabase();
    EXPECT_THAT(Restore(target, BackUp(source, options)), IsOk());
    return std::make_pair(fixture_->CountRows(target, "items"),
                          fixture_->CountRows(target, "accounts"));
  };
  EXPECT_EQ(restored(some), std::make_pair(items, int64_t{-1}));
  EXPECT_EQ(restored(without), std::make_pair(int64_t{-1}, accounts));
  EXPECT_EQ(restored(empty), std::make_pair(int64_t{0}, accounts));

  // Restores one table of a complete dump; the other tables of the target are unchanged.
  const std::string body = BackUp(source);
  const profile::ConnectionProfile target = Seeded();
  fixture_->Execute(target, "DELETE FROM items");
  fixture_->Execute(target, "DELETE FROM accounts");
  EXPECT_THAT(Restore(target, body, chosen), StatusIs(errs::kTargetNotEmpty));
  chosen.clean = true;
  EXPECT_THAT(Restore(target, body, chosen), IsOk());
  EXPECT_EQ(fixture_->CountRows(target, "items"), items);
  EXPECT_EQ(fixture_->CountRows(target, "accounts"), 0);

  // An unknown name is an error, and the target is unchanged.
  const std::string before = fixture_->Describe(target);
  chosen.tables = {"items", "no_such_table"};
  EXPECT_THAT(Restore(target, body, chosen), StatusIs(errs::kNotFound, HasSubstr("no_such_table")));
  EXPECT_EQ(fixture_->Describe(target), before);
  some.tables = {"no_such_table"};
  const std::unique_ptr<driver::Connection> connection = Connect(source, Access::kRead);
  ASSERT_NE(connection, nullptr);
  MemoryTarget nothing;
  EXPECT_THAT(connection->Backup(context_, some, nothing),
              StatusIs(errs::kNotFound, HasSubstr("no_such_table")));
  EXPECT_EQ(nothing.begins(), 0);
}

TEST_P(DriverContract, ADumpOfSomeTablesReplacesOnlyThese) {
  if (!capabilities().per_table) return;
  const profile::ConnectionProfile source = Seeded();
  const int64_t items = fixture_->CountRows(source, "items");
  driver::BackupOptions some, without;
  some.tables = {"items"};
  without.exclude_tables = {"accounts"};
  for (const driver::BackupOptions& options : {some, without}) {
    const std::unique_ptr<driver::Connection> connection = Connect(source, Access::kRead);
    ASSERT_NE(connection, nullptr);
    MemoryTarget dump;
    ASSERT_THAT(connection->Backup(context_, options, dump), IsOk());
    const profile::ConnectionProfile target = Seeded();
    fixture_->Execute(target, "DELETE FROM items");
    fixture_->Execute(target, "INSERT INTO accounts (owner, amount) VALUES ('stays', 1)");
    const int64_t accounts = fixture_->CountRows(target, "accounts");
    driver::RestoreOptions clean;
    clean.clean = true;
    clean.annotations = dump.contents().annotations;
    clean.annotations[std::string(dumps::kScopeAnnotation)] = dumps::kSomeTables;
    ASSERT_THAT(Restore(target, dump.data(), clean), IsOk());
    EXPECT_EQ(fixture_->CountRows(target, "items"), items);
    EXPECT_EQ(fixture_->CountRows(target, "accounts"), accounts);
  }
}

TEST_P(DriverContract, SchemaOnly) {
  driver::BackupOptions backup;
  backup.schema_only = true;
  driver::RestoreOptions restore;
  restore.schema_only = true;
  if (!capabilities().schema_only) {
    EXPECT_THAT(driver().CheckBackupOptions(backup), StatusIs(errs::kDriverUnsupported));
    EXPECT_THAT(driver::RequireFor(driver(), restore), StatusIs(errs::kDriverUnsupported));
    return;
  }
  const profile::ConnectionProfile source = Seeded();
  const profile::ConnectionProfile target = fixture_->EmptyDatabase();
  ASSERT_THAT(Restore(target, BackUp(source, backup)), IsOk());
  EXPECT_EQ(fixture_->CountRows(target, "items"), 0);
  EXPECT_EQ(fixture_->CountRows(target, "accounts"), 0);
  const profile::ConnectionProfile other = fixture_->EmptyDatabase();
  ASSERT_THAT(Restore(other, BackUp(source), restore), IsOk());
  EXPECT_EQ(fixture_->Describe(other), fixture_->Describe(target));
}

TEST_P(DriverContract, DataOnly) {
  driver::BackupOptions backup;
  backup.data_only = true;
  driver::RestoreOptions restore;
  restore.data_only = true;
  if (!capabilities().data_only) {
    EXPECT_THAT(driver().CheckBackupOptions(backup), StatusIs(errs::kDriverUnsupported));
    EXPECT_THAT(driver::RequireFor(driver(), restore), StatusIs(errs::kDriverUnsupported));
    return;
  }
  const profile::ConnectionProfile source = Seeded();
  const int64_t items = fixture_->CountRows(source, "items");
  const std::string rows = BackUp(source, backup);
  for (const std::string& body : {rows, BackUp(source)}) {
    const profile::ConnectionProfile target = Seeded();
    fixture_->Execute(target, "DELETE FROM items");
    const std::string before = fixture_->Describe(target);
    // "accounts" has rows.
    EXPECT_THAT(Restore(target, body, restore), StatusIs(errs::kTargetNotEmpty));
    EXPECT_EQ(fixture_->Describe(target), before);
    driver::RestoreOptions clean = restore;
    clean.clean = true;
    EXPECT_THAT(Restore(target, body, clean), IsOk());
    EXPECT_EQ(fixture_->CountRows(target, "items"), items);
    EXPECT_EQ(fixture_->Describe(target), fixture_->Describe(source));
  }
}

TEST_P(DriverContract, Parallel) {
  driver::BackupOptions backup;
  backup.jobs = 2;
  driver::RestoreOptions restore;
  restore.jobs = 2;
  if (!capabilities().parallel) {
    EXPECT_THAT(driver().CheckBackupOptions(backup), StatusIs(errs::kDriverUnsupported));
    EXPECT_THAT(driver::RequireFor(driver(), restore), StatusIs(errs::kDriverUnsupported));
    return;
  }
  const profile::ConnectionProfile source = Seeded();
  // The backup may be limited to one stream; then the driver says so.
  const absl::Status parallel = driver().CheckBackupOptions(backup);
  if (!parallel.ok()) {
    EXPECT_THAT(parallel, StatusIs(errs::kDriverUnsupported));
    backup.jobs = 1;
  }
  const profile::ConnectionProfile target = fixture_->EmptyDatabase();
  // From a file in which other bytes precede the body.
  const std::string path = absl::StrCat(::testing::TempDir(), "/parallel-", getpid());
  const std::string body = BackUp(source, backup);
  ASSERT_THAT(base::WriteFileAtomically(path, absl::StrCat(std::string(4096, 'x'), body), 0600),
              IsOk());
  absl::StatusOr<base::FileReader> file = base::FileReader::Open(path);
  ASSERT_THAT(file, IsOk());
  std::string envelope(4096, '\0');
  ASSERT_THAT(base::ReadFull(*file, absl::MakeSpan(envelope)), IsOkAndHolds(4096u));
  const std::unique_ptr<driver::Connection> connection = Connect(target, Access::kWrite);
  ASSERT_NE(connection, nullptr);
  const absl::Status restored = connection->Restore(context_, restore, *file);
  unlink(path.c_str());
  if (errs::Is(restored, errs::kDriverUnsupported)) {
    // So may the restore, which then changes nothing. One of the two uses the jobs.
    EXPECT_THAT(parallel, IsOk());
    EXPECT_THAT(driver::RequireFor(driver(), restore), StatusIs(errs::kDriverUnsupported));
    EXPECT_EQ(fixture_->Describe(target), fixture_->Describe(fixture_->EmptyDatabase()));
    return;
  }
  EXPECT_THAT(restored, IsOk());
  EXPECT_THAT(driver::RequireFor(driver(), restore), IsOk());
  EXPECT_EQ(fixture_->Describe(target), fixture_->Describe(source));
  // From a source that is not a file it is refused or done completely.
  const profile::ConnectionProfile other = fixture_->EmptyDatabase();
  const std::string empty = fixture_->Describe(other);
  const absl::Status streamed = Restore(other, body, restore);
  EXPECT_EQ(fixture_->Describe(other), streamed.ok() ? fixture_->Describe(source) : empty);
}

TEST_P(DriverContract, Compression) {
  if (!capabilities().compression) {
    EXPECT_THAT(driver::RequireCapability(driver(), &driver::Capabilities::compression),
                StatusIs(errs::kDriverUnsupported));
    return;
  }
  // Through the compression stage, from a database into another.
  const profile::ConnectionProfile source = Seeded();
  const std::unique_ptr<driver::Connection> connection = Connect(source, Access::kRead);
  ASSERT_NE(connection, nullptr);
  // A format with its own compression says so and uses the level.
  MemoryTarget plain;
  driver::BackupOptions level;
  level.compression = 6;
  ASSERT_THAT(connection->Backup(context_, level, plain), IsOk());
  if (plain.contents().compressed) {
    driver::BackupOptions none;
    none.compression = 0;
    EXPECT_LT(plain.data().size(), BackUp(source, none).size());
    const profile::ConnectionProfile restored = fixture_->EmptyDatabase();
    ASSERT_THAT(Restore(restored, plain.data()), IsOk());
    EXPECT_EQ(fixture_->Describe(restored), fixture_->Describe(source));
  }
  class ZstdTarget : public driver::BackupTarget {
   public:
    absl::StatusOr<base::Writer*> Begin(const dumps::Contents&) override {
      packed_ = std::make_unique<base::StringWriter>();
      absl::StatusOr<std::unique_ptr<base::ZstdWriter>> writer =
          base::ZstdWriter::Create(1, 0, packed_.get());
      if (!writer.ok()) return writer.status();
      writer_ = *std::move(writer);
      return writer_.get();
    }
    std::unique_ptr<base::StringWriter> packed_;
    std::unique_ptr<base::Writer> writer_;
  };
  ZstdTarget target;
  // A format with its own compression must not compress here.
  driver::BackupOptions bare;
  bare.compression = 0;
  ASSERT_THAT(connection->Backup(context_, bare, target), IsOk());
  ASSERT_THAT(target.writer_->Finish(), IsOk());
  EXPECT_LT(target.packed_->data().size(), BackUp(source, bare).size());
  base::StringReader packed(target.packed_->data());
  const absl::StatusOr<std::unique_ptr<base::ZstdReader>> reader =
      base::ZstdReader::Create(&packed);
  ASSERT_THAT(reader, IsOk());
  const profile::ConnectionProfile restored = fixture_->EmptyDatabase();
  const std::unique_ptr<driver::Connection> writing = Connect(restored, Access::kWrite);
  ASSERT_NE(writing, nullptr);
  ASSERT_THAT(writing->Restore(context_, driver::RestoreOptions(), **reader), IsOk());
  EXPECT_EQ(fixture_->Describe(restored), fixture_->Describe(source));
}

TEST_P(DriverContract, BinaryFormat) {
  if (!capabilities().binary_format) {
    EXPECT_THAT(driver::RequireCapability(driver(), &driver::Capabilities::binary_format),
                StatusIs(errs::kDriverUnsupported));
    return;
  }
  const profile::ConnectionProfile source = Seeded();
  driver::BackupOptions options;
  options.format = fixture_->BinaryFormat();
  const std::string body = BackUp(source, options);
  EXPECT_TRUE(fixture_->EngineReads(body));
  PieceReader reader(body);
  const absl::StatusOr<driver::VerifyReport> report = driver().VerifyBody(context_, reader);
  ASSERT_THAT(report, IsOk());
  EXPECT_EQ(report->format, options.format);
}

TEST_P(DriverContract, WhatHasNoVerbYetIsNotClaimed) {
  // No verb uses these yet; the verb that first uses one adds its test.
  const std::vector<bool driver::Capabilities::*> later = {
      &driver::Capabilities::cross_engine_source,
      &driver::Capabilities::cross_engine_target,
      &driver::Capabilities::cdc,
      &driver::Capabilities::native_backpressure,
      &driver::Capabilities::cross_version_incremental,
  };
  for (bool driver::Capabilities::*const flag : later) {
    const absl::Status status = driver::RequireCapability(driver(), flag);
    EXPECT_THAT(status, StatusIs(errs::kDriverUnsupported));
    const std::optional<errs::Error> error = errs::GetError(status);
    ASSERT_TRUE(error.has_value());
    EXPECT_FALSE(error->hint.empty());
    EXPECT_EQ(error->code, errs::Code::kUser);
  }
}

TEST_P(DriverContract, AnUnknownFormatIsRefusedUpFront) {
  driver::BackupOptions options;
  options.format = "no-such-format";
  EXPECT_THAT(driver().CheckBackupOptions(options),
              StatusIs(errs::kInvalidArgument, HasSubstr("no-such-format")));
  driver::BackupOptions both;
  both.schema_only = both.data_only = true;
  EXPECT_THAT(driver().CheckBackupOptions(both),
              AnyOf(StatusIs(errs::kInvalidArgument), StatusIs(errs::kDriverUnsupported)));
}

}  // namespace siphon::testing
