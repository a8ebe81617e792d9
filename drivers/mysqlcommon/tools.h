// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_TOOLS_H_
#define DRIVERS_MYSQLCOMMON_TOOLS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "drivers/mysqlcommon/session.h"
#include "siphon/base/context.h"
#include "siphon/base/environment.h"
#include "siphon/base/file.h"
#include "siphon/driver/toolbox.h"

namespace siphon::mysqlcommon {

// The engine's programs of the system (`tools: system`).
enum class Program { kDump, kClient };

// Whose programs read and write dumps: siphon's own code, or these.
struct Programs {
  bool system = false;
  base::Environment environment;  // Where they are looked for and run.
};

// A program that is connected as the session is: to the same server with the same TLS settings.
// What it needs for that, the password too, stands in a file in memory that it inherits.
struct ToolCall {
  driver::ToolRun::Options options;
  // Must live until the program has ended.
  base::FileDescriptor option_file;
};
// Finds it on the PATH of `environment`; errs::kNotFound when it is not there, or the dump program
// is older than the server.
absl::StatusOr<ToolCall> CallTool(const base::Context& context, Program program,
                                  const Session& session, const base::Environment& environment);

// The text of such a file of options for a fork's programs; `tls`: the session's connection is
// encrypted. MariaDB's programs can't leave the host's name out when they verify: with verify-ca
// they look at it, too.
std::string OptionFile(const Settings& settings, const Fork& fork, bool tls);

// The engine's client, fed statement by statement.
class ClientPipe {
 public:
  // Runs in `database`.
  static absl::StatusOr<std::unique_ptr<ClientPipe>> Start(const base::Context& context,
                                                           const Session& session,
                                                           const std::string& database,
                                                           const base::Environment& environment);
  // `sql` without a delimiter at its end; `line` is where it stands in the dump, so that the
  // client's errors name that.
  absl::Status Send(std::string_view sql, uint64_t line);
  // Waits until everything has run.
  absl::Status Finish();

 private:
  ClientPipe(base::FileDescriptor option_file, std::unique_ptr<driver::ToolRun> run)
      : option_file_(std::move(option_file)), run_(std::move(run)) {}
  // The reason, when the client has ended.
  absl::Status Why(const absl::Status& status);

  base::FileDescriptor option_file_;
  std::unique_ptr<driver::ToolRun> run_;
  uint64_t line_ = 1;
};

// A program's failure with the cause that its words tell.
absl::Status ExplainToolFailure(const absl::Status& status);

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_TOOLS_H_
