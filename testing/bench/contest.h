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

// One program that is run and measured.
struct Step {
  std::string name;
  std::vector<std::string> argv;  // argv[0] is a path.
  std::vector<std::string> environment;
  std::string output;  // Where its standard output is written to; empty: nowhere.
};

// One way to do a job: steps, one after the other.
struct Side {
  std::string name;
  // Not measured: puts the files in place that the steps begin with. Returns those to read, so
  // that they are in the page cache.
  std::function<absl::StatusOr<std::vector<std::string>>()> prepare;
  std::vector<Step> steps;
};

// siphon's way to do a job, then those of others.
struct Contest {
  std::string job;
  std::vector<Side> sides;
};

// Runs every side `runs` times, one after the other and not one side's runs in a row, the first
// side first in every other round. What is dirty in the page cache is written before each run.
// Behind each contest, `look` sees what it has left. Returns a table of all figures, siphon's ratio
// to each of the others, and the steps.
absl::StatusOr<std::string> Hold(const std::vector<Contest>& contests, int runs,
                                 const std::function<absl::Status(const Contest&)>& look = {});

// "2 cores, ..., Linux 6.1.0".
std::string DescribeMachine();

}  // namespace siphon::bench

#endif  // TESTING_BENCH_CONTEST_H_
