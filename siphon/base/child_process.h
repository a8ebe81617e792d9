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

// A child process in a session and process group of its own, without a terminal. It ends when the
// context stops (SIGTERM to the group, SIGKILL after a second) or siphon dies, and is always
// reaped; what it leaves running in its group is killed then.
class ChildProcess {
 public:
  enum class Stream { kInherit, kNull, kPipe };
  struct Options {
    std::vector<std::string> argv;  // argv[0] is what the child sees; see `executable`.
    std::string executable;         // Path or name to look up; empty: argv[0].
    // The whole environment of the child, "NAME=value"; nothing is inherited. Its PATH is where
    // the program is looked up.
    std::vector<std::string> environment;
    Stream in = Stream::kNull;
    Stream out = Stream::kInherit;
    Stream err = Stream::kInherit;
    // Descriptors that the child inherits, under the same number.
    std::vector<int> inherit;
    // True for an interactive program (an editor): it stays in siphon's own group and owns the
    // terminal; SIGINT is the child's affair.
    bool foreground = false;
  };
  // How it ended: `code` is the exit code, or 128 + signal.
  struct Outcome {
    int code = 0;
    int signal = 0;  // 0 when it exited by itself.
  };

  // errs::kNotFound when the program does not exist, errs::kIo when it cannot be run.
  static absl::StatusOr<std::unique_ptr<ChildProcess>> Start(const Context& context,
                                                             Options options);
  // Kills the group when it still runs, and reaps.
  ~ChildProcess();

  // The pipes' near ends, for Stream::kPipe; owned by the process. in().Finish() closes it, and so
  // does CloseIn(). Reading and writing end with the context's status when it stops.
  Writer& in();
  Reader& out();
  Reader& err();
  void CloseIn();

  pid_t pid() const;
  // Waits for the end; when the context stops first, the group is killed and the context's status
  // returned. Read the pipes first: a child whose pipe is full does not end.
  absl::StatusOr<Outcome> Wait();

 private:
  struct State;
  explicit ChildProcess(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace siphon::base

#endif  // SIPHON_BASE_CHILD_PROCESS_H_
