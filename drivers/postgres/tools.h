// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_TOOLS_H_
#define DRIVERS_POSTGRES_TOOLS_H_

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "drivers/postgres/conninfo.h"
#include "siphon/base/context.h"
#include "siphon/base/environment.h"
#include "siphon/base/file.h"
#include "siphon/domain/profile/profile.h"
#include "siphon/driver/toolbox.h"

namespace siphon::postgres {

// A prepared run of pg_dump or pg_restore.
struct ToolCall {
  driver::ToolRun::Options options;
  // Must stay open until the tool has ended.
  base::FileDescriptor service_file;
};

// Prepares `tool` for a connection with `settings` and this application_name. The settings are in
// the environment, and no argument holds a secret. The arguments include --dbname.
absl::StatusOr<ToolCall> CallTool(const driver::Tool& tool, const Settings& settings,
                                  const std::string& application_name,
                                  const base::Environment& environment);

// Prepares `tool` for a run without a connection.
ToolCall CallToolOffline(const driver::Tool& tool, const base::Environment& environment);

// Selects the lines of a tool's standard error that siphon shows: those that name the current
// table.
driver::ToolRun::Line ClassifyToolLine(std::string_view line);

// Adds cause and hint to `status`, the failure of a tool with its last lines as the detail: a lost
// server, a full disk, a missing privilege, damaged data, ... The SQLSTATE of the failed command,
// if it is known, decides what the words of a message may mean.
absl::Status ExplainToolFailure(const absl::Status& status, std::string_view state = "");

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_TOOLS_H_
