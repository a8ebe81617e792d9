// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/migration_variables.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "drivers/mysqlcommon/session_variables.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::mysqlcommon {
namespace {

// Setting max_join_size sets sql_big_selects, so that one is always set after it.
constexpr std::string_view kJoins = "max_join_size", kBigSelects = "sql_big_selects";

// Numbers as the server shows them: "0.000000" is 0.
bool SameValue(std::string_view a, std::string_view b) {
  double x = 0, y = 0;
  return a == b || (absl::SimpleAtod(a, &x) && absl::SimpleAtod(b, &y) && x == y);
}

// The value in SQL, whatever sql_mode says of quotes.
std::string Literal(const std::string& value) {
  double number = 0;
  if (absl::SimpleAtod(value, &number)) return value;
  return absl::StrCat("_utf8mb4 X'", absl::BytesToHexString(value), "'");
}

}  // namespace

MigrationVariables::MigrationVariables(Session* session) : session_(session) {
  for (const SessionVariable& variable : kOwnVariables) {
    if (!variable.in_migrations) continue;
    if (variable.feature.has_value() && !session->Accepts(*variable.feature)) continue;
    std::string_view value = variable.value;
    if (absl::ConsumePrefix(&value, "'")) absl::ConsumeSuffix(&value, "'");
    variables_.push_back({variable.name, value});
  }
}

std::vector<std::string> MigrationVariables::OwnValues() const {
  std::vector<std::string> values;
  for (const Variable& variable : variables_) values.emplace_back(variable.own);
  return values;
}

bool MigrationVariables::Has(std::string_view name) const {
  return std::any_of(variables_.begin(), variables_.end(),
                     [&](const Variable& variable) { return variable.name == name; });
}

absl::Status MigrationVariables::Set(const base::Context& context,
                                     const std::vector<std::string>& from,
                                     const std::vector<std::string>& values) {
  std::vector<std::string> assignments;
  bool joins = false;
  for (size_t i = 0; i < variables_.size(); ++i) {
    const std::string_view name = variables_[i].name;
    if (SameValue(from[i], values[i]) && !(joins && name == kBigSelects)) continue;
    joins = joins || name == kJoins;
    assignments.push_back(absl::StrCat(name, " = ", Literal(values[i])));
  }
  if (assignments.empty()) return absl::OkStatus();
  return session_->Execute(context,
                           absl::StrCat("SET SESSION ", absl::StrJoin(assignments, ", SESSION ")));
}

absl::Status MigrationVariables::EnterOwn(const base::Context& context) {
  if (own_) return absl::OkStatus();
  if (!known_) {
    std::vector<std::string> names;
    for (const Variable& variable : variables_) {
      names.push_back(absl::StrCat("@@SESSION.", variable.name));
    }
    // sql_select_limit does not apply to a statement with a LIMIT.
    ASSIGN_OR_RETURN(
        const Rows rows,
        session_->Query(context, absl::StrCat("SELECT ", absl::StrJoin(names, ", "), " LIMIT 1")));
    if (rows.empty()) return errs::InternalError("mysql.migrate", "the server has no variables");
    users_.clear();
    for (size_t i = 0; i < variables_.size(); ++i) users_.emplace_back(Text(rows[0], i));
    known_ = true;
  }
  RETURN_IF_ERROR(Set(context, users_, OwnValues()));
  own_ = true;
  return absl::OkStatus();
}

absl::Status MigrationVariables::EnterUsers(const base::Context& context) {
  if (!own_) return absl::OkStatus();
  RETURN_IF_ERROR(Set(context, OwnValues(), users_));
  own_ = false;
  return absl::OkStatus();
}

void MigrationVariables::Reset() {
  if (own_) users_ = kept_;
}

}  // namespace siphon::mysqlcommon
