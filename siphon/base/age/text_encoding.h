// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_BASE_AGE_TEXT_ENCODING_H_
#define SIPHON_BASE_AGE_TEXT_ENCODING_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "siphon/base/age/secret.h"

namespace siphon::age {

// Base64 (RFC 4648, section 4) without padding, as in the header of an age file.
std::string EncodeBase64(std::string_view bytes);
// errs::kIntegrity for anything that EncodeBase64() does not write.
absl::StatusOr<std::string> DecodeBase64(std::string_view text);

// Bech32 (BIP 173) without its limit of length.
struct Bech32 {
  std::string prefix;  // The part before the last '1', in lower case.
  Secret data;
};

// `prefix` has only lower-case letters, digits and '-'. The text is a secret if the data is one.
Secret EncodeBech32(std::string_view prefix, std::string_view data);
// Text in lower case or in upper case. errs::kInvalidArgument, which repeats nothing of the text.
absl::StatusOr<Bech32> DecodeBech32(std::string_view text);

}  // namespace siphon::age

#endif  // SIPHON_BASE_AGE_TEXT_ENCODING_H_
