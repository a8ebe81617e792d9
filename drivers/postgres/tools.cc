// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/tools.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::postgres {
namespace {

constexpr std::string_view kOp = "postgres.tool";

// Variables of siphon's environment that a tool gets: they locate files in the user's home
// (root.crt, postgresql.crt) and configure the resolver.
constexpr std::string_view kPassedOn[] = {"HOME",          "PATH",         "TZ",
                                          "USER",          "LOCALDOMAIN",  "RES_OPTIONS",
                                          "SSL_CERT_FILE", "SSL_CERT_DIR", "SIPHON_RECEIVE_LIMIT"};

// A known failure. Of a command that failed at the server, the SQLSTATE decides: the text of the
// error may come from a function of the dump, and is in the language of the server.
struct KnownFailure {
  driver::ToolFailure failure;
  std::string_view state = "";  // Its beginning; empty for what is no error of a command.
};
constexpr KnownFailure kFailures[] = {
    {{"server closed the connection unexpectedly", errs::kConnectionFailed,
      "the server ended the connection; see its log"}},
    {{"terminating connection", errs::kConnectionFailed, "the server ended the connection"}},
    {{"could not receive data from server", errs::kConnectionFailed, "the network failed"}},
    {{"could not send data to server", errs::kConnectionFailed, "the network failed"}},
    {{"SSL SYSCALL error", errs::kConnectionFailed, "the network failed"}},
    {{"SSL connection has been closed", errs::kConnectionFailed, "the network failed"}},
    {{"connection to server", errs::kConnectionFailed, ""}},
    {{"No space left on device", errs::kIo, "the server's disk is full"}, "53100"},
    {{"could not extend file", errs::kIo, "the server's disk is full"}, "53100"},
    {{"could not write block", errs::kIo, "the server's disk failed"}, "58030"},
    {{"max_locks_per_transaction", errs::kDatabase,
      "too many objects for one transaction; raise max_locks_per_transaction of the server, or use"
      " --create NAME --no-single-transaction"},
     "53200"},
    {{"invalid page in block", errs::kIntegrity, "the database is damaged"}, "XX001"},
    {{"missing chunk number", errs::kIntegrity, "the database is damaged"}, "XX001"},
    {{"unexpected chunk number", errs::kIntegrity, "the database is damaged"}, "XX001"},
    {{"canceling statement due to lock timeout", errs::kBusy,
      "another session uses an object that is to be replaced; end the session and try again"},
     "55P03"},
    {{"deadlock detected", errs::kBusy, "another session holds conflicting locks; try again"},
     "40P01"},
    {{"query would be affected by row-level security", errs::kDatabase,
      "the user may not see all rows; back up as a user with BYPASSRLS, or as the owner of the "
      "tables, unless they have FORCE ROW LEVEL SECURITY"},
     "42501"},
    {{"must be owner of", errs::kDatabase, "the user must own the object"}, "42501"},
    {{"must be member of role", errs::kDatabase,
      "the user must be a member of the owner's role; or use --no-owner"},
     "42501"},
    {{"must be able to SET ROLE", errs::kDatabase,
      "the user must be a member of the owner's role; or use --no-owner"},
     "42501"},
    {{"must be superuser", errs::kDatabase, "only a superuser may do this"}, "42501"},
    {{"permission denied", errs::kDatabase, "the user lacks a privilege"}, "42501"},
    {{"cannot drop", errs::kDatabase,
      "an object that is not in the dump depends on an object that is to be replaced; drop it "
      "first"},
     "2BP01"},
    {{"aborting because of server version mismatch", errs::kDatabase,
      "the tool is older than the server; see --tools"}},
    {{"unrecognized configuration parameter", errs::kDatabase,
      "the tool is newer than the server; use --tools builtin"},
     "42704"},
};
// States that need no text of the message. 53200 and 42704 have other causes, too.
constexpr std::string_view kWithoutText[] = {"53100", "58030", "XX001", "55P03",
                                             "40P01", "42501", "2BP01"};

// A file in memory with `text`, for a child process.
absl::StatusOr<base::FileDescriptor> MemoryFile(std::string_view text) {
  // Without MFD_CLOEXEC, because the tool opens the descriptor by its number.
  base::FileDescriptor file(memfd_create("siphon", 0));
  if (!file.valid()) return errs::ErrnoError(kOp, "cannot make a file in memory", errno);
  while (!text.empty()) {
    const ssize_t count = write(file.get(), text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errs::ErrnoError(kOp, "cannot write to memory", errno);
    text.remove_prefix(static_cast<size_t>(count));
  }
  return file;
}

}  // namespace

ToolCall CallToolOffline(const driver::Tool& tool, const base::Environment& environment) {
  ToolCall call;
  call.options.tool = tool;
  for (const std::string_view name : kPassedOn) {
    const std::optional<std::string> value = environment.Get(name);
    if (value.has_value()) call.options.environment[std::string(name)] = *value;
  }
  // siphon parses the messages.
  call.options.environment["LC_ALL"] = "C";
  call.options.classify = &ClassifyToolLine;
  return call;
}

absl::StatusOr<ToolCall> CallTool(const driver::Tool& tool, const Settings& settings,
                                  const std::string& application_name,
                                  const base::Environment& environment) {
  ToolCall call = CallToolOffline(tool, environment);
  ChildSettings child = SettingsForChild(settings);
  for (auto& [name, value] : child.environment) call.options.environment[name] = std::move(value);
  call.options.environment["PGAPPNAME"] = application_name;
  call.options.environment.emplace("PGCONNECT_TIMEOUT",
                                   absl::StrCat(kDefaultConnectTimeout.count()));
  call.options.secrets = std::move(child.secrets);
  call.options.arguments = {"--verbose", "--no-password", "--dbname=" + child.conninfo};
  // The tools of the system do not know siphon's rules for passwords.
  if (const auto forbidden = ForbiddenMethods(settings); !tool.builtin && !forbidden.empty()) {
    call.options.environment.emplace("PGREQUIREAUTH", forbidden);
  }
  const auto passphrase = call.options.secrets.find("PGSSLPASSWORD");
  if (tool.builtin || passphrase == call.options.secrets.end()) return call;
  // Only the built-in tools know PGSSLPASSWORD.
  ASSIGN_OR_RETURN(call.service_file, MemoryFile(ServiceFile(passphrase->second)));
  call.options.inherit.push_back(call.service_file.get());
  call.options.environment["PGSERVICE"] = std::string(kServiceName);
  call.options.environment["PGSERVICEFILE"] =
      absl::StrCat("/proc/self/fd/", call.service_file.get());
  return call;
}

driver::ToolRun::Line ClassifyToolLine(std::string_view line) {
  using Line = driver::ToolRun::Line;
  const Line kind = driver::ToolRun::ClassifyLine(line);
  if (kind != Line::kMessage) return kind;
  for (const std::string_view sign : {"dumping contents of table", "processing data for table"}) {
    if (absl::StrContains(line, sign)) return Line::kMessage;
  }
  return Line::kNoise;
}

absl::Status ExplainToolFailure(const absl::Status& status, std::string_view state) {
  std::vector<driver::ToolFailure> known, others;
  for (const KnownFailure& one : kFailures) {
    const bool of_state = absl::StartsWith(state, one.state);
    if (state.empty() || one.state.empty() || of_state) known.push_back(one.failure);
    if (of_state && std::find(std::begin(kWithoutText), std::end(kWithoutText), one.state) !=
                        std::end(kWithoutText)) {
      others.push_back(one.failure);
      others.back().text = "";
    }
  }
  // The last one of a state is the most general.
  if (!others.empty()) known.push_back(others.back());
  return driver::ExplainToolFailure(status, known);
}

}  // namespace siphon::postgres
