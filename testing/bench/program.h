// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_BENCH_PROGRAM_H_
#define TESTING_BENCH_PROGRAM_H_

#include <functional>
#include <string>

#include "CLI/App.hpp"
#include "absl/status/status.h"

namespace siphon::bench {

// The command-line flags that all benchmarks have.
struct CommonFlags {
  std::string siphon;
  std::string directory;
  int runs = 3;
};

// The main() of the benchmark `name`: parses `flags` and the options that `add` registers, then
// calls `run`. `flags.directory` is made absolute.
int Main(int argc, char** argv, const std::string& name, const std::string& description,
         CommonFlags& flags, const std::function<void(CLI::App&)>& add,
         const std::function<absl::Status()>& run);

}  // namespace siphon::bench

#endif  // TESTING_BENCH_PROGRAM_H_
