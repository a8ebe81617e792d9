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

// An error when it cannot be removed with all that is in it; nothing there is right.
absl::Status Remove(const std::string& path);
// 0 for what is not there.
double MebibytesOf(const std::string& path);

// The folder in which siphon and those that it is held against run and write, and what they see.
class Workspace {
 public:
  // `environment` is added to what every program sees.
  Workspace(const std::string& siphon, std::string folder, std::vector<std::string> environment);

  // Makes the folder, empty.
  absl::Status Prepare() const;
  std::string In(std::string_view name) const;
  std::string DumpFile(std::string_view id) const;
  // Removes the dumps in siphon's catalogue but these.
  absl::Status KeepDumps(const std::vector<std::string>& ids) const;

  Step Peer(std::string name, std::vector<std::string> argv) const;
  Step Siphon(std::vector<std::string> arguments) const;
  const std::string& siphon() const { return siphon_; }
  // Runs it to its end; what it printed. An error when that is not 0.
  static absl::StatusOr<std::string> RunOnce(const Step& step);
  // Runs `siphon backup`; the dump's id.
  absl::StatusOr<std::string> BackUp(std::vector<std::string> arguments) const;

 private:
  const std::string siphon_, folder_;
  std::vector<std::string> environment_;
};

}  // namespace siphon::bench

#endif  // TESTING_BENCH_WORKSPACE_H_
