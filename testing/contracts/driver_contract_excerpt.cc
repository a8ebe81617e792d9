// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// The tests of excerpts (driver::ExcerptFormat): some tables of a body in frames.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/io.h"
#include "siphon/domain/frames/frame.h"
#include "siphon/domain/frames/index.h"
#include "siphon/driver/restoration.h"
#include "siphon/driver/snapshot.h"
#include "testing/contracts/driver_contract.h"
#include "testing/contracts/framed_dump.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

using Access = driver::Driver::Access;

// Of a chunk header, at most.
constexpr uint64_t kHeader = 4096;

// The items that a restore of the table needs: its rows, and definitions.
bool IsNeeded(const frames::Item& item, std::string_view table) {
  return item.id == frames::kHeadItem || item.name == "head" || item.name == "tail" ||
         item.name == table || absl::EndsWith(item.name, "." + std::string(table));
}

// The name of the item of a table; empty if tables have no items of their own.
std::string ItemOf(const FramedDump& dump, std::string_view table) {
  for (const frames::Item& item : dump.body().items()) {
    if (item.name == table || absl::EndsWith(item.name, "." + std::string(table))) {
      return item.name;
    }
  }
  return "";
}

driver::ExcerptOptions Only(const std::string& table, bool alone = false) {
  driver::ExcerptOptions options;
  options.restore.tables = {table};
  options.alone = alone;
  options.directory = ::testing::TempDir();
  return options;
}

class Excerpts {
 public:
  Excerpts(driver::Driver* driver, const base::Context* context)
      : format_(dynamic_cast<driver::ExcerptFormat*>(driver)), context_(*context) {}

  bool known() const { return format_ != nullptr; }

  // Restores a table of `dump` from an excerpt.
  absl::Status Restore(const FramedDump& dump, const std::string& table,
                       driver::Connection& target) const {
    const driver::ExcerptOptions options = Only(table);
    ASSIGN_OR_RETURN(const std::unique_ptr<base::Reader> body,
                     format_->OpenExcerpt(context_, options, dump.body()));
    if (body == nullptr) return errs::InternalError("test", "the driver needs the whole body");
    return target.Restore(context_, options.restore, *body);
  }

  absl::StatusOr<std::string> Read(const FramedDump& dump, const std::string& table) const {
    const driver::ExcerptOptions options = Only(table, /*alone=*/true);
    ASSIGN_OR_RETURN(const std::unique_ptr<base::Reader> body,
                     format_->OpenExcerpt(context_, options, dump.body()));
    if (body == nullptr) return errs::InternalError("test", "the driver needs the whole body");
    base::StringWriter out;
    RETURN_IF_ERROR(base::Copy(*body, out).status());
    return out.data();
  }

 private:
  driver::ExcerptFormat* format_;
  const base::Context& context_;
};

std::unique_ptr<FramedDump> WriteFrames(const base::Context& context,
                                        driver::Connection& connection) {
  absl::StatusOr<std::unique_ptr<driver::Snapshot>> snapshot =
      driver::OpenSnapshot(context, connection, {});
  EXPECT_THAT(snapshot, IsOk());
  if (!snapshot.ok()) return nullptr;
  absl::StatusOr<std::unique_ptr<FramedDump>> dump = FramedDump::Write(context, **snapshot);
  EXPECT_THAT(dump, IsOk());
  return dump.ok() ? *std::move(dump) : nullptr;
}

}  // namespace

TEST_P(DriverContract, AnExcerptGivesTheSameTableAsTheWholeBody) {
  const Excerpts excerpts(&driver(), &context_);
  if (!excerpts.known()) return;
  const profile::ConnectionProfile source = Seeded();
  const std::unique_ptr<driver::Connection> reader = Connect(source, Access::kRead);
  ASSERT_NE(reader, nullptr);
  const std::unique_ptr<FramedDump> dump = WriteFrames(context_, *reader);
  ASSERT_NE(dump, nullptr);
  EXPECT_THAT(reader->Close(), IsOk());
  for (const std::string table : {"items", "accounts"}) {
    const profile::ConnectionProfile whole = fixture_->EmptyDatabase();
    driver::RestoreOptions some;
    some.tables = {table};
    ASSERT_THAT(Restore(whole, BackUp(source), some), IsOk());

    const profile::ConnectionProfile target = fixture_->EmptyDatabase();
    const std::unique_ptr<driver::Connection> connection = Connect(target, Access::kCreate);
    ASSERT_NE(connection, nullptr);
    dump->TakeBytesRead();
    ASSERT_THAT(excerpts.Restore(*dump, table, *connection), IsOk());
    EXPECT_THAT(connection->Close(), IsOk());
    EXPECT_EQ(fixture_->Describe(target), fixture_->Describe(whole));
    EXPECT_EQ(fixture_->CountRows(target, table), fixture_->CountRows(source, table));

    if (ItemOf(*dump, table).empty()) continue;
    uint64_t needed = 0, index = 0;
    for (const frames::Item& item : dump->body().items()) {
      if (!IsNeeded(item, table)) continue;
      needed += item.packed + item.frames * kHeader;
      index += frames::kPageLimit;  // The page with the entries of its frames.
    }
    EXPECT_LE(dump->TakeBytesRead(), needed + index) << table;
  }
}

TEST_P(DriverContract, AnExcerptIsDisturbedByDamageInItsOwnFramesAlone) {
  const Excerpts excerpts(&driver(), &context_);
  if (!excerpts.known()) return;
  const profile::ConnectionProfile source = Seeded();
  const std::unique_ptr<driver::Connection> reader = Connect(source, Access::kRead);
  ASSERT_NE(reader, nullptr);
  const std::unique_ptr<FramedDump> dump = WriteFrames(context_, *reader);
  ASSERT_NE(dump, nullptr);
  EXPECT_THAT(reader->Close(), IsOk());
  const std::string own = ItemOf(*dump, "items"), other = ItemOf(*dump, "accounts");
  if (own.empty()) return;  // Its driver tests that.
  ASSERT_THAT(dump->Damage(other), IsOk());
  {
    const profile::ConnectionProfile target = fixture_->EmptyDatabase();
    const std::unique_ptr<driver::Connection> connection = Connect(target, Access::kCreate);
    ASSERT_NE(connection, nullptr);
    EXPECT_THAT(excerpts.Restore(*dump, "items", *connection), IsOk());
    EXPECT_EQ(fixture_->CountRows(target, "items"), fixture_->CountRows(source, "items"));
    EXPECT_THAT(excerpts.Read(*dump, "items"), IsOk());
  }
  ASSERT_THAT(dump->Damage(own), IsOk());
  const profile::ConnectionProfile target = fixture_->EmptyDatabase();
  const std::string before = fixture_->Describe(target);
  const std::unique_ptr<driver::Connection> connection = Connect(target, Access::kCreate);
  ASSERT_NE(connection, nullptr);
  EXPECT_THAT(excerpts.Restore(*dump, "items", *connection), StatusIs(errs::kIntegrity));
  EXPECT_EQ(fixture_->Describe(target), before);
  EXPECT_THAT(excerpts.Read(*dump, "items"), StatusIs(errs::kIntegrity));
}

TEST_P(DriverContract, AnExcerptForTheEnginesProgramsHasTheTableAlone) {
  const Excerpts excerpts(&driver(), &context_);
  if (!excerpts.known()) return;
  const profile::ConnectionProfile source = Seeded();
  const std::unique_ptr<driver::Connection> reader = Connect(source, Access::kRead);
  ASSERT_NE(reader, nullptr);
  const std::unique_ptr<FramedDump> dump = WriteFrames(context_, *reader);
  ASSERT_NE(dump, nullptr);
  EXPECT_THAT(reader->Close(), IsOk());
  const absl::StatusOr<std::string> body = excerpts.Read(*dump, "items");
  ASSERT_THAT(body, IsOk());
  base::StringReader bytes(*body);
  EXPECT_THAT(driver().VerifyBody(context_, bytes), IsOk());
  // Without a choice of tables.
  const profile::ConnectionProfile target = fixture_->EmptyDatabase();
  ASSERT_THAT(Restore(target, *body), IsOk());
  EXPECT_EQ(fixture_->CountRows(target, "items"), fixture_->CountRows(source, "items"));
  EXPECT_EQ(fixture_->CountRows(target, "accounts"), -1);
  EXPECT_THAT(excerpts.Read(*dump, "no_such_table"), StatusIs(errs::kNotFound));
}

TEST_P(DriverContract, AnExcerptOfAnUnknownTableIsNotRestored) {
  const Excerpts excerpts(&driver(), &context_);
  if (!excerpts.known()) return;
  const profile::ConnectionProfile source = Seeded();
  const std::unique_ptr<driver::Connection> reader = Connect(source, Access::kRead);
  ASSERT_NE(reader, nullptr);
  const std::unique_ptr<FramedDump> dump = WriteFrames(context_, *reader);
  ASSERT_NE(dump, nullptr);
  const profile::ConnectionProfile target = fixture_->EmptyDatabase();
  const std::unique_ptr<driver::Connection> connection = Connect(target, Access::kCreate);
  ASSERT_NE(connection, nullptr);
  EXPECT_THAT(excerpts.Restore(*dump, "no_such_table", *connection), StatusIs(errs::kNotFound));
}

}  // namespace siphon::testing
