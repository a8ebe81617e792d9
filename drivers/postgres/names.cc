// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/names.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "siphon/base/utf8.h"

namespace siphon::postgres {
namespace {

constexpr std::string_view kDefaultSchema = "public";
constexpr size_t kLongestMessage = 4096;

bool IsPlain(std::string_view name) {
  if (name.empty() || absl::ascii_isdigit(static_cast<unsigned char>(name[0]))) return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    const unsigned char byte = static_cast<unsigned char>(c);
    return absl::ascii_islower(byte) || absl::ascii_isdigit(byte) || c == '_' || byte >= 0x80;
  });
}

std::string DisplayPart(std::string_view name) {
  const std::string text = ToUtf8(name);
  return IsPlain(text) ? text : QuoteIdentifier(text);
}

}  // namespace

std::string QuoteIdentifier(std::string_view name) {
  return absl::StrCat("\"", absl::StrReplaceAll(name, {{"\"", "\"\""}}), "\"");
}

std::string QuoteQualified(std::string_view schema, std::string_view name) {
  return absl::StrCat(QuoteIdentifier(schema), ".", QuoteIdentifier(name));
}

std::string QuoteLiteral(std::string_view text) {
  const bool escapes = text.find('\\') != std::string_view::npos;
  return absl::StrCat(escapes ? "E'" : "'",
                      absl::StrReplaceAll(text, {{"'", "''"}, {"\\", "\\\\"}}), "'");
}

std::string DisplayName(std::string_view schema, std::string_view name) {
  if (schema == kDefaultSchema || schema.empty()) return DisplayPart(name);
  return absl::StrCat(DisplayPart(schema), ".", DisplayPart(name));
}

std::string ToUtf8(std::string_view text) {
  if (base::IsValidUtf8(text)) return std::string(text);
  std::string out;
  while (!text.empty()) {
    const base::CodePoint point = base::DecodeUtf8(text);
    const size_t size = std::max<size_t>(point.length, 1);
    if (point.length > 0) {
      absl::StrAppend(&out, text.substr(0, size));
    } else {
      absl::StrAppend(&out, "\\x", absl::BytesToHexString(text.substr(0, 1)));
    }
    text.remove_prefix(size);
  }
  return out;
}

std::string BoundedUtf8(std::string_view text) {
  if (text.size() <= kLongestMessage) return ToUtf8(text);
  text = text.substr(0, kLongestMessage);
  // Do not cut inside a character.
  for (int i = 0; i < 4 && !base::IsValidUtf8(text); ++i) text.remove_suffix(1);
  return absl::StrCat(ToUtf8(text), "...");
}

std::string Latin1ToUtf8(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const unsigned char byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      out += c;
    } else {
      out += static_cast<char>(0xC0 | byte >> 6);
      out += static_cast<char>(0x80 | (byte & 0x3F));
    }
  }
  return out;
}

}  // namespace siphon::postgres
