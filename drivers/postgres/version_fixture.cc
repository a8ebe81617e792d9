// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/version_fixture.h"

#include "gmock/gmock.h"
#include "testing/rounds.h"

namespace siphon::postgres {

std::vector<int> VersionsOfRounds() {
  return siphon::testing::NewestToTest(siphon::testing::AllPostgresVersions());
}

void VersionTest::TearDown() { EXPECT_THAT(Leftovers(server_), ::testing::IsEmpty()); }

}  // namespace siphon::postgres
