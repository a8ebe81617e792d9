// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/base/printable.h"

#include <cstddef>
#include <cstdint>

#include "absl/strings/str_format.h"
#include "siphon/base/utf8.h"

namespace siphon::base {
namespace {

void AppendEscape(uint32_t value, std::string& out) {
  switch (value) {
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      absl::StrAppendFormat(&out, value < 0x80 ? "\\x%02x" : "\\u{%x}", value);
  }
}

std::string Escape(std::string_view text, bool lines) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const CodePoint point = DecodeUtf8(text);
    const size_t length = point.length == 0 ? 1 : point.length;
    if (point.length == 0) {
      absl::StrAppendFormat(&out, "\\x%02x", static_cast<unsigned char>(text[0]));
    } else if (IsTerminalControl(point.value) && !(lines && point.value == '\n')) {
      AppendEscape(point.value, out);
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
  return out;
}

}  // namespace

bool IsTerminalControl(uint32_t code_point) {
  if (code_point < 0x20 || (code_point >= 0x7f && code_point <= 0x9f)) return true;
  return code_point == 0x061c || code_point == 0x200e ||
         code_point == 0x200f ||                            // Marks of direction.
         code_point == 0x2028 || code_point == 0x2029 ||    // Line, paragraph separator.
         (code_point >= 0x202a && code_point <= 0x202e) ||  // Embeddings and overrides.
         (code_point >= 0x2066 && code_point <= 0x2069);    // Isolates.
}

std::string Printable(std::string_view text) { return Escape(text, false); }

std::string PrintableLines(std::string_view text) { return Escape(text, true); }

}  // namespace siphon::base
