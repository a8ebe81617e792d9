// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_BASE_CHILD_PROCESS_H_
#define SIPHON_BASE_CHILD_PROCESS_H_

#include <sys/types.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "siphon/base/context.h"
#include "siphon/base/file.h"

namespace siphon::base {

// A child process in a new session and process group, without a terminal. When the context stops,
// the group receives SIGTERM, and SIGKILL after a second; when siphon dies, the child dies too. The
// child is always reaped, and processes that it leaves in its group are killed.
class ChildProcess {
 public:
  enum class Stream { kInherit, kNull, kPipe };
  struct Options {
    std::vector<std::string> argv;
    std::string executable;  // The program's path, or a name to find in PATH; empty: argv[0].
    // The complete environment of the child, as "NAME=value"; nothing is inherited. The program is
    // searched in the PATH of this environment.
    std::vector<std::string> environment;
    Stream in = Stream::kNull;
    Stream out = Stream::kInherit;
    Stream err = Stream::kInherit;
    // Descriptors that the child inherits, with the same numbers.
    std::vector<int> inherit;
    // True for an interactive program (an editor): it stays in siphon's process group and uses the
    // terminal, and only the child handles SIGINT.
    bool foreground = false;
  };
  struct Outcome {
    int code = 0;    // The exit code, or 128 + signal.
    int signal = 0;  // The signal that ended the child; 0 if it exited.
  };

  // errs::kNotFound if the program does not exist, errs::kIo if it cannot be executed.
  static absl::StatusOr<std::unique_ptr<ChildProcess>> Start(const Context& context,
                                                             Options options);
  // Kills the group if it still runs, and reaps the child.
  ~ChildProcess();

  // siphon's ends of the pipes, for Stream::kPipe; owned by this object. in().Finish() and
  // CloseIn() close the child's input. When the context stops, reading and writing return its
  // status.
  Writer& in();
  Reader& out();
  Reader& err();
  void CloseIn();

  pid_t pid() const;
  // Waits until the child has ended. When the context stops first, kills the group and returns the
  // context's status. Read the pipes to their end before: a child does not end while its pipe is
  // full.
  absl::StatusOr<Outcome> Wait();

 private:
  struct State;
  explicit ChildProcess(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace siphon::base

#endif  // SIPHON_BASE_CHILD_PROCESS_H_
