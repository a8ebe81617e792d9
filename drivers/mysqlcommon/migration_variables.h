// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_MIGRATION_VARIABLES_H_
#define DRIVERS_MYSQLCOMMON_MIGRATION_VARIABLES_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "drivers/mysqlcommon/session.h"
#include "siphon/base/context.h"

namespace siphon::mysqlcommon {

// The variables of a migration session that can cut, refuse or end one of siphon's own statements:
// sql_select_limit, sql_safe_updates, max_join_size and the like. The user's statements run with
// the user's values, siphon's own with those of session_variables.h.
class MigrationVariables {
 public:
  // `session` must outlive this object.
  explicit MigrationVariables(Session* session);

  // Called before a statement of siphon's own, and before one of the user's. Neither sends anything
  // where the values need no change. Neither commits or changes a transaction.
  absl::Status EnterOwn(const base::Context& context);
  absl::Status EnterUsers(const base::Context& context);
  // Called after a statement of the user's, which may have set the variables.
  void MayHaveChanged() { known_ = false; }

  // Keeps the user's present values for Reset(). Called after EnterOwn().
  void Keep() { kept_ = users_; }
  // Makes the kept values the user's again, from the next EnterUsers() on. Called after EnterOwn().
  void Reset();
  // True if it is one of these variables.
  bool Has(std::string_view name) const;

 private:
  struct Variable {
    std::string_view name;
    std::string_view own;
  };
  std::vector<std::string> OwnValues() const;
  // Sets the variables that differ from `from`.
  absl::Status Set(const base::Context& context, const std::vector<std::string>& from,
                   const std::vector<std::string>& values);

  Session* const session_;
  std::vector<Variable> variables_;
  // In the order of `variables_`.
  std::vector<std::string> users_, kept_;
  bool known_ = false;  // users_ is known.
  bool own_ = false;    // The session has siphon's values.
};

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_MIGRATION_VARIABLES_H_
