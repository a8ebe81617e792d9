// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/dumper.h"

#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "drivers/mysqlcommon/checksum.h"
#include "drivers/mysqlcommon/client_reading.h"
#include "drivers/mysqlcommon/dump_form.h"
#include "drivers/mysqlcommon/names.h"
#include "drivers/mysqlcommon/statement.h"
#include "drivers/mysqlcommon/tokens.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/domain/sql/charset.h"
#include "siphon/domain/sql/splitter.h"

namespace siphon::mysqlcommon {
namespace {

constexpr std::string_view kOp = "mysql.backup";

// The session variables that the statements of a dump need, and their restoration at its end.
constexpr std::string_view kSettings[] = {
    "SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT,"
    " @OLD_CHARACTER_SET_RESULTS=@@CHARACTER_SET_RESULTS,"
    " @OLD_COLLATION_CONNECTION=@@COLLATION_CONNECTION, @OLD_TIME_ZONE=@@TIME_ZONE,"
    " @OLD_UNIQUE_CHECKS=@@UNIQUE_CHECKS, @OLD_FOREIGN_KEY_CHECKS=@@FOREIGN_KEY_CHECKS,"
    " @OLD_SQL_MODE=@@SQL_MODE, @OLD_SQL_NOTES=@@SQL_NOTES",
    "SET NAMES utf8mb4",
    // Keeps zeros in AUTO_INCREMENT columns, invalid dates, zero dates, and the tables' engines.
    "SET TIME_ZONE='+00:00', UNIQUE_CHECKS=0, FOREIGN_KEY_CHECKS=0,"
    " SQL_MODE='NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES,NO_ENGINE_SUBSTITUTION', SQL_NOTES=0",
    // MariaDB: the tables may contain rows that violate a constraint.
    "/*M!100201 SET @OLD_CHECK_CONSTRAINT_CHECKS=@@CHECK_CONSTRAINT_CHECKS,"
    " CHECK_CONSTRAINT_CHECKS=0 */"};
constexpr std::string_view kPutBack[] = {
    "SET CHARACTER_SET_CLIENT=@OLD_CHARACTER_SET_CLIENT,"
    " CHARACTER_SET_RESULTS=@OLD_CHARACTER_SET_RESULTS,"
    " COLLATION_CONNECTION=@OLD_COLLATION_CONNECTION, TIME_ZONE=@OLD_TIME_ZONE,"
    " UNIQUE_CHECKS=@OLD_UNIQUE_CHECKS, FOREIGN_KEY_CHECKS=@OLD_FOREIGN_KEY_CHECKS,"
    " SQL_MODE=@OLD_SQL_MODE, SQL_NOTES=@OLD_SQL_NOTES",
    "/*M!100201 SET CHECK_CONSTRAINT_CHECKS=@OLD_CHECK_CONSTRAINT_CHECKS */"};
// The origin of these statements, for errors.
constexpr std::string_view kFrame = "the frame of the dump";

// A name for a comment of one line.
std::string OneLine(std::string_view name) {
  std::string text(name);
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < ' ') c = '?';
  }
  return text;
}

// An object, for messages: "table t".
std::string Named(std::string_view what, std::string_view name) {
  return absl::StrCat(what, " ", ToUtf8(name));
}

}  // namespace

Dumper::Dumper(const base::Context& context, Session& session, const DumpPlan& plan,
               base::Writer* writer, DumpOutput::OnCut on_cut)
    : context_(context),
      session_(session),
      plan_(plan),
      options_(plan.options),
      catalog_(plan.catalog),
      chosen_(plan.chosen),
      script_(writer, session.is_mariadb(), std::move(on_cut)) {}

// The comment before the statements of an object.
absl::Status Dumper::WriteTitle(std::string_view what, std::string_view name) {
  return script_.Write(context_, Named(absl::AsciiStrToLower(what), name),
                       absl::StrCat("\n-- ", what, " ", OneLine(name), "\n"));
}

std::string Dumper::HeadText() const {
  return absl::StrCat(kDumpBegin, session_.server_fork().display_name, " ",
                      OneLine(session_.version_text()), kHeadDatabase, OneLine(catalog_.database),
                      kDumpForm, kHeadCollation, plan_.collation,
                      "\n-- To be read by siphon, or by: ", session_.server_fork().client,
                      " --binary-mode --comments --default-character-set=utf8mb4"
                      " DATABASE < FILE\n",
                      Where(), "\n");
}

absl::Status Dumper::WriteSettings() {
  RETURN_IF_ERROR(script_.Write(context_, kFrame, HeadText()));
  for (const std::string_view setting : kSettings) {
    RETURN_IF_ERROR(script_.WriteStatement(context_, kFrame, setting));
  }
  return absl::OkStatus();
}

absl::Status Dumper::WriteHead() {
  RETURN_IF_ERROR(WriteSettings());
  return options_.data_only ? WriteSequencePositions() : WriteSequences();
}

absl::Status Dumper::ReplayHead() {
  script_.SetReplay(true);
  absl::Status status = WriteSettings();
  script_.SetReplay(false);
  return status;
}

absl::Status Dumper::WriteTail() {
  if (!options_.data_only) {
    RETURN_IF_ERROR(WriteObjects([](StoredObject::Kind kind) {
      return kind != StoredObject::Kind::kTrigger && kind != StoredObject::Kind::kEvent;
    }));
    RETURN_IF_ERROR(WriteViews());
    RETURN_IF_ERROR(
        WriteObjects([](StoredObject::Kind kind) { return kind == StoredObject::Kind::kTrigger; }));
    RETURN_IF_ERROR(
        WriteObjects([](StoredObject::Kind kind) { return kind == StoredObject::Kind::kEvent; }));
  }
  RETURN_IF_ERROR(script_.Write(context_, kFrame, "\n"));
  for (const std::string_view setting : kPutBack) {
    RETURN_IF_ERROR(script_.WriteStatement(context_, kFrame, setting));
  }
  return script_.Write(context_, kFrame, kDumpEnd);
}

// The line with the snapshot's position in the binary log.
std::string Dumper::Where() const {
  const Position& position = plan_.position;
  if (position.file.empty()) {
    return absl::StrCat("-- Position in the binary log: unknown, ", OneLine(position.why_not),
                        "\n");
  }
  return absl::StrCat("-- Position in the binary log: ", OneLine(position.file), ":",
                      position.offset, position.gtid.empty() ? "" : ", GTIDs ",
                      OneLine(position.gtid), "\n");
}

absl::Status Dumper::WriteSequences() {
  for (const Table* const sequence : chosen_.sequences) {
    ASSIGN_OR_RETURN(const std::string create,
                     TableDefinition(context_, session_, catalog_.database, *sequence));
    RETURN_IF_ERROR(WriteTitle("Sequence", sequence->name));
    RETURN_IF_ERROR(WriteStatement("sequence", sequence->name, create, {}));
  }
  return WriteSequencePositions();
}

absl::Status Dumper::WriteSequencePositions() {
  for (const Table* const sequence : chosen_.sequences) {
    if (!chosen_.with_rows.at(sequence)) continue;
    ASSIGN_OR_RETURN(
        const Rows rows,
        session_.Query(context_,
                       absl::StrCat("SELECT next_not_cached_value, cycle_count, IF(increment < 0,"
                                    " next_not_cached_value > start_value,"
                                    " next_not_cached_value < start_value) FROM ",
                                    QuoteName(sequence->name))));
    if (rows.empty()) continue;
    const std::string object = Named("sequence", sequence->name);
    // SETVAL never moves a sequence backwards, and a new sequence is at its start.
    if (!options_.data_only && Text(rows[0], 2) == "1") {
      RETURN_IF_ERROR(
          script_.WriteStatement(context_, object,
                                 absl::StrCat("ALTER SEQUENCE ", QuoteName(sequence->name),
                                              " RESTART WITH ", Text(rows[0], 0))));
    }
    RETURN_IF_ERROR(
        script_.WriteStatement(context_, object,
                               absl::StrCat("DO SETVAL(", QuoteName(sequence->name), ",",
                                            Text(rows[0], 0), ",0,", Text(rows[0], 1), ")")));
  }
  return absl::OkStatus();
}

absl::Status Dumper::WriteTableDefinition(const Table& table) {
  RETURN_IF_ERROR(WriteTitle("Table", table.name));
  if (options_.data_only) return absl::OkStatus();
  ASSIGN_OR_RETURN(std::string create,
                   TableDefinition(context_, session_, catalog_.database, table));
  // An ARCHIVE table takes no row with a lower value.
  if (table.engine == "ARCHIVE") create = WithoutAutoIncrement(create);
  return WriteStatement("table", table.name, create, {});
}

absl::StatusOr<DumpedTable> Dumper::WriteTable(const Table& table, const RowRange& range) {
  if (range.first) RETURN_IF_ERROR(WriteTableDefinition(table));
  DumpedTable dumped;
  if (!chosen_.with_rows.at(&table)) return dumped;
  ASSIGN_OR_RETURN(const DumpedRows rows, DumpRows(context_, session_, table, range, script_));
  dumped.rows = rows.rows;
  dumped.longest = rows.longest;
  dumped.unfit = rows.unfit;
  // Other engines have no snapshot: the checksum could be one of other rows.
  if (range.last && options_.checksums && table.transactional) {
    ASSIGN_OR_RETURN(dumped.checksum, TableChecksum(context_, session_, table));
  }
  return dumped;
}

// A statement that the server has assembled. Its text may contain anything, also what the
// engine's client would take for the end of the statement.
absl::Status Dumper::WriteStatement(std::string_view what, const std::string& name,
                                    std::string_view sql, const Syntax& syntax) {
  const std::string object = Named(what, name);
  if (!ClientSendsAsIs(sql, session_.server_fork(), syntax)) {
    context_.Warn("backup", absl::StrCat(object, ": ", session_.server_fork().client,
                                         " would misread its definition; only siphon can read"
                                         " it from the dump"));
    return script_.WriteAs(
        context_, object, sql,
        absl::StrCat(kHexadecimal, absl::BytesToHexString(sql),
                     "\nSIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'a definition in this"
                     " dump can be restored by siphon only';\n"));
  }
  const std::string delimiter = AbsentDelimiter(sql);
  return script_.WriteAs(
      context_, object, sql,
      absl::StrCat(sql::kRecordedLength, sql.size(), sql::kRecordedLengthEnd, "DELIMITER ",
                   delimiter, "\n", sql, "\n", delimiter, "\nDELIMITER ;\n"));
}

absl::Status Dumper::WriteDefinition(std::string_view what, const std::string& name,
                                     const Definition& definition) {
  const Syntax syntax = SyntaxOf(definition);
  const std::string create =
      WithOwner(definition.create, options_.no_owner, options_.definer, syntax);
  // The client's character set must be that of the text where a part of a character may look like
  // a quote or a backslash.
  const bool multibyte = syntax.charset != sql::Charset::kPlain;
  const std::string kind = absl::AsciiStrToLower(what);
  const std::string object = Named(kind, name);
  RETURN_IF_ERROR(WriteTitle(what, name));
  if (multibyte) {
    RETURN_IF_ERROR(
        script_.Write(context_, object, absl::StrCat("\\C ", definition.charset, "\n")));
  }
  RETURN_IF_ERROR(script_.WriteStatement(context_, object, SessionFor(definition)));
  RETURN_IF_ERROR(WriteStatement(kind, name, create, syntax));
  return multibyte ? script_.Write(context_, object, "\\C utf8mb4\n") : absl::OkStatus();
}

template <typename Filter>
absl::Status Dumper::WriteObjects(Filter filter) {
  for (const StoredObject* const object : chosen_.objects) {
    if (!filter(object->kind)) continue;
    ASSIGN_OR_RETURN(const Definition definition,
                     ObjectDefinition(context_, session_, catalog_.database, *object));
    RETURN_IF_ERROR(WriteDefinition(SqlWord(object->kind), object->name, definition));
  }
  return absl::OkStatus();
}

absl::Status Dumper::WriteViews() {
  std::vector<std::pair<std::string, Definition>> views;
  for (const Table* const view : chosen_.views) {
    ASSIGN_OR_RETURN(Definition definition,
                     ViewDefinition(context_, session_, catalog_.database, *view));
    if (definition.opening_calls) {
      context_.Warn("backup",
                    absl::StrCat("view ", ToUtf8(view->name),
                                 " calls a function with the rights of the user who opens it:"
                                 " its definition is read without opening it, as"
                                 " information_schema shows it"));
    }
    views.emplace_back(view->name, std::move(definition));
  }
  std::set<std::string> broken;
  for (const size_t i : OrderViews(views)) {
    const std::string& name = views[i].first;
    std::string why = views[i].second.unreadable;
    if (why.empty()) {
      const bool with_definers = !options_.no_owner && options_.definer == verbs::Definer::kKeep;
      ASSIGN_OR_RETURN(why,
                       WhyBroken(context_, session_, name, views[i].second, broken, with_definers));
    }
    if (why.empty()) {
      RETURN_IF_ERROR(WriteDefinition("View", name, views[i].second));
      continue;
    }
    broken.insert(name);
    RETURN_IF_ERROR(WriteBroken(name, views[i].second, why));
  }
  return absl::OkStatus();
}

// A restore could not create the view.
absl::Status Dumper::WriteBroken(const std::string& view, const Definition& definition,
                                 const std::string& why) {
  context_.Warn("backup", absl::StrCat("view ", ToUtf8(view), " is broken: ", why,
                                       "; the dump contains its definition as a comment only"));
  return script_.Write(
      context_, Named("view", view),
      absl::StrCat("\n-- View ", OneLine(view), " is broken: ", OneLine(why), "\n-- ",
                   absl::StrReplaceAll(definition.create, {{"\n", "\n-- "}}), "\n"));
}

absl::Status OpenTable(const base::Context& context, Session& session, const Table& table) {
  RETURN_IF_ERROR(session.Execute(context, "SAVEPOINT siphon"));
  std::vector<std::string> known;
  for (const Column& column : table.columns) {
    if (!column.invisible) known.push_back(column.name);
  }
  ASSIGN_OR_RETURN(const std::vector<std::string> now,
                   session.ColumnNames(
                       context, absl::StrCat("SELECT * FROM ", QuoteName(table.name), " LIMIT 0"),
                       absl::StrCat("table ", table.name)));
  if (now == known) return absl::OkStatus();
  return errs::SystemError(
      kOp, errs::kBusy,
      absl::StrCat("table ", ToUtf8(table.name), " was altered while the backup ran"),
      "try again when no tables are being altered");
}

absl::Status CloseTable(const base::Context& context, Session& session) {
  // Releases the lock on the table's definition.
  return session.Execute(context, "ROLLBACK TO SAVEPOINT siphon");
}

}  // namespace siphon::mysqlcommon
