// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_MIGRATE_LOCK_ID_H_
#define SIPHON_DOMAIN_MIGRATE_LOCK_ID_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace siphon::migrate {

// The number under which golang-migrate locks a database (contracts.md A3): the CRC-32 (IEEE 802.3)
// of the additional names, then the database's name, joined by NUL, times a salt.
uint32_t LockId(std::string_view database, const std::vector<std::string>& additional = {});

}  // namespace siphon::migrate

#endif  // SIPHON_DOMAIN_MIGRATE_LOCK_ID_H_
