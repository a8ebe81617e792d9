// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/members.h"

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "drivers/mysqlcommon/tokens.h"
#include "errs/status_macros.h"

namespace siphon::mysqlcommon {
namespace {

// A longer type is not worth the statement that compares its members.
constexpr size_t kMostMembers = 1000;

std::vector<Token> ReadMembers(std::string_view column_type) {
  std::vector<Token> members;
  TokenReader reader(column_type);
  for (Token token = reader.Next(); token.kind != Token::Kind::kEnd; token = reader.Next()) {
    if (token.kind == Token::Kind::kString) members.push_back(token);
  }
  return members;
}

// The same for two texts of ASCII that are equal in any collation: letters without their case,
// those that are one letter in a language as one, and no control characters.
std::string Fold(std::string_view text) {
  std::string folded;
  for (const char c : text) {
    if (absl::ascii_iscntrl(static_cast<unsigned char>(c))) continue;
    const char lower = absl::ascii_tolower(static_cast<unsigned char>(c));
    folded += lower == 'j' || lower == 'y' ? 'i' : lower == 'v' || lower == 'w' ? 'u' : lower;
  }
  return folded;
}

}  // namespace

Members CompareMembers(std::string_view column_type, std::string_view collation) {
  const bool exact =
      collation.empty() || collation == "binary" || absl::EndsWith(collation, "_bin");
  bool for_the_server = false;
  std::set<std::string> folded;
  for (const Token& member : ReadMembers(column_type)) {
    const std::string text = member.Value();
    if (text.empty()) return Members::kAmbiguous;
    for (const char c : text) for_the_server |= static_cast<unsigned char>(c) >= 0x80;
    for_the_server |= !folded.insert(Fold(text)).second;
  }
  return for_the_server && !exact ? Members::kForTheServer : Members::kDistinct;
}

absl::StatusOr<bool> AreAmbiguous(const base::Context& context, Session& session,
                                  std::string_view column_type, std::string_view charset,
                                  std::string_view collation) {
  const Members compared = CompareMembers(column_type, collation);
  if (compared != Members::kForTheServer) return compared == Members::kAmbiguous;
  std::vector<std::string> selects;
  for (const Token& member : ReadMembers(column_type)) {
    selects.push_back(absl::StrCat("SELECT CONVERT(", member.text, " USING ", charset, ") COLLATE ",
                                   collation, " AS m"));
  }
  if (selects.size() > kMostMembers) return true;
  ASSIGN_OR_RETURN(
      const Rows rows,
      session.Query(context, absl::StrCat("SELECT COUNT(DISTINCT m) FROM (",
                                          absl::StrJoin(selects, " UNION ALL "), ") AS members")));
  return rows.empty() || Int(rows[0], 0) < static_cast<int64_t>(selects.size());
}

}  // namespace siphon::mysqlcommon
