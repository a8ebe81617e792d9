// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/restore_options.h"

#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "drivers/postgres/exclude.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::postgres {
namespace {

constexpr std::string_view kOp = "postgres.restore";

absl::Status Contradiction(std::string_view a, std::string_view b, std::string_view why) {
  return errs::UserError(kOp, errs::kInvalidArgument,
                         absl::StrCat(a, " and ", b, " contradict each other"), why);
}

}  // namespace

absl::Status CheckOptions(const verbs::RestoreOptions& options) {
  if (options.schema_only && options.data_only) {
    return Contradiction("schema-only", "data-only", "");
  }
  if (!options.create.empty() && options.clean) {
    return Contradiction("--create", "--clean", "a new database has nothing to replace");
  }
  if (!options.create.empty() && options.data_only) {
    return Contradiction("--create", "--data-only", "a new database has no tables for the rows");
  }
  RETURN_IF_ERROR(CheckExclusions(options.exclude_objects));
  for (const std::string& schema : options.search_path) {
    if (schema.empty()) {
      return errs::UserError(kOp, errs::kInvalidArgument, "--search-path has an empty name",
                             "name schemas, with commas between them");
    }
  }
  if (options.jobs > 1 && options.single_transaction.value_or(false)) {
    return Contradiction("--jobs", "--single-transaction", "each job has its own transaction");
  }
  return absl::OkStatus();
}

}  // namespace siphon::postgres
