// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/backup.h"

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/types/span.h"
#include "drivers/postgres/archive_contents.h"
#include "drivers/postgres/archive_reader.h"
#include "drivers/postgres/choice.h"
#include "drivers/postgres/dump_census.h"
#include "drivers/postgres/globals.h"
#include "drivers/postgres/names.h"
#include "drivers/postgres/relations.h"
#include "drivers/postgres/row_reports.h"
#include "drivers/postgres/statistics.h"
#include "drivers/postgres/tools.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/excerpt.h"
#include "siphon/base/io.h"
#include "siphon/base/utf8.h"
#include "siphon/driver/toolbox.h"

namespace siphon::postgres {
namespace {

constexpr std::string_view kOp = "postgres.backup";
constexpr std::string_view kStage = "backup";
constexpr std::string_view kTool = "pg_dump";
// The first pg_dump that knows --compress=METHOD:LEVEL.
constexpr int kFirstWithMethods = 16;
// How many objects that the dump lacks a warning names.
constexpr size_t kNamedObjects = 20;

// The tables with triggers of constraints, foreign keys among them, that are not in their usual
// state.
constexpr char kDisabledKeysQuery[] = R"sql(
SELECT DISTINCT t.tgrelid FROM pg_catalog.pg_trigger t
  JOIN pg_catalog.pg_constraint k ON k.oid = t.tgconstraint
WHERE t.tgisinternal AND t.tgenabled <> 'O' AND k.contype <> 't')sql";

// The lc_monetary of pg_dump's session, if the database has columns of the type money, also in
// arrays, domains and ranges. siphon's own session has another one.
constexpr char kMonetaryQuery[] = R"sql(
WITH money(oid) AS (VALUES ('money'::pg_catalog.regtype::pg_catalog.oid),
  ('money[]'::pg_catalog.regtype::pg_catalog.oid))
SELECT s.reset_val FROM pg_catalog.pg_settings s
WHERE s.name = 'lc_monetary' AND (
  EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.atttypid IN (SELECT oid FROM money))
  OR EXISTS (SELECT FROM pg_catalog.pg_type t WHERE t.typbasetype IN (SELECT oid FROM money))
  OR EXISTS (SELECT FROM pg_catalog.pg_range r WHERE r.rngsubtype IN (SELECT oid FROM money))))sql";

// Kinds of entries that are named after a relation.
constexpr std::string_view kNamedKinds[] = {"TABLE",         "VIEW",     "MATERIALIZED VIEW",
                                            "FOREIGN TABLE", "SEQUENCE", "TABLE DATA"};

using RowsByOid = std::map<std::string, int64_t, std::less<>>;

std::string CompressArgument(int level, int tool_major) {
  if (level == 0) return "--compress=0";
  if (tool_major < kFirstWithMethods) return absl::StrCat("--compress=", level);
  return absl::StrCat("--compress=zstd:", level);
}

// The contents of the dump as far as they are known before pg_dump runs.
dumps::Contents ContentsOf(const Session& session, const verbs::BackupOptions& options,
                           const Choice& choice) {
  dumps::Contents contents;
  contents.engine_version = session.server_version_text();
  contents.compressed = options.compression > 0;
  contents.rows_estimated = true;
  for (const Relation& relation : choice.tables) {
    contents.tables.push_back(
        {DisplayName(relation.schema, relation.name), relation.rows, relation.bytes});
    if (!contents.compressed) contents.estimated_bytes += static_cast<uint64_t>(relation.bytes);
  }
  std::sort(contents.tables.begin(), contents.tables.end(),
            [](const dumps::TableInfo& a, const dumps::TableInfo& b) { return a.name < b.name; });
  return contents;
}

// Runs one pg_dump and copies its archive.
class Dump {
 public:
  Dump(const base::Context& context, Session& session, const profile::ConnectionProfile& profile,
       const verbs::BackupOptions& options, const std::string& application)
      : context_(context),
        session_(session),
        profile_(profile),
        options_(options),
        application_(application) {}

  absl::Status Run(driver::BackupTarget& target) {
    ASSIGN_OR_RETURN(
        const Transaction transaction,
        Transaction::Begin(context_, session_, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"));
    ASSIGN_OR_RETURN(snapshot_,
                     session_.QueryText(context_, "SELECT pg_catalog.pg_export_snapshot()"));
    ASSIGN_OR_RETURN(relations_, ReadRelations(context_, session_));
    ASSIGN_OR_RETURN(choice_, Choose(options_, relations_));
    RETURN_IF_ERROR(EncodeArguments(context_, session_, choice_.arguments));
    WarnOfUnlogged("rows of unlogged tables", choice_.out_of_reach);
    WarnOfUnlogged("values of unlogged sequences", choice_.sequences_out_of_reach);
    for (const Relation& relation : relations_) {
      if (relation.has_children) parents_.insert(relation.oid);
    }
    RETURN_IF_ERROR(WarnOfDisabledKeys());
    ASSIGN_OR_RETURN(const Rows monetary, session_.Query(context_, {"t"}, kMonetaryQuery));
    if (monetary.size() > 0) monetary_ = monetary.Text(0, 0);
    dumps::Contents contents = ContentsOf(session_, options_, choice_);
    if (options_.with_globals) {
      ASSIGN_OR_RETURN(contents.attachments[std::string(kGlobalsName)],
                       ReadGlobals(context_, session_));
    }
    ASSIGN_OR_RETURN(tool_, driver::Toolbox::Pick(context_, kTool, profile_.tools,
                                                  session_.server_major(), profile_.environment));
    RETURN_IF_ERROR(RunTool(contents, target));
    ReportTables(contents, target);
    return absl::OkStatus();
  }

 private:
  // pg_dump does not write the states of the triggers that enforce constraints.
  absl::Status WarnOfDisabledKeys() {
    if (options_.data_only) return absl::OkStatus();
    ASSIGN_OR_RETURN(const Rows rows, session_.Query(context_, {"t"}, kDisabledKeysQuery));
    std::set<std::string, std::less<>> disabled;
    for (int row = 0; row < rows.size(); ++row) disabled.emplace(rows.Text(row, 0));
    std::vector<std::string> names;
    for (const Relation& relation : choice_.tables) {
      if (disabled.contains(relation.oid)) {
        names.push_back(DisplayName(relation.schema, relation.name));
      }
    }
    if (names.empty()) return absl::OkStatus();
    context_.Warn(kStage,
                  absl::StrCat("keys of these tables are not enforced (DISABLE TRIGGER ALL), and a"
                               " restore enforces them: ",
                               base::ListSome(names),
                               "; run ALTER TABLE ... DISABLE TRIGGER ALL again after it"));
    return absl::OkStatus();
  }

  void WarnOfUnlogged(std::string_view what, const std::vector<std::string>& names) const {
    if (names.empty()) return;
    context_.Warn(kStage, absl::StrCat("the dump has no ", what,
                                       ", because a standby does not have them; back up the "
                                       "primary: ",
                                       base::ListSome(names)));
  }

  absl::StatusOr<ToolCall> Call() const {
    ASSIGN_OR_RETURN(ToolCall call,
                     CallTool(tool_, session_.settings(), application_, profile_.environment));
    std::vector<std::string>& arguments = call.options.arguments;
    arguments.push_back("--format=custom");
    arguments.push_back(absl::StrCat("--snapshot=", snapshot_));
    if (session_.is_sql_ascii()) arguments.push_back("--encoding=SQL_ASCII");
    arguments.push_back(CompressArgument(options_.compression, tool_.version.major));
    if (options_.no_owner) arguments.push_back("--no-owner");
    if (options_.no_acl) arguments.push_back("--no-privileges");
    if (options_.schema_only) arguments.push_back("--schema-only");
    if (options_.data_only) arguments.push_back("--data-only");
    // Neither definitions alone nor rows alone include statistics; see pg_dump's documentation.
    const bool everything = !options_.schema_only && !options_.data_only;
    if (everything && tool_.version.major >= kFirstWithStatistics) {
      arguments.push_back("--statistics");
    }
    arguments.insert(arguments.end(), choice_.arguments.begin(), choice_.arguments.end());
    call.options.stage = std::string(kStage);
    call.options.out = driver::ToolRun::Stream::kPipe;
    return call;
  }

  absl::Status RunTool(dumps::Contents& contents, driver::BackupTarget& target) {
    ASSIGN_OR_RETURN(ToolCall call, Call());
    // Must outlive the tool, which holds the other end.
    std::unique_ptr<RowReports> reports;
    if (tool_.builtin) {
      ASSIGN_OR_RETURN(reports, RowReports::Create());
      call.options.inherit.push_back(reports->write_end());
      call.options.environment[std::string(kReportVariable)] = absl::StrCat(reports->write_end());
    }
    ASSIGN_OR_RETURN(const std::unique_ptr<driver::ToolRun> run,
                     driver::ToolRun::Start(context_, std::move(call.options)));
    if (reports != nullptr) reports->CloseWriteEnd();
    RETURN_IF_ERROR(CopyArchive(*run, contents, target));
    RETURN_IF_ERROR(ExplainToolFailure(run->Wait()));
    if (reports != nullptr) rows_ = reports->Finish();
    return absl::OkStatus();
  }

  // What pg_dump writes in the encoding of the database, the server also told in UTF-8.
  std::map<std::string, std::string, std::less<>> NamesOfServer() const {
    std::map<std::string_view, const Relation*> by_oid;
    for (const Relation& relation : relations_) by_oid[relation.oid] = &relation;
    std::map<std::string, std::string, std::less<>> names;
    for (const ArchiveEntry& entry : archive_->entries) {
      const auto found = by_oid.find(entry.oid);
      if (found == by_oid.end() || !IsOneOf(entry.kind, kNamedKinds)) continue;
      const Relation& relation = *found->second;
      for (const auto& [bytes, text] :
           {std::pair(entry.schema, &relation.schema), std::pair(entry.tag, &relation.name)}) {
        if (KnownText(*archive_, bytes).has_value() || !base::IsValidUtf8(*text)) continue;
        names.emplace(bytes, *text);
      }
    }
    return names;
  }

  // Names the objects that the dump should have and does not, and records their kinds.
  absl::Status TakeCensus(dumps::Contents& contents) {
    ASSIGN_OR_RETURN(const Lacking lacking,
                     FindLacking(context_, session_, *archive_, relations_, choice_, options_));
    if (lacking.objects.empty()) return absl::OkStatus();
    contents.annotations[std::string(kNotSeen)] = absl::StrJoin(lacking.kinds, ", ");
    context_.Warn(kStage, absl::StrCat("the database has objects that the dump lacks: ",
                                       base::ListSome(lacking.objects, kNamedObjects)));
    return absl::OkStatus();
  }

  // Copies pg_dump's archive and checks its structure. pg_dump writes the table of contents first.
  absl::Status CopyArchive(driver::ToolRun& run, dumps::Contents& contents,
                           driver::BackupTarget& target) {
    reader_.emplace(&run.out());
    const absl::StatusOr<const Archive*> archive = reader_->ReadHead(context_);
    if (!archive.ok()) return WhyCutOff(run, archive.status());
    archive_ = *archive;
    RETURN_IF_ERROR(TakeCensus(contents));
    ASSIGN_OR_RETURN(base::Writer* const writer, target.Begin(contents));
    std::vector<std::string_view> entries;
    const std::string marker = FormatWholeDatabaseEntry(*archive_);
    if (choice_.whole) entries.push_back(marker);
    std::string monetary;
    if (!monetary_.empty()) {
      monetary = FormatMonetaryEntry(*archive_, UnusedId(*archive_) + 1, monetary_);
      entries.push_back(monetary);
    }
    reader_->SetNames(NamesOfServer());
    std::string names;
    if (!archive_->names.empty()) {
      names = FormatNames(archive_->header, UnusedId(*archive_) + 2, archive_->names);
      entries.push_back(names);
    }
    EntryIds left_out;
    if (!choice_.whole) left_out = StatisticsWithoutRows(*archive_, parents_);
    for (const ArchiveEntry& entry : archive_->entries) {
      if (!left_out.contains(entry.id)) entries.push_back(entry.raw);
    }
    RETURN_IF_ERROR(writer->Write(FormatArchiveHead(*archive_, entries)));
    while (true) {
      const absl::StatusOr<std::optional<ArchiveReader::Piece>> piece = reader_->Next(context_);
      if (!piece.ok()) return WhyCutOff(run, piece.status());
      if (!piece->has_value()) return absl::OkStatus();
      if ((*piece)->first) RETURN_IF_ERROR(writer->Write(FormatBlockHeader(*(*piece)->entry)));
      RETURN_IF_ERROR(writer->Write((*piece)->bytes));
    }
  }

  // The error for an archive that ends too early: the failure of pg_dump, if it failed.
  absl::Status WhyCutOff(driver::ToolRun& run, const absl::Status& status) {
    RETURN_IF_ERROR(errs::WithOp(context_.Check(), kOp));
    std::vector<char> rest(base::kCopyBufferSize);
    while (run.out().Read(absl::MakeSpan(rest)).value_or(0) > 0) {
    }
    RETURN_IF_ERROR(ExplainToolFailure(run.Wait()));
    return status;
  }

  // Reports the exact numbers of rows to the target. If they are not known, the estimates stay.
  void ReportTables(const dumps::Contents& contents, driver::BackupTarget& target) {
    if (!tool_.builtin) {
      const absl::Status counted = CountByQuery();
      if (!counted.ok()) {
        context_.Warn(kStage, absl::StrCat("the recorded numbers of rows are estimates: ",
                                           counted.message()));
        return;
      }
    }
    std::map<std::string, int64_t> sizes;
    for (const dumps::TableInfo& table : contents.tables) sizes[table.name] = table.size_bytes;
    std::vector<dumps::TableInfo> tables = ArchiveTables(*archive_, rows_);
    for (dumps::TableInfo& table : tables) table.size_bytes = sizes[table.name];
    target.SetTables(std::move(tables));
  }

  // The system's pg_dump reports no rows, so this counts them in the same snapshot.
  absl::Status CountByQuery() {
    std::map<std::string_view, const Relation*> by_oid;
    for (const Relation& relation : choice_.tables) by_oid[relation.oid] = &relation;
    for (const ArchiveEntry& entry : archive_->entries) {
      if (entry.kind != "TABLE DATA") continue;
      const auto relation = by_oid.find(entry.oid);
      if (relation == by_oid.end()) continue;
      ASSIGN_OR_RETURN(const std::optional<int64_t> rows,
                       CountRows(context_, session_, *relation->second));
      if (rows.has_value()) rows_[std::string(entry.oid)] = *rows;
    }
    return absl::OkStatus();
  }

  const base::Context& context_;
  Session& session_;
  const profile::ConnectionProfile& profile_;
  const verbs::BackupOptions& options_;
  const std::string& application_;
  std::string snapshot_;
  std::string monetary_;  // The lc_monetary of amounts in the dump; empty if it has none.
  std::vector<Relation> relations_;
  Choice choice_;
  std::set<std::string> parents_;  // Oids of tables that have children.
  driver::Tool tool_;
  std::optional<ArchiveReader> reader_;
  const Archive* archive_ = nullptr;
  RowsByOid rows_;
};

}  // namespace

absl::Status CheckFormat(const verbs::BackupOptions& options) {
  if (!options.format.empty() && options.format != kCustomFormat) {
    return errs::UserError(kOp, errs::kInvalidArgument,
                           absl::StrCat("unknown format \"", options.format, "\""),
                           "the only format is custom, the format of pg_dump -Fc");
  }
  if (options.compression < 0 || options.compression > 9) {
    return errs::UserError(kOp, errs::kInvalidArgument,
                           absl::StrCat("compression ", options.compression),
                           "levels are 0 (none) to 9");
  }
  return absl::OkStatus();
}

absl::Status Backup(const base::Context& context, Session& session,
                    const profile::ConnectionProfile& profile, const verbs::BackupOptions& options,
                    driver::BackupTarget& target) {
  RETURN_IF_ERROR(CheckFormat(options));
  if (options.jobs > 1) {
    context.Warn(kStage, "a backup of PostgreSQL uses one job");
  }
  const std::string application = UniqueApplicationName(session.settings());
  const absl::Status status = Dump(context, session, profile, options, application).Run(target);
  // The server may not have noticed yet that pg_dump has ended.
  if (!status.ok() && !session.broken()) EndSessions(session, application);
  return status;
}

}  // namespace siphon::postgres
