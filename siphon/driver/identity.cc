// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/driver/identity.h"

namespace siphon::driver {

bool IsSameDatabase(const Identity& a, const Identity& b) {
  if (a.database != b.database) return false;
  if (a.server == b.server) return true;
  return (a.replica || b.replica) && !a.lineage.empty() && a.lineage == b.lineage;
}

}  // namespace siphon::driver
