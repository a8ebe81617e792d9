// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_SET_STATEMENT_H_
#define DRIVERS_MYSQLCOMMON_SET_STATEMENT_H_

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "drivers/mysqlcommon/tokens.h"

namespace siphon::mysqlcommon {

// One assignment of a SET statement.
struct Assignment {
  enum class Scope {
    kUser,     // @name
    kSession,  // A system variable of the session.
    kServer    // GLOBAL, PERSIST, PERSIST_ONLY
  };
  enum class Value {
    kText,             // A string; `value` without quotes.
    kWord,             // A bare word or number: ON, utf8mb4, 0.
    kUserVariable,     // `value`: its name.
    kSessionVariable,  // `value`: its name.
    kServerVariable,
    kDefault
  };
  Scope scope = Scope::kSession;
  std::string name;  // In lower case, without "@" and "@@session.".
  Value kind = Value::kWord;
  std::string value;
};

// The assignments of a SET statement that contains nothing else: no function, operator, subquery,
// or other form of SET (PASSWORD, ROLE, TRANSACTION, STATEMENT). SET NAMES and SET CHARACTER SET
// are the assignments that they stand for. std::nullopt for any other statement.
std::optional<std::vector<Assignment>> ParseSet(std::string_view sql, const Syntax& syntax,
                                                const CommentRule& rule);

// The settings that determine the syntax, of a session that runs a script.
class ScriptSettings {
 public:
  // Changes the settings as the assignments of a statement do.
  void Apply(const std::vector<Assignment>& assignments);
  const Syntax& syntax() const { return syntax_; }
  const std::string& sql_mode() const { return sql_mode_; }
  // True if both parse the rest of a script in the same way, even if it restores saved values.
  bool ReadsAs(const ScriptSettings& other) const;
  // False if a value for sql_mode or character_set_client cannot be known from the script: DEFAULT,
  // the server's value, a number, a variable that the same statement sets, a user variable that the
  // script did not set or that saves another variable of the session.
  bool Knows(const std::vector<Assignment>& assignments) const;
  // The value, if the script contains it.
  std::optional<std::string> ValueOf(const Assignment& assignment) const;

 private:
  bool KnowsOne(const Assignment& assignment) const;

  Syntax syntax_;
  std::string sql_mode_, charset_ = "utf8mb4";
  std::map<std::string, std::string> saved_;  // User variables with values that matter.
};

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_SET_STATEMENT_H_
