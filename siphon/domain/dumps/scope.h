// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_DUMPS_SCOPE_H_
#define SIPHON_DOMAIN_DUMPS_SCOPE_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace siphon::dumps {

// How much of its database a dump holds.
enum class Kind {
  kUnknown,   // Not recorded: siphon (Go) or an earlier version made the dump.
  kFull,      // The whole database.
  kPartial,   // What the filters of its backup let through.
  kImported,  // What another program wrote; siphon cannot tell whether it is the whole database.
};

// "full", "partial", "imported"; empty for kUnknown.
std::string_view KindName(Kind kind);
// The kind with this name; kUnknown for every other text, so that a dump of a newer version of
// siphon is never taken for a full one.
Kind KindOfName(std::string_view name);

// The options of a backup that leave out tables.
inline constexpr std::string_view kTableFilter = "table", kExcludeTableFilter = "exclude-table";

// The annotation (verbs::RestoreOptions) that tells a driver that the dump is of some tables of its
// database, so that --clean replaces these only. Earlier versions stored it in dumps of MySQL and
// MariaDB; now the filters tell it.
inline constexpr std::string_view kScopeAnnotation = "scope", kSomeTables = "partial";

// The number of the filters of each option: {"schema-only": 1, "table": 2}.
using FilterCounts = std::map<std::string, uint64_t>;
FilterCounts CountFilters(const std::vector<std::string>& filters);

// The kind of a dump that records `kind` and has these annotations.
Kind RecordedKind(std::string_view kind, const std::map<std::string, std::string>& annotations);

// The part of a database that a dump holds, and the occasion.
struct Scope {
  Kind kind = Kind::kUnknown;
  // The filters of a partial dump, as the options of its backup: "table=users", "schema-only".
  std::vector<std::string> filters = {};
  // The dump was made by `migrate --backup` before this migration was applied; empty: it was not.
  std::string before_migration = {};
  friend bool operator==(const Scope&, const Scope&) = default;
};

}  // namespace siphon::dumps

#endif  // SIPHON_DOMAIN_DUMPS_SCOPE_H_
