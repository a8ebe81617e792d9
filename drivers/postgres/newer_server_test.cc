// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// A server that is newer than the built-in tools. A proxy makes one of the newest that there is: it
// raises the version that the server reports.

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "drivers/postgres/fixture.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/context.h"
#include "testing/contracts/driver_bodies.h"
#include "testing/servers/fault_proxy.h"
#include "testing/servers/postgres.h"
#include "testing/status_matchers.h"

namespace siphon::postgres {
namespace {

using siphon::testing::FaultProxy;
using siphon::testing::MemoryTarget;
using siphon::testing::PostgresServer;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class NewerServerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto proxy = FaultProxy::Start(server_.port());
    ASSERT_OK(proxy);
    proxy_ = *std::move(proxy);
    // The message ParameterStatus, of each new session.
    const std::string parameter("server_version\0", sizeof("server_version"));
    proxy_->Replace(parameter + "18.", parameter + "19.");
  }
  void TearDown() override { EXPECT_THAT(Leftovers(server_), IsEmpty()); }

  // The same database, of a server that calls itself version 19.
  profile::ConnectionProfile Newer(profile::ConnectionProfile profile) {
    profile.port = proxy_->port();
    return profile;
  }

  PostgresServer& server_ = SharedServer(siphon::testing::kNewestPostgres);
  std::unique_ptr<FaultProxy> proxy_;
};

TEST_F(NewerServerTest, IsInspectedAndChecked) {
  const profile::ConnectionProfile source = Newer(NewSample(server_));
  const auto connection =
      PostgresDriver().Connect(base::Context(), source, driver::Driver::Access::kRead);
  ASSERT_OK(connection);
  driver::InspectOptions exact;
  exact.exact = true;
  const absl::StatusOr<driver::Schema> schema = (*connection)->Inspect(base::Context(), exact);
  ASSERT_OK(schema);
  EXPECT_THAT(schema->engine_version, ::testing::StartsWith("19."));
  EXPECT_OK((*connection)->CheckIntegrity(base::Context()));
  EXPECT_OK((*connection)->Identity(base::Context()));
}

TEST_F(NewerServerTest, NeedsAToolThatIsNewEnoughAndTheErrorSaysWhatThereIs) {
  profile::ConnectionProfile source = Newer(NewSample(server_));
  MemoryTarget target;
  const absl::Status status = TryBackUp(source, target);
  EXPECT_THAT(status, StatusIs(errs::kNotFound, AllOf(HasSubstr("pg_dump of version 19 or newer"),
                                                      HasSubstr("built in 18."))));
  const std::optional<errs::Error> error = errs::GetError(status);
  ASSERT_TRUE(error.has_value());
  EXPECT_THAT(error->hint, HasSubstr("install pg_dump 19"));
  EXPECT_EQ(target.begins(), 0);
  // With the built-in one alone, too.
  source.tools = profile::Tools::kBuiltin;
  EXPECT_THAT(TryBackUp(source, target), StatusIs(errs::kNotFound, HasSubstr("built in 18.")));
}

TEST_F(NewerServerTest, TakesNoDumpWithoutSuchATool) {
  const std::string body = BackUp(NewSample(SharedServer(17)));
  const profile::ConnectionProfile target = NewDatabase(server_);
  EXPECT_THAT(TryRestore(Newer(target), body),
              StatusIs(errs::kNotFound, HasSubstr("pg_restore of version 19 or newer")));
  EXPECT_EQ(PlainConnection(target).Int(
                "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"),
            0);
}

}  // namespace
}  // namespace siphon::postgres
