// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_E2E_VERBS_H_
#define TESTING_E2E_VERBS_H_

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "nlohmann/json.hpp"
#include "testing/e2e/sandbox.h"
#include "testing/process/process.h"

// Runs of the shipped siphon on databases of any engine, named by profile or URL.
namespace siphon::testing {

// What a run with --json told.
struct Told {
  ProcessResult process;
  nlohmann::json result;               // Of stdout; null when there was none.
  std::vector<nlohmann::json> events;  // The lines of stderr.
};

// Runs siphon with `args` and --json; what is no JSON is a failure of the test.
Told Tell(const Sandbox& box, std::vector<std::string> args);
// The same for a run that must end in 0; its result.
nlohmann::json TellOk(const Sandbox& box, std::vector<std::string> args);
// The same for a run that must end in `exit_code` with the cause ("target_not_empty"), and with
// `words` in its message.
void ExpectRefused(const Sandbox& box, std::vector<std::string> args, int exit_code,
                   std::string_view cause, std::string_view words);

// What nobody connects to as a target: copies and restores of `source` (which works) into `target`
// end in 2 and say `why`, and no dump but that one is listed.
void ExpectTargetRefused(const Sandbox& box, const std::string& source, const std::string& target,
                         std::string_view why);

// Backs `source` up and returns the dump's id.
std::string BackUpOf(const Sandbox& box, const std::string& source,
                     std::vector<std::string> more = {});

// Runs `args` `rounds` times, each after `prepare`, and sends `signal` at moments all over the run,
// whose length it measures first. `check` is called after each run that the signal reached, with
// when that was. At least half of the signals must have reached a running siphon that then ended
// by itself with `exit_code` (for SIGKILL: by the signal), within `promptly`.
struct SignalPlan {
  std::vector<std::string> args;
  int signal = SIGTERM;
  int exit_code = 143;
  int rounds = 8;
  std::chrono::nanoseconds promptly = std::chrono::seconds(kSanitized ? 10 : 2);
  std::function<void()> prepare = [] {};
  std::function<void(const std::string& when)> check = [](const std::string&) {};
};
void SignalAllOver(const Sandbox& box, const SignalPlan& plan);

}  // namespace siphon::testing

#endif  // TESTING_E2E_VERBS_H_
