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
#include "siphon/base/context.h"
#include "siphon/base/environment.h"
#include "siphon/base/io.h"
#include "siphon/domain/profile/profile.h"
#include "siphon/driver/version.h"

namespace siphon::driver {

// A program that a driver runs.
struct Tool {
  std::string name;   // "pg_dump".
  std::string path;   // What is executed: siphon itself for a built-in one.
  std::string argv0;  // What it is called then.
  Version version;
  bool builtin = false;
};

// Where system tools are looked for behind PATH; a "*" stands for any one name.
inline constexpr std::string_view kToolPlaces[] = {"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin"};

class Toolbox {
 public:
  // The tool `name` for a server whose major version is `minimal_major`. kAuto: the built-in one,
  // unless it is older than that; then the first that is new enough on the PATH of `environment`,
  // or the newest in `places`. kBuiltin and kSystem: only of that kind. Where there is none,
  // errs::kNotFound names every version that was found, and the hint says what to do.
  static absl::StatusOr<Tool> Pick(const base::Context& context, std::string_view name,
                                   profile::Tools policy, int minimal_major,
                                   const base::Environment& environment,
                                   const std::vector<std::string>& places = {
                                       std::begin(kToolPlaces), std::end(kToolPlaces)});
};

// The path that runs this program once more: /proc/self/exe, or without /proc the name that it was
// started by (getauxval(3), AT_EXECFN).
absl::StatusOr<std::string> SelfPath();

// A tool at work. Its standard error is read all the time, in a thread of its own, and becomes
// events; its last lines are kept for the error. It is killed and reaped when the context stops or
// the object is destroyed. For one thread at a time, but in() and out() may be used by two.
class ToolRun {
 public:
  // What a line of the tool's standard error is. kDetail is kept for the error but not shown,
  // kNoise is neither.
  enum class Line { kMessage, kWarning, kDetail, kNoise };
  // "...: warning: ..." is a warning, "error:", "detail:" and "hint:" are details, the rest are
  // messages, as PostgreSQL's tools write.
  static Line ClassifyLine(std::string_view line);

  enum class Stream { kNull, kPipe };
  struct Options {
    Tool tool;
    std::vector<std::string> arguments;  // Behind argv[0]. Never a secret.
    // The whole environment of the child, without what `secrets` holds.
    std::map<std::string, std::string> environment;
    // Further variables, "PGPASSWORD"; their values are cut out of what the tool says.
    std::map<std::string, std::string> secrets;
    Stream in = Stream::kNull;
    Stream out = Stream::kNull;
    std::vector<int> inherit;  // Descriptors, under the same number.
    std::string stage;         // Of the events.
    std::function<Line(std::string_view)> classify = &ClassifyLine;
  };
  static absl::StatusOr<std::unique_ptr<ToolRun>> Start(const base::Context& context,
                                                        Options options);
  ~ToolRun();

  // For Stream::kPipe; see base::ChildProcess. When one of them fails because the tool has ended,
  // Wait() knows why.
  base::Writer& in();
  base::Reader& out();
  void CloseIn();

  // Waits for the end; read out() first. The context's status when it stopped. An exit code that is
  // not 0 is errs::kDatabase with the tool's last lines as the detail.
  absl::Status Wait();
  // The last lines of standard error, oldest first; whole after Wait().
  std::vector<std::string> LastLines() const;

 private:
  struct State;
  explicit ToolRun(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace siphon::driver

#endif  // SIPHON_DRIVER_TOOLBOX_H_
