// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_BENCH_CONTEST_H_
#define TESTING_BENCH_CONTEST_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace siphon::bench {

// One program to run and measure.
struct Step {
  std::string name;
  std::vector<std::string> argv;  // argv[0] is a path.
  std::vector<std::string> environment;
  std::string output;  // Where its standard output is written to; empty: nowhere.
};

// One way to do a job, as consecutive steps.
struct Side {
  std::string name;
  // Not measured: prepares the input files of the steps. Returns the files to read beforehand, so
  // that they are in the page cache.
  std::function<absl::StatusOr<std::vector<std::string>>()> prepare;
  std::vector<Step> steps;
};

// The way of siphon to do a job, then those of the other programs.
struct Contest {
  std::string job;
  std::vector<Side> sides;
};

// Runs every side `runs` times, the sides in turn; the order alternates between rounds. Dirty pages
// are written to disk before each run. `look` is called after each contest. Returns a table of all
// figures, the ratio of siphon to each other side, and the steps.
absl::StatusOr<std::string> Hold(const std::vector<Contest>& contests, int runs,
                                 const std::function<absl::Status(const Contest&)>& look = {});

// "2 cores, ..., Linux 6.1.0".
std::string DescribeMachine();

}  // namespace siphon::bench

#endif  // TESTING_BENCH_CONTEST_H_
