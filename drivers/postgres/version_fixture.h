// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_VERSION_FIXTURE_H_
#define DRIVERS_POSTGRES_VERSION_FIXTURE_H_

#include <vector>

#include "drivers/postgres/fixture.h"
#include "gtest/gtest.h"
#include "testing/servers/postgres.h"

namespace siphon::postgres {

// The servers of a siphon_rounds_test: the newest version in its short form, all in its long form.
std::vector<int> VersionsOfRounds();

// A test on the server of the version that is its parameter. It fails if siphon leaves anything on
// the server.
class VersionTest : public ::testing::TestWithParam<int> {
 protected:
  void TearDown() override;

  siphon::testing::PostgresServer& server_ = SharedServer(GetParam());
};

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_VERSION_FIXTURE_H_
