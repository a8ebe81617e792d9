// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/hostile/postgres_verbs.h"

#include <filesystem>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace siphon::testing {
namespace {

constexpr size_t kLongestOutput = 64 << 10;

}  // namespace

PostgresVictim::PostgresVictim() {
  const ProcessResult imported =
      box_.Run({"dumps", "import",
                (std::filesystem::current_path() / "testing/smoke/archives/zstd.dump").string(),
                "--profile", "postgres://nobody@127.0.0.1:1/none", "--quiet"});
  EXPECT_EQ(imported.exit_code, 0) << imported.err;
  dump_ = std::string(absl::StripAsciiWhitespace(imported.out));
  std::filesystem::create_directory(box_.Path("m"));
  for (const std::string name : {"1_a", "2_b"}) {
    WriteBytes(box_.Path(absl::StrCat("m/", name, ".up.sql")), "CREATE TABLE made (x integer);");
    WriteBytes(box_.Path(absl::StrCat("m/", name, ".down.sql")), "DROP TABLE made;");
  }
}

std::vector<std::vector<std::string>> PostgresVictim::Verbs(const std::string& url) const {
  std::vector<std::vector<std::string>> verbs = {
      {"profile", "test", url},
      {"inspect", url, "--exact"},
      {"backup", url},
      {"backup", url, "--with-globals", "--table", "items"},
      {"restore", dump_, "--profile", url},
      {"restore", dump_, "--profile", url, "--clean", "--yes"},
      {"restore", dump_, "--profile", url, "--create", "fresh"},
      {"verify", dump_, "--restore", url},
      {"sync", url, url, "--clean", "--yes"}};
  for (const std::vector<std::string>& verb :
       std::vector<std::vector<std::string>>{{"up"},
                                             {"status"},
                                             {"version"},
                                             {"down", "1"},
                                             {"goto", "1"},
                                             {"force", "1"},
                                             {"drop", "--yes"}}) {
    verbs.push_back({"migrate", "--path", box_.Path("m"), "--database", url});
    verbs.back().insert(verbs.back().end(), verb.begin(), verb.end());
  }
  return verbs;
}

void PostgresVictim::ExpectFailed(const std::string& what, const ProcessResult& result) const {
  EXPECT_EQ(result.signal, 0) << what << "\n" << result.err;
  EXPECT_THAT(result.exit_code, ::testing::AnyOf(1, 2, 3, 4)) << what << "\n" << result.out;
  EXPECT_TRUE(absl::StrContains(result.err, ": ")) << what << ": " << result.err;
  EXPECT_LT(result.err.size(), kLongestOutput) << what;
  EXPECT_LT(result.wall, kMostTime) << what << "\n" << result.err;
  if (!kSanitized) {
    EXPECT_LT(result.peak_bytes, kMostBytes) << what;
  }
  std::vector<std::string> kept;
  for (const std::string& name : Names(box_.DumpDirectory())) {
    if (absl::EndsWith(name, ".dump") || absl::EndsWith(name, ".meta.json")) kept.push_back(name);
  }
  EXPECT_THAT(kept, ::testing::ElementsAre(dump_ + ".dump", dump_ + ".meta.json")) << what;
}

std::string HostileUrl(int port, const std::string& parameters, const std::string& host) {
  return absl::StrCat("postgres://app:secret@", host, ":", port, "/shop",
                      parameters.empty() ? "" : "?", parameters);
}

}  // namespace siphon::testing
