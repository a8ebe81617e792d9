// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_BASE_UTF8_H_
#define SIPHON_BASE_UTF8_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace siphon::base {

// One character of a text.
struct CodePoint {
  uint32_t value = 0;
  size_t length = 0;  // In bytes; 0 if the bytes are not UTF-8.
};

// Returns the first character of `text`, which must not be empty. Overlong forms, surrogates and
// values above U+10FFFF are not UTF-8 (RFC 3629).
CodePoint DecodeUtf8(std::string_view text);

bool IsValidUtf8(std::string_view text);

}  // namespace siphon::base

#endif  // SIPHON_BASE_UTF8_H_
