// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/swap_journal.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "drivers/mysqlcommon/names.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::mysqlcommon {
namespace {

constexpr std::string_view kOp = "mysql.restore";
constexpr std::string_view kScratch = "siphon_scratch_";
constexpr std::string_view kOld = "siphon_old_";
// A name that no table of a user has.
constexpr std::string_view kTable = "siphon: journal";

constexpr std::string_view kTarget = "target";
constexpr std::string_view kScratchRow = "scratch";
constexpr std::string_view kMoved = "moved";
constexpr std::string_view kIncoming = "incoming";
constexpr std::string_view kLate = "late";
constexpr std::string_view kDropped = "dropped";
constexpr std::string_view kMade = "made";
constexpr std::string_view kEnd = "end";

std::string JournalTable(const std::string& old) {
  return absl::StrCat(QuoteName(old), ".", QuoteName(kTable));
}

// A literal of these bytes, independent of the session's character set.
std::string Hex(std::string_view text) {
  return text.empty() ? "''" : absl::StrCat("x'", absl::BytesToHexString(text), "'");
}

absl::Status Insert(const base::Context& context, Session& session, const std::string& old,
                    std::string_view kind, std::string_view text, const Definition& settings) {
  return session.Execute(
      context,
      absl::StrCat("INSERT INTO ", JournalTable(old),
                   "(kind, text, sql_mode, charset, collation, time_zone) VALUES ('", kind, "',",
                   Hex(text), ",", Hex(settings.sql_mode), ",", Hex(settings.charset), ",",
                   Hex(settings.collation), ",", Hex(settings.time_zone), ")"));
}

}  // namespace

std::string OldNameFor(std::string_view scratch) {
  return absl::StrCat(kOld, absl::StripPrefix(scratch, kScratch));
}

std::string ScratchNameFor(std::string_view old) {
  return absl::StrCat(kScratch, absl::StripPrefix(old, kOld));
}

absl::Status WriteJournal(const base::Context& context, Session& session, const std::string& old,
                          const SwapJournal& journal) {
  RETURN_IF_ERROR(session.Execute(context, absl::StrCat("CREATE DATABASE ", QuoteName(old))));
  RETURN_IF_ERROR(session.Execute(
      context, absl::StrCat("CREATE TABLE ", JournalTable(old),
                            "(id INT AUTO_INCREMENT PRIMARY KEY, kind VARCHAR(20), text LONGBLOB,"
                            " sql_mode BLOB, charset BLOB, collation BLOB, time_zone BLOB)"
                            " ENGINE=InnoDB")));
  const auto insert = [&](std::string_view kind, std::string_view text) {
    return Insert(context, session, old, kind, text, Definition());
  };
  RETURN_IF_ERROR(insert(kTarget, journal.target));
  RETURN_IF_ERROR(insert(kScratchRow, journal.scratch));
  for (const auto& [kind, names] : {std::pair(kMoved, &journal.moved),
                                    {kIncoming, &journal.incoming},
                                    {kLate, &journal.late}}) {
    for (const std::string& name : *names) RETURN_IF_ERROR(insert(kind, name));
  }
  for (const auto& [kind, definitions] :
       {std::pair(kDropped, &journal.dropped), {kMade, &journal.made}}) {
    for (const Definition& definition : *definitions) {
      RETURN_IF_ERROR(Insert(context, session, old, kind, definition.create, definition));
    }
  }
  return insert(kEnd, "");
}

absl::StatusOr<SwapJournal> ReadJournal(const base::Context& context, Session& session,
                                        const std::string& old) {
  const absl::Status none = errs::SystemError(kOp, errs::kNotFound, "it has no journal");
  ASSIGN_OR_RETURN(const Rows tables,
                   session.Query(context, absl::StrCat("SELECT 1 FROM information_schema.tables"
                                                       " WHERE table_schema = ",
                                                       QuoteText(old),
                                                       " AND table_name = ", QuoteText(kTable))));
  if (tables.empty()) return none;
  ASSIGN_OR_RETURN(const Rows rows,
                   session.Query(context, absl::StrCat("SELECT kind, text, sql_mode, charset,"
                                                       " collation, time_zone FROM ",
                                                       JournalTable(old), " ORDER BY id")));
  if (rows.empty() || Text(rows.back(), 0) != kEnd) return none;
  SwapJournal journal;
  for (const Row& row : rows) {
    const std::string_view kind = Text(row, 0);
    std::string text(Text(row, 1));
    if (kind == kTarget)
      journal.target = std::move(text);
    else if (kind == kScratchRow)
      journal.scratch = std::move(text);
    else if (kind == kMoved)
      journal.moved.push_back(std::move(text));
    else if (kind == kIncoming)
      journal.incoming.push_back(std::move(text));
    else if (kind == kLate)
      journal.late.push_back(std::move(text));
    else if (kind == kDropped || kind == kMade) {
      Definition definition;
      definition.create = std::move(text);
      definition.sql_mode = Text(row, 2);
      definition.charset = Text(row, 3);
      definition.collation = Text(row, 4);
      definition.time_zone = Text(row, 5);
      (kind == kMade ? journal.made : journal.dropped).push_back(std::move(definition));
    }
  }
  return journal;
}

}  // namespace siphon::mysqlcommon
