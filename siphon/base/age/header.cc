// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/base/age/header.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/age/primitives.h"
#include "siphon/base/age/text_encoding.h"

namespace siphon::age {
namespace {

constexpr std::string_view kStanzaMark = "-> ";
constexpr std::string_view kEndMark = "---";
constexpr size_t kColumns = 64;

absl::Status Bad(std::string_view why) {
  return errs::IntegrityError("age.header", absl::StrCat("invalid age header: ", why));
}

absl::Status BadBase64(std::string_view where, const absl::Status& status) {
  return Bad(absl::StrCat(where, ": ", errs::GetError(status).value_or(errs::Error{}).detail));
}

// The lines of a header, one after the other.
class Lines {
 public:
  explicit Lines(std::string_view text) : rest_(text) {}
  bool AtEnd() const { return rest_.empty(); }
  // The next line without its line feed.
  absl::StatusOr<std::string_view> Next() {
    const size_t end = rest_.find('\n');
    if (end == std::string_view::npos) return Bad("it ends within a line");
    const std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    return line;
  }

 private:
  std::string_view rest_;
};

bool IsVisible(char c) { return c >= 33 && c <= 126; }

absl::StatusOr<std::vector<std::string>> ParseArguments(std::string_view line) {
  std::vector<std::string> arguments = absl::StrSplit(line, ' ');
  for (const std::string& argument : arguments) {
    if (argument.empty() || !std::all_of(argument.begin(), argument.end(), IsVisible)) {
      return Bad(
          "a stanza has an empty argument, or one with a character that is not visible ASCII");
    }
  }
  return arguments;
}

// The body of a stanza: full lines, then a shorter one.
absl::StatusOr<std::string> ParseBody(Lines& lines) {
  std::string text;
  while (true) {
    ASSIGN_OR_RETURN(const std::string_view line, lines.Next());
    if (line.size() > kColumns) return Bad("a line of a stanza's body is too long");
    text.append(line);
    if (line.size() < kColumns) break;
  }
  absl::StatusOr<std::string> body = DecodeBase64(text);
  if (!body.ok()) return BadBase64("the body of a stanza", body.status());
  return body;
}

}  // namespace

std::string EncodeStanzas(const std::vector<Stanza>& stanzas) {
  std::string text(kVersionLine);
  for (const Stanza& stanza : stanzas) {
    absl::StrAppend(&text, kStanzaMark, absl::StrJoin(stanza.arguments, " "), "\n");
    const std::string body = EncodeBase64(stanza.body);
    // A body whose text fills its last line is followed by an empty line.
    for (size_t at = 0; at <= body.size(); at += kColumns) {
      absl::StrAppend(&text, std::string_view(body).substr(at, kColumns), "\n");
    }
  }
  absl::StrAppend(&text, kEndMark);
  return text;
}

std::string EncodeHeader(const Header& header) {
  return absl::StrCat(EncodeStanzas(header.stanzas), " ", EncodeBase64(header.mac), "\n");
}

absl::StatusOr<size_t> FindHeaderEnd(std::string_view bytes) {
  const std::string_view begin = bytes.substr(0, kVersionLine.size());
  if (begin != kVersionLine.substr(0, begin.size())) {
    return Bad("it does not begin with \"age-encryption.org/v1\"");
  }
  // No line of a stanza begins with "---": an argument line begins with "-> ", base64 has no '-'.
  const std::string_view text = bytes.substr(0, kHeaderLimit);
  const size_t mark = text.find(absl::StrCat("\n", kEndMark));
  if (mark != std::string_view::npos) {
    const size_t end = text.find('\n', mark + 1);
    if (end != std::string_view::npos) return end + 1;
  }
  if (bytes.size() < kHeaderLimit) return 0;
  return Bad(absl::StrCat("it is longer than ", kHeaderLimit, " bytes"));
}

absl::StatusOr<Header> ParseHeader(std::string_view bytes) {
  if (bytes.size() > kHeaderLimit) {
    return Bad(absl::StrCat("it is longer than ", kHeaderLimit, " bytes"));
  }
  if (!absl::StartsWith(bytes, kVersionLine)) {
    return Bad("it does not begin with \"age-encryption.org/v1\"");
  }
  Lines lines(bytes.substr(kVersionLine.size()));
  Header header;
  while (true) {
    ASSIGN_OR_RETURN(std::string_view line, lines.Next());
    if (absl::StartsWith(line, kStanzaMark)) {
      line.remove_prefix(kStanzaMark.size());
      Stanza stanza;
      ASSIGN_OR_RETURN(stanza.arguments, ParseArguments(line));
      ASSIGN_OR_RETURN(stanza.body, ParseBody(lines));
      header.stanzas.push_back(std::move(stanza));
      continue;
    }
    if (!absl::StartsWith(line, absl::StrCat(kEndMark, " "))) {
      return Bad("a line is neither a stanza nor the end");
    }
    absl::StatusOr<std::string> mac = DecodeBase64(line.substr(kEndMark.size() + 1));
    if (!mac.ok()) return BadBase64("the authentication code", mac.status());
    header.mac = *std::move(mac);
    break;
  }
  if (header.mac.size() != kKeySize) return Bad("the authentication code has a wrong size");
  if (header.stanzas.empty()) return Bad("it has no recipient");
  if (!lines.AtEnd()) return Bad("bytes follow its end");
  return header;
}

}  // namespace siphon::age
