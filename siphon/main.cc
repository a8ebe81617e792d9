// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <sys/ioctl.h>
#include <unistd.h>

#include <iostream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "errs/error.h"
#include "siphon/base/clock.h"
#include "siphon/base/environment.h"
#include "siphon/base/home.h"
#include "siphon/base/signals.h"
#include "siphon/cli/arguments.h"
#include "siphon/cli/cover.h"
#include "siphon/cli/env.h"
#include "siphon/cli/run.h"
#include "siphon/driver/applet.h"

namespace {

// The width of a terminal; 0 if `descriptor` is none.
int TerminalColumns(int descriptor) {
  if (isatty(descriptor) != 1) return 0;
  winsize size{};
  if (ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 80;
}

}  // namespace

int main(int argc, char** argv) {
  char** const original = siphon::cli::OriginalArguments(argv);
  std::vector<std::string> arguments = siphon::cli::TakeArguments(argc, argv, original);
  // Before signals are blocked, because an applet handles signals like the program that it is.
  if (const std::optional<int> code = siphon::driver::RunApplet(argc, original)) return *code;
  const siphon::base::SignalGuard signals;
  const auto environment = siphon::base::WithHome(siphon::base::Environment::OfProcess(environ));
  siphon::cli::Env env{
      .environment = &environment,
      .clock = &siphon::base::Clock::System(),
      .in = &std::cin,
      .in_descriptor = STDIN_FILENO,
      .out = &std::cout,
      .err = &std::cerr,
      .in_is_terminal = isatty(STDIN_FILENO) == 1,
      .out_is_terminal = isatty(STDOUT_FILENO) == 1,
      .err_is_terminal = isatty(STDERR_FILENO) == 1 && environment.GetOrEmpty("TERM") != "dumb",
      .err_columns = [] { return TerminalColumns(STDERR_FILENO); },
      .out_columns = TerminalColumns(STDOUT_FILENO),
      .stop = signals.stop_token()};
  const absl::Status status = siphon::cli::Run(env, std::move(arguments));
  return siphon::errs::ExitCode(status);
}
