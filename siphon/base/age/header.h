// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_BASE_AGE_HEADER_H_
#define SIPHON_BASE_AGE_HEADER_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace siphon::age {

// The file key, wrapped for a recipient (C2SP age, "Recipient stanza").
struct Stanza {
  std::vector<std::string> arguments;  // At least one; the first is the type of the recipient.
  std::string body;
  friend bool operator==(const Stanza&, const Stanza&) = default;
};

struct Header {
  std::vector<Stanza> stanzas;
  std::string mac;  // 32 bytes.
  friend bool operator==(const Header&, const Header&) = default;
};

inline constexpr std::string_view kVersionLine = "age-encryption.org/v1\n";
// The maximum size of a header, in bytes: the format has none. Enough for 500 recipients.
inline constexpr size_t kHeaderLimit = size_t{64} * 1024;

// The text that the MAC covers: to "---", without the space that follows.
std::string EncodeStanzas(const std::vector<Stanza>& stanzas);
std::string EncodeHeader(const Header& header);

// The size of the header at the beginning of `bytes`; 0 if more bytes are needed to know it.
// errs::kIntegrity if `bytes` cannot be the beginning of an age file, and for a header longer than
// kHeaderLimit.
absl::StatusOr<size_t> FindHeaderEnd(std::string_view bytes);

// Parses a whole header. errs::kIntegrity for anything that EncodeHeader() does not write.
absl::StatusOr<Header> ParseHeader(std::string_view bytes);

}  // namespace siphon::age

#endif  // SIPHON_BASE_AGE_HEADER_H_
