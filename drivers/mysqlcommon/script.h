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
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/domain/sql/splitter.h"

namespace siphon::mysqlcommon {

// What a body turned out to be.
struct ScriptReport {
  std::string head;  // The body's first bytes.
  uint64_t bytes = 0;
  std::string checksum;  // "sha256:..."
  uint64_t statements = 0;
};

// Reads a body to its end and hands on each of its statements. errs::kIntegrity for one that is no
// script of statements or was cut off: siphon's own dumps, mysqldump's and mariadb-dump's say that
// they are complete, any script ends behind a statement. Errors of `consume` are returned.
absl::StatusOr<ScriptReport> ReadScript(const base::Context& context, base::Reader& body,
                                        absl::FunctionRef<absl::Status(const sql::Piece&)> consume);

// The collation of the database that a body's head says it is of; empty where it does not say.
std::string HeadCollation(std::string_view head);

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_SCRIPT_H_
