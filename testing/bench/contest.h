// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_BENCH_CONTEST_H_
#define TESTING_BENCH_CONTEST_H_

#include <cstdint>
#include <functional>
#include <map>
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

// The median of several runs.
struct Figure {
  double seconds = 0;
  // The largest resident set of a step's program itself, and of a process that it started (0: none
  // was seen).
  int64_t peak_bytes = 0;
  int64_t child_peak_bytes = 0;
  std::map<std::string, double> step_seconds;
};

// Runs every side `runs` times, one after the other and not one side's runs in a row, the first
// side first in every other round. What is dirty in the page cache is written before each run.
absl::StatusOr<std::vector<Figure>> Hold(const Contest& contest, int runs);

// "2 cores, ..., Linux 6.1.0".
std::string DescribeMachine();

// A table of all figures, siphon's ratio to each of the others, and the steps.
std::string Report(const std::vector<Contest>& contests,
                   const std::vector<std::vector<Figure>>& figures);

}  // namespace siphon::bench

#endif  // TESTING_BENCH_CONTEST_H_
