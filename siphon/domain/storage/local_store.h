// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_STORAGE_LOCAL_STORE_H_
#define SIPHON_DOMAIN_STORAGE_LOCAL_STORE_H_

#include <memory>
#include <string>

#include "siphon/domain/storage/store.h"

namespace siphon::storage {

// Stores objects as files of one directory (mode 0700, created by the first Create()). A file is
// written as ".tmp-<key>-<random>", synced and renamed (docs/contracts.md#local-store).
std::unique_ptr<Store> MakeLocalStore(std::string directory);

}  // namespace siphon::storage

#endif  // SIPHON_DOMAIN_STORAGE_LOCAL_STORE_H_
