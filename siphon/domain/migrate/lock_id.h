// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_MIGRATE_LOCK_ID_H_
#define SIPHON_DOMAIN_MIGRATE_LOCK_ID_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace siphon::migrate {

// The id of golang-migrate's lock on a database (docs/contracts.md#migration-locks): the CRC-32
// (IEEE 802.3) of the additional names and the database's name, joined by NUL, times a constant.
uint32_t LockId(std::string_view database, const std::vector<std::string>& additional = {});

}  // namespace siphon::migrate

#endif  // SIPHON_DOMAIN_MIGRATE_LOCK_ID_H_
