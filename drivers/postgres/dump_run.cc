// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/dump_run.h"

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

void WarnOfUnlogged(const base::Context& context, std::string_view what,
                    const std::vector<std::string>& names) {
  if (names.empty()) return;
  context.Warn(kStage, absl::StrCat("the dump has no ", what,
                                    ", because a standby does not have them; back up the primary: ",
                                    base::ListSome(names)));
}

// The error for an archive that ends too early: the failure of pg_dump, if it failed.
absl::Status WhyCutOff(const base::Context& context, driver::ToolRun& run,
                       const absl::Status& status) {
  RETURN_IF_ERROR(errs::WithOp(context.Check(), kOp));
  std::vector<char> rest(base::kCopyBufferSize);
  while (run.out().Read(absl::MakeSpan(rest)).value_or(0) > 0) {
  }
  RETURN_IF_ERROR(ExplainToolFailure(run.Wait()));
  return status;
}

}  // namespace

DumpRun::DumpRun(Session& session, const profile::ConnectionProfile& profile,
                 verbs::BackupOptions options)
    : session_(session),
      profile_(profile),
      options_(std::move(options)),
      application_(UniqueApplicationName(session.settings())),
      sql_ascii_(session.is_sql_ascii()) {}

DumpRun::~DumpRun() {
  StopTool();
  transaction_.reset();
  // The server may not have noticed yet that pg_dump has ended.
  if (!complete_ && !session_.broken()) EndSessions(session_, application_);
}

absl::Status DumpRun::Open(const base::Context& context, bool names_tables) {
  *names_tables_ = names_tables;
  ASSIGN_OR_RETURN(
      Transaction transaction,
      Transaction::Begin(context, session_, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"));
  transaction_.emplace(std::move(transaction));
  RETURN_IF_ERROR(ReadDatabase(context));
  ASSIGN_OR_RETURN(tool_, driver::Toolbox::Pick(context, kTool, profile_.tools,
                                                session_.server_major(), profile_.environment));
  RETURN_IF_ERROR(StartTool(context));
  reader_.emplace(&run_->out());
  const absl::StatusOr<const Archive*> archive = reader_->ReadHead(context);
  if (!archive.ok()) return WhyCutOff(context, *run_, archive.status());
  archive_ = *archive;
  RETURN_IF_ERROR(TakeCensus(context));
  FormatHead();
  return absl::OkStatus();
}

absl::Status DumpRun::ReadDatabase(const base::Context& context) {
  ASSIGN_OR_RETURN(snapshot_,
                   session_.QueryText(context, "SELECT pg_catalog.pg_export_snapshot()"));
  ASSIGN_OR_RETURN(relations_, ReadRelations(context, session_));
  ASSIGN_OR_RETURN(choice_, Choose(options_, relations_));
  RETURN_IF_ERROR(EncodeArguments(context, session_, choice_.arguments));
  WarnOfUnlogged(context, "rows of unlogged tables", choice_.out_of_reach);
  WarnOfUnlogged(context, "values of unlogged sequences", choice_.sequences_out_of_reach);
  for (const Relation& relation : relations_) {
    if (relation.has_children) parents_.insert(relation.oid);
  }
  RETURN_IF_ERROR(WarnOfDisabledKeys(context));
  ASSIGN_OR_RETURN(const Rows monetary, session_.Query(context, {"t"}, kMonetaryQuery));
  if (monetary.size() > 0) monetary_ = monetary.Text(0, 0);
  contents_ = ContentsOf(session_, options_, choice_);
  if (options_.with_globals) {
    ASSIGN_OR_RETURN(contents_.attachments[std::string(kGlobalsName)],
                     ReadGlobals(context, session_));
  }
  return absl::OkStatus();
}

// pg_dump does not write the states of the triggers that enforce constraints.
absl::Status DumpRun::WarnOfDisabledKeys(const base::Context& context) {
  if (options_.data_only) return absl::OkStatus();
  ASSIGN_OR_RETURN(const Rows rows, session_.Query(context, {"t"}, kDisabledKeysQuery));
  std::set<std::string, std::less<>> disabled;
  for (int row = 0; row < rows.size(); ++row) disabled.emplace(rows.Text(row, 0));
  std::vector<std::string> names;
  for (const Relation& relation : choice_.tables) {
    if (disabled.contains(relation.oid)) {
      names.push_back(DisplayName(relation.schema, relation.name));
    }
  }
  if (names.empty()) return absl::OkStatus();
  context.Warn(kStage,
               absl::StrCat("keys of these tables are not enforced (DISABLE TRIGGER ALL), and a"
                            " restore enforces them: ",
                            base::ListSome(names),
                            "; run ALTER TABLE ... DISABLE TRIGGER ALL again after it"));
  return absl::OkStatus();
}

absl::StatusOr<ToolCall> DumpRun::Call() const {
  ASSIGN_OR_RETURN(ToolCall call,
                   CallTool(tool_, session_.settings(), application_, profile_.environment));
  std::vector<std::string>& arguments = call.options.arguments;
  arguments.push_back("--format=custom");
  arguments.push_back(absl::StrCat("--snapshot=", snapshot_));
  if (sql_ascii_) arguments.push_back("--encoding=SQL_ASCII");
  arguments.push_back(CompressArgument(options_.compression, tool_.version.major));
  call.options.stage = std::string(kStage);
  call.options.out = driver::ToolRun::Stream::kPipe;
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
  return call;
}

absl::Status DumpRun::StartTool(const base::Context& context) {
  ASSIGN_OR_RETURN(ToolCall call, Call());
  if (tool_.builtin) {
    ASSIGN_OR_RETURN(reports_, RowReports::Create());
    call.options.inherit.push_back(reports_->write_end());
    call.options.environment[std::string(kReportVariable)] = absl::StrCat(reports_->write_end());
  }
  call.options.classify = [shown = names_tables_](std::string_view line) {
    const driver::ToolRun::Line kind = ClassifyToolLine(line);
    const bool named = kind == driver::ToolRun::Line::kMessage && !*shown;
    return named ? driver::ToolRun::Line::kNoise : kind;
  };
  ASSIGN_OR_RETURN(run_, driver::ToolRun::Start(context, std::move(call.options)));
  if (reports_ != nullptr) reports_->CloseWriteEnd();
  return absl::OkStatus();
}

void DumpRun::StopTool() {
  run_.reset();
  reports_.reset();
}

// What pg_dump writes in the encoding of the database, the server also told in UTF-8.
std::map<std::string, std::string, std::less<>> DumpRun::NamesOfServer() const {
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
absl::Status DumpRun::TakeCensus(const base::Context& context) {
  ASSIGN_OR_RETURN(const Lacking lacking,
                   FindLacking(context, session_, *archive_, relations_, choice_, options_));
  if (lacking.objects.empty()) return absl::OkStatus();
  contents_.annotations[std::string(kNotSeen)] = absl::StrJoin(lacking.kinds, ", ");
  context.Warn(kStage, absl::StrCat("the database has objects that the dump lacks: ",
                                    base::ListSome(lacking.objects, kNamedObjects)));
  return absl::OkStatus();
}

void DumpRun::FormatHead() {
  const int32_t marker_id = UnusedId(*archive_);
  const int32_t monetary_id = marker_id + 1;
  const int32_t names_id = marker_id + 2;
  std::vector<std::string_view> entries;
  const auto add = [&](int32_t id, std::string_view entry) {
    entries.push_back(entry);
    next_id_ = std::max(next_id_, id + 1);
  };
  const std::string marker = FormatWholeDatabaseEntry(*archive_);
  if (choice_.whole) add(marker_id, marker);
  std::string monetary;
  if (!monetary_.empty()) {
    monetary = FormatMonetaryEntry(*archive_, monetary_id, monetary_);
    add(monetary_id, monetary);
  }
  reader_->SetNames(NamesOfServer());
  std::string names;
  if (!archive_->names.empty()) {
    names = FormatNames(archive_->header, names_id, archive_->names);
    add(names_id, names);
  }
  EntryIds left_out;
  if (!choice_.whole) left_out = StatisticsWithoutRows(*archive_, parents_);
  for (const ArchiveEntry& entry : archive_->entries) {
    if (!left_out.contains(entry.id)) add(entry.id, entry.raw);
  }
  head_ = FormatArchiveHead(*archive_, entries);
}

absl::Status DumpRun::CopyData(const base::Context& context, Taker take) {
  while (true) {
    const absl::StatusOr<std::optional<ArchiveReader::Piece>> piece = reader_->Next(context);
    if (!piece.ok()) return WhyCutOff(context, *run_, piece.status());
    if (!piece->has_value()) break;
    if ((*piece)->first) RETURN_IF_ERROR(take(FormatBlockHeader(*(*piece)->entry)));
    RETURN_IF_ERROR(take((*piece)->bytes));
  }
  RETURN_IF_ERROR(ExplainToolFailure(run_->Wait()));
  if (reports_ != nullptr) rows_ = reports_->Finish();
  complete_ = true;
  return absl::OkStatus();
}

std::vector<dumps::TableInfo> DumpRun::TablesWith(const RowsByOid& rows) const {
  std::map<std::string, int64_t> sizes;
  for (const dumps::TableInfo& table : contents_.tables) sizes[table.name] = table.size_bytes;
  std::vector<dumps::TableInfo> tables = ArchiveTables(*archive_, rows);
  for (dumps::TableInfo& table : tables) table.size_bytes = sizes[table.name];
  return tables;
}

std::vector<dumps::TableInfo> DumpRun::CopiedTables(const base::Context& context) {
  if (!tool_.builtin) {
    const absl::Status counted = CountByQuery(context);
    if (!counted.ok()) {
      context.Warn(kStage,
                   absl::StrCat("the recorded numbers of rows are estimates: ", counted.message()));
      return {};
    }
  }
  return TablesWith(rows_);
}

// The system's pg_dump reports no rows, so this counts them in the same snapshot.
absl::Status DumpRun::CountByQuery(const base::Context& context) {
  std::map<std::string_view, const Relation*> by_oid;
  for (const Relation& relation : choice_.tables) by_oid[relation.oid] = &relation;
  for (const ArchiveEntry& entry : archive_->entries) {
    if (entry.kind != "TABLE DATA") continue;
    const auto relation = by_oid.find(entry.oid);
    if (relation == by_oid.end()) continue;
    ASSIGN_OR_RETURN(const std::optional<int64_t> rows,
                     CountRows(context, session_, *relation->second));
    if (rows.has_value()) rows_[std::string(entry.oid)] = *rows;
  }
  return absl::OkStatus();
}

}  // namespace siphon::postgres
