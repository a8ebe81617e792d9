// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/e2e/verbs.h"

#include <algorithm>
#include <csignal>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace siphon::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

}  // namespace

Told Tell(const Sandbox& box, std::vector<std::string> args) {
  args.push_back("--json");
  Told told;
  told.process = box.Run(args);
  if (!told.process.out.empty()) {
    told.result = json::parse(told.process.out, nullptr, /*allow_exceptions=*/false);
    EXPECT_FALSE(told.result.is_discarded()) << told.process.out;
  }
  for (const std::string_view line : absl::StrSplit(told.process.err, '\n', absl::SkipEmpty())) {
    told.events.push_back(json::parse(line, nullptr, /*allow_exceptions=*/false));
    EXPECT_FALSE(told.events.back().is_discarded()) << line;
  }
  return told;
}

json TellOk(const Sandbox& box, std::vector<std::string> args) {
  const Told told = Tell(box, std::move(args));
  EXPECT_EQ(told.process.exit_code, 0) << told.process.out << told.process.err;
  return told.result;
}

void ExpectRefused(const Sandbox& box, std::vector<std::string> args, int exit_code,
                   std::string_view cause, std::string_view words) {
  const Told told = Tell(box, std::move(args));
  EXPECT_EQ(told.process.exit_code, exit_code) << told.process.out << told.process.err;
  ASSERT_TRUE(told.result.is_object() && told.result.contains("error")) << told.process.out;
  const json& error = told.result["error"];
  EXPECT_EQ(error["code"], exit_code);
  EXPECT_EQ(error["cause"], cause);
  EXPECT_THAT(error["message"].get<std::string>(), HasSubstr(std::string(words)));
}

void ExpectTargetRefused(const Sandbox& box, const std::string& source, const std::string& target,
                         std::string_view why) {
  const std::string id = BackUpOf(box, source);
  for (const std::vector<std::string>& args :
       {std::vector<std::string>{"sync", source, target, "--clean"},
        {"restore", id, "--profile", target, "--clean"}}) {
    const ProcessResult result = box.Run(args);
    EXPECT_EQ(result.exit_code, 2) << args[0] << ": " << result.err;
    EXPECT_THAT(result.err, ::testing::AllOf(::testing::HasSubstr("connection failed"),
                                             ::testing::HasSubstr(std::string(why))));
  }
  EXPECT_THAT(box.ListedDumps(), ::testing::ElementsAre(id));
}

std::string BackUpOf(const Sandbox& box, const std::string& source, std::vector<std::string> more) {
  std::vector<std::string> args = {"backup", source};
  args.insert(args.end(), more.begin(), more.end());
  const json result = TellOk(box, std::move(args));
  return result.is_object() && result.contains("id") ? result["id"].get<std::string>() : "";
}

void SignalAllOver(const Sandbox& box, const SignalPlan& plan) {
  std::vector<std::chrono::nanoseconds> times;
  for (int i = 0; i < 3; ++i) {
    plan.prepare();
    const ProcessResult result = box.Run(plan.args);
    ASSERT_EQ(result.exit_code, 0) << "the undisturbed run: " << result.err;
    times.push_back(result.wall);
  }
  std::sort(times.begin(), times.end());
  int landed = 0;
  for (int i = 1; i <= plan.rounds; ++i) {
    plan.prepare();
    const std::chrono::nanoseconds moment = times[1] * i / (plan.rounds + 1);
    const ProcessResult result = box.RunAndSignal(plan.args, moment, plan.signal);
    if (result.signal == 0 && result.exit_code == 0) continue;
    plan.check(absl::StrCat("signal after ",
                            std::chrono::duration_cast<std::chrono::microseconds>(moment).count(),
                            " us"));
    if (result.signal == plan.signal && result.out.empty() && result.err.empty() &&
        plan.signal != SIGKILL) {
      // On a busy machine the first signal may arrive before main() installs its handler.
      ASSERT_LE(i, 2) << "siphon handles it and exits";
      continue;
    }
    if (plan.signal == SIGKILL) {
      ASSERT_EQ(result.signal, SIGKILL) << result.err;
    } else {
      ASSERT_EQ(result.signal, 0) << "siphon handles it and exits";
      ASSERT_EQ(result.exit_code, plan.exit_code) << result.err;
    }
    ASSERT_LT(*result.after_signal, plan.promptly);
    ++landed;
  }
  EXPECT_GE(landed, plan.rounds / 2) << "signals that landed in a running siphon";
}

}  // namespace siphon::testing
