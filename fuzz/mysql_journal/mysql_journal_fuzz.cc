// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "drivers/mysqlcommon/swap_journal.h"
#include "siphon/base/sha256.h"

namespace {

using siphon::mysqlcommon::FormatJournal;
using siphon::mysqlcommon::ParseJournal;
using siphon::mysqlcommon::SwapJournal;

void Require(bool condition) {
  if (!condition) std::abort();
}

// A journal that is taken is one of siphon's, and survives being written again.
void Check(std::string_view text) {
  const absl::StatusOr<SwapJournal> journal = ParseJournal(text);
  if (!journal.ok()) return Require(!journal.status().message().empty());
  Require(siphon::mysqlcommon::IsScratchName(journal->scratch));
  const std::string again = FormatJournal(*journal);
  const absl::StatusOr<SwapJournal> back = ParseJournal(again);
  Require(back.ok() && FormatJournal(*back) == again);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  Check(text);
  // The same with the right frame and checksum.
  const std::string framed = absl::StrCat("siphon swap journal 1\n", text, "\n");
  siphon::base::Sha256 hash;
  hash.Update(framed);
  Check(absl::StrCat(framed, "end ", hash.Digest(), "\n"));
  return 0;
}
