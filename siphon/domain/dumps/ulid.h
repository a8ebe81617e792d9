// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_DUMPS_ULID_H_
#define SIPHON_DOMAIN_DUMPS_ULID_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace siphon::dumps {

// Creates a ULID (github.com/ulid/spec): 48 bits of milliseconds and 80 random bits of BoringSSL,
// as 26 upper-case characters of Crockford's base 32. ULIDs sort by time.
std::string NewUlid(absl::Time now);

// True for a valid ULID.
bool IsUlid(std::string_view id);

// errs::kInvalidArgument for an id that cannot be part of a file name: empty, ".", "..", or with
// '/', '\\', ".." or control characters. Ids need not be ULIDs (docs/contracts.md#dump-ids).
absl::Status ValidateId(std::string_view id);

}  // namespace siphon::dumps

#endif  // SIPHON_DOMAIN_DUMPS_ULID_H_
