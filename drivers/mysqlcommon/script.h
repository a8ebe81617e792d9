// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_SCRIPT_H_
#define DRIVERS_MYSQLCOMMON_SCRIPT_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "drivers/mysqlcommon/set_statement.h"
#include "drivers/mysqlcommon/tokens.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/domain/sql/splitter.h"

namespace siphon::mysqlcommon {

// Facts about a body that was read to its end.
struct ScriptReport {
  std::string head;  // The first bytes of the body.
  uint64_t bytes = 0;
  std::string checksum;  // "sha256:..."
  uint64_t statements = 0;
};

// Receives the statements of a script, each with the settings in which the server reads it.
using StatementConsumer = absl::FunctionRef<absl::Status(const sql::Piece&, const ScriptSettings&)>;

// Splits a script that arrives in parts, as a restore reads it: follows its SET statements, because
// the end of a string depends on sql_mode and character_set_client. In a dump of siphon's a
// definition has the length that is recorded for it.
class StatementReader {
 public:
  // `rule` is that of the server.
  explicit StatementReader(const CommentRule& rule);
  // Calls `consume` for each statement that ends in `data`, and stops at its first error. The
  // splitter looks ahead: the end of a statement may be seen only when more data follows. The first
  // part must contain the first two lines of a dump. Errors are those of sql::Splitter::Feed(), of
  // `consume` and of the context.
  absl::Status Feed(const base::Context& context, std::string_view data, StatementConsumer consume);
  // For the end of the script. errs::kIntegrity when its last statement is incomplete; other errors
  // as sql::Splitter::Finish().
  absl::Status Finish(const base::Context& context, StatementConsumer consume);
  // True if the last error was not the splitter's.
  bool consumer_failed() const { return !consumed_.ok(); }
  // The number of statements so far.
  uint64_t statements() const { return statements_; }

 private:
  absl::Status Take(const base::Context& context, const sql::Piece& piece,
                    StatementConsumer consume);
  void Follow(std::string_view statement);

  sql::Splitter splitter_;
  CommentRule rule_;
  ScriptSettings settings_;
  bool begun_ = false;
  bool recorded_lengths_ = false;
  uint64_t statements_ = 0;
  absl::Status consumed_;
};

// The first and the last bytes of a script; 1024 at most.
struct ScriptEnds {
  std::string head, tail;
};
// Reads a script, or a part of one, to its end, in blocks of `block` bytes: feeds `statements` and
// finishes it. errs::kIntegrity if the bytes are not whole statements.
absl::StatusOr<ScriptEnds> ReadStatements(const base::Context& context, base::Reader& script,
                                          size_t block, StatementReader& statements,
                                          StatementConsumer consume);
// errs::kIntegrity if the end of a script does not have the mark that its beginning promises.
absl::Status CheckScriptEnds(const ScriptEnds& ends);

// Reads a body to its end and calls `consume` for each statement; returns the first error of
// `consume` (see StatementReader). `rule` is that of the server. errs::kIntegrity when the body is
// not a script of statements or was cut off: dumps of siphon, mysqldump and mariadb-dump end in a
// line that marks them as complete, and every script must end after a complete statement.
absl::StatusOr<ScriptReport> ReadScript(const base::Context& context, base::Reader& body,
                                        const CommentRule& rule, StatementConsumer consume);

// The comment rule for a server of unknown version: executes the versioned comments of every
// version that a server may have.
CommentRule NewestRule(bool mariadb);

// The name of the dumped database in the head of a body, of siphon's or of mysqldump or
// mariadb-dump; empty when the head has none.
std::string HeadDatabase(std::string_view head);

// The collation of the dumped database in the head of a body; empty when the head has none.
std::string HeadCollation(std::string_view head);

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_SCRIPT_H_
