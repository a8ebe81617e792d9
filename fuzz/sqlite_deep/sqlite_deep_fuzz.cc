// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Stages the body of a SQLite dump as a database and checks it, as verify --deep does: it ends in
// time, leaves no file, an error has a message, and an accepted body is a body for verify, too.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "drivers/sqlite/body.h"
#include "drivers/sqlite/deep.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/driver/driver.h"

namespace {

namespace fs = std::filesystem;

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kLimit{2};
constexpr std::chrono::seconds kSlack{20};

void Require(bool condition) {
  if (!condition) std::abort();
}

const std::string& Folder() {
  static const std::string* const folder = [] {
    std::string pattern = (fs::temp_directory_path() / "sqlite-deep-XXXXXX").string();
    Require(mkdtemp(pattern.data()) != nullptr);
    return new std::string(pattern);
  }();
  return *folder;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  const Clock::time_point start = Clock::now();
  const siphon::base::Context context = siphon::base::Context().WithDeadline(start + kLimit);
  siphon::base::StringReader reader(body);
  const absl::StatusOr<siphon::driver::DeepReport> report =
      siphon::sqlite::VerifyDeep(context, {Folder(), "x-"}, reader);
  Require(Clock::now() - start < kLimit + kSlack);
  Require(fs::is_empty(Folder()));
  if (!report.ok()) {
    Require(!report.status().message().empty());
    return 0;
  }
  Require(report->bytes == size);
  siphon::base::StringReader again(body);
  Require(siphon::sqlite::VerifyBody(siphon::base::Context(), again).ok());
  return 0;
}
