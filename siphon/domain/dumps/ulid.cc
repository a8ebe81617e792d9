// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/dumps/ulid.h"

#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "errs/error.h"
#include "siphon/base/excerpt.h"

namespace siphon::dumps {
namespace {

constexpr std::string_view kCrockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr size_t kTimeDigits = 10;
constexpr size_t kRandomDigits = 16;
constexpr int64_t kMaxMilliseconds = (int64_t{1} << 48) - 1;

// File names, including ".meta.json", have at most 255 bytes on common file systems.
constexpr size_t kMaxIdLength = 245;

bool IsControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

absl::Status Refuse(std::string_view id, std::string_view why) {
  // The id may be any text, for example a pasted file.
  constexpr size_t kShown = 80;
  return errs::UserError("dumps", errs::kInvalidArgument,
                         absl::StrCat("dump id \"", base::EscapedExcerpt(id, kShown), "\" ", why),
                         "`siphon dumps list` shows the ids");
}

}  // namespace

std::string NewUlid(absl::Time now) {
  uint64_t milliseconds =
      static_cast<uint64_t>(std::clamp<int64_t>(absl::ToUnixMillis(now), 0, kMaxMilliseconds));
  std::string ulid(kTimeDigits + kRandomDigits, '0');
  for (size_t i = kTimeDigits; i-- > 0; milliseconds >>= 5) {
    ulid[i] = kCrockford[milliseconds & 31];
  }
  // One random byte for each digit; 5 bits of each byte are used, 80 bits in all.
  std::array<uint8_t, kRandomDigits> random;
  RAND_bytes(random.data(), random.size());
  for (size_t i = 0; i < kRandomDigits; ++i) {
    ulid[kTimeDigits + i] = kCrockford[random[i] & 31];
  }
  return ulid;
}

bool IsUlid(std::string_view id) {
  // The first digit contains the upper three of 48 bits.
  return id.size() == kTimeDigits + kRandomDigits && id[0] <= '7' &&
         id.find_first_not_of(kCrockford) == std::string_view::npos;
}

absl::Status ValidateId(std::string_view id) {
  if (id.empty()) return Refuse(id, "is empty");
  if (id == "." || absl::StrContains(id, ".."))
    return Refuse(id, "must not be \".\" or hold \"..\"");
  if (absl::StrContains(id, "://")) {
    // The text is not shown, because it may contain a password.
    return errs::UserError("dumps", errs::kInvalidArgument,
                           "expected the id of a dump, got a database URL",
                           "`siphon dumps list` shows the ids");
  }
  if (absl::StrContains(id, '/') || absl::StrContains(id, '\\')) {
    return Refuse(id, "must not hold '/' or '\\'");
  }
  if (std::any_of(id.begin(), id.end(), IsControl)) return Refuse(id, "holds a control character");
  if (absl::StartsWith(id, ".tmp-")) return Refuse(id, "begins like a temporary file");
  if (id.size() > kMaxIdLength) {
    return Refuse(id, absl::StrCat("has ", id.size(), " bytes; ", kMaxIdLength, " at most"));
  }
  return absl::OkStatus();
}

}  // namespace siphon::dumps
