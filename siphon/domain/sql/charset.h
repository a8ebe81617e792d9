// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_SQL_CHARSET_H_
#define SIPHON_DOMAIN_SQL_CHARSET_H_

#include <cstddef>
#include <string_view>

namespace siphon::sql {

// A character set of MySQL and MariaDB, as far as a lexer must know it. In all but kPlain the
// second byte of a character may look like a backslash, a backtick, a letter or a digit.
enum class Charset {
  kPlain,  // UTF-8, one byte a character, or bytes from 0x80 on only (EUC).
  kBig5,
  kGbk,
  kSjis,  // Also cp932.
  kGb18030
};

// By the server's name, without regard to case: "gbk", "big5", "utf8mb4".
Charset CharsetOf(std::string_view name);

// The bytes from 0x80 on that are spaces in a character set of one byte a character: the no-break
// space.
std::string_view HighSpacesOf(std::string_view name);

// The length in bytes of the character of several bytes at the beginning of `text`; 0 for a single
// byte, and where the bytes are no character: the server reads these as single bytes, too
// (my_ismbchar()).
inline size_t MultiByteLength(Charset charset, std::string_view text) {
  if (charset == Charset::kPlain || text.size() < 2) return 0;
  const auto in = [](char c, unsigned char first, unsigned char last) {
    return static_cast<unsigned char>(c) >= first && static_cast<unsigned char>(c) <= last;
  };
  const char head = text[0];
  const char tail = text[1];
  switch (charset) {
    case Charset::kPlain:
      return 0;
    case Charset::kBig5:
      return in(head, 0xA1, 0xF9) && (in(tail, 0x40, 0x7E) || in(tail, 0xA1, 0xFE)) ? 2 : 0;
    case Charset::kGbk:
      return in(head, 0x81, 0xFE) && (in(tail, 0x40, 0x7E) || in(tail, 0x80, 0xFE)) ? 2 : 0;
    case Charset::kSjis:
      return (in(head, 0x81, 0x9F) || in(head, 0xE0, 0xFC)) &&
                     (in(tail, 0x40, 0x7E) || in(tail, 0x80, 0xFC))
                 ? 2
                 : 0;
    case Charset::kGb18030:
      if (!in(head, 0x81, 0xFE)) return 0;
      if (in(tail, 0x40, 0x7E) || in(tail, 0x80, 0xFE)) return 2;
      return text.size() >= 4 && in(tail, 0x30, 0x39) && in(text[2], 0x81, 0xFE) &&
                     in(text[3], 0x30, 0x39)
                 ? 4
                 : 0;
  }
  return 0;
}

// The longest character in bytes.
inline constexpr size_t kLongestCharacter = 4;

}  // namespace siphon::sql

#endif  // SIPHON_DOMAIN_SQL_CHARSET_H_
