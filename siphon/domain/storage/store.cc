// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/storage/store.h"

#include <algorithm>
#include <memory>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "siphon/base/context.h"
#include "siphon/base/excerpt.h"
#include "siphon/base/random_access.h"

namespace siphon::storage {
namespace {

bool IsControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

absl::Status Refuse(std::string_view key, std::string_view why) {
  constexpr size_t kShown = 80;
  return errs::UserError(
      "storage", errs::kInvalidArgument,
      absl::StrCat("object key \"", base::EscapedExcerpt(key, kShown), "\" ", why));
}

}  // namespace

absl::Status ValidateKey(std::string_view key) {
  if (key.empty()) return Refuse(key, "is empty");
  if (key == "." || absl::StrContains(key, "..")) {
    return Refuse(key, "must not be \".\" or hold \"..\"");
  }
  if (absl::StartsWith(key, kTemporaryPrefix)) return Refuse(key, "begins like a temporary file");
  if (absl::StrContains(key, '/') || absl::StrContains(key, '\\')) {
    return Refuse(key, "must not hold '/' or '\\'");
  }
  if (std::any_of(key.begin(), key.end(), IsControl))
    return Refuse(key, "holds a control character");
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<base::RandomAccess>> Store::OpenAt(const base::Context&,
                                                                  std::string_view) {
  return std::unique_ptr<base::RandomAccess>();
}

absl::StatusOr<std::optional<absl::Time>> Store::LockedUntil(const base::Context&,
                                                             std::string_view) {
  return std::optional<absl::Time>();
}

}  // namespace siphon::storage
