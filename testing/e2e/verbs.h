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

// Helpers that run the shipped siphon on databases of any engine, named by profile or URL.
namespace siphon::testing {

// The output of a run with --json.
struct Told {
  ProcessResult process;
  nlohmann::json result;               // Of stdout; null when there was none.
  std::vector<nlohmann::json> events;  // The lines of stderr.
};

// Runs siphon with `args` and --json; the test fails if the output is not JSON.
Told Tell(const Sandbox& box, std::vector<std::string> args);
// The same, and expects exit code 0; returns the result.
nlohmann::json TellOk(const Sandbox& box, std::vector<std::string> args);
// The same, and expects `exit_code`, this cause ("target_not_empty") and `words` in the message.
void ExpectRefused(const Sandbox& box, std::vector<std::string> args, int exit_code,
                   std::string_view cause, std::string_view words);

// Expects that siphon cannot connect to `target`: a sync and a restore of `source` (which works)
// into `target` exit with 2 and a message with `why`, and only the dump made here is listed.
void ExpectTargetRefused(const Sandbox& box, const std::string& source, const std::string& target,
                         std::string_view why);

// Backs up `source` and returns the id of the dump.
std::string BackUpOf(const Sandbox& box, const std::string& source,
                     std::vector<std::string> more = {});

// Runs `args` `rounds` times, each after `prepare`, and sends `signal` at times spread over the
// duration of the run, which is measured first. `check` is called after each interrupted run, with
// a text that names the time. At least half of the signals must reach a running siphon, which then
// must exit with `exit_code` (SIGKILL: by the signal) within `promptly`.
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
