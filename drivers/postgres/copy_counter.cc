// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/copy_counter.h"

#include <algorithm>

#include "absl/strings/match.h"

namespace siphon::postgres {
namespace {

constexpr std::string_view kEnd = "\\.";

}  // namespace

CopyCounter::CopyCounter(const Archive& archive) {
  for (const ArchiveEntry& entry : archive.entries) {
    if (entry.has_data && !entry.copy_statement.empty()) expected_.push_back(&entry);
  }
}

void CopyCounter::Feed(std::string_view text) {
  while (!text.empty()) {
    const size_t end = text.find('\n');
    const std::string_view part = text.substr(0, end);
    // Rows may be long. Keeps only the bytes that distinguish a row from the end of the data.
    const size_t limit = inside_ || next_ == expected_.size()
                             ? kEnd.size() + 1
                             : expected_[next_]->copy_statement.size();
    if (line_.size() < limit) line_.append(part.substr(0, limit - line_.size()));
    if (end == std::string_view::npos) return;
    text.remove_prefix(end + 1);
    EndLine();
    line_.clear();
  }
}

void CopyCounter::EndLine() {
  if (next_ == expected_.size()) return;
  const ArchiveEntry& entry = *expected_[next_];
  if (inside_) {
    if (line_ == kEnd) {
      inside_ = false;
      ++next_;
    } else {
      ++rows_[std::string(entry.oid)];
    }
    return;
  }
  // A quoted name may contain line breaks, so the statement may have several lines.
  const std::string_view rest = entry.copy_statement.substr(statement_at_);
  const std::string_view wanted = rest.substr(0, rest.find('\n'));
  if (line_ != wanted) {
    statement_at_ = 0;
    return;
  }
  statement_at_ += wanted.size() + 1;
  if (statement_at_ < entry.copy_statement.size()) return;
  statement_at_ = 0;
  inside_ = true;
  rows_[std::string(entry.oid)] = 0;
}

const ArchiveEntry* CopyCounter::missing() const {
  return next_ == expected_.size() ? nullptr : expected_[next_];
}

}  // namespace siphon::postgres
