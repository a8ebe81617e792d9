// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_DUMPS_CHAINS_H_
#define SIPHON_DOMAIN_DUMPS_CHAINS_H_

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/types/span.h"
#include "siphon/domain/dumps/envelope.h"
#include "siphon/domain/dumps/notes.h"
#include "siphon/domain/dumps/sidecar.h"

// Rules of chains: a full dump and the increments that stand on it (docs/changes.md#chains).
namespace siphon::dumps {

// The values of Sidecar::dump_format for full dumps, for the increments of siphon (Go), and for
// those of SQLite (docs/changes.md#sqlite-pages-1).
inline constexpr std::string_view kFormatCustom = "custom";
inline constexpr std::string_view kFormatChanges = "jsonl-changes";
inline constexpr std::string_view kFormatPages = "sqlite-pages-1";

// The most dumps of a chain: a restore has all of them open at once.
inline constexpr size_t kLongestChain = 100;

// The place of a new increment: the first dump of its chain, the last one, and its own format.
struct ChainLink {
  std::string base_id, parent_id;
  std::string format;
};

bool IsIncrement(const Sidecar& dump);
// The value of Sidecar::dump_format for the dump of this envelope.
std::string DumpFormatOf(const Envelope& envelope);

// The ids of the increments that stand on dump `id`, directly or on others that do, in the order of
// `dumps`.
std::vector<std::string> IncrementsOn(absl::Span<const Sidecar> dumps, std::string_view id);

// Why the state of a dump is not known to be restorable, as the end of a sentence that begins with
// its id: "is an incremental of siphon (Go)", "stands on X, which is missing". Empty if it is, and
// for a full dump. `dumps` and `notes` are those of a listing.
std::string WhyChainIsUnusable(const Sidecar& dump, absl::Span<const Sidecar> dumps,
                               const std::map<std::string, Notes>& notes);

}  // namespace siphon::dumps

#endif  // SIPHON_DOMAIN_DUMPS_CHAINS_H_
