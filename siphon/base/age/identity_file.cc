// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/base/age/identity_file.h"

#include <cstring>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "errs/error.h"
#include "siphon/base/age/text_encoding.h"

namespace siphon::age {
namespace {

constexpr std::string_view kArmorBegin = "-----BEGIN AGE ENCRYPTED FILE-----";
constexpr std::string_view kArmorEnd = "-----END AGE ENCRYPTED FILE-----";
// Of any version of the format.
constexpr std::string_view kAgeFile = "age-encryption.org/";
constexpr size_t kColumns = 64;

absl::Status BadArmor(std::string_view why) {
  return errs::IntegrityError("age.armor", absl::StrCat("invalid ASCII armor: ", why));
}

absl::Status BadLine(size_t number, const absl::Status& status) {
  const errs::Error error = errs::GetError(status).value_or(errs::Error{});
  return errs::UserError("age.key", errs::kInvalidArgument,
                         absl::StrCat("line ", number, " of the identity file: ", error.detail),
                         error.hint);
}

}  // namespace

absl::StatusOr<std::vector<Identity>> ParseIdentityFile(std::string_view text) {
  if (text.size() > kIdentityFileLimit) {
    return errs::UserError(
        "age.key", errs::kInvalidArgument,
        absl::StrCat("the identity file is longer than ", kIdentityFileLimit, " bytes"));
  }
  std::vector<Identity> identities;
  size_t number = 0;
  for (std::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    absl::ConsumeSuffix(&line, "\r");
    if (line.empty() || line[0] == '#') continue;
    absl::StatusOr<Identity> identity = ParseIdentity(line);
    if (!identity.ok()) return BadLine(number, identity.status());
    identities.push_back(*std::move(identity));
  }
  if (identities.empty()) {
    return errs::UserError("age.key", errs::kInvalidArgument, "the identity file has no identity",
                           "make one with `siphon key generate`");
  }
  return identities;
}

Secret FormatIdentityFile(const Identity& identity, std::string_view created) {
  const std::string comments =
      absl::StrCat("# created: ", created, "\n# public key: ", identity.recipient().Text(), "\n");
  const Secret key = identity.Text();
  Secret text(comments.size() + key.size() + 1);
  std::memcpy(text.data(), comments.data(), comments.size());
  std::memcpy(text.data() + comments.size(), key.view().data(), key.size());
  text.data()[text.size() - 1] = '\n';
  return text;
}

bool IsArmored(std::string_view file) {
  return absl::StartsWith(absl::StripLeadingAsciiWhitespace(file), kArmorBegin);
}

bool IsEncryptedFile(std::string_view file) {
  return absl::StartsWith(file, kAgeFile) || IsArmored(file);
}

std::string EncodeArmor(std::string_view file) {
  std::string base64 = EncodeBase64(file);
  base64.append((4 - base64.size() % 4) % 4, '=');
  std::string text = absl::StrCat(kArmorBegin, "\n");
  for (size_t at = 0; at < base64.size(); at += kColumns) {
    absl::StrAppend(&text, std::string_view(base64).substr(at, kColumns), "\n");
  }
  absl::StrAppend(&text, kArmorEnd, "\n");
  return text;
}

absl::StatusOr<std::string> DecodeArmor(std::string_view text) {
  std::vector<std::string_view> lines = absl::StrSplit(absl::StripAsciiWhitespace(text), '\n');
  for (std::string_view& line : lines) absl::ConsumeSuffix(&line, "\r");
  if (lines.size() < 3 || lines.front() != kArmorBegin || lines.back() != kArmorEnd) {
    return BadArmor("its first or last line is wrong");
  }
  std::string base64;
  for (size_t i = 1; i + 1 < lines.size(); ++i) {
    const bool is_last = i + 2 == lines.size();
    if (lines[i].empty() || lines[i].size() > kColumns ||
        (!is_last && lines[i].size() != kColumns)) {
      return BadArmor(absl::StrCat("its lines have not ", kColumns, " characters"));
    }
    base64.append(lines[i]);
  }
  if (base64.size() % 4 != 0) return BadArmor("its base64 has no whole groups");
  std::string_view unpadded = base64;
  for (int i = 0; i < 2; ++i) absl::ConsumeSuffix(&unpadded, "=");
  absl::StatusOr<std::string> file = DecodeBase64(unpadded);
  if (!file.ok()) {
    return BadArmor(errs::GetError(file.status()).value_or(errs::Error{}).detail);
  }
  return file;
}

}  // namespace siphon::age
