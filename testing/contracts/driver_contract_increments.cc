// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// The tests of increments (driver::IncrementFormat, driver::IncrementSource).

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/io.h"
#include "siphon/domain/dumps/contents.h"
#include "siphon/driver/increments.h"
#include "siphon/driver/snapshot.h"
#include "testing/contracts/concurrent_writer.h"
#include "testing/contracts/driver_bodies.h"
#include "testing/contracts/driver_contract.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

using Access = driver::Driver::Access;

// The bodies of a full dump and its increments.
class Chain {
 public:
  Chain(driver::Driver* driver, const base::Context* context, std::string full)
      : format_(dynamic_cast<driver::IncrementFormat*>(driver)), context_(*context) {
    bodies_.push_back(std::move(full));
  }

  static std::string IdOf(size_t place) { return absl::StrCat("DUMP", place); }

  // The state after `increments` of them.
  absl::StatusOr<std::unique_ptr<base::Reader>> Open(size_t increments) const {
    std::vector<driver::ChainMember> members;
    for (size_t i = 0; i <= increments; ++i) {
      members.push_back({IdOf(i), std::make_unique<PieceReader>(bodies_[i])});
    }
    return format_->OpenChain(context_, std::move(members));
  }

  // Adds an increment. Fails as `on_write` says; see MemoryTarget.
  absl::Status Add(driver::Connection& connection, MemoryTarget::Hook on_write = nullptr) {
    auto* const source = dynamic_cast<driver::IncrementSource*>(&connection);
    if (source == nullptr) return errs::InternalError("test", "the connection has no increments");
    MemoryTarget target(std::move(on_write));
    RETURN_IF_ERROR(source->BackupIncrement(context_, {},
                                            {.base_id = IdOf(0),
                                             .parent_id = IdOf(bodies_.size() - 1),
                                             .open_parent = [&] { return Open(last()); }},
                                            target));
    bodies_.push_back(target.data());
    return absl::OkStatus();
  }

  size_t last() const { return bodies_.size() - 1; }
  std::string& body(size_t place) { return bodies_[place]; }
  driver::IncrementFormat& format() const { return *format_; }

 private:
  driver::IncrementFormat* format_;
  const base::Context& context_;
  std::vector<std::string> bodies_;
};

// Changes rows, and every few steps definitions.
std::string Change(int step) {
  switch (step % 4) {
    case 0:
      return absl::StrCat("UPDATE accounts SET amount = amount + ", step, " WHERE id % 9 = 1");
    case 1:
      return absl::StrCat("DELETE FROM items WHERE name LIKE '%", step, "'");
    case 2:
      return absl::StrCat("CREATE TABLE made_by_step_", step, "(a INTEGER)");
    default:
      return absl::StrCat("INSERT INTO accounts(id, owner, amount) VALUES(", 100000 + step,
                          ", 'new', ", step, ")");
  }
}

}  // namespace

TEST_P(DriverContract, IncrementsAreRefusedWhereTheyAreNotClaimed) {
  const bool has_format = dynamic_cast<driver::IncrementFormat*>(&driver()) != nullptr;
  EXPECT_EQ(has_format, capabilities().incremental);
  if (capabilities().incremental) return;
  EXPECT_THAT(driver::RequireCapability(driver(), &driver::Capabilities::incremental),
              StatusIs(errs::kDriverUnsupported));
}

TEST_P(DriverContract, EachOfTwentyIncrementsRestoresTheStateOfItsMoment) {
  if (!capabilities().incremental) return;
  const profile::ConnectionProfile source = Seeded();
  Chain chain(&driver(), &context_, BackUp(source));
  std::vector<std::string> states = {fixture_->Describe(source)};
  const std::unique_ptr<driver::Connection> connection = Connect(source, Access::kRead);
  ASSERT_NE(connection, nullptr);
  for (int step = 0; step < 20; ++step) {
    fixture_->Execute(source, Change(step));
    ASSERT_THAT(chain.Add(*connection), IsOk());
    EXPECT_LT(chain.body(chain.last()).size(), chain.body(0).size()) << step;
    PieceReader body(chain.body(chain.last()));
    EXPECT_THAT(chain.format().VerifyIncrement(context_, body), IsOk());
    states.push_back(fixture_->Describe(source));
  }
  ASSERT_THAT(connection->Close(), IsOk());
  for (size_t i = 0; i < states.size(); ++i) {
    const profile::ConnectionProfile target = fixture_->EmptyDatabase();
    const absl::StatusOr<std::unique_ptr<base::Reader>> state = chain.Open(i);
    ASSERT_THAT(state, IsOk());
    const std::unique_ptr<driver::Connection> restoring = Connect(target, Access::kCreate);
    ASSERT_NE(restoring, nullptr);
    ASSERT_THAT(restoring->Restore(context_, {}, **state), IsOk());
    ASSERT_THAT(restoring->Close(), IsOk());
    EXPECT_TRUE(fixture_->Describe(target) == states[i]) << "after increment " << i;
  }
}

TEST_P(DriverContract, AnIncrementUnderWritesIsOneConsistentState) {
  if (!capabilities().incremental) return;
  for (const DriverFixture::Meeting& meeting : fixture_->Meetings()) {
    SCOPED_TRACE(meeting.name);
    const int64_t sum = fixture_->SumOfAccounts(meeting.profile);
    Chain chain(&driver(), &context_, BackUp(meeting.profile));
    {
      const std::unique_ptr<ConcurrentWriter> writer = fixture_->StartWriting(meeting.profile);
      const std::unique_ptr<driver::Connection> connection =
          Connect(meeting.profile, Access::kRead);
      ASSERT_NE(connection, nullptr);
      for (int i = 0; i < 3; ++i) {
        const int64_t before = writer->commits();
        while (writer->commits() == before) std::this_thread::yield();
        ASSERT_THAT(chain.Add(*connection), IsOk());
      }
      EXPECT_LT(writer->longest(), fixture_->LongestStep());
    }
    for (size_t i = 1; i <= chain.last(); ++i) {
      const profile::ConnectionProfile target = fixture_->EmptyDatabase();
      const absl::StatusOr<std::unique_ptr<base::Reader>> state = chain.Open(i);
      ASSERT_THAT(state, IsOk());
      const std::unique_ptr<driver::Connection> restoring = Connect(target, Access::kCreate);
      ASSERT_NE(restoring, nullptr);
      ASSERT_THAT(restoring->Restore(context_, {}, **state), IsOk());
      EXPECT_EQ(fixture_->SumOfAccounts(target), sum) << "after increment " << i;
    }
  }
}

TEST_P(DriverContract, ADamagedChainLeavesTheTargetAsItWas) {
  if (!capabilities().incremental) return;
  const profile::ConnectionProfile source = Seeded();
  Chain chain(&driver(), &context_, BackUp(source));
  const std::unique_ptr<driver::Connection> connection = Connect(source, Access::kRead);
  ASSERT_NE(connection, nullptr);
  for (int step = 0; step < 2; ++step) {
    fixture_->Execute(source, Change(step));
    ASSERT_THAT(chain.Add(*connection), IsOk());
  }
  const profile::ConnectionProfile target = fixture_->EmptyDatabase();
  const std::string before = fixture_->Describe(target);
  std::swap(chain.body(1), chain.body(2));
  absl::StatusOr<std::unique_ptr<base::Reader>> swapped = chain.Open(2);
  EXPECT_THAT(swapped.ok() ? base::ReadAll(**swapped, size_t{1} << 30).status() : swapped.status(),
              StatusIs(errs::kIntegrity, ::testing::HasSubstr(Chain::IdOf(1))));
  std::swap(chain.body(1), chain.body(2));
  std::string& last = chain.body(2);
  last[last.size() / 2] = static_cast<char>(last[last.size() / 2] ^ 4);
  absl::StatusOr<std::unique_ptr<base::Reader>> damaged = chain.Open(2);
  ASSERT_THAT(damaged, IsOk());
  const std::unique_ptr<driver::Connection> restoring = Connect(target, Access::kCreate);
  ASSERT_NE(restoring, nullptr);
  EXPECT_THAT(restoring->Restore(context_, {}, **damaged),
              StatusIs(errs::kIntegrity, ::testing::HasSubstr(Chain::IdOf(2))));
  EXPECT_EQ(fixture_->Describe(target), before);
}

TEST_P(DriverContract, AnErrorOfTheTargetEndsAnIncrement) {
  if (!capabilities().incremental) return;
  const profile::ConnectionProfile source = Seeded();
  Chain chain(&driver(), &context_, BackUp(source));
  const std::unique_ptr<driver::Connection> connection = Connect(source, Access::kRead);
  ASSERT_NE(connection, nullptr);
  fixture_->Execute(source, Change(4));
  EXPECT_THAT(chain
                  .Add(*connection,
                       [](size_t written) {
                         return written > 1000 ? absl::DataLossError("the disk is full")
                                               : absl::OkStatus();
                       })
                  .message(),
              ::testing::HasSubstr("the disk is full"));
  // The connection works afterwards.
  EXPECT_THAT(chain.Add(*connection), IsOk());
}

TEST_P(DriverContract, AStateBecomesAFullDumpAgain) {
  if (!capabilities().incremental) return;
  const profile::ConnectionProfile source = Seeded();
  Chain chain(&driver(), &context_, BackUp(source));
  const std::unique_ptr<driver::Connection> connection = Connect(source, Access::kRead);
  ASSERT_NE(connection, nullptr);
  fixture_->Execute(source, Change(0));
  ASSERT_THAT(chain.Add(*connection), IsOk());
  absl::StatusOr<std::unique_ptr<base::Reader>> state = chain.Open(1);
  ASSERT_THAT(state, IsOk());
  dumps::Contents contents;
  contents.engine_version = "1";
  const absl::StatusOr<std::unique_ptr<driver::Snapshot>> snapshot =
      chain.format().OpenStateSnapshot(context_, *std::move(state), std::move(contents));
  ASSERT_THAT(snapshot, IsOk());
  EXPECT_EQ((*snapshot)->contents().engine_version, "1");
  MemoryTarget target;
  ASSERT_THAT(driver::WriteStream(context_, **snapshot, target), IsOk());
  const profile::ConnectionProfile restored = fixture_->EmptyDatabase();
  ASSERT_THAT(Restore(restored, target.data()), IsOk());
  EXPECT_TRUE(fixture_->Describe(restored) == fixture_->Describe(source));
}

}  // namespace siphon::testing
