// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// A server that is newer than the tools that are built in.

#include <memory>
#include <optional>
#include <string>

#include "drivers/postgres/fixture.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/context.h"
#include "testing/contracts/driver_bodies.h"
#include "testing/servers/postgres.h"
#include "testing/status_matchers.h"

namespace siphon::postgres {
namespace {

using siphon::testing::MemoryTarget;
using siphon::testing::PostgresServer;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class NewerServerTest : public ::testing::Test {
 protected:
  void TearDown() override { EXPECT_THAT(Leftovers(server_), IsEmpty()); }
  PostgresServer& server_ = SharedServer(siphon::testing::kNewestPostgres);
};

TEST_F(NewerServerTest, IsInspectedAndChecked) {
  const profile::ConnectionProfile source = NewSample(server_);
  const auto connection =
      PostgresDriver().Connect(base::Context(), source, driver::Driver::Access::kRead);
  ASSERT_OK(connection);
  driver::InspectOptions exact;
  exact.exact = true;
  const absl::StatusOr<driver::Schema> schema = (*connection)->Inspect(base::Context(), exact);
  ASSERT_OK(schema);
  EXPECT_THAT(schema->engine_version, ::testing::StartsWith("18."));
  EXPECT_OK((*connection)->CheckIntegrity(base::Context()));
  EXPECT_OK((*connection)->Identity(base::Context()));
}

TEST_F(NewerServerTest, NeedsAToolThatIsNewEnoughAndTheErrorSaysWhatThereIs) {
  profile::ConnectionProfile source = NewSample(server_);
  MemoryTarget target;
  const absl::Status status = TryBackUp(source, target);
  EXPECT_THAT(status, StatusIs(errs::kNotFound, AllOf(HasSubstr("pg_dump of version 18 or newer"),
                                                      HasSubstr("built in 17."))));
  const std::optional<errs::Error> error = errs::GetError(status);
  ASSERT_TRUE(error.has_value());
  EXPECT_THAT(error->hint, HasSubstr("install pg_dump 18"));
  EXPECT_EQ(target.begins(), 0);
  // With the built-in one alone, too.
  source.tools = profile::Tools::kBuiltin;
  EXPECT_THAT(TryBackUp(source, target), StatusIs(errs::kNotFound, HasSubstr("built in 17.")));
}

TEST_F(NewerServerTest, TakesNoDumpWithoutSuchATool) {
  const std::string body = BackUp(NewSample(SharedServer(17)));
  const profile::ConnectionProfile target = NewDatabase(server_);
  EXPECT_THAT(TryRestore(target, body),
              StatusIs(errs::kNotFound, HasSubstr("pg_restore of version 18 or newer")));
  EXPECT_EQ(PlainConnection(target).Int(
                "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"),
            0);
}

}  // namespace
}  // namespace siphon::postgres
