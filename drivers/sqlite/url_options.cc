// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/sqlite/url_options.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/units.h"

namespace siphon::sqlite {
namespace {

constexpr std::string_view kOp = "sqlite.connect";

// Parameters of go-sqlite3 (its README, "Connection String") that set a pragma.
struct Known {
  std::string_view name;
  std::string_view short_name;
  std::string_view pragma;
};
constexpr std::array<Known, 14> kPragmas = {{
    {"_auto_vacuum", "_vacuum", "auto_vacuum"},
    {"_cache_size", "", "cache_size"},
    {"_case_sensitive_like", "_cslike", "case_sensitive_like"},
    {"_defer_foreign_keys", "_defer_fk", "defer_foreign_keys"},
    {"_foreign_keys", "_fk", "foreign_keys"},
    {"_ignore_check_constraints", "", "ignore_check_constraints"},
    {"_journal_mode", "_journal", "journal_mode"},
    {"_locking_mode", "_locking", "locking_mode"},
    {"_query_only", "", "query_only"},
    {"_recursive_triggers", "_rt", "recursive_triggers"},
    {"_secure_delete", "", "secure_delete"},
    {"_synchronous", "_sync", "synchronous"},
    {"_writable_schema", "", "writable_schema"},
    {"_busy_timeout", "_timeout", "busy_timeout"},
}};

// Go's types and locks, and what siphon decides itself.
constexpr std::array<std::string_view, 11> kWithoutEffect = {"_loc",         "_mutex",
                                                             "_txlock",      "_stmt_cache_size",
                                                             "_time_format", "_time_integer_format",
                                                             "cache",        "_inttotime",
                                                             "_texttotime",  "_timezone",
                                                             "immutable"};

// The pragma that a parameter of go-sqlite3 sets; "" for other parameters.
std::string_view PragmaOf(std::string_view name) {
  for (const Known& known : kPragmas) {
    if (name == known.name || (!name.empty() && name == known.short_name)) return known.pragma;
  }
  return "";
}

absl::Status Refuse(std::string_view what, std::string_view hint = "") {
  return errs::UserError(kOp, errs::kInvalidArgument, what, hint);
}

bool IsWord(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_';
  });
}

// A number or a word, perhaps in quotes.
bool IsValue(std::string_view text) {
  if (text.size() > 2 && (text[0] == '\'' || text[0] == '"') && text.back() == text[0]) {
    text = text.substr(1, text.size() - 2);
  }
  absl::ConsumePrefix(&text, "-");
  return IsWord(text);
}

absl::Status AddPragma(std::string_view name, std::string_view value, UrlOptions& options) {
  const std::string pragma = absl::AsciiStrToLower(name);
  if (pragma == "busy_timeout") {
    int64_t milliseconds = 0;
    if (!absl::SimpleAtoi(value, &milliseconds) || milliseconds < 0) {
      return Refuse(absl::StrCat("the busy timeout is \"", value, "\""),
                    "it is a number of milliseconds");
    }
    options.busy_timeout = std::chrono::milliseconds(std::min<int64_t>(milliseconds, INT32_MAX));
    return absl::OkStatus();
  }
  if (absl::StrContains(pragma, "key") && !absl::EndsWith(pragma, "foreign_keys")) {
    return Refuse(absl::StrCat("the pragma \"", name, "\" is for an encrypted database"),
                  "siphon cannot read encrypted databases");
  }
  if (absl::StartsWith(pragma, "cipher")) {
    return Refuse(absl::StrCat("the pragma \"", name, "\" is for an encrypted database"),
                  "siphon cannot read encrypted databases");
  }
  if (!IsWord(pragma) || absl::EndsWith(pragma, "_directory") ||
      (!value.empty() && !IsValue(value))) {
    return Refuse(absl::StrCat("the pragma \"", name, "\" with the value \"", value,
                               "\" is not known to be safe"),
                  "a pragma is a name and a word or number, as in _pragma=foreign_keys(1)");
  }
  if (pragma == "foreign_keys") {
    const std::string on = absl::AsciiStrToLower(value);
    options.foreign_keys = on == "1" || on == "on" || on == "yes" || on == "true";
  }
  options.pragmas.push_back(absl::StrCat("PRAGMA ", pragma, value.empty() ? "" : " = ", value));
  return absl::OkStatus();
}

// "foreign_keys(1)", "foreign_keys = 1", "optimize"; several are joined by ";".
absl::Status AddPragmas(std::string_view list, UrlOptions& options) {
  for (std::string_view one : absl::StrSplit(list, ';', absl::SkipWhitespace())) {
    one = absl::StripAsciiWhitespace(one);
    const size_t end = one.find_first_of("(=");
    std::string_view value;
    if (end != std::string_view::npos) {
      value = one.substr(end + 1);
      if (one[end] == '(' && !absl::ConsumeSuffix(&value, ")")) {
        return Refuse(absl::StrCat("_pragma is \"", one, "\": a parenthesis is not closed"));
      }
      value = absl::StripAsciiWhitespace(value);
    }
    RETURN_IF_ERROR(AddPragma(absl::StripAsciiWhitespace(one.substr(0, end)), value, options));
  }
  return absl::OkStatus();
}

absl::Status AddMode(std::string_view mode, UrlOptions& options) {
  if (mode == "rwc" || mode == "rw") return absl::OkStatus();
  options.read_only = mode == "ro";
  if (options.read_only) return absl::OkStatus();
  return Refuse(absl::StrCat("mode is \"", mode, "\""), "it is ro, rw or rwc");
}

}  // namespace

absl::StatusOr<UrlOptions> ParseUrlOptions(const std::map<std::string, std::string>& parameters) {
  UrlOptions options;
  for (const auto& [name, value] : parameters) {
    if (name == "busy_timeout") {
      ASSIGN_OR_RETURN(const absl::Duration duration, base::ParseDuration(value));
      options.busy_timeout = absl::ToChronoNanoseconds(duration);
      continue;
    }
    if (name == "_pragma") {
      RETURN_IF_ERROR(AddPragmas(value, options));
      continue;
    }
    if (name == "mode") {
      RETURN_IF_ERROR(AddMode(value, options));
      continue;
    }
    if (std::find(kWithoutEffect.begin(), kWithoutEffect.end(), name) != kWithoutEffect.end()) {
      continue;
    }
    if (const std::string_view pragma = PragmaOf(name); !pragma.empty()) {
      if (value.empty()) return Refuse(absl::StrCat("the parameter \"", name, "\" has no value"));
      RETURN_IF_ERROR(AddPragma(pragma, value, options));
      continue;
    }
    if (absl::StartsWith(name, "_auth")) {
      return Refuse(absl::StrCat("the parameter \"", name, "\" is for a database with passwords"),
                    "siphon does not know SQLite's user authentication");
    }
    return Refuse(absl::StrCat("unknown parameter \"", name, "\""),
                  "known parameters: busy_timeout, for example busy_timeout=10s, and those of "
                  "go-sqlite3 and modernc.org/sqlite");
  }
  return options;
}

}  // namespace siphon::sqlite
