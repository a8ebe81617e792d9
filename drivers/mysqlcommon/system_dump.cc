// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/system_dump.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "drivers/mysqlcommon/catalog.h"
#include "drivers/mysqlcommon/names.h"
#include "drivers/mysqlcommon/script.h"
#include "drivers/mysqlcommon/selection.h"
#include "drivers/mysqlcommon/sequences.h"
#include "drivers/mysqlcommon/server_facts.h"
#include "drivers/mysqlcommon/session.h"
#include "drivers/mysqlcommon/statement.h"
#include "drivers/mysqlcommon/tools.h"
#include "drivers/mysqlcommon/verify.h"
#include "drivers/mysqlcommon/visibility.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/excerpt.h"
#include "siphon/base/io.h"

namespace siphon::mysqlcommon {
namespace {

constexpr std::string_view kOp = "mysql.backup";
constexpr std::string_view kStage = "backup";

// Copies everything that is read to a writer.
class Tee : public base::Reader {
 public:
  Tee(base::Reader* reader, base::Writer* writer) : reader_(reader), writer_(writer) {}
  absl::StatusOr<size_t> Read(absl::Span<char> out) override {
    ASSIGN_OR_RETURN(const size_t count, reader_->Read(out));
    written_ = writer_->Write(std::string_view(out.data(), count));
    RETURN_IF_ERROR(written_);
    return count;
  }
  // The writer's last status.
  const absl::Status& written() const { return written_; }

 private:
  base::Reader* reader_;
  base::Writer* writer_;
  absl::Status written_;
};

absl::Status CheckOptions(const Session& session, const driver::BackupOptions& options) {
  const auto refuse = [&](std::string_view option, std::string_view hint) {
    return errs::UserError(kOp, errs::kDriverUnsupported,
                           absl::StrCat(option, " is not supported by the system's dump program"),
                           hint);
  };
  if (options.checksums) return refuse("--checksums", "leave --tools system out");
  if (options.no_owner || options.definer != verbs::Definer::kKeep) {
    return refuse("--definer", "give it to `siphon restore`, or leave --tools system out");
  }
  if (!options.crossing_to.empty()) {
    return refuse("a copy to the other fork", "leave --tools system out");
  }
  if (!options.exclude_data.empty() && !session.is_mariadb()) {
    return refuse("--exclude-data", "leave --tools system out");
  }
  return absl::OkStatus();
}

// Variables that would change what the program reads, without an error, and the values that change
// nothing. It sets the others itself.
struct Needed {
  std::string_view name, value;
  std::optional<Feature> feature = std::nullopt;
};
constexpr Needed kNeeded[] = {
    {"sql_select_limit", "18446744073709551615"},
    {"sql_auto_is_null", "0"},
    {"system_versioning_asof", "DEFAULT", Feature::kVersioningAsOf},
    {"show_gipk_in_create_table_and_information_schema", "1", Feature::kShowGeneratedKeys},
    {"show_create_table_skip_secondary_engine", "0", Feature::kShowSecondaryEngine}};

// The programs cannot be told to set a variable: an error if the server's values would spoil the
// dump.
absl::Status CheckVariables(const base::Context& context, const Session& session) {
  ASSIGN_OR_RETURN(
      const std::unique_ptr<Session> as_the_program,
      Session::Connect(context, session.server_fork(), session.settings(), {.as_it_is = true}));
  const Session::Watch watch(context, *as_the_program);
  for (const Needed& needed : kNeeded) {
    if (needed.feature.has_value() && !session.Accepts(*needed.feature)) continue;
    ASSIGN_OR_RETURN(const std::optional<std::string> value,
                     as_the_program->Value(context, absl::StrCat("SELECT @@", needed.name)));
    if (value.value_or("") == needed.value) continue;
    return errs::UserError(
        kOp, errs::kDriverUnsupported,
        absl::StrCat("the server's ", needed.name, " is ", value.value_or("NULL"),
                     ": the dump program would miss a part of the database"),
        "leave --tools system out");
  }
  return absl::OkStatus();
}

std::vector<std::string> Arguments(const Session& session, const driver::BackupOptions& options,
                                   const Catalog& catalog, const Selection& chosen) {
  std::vector<std::string> arguments = {"--single-transaction", "--quick", "--hex-blob",
                                        "--no-tablespaces", "--net-buffer-length=1M"};
  const bool history = session.Accepts(Feature::kInsertHistory);
  if (history && !options.data_only) arguments.push_back("--dump-history");
  if (!session.is_mariadb()) arguments.push_back("--set-gtid-purged=OFF");
  if (options.schema_only) arguments.push_back("--no-data");
  if (options.data_only) {
    arguments.insert(arguments.end(), {"--no-create-info", "--skip-triggers"});
  } else if (options.tables.empty()) {
    arguments.insert(arguments.end(), {"--routines", "--events"});
  }
  const std::string& database = catalog.database;
  for (const Table& table : catalog.tables) {
    const auto taken = chosen.with_rows.find(&table);
    if (taken == chosen.with_rows.end()) {
      if (options.tables.empty()) {
        arguments.push_back(absl::StrCat("--ignore-table=", database, ".", table.name));
      }
    } else if (!taken->second && !options.schema_only) {
      arguments.push_back(absl::StrCat("--ignore-table-data=", database, ".", table.name));
    }
  }
  arguments.insert(arguments.end(), {"--", database});
  if (options.tables.empty()) return arguments;
  for (const auto* const tables : {&chosen.sequences, &chosen.tables, &chosen.views}) {
    for (const Table* const table : *tables) arguments.push_back(table->name);
  }
  return arguments;
}

dumps::Contents ContentsOf(const Session& session, const Selection& chosen) {
  dumps::Contents contents;
  contents.engine_version = session.version_text();
  contents.rows_estimated = true;
  for (const Table* const table : chosen.tables) {
    const bool with_rows = chosen.with_rows.at(table);
    contents.tables.push_back({table->name, with_rows ? table->rows : 0, table->data_bytes});
    if (with_rows) contents.estimated_bytes += static_cast<uint64_t>(table->data_bytes);
  }
  return contents;
}

// The program opens all views.
absl::Status CheckViews(const Catalog& catalog) {
  for (const Table& table : catalog.tables) {
    if (!table.opening_calls) continue;
    return errs::UserError(
        kOp, errs::kDriverUnsupported,
        absl::StrCat("view ", ToUtf8(table.name),
                     " calls a function with your rights when the dump program opens it"),
        "leave --tools system out");
  }
  return absl::OkStatus();
}

// Copies the dump to the writer. Parses it on the way, to check that it is complete and to count
// rows.
absl::Status Copy(const base::Context& context, driver::ToolRun& run, base::Writer& writer,
                  const CommentRule& rule, RowCounter& counter) {
  Tee tee(&run.out(), &writer);
  const absl::Status read =
      ReadScript(context, tee, rule, [&](const sql::Piece& piece, const ScriptSettings& settings) {
        return counter.Look(piece, settings);
      }).status();
  RETURN_IF_ERROR(context.Check());
  RETURN_IF_ERROR(tee.written());
  // If the dump was cut off, the program's own error is the reason.
  std::vector<char> rest(base::kCopyBufferSize);
  while (run.out().Read(absl::MakeSpan(rest)).value_or(0) > 0) {
  }
  RETURN_IF_ERROR(ExplainToolFailure(run.Wait()));
  return read;
}

// Compares the objects of the dump with those that were chosen. A table that the program has left
// out is an error; other objects are named.
absl::Status CheckComplete(const base::Context& context, const Selection& chosen,
                           const RowCounter& counter) {
  using Kind = Statement::Kind;
  std::vector<std::string> tables, others;
  for (const Table* const table : chosen.tables) {
    if (!counter.Creates(Kind::kTable, table->name)) tables.push_back(ToUtf8(table->name));
  }
  if (!tables.empty()) {
    return errs::IntegrityError(
        kOp, absl::StrCat("the dump program has left out the table ", base::ListSome(tables)),
        "leave --tools system out");
  }
  const auto look = [&](Kind kind, std::string_view word, const std::string& name) {
    if (!counter.Creates(kind, name)) others.push_back(absl::StrCat(word, " ", ToUtf8(name)));
  };
  for (const Table* const view : chosen.views) look(Kind::kView, "view", view->name);
  for (const Table* const one : chosen.sequences) look(Kind::kSequence, "sequence", one->name);
  for (const StoredObject* const object : chosen.objects) {
    const Kind kind = object->kind == StoredObject::Kind::kTrigger ? Kind::kTrigger
                      : object->kind == StoredObject::Kind::kEvent ? Kind::kEvent
                                                                   : Kind::kRoutine;
    look(kind, absl::AsciiStrToLower(SqlWord(object->kind)), object->name);
  }
  if (others.empty()) return absl::OkStatus();
  context.Warn(kStage, absl::StrCat("the database has objects that the dump lacks: ",
                                    base::ListSome(others)));
  return absl::OkStatus();
}

}  // namespace

absl::Status SystemBackup(const base::Context& context, Session& session,
                          const driver::BackupOptions& options, driver::BackupTarget& target,
                          const base::Environment& environment) {
  RETURN_IF_ERROR(context.Check());
  RETURN_IF_ERROR(CheckOptions(session, options));
  RETURN_IF_ERROR(CheckVariables(context, session));
  Catalog catalog;
  std::string not_seen;
  {
    const Session::Watch watch(context, session);
    ASSIGN_OR_RETURN(catalog, ReadCatalog(context, session, session.settings().database, false));
    ASSIGN_OR_RETURN(not_seen, WarnOfHidden(context, session, catalog, options));
  }
  RETURN_IF_ERROR(CheckViews(catalog));
  ASSIGN_OR_RETURN(Selection chosen, Select(catalog, options));
  {
    const Session::Watch watch(context, session);
    RETURN_IF_ERROR(TakeSequences(context, session, catalog, options, chosen));
  }
  ASSIGN_OR_RETURN(ToolCall call, CallTool(context, Program::kDump, session, environment));
  std::vector<std::string> arguments = Arguments(session, options, catalog, chosen);
  call.options.arguments.insert(call.options.arguments.end(), arguments.begin(), arguments.end());
  call.options.stage = std::string(kStage);
  call.options.out = driver::ToolRun::Stream::kPipe;
  context.Detail(kStage, absl::StrCat("no increments can start from this dump: ",
                                      call.options.tool.name, " makes it"));
  dumps::Contents contents = ContentsOf(session, chosen);
  if (!not_seen.empty()) contents.annotations[std::string(kNotSeen)] = not_seen;
  ASSIGN_OR_RETURN(base::Writer* const writer, target.Begin(contents));
  ASSIGN_OR_RETURN(const std::unique_ptr<driver::ToolRun> run,
                   driver::ToolRun::Start(context, std::move(call.options)));
  RowCounter counter(session.is_mariadb());
  RETURN_IF_ERROR(Copy(context, *run, *writer, RuleOf(session), counter));
  // Rows alone name no empty table.
  if (!options.data_only) RETURN_IF_ERROR(CheckComplete(context, chosen, counter));
  std::map<std::string, int64_t> sizes;
  for (const Table& table : catalog.tables) sizes[table.name] = table.data_bytes;
  std::vector<dumps::TableInfo> tables = counter.Tables();
  for (dumps::TableInfo& table : tables) table.size_bytes = sizes[table.name];
  target.SetTables(std::move(tables));
  return absl::OkStatus();
}

}  // namespace siphon::mysqlcommon
