// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "errs/error.h"
#include "siphon/base/age/identity_file.h"
#include "siphon/base/age/keys.h"
#include "siphon/base/age/text_encoding.h"

namespace {

namespace age = siphon::age;

void Require(bool condition) {
  if (!condition) std::abort();
}

// An error that repeats nothing of the input, which may be a private key.
void RequireRefusal(const absl::Status& status, const siphon::errs::Cause& cause,
                    std::string_view text) {
  Require(siphon::errs::Is(status, cause));
  const std::string message = siphon::errs::Render(status);
  Require(message.size() < 400);
  constexpr size_t kLong = 16;
  for (size_t at = 0; at + kLong <= text.size(); ++at) {
    const std::string_view part = text.substr(at, kLong);
    if (part.find_first_not_of(
            "qpzry9x8gf2tvdw0s3jn54khce6mua7lQPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L") ==
        std::string_view::npos) {
      Require(!absl::StrContains(message, part));
    }
  }
}

// Each text has one meaning: what is decoded is encoded to the same text.
void CheckKeys(std::string_view text) {
  const auto bech32 = age::DecodeBech32(text);
  if (bech32.ok()) {
    const age::Secret again = age::EncodeBech32(bech32->prefix, bech32->data.view());
    Require(again.view() == absl::AsciiStrToLower(text));
  } else {
    RequireRefusal(bech32.status(), siphon::errs::kInvalidArgument, text);
  }
  const auto recipient = age::ParseRecipient(text);
  if (recipient.ok()) {
    Require(recipient->Text() == text);
  } else {
    RequireRefusal(recipient.status(), siphon::errs::kInvalidArgument, text);
  }
  const auto identity = age::ParseIdentity(text);
  if (identity.ok()) {
    Require(identity->Text().view() == text);
  } else {
    RequireRefusal(identity.status(), siphon::errs::kInvalidArgument, text);
  }
}

}  // namespace

// Uses the input as a key, as base64, as an identity file and as armor.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  CheckKeys(text);
  const auto bytes = age::DecodeBase64(text);
  Require(!bytes.ok() || age::EncodeBase64(*bytes) == text);

  const auto identities = age::ParseIdentityFile(text);
  if (identities.ok()) {
    for (const age::Identity& identity : *identities) {
      Require(absl::StrContains(text, identity.Text().view()));
    }
  } else {
    RequireRefusal(identities.status(), siphon::errs::kInvalidArgument, text);
  }
  const auto armored = age::DecodeArmor(text);
  if (armored.ok()) {
    Require(age::IsArmored(text) && age::IsEncryptedFile(text));
    const auto again = age::DecodeArmor(age::EncodeArmor(*armored));
    Require(again.ok() && *again == *armored);
  } else {
    Require(siphon::errs::Is(armored.status(), siphon::errs::kIntegrity));
  }
  return 0;
}
