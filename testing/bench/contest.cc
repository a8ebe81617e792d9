// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/bench/contest.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <fstream>
#include <map>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "errs/status_macros.h"
#include "testing/process/process.h"
#include "testing/process/process_tree.h"
#include "testing/process/running_process.h"

namespace siphon::bench {
namespace {

using testing::ProcessOptions;
using testing::ProcessResult;

// The figures of one run of one side.
struct Sample {
  double seconds = 0;
  int64_t peak_bytes = 0;
  int64_t child_peak_bytes = 0;
  std::map<std::string, double> step_seconds;
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

// Often enough for the largest resident set, which the kernel records, and rarely enough not to
// disturb the run.
constexpr std::chrono::milliseconds kLookEvery{20};

void Warm(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::vector<char> buffer(1 << 20);
  while (file.read(buffer.data(), static_cast<std::streamsize>(buffer.size()))) {
  }
}

absl::StatusOr<Sample> RunOnce(const Side& side) {
  if (side.prepare) {
    ASSIGN_OR_RETURN(const std::vector<std::string> inputs, side.prepare());
    for (const std::string& input : inputs) Warm(input);
  }
  sync();
  Sample sample;
  for (const Step& step : side.steps) {
    ProcessOptions options;
    options.argv = step.argv;
    options.environment = step.environment;
    options.limit = std::chrono::seconds(3600);
    testing::RunningProcess process(options);
    const testing::ProcessTree tree(process.pid(), kLookEvery);
    ASSIGN_OR_RETURN(const ProcessResult result, process.Wait());
    if (result.exit_code != 0) {
      return absl::InternalError(absl::StrCat(absl::StrJoin(step.argv, " "), " ended with ",
                                              result.exit_code, ": ", result.err));
    }
    if (!step.output.empty()) std::ofstream(step.output) << result.out;
    const double seconds = std::chrono::duration<double>(result.wall).count();
    sample.seconds += seconds;
    sample.step_seconds[step.name] = seconds;
    int64_t own_peak = 0;
    for (const testing::ProcessTree::Seen& seen : tree.seen()) {
      int64_t& peak = seen.root ? own_peak : sample.child_peak_bytes;
      peak = std::max(peak, seen.peak_bytes);
    }
    // A process too short to be seen has the figure of the kernel, which may be that of this
    // program.
    if (own_peak == 0) own_peak = result.peak_bytes;
    sample.peak_bytes = std::max(sample.peak_bytes, own_peak);
  }
  return sample;
}

template <typename Value, typename GetFunction>
Value Median(const std::vector<Sample>& samples, GetFunction get) {
  std::vector<Value> values;
  for (const Sample& sample : samples) values.push_back(get(sample));
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

Figure Summarise(const Side& side, const std::vector<Sample>& samples) {
  Figure figure;
  figure.seconds = Median<double>(samples, [](const Sample& s) { return s.seconds; });
  figure.peak_bytes = Median<int64_t>(samples, [](const Sample& s) { return s.peak_bytes; });
  figure.child_peak_bytes =
      Median<int64_t>(samples, [](const Sample& s) { return s.child_peak_bytes; });
  for (const Step& step : side.steps) {
    figure.step_seconds[step.name] =
        Median<double>(samples, [&](const Sample& s) { return s.step_seconds.at(step.name); });
  }
  return figure;
}

double MiB(int64_t bytes) { return static_cast<double>(bytes) / (1 << 20); }

absl::StatusOr<std::vector<Figure>> HoldOne(const Contest& contest, int runs) {
  std::vector<std::vector<Sample>> samples(contest.sides.size());
  for (int run = 0; run < runs; ++run) {
    for (size_t i = 0; i < contest.sides.size(); ++i) {
      const size_t side = run % 2 == 0 ? i : contest.sides.size() - 1 - i;
      ASSIGN_OR_RETURN(Sample sample, RunOnce(contest.sides[side]));
      samples[side].push_back(std::move(sample));
    }
  }
  std::vector<Figure> figures;
  for (size_t i = 0; i < contest.sides.size(); ++i) {
    figures.push_back(Summarise(contest.sides[i], samples[i]));
  }
  return figures;
}

std::string Report(const std::vector<Contest>& contests,
                   const std::vector<std::vector<Figure>>& figures) {
  std::string text = absl::StrFormat("%-22s %-44s %8s %7s %9s %9s\n", "job", "way", "seconds",
                                     "ratio", "peak MiB", "children");
  for (size_t i = 0; i < contests.size(); ++i) {
    for (size_t j = 0; j < contests[i].sides.size(); ++j) {
      const Figure& figure = figures[i][j];
      // siphon's time divided by the time of this side: below 1, siphon is faster.
      const std::string ratio =
          j == 0 ? "" : absl::StrFormat("%.2f", figures[i][0].seconds / figure.seconds);
      absl::StrAppendFormat(
          &text, "%-22s %-44s %8.2f %7s %9.1f %9s\n", j == 0 ? contests[i].job : "",
          contests[i].sides[j].name, figure.seconds, ratio, MiB(figure.peak_bytes),
          figure.child_peak_bytes == 0 ? "-"
                                       : absl::StrFormat("%.1f", MiB(figure.child_peak_bytes)));
      if (contests[i].sides[j].steps.size() < 2) continue;
      std::vector<std::string> steps;
      for (const Step& step : contests[i].sides[j].steps) {
        steps.push_back(absl::StrFormat("%s %.2f", step.name, figure.step_seconds.at(step.name)));
      }
      absl::StrAppendFormat(&text, "%-22s   %s\n", "", absl::StrJoin(steps, " + "));
    }
  }
  return text;
}

}  // namespace

absl::StatusOr<std::string> Hold(const std::vector<Contest>& contests, int runs,
                                 const std::function<absl::Status(const Contest&)>& look) {
  std::vector<std::vector<Figure>> figures;
  for (const Contest& contest : contests) {
    ASSIGN_OR_RETURN(std::vector<Figure> held, HoldOne(contest, runs));
    figures.push_back(std::move(held));
    if (look) RETURN_IF_ERROR(look(contest));
  }
  return Report(contests, figures);
}

std::string DescribeMachine() {
  utsname kernel{};
  uname(&kernel);
  std::string model = "unknown processor";
  std::ifstream cpuinfo("/proc/cpuinfo");
  for (std::string line; std::getline(cpuinfo, line);) {
    if (!absl::StartsWith(line, "model name")) continue;
    model = line.substr(line.find(':') + 2);
    break;
  }
  return absl::StrCat(sysconf(_SC_NPROCESSORS_ONLN), " cores, ", model, ", Linux ", kernel.release);
}

}  // namespace siphon::bench
