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

// pg_dump or pg_restore about to be run.
struct ToolCall {
  driver::ToolRun::Options options;
  // Must live until the tool has ended.
  base::FileDescriptor service_file;
};

// Prepares `tool` for a connection with `settings`, as the session called `application_name`: the
// connection's settings in the environment, no secret among the arguments. The arguments hold
// --dbname already.
absl::StatusOr<ToolCall> CallTool(const driver::Tool& tool, const Settings& settings,
                                  const std::string& application_name,
                                  const base::Environment& environment);

// The same for a tool that needs no connection.
ToolCall CallToolOffline(const driver::Tool& tool, const base::Environment& environment);

// What siphon shows of a tool's standard error under --verbose: which table is at hand.
driver::ToolRun::Line ClassifyToolLine(std::string_view line);

// `status`, a tool's failure with its last lines as the detail, with the cause and the hint that
// the lines tell: a lost server, a full disk, a missing privilege, damaged data, ...
absl::Status ExplainToolFailure(const absl::Status& status);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_TOOLS_H_
