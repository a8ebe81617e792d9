// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_DUMPS_LOOSE_DUMP_H_
#define SIPHON_DOMAIN_DUMPS_LOOSE_DUMP_H_

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "siphon/base/io.h"
#include "siphon/domain/dumps/catalog.h"
#include "siphon/domain/dumps/encryption.h"

namespace siphon::dumps {

// The name of standard input in errors.
inline constexpr std::string_view kStandardInput = "standard input";

// errs::kIntegrity: the input `name` ended before its first byte.
absl::Status EmptyInput(std::string_view op, std::string_view name);

// Opens a dump that is in no catalogue: `object` has its envelope and its body. Its sidecar has
// what the envelope tells, `name` as its id, and neither size nor checksum, so that only the
// structure of the body shows that it is complete. `encryption` opens an encrypted dump and may be
// null. errs::kIntegrity for anything else than a dump.
absl::StatusOr<OpenDump> OpenLooseDump(std::unique_ptr<base::Reader> object,
                                       const std::string& name,
                                       const Encryption* encryption = nullptr);

}  // namespace siphon::dumps

#endif  // SIPHON_DOMAIN_DUMPS_LOOSE_DUMP_H_
