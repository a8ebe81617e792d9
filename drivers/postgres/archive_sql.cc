// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/archive_sql.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "drivers/postgres/archive_contents.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/domain/sql/secrets.h"
#include "siphon/domain/sql/splitter.h"
#include "siphon/domain/sql/statement.h"

namespace siphon::postgres {
namespace {

constexpr std::string_view kOp = "postgres.restore";
// How much of a statement an error shows, in bytes.
constexpr size_t kShown = 80;
// dumpSearchPath() of PostgreSQL 18, src/bin/pg_dump/pg_dump.c; the same since 10.3.
constexpr std::string_view kSearchPath =
    "SELECT pg_catalog.set_config('search_path', '', false);\n";
// Entries that pg_restore reads itself.
constexpr std::string_view kOwn[] = {"ENCODING", "STDSTRINGS", "SEARCHPATH"};
// An entry whose definition lists oids, which become a part of statements.
constexpr std::string_view kOids = "BLOB METADATA";

absl::Status Refuse(const Archive& archive, const ArchiveEntry& entry, std::string_view what) {
  return errs::UserError(
      kOp, errs::kInvalidArgument,
      absl::StrCat("the entry ", entry.kind, " ", EntryName(archive, entry), " of the dump ", what),
      "pg_dump does not write this: the dump was changed; restore it only if you know who "
      "changed it");
}

bool HasStandardStrings(const Archive& archive) {
  return std::none_of(
      archive.entries.begin(), archive.entries.end(), [](const ArchiveEntry& entry) {
        return entry.kind == "STDSTRINGS" && absl::StrContains(entry.definition, "'off'");
      });
}

bool ControlsTransactions(std::string_view statement) {
  const sql::Role role = sql::RoleOf(sql::Dialect::kPostgres, statement);
  if (role == sql::Role::kBegin || role == sql::Role::kCommit || role == sql::Role::kRollback) {
    return true;
  }
  const std::vector<std::string> words = sql::LeadingTokens(sql::Dialect::kPostgres, statement, 2);
  return words.size() == 2 &&
         ((words[0] == "prepare" && words[1] == "transaction") ||
          ((words[0] == "commit" || words[0] == "rollback") && words[1] == "prepared"));
}

// The first statement of `text` that begins or ends a transaction; empty if there is none.
std::string FindControl(std::string_view text, bool standard_strings) {
  std::string found;
  const auto consume = [&](const sql::Piece& piece) {
    if (found.empty() && ControlsTransactions(piece.text)) found = std::string(piece.text);
    return absl::OkStatus();
  };
  sql::Splitter splitter(
      {.dialect = sql::Dialect::kPostgres, .backslash_escapes = !standard_strings});
  // "COPY t FROM stdin" is an error of the splitter.
  if (splitter.Feed(text, consume).ok()) splitter.Finish(consume).IgnoreError();
  return found;
}

}  // namespace

absl::Status CheckSearchPath(const Archive& archive) {
  for (const ArchiveEntry& entry : archive.entries) {
    if (entry.kind == "SEARCHPATH" && entry.definition != kSearchPath) {
      return Refuse(archive, entry, "sets a search_path other than that of pg_dump");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckTransactionControl(const Archive& archive,
                                     const std::vector<const ArchiveEntry*>& entries) {
  const bool standard_strings = HasStandardStrings(archive);
  for (const ArchiveEntry* entry : entries) {
    if (std::find(std::begin(kOwn), std::end(kOwn), entry->kind) != std::end(kOwn)) continue;
    if (entry->kind == kOids &&
        entry->definition.find_first_not_of("0123456789\n") != std::string_view::npos) {
      return Refuse(archive, *entry, "contains something other than numbers of large objects");
    }
    for (const std::string_view text :
         {entry->definition, entry->drop_statement, entry->copy_statement}) {
      const std::string found = FindControl(text, standard_strings);
      if (found.empty()) continue;
      return Refuse(
          archive, *entry,
          absl::StrCat("begins or ends a transaction: ",
                       sql::HideLiterals(sql::Dialect::kPostgres, found).substr(0, kShown)));
    }
  }
  return absl::OkStatus();
}

std::string ForArchive(const Archive& archive, const std::string& sql) {
  const std::string encoding = ArchiveEncoding(archive);
  if (encoding == "UTF8" || encoding == "SQL_ASCII" ||
      std::all_of(sql.begin(), sql.end(), absl::ascii_isascii)) {
    return sql;
  }
  return absl::StrCat("DO $siphon$ BEGIN EXECUTE pg_catalog.convert_from(pg_catalog.decode('",
                      absl::BytesToHexString(sql), "', 'hex'), 'UTF8'); END $siphon$;\n");
}

}  // namespace siphon::postgres
