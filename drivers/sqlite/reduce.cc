// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/sqlite/reduce.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "errs/status_macros.h"

namespace siphon::sqlite {

absl::StatusOr<std::unique_ptr<Stage>> Reduce(const base::Context& context, Database& from,
                                              const CopyPlan& plan, const Stage::Place& place,
                                              std::string_view operation) {
  ASSIGN_OR_RETURN(std::unique_ptr<Stage> reduced, Stage::Empty(place));
  ASSIGN_OR_RETURN(const std::unique_ptr<Database> to, reduced->OpenPrivate());
  Database::Scope from_scope(from, context, operation);
  Database::Scope to_scope(*to, context, operation);
  for (const std::string_view setting : {"encoding", "page_size", "auto_vacuum"}) {
    ASSIGN_OR_RETURN(const std::string value,
                     from.QueryText(absl::StrCat("PRAGMA main.", setting)));
    RETURN_IF_ERROR(to->Execute(absl::StrCat("PRAGMA main.", setting, " = '", value, "'")));
  }
  RETURN_IF_ERROR(CopyObjects(context, from, *to, plan));
  return reduced;
}

}  // namespace siphon::sqlite
