// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/backup.h"

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "drivers/mysqlcommon/catalog.h"
#include "drivers/mysqlcommon/checksum.h"
#include "drivers/mysqlcommon/client_reading.h"
#include "drivers/mysqlcommon/definition.h"
#include "drivers/mysqlcommon/dump_form.h"
#include "drivers/mysqlcommon/dump_script.h"
#include "drivers/mysqlcommon/engines.h"
#include "drivers/mysqlcommon/names.h"
#include "drivers/mysqlcommon/selection.h"
#include "drivers/mysqlcommon/sequences.h"
#include "drivers/mysqlcommon/snapshot.h"
#include "drivers/mysqlcommon/statement.h"
#include "drivers/mysqlcommon/strict_mode.h"
#include "drivers/mysqlcommon/table_dump.h"
#include "drivers/mysqlcommon/tokens.h"
#include "drivers/mysqlcommon/visibility.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/excerpt.h"
#include "siphon/domain/sql/charset.h"
#include "siphon/domain/sql/splitter.h"

namespace siphon::mysqlcommon {
namespace {

constexpr std::string_view kOp = "mysql.backup";
// How often a backup starts again because one of its tables was altered.
constexpr int kRetries = 3;

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
// How many objects a warning names.
constexpr size_t kShown = 20;

// Writes one dump.
class Dumper {
 public:
  Dumper(const base::Context& context, Session& session, const driver::BackupOptions& options,
         const Catalog& catalog, const Position& position, base::Writer* writer)
      : context_(context),
        session_(session),
        options_(options),
        catalog_(catalog),
        position_(position),
        script_(writer, session.is_mariadb()) {}

  absl::Status Run(const Selection& chosen) {
    RETURN_IF_ERROR(WriteHead());
    if (!options_.data_only) RETURN_IF_ERROR(WriteSequences(chosen));
    if (options_.data_only) RETURN_IF_ERROR(WriteSequencePositions(chosen));
    for (const Table* const table : chosen.tables) {
      RETURN_IF_ERROR(WriteTable(*table, chosen.with_rows.at(table)));
    }
    if (!options_.data_only) {
      RETURN_IF_ERROR(WriteObjects(chosen, [](StoredObject::Kind kind) {
        return kind != StoredObject::Kind::kTrigger && kind != StoredObject::Kind::kEvent;
      }));
      RETURN_IF_ERROR(WriteViews(chosen));
      RETURN_IF_ERROR(WriteObjects(
          chosen, [](StoredObject::Kind kind) { return kind == StoredObject::Kind::kTrigger; }));
      RETURN_IF_ERROR(WriteObjects(
          chosen, [](StoredObject::Kind kind) { return kind == StoredObject::Kind::kEvent; }));
    }
    return WriteEnd();
  }

  std::vector<dumps::TableInfo> TakeTables() { return std::move(tables_); }

 private:
  // A name for a comment of one line.
  static std::string OneLine(std::string_view name) {
    std::string text(name);
    for (char& c : text) {
      if (static_cast<unsigned char>(c) < ' ') c = '?';
    }
    return text;
  }

  // An object, for messages: "table t".
  static std::string Named(std::string_view what, std::string_view name) {
    return absl::StrCat(what, " ", ToUtf8(name));
  }

  // The comment before the statements of an object.
  absl::Status WriteTitle(std::string_view what, std::string_view name) {
    return script_.Write(context_, Named(absl::AsciiStrToLower(what), name),
                         absl::StrCat("\n-- ", what, " ", OneLine(name), "\n"));
  }

  absl::Status WriteHead() {
    ASSIGN_OR_RETURN(const std::optional<std::string> collation,
                     session_.Value(context_, "SELECT @@collation_database"));
    RETURN_IF_ERROR(script_.Write(
        context_, kFrame,
        absl::StrCat(kDumpBegin, session_.server_fork().display_name, " ",
                     OneLine(session_.version_text()), kHeadDatabase, OneLine(catalog_.database),
                     kDumpForm, kHeadCollation, collation.value_or(""),
                     "\n-- To be read by siphon, or by: ", session_.server_fork().client,
                     " --binary-mode --comments --default-character-set=utf8mb4"
                     " DATABASE < FILE\n",
                     Where(), "\n")));
    for (const std::string_view setting : kSettings) {
      RETURN_IF_ERROR(script_.WriteStatement(context_, kFrame, setting));
    }
    return absl::OkStatus();
  }

  absl::Status WriteEnd() {
    RETURN_IF_ERROR(script_.Write(context_, kFrame, "\n"));
    for (const std::string_view setting : kPutBack) {
      RETURN_IF_ERROR(script_.WriteStatement(context_, kFrame, setting));
    }
    RETURN_IF_ERROR(script_.Write(context_, kFrame, kDumpEnd));
    RETURN_IF_ERROR(script_.Finish(context_));
    if (script_.refused().empty()) return absl::OkStatus();
    context_.Warn("backup", absl::StrCat("a restore runs these definitions only with --trust: ",
                                         base::ListSome(script_.refused(), kShown)));
    return absl::OkStatus();
  }

  // The line with the snapshot's position in the binary log.
  std::string Where() const {
    if (position_.file.empty()) {
      return absl::StrCat("-- Position in the binary log: unknown, ", OneLine(position_.why_not),
                          "\n");
    }
    return absl::StrCat("-- Position in the binary log: ", OneLine(position_.file), ":",
                        position_.offset, position_.gtid.empty() ? "" : ", GTIDs ",
                        OneLine(position_.gtid), "\n");
  }

  absl::Status WriteSequences(const Selection& chosen) {
    for (const Table* const sequence : chosen.sequences) {
      ASSIGN_OR_RETURN(const std::string create,
                       TableDefinition(context_, session_, catalog_.database, *sequence));
      RETURN_IF_ERROR(WriteTitle("Sequence", sequence->name));
      RETURN_IF_ERROR(WriteStatement("sequence", sequence->name, create, {}));
    }
    return WriteSequencePositions(chosen);
  }

  absl::Status WriteSequencePositions(const Selection& chosen) {
    for (const Table* const sequence : chosen.sequences) {
      if (!chosen.with_rows.at(sequence)) continue;
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

  // Nobody can alter the table from this statement to the end of the savepoint. The comparison
  // finds an ALTER since the catalogue was read: the snapshot does not notice an instant one.
  absl::Status CheckColumns(const Table& table) {
    std::vector<std::string> known;
    for (const Column& column : table.columns) {
      if (!column.invisible) known.push_back(column.name);
    }
    ASSIGN_OR_RETURN(
        const std::vector<std::string> now,
        session_.ColumnNames(context_,
                             absl::StrCat("SELECT * FROM ", QuoteName(table.name), " LIMIT 0"),
                             absl::StrCat("table ", table.name)));
    if (now == known) return absl::OkStatus();
    return errs::SystemError(
        kOp, errs::kBusy,
        absl::StrCat("table ", ToUtf8(table.name), " was altered while the backup ran"),
        "try again when no tables are being altered");
  }

  absl::Status WriteTable(const Table& table, bool with_rows) {
    RETURN_IF_ERROR(session_.Execute(context_, "SAVEPOINT siphon"));
    RETURN_IF_ERROR(CheckColumns(table));
    RETURN_IF_ERROR(WriteTitle("Table", table.name));
    if (!options_.data_only) {
      ASSIGN_OR_RETURN(std::string create,
                       TableDefinition(context_, session_, catalog_.database, table));
      // An ARCHIVE table takes no row with a lower value.
      if (table.engine == "ARCHIVE") create = WithoutAutoIncrement(create);
      RETURN_IF_ERROR(WriteStatement("table", table.name, create, {}));
    }
    dumps::TableInfo info{.name = table.name, .rows = 0, .size_bytes = table.data_bytes};
    if (with_rows) {
      ASSIGN_OR_RETURN(info.rows, DumpRows(context_, session_, table, script_));
      // Other engines have no snapshot: the checksum could be one of other rows.
      if (options_.checksums && table.transactional) {
        ASSIGN_OR_RETURN(info.checksum, TableChecksum(context_, session_, table));
      }
    }
    tables_.push_back(std::move(info));
    // Releases the lock on the table's definition.
    return session_.Execute(context_, "ROLLBACK TO SAVEPOINT siphon");
  }

  // A statement that the server has assembled. Its text may contain anything, also what the
  // engine's client would take for the end of the statement.
  absl::Status WriteStatement(std::string_view what, const std::string& name, std::string_view sql,
                              const Syntax& syntax) {
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

  absl::Status WriteDefinition(std::string_view what, const std::string& name,
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
  absl::Status WriteObjects(const Selection& chosen, Filter filter) {
    for (const StoredObject* const object : chosen.objects) {
      if (!filter(object->kind)) continue;
      ASSIGN_OR_RETURN(const Definition definition,
                       ObjectDefinition(context_, session_, catalog_.database, *object));
      RETURN_IF_ERROR(WriteDefinition(SqlWord(object->kind), object->name, definition));
    }
    return absl::OkStatus();
  }

  absl::Status WriteViews(const Selection& chosen) {
    std::vector<std::pair<std::string, Definition>> views;
    for (const Table* const view : chosen.views) {
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
        ASSIGN_OR_RETURN(
            why, WhyBroken(context_, session_, name, views[i].second, broken, with_definers));
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
  absl::Status WriteBroken(const std::string& view, const Definition& definition,
                           const std::string& why) {
    context_.Warn("backup", absl::StrCat("view ", ToUtf8(view), " is broken: ", why,
                                         "; the dump contains its definition as a comment only"));
    return script_.Write(
        context_, Named("view", view),
        absl::StrCat("\n-- View ", OneLine(view), " is broken: ", OneLine(why), "\n-- ",
                     absl::StrReplaceAll(definition.create, {{"\n", "\n-- "}}), "\n"));
  }

  const base::Context& context_;
  Session& session_;
  const driver::BackupOptions& options_;
  const Catalog& catalog_;
  const Position& position_;
  DumpScript script_;
  std::vector<dumps::TableInfo> tables_;
};

void WarnOfTables(const base::Context& context, const Selection& chosen) {
  std::vector<std::string> names;
  for (const Table* const table : chosen.tables) {
    const std::string name = absl::StrCat(ToUtf8(table->name), " (", table->engine, ")");
    if (HasRowsElsewhere(table->engine)) {
      context.Message("backup", absl::StrCat("table ", name,
                                             " shows rows that are stored elsewhere: the dump"
                                             " contains its definition only"));
    } else if (!table->transactional && chosen.with_rows.at(table)) {
      names.push_back(name);
    }
  }
  if (names.empty()) return;
  context.Warn("backup", absl::StrCat("not part of the snapshot, because their engine has no"
                                      " transactions; dumped as they are when they are read: ",
                                      absl::StrJoin(names, ", ")));
}

// Of a choice of tables, and of rows alone, nobody expects libraries. Adds them to the kinds of
// objects that the dump lacks.
void WarnOfLibraries(const base::Context& context, const Catalog& catalog,
                     const driver::BackupOptions& options, std::string& not_seen) {
  if (catalog.libraries.empty() || !options.tables.empty() || options.data_only) return;
  absl::StrAppend(&not_seen, not_seen.empty() ? "" : ", ", "libraries");
  std::vector<std::string> names;
  for (const std::string& library : catalog.libraries) names.push_back(ToUtf8(library));
  context.Warn("backup",
               absl::StrCat("libraries are not dumped; copy them by SHOW CREATE LIBRARY: ",
                            base::ListSome(names)));
}

dumps::Contents ContentsOf(const Session& session, const Selection& chosen,
                           const Position& position) {
  dumps::Contents contents;
  contents.binlog_file = position.file;
  contents.binlog_end = position.offset;
  contents.engine_version = session.version_text();
  contents.rows_estimated = true;
  for (const Table* const table : chosen.tables) {
    const bool with_rows = chosen.with_rows.at(table);
    contents.tables.push_back({.name = table->name,
                               .rows = with_rows ? table->rows : 0,
                               .size_bytes = table->data_bytes});
    if (with_rows) contents.estimated_bytes += static_cast<uint64_t>(table->data_bytes);
  }
  return contents;
}

// Removes what the other fork does not have: sequences, and the history of versioned tables.
void LeaveOwnThings(Catalog& catalog) {
  std::erase_if(catalog.tables,
                [](const Table& table) { return table.kind == Table::Kind::kSequence; });
  for (Table& table : catalog.tables) table.versioned = false;
}

absl::Status Dump(const base::Context& context, Session& session,
                  const driver::BackupOptions& options, driver::BackupTarget& target) {
  const std::string database = session.settings().database;
  // character_set_results=NULL: definitions and rows come as the stored bytes.
  RETURN_IF_ERROR(session.Execute(context, "SET SESSION sql_mode='', time_zone='+00:00'"));
  RETURN_IF_ERROR(session.Execute(context, "SET character_set_results=NULL"));
  ASSIGN_OR_RETURN(const Position position, OpenSnapshot(context, session));
  ASSIGN_OR_RETURN(Catalog catalog, ReadCatalog(context, session, database, true));
  if (!options.crossing_to.empty()) LeaveOwnThings(catalog);
  ASSIGN_OR_RETURN(Selection chosen, Select(catalog, options));
  if (options.crossing_to.empty()) {
    RETURN_IF_ERROR(TakeSequences(context, session, catalog, options, chosen));
  }
  ASSIGN_OR_RETURN(std::string not_seen, WarnOfHidden(context, session, catalog, options));
  WarnOfTables(context, chosen);
  WarnOfLibraries(context, catalog, options, not_seen);
  if (!position.why_not.empty()) {
    context.Message("backup",
                    absl::StrCat("no increments can start from this dump: ", position.why_not));
  }
  dumps::Contents contents = ContentsOf(session, chosen, position);
  if (!not_seen.empty()) contents.annotations[std::string(kNotSeen)] = not_seen;
  if (!options.data_only) {
    ASSIGN_OR_RETURN(const std::string too_wide, TooWide(context, session, chosen.tables));
    if (!too_wide.empty()) contents.annotations[std::string(kTooWide)] = too_wide;
  }
  ASSIGN_OR_RETURN(base::Writer* const writer, target.Begin(contents));
  Dumper dumper(context, session, options, catalog, position, writer);
  RETURN_IF_ERROR(dumper.Run(chosen));
  RETURN_IF_ERROR(session.Execute(context, "ROLLBACK"));
  RETURN_IF_ERROR(session.Execute(context, "SET NAMES utf8mb4"));
  target.SetTables(dumper.TakeTables());
  return absl::OkStatus();
}

// True when a table was altered or dropped after the snapshot was opened. (A missing table that the
// user named is a user error.)
bool TablesChanged(const absl::Status& status) {
  return errs::Is(status, errs::kBusy) ||
         (errs::Is(status, errs::kNotFound) &&
          errs::ExitCode(status) == static_cast<int>(errs::Code::kSystem));
}

}  // namespace

absl::Status Backup(const base::Context& context, Session& session,
                    const driver::BackupOptions& options, driver::BackupTarget& target) {
  RETURN_IF_ERROR(context.Check());
  const Session::Watch watch(context, session);
  absl::Status status = Dump(context, session, options, target);
  for (int again = 0; again < kRetries && TablesChanged(status); ++again) {
    context.Message("backup", absl::StrCat("starts again: ", status.message()));
    RETURN_IF_ERROR(session.Execute(context, "ROLLBACK"));
    status = Dump(context, session, options, target);
  }
  // Ends what a failed backup left open.
  if (!status.ok()) session.Abandon();
  return status;
}

}  // namespace siphon::mysqlcommon
