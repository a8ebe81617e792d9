// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_CHOICE_H_
#define DRIVERS_POSTGRES_CHOICE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "drivers/postgres/relations.h"
#include "siphon/domain/verbs/verbs.h"

namespace siphon::postgres {

// What of a database a backup takes.
struct Choice {
  // pg_dump's --table, --exclude-table and --exclude-table-data. A partitioned table brings its
  // partitions along.
  std::vector<std::string> arguments;
  std::vector<Relation> tables;  // Those with rows of their own that are taken.
  bool whole = false;            // Nothing is left out.
};

// errs::kNotFound for a pattern that matches nothing, errs::kInvalidArgument for what is none.
absl::StatusOr<Choice> Choose(const verbs::BackupOptions& options,
                              const std::vector<Relation>& relations);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_CHOICE_H_
