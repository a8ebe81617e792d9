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

// The engine's own programs, installed on the system (`tools: system`).
enum class Program { kDump, kClient };

// Whether siphon's own code or the system's programs read and write dumps.
struct Programs {
  bool system = false;
  base::Environment environment;  // The programs are searched on its PATH and run in it.
};

// A program to be run against the session's server with the same TLS settings. It inherits a file
// in memory that contains all connection settings, including the password.
struct ToolCall {
  driver::ToolRun::Options options;
  // Must stay open until the program has ended.
  base::FileDescriptor option_file;
};
// Searches the program on the PATH of `environment`. errs::kNotFound when it is missing, or when
// the dump program is older than the server.
absl::StatusOr<ToolCall> CallTool(const base::Context& context, Program program,
                                  const Session& session, const base::Environment& environment);

// The content of that option file for a fork's programs; `tls` says whether the session's
// connection is encrypted. MariaDB's programs always check the host's name when they verify a
// certificate, even with verify-ca.
std::string OptionFile(const Settings& settings, const Fork& fork, bool tls);

// The engine's client program; siphon writes statements to its standard input.
class ClientPipe {
 public:
  // Starts the client in `database`.
  static absl::StatusOr<std::unique_ptr<ClientPipe>> Start(const base::Context& context,
                                                           const Session& session,
                                                           const std::string& database,
                                                           const base::Environment& environment);
  // Sends `sql`, which has no delimiter at its end. `line` is its line in the dump; the client's
  // error messages refer to it.
  absl::Status Send(std::string_view sql, uint64_t line);
  // Waits until the client has run everything.
  absl::Status Finish();

 private:
  ClientPipe(base::FileDescriptor option_file, std::unique_ptr<driver::ToolRun> run)
      : option_file_(std::move(option_file)), run_(std::move(run)) {}
  // `status`, or the client's error when the client has ended.
  absl::Status Why(const absl::Status& status);

  base::FileDescriptor option_file_;
  std::unique_ptr<driver::ToolRun> run_;
  uint64_t line_ = 1;
};

// The failure of a program, with the cause found in its messages.
absl::Status ExplainToolFailure(const absl::Status& status);

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_TOOLS_H_
