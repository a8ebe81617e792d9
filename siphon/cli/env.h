// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_CLI_ENV_H_
#define SIPHON_CLI_ENV_H_

#include <functional>
#include <istream>
#include <ostream>
#include <stop_token>

#include "siphon/base/clock.h"
#include "siphon/base/environment.h"

namespace siphon::cli {

// The streams, the clock and the environment variables that a command uses. A test passes its own,
// and so runs a command in memory.
struct Env {
  const base::Environment* environment = nullptr;
  const base::Clock* clock = nullptr;
  std::istream* in = nullptr;
  // The descriptor of `in`, for prompts that end when siphon is interrupted; -1: there is none.
  int in_descriptor = -1;
  std::ostream* out = nullptr;
  std::ostream* err = nullptr;
  bool in_is_terminal = false;
  bool out_is_terminal = false;
  bool err_is_terminal = false;  // A terminal that takes control sequences, not TERM=dumb.
  // Measures the terminal that shows `err`, whose width changes with its window; 0: it is none.
  std::function<int()> err_columns = [] { return 0; };
  int out_columns = 0;  // Width of the terminal that shows `out`; 0: it is none.
  std::stop_token stop;
};

}  // namespace siphon::cli

#endif  // SIPHON_CLI_ENV_H_
