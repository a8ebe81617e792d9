// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/storage/registry.h"

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "errs/error.h"

namespace siphon::storage {
namespace {

using Map = std::map<std::string, std::unique_ptr<StoreKind>, std::less<>>;

// Never destroyed, because a store may be in use while static objects are destroyed.
Map& Kinds() {
  static Map* const kinds = new Map();
  return *kinds;
}

}  // namespace

std::string Settings::Value(std::string_view key) const {
  const auto found = values.find(key);
  return found == values.end() ? "" : found->second;
}

void RegisterStoreKind(std::unique_ptr<StoreKind> kind) {
  std::string name(kind->name());
  if (!Kinds().emplace(name, std::move(kind)).second) {
    std::fprintf(stderr, "siphon: the store \"%s\" is registered twice\n", name.c_str());
    std::abort();
  }
}

absl::StatusOr<const StoreKind*> GetStoreKind(std::string_view name) {
  const auto found = Kinds().find(name);
  if (found != Kinds().end()) return found->second.get();
  return errs::UserError("storage", errs::kConfigInvalid,
                         absl::StrCat("no kind of stores is named \"", name, "\""),
                         absl::StrCat("this build has: ", absl::StrJoin(StoreKinds(), ", ")));
}

std::vector<std::string> StoreKinds() {
  std::vector<std::string> names;
  for (const auto& [name, kind] : Kinds()) names.push_back(name);
  return names;
}

}  // namespace siphon::storage
