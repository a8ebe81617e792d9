// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_STORAGE_LOCAL_STORE_H_
#define SIPHON_DOMAIN_STORAGE_LOCAL_STORE_H_

#include <memory>
#include <string>

#include "siphon/domain/storage/store.h"

namespace siphon::storage {

// Objects are files of one directory (mode 0700, made at the first Create()), written as
// ".tmp-<key>-<random>" in it, synced and renamed (contracts.md B2).
std::unique_ptr<Store> MakeLocalStore(std::string directory);

}  // namespace siphon::storage

#endif  // SIPHON_DOMAIN_STORAGE_LOCAL_STORE_H_
