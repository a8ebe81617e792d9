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
// function did not find a name because the search_path is empty during a restore, the provider of a
// security label is not loaded, or the dump lacks an object that a table needs. The new hint names
// the objects and what the user can do. `scratch`: the target is a scratch database.
absl::Status ExplainFailedCommand(const absl::Status& status, const Archive& archive,
                                  const FailedCommand& command, bool scratch);

// True if more rights could help the user of a restore with this failure: the server says so, or an
// object is missing in the target. A missing object counts if the dump is of a whole database and
// if the restore left objects out for lack of rights (`left_out`). True for a pg_restore that does
// not report the SQLSTATE.
bool NeedsRights(const FailedCommand& command, const Archive& archive, bool left_out);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_FAILURE_REPORT_H_
