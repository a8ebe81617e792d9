// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_DUMPS_AGREEMENT_H_
#define SIPHON_DOMAIN_DUMPS_AGREEMENT_H_

#include <string_view>

#include "absl/status/status.h"
#include "siphon/domain/dumps/envelope.h"
#include "siphon/domain/dumps/sidecar.h"

namespace siphon::dumps {

inline constexpr std::string_view kTypeBase = "base";
inline constexpr std::string_view kTypeIncremental = "incremental";
inline constexpr std::string_view kCompressionZstd = "zstd";
inline constexpr std::string_view kLayoutFrames = "frames/1";

// Succeeds for "sha256:" and 64 lower-case hex digits; else errs::kIntegrity, which names the dump.
absl::Status CheckChecksumForm(std::string_view id, std::string_view checksum);

// Checks that the dump of an envelope can be read: a known type with matching ids, known
// compression and layout, known attachments. errs::kIntegrity, which names the dump and the fault.
absl::Status CheckEnvelope(std::string_view id, const Envelope& envelope);

// Compares a sidecar with the envelope of its dump. errs::kIntegrity, which names the field that
// differs and both values.
absl::Status CheckAgreement(const Sidecar& sidecar, const Envelope& envelope);

}  // namespace siphon::dumps

#endif  // SIPHON_DOMAIN_DUMPS_AGREEMENT_H_
