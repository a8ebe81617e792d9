// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// The part of ChildProcess that stands between fork() and exec(); for child_process.cc alone.

#ifndef SIPHON_BASE_CHILD_LAUNCH_H_
#define SIPHON_BASE_CHILD_LAUNCH_H_

#include <sys/types.h>

#include <array>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "siphon/base/file.h"

namespace siphon::base {

struct LaunchPlan {
  std::string path;  // Of the program; nothing is looked up any more.
  std::vector<std::string> argv;
  std::vector<std::string> environment;
  std::vector<int> inherit;
  // What becomes the child's descriptors 0, 1 and 2; an invalid one leaves siphon's own.
  std::array<FileDescriptor, 3> streams;
  // A session, and with it a process group, of its own. Without a terminal a program that asks for
  // a password fails, where it would hang as a background group of siphon's session.
  bool own_session = true;
};

// Forks and runs the program; returns when exec() has succeeded. The child gets SIGKILL when the
// calling thread ends. Closes the plan's streams.
absl::StatusOr<pid_t> Launch(LaunchPlan& plan);

// The path of `program`: itself when it holds a '/', else by the PATH of `environment`, whose
// parts that are not absolute are passed over. errs::kNotFound.
absl::StatusOr<std::string> FindProgram(const std::string& program,
                                        const std::vector<std::string>& environment);

// Descriptors over 2, so that none is in the way of a child's streams; closed by exec().
struct PipeEnds {
  FileDescriptor read;
  FileDescriptor write;
};
absl::StatusOr<PipeEnds> MakePipe();
// /dev/null, or where there is none, a file in memory: what is written there should be little.
absl::StatusOr<FileDescriptor> OpenNull();

}  // namespace siphon::base

#endif  // SIPHON_BASE_CHILD_LAUNCH_H_
