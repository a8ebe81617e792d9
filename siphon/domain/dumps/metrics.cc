// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/dumps/metrics.h"

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "siphon/domain/dumps/health.h"

namespace siphon::dumps {
namespace {

std::string Time(absl::Time time) { return absl::StrCat(absl::ToUnixSeconds(time)); }

// Gauges with a value for each profile.
struct Gauge {
  std::string_view name;
  std::string_view help;
  std::string (*value)(const Report& report);
};

const Gauge kGauges[] = {
    {"siphon_profile_state", "State of siphon status: 0 ok, 1 warning, 2 critical.",
     [](const Report& report) { return absl::StrCat(static_cast<int>(report.health)); }},
    {"siphon_last_success_timestamp_seconds",
     "Time of the newest full dump without a known fault; 0 if there is none.",
     [](const Report& report) {
       return report.last_full.has_value() ? Time(report.last_full->created) : "0";
     }},
    {"siphon_last_verify_timestamp_seconds",
     "Time of the newest verification that a full dump passed; 0 if there is none.",
     [](const Report& report) {
       return report.last_verified.has_value() ? Time(report.last_verified->when) : "0";
     }},
    {"siphon_dump_bytes", "Size of the newest full dump.",
     [](const Report& report) {
       return absl::StrCat(report.last_full.has_value() ? report.last_full->size_bytes : 0);
     }},
    {"siphon_duration_seconds", "Duration of the backup that made the newest full dump.",
     [](const Report& report) {
       return absl::StrCat(
           report.last_full.has_value() ? absl::ToDoubleSeconds(report.last_full->took) : 0.0);
     }},
    {"siphon_dumps", "Number of dumps, of every kind.",
     [](const Report& report) { return absl::StrCat(report.dumps); }},
    {"siphon_oldest_dump_timestamp_seconds", "Time of the oldest dump; 0 if there is none.",
     [](const Report& report) {
       return report.dumps > 0 ? Time(report.oldest) : std::string("0");
     }},
};

void AppendHead(std::string_view name, std::string_view help, std::string& text) {
  absl::StrAppend(&text, "# HELP ", name, " ", help, "\n# TYPE ", name, " gauge\n");
}

}  // namespace

std::string MetricsText(absl::Span<const ProfileReport> reports, size_t corrupt) {
  std::string text;
  for (const Gauge& gauge : kGauges) {
    AppendHead(gauge.name, gauge.help, text);
    for (const auto& [profile, report] : reports) {
      const std::string label =
          absl::StrReplaceAll(profile, {{"\\", "\\\\"}, {"\"", "\\\""}, {"\n", "\\n"}});
      absl::StrAppend(&text, gauge.name, "{profile=\"", label, "\"} ", gauge.value(report), "\n");
    }
  }
  constexpr std::string_view kCorrupt = "siphon_corrupt_dumps";
  AppendHead(kCorrupt, "Number of dumps without a readable sidecar.", text);
  absl::StrAppend(&text, kCorrupt, " ", corrupt, "\n");
  return text;
}

}  // namespace siphon::dumps
