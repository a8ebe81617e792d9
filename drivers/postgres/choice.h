// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_CHOICE_H_
#define DRIVERS_POSTGRES_CHOICE_H_

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "drivers/postgres/relations.h"
#include "drivers/postgres/session.h"
#include "siphon/base/context.h"
#include "siphon/domain/verbs/verbs.h"

namespace siphon::postgres {

// The part of a database that a backup includes.
struct Choice {
  // pg_dump's --table, --exclude-table and --exclude-table-data, in UTF-8. A partitioned table
  // includes its partitions.
  std::vector<std::string> arguments;
  std::vector<Relation> tables;  // The included tables that have rows of their own.
  // The oids of all included relations, and of those in `tables` whose rows are included.
  std::set<std::string, std::less<>> relations, with_rows;
  // The names of those whose rows were chosen but cannot be read (Relation::out_of_reach).
  std::vector<std::string> out_of_reach;
  std::vector<std::string> sequences_out_of_reach;  // The same for values of sequences.
  bool whole = false;                               // Nothing is left out.
};

// errs::kNotFound for a pattern without a match, errs::kInvalidArgument for an invalid pattern.
absl::StatusOr<Choice> Choose(const verbs::BackupOptions& options,
                              const std::vector<Relation>& relations);

// Converts arguments in UTF-8 to the encoding of the session's database, in which pg_dump takes
// them.
absl::Status EncodeArguments(const base::Context& context, Session& session,
                             std::vector<std::string>& arguments);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_CHOICE_H_
