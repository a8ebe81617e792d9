// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_BENCH_WORKSPACE_H_
#define TESTING_BENCH_WORKSPACE_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "testing/bench/contest.h"

namespace siphon::bench {

// Removes the file or folder with its content; succeeds if it does not exist.
absl::Status Remove(const std::string& path);
// 0 if the file does not exist.
double MebibytesOf(const std::string& path);

// The folder and environment in which siphon and the other programs run.
class Workspace {
 public:
  // `environment` is added to the environment of every program.
  Workspace(const std::string& siphon, std::string folder, std::vector<std::string> environment);

  // Creates the folder, empty.
  absl::Status Prepare() const;
  std::string In(std::string_view name) const;
  std::string DumpFile(std::string_view id) const;
  // Removes all dumps of siphon's catalogue except these.
  absl::Status KeepDumps(const std::vector<std::string>& ids) const;

  Step Peer(std::string name, std::vector<std::string> argv) const;
  Step Siphon(std::vector<std::string> arguments) const;
  const std::string& siphon() const { return siphon_; }
  // Runs a program to its end and returns its output; fails if the exit code is not 0.
  static absl::StatusOr<std::string> RunOnce(const Step& step);
  // Runs `siphon backup` and returns the id of the dump.
  absl::StatusOr<std::string> BackUp(std::vector<std::string> arguments) const;

 private:
  const std::string siphon_, folder_;
  std::vector<std::string> environment_;
};

}  // namespace siphon::bench

#endif  // TESTING_BENCH_WORKSPACE_H_
