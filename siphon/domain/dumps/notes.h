// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_DUMPS_NOTES_H_
#define SIPHON_DOMAIN_DUMPS_NOTES_H_

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace siphon::dumps {

// How much of a dump a verification read, from the least to the most.
enum class Depth {
  kChecksum,  // All bytes, against the checksum.
  kDeep,      // Also all rows and blocks.
  kRestore,   // Also restored into a scratch database.
};
// "checksum", "deep", "restore".
std::string_view DepthName(Depth depth);

// The result of a verification.
struct Verified {
  absl::Time when;
  Depth depth = Depth::kChecksum;
  std::string failure = {};  // What is wrong with the dump; empty: nothing.
  bool passed() const { return failure.empty(); }
  friend bool operator==(const Verified&, const Verified&) = default;
};

// The decision of a person that a dump stays. Until it ends, nothing removes the dump.
struct Pin {
  absl::Time when;                                 // Of the decision.
  std::optional<absl::Time> until = std::nullopt;  // The end; unset: none.
  std::string reason = {};                         // For people; may be empty.
  friend bool operator==(const Pin&, const Pin&) = default;
};

// Facts about a dump that are recorded after its publication, in the object "<id>.notes.json".
// Unlike the sidecar, this object is rewritten, and it is optional.
struct Notes {
  std::set<std::string> tags;
  std::vector<Verified> verifications;  // Newest first, at most kMaxVerifications.
  std::optional<Pin> pin = std::nullopt;
  friend bool operator==(const Notes&, const Notes&) = default;

  // True if a pin is in force at this time.
  bool pinned(absl::Time now) const {
    return pin.has_value() && (!pin->until.has_value() || now < *pin->until);
  }
  // Adds a verification, and drops the oldest ones above the limit.
  void Add(Verified verified);
  // True if the last verification found a fault.
  bool damaged() const { return !verifications.empty() && !verifications.front().passed(); }
};

inline constexpr std::string_view kNotesSuffix = ".notes.json";
inline constexpr size_t kMaxVerifications = 16;
// The maximum number of tags of a dump.
inline constexpr size_t kMaxTags = 64;
// The maximum size of the object, in bytes.
inline constexpr size_t kNotesLimit = size_t{256} << 10;

// The maximum size of the reason of a pin, in bytes.
inline constexpr size_t kMaxPinReason = 256;

// Checks a tag: 1 to 64 characters of [A-Za-z0-9._-], the first not '.' or '-'.
absl::Status ValidateTag(std::string_view tag);

// For people: "pinned until 2027-01-01T00:00:00Z: audit".
std::string DescribePin(const Pin& pin);
// Checks the reason of a pin: at most kMaxPinReason bytes.
absl::Status ValidatePinReason(std::string_view reason);

// JSON with an indent of two spaces. A failure longer than 1 KiB is shortened.
std::string EncodeNotes(const Notes& notes);
// errs::kIntegrity for text that is not notes; ignores unknown keys.
absl::StatusOr<Notes> DecodeNotes(std::string_view json);

}  // namespace siphon::dumps

#endif  // SIPHON_DOMAIN_DUMPS_NOTES_H_
