// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/base/age/keys.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "siphon/base/age/primitives.h"
#include "siphon/base/age/text_encoding.h"

namespace siphon::age {
namespace {

constexpr std::string_view kRecipientPrefix = "age";
constexpr std::string_view kIdentityPrefix = "age-secret-key-";

absl::Status BadKey(std::string_view why, std::string_view hint = "") {
  return errs::UserError("age.key", errs::kInvalidArgument, why, hint);
}

// The detail of `status` after `what`.
absl::Status Of(std::string_view what, const absl::Status& status) {
  const std::string why = errs::GetError(status).value_or(errs::Error{}).detail;
  return BadKey(absl::StrCat(what, " is damaged: ", why), "copy the whole key again");
}

}  // namespace

std::string Recipient::Text() const {
  return std::string(EncodeBech32(kRecipientPrefix, key_).view());
}

Identity Identity::Generate() { return Identity(RandomSecret(kKeySize)); }

Identity::Identity(Secret key) : key_(std::move(key)), recipient_(X25519PublicValue(key_.view())) {}

Secret Identity::Text() const {
  Secret text = EncodeBech32(kIdentityPrefix, key_.view());
  std::transform(text.view().begin(), text.view().end(), text.data(),
                 [](char c) { return absl::ascii_toupper(static_cast<unsigned char>(c)); });
  return text;
}

absl::StatusOr<Recipient> ParseRecipient(std::string_view text) {
  constexpr std::string_view kHint = "name a public key \"age1...\", as `siphon key list` shows it";
  if (absl::StartsWithIgnoreCase(text, kIdentityPrefix)) {
    return BadKey("a private key in place of a recipient",
                  "name its public key \"age1...\", and keep the private key off this machine");
  }
  if (absl::StartsWith(text, "ssh-")) return BadKey("an ssh key is no recipient here", kHint);
  if (!absl::StartsWith(text, "age1")) return BadKey("a recipient begins with \"age1\"", kHint);
  absl::StatusOr<Bech32> decoded = DecodeBech32(text);
  if (!decoded.ok()) return Of("the recipient", decoded.status());
  if (decoded->prefix != kRecipientPrefix) {
    return BadKey("a recipient of a plugin or of another type than X25519", kHint);
  }
  if (decoded->data.size() != kKeySize) {
    return BadKey(absl::StrCat("a recipient has ", kKeySize, " bytes, not ", decoded->data.size()),
                  kHint);
  }
  return Recipient(std::string(decoded->data.view()));
}

absl::StatusOr<Identity> ParseIdentity(std::string_view text) {
  constexpr std::string_view kHint = "an identity is a line \"AGE-SECRET-KEY-1...\"";
  if (absl::StartsWith(text, "age1")) return BadKey("a public key in place of an identity", kHint);
  if (absl::StartsWith(text, "AGE-PLUGIN-")) {
    return BadKey("an identity of a plugin, which siphon does not run", kHint);
  }
  absl::StatusOr<Bech32> decoded = DecodeBech32(text);
  if (!decoded.ok()) return Of("the identity", decoded.status());
  // age accepts only upper case, so that a private key is recognized at sight.
  if (decoded->prefix != kIdentityPrefix || absl::ascii_islower(text.front())) {
    return BadKey("not an identity", kHint);
  }
  if (decoded->data.size() != kKeySize) {
    return BadKey(absl::StrCat("an identity has ", kKeySize, " bytes, not ", decoded->data.size()),
                  kHint);
  }
  return Identity(std::move(decoded->data));
}

}  // namespace siphon::age
