// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/bench/contest.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "errs/status_macros.h"
#include "testing/e2e/process.h"

namespace siphon::bench {
namespace {

using testing::ProcessOptions;
using testing::ProcessResult;
using testing::RunProcess;

// One run of one side.
struct Sample {
  double seconds = 0;
  int64_t peak_bytes = 0;
  std::map<std::string, double> step_seconds;
};

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
    ASSIGN_OR_RETURN(const ProcessResult result, RunProcess(options));
    if (result.exit_code != 0) {
      return absl::InternalError(absl::StrCat(absl::StrJoin(step.argv, " "), " ended with ",
                                              result.exit_code, ": ", result.err));
    }
    if (!step.output.empty()) std::ofstream(step.output) << result.out;
    const double seconds = std::chrono::duration<double>(result.wall).count();
    sample.seconds += seconds;
    sample.step_seconds[step.name] = seconds;
    sample.peak_bytes = std::max(sample.peak_bytes, result.peak_bytes);
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
  for (const Step& step : side.steps) {
    figure.step_seconds[step.name] =
        Median<double>(samples, [&](const Sample& s) { return s.step_seconds.at(step.name); });
  }
  return figure;
}

}  // namespace

absl::StatusOr<std::vector<Figure>> Hold(const Contest& contest, int runs) {
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
  std::string text =
      absl::StrFormat("%-22s %-44s %8s %7s %9s\n", "job", "way", "seconds", "ratio", "peak MiB");
  for (size_t i = 0; i < contests.size(); ++i) {
    for (size_t j = 0; j < contests[i].sides.size(); ++j) {
      const Figure& figure = figures[i][j];
      // siphon's time as a part of this way's time: below 1, siphon is the faster.
      const std::string ratio =
          j == 0 ? "" : absl::StrFormat("%.2f", figures[i][0].seconds / figure.seconds);
      absl::StrAppendFormat(&text, "%-22s %-44s %8.2f %7s %9.1f\n", j == 0 ? contests[i].job : "",
                            contests[i].sides[j].name, figure.seconds, ratio,
                            static_cast<double>(figure.peak_bytes) / (1 << 20));
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

}  // namespace siphon::bench
