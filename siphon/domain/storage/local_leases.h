// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_STORAGE_LOCAL_LEASES_H_
#define SIPHON_DOMAIN_STORAGE_LOCAL_LEASES_H_

#include <memory>
#include <string>
#include <string_view>

#include "siphon/domain/storage/leases.h"

namespace siphon::storage {

// The beginning of the name of a lease's file.
inline constexpr std::string_view kLeasePrefix = ".lease-";

// The leases of a local store: files ".lease-<name>" in its directory, which is created if it does
// not exist (mode 0700). A lease is held as long as its process holds flock(LOCK_EX) on the file;
// it is then removed. base::RemoveStaleFiles() removes the files of processes that have died.
std::unique_ptr<Leases> MakeLocalLeases(std::string directory);

// The name of the file of a lease: ".lease-prod" for a name of up to 64 letters, digits, '.', '_'
// and '-', else ".lease-" and a digest, which has other characters than a name can have.
std::string LeaseFile(std::string_view name);

}  // namespace siphon::storage

#endif  // SIPHON_DOMAIN_STORAGE_LOCAL_LEASES_H_
