// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/sql/split_script.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "errs/error.h"

namespace siphon::testing {
namespace {

void Require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "not so: %s\n", what);
  std::abort();
}

}  // namespace

std::vector<std::string> SplitScriptResult::statements() const {
  std::vector<std::string> found;
  for (const std::string& text : texts) {
    if (!text.empty()) found.push_back(text);
  }
  return found;
}

SplitScriptResult SplitScript(const sql::SplitterOptions& options, std::string_view script,
                              size_t block) {
  SplitScriptResult result;
  sql::Splitter splitter(options);
  const auto consume = [&result](const sql::Piece& piece) {
    result.raws.emplace_back(piece.raw);
    result.texts.emplace_back(piece.text);
    result.lines.push_back(piece.line);
    result.offsets.push_back(piece.offset);
    result.ends.push_back(piece.end);
    return absl::OkStatus();
  };
  while (!script.empty() && result.status.ok()) {
    const std::vector<char> copy(script.begin(),
                                 script.begin() + std::min<size_t>(block, script.size()));
    result.status = splitter.Feed({copy.data(), copy.size()}, consume);
    script.remove_prefix(copy.size());
  }
  if (result.status.ok()) result.status = splitter.Finish(consume);
  return result;
}

void CheckSplit(const sql::SplitterOptions& options, std::string_view script, size_t block) {
  const SplitScriptResult whole = SplitScript(options, script, script.size() + 1);
  const SplitScriptResult pieces = SplitScript(options, script, block);
  Require(whole.status == pieces.status, "the same status however the script is cut");
  Require(whole.raws == pieces.raws && whole.texts == pieces.texts, "the same pieces");
  Require(whole.lines == pieces.lines && whole.offsets == pieces.offsets, "at the same places");
  Require(whole.ends == pieces.ends, "with the same ends");
  if (!whole.status.ok()) {
    Require(errs::Is(whole.status, errs::kInvalidArgument), "the script is to blame");
  }
  std::string joined;
  for (size_t i = 0; i < whole.raws.size(); ++i) {
    const std::string& text = whole.texts[i];
    if (!text.empty()) {
      Require(script.substr(whole.offsets[i], text.size()) == text, "the text is at its offset");
      Require(whole.offsets[i] >= joined.size(), "the text lies in its piece");
      const auto newlines = std::count(
          script.begin(), script.begin() + static_cast<ptrdiff_t>(whole.offsets[i]), '\n');
      Require(whole.lines[i] == static_cast<uint64_t>(newlines) + 1, "the text is in its line");
    }
    joined += whole.raws[i];
    Require(whole.raws[i].size() <= options.max_piece, "no piece is longer than it may be");
  }
  Require(whole.status.ok() ? joined == script : script.starts_with(joined),
          "the pieces joined are the script");
}

}  // namespace siphon::testing
