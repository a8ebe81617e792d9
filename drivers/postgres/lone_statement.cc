// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/lone_statement.h"

#include <initializer_list>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "siphon/domain/sql/dialect.h"
#include "siphon/domain/sql/statement.h"

namespace siphon::postgres {
namespace {

// Enough for "ALTER TABLE IF EXISTS ONLY a.b.c DETACH PARTITION d.e.f CONCURRENTLY", and for the
// options of REINDEX.
constexpr size_t kTokens = 32;

using Kind = LoneStatement::Kind;

class Reader {
 public:
  explicit Reader(std::string_view statement)
      : tokens_(sql::RawTokens(sql::Dialect::kPostgres, statement, kTokens)) {}

  bool IsNext(std::string_view word) const {
    return at_ < tokens_.size() && absl::EqualsIgnoreCase(tokens_[at_], word);
  }
  bool Take(std::string_view word) {
    if (!IsNext(word)) return false;
    ++at_;
    return true;
  }
  bool TakeAll(std::initializer_list<std::string_view> words) {
    const size_t before = at_;
    for (const std::string_view word : words) {
      if (Take(word)) continue;
      at_ = before;
      return false;
    }
    return true;
  }
  // "(VERBOSE, CONCURRENTLY)". True if CONCURRENTLY is on.
  bool TakeOptions() {
    bool concurrently = false;
    if (!Take("(")) return false;
    while (at_ < tokens_.size() && !Take(")")) {
      if (Take("concurrently")) {
        concurrently = !IsNext("off") && !IsNext("false") && !IsNext("0");
      } else {
        ++at_;
      }
    }
    return concurrently;
  }
  // A name with any number of schemas before it; "" if there is none.
  std::string TakeName() {
    std::string name;
    while (at_ < tokens_.size() && IsName(tokens_[at_])) {
      absl::StrAppend(&name, tokens_[at_++]);
      if (IsNext("&")) return "";  // U&"..."
      if (!Take(".")) return name;
      name += '.';
    }
    return "";
  }

 private:
  static bool IsName(std::string_view token) {
    const auto first = static_cast<unsigned char>(token[0]);
    if (first == '"') return token.size() > 2 && token.back() == '"';
    return first == '_' || first >= 0x80 || absl::ascii_isalpha(first);
  }

  std::vector<std::string_view> tokens_;
  size_t at_ = 0;
};

// After "CREATE [UNIQUE] INDEX".
LoneStatement CreateIndex(Reader& reader) {
  LoneStatement read{.kind = Kind::kCreateIndex};
  read.concurrently = reader.Take("concurrently");
  read.if_not_exists = reader.TakeAll({"if", "not", "exists"});
  if (!reader.IsNext("on")) read.name = reader.TakeName();
  if (!reader.Take("on")) return {};
  reader.Take("only");
  read.table = reader.TakeName();
  return read.table.empty() ? LoneStatement() : read;
}

// After "REINDEX".
LoneStatement Reindex(Reader& reader) {
  LoneStatement read;
  read.concurrently = reader.TakeOptions();
  read.kind = reader.Take("index")      ? Kind::kReindexIndex
              : reader.Take("table")    ? Kind::kReindexTable
              : reader.Take("schema")   ? Kind::kReindexSchema
              : reader.Take("database") ? Kind::kReindexDatabase
              : reader.Take("system")   ? Kind::kReindexDatabase
                                        : Kind::kOther;
  if (read.kind == Kind::kOther) return read;
  if (reader.Take("concurrently")) read.concurrently = true;
  if (read.kind == Kind::kReindexDatabase) return read;  // The name may be left out.
  std::string& name = read.kind == Kind::kReindexTable ? read.table : read.name;
  name = reader.TakeName();
  return name.empty() ? LoneStatement() : read;
}

// After "ALTER TABLE".
LoneStatement AlterTable(Reader& reader) {
  LoneStatement read{.kind = Kind::kDetachPartition};
  reader.TakeAll({"if", "exists"});
  reader.Take("only");
  read.table = reader.TakeName();
  if (read.table.empty() || !reader.TakeAll({"detach", "partition"})) return {};
  read.name = reader.TakeName();
  read.concurrently = reader.Take("concurrently");
  return read.name.empty() || !read.concurrently ? LoneStatement() : read;
}

}  // namespace

LoneStatement ParseLoneStatement(std::string_view statement) {
  Reader reader(statement);
  for (const std::string_view word :
       {"vacuum", "analyze", "analyse", "cluster", "discard", "checkpoint", "set", "reset"}) {
    if (reader.IsNext(word)) return {.kind = Kind::kRepeatable};
  }
  if (reader.TakeAll({"alter", "system"})) return {.kind = Kind::kRepeatable};
  if (reader.TakeAll({"create", "index"}) || reader.TakeAll({"create", "unique", "index"})) {
    return CreateIndex(reader);
  }
  if (reader.TakeAll({"drop", "index", "concurrently"})) {
    LoneStatement read{.kind = Kind::kDropIndex, .concurrently = true};
    reader.TakeAll({"if", "exists"});
    read.name = reader.TakeName();
    return read.name.empty() ? LoneStatement() : read;
  }
  if (reader.Take("reindex")) return Reindex(reader);
  if (reader.TakeAll({"alter", "table"})) return AlterTable(reader);
  return {};
}

}  // namespace siphon::postgres
