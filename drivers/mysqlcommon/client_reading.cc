// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/client_reading.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace siphon::mysqlcommon {
namespace {

bool IsSpace(char c) { return absl::ascii_isspace(static_cast<unsigned char>(c)); }

// The client's state while it reads the lines of a statement.
class ClientReader {
 public:
  ClientReader(const Fork& fork, const Syntax& syntax) : fork_(fork), syntax_(syntax) {}

  // False if the client would change the line, or run a command of its own.
  bool Line(std::string_view line) {
    special_ = Special::kNone;
    for (size_t at = 0; at < line.size();) {
      const std::string_view rest = line.substr(at);
      const size_t character = sql::MultiByteLength(syntax_.charset, rest);
      if (character != 0) {
        at += character;
      } else if (rest[0] == '\\' && !comment_ && BackslashCounts()) {
        const size_t length = Backslash(rest);
        if (length == 0) return false;
        at += length;
      } else if (BeginsLineComment(rest)) {
        // The client ends such a comment at a NUL.
        return !absl::StrContains(rest, '\0');
      } else {
        at += Code(rest);
      }
    }
    // The client does not send the end of such a line.
    return quote_ != '\0' || comment_ || !absl::StartsWithIgnoreCase(line, "delimiter");
  }
  bool InCode() const { return quote_ == '\0' && !comment_; }

 private:
  enum class Special { kNone, kConditional, kHint };

  bool BackslashCounts() const {
    if (quote_ == '\0') return true;
    if (!syntax_.backslash_escapes) return false;
    return !fork_.mariadb || (quote_ != '`' && !(quote_ == '"' && syntax_.ansi_quotes));
  }

  // The bytes read; 0 for a command.
  size_t Backslash(std::string_view rest) const {
    if (rest.size() < 2 || rest[1] == '\0') return 0;
    if (quote_ == '\0') return rest[1] == 'N' ? 2 : 0;
    return rest[1] == '`' && quote_ == '`' ? 1 : 2;
  }

  bool BeginsLineComment(std::string_view rest) const {
    if (!InCode()) return false;
    return rest[0] == '#' ||
           (absl::StartsWith(rest, "--") && (rest.size() == 2 || IsSpace(rest[2])));
  }

  size_t Code(std::string_view rest) {
    const bool opening = quote_ == '\0' && absl::StartsWith(rest, "/*");
    const bool closing = quote_ == '\0' && absl::StartsWith(rest, "*/");
    const char mark = opening && rest.size() > 2 ? rest[2] : '\0';
    const bool special =
        mark == '!' || mark == '+' || (fork_.mariadb && absl::StartsWith(rest, "/*M!"));
    if (opening && !special && special_ != Special::kHint) {
      comment_ = true;
      return 2;
    }
    if (closing && comment_ && special_ == Special::kNone) {
      comment_ = false;
      return 2;
    }
    if (opening && mark == '!') special_ = Special::kConditional;
    if (opening && mark == '+') special_ = fork_.mariadb ? Special::kConditional : Special::kHint;
    if (closing) special_ = Special::kNone;
    const char c = rest[0];
    if (quote_ != '\0') {
      if (c == quote_) quote_ = '\0';
    } else if (!comment_ && special_ != Special::kHint && (c == '\'' || c == '"' || c == '`')) {
      quote_ = c;
    }
    return 1;
  }

  const Fork& fork_;
  const Syntax& syntax_;
  Special special_ = Special::kNone;  // Of the line: the client forgets it at its end.
  char quote_ = '\0';
  bool comment_ = false;
};

}  // namespace

bool ClientSendsAsIs(std::string_view sql, const Fork& fork, const Syntax& syntax) {
  ClientReader reader(fork, syntax);
  while (true) {
    const size_t end = sql.find('\n');
    if (!reader.Line(sql.substr(0, end))) return false;
    if (end == std::string_view::npos) return reader.InCode();
    sql.remove_prefix(end + 1);
  }
}

std::string AbsentDelimiter(std::string_view sql) {
  const std::string lower = absl::AsciiStrToLower(sql);
  std::string delimiter = ";;";
  for (int i = 1; absl::StrContains(lower, delimiter); ++i) {
    delimiter = absl::StrCat(";siphon", i, ";");
  }
  return delimiter;
}

}  // namespace siphon::mysqlcommon
