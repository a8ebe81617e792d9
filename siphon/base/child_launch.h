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
  std::string path;  // The path of the program; PATH is not searched.
  std::vector<std::string> argv;
  std::vector<std::string> environment;
  std::vector<int> inherit;
  // The child's descriptors 0, 1 and 2. For an invalid one the child inherits siphon's.
  std::array<FileDescriptor, 3> streams;
  // Start a new session, and with it a new process group. A program that asks for a password then
  // fails because it has no terminal; as a background group of siphon's session it would hang.
  bool own_session = true;
};

// Forks and executes the program; returns after exec() has succeeded. The child receives SIGKILL
// when the calling thread ends. Closes the streams of `plan`.
absl::StatusOr<pid_t> Launch(LaunchPlan& plan);

// Returns the path of `program`: `program` itself if it contains a '/', else the first match in the
// PATH of `environment`; relative folders in PATH are ignored. errs::kNotFound.
absl::StatusOr<std::string> FindProgram(const std::string& program,
                                        const std::vector<std::string>& environment);

// The ends of a pipe, with descriptors above 2, so that they do not collide with the streams of a
// child. exec() closes them.
struct PipeEnds {
  FileDescriptor read;
  FileDescriptor write;
};
absl::StatusOr<PipeEnds> MakePipe();
// Opens /dev/null, or, on a system without it, a file in memory, which grows with the output.
absl::StatusOr<FileDescriptor> OpenNull();

}  // namespace siphon::base

#endif  // SIPHON_BASE_CHILD_LAUNCH_H_
