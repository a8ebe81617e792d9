// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/dumps/metrics.h"

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/domain/dumps/health.h"
#include "siphon/domain/dumps/notes.h"
#include "siphon/domain/dumps/sidecar.h"

namespace siphon::dumps {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(MetricsTextTest, HasAValueForEachProfileAlsoWithoutADump) {
  Report good;
  good.health = Health::kWarning;
  good.last_full = Sidecar();
  good.last_full->created = absl::FromUnixSeconds(1'790'000'000) + absl::Milliseconds(900);
  good.last_full->size_bytes = 4224;
  good.last_full->took = absl::Milliseconds(1500);
  good.last_verified = Verified{.when = absl::FromUnixSeconds(1'790'000'100)};
  good.dumps = 3;
  good.oldest = absl::FromUnixSeconds(1'780'000'000);
  Report never;
  never.health = Health::kCritical;
  const std::vector<ProfileReport> reports = {{"prod", good}, {"we\\ird\"\n", never}};
  const std::string text = MetricsText(reports, 2);
  EXPECT_THAT(text, StartsWith("# HELP siphon_profile_state State of siphon status: 0 ok, 1 "
                               "warning, 2 critical.\n"
                               "# TYPE siphon_profile_state gauge\n"
                               "siphon_profile_state{profile=\"prod\"} 1\n"
                               "siphon_profile_state{profile=\"we\\\\ird\\\"\\n\"} 2\n"
                               "# HELP siphon_last_success_timestamp_seconds "));
  for (const char* line :
       {"siphon_last_success_timestamp_seconds{profile=\"prod\"} 1790000000\n",
        "siphon_last_verify_timestamp_seconds{profile=\"prod\"} 1790000100\n",
        "siphon_dump_bytes{profile=\"prod\"} 4224\n",
        "siphon_duration_seconds{profile=\"prod\"} 1.5\n", "siphon_dumps{profile=\"prod\"} 3\n",
        "siphon_oldest_dump_timestamp_seconds{profile=\"prod\"} 1780000000\n",
        "\nsiphon_corrupt_dumps 2\n"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
  for (const char* name :
       {"last_success_timestamp_seconds", "last_verify_timestamp_seconds", "dump_bytes",
        "duration_seconds", "dumps", "oldest_dump_timestamp_seconds"}) {
    EXPECT_THAT(text,
                HasSubstr(std::string("siphon_") + name + "{profile=\"we\\\\ird\\\"\\n\"} 0\n"));
  }
}

// The grammar of the text format: comments, and lines of a name, labels and a number.
TEST(MetricsTextTest, IsWellFormed) {
  const std::vector<ProfileReport> reports = {{"prod", Report()}};
  const std::string text = MetricsText(reports, 0);
  EXPECT_EQ(text.back(), '\n');
  std::vector<std::string> lines = absl::StrSplit(text, '\n');
  lines.pop_back();
  for (const std::string& line : lines) {
    if (absl::StartsWith(line, "# HELP siphon_") || absl::StartsWith(line, "# TYPE siphon_")) {
      continue;
    }
    EXPECT_THAT(line, ::testing::MatchesRegex("siphon_[a-z_]+([{]profile=\"prod\"[}])? [0-9.]+"));
  }
  EXPECT_THAT(lines, Contains("siphon_corrupt_dumps 0"));
}

}  // namespace
}  // namespace siphon::dumps
