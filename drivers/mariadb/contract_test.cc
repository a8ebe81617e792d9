// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <string>

#include "drivers/mysqlcommon/fixture.h"
#include "gtest/gtest.h"
#include "testing/contracts/driver_contract.h"
#include "testing/servers/mysql.h"

namespace siphon::mysqlcommon {
namespace {

using siphon::testing::DriverContract;

INSTANTIATE_TEST_SUITE_P(Mariadb, DriverContract,
                         ::testing::Values(FactoryFor(std::string(siphon::testing::kMariadb1011)),
                                           FactoryFor(std::string(siphon::testing::kMariadb118))),
                         siphon::testing::DriverName);

}  // namespace
}  // namespace siphon::mysqlcommon
