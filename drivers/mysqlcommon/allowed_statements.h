// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_ALLOWED_STATEMENTS_H_
#define DRIVERS_MYSQLCOMMON_ALLOWED_STATEMENTS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "drivers/mysqlcommon/set_statement.h"
#include "drivers/mysqlcommon/statement.h"
#include "drivers/mysqlcommon/tokens.h"

namespace siphon::mysqlcommon {

// What a restore does with a statement of a dump.
struct Judgement {
  enum class Action {
    kRun,
    kSkip,   // Not about the content of the database: LOCK TABLES, SET GLOBAL, CREATE DATABASE.
    kRefuse  // See `reason`.
  };
  Action action = Action::kRefuse;
  Statement statement;
  // What is not allowed, for people: "GRANT", "SET of the variable general_log_file".
  std::string reason;
  // If set, the statement to run instead: the same without comments and without the names of the
  // dump's own database before those of its objects. The body of an object stays as it is.
  std::optional<std::string> sql;
  // The number of rows of an INSERT statement.
  int64_t rows = 0;
};

// Judges the statements of a dump, which may be hostile: only listed kinds run, each with the names
// in it confined to the restored database (see allowed_words.h). Nothing in them calls a function
// of a user's, reads a table or a file, or concerns the server or another database. The bodies of
// views, routines, triggers and events may contain anything: they are created, not run.
class StatementJudge {
 public:
  explicit StatementJudge(const CommentRule& rule) : rule_(rule) {}
  // The next statement, in the syntax of `settings`. Accepts any bytes.
  Judgement Judge(std::string_view sql, const ScriptSettings& settings);
  // The database that USE has named.
  const std::string& used() const { return used_; }

 private:
  CommentRule rule_;
  std::string used_;
};

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_ALLOWED_STATEMENTS_H_
