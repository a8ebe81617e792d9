// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/schema/names.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "siphon/base/utf8.h"

namespace siphon::schema {
namespace {

constexpr size_t kPostgresBytes = 63;
constexpr size_t kMysqlCharacters = 64;
// For names that siphon makes: short enough for every engine, with space for a number.
constexpr size_t kMadeBytes = 56;

size_t Characters(std::string_view text) {
  size_t count = 0;
  while (!text.empty()) {
    const base::CodePoint point = base::DecodeUtf8(text);
    text.remove_prefix(point.length == 0 ? 1 : point.length);
    ++count;
  }
  return count;
}

// The longest beginning of `text` that has at most `most` bytes and no broken character.
std::string_view Beginning(std::string_view text, size_t most) {
  if (text.size() <= most) return text;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xc0) == 0x80) --most;
  return text.substr(0, most);
}

std::string Fault(Engine engine, std::string_view name) {
  if (name.empty()) return "has no name";
  if (!base::IsValidUtf8(name)) return "has a name that is not UTF-8";
  switch (engine) {
    case Engine::kPostgres:
      if (name.size() > kPostgresBytes) return "has a name of more than 63 bytes";
      return "";
    case Engine::kMysql:
    case Engine::kMariadb:
      if (Characters(name) > kMysqlCharacters) return "has a name of more than 64 characters";
      if (absl::ascii_isspace(static_cast<unsigned char>(name.back()))) {
        return "has a name that ends with a blank";
      }
      return "";
    case Engine::kSqlite:
      if (absl::StartsWithIgnoreCase(name, "sqlite_")) {
        return "has a name that SQLite keeps for itself";
      }
      return "";
  }
  return "";
}

}  // namespace

// Names of PostgreSQL are compared byte by byte. SQLite and MySQL ignore case; on some platforms
// names of MySQL's tables differ by case, but a copy must not depend on the platform.
std::string Names::Key(std::string_view name) const {
  return engine_ == Engine::kPostgres ? std::string(name) : absl::AsciiStrToLower(name);
}

std::string Names::Take(std::string_view name) {
  std::string fault = Fault(engine_, name);
  if (!fault.empty()) return fault;
  if (!taken_.insert(Key(name)).second) {
    return absl::StrCat("has a name that another one has in ", DisplayName(engine_));
  }
  return "";
}

std::string Names::TakeFree(std::string_view wanted) {
  if (Take(wanted).empty()) return std::string(wanted);
  const std::string_view begin = Beginning(wanted, kMadeBytes);
  for (int number = 1;; ++number) {
    std::string name = number == 1 ? std::string(begin) : absl::StrCat(begin, "_", number);
    if (Take(name).empty()) return name;
    if (number == 1 && !Fault(engine_, name).empty()) return TakeFree(absl::StrCat("x_", begin));
  }
}

}  // namespace siphon::schema
