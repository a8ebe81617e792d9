// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Tools of the system instead of those that are built in: Debian's, of PostgreSQL 15.

#include <memory>
#include <string>

#include "drivers/postgres/fixture.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "testing/contracts/driver_bodies.h"
#include "testing/servers/postgres.h"
#include "testing/status_matchers.h"

namespace siphon::postgres {
namespace {

using siphon::testing::MemoryTarget;
using siphon::testing::PieceReader;
using siphon::testing::PostgresServer;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class SystemToolTest : public ::testing::Test {
 protected:
  void TearDown() override { EXPECT_THAT(Leftovers(server_), IsEmpty()); }
  static profile::ConnectionProfile System(profile::ConnectionProfile profile) {
    profile.tools = profile::Tools::kSystem;
    return profile;
  }
  PostgresServer& server_ = SharedServer(15);
};

TEST_F(SystemToolTest, BacksUpAndRestores) {
  const profile::ConnectionProfile source = System(NewSample(server_));
  MemoryTarget dump;
  ASSERT_OK(TryBackUp(source, dump));
  // It tells no rows; they are counted in the snapshot.
  EXPECT_FALSE(dump.contents().rows_estimated);
  bool found = false;
  for (const dumps::TableInfo& table : dump.contents().tables) {
    found = found || (table.name == "items" && table.rows == 3000);
  }
  EXPECT_TRUE(found);
  const profile::ConnectionProfile target = System(NewDatabase(server_));
  ASSERT_OK(TryRestore(target, dump.data()));
  EXPECT_EQ(Describe(target), Describe(source));
}

TEST_F(SystemToolTest, CommitsNothingBeforeTheBodysEndIsKnown) {
  const profile::ConnectionProfile source = System(NewSample(server_));
  MemoryTarget dump;
  ASSERT_OK(TryBackUp(source, dump));
  const profile::ConnectionProfile target = System(NewSample(server_));
  PlainConnection(target).Run("DELETE FROM items");
  const std::string before = Describe(target);
  driver::RestoreOptions whole, chosen, definitions;
  whole.clean = chosen.clean = true;
  chosen.tables = {"items"};
  definitions.schema_only = true;
  definitions.create = "of definitions";
  for (const driver::RestoreOptions& options : {whole, chosen, definitions}) {
    const auto connection =
        PostgresDriver().Connect(base::Context(), target, driver::Driver::Access::kWrite);
    ASSERT_OK(connection);
    // Every byte comes, and then the word that they are not the right ones.
    PieceReader reader(dump.data(), 65536, [&](size_t offset) {
      return offset < dump.data().size() ? absl::OkStatus()
                                         : errs::IntegrityError("test", "checksum differs");
    });
    EXPECT_THAT((*connection)->Restore(base::Context(), options, reader),
                StatusIs(errs::kIntegrity, HasSubstr("checksum differs")));
    EXPECT_EQ(Describe(target), before);
  }
  EXPECT_OK(TryRestore(target, dump.data(), whole));
}

TEST_F(SystemToolTest, AreRefusedWhereTheyAreTooOld) {
  const profile::ConnectionProfile newer = System(NewSample(SharedServer(17)));
  MemoryTarget dump;
  EXPECT_THAT(TryBackUp(newer, dump), StatusIs(errs::kNotFound, HasSubstr("15.")));
}

}  // namespace
}  // namespace siphon::postgres
