// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_SCRIPT_H_
#define DRIVERS_MYSQLCOMMON_SCRIPT_H_

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

// Reads a body to its end and calls `consume` for each statement; returns the first error of
// `consume`. Follows the SET statements of the script: where a string ends depends on sql_mode and
// character_set_client. In a dump of siphon's a definition has the length that is recorded for it.
// `rule` is that of the server. errs::kIntegrity when the body is not a script of statements or was
// cut off: dumps of siphon, mysqldump and mariadb-dump end in a line that marks them as complete,
// and every script must end after a complete statement.
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
