// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_STORAGE_LEASES_H_
#define SIPHON_DOMAIN_STORAGE_LEASES_H_

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "siphon/base/context.h"

namespace siphon::storage {

// The right to do something alone. The destructor gives it back. So does the death of the process,
// at once or after a while.
class Lease {
 public:
  virtual ~Lease() = default;
};

// The leases of a store, which all who use the store share.
class Leases {
 public:
  virtual ~Leases() = default;
  // Takes the lease `name`: any text, for example the name of a profile. `holder` tells others who
  // has it: "process 123 on db1, since 2026-03-01T11:22:02Z". errs::kBusy (exit code 2) with the
  // holder as the detail if another has it, also another of this process. Does not wait.
  virtual absl::StatusOr<std::unique_ptr<Lease>> Acquire(const base::Context& context,
                                                         std::string_view name,
                                                         std::string_view holder) = 0;
};

}  // namespace siphon::storage

#endif  // SIPHON_DOMAIN_STORAGE_LEASES_H_
