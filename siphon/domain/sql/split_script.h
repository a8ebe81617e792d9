// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_SQL_SPLIT_SCRIPT_H_
#define SIPHON_DOMAIN_SQL_SPLIT_SCRIPT_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "siphon/domain/sql/splitter.h"

namespace siphon::testing {

// The pieces into which a sql::Splitter split a script.
struct SplitScriptResult {
  std::vector<std::string> raws;
  std::vector<std::string> texts;
  std::vector<uint64_t> lines;
  std::vector<uint64_t> offsets;
  std::vector<sql::End> ends;
  absl::Status status;

  // The texts that are not empty.
  std::vector<std::string> statements() const;
};

// Feeds `script` in blocks of `block` bytes, each in memory of its own, so that a sanitizer sees a
// step beyond it.
SplitScriptResult SplitScript(const sql::SplitterOptions& options, std::string_view script,
                              size_t block);

// Ends the program unless `script` is split as it must be: the pieces joined are the script, the
// same for every block size, and each statement by itself is one piece again.
void CheckSplit(const sql::SplitterOptions& options, std::string_view script, size_t block);

}  // namespace siphon::testing

#endif  // SIPHON_DOMAIN_SQL_SPLIT_SCRIPT_H_
