// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DRIVER_TOOLBOX_H_
#define SIPHON_DRIVER_TOOLBOX_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "errs/error.h"
#include "siphon/base/context.h"
#include "siphon/base/environment.h"
#include "siphon/base/io.h"
#include "siphon/domain/profile/profile.h"
#include "siphon/domain/sql/dialect.h"
#include "siphon/driver/version.h"

namespace siphon::driver {

// A program that a driver runs.
struct Tool {
  std::string name;   // "pg_dump".
  std::string path;   // The program to execute; siphon itself for a built-in tool.
  std::string argv0;  // Its argv[0].
  Version version;
  bool builtin = false;
};

// Folders that are searched for system tools after PATH; "*" matches any one name.
inline constexpr std::string_view kToolPlaces[] = {"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin"};

class Toolbox {
 public:
  // Finds the tool `name` for a server of major version `minimal_major`. kAuto: the built-in tool,
  // unless it is older than the server; then the first one in the PATH of `environment` that is new
  // enough, or else the newest in `places`. kBuiltin, kSystem: only tools of that kind.
  // errs::kNotFound lists all versions that were found.
  static absl::StatusOr<Tool> Pick(const base::Context& context, std::string_view name,
                                   profile::Tools policy, int minimal_major,
                                   const base::Environment& environment,
                                   const std::vector<std::string>& places = {
                                       std::begin(kToolPlaces), std::end(kToolPlaces)});
};

// The path to execute this program again: /proc/self/exe, or, without /proc, the name with which it
// was started (getauxval(3), AT_EXECFN).
absl::StatusOr<std::string> SelfPath();

// A running tool. A thread reads its standard error and emits the lines as events; the last lines
// are kept for the error. The tool is killed and reaped when the context stops or the object is
// destroyed. Not thread-safe, except that two threads may use in() and out().
class ToolRun {
 public:
  // The kind of a line of the tool's standard error. kDetail is kept for the error and not shown,
  // kNoise is dropped.
  enum class Line { kMessage, kWarning, kDetail, kNoise };
  // Classifies lines of PostgreSQL's tools: "...: warning: ..." is a warning; "error:", "detail:"
  // and "hint:" are details; other lines are messages.
  static Line ClassifyLine(std::string_view line);

  enum class Stream { kNull, kPipe };
  struct Options {
    Tool tool;
    std::vector<std::string> arguments;  // After argv[0]; no secrets.
    // The complete environment of the child, except `secrets`.
    std::map<std::string, std::string> environment;
    // Variables with secrets ("PGPASSWORD"). Their values are removed from the tool's output.
    std::map<std::string, std::string> secrets;
    Stream in = Stream::kNull;
    Stream out = Stream::kNull;
    std::vector<int> inherit;  // Descriptors that the tool inherits, with the same numbers.
    std::string stage;         // The stage of the events.
    std::function<Line(std::string_view)> classify = &ClassifyLine;
    // Whose messages the tool passes on: strings in the statements that they quote are removed
    // (sql::ToolOutput).
    sql::Dialect dialect = sql::Dialect::kPostgres;
  };
  static absl::StatusOr<std::unique_ptr<ToolRun>> Start(const base::Context& context,
                                                        Options options);
  ~ToolRun();

  // For Stream::kPipe; see base::ChildProcess. If they fail because the tool has ended, Wait()
  // returns the reason.
  base::Writer& in();
  base::Reader& out();
  void CloseIn();

  // Waits until the tool has ended; read out() to its end before. Returns the context's status if
  // it stops. errs::kDatabase, with the tool's last lines, for an exit code other than 0.
  absl::Status Wait();
  // True once the tool has closed its standard error, which it does when it ends.
  bool ended() const;
  // The last lines of standard error, oldest first; complete after Wait().
  std::vector<std::string> LastLines() const;

 private:
  struct State;
  explicit ToolRun(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// A text in the error output of a tool, with the cause and the hint for it.
struct ToolFailure {
  std::string_view text;
  errs::Cause cause;
  std::string_view hint;  // May be empty.
};
// A copy of a status of ToolRun::Wait() with the cause and hint of the first of `known` whose text
// is in the tool's last lines. Another status is returned unchanged.
absl::Status ExplainToolFailure(const absl::Status& status, absl::Span<const ToolFailure> known);

}  // namespace siphon::driver

#endif  // SIPHON_DRIVER_TOOLBOX_H_
