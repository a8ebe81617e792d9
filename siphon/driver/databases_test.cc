// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/driver/databases.h"

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/context.h"
#include "siphon/domain/profile/profile.h"
#include "testing/status_matchers.h"

namespace siphon::driver {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const DatabasesRegistration kRegistration(
    "fake",
    [](const base::Context&,
       const profile::ConnectionProfile& profile) -> absl::StatusOr<std::vector<std::string>> {
      return std::vector<std::string>{"shop", profile.database, "app"};
    });

TEST(ListDatabasesTest, SortsTheNamesOfTheEngine) {
  profile::ConnectionProfile profile;
  profile.driver = "fake";
  profile.database = "b";
  EXPECT_THAT(ListDatabases(base::Context(), profile),
              IsOkAndHolds(ElementsAre("app", "b", "shop")));
  EXPECT_OK(RequireDatabases("fake"));
}

TEST(ListDatabasesTest, RefusesAnEngineWithoutServers) {
  profile::ConnectionProfile profile;
  profile.driver = "file";
  EXPECT_THAT(ListDatabases(base::Context(), profile),
              AllOf(StatusIs(errs::kDriverUnsupported), HasHint(HasSubstr("fake"))));
}

TEST(DatabasesDeathTest, ASecondListerOfAnEngineEndsTheProgram) {
  EXPECT_DEATH(RegisterDatabases("fake", {}), "databases of \"fake\" are registered twice");
}

}  // namespace
}  // namespace siphon::driver
