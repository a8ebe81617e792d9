// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// The splitter of SQL scripts: the statements do not depend on how a script is cut into chunks.
// Each ends in a semicolon, is found in the script after the previous one, and is one statement if
// split alone.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "drivers/sqlite/script_splitter.h"
#include "errs/error.h"

namespace {

using siphon::sqlite::ScriptSplitter;

constexpr size_t kMaxStatement = 4096;

struct Result {
  std::vector<std::string> statements;
  std::vector<uint64_t> lines;
  absl::Status status;
};

Result Split(std::string_view script, size_t chunk) {
  Result result;
  ScriptSplitter splitter(kMaxStatement);
  while (!script.empty() && result.status.ok()) {
    result.status = splitter.Feed(script.substr(0, chunk), [&](const ScriptSplitter::Piece& piece) {
      result.statements.emplace_back(piece.text);
      result.lines.push_back(piece.line);
      return absl::OkStatus();
    });
    script.remove_prefix(std::min(chunk, script.size()));
  }
  if (result.status.ok()) result.status = splitter.Finish();
  return result;
}

void Require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const size_t chunk = data[0] % 64 + 1;
  const std::string_view script(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Result whole = Split(script, std::string_view::npos);
  const Result pieces = Split(script, chunk);
  // If a statement has two faults, small chunks may find the other one first.
  Require(whole.status.ok() == pieces.status.ok());
  Require(whole.statements == pieces.statements && whole.lines == pieces.lines);
  if (!whole.status.ok()) {
    Require(siphon::errs::Is(whole.status, siphon::errs::kIntegrity));
    Require(!whole.status.message().empty());
  }
  size_t position = 0;
  for (const std::string& statement : whole.statements) {
    Require(statement.size() <= kMaxStatement && statement.back() == ';');
    position = script.find(statement, position);
    Require(position != std::string_view::npos);
    position += statement.size();
    const Result again = Split(statement, std::string_view::npos);
    Require(again.status.ok() && again.statements == std::vector<std::string>{statement});
  }
  const std::string terminated = siphon::sqlite::TerminateStatement(script.substr(0, 512));
  Require(terminated.back() == ';');
  return 0;
}
