// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_FAILURE_REPORT_H_
#define DRIVERS_POSTGRES_FAILURE_REPORT_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "drivers/postgres/archive.h"
#include "siphon/driver/toolbox.h"

namespace siphon::postgres {

// The command of pg_restore that failed.
struct FailedCommand {
  int32_t entry = 0;         // The id of its entry in the archive; 0 if unknown.
  std::string state;         // The SQLSTATE, from the built-in pg_restore only; "" if unknown.
  bool in_function = false;  // The error arose in a query inside a function.
};

// Collects facts about the failure from pg_restore's verbose output: "from TOC entry ID; ..." and
// "SQLSTATE ..." (0016-report-sqlstate.patch).
class FailureReport {
 public:
  // For driver::ToolRun::Options::classify; the same as ClassifyToolLine().
  driver::ToolRun::Line Classify(std::string_view line);
  const FailedCommand& command() const { return command_; }

 private:
  FailedCommand command_;
};

// Removes an empty "Command was:" from the error. The command is empty if it is siphon's own,
// because its text is not quoted.
absl::Status WithoutOwnCommand(const absl::Status& status);

// Replaces the hint of `status`, a failure of pg_restore, if the command reveals the cause: a
// function did not find a name because the search_path is empty during a restore, or the provider
// of a security label is not loaded. The new hint names the objects and what the user can do.
absl::Status ExplainFailedCommand(const absl::Status& status, const Archive& archive,
                                  const FailedCommand& command);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_FAILURE_REPORT_H_
