// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_STORAGE_OUTPUT_STORE_H_
#define SIPHON_DOMAIN_STORAGE_OUTPUT_STORE_H_

#include <memory>
#include <string>
#include <string_view>

#include "siphon/base/io.h"
#include "siphon/domain/storage/store.h"

// Stores for one dump outside of a catalogue: the object whose key ends with `suffix` becomes a
// file or goes to a stream, and all other objects are dropped. They hold nothing that could be
// read.
namespace siphon::storage {

// Writes the object to the file `path` (mode 0600), which gets its name at Commit().
// errs::kAlreadyExists if it exists.
std::unique_ptr<Store> MakeFileOutput(std::string path, std::string suffix);

// Writes the object to `out`, which must outlive the store, while it is created. It cannot be
// created twice: errs::kIo.
std::unique_ptr<Store> MakeStreamOutput(base::Writer* out, std::string suffix);

}  // namespace siphon::storage

#endif  // SIPHON_DOMAIN_STORAGE_OUTPUT_STORE_H_
