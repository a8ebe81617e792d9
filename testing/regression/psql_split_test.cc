// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// siphon splits PostgreSQL's own regression scripts into the same statements as psql.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "gtest/gtest.h"
#include "re2/re2.h"
#include "siphon/domain/sql/splitter.h"
#include "testing/process/process.h"
#include "testing/regression/query_recorder.h"
#include "testing/servers/server_index.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSetting = "set standard_conforming_strings";

// psql omits empty lines.
std::string WithoutEmptyLines(std::string_view text) {
  return absl::StrJoin(absl::StrSplit(text, '\n', absl::SkipEmpty()), "\n");
}

// The statements, or the error of the splitter.
absl::StatusOr<std::vector<std::string>> Split(const std::string& script) {
  std::vector<std::string> statements;
  sql::SplitterOptions options;
  options.dialect = sql::Dialect::kPostgres;
  sql::Splitter splitter(options);
  const auto consume = [&](const sql::Piece& piece) {
    if (piece.text.empty()) return absl::OkStatus();
    // An incomplete statement at the end of a script may end in a semicolon: "(;".
    statements.push_back(WithoutEmptyLines(absl::StripSuffix(piece.text, ";")));
    const std::string lower = absl::AsciiStrToLower(piece.text);
    if (absl::StartsWith(lower, kSetting)) {
      splitter.SetBackslashEscapes(absl::StrContains(lower.substr(kSetting.size()), "off"));
    }
    return absl::OkStatus();
  };
  absl::Status status = splitter.Feed(script, consume);
  if (status.ok()) status = splitter.Finish(consume);
  if (!status.ok()) return status;
  return statements;
}

// `script` without the parts that only psql can run: psql variables, and what the splitter refuses,
// namely backslash commands and the data of COPY ... FROM STDIN. Counts the latter two.
std::string WithoutClientParts(std::string script, int& taken) {
  RE2::GlobalReplace(&script, R"re(:('[A-Z_]+'|\{\?))re", R"(\1)");
  while (true) {
    const absl::Status status = Split(script).status();
    const std::string text(status.message());
    const size_t at = text.find("line ");
    if (status.ok() || at == std::string::npos) return script;
    const bool copy = absl::StrContains(text, "COPY ... FROM STDIN");
    if (!copy && !absl::StrContains(text, "psql command")) return script;
    int line = 0;
    const std::string_view digits = std::string_view(text).substr(at + 5);
    EXPECT_TRUE(absl::SimpleAtoi(digits.substr(0, digits.find(':')), &line)) << text;
    std::vector<std::string> lines = absl::StrSplit(script, '\n');
    std::string& found = lines[static_cast<size_t>(line) - 1];
    const auto next = lines.begin() + line;
    if (copy) {
      const size_t word = absl::AsciiStrToLower(found).find("stdin");
      if (word == std::string::npos) return script;
      found.replace(word, 5, "stdout");
      const auto end = std::find(next, lines.end(), "\\.");
      if (end != lines.end()) lines.erase(next, end + 1);
    } else {
      const size_t command = found.find('\\');
      if (command == std::string::npos) return script;
      found.replace(command, std::string::npos, ";");
    }
    ++taken;
    script = absl::StrJoin(lines, "\n");
  }
}

// A query as psql sends it, without comments before the statement and without the semicolon, spaces
// and comments after it.
std::string Statement(std::string_view query) {
  size_t depth = 0;
  while (!query.empty()) {
    if (absl::StartsWith(query, "/*")) {
      ++depth;
      query.remove_prefix(2);
    } else if (depth > 0 && absl::StartsWith(query, "*/")) {
      --depth;
      query.remove_prefix(2);
    } else if (depth == 0 && absl::StartsWith(query, "--")) {
      query.remove_prefix(std::min(query.find('\n'), query.size()));
    } else if (depth > 0 || absl::ascii_isspace(static_cast<unsigned char>(query[0]))) {
      query.remove_prefix(1);
    } else {
      break;
    }
  }
  if (absl::EndsWith(query, ";")) query.remove_suffix(1);
  return WithoutEmptyLines(absl::StripTrailingAsciiWhitespace(query));
}

TEST(PsqlSplitTest, RegressionScriptsAreSplitAsPsqlSplitsThem) {
  const absl::StatusOr<InstalledServer> debian = FindServer("postgresql-15");
  ASSERT_THAT(debian, IsOk());
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator("external/postgresql/src/test/regress/sql")) {
    if (entry.path().extension() == ".sql") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  const fs::path copy = fs::path(::testing::TempDir()) / "script.sql";
  size_t statements = 0;
  int taken = 0;
  for (const fs::path& path : paths) {
    SCOPED_TRACE(path.filename());
    std::ifstream file(path);
    const std::string script = WithoutClientParts(
        std::string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()), taken);
    std::ofstream(copy) << script;
    const auto sent = RecordQueries([&](uint16_t port) {
      return RunProcess({.argv = {debian->Program("psql"), "--no-psqlrc", "--quiet", "--file",
                                  copy.string(),
                                  absl::StrCat("host=127.0.0.1 port=", port,
                                               " user=u dbname=d sslmode=disable "
                                               "gssencmode=disable")},
                         .environment = {"PATH=/usr/bin:/bin"}})
          .status();
    });
    ASSERT_THAT(sent, IsOk());
    std::vector<std::string> wanted;
    for (const std::string& query : *sent) {
      if (std::string text = Statement(query); !text.empty()) wanted.push_back(std::move(text));
    }
    const auto split = Split(script);
    ASSERT_THAT(split, IsOk());
    const auto [mine, theirs] =
        std::mismatch(split->begin(), split->end(), wanted.begin(), wanted.end());
    EXPECT_TRUE(mine == split->end() && theirs == wanted.end())
        << "statement " << mine - split->begin() + 1 << " of " << split->size() << " and "
        << wanted.size() << "\nsiphon: " << (mine == split->end() ? "(end)" : *mine)
        << "\npsql: " << (theirs == wanted.end() ? "(end)" : *theirs);
    statements += wanted.size();
  }
  std::cout << paths.size() << " scripts, " << statements << " statements; " << taken
            << " client commands taken out\n";
  EXPECT_GT(paths.size(), 200u);
  EXPECT_GT(statements, 46000u);
}

}  // namespace
}  // namespace siphon::testing
