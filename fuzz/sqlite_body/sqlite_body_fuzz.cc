// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Checks the body of a SQLite dump: an accepted body was read to its end and has a known format; an
// error is an integrity error with a message; a parsed header can be written again.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "absl/status/statusor.h"
#include "drivers/sqlite/body.h"
#include "errs/error.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/domain/verbs/verbs.h"

namespace {

namespace sqlite = siphon::sqlite;

void Require(bool condition) {
  if (!condition) std::abort();
}

void RequireIntegrity(const absl::Status& status) {
  Require(siphon::errs::Is(status, siphon::errs::kIntegrity));
  Require(!status.message().empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  siphon::base::StringReader reader(body);
  const absl::StatusOr<siphon::verbs::VerifyReport> report =
      sqlite::VerifyBody(siphon::base::Context(), reader);
  if (report.ok()) {
    Require(report->bytes == size);
    Require(report->format == sqlite::kImageFormat || report->format == sqlite::kSqlFormat);
    Require(report->checksum.size() == 71);
  } else {
    RequireIntegrity(report.status());
  }
  const absl::StatusOr<sqlite::ImageHeader> image = sqlite::ParseImageHeader(body);
  if (image.ok()) {
    Require(image->page_size >= 512 && image->page_size <= 65536);
  } else {
    RequireIntegrity(image.status());
    Require(!report.ok() || report->format == sqlite::kSqlFormat);
  }
  const absl::StatusOr<std::optional<sqlite::ScriptHeader>> script =
      sqlite::ParseScriptHeader(body);
  if (!script.ok()) {
    RequireIntegrity(script.status());
  } else if (script->has_value()) {
    const absl::StatusOr<std::optional<sqlite::ScriptHeader>> again =
        sqlite::ParseScriptHeader(sqlite::FormatScriptHeader(**script));
    Require(again.ok() && *again == *script);
  }
  return 0;
}
