// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/base/xml.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/utf8.h"

namespace siphon::base {
namespace {

constexpr std::string_view kOp = "xml";

absl::Status Fail(std::string_view why) {
  return errs::SystemError(kOp, errs::kIo, absl::StrCat("the XML text ", why));
}

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

// Bytes of other characters than ASCII may occur in names.
bool IsNameByte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return absl::ascii_isalnum(byte) || byte >= 0x80 || absl::StrContains("_:-.", c);
}

bool IsNameStart(char c) {
  return IsNameByte(c) && !absl::ascii_isdigit(static_cast<unsigned char>(c)) && c != '-' &&
         c != '.';
}

void AppendUtf8(uint32_t code, std::string& out) {
  const auto add = [&](uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (code < 0x80) return add(code);
  if (code < 0x800) {
    add(0xc0 | (code >> 6));
  } else if (code < 0x10000) {
    add(0xe0 | (code >> 12));
    add(0x80 | ((code >> 6) & 0x3f));
  } else {
    add(0xf0 | (code >> 18));
    add(0x80 | ((code >> 12) & 0x3f));
    add(0x80 | ((code >> 6) & 0x3f));
  }
  add(0x80 | (code & 0x3f));
}

// A character of XML 1.0 (production 2).
bool IsCharacter(uint32_t code) {
  return code == '\t' || code == '\n' || code == '\r' || (code >= 0x20 && code <= 0xd7ff) ||
         (code >= 0xe000 && code <= 0xfffd) || (code >= 0x10000 && code <= 0x10ffff);
}

// The character that the reference "&<name>;" means.
std::optional<uint32_t> Referenced(std::string_view name) {
  if (name == "lt") return '<';
  if (name == "gt") return '>';
  if (name == "amp") return '&';
  if (name == "quot") return '"';
  if (name == "apos") return '\'';
  constexpr size_t kMostDigits = 7;
  const bool hex = absl::ConsumePrefix(&name, "#x");
  if (!hex && !absl::ConsumePrefix(&name, "#")) return std::nullopt;
  const bool digits = std::all_of(name.begin(), name.end(), [&](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return hex ? absl::ascii_isxdigit(byte) : absl::ascii_isdigit(byte);
  });
  uint32_t code = 0;
  if (!digits || name.size() > kMostDigits) return std::nullopt;
  if (!(hex ? absl::SimpleHexAtoi(name, &code) : absl::SimpleAtoi(name, &code))) {
    return std::nullopt;
  }
  if (!IsCharacter(code)) return std::nullopt;
  return code;
}

class Parser {
 public:
  Parser(std::string_view text, const XmlLimits& limits) : rest_(text), limits_(limits) {}

  absl::StatusOr<XmlElement> Parse();

 private:
  // Skips what may be between elements: processing instructions, comments, and the declaration.
  // True if it skipped one.
  absl::StatusOr<bool> SkipMarkup();
  absl::Status SkipMarkupAndSpace();
  void SkipSpace() {
    while (!rest_.empty() && IsSpace(rest_[0])) rest_.remove_prefix(1);
  }
  // Skips to the end of the next `end`.
  absl::Status SkipTo(std::string_view end);
  absl::StatusOr<std::string_view> Name();
  absl::Status Attributes();
  // Reads "<name attributes>"; the element stays open unless the tag ends with "/>".
  absl::Status OpenElement();
  absl::Status CloseElement();
  // Reads character data and references up to the next '<'.
  absl::Status CharacterData();
  // Moves the innermost element into its parent, or into root_.
  void Pop();

  std::string_view rest_;
  XmlLimits limits_;
  size_t elements_ = 0;
  // The elements from the root to the innermost one that is open, with their full names.
  std::vector<XmlElement> open_;
  std::vector<std::string_view> names_;
  std::optional<XmlElement> root_;
};

absl::Status Parser::SkipTo(std::string_view end) {
  const size_t at = rest_.find(end);
  if (at == std::string_view::npos) return Fail("ends too early");
  rest_.remove_prefix(at + end.size());
  return absl::OkStatus();
}

absl::StatusOr<bool> Parser::SkipMarkup() {
  if (absl::ConsumePrefix(&rest_, "<?")) {
    RETURN_IF_ERROR(SkipTo("?>"));
    return true;
  }
  if (absl::ConsumePrefix(&rest_, "<!--")) {
    RETURN_IF_ERROR(SkipTo("-->"));
    return true;
  }
  if (absl::StartsWith(rest_, "<!") && !absl::StartsWith(rest_, "<![CDATA[")) {
    return Fail("has a document type");
  }
  return false;
}

absl::Status Parser::SkipMarkupAndSpace() {
  while (true) {
    SkipSpace();
    ASSIGN_OR_RETURN(const bool skipped, SkipMarkup());
    if (!skipped) return absl::OkStatus();
  }
}

absl::StatusOr<std::string_view> Parser::Name() {
  size_t size = 0;
  while (size < rest_.size() && IsNameByte(rest_[size])) ++size;
  if (size == 0 || !IsNameStart(rest_[0])) return Fail("has a tag without a name");
  const std::string_view name = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return name;
}

absl::Status Parser::Attributes() {
  while (true) {
    const size_t before = rest_.size();
    SkipSpace();
    if (rest_.empty()) return Fail("ends within a tag");
    if (rest_[0] == '>' || rest_[0] == '/') return absl::OkStatus();
    if (rest_.size() == before) return Fail("has no space before an attribute");
    RETURN_IF_ERROR(Name().status());
    SkipSpace();
    if (!absl::ConsumePrefix(&rest_, "=")) return Fail("has an attribute without a value");
    SkipSpace();
    if (rest_.empty() || (rest_[0] != '"' && rest_[0] != '\'')) {
      return Fail("has an attribute without quotes");
    }
    const size_t end = rest_.find(rest_[0], 1);
    if (end == std::string_view::npos) return Fail("ends within an attribute");
    if (absl::StrContains(rest_.substr(0, end), '<')) return Fail("has '<' in an attribute");
    rest_.remove_prefix(end + 1);
  }
}

absl::Status Parser::OpenElement() {
  rest_.remove_prefix(1);
  ASSIGN_OR_RETURN(const std::string_view name, Name());
  if (++elements_ > limits_.max_elements) return Fail("has too many elements");
  if (open_.size() >= limits_.max_depth) return Fail("has too many levels");
  RETURN_IF_ERROR(Attributes());
  XmlElement element;
  const size_t colon = name.rfind(':');
  element.name = std::string(colon == std::string_view::npos ? name : name.substr(colon + 1));
  if (element.name.empty() || !IsNameStart(element.name[0])) {
    return Fail("has a tag without a name");
  }
  open_.push_back(std::move(element));
  names_.push_back(name);
  if (absl::ConsumePrefix(&rest_, "/>")) {
    Pop();
    return absl::OkStatus();
  }
  return absl::ConsumePrefix(&rest_, ">") ? absl::OkStatus() : Fail("has a tag without an end");
}

absl::Status Parser::CloseElement() {
  rest_.remove_prefix(2);
  ASSIGN_OR_RETURN(const std::string_view name, Name());
  SkipSpace();
  if (!absl::ConsumePrefix(&rest_, ">")) return Fail("has a tag without an end");
  if (name != names_.back()) return Fail("ends an element that was not begun");
  Pop();
  return absl::OkStatus();
}

void Parser::Pop() {
  XmlElement element = std::move(open_.back());
  open_.pop_back();
  names_.pop_back();
  if (open_.empty()) {
    root_ = std::move(element);
  } else {
    open_.back().children.push_back(std::move(element));
  }
}

absl::Status Parser::CharacterData() {
  std::string& out = open_.back().text;
  while (!rest_.empty() && rest_[0] != '<') {
    const size_t size = std::min(rest_.find_first_of("<&"), rest_.size());
    out.append(rest_.substr(0, size));
    rest_.remove_prefix(size);
    if (!absl::ConsumePrefix(&rest_, "&")) continue;
    const size_t end = rest_.substr(0, 12).find(';');
    if (end == std::string_view::npos) return Fail("has '&' without an entity");
    const std::optional<uint32_t> code = Referenced(rest_.substr(0, end));
    if (!code.has_value()) return Fail("has an unknown entity");
    AppendUtf8(*code, out);
    rest_.remove_prefix(end + 1);
  }
  return absl::OkStatus();
}

absl::StatusOr<XmlElement> Parser::Parse() {
  absl::ConsumePrefix(&rest_, "\xef\xbb\xbf");
  RETURN_IF_ERROR(SkipMarkupAndSpace());
  if (rest_.empty() || rest_[0] != '<') return Fail("does not begin with an element");
  RETURN_IF_ERROR(OpenElement());
  while (!root_.has_value()) {
    RETURN_IF_ERROR(CharacterData());
    if (rest_.empty()) return Fail("ends too early");
    if (absl::ConsumePrefix(&rest_, "<![CDATA[")) {
      const size_t end = rest_.find("]]>");
      if (end == std::string_view::npos) return Fail("ends too early");
      open_.back().text.append(rest_.substr(0, end));
      rest_.remove_prefix(end + 3);
      continue;
    }
    ASSIGN_OR_RETURN(const bool skipped, SkipMarkup());
    if (skipped) continue;
    RETURN_IF_ERROR(absl::StartsWith(rest_, "</") ? CloseElement() : OpenElement());
  }
  RETURN_IF_ERROR(SkipMarkupAndSpace());
  if (!rest_.empty()) return Fail("goes on after its element");
  return *std::move(root_);
}

}  // namespace

const XmlElement* XmlElement::Child(std::string_view child) const {
  for (const XmlElement& element : children) {
    if (element.name == child) return &element;
  }
  return nullptr;
}

std::string_view XmlElement::Text(std::string_view child) const {
  const XmlElement* const element = Child(child);
  return element == nullptr ? std::string_view() : std::string_view(element->text);
}

absl::StatusOr<XmlElement> ParseXml(std::string_view text, const XmlLimits& limits) {
  if (!IsValidUtf8(text)) return Fail("is not UTF-8");
  for (const char c : text) {
    if (!IsSpace(c) && static_cast<unsigned char>(c) < 0x20) return Fail("has a control character");
  }
  return Parser(text, limits).Parse();
}

std::string EscapeXml(std::string_view text) {
  return absl::StrReplaceAll(text, {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}});
}

}  // namespace siphon::base
