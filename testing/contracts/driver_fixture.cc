// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/contracts/driver_fixture.h"

namespace siphon::testing {

void PrintTo(const DriverFactory& factory, std::ostream* os) { *os << factory.name; }

}  // namespace siphon::testing
