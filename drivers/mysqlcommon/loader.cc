// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/loader.h"

#include <mysqld_error.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "drivers/mysqlcommon/client_reading.h"
#include "drivers/mysqlcommon/crossing.h"
#include "drivers/mysqlcommon/dump_names.h"
#include "drivers/mysqlcommon/late_keys.h"
#include "drivers/mysqlcommon/lost_values.h"
#include "drivers/mysqlcommon/names.h"
#include "drivers/mysqlcommon/selection.h"
#include "drivers/mysqlcommon/sequences.h"
#include "drivers/mysqlcommon/sql_error.h"
#include "drivers/mysqlcommon/tokens.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/domain/sql/dialect.h"
#include "siphon/domain/sql/secrets.h"

namespace siphon::mysqlcommon {
namespace {

using Kind = Statement::Kind;

constexpr std::string_view kOp = "mysql.restore";
constexpr std::string_view kStage = "restore";
// How much of a statement an error shows, in bytes.
constexpr size_t kShown = 80;
// How much of it is searched for strings, which are not shown.
constexpr size_t kLongestRead = 4096;
// How often a statement is repeated that waited for another session, and the pause before.
constexpr int kRepeats = 10;
constexpr std::chrono::milliseconds kRepeatPause{20};

bool IsAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return absl::ascii_isascii(static_cast<unsigned char>(c)); });
}

// Qualifies the tables after REFERENCES in a table's definition with `database`, which is quoted,
// except those that are loaded, too.
std::string QualifyReferences(std::string_view create, std::string_view database,
                              const Syntax& syntax, NamePatterns& loaded) {
  std::string out;
  size_t copied = 0;
  TokenReader reader(create, syntax);
  for (Token token = reader.Next(); token.kind != Token::Kind::kEnd; token = reader.Next()) {
    if (!token.Is("REFERENCES")) continue;
    const Token name = reader.Next();
    if (!name.IsIdentifier() || reader.Peek().IsSymbol('.') || loaded.Has(name.Value())) continue;
    absl::StrAppend(&out, create.substr(copied, name.begin - copied), database, ".");
    copied = name.begin;
  }
  absl::StrAppend(&out, create.substr(copied));
  return out;
}

// True for DATA DIRECTORY or INDEX DIRECTORY, of a table or a partition.
bool NamesDirectory(std::string_view create, const Syntax& syntax) {
  TokenReader reader(create, syntax);
  for (Token token = reader.Next(); token.kind != Token::Kind::kEnd; token = reader.Next()) {
    if ((token.Is("DATA") || token.Is("INDEX")) && reader.Peek().Is("DIRECTORY")) return true;
  }
  return false;
}

// True if the client reads `sql` with a ";" as one statement.
bool ClientReadsOne(std::string_view sql, const Fork& fork, const Syntax& syntax) {
  // The client's character set is utf8mb4, whatever the session's is.
  Syntax client = syntax;
  client.charset = sql::Charset::kPlain;
  sql::SplitterOptions options;
  options.dialect = sql::Dialect::kMysql;
  options.backslash_escapes = client.backslash_escapes;
  // MySQL's client does not know ANSI_QUOTES.
  options.ansi_quotes = client.ansi_quotes && fork.mariadb;
  sql::Splitter splitter(options);
  size_t statements = 0;
  const auto count = [&](const sql::Piece& part) {
    if (!part.text.empty()) ++statements;
    return absl::OkStatus();
  };
  return ClientSendsAsIs(sql, fork, client) && splitter.Feed(sql, count).ok() &&
         splitter.Finish(count).ok() && statements == 1;
}

bool IsDeferred(Kind kind) {
  return kind == Kind::kView || kind == Kind::kRoutine || kind == Kind::kTrigger ||
         kind == Kind::kEvent || kind == Kind::kDropView || kind == Kind::kDropOther;
}

}  // namespace

void LoadResult::Add(LoadResult other) {
  for (Definition& definition : other.deferred) deferred.push_back(std::move(definition));
  census.Add(other.census);
  tables.Add(other.tables);
  exclude_tables.Add(other.exclude_tables);
  for (std::string& statement : other.late_keys) late_keys.push_back(std::move(statement));
}

absl::Status LoadResult::CheckAllFound() const {
  RETURN_IF_ERROR(tables.CheckAllUsed(kOp, "the dump"));
  return exclude_tables.CheckAllUsed(kOp, "the dump");
}

Loader::Loader(Session* session, std::string target, const driver::RestoreOptions* options,
               ClientPipe* client, MadeTables* made)
    : session_(session),
      target_(std::move(target)),
      options_(options),
      client_(client),
      result_(*options),
      judge_(RuleOf(*session)),
      made_(made == nullptr ? &own_made_ : made),
      shared_(made != nullptr) {}

std::string Loader::Where(const sql::Piece& piece) const {
  const std::string hidden =
      sql::HideLiterals(sql::Dialect::kMysql, piece.text.substr(0, kLongestRead));
  std::string text = ToUtf8(std::string_view(hidden).substr(0, kShown));
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < ' ') c = ' ';
  }
  return absl::StrCat("line ", piece.line, " of ", source_, ": ", text,
                      hidden.size() > kShown || piece.text.size() > kLongestRead ? "..." : "");
}

absl::Status Loader::CheckForClient(std::string_view sql, const sql::Piece& piece) const {
  const Fork& fork = session_->server_fork();
  if (ClientReadsOne(sql, fork, syntax_)) return absl::OkStatus();
  return errs::UserError(
      kOp, errs::kDriverUnsupported,
      absl::StrCat("the program ", fork.client, " would misread a statement: ", Where(piece)),
      "leave --tools system out");
}

absl::Status Loader::Refused(const Judgement& judgement, const sql::Piece& piece) const {
  return errs::UserError(kOp, errs::kDriverUnsupported,
                         absl::StrCat("line ", piece.line, " of ", source_,
                                      " is not run, because a dump of one database has no such"
                                      " statement: ",
                                      judgement.reason),
                         "if you know what the dump contains, --trust runs all of it");
}

absl::Status Loader::Begin(const base::Context& context) {
  if (!options_->crossing_from.empty()) {
    ASSIGN_OR_RETURN(translator_, TranslatorFor(context, *session_));
  }
  // The settings of a client that reads the dump, without the checks that would fail because of the
  // order in the dump.
  constexpr std::string_view kSettings =
      "SET SESSION time_zone='+00:00', sql_mode='NO_AUTO_VALUE_ON_ZERO', unique_checks=0,"
      " foreign_key_checks=0, sql_notes=0"
      // MariaDB: tables may contain rows that violate a constraint.
      " /*M!100201 , check_constraint_checks=0 */";
  if (client_ != nullptr) {
    for (const std::string& statement : session_->own_settings()) {
      RETURN_IF_ERROR(client_->Send(statement, 1));
    }
    RETURN_IF_ERROR(client_->Send(kSettings, 1));
  }
  RETURN_IF_ERROR(session_->Execute(context, kSettings));
  // For CheckStored(). MySQL lets only administrators change it.
  const absl::Status all_warnings = session_->Execute(context, "SET SESSION max_error_count=65535");
  return IsDenied(all_warnings) ? absl::OkStatus() : all_warnings;
}

bool Loader::IsExcluded(const Statement& statement) {
  switch (statement.kind) {
    case Kind::kTable:
    case Kind::kDropTable:
    case Kind::kKeys:
    case Kind::kAlterTable:
    case Kind::kIndex:
    case Kind::kRows:
    case Kind::kSequence:
    case Kind::kSetval:
    case Kind::kAlterSequence:
    case Kind::kView:
    case Kind::kDropView:
      return result_.exclude_tables.Has(statement.name);
    case Kind::kTrigger:
      return result_.exclude_tables.Has(statement.table);
    default:
      return false;
  }
}

bool Loader::Wants(const Statement& statement) {
  switch (statement.kind) {
    case Kind::kSet:
    case Kind::kTransaction:
      return true;
    case Kind::kSetGlobal:
    case Kind::kUse:
    case Kind::kDatabase:
    case Kind::kLock:
      return false;
    case Kind::kRows:
    case Kind::kKeys:
    case Kind::kSetval:
      if (options_->schema_only && statement.kind != Kind::kKeys) return false;
      return result_.tables.empty() || result_.tables.Has(statement.name);
    case Kind::kAlterSequence:
      return !options_->schema_only && !options_->data_only &&
             (result_.tables.empty() || result_.tables.Has(statement.name));
    case Kind::kTrigger:
      return !options_->data_only &&
             (result_.tables.empty() || result_.tables.Has(statement.table));
    case Kind::kTable:
    case Kind::kDropTable:
    case Kind::kAlterTable:
    case Kind::kIndex:
    case Kind::kSequence:
      return !options_->data_only && (result_.tables.empty() || result_.tables.Has(statement.name));
    default:
      return !options_->data_only && result_.tables.empty();
  }
}

absl::Status Loader::CheckDatabase(const Statement& statement, const sql::Piece& piece) {
  if (statement.kind == Kind::kUse) {
    if (used_.empty()) used_ = statement.name;
    if (used_ == statement.name) return absl::OkStatus();
    return errs::UserError(kOp, errs::kDriverUnsupported,
                           absl::StrCat("the dump contains several databases: ", Where(piece)),
                           "restore it with the engine's own client");
  }
  if (statement.schema.empty() || statement.schema == used_) return absl::OkStatus();
  return errs::UserError(kOp, errs::kDriverUnsupported,
                         absl::StrCat("the statement names a database, \"",
                                      ToUtf8(statement.schema), "\": ", Where(piece)),
                         "restore it with the engine's own client");
}

absl::Status Loader::CheckLength(std::string_view sql, const sql::Piece& piece) const {
  if (sql.size() + kPacketHead > session_->max_packet()) {
    return errs::UserError(
        kOp, errs::kInvalidArgument,
        absl::StrCat("a statement of ", sql.size(), " bytes is longer than the server accepts (",
                     session_->max_packet(), "): ", Where(piece)),
        "raise max_allowed_packet at the server");
  }
  return absl::OkStatus();
}

absl::Status Loader::Execute(const base::Context& context, std::string_view sql,
                             const sql::Piece& piece) {
  RETURN_IF_ERROR(CheckLength(sql, piece));
  if (client_ != nullptr) {
    RETURN_IF_ERROR(CheckForClient(sql, piece));
    return client_->Send(sql, piece.line);
  }
  absl::Status done = session_->Execute(context, sql);
  for (int again = 0; again < kRepeats && MayRepeat(done); ++again) {
    RETURN_IF_ERROR(context.Sleep(kRepeatPause));
    done = session_->Execute(context, sql);
  }
  return InDump(context, done, piece);
}

bool Loader::MayRepeat(const absl::Status& done) const {
  return shared_ && !in_transaction_ && !session_->broken() &&
         IsSqlError(done, {ER_LOCK_DEADLOCK, ER_LOCK_WAIT_TIMEOUT});
}

absl::StatusOr<std::string> Loader::HintOf(const base::Context& context, const absl::Status& done,
                                           const sql::Piece& piece) {
  const Statement statement = Classify(piece.text, syntax_);
  const bool of_rows = statement.kind == Kind::kRows || statement.kind == Kind::kKeys;
  if (of_rows && IsSqlError(done, {ER_NO_SUCH_TABLE})) {
    if (options_->data_only) {
      return std::string(
          "rows alone need existing tables: restore the definitions first, or leave out"
          " --data-only");
    }
    if (!made_->Has(statement.name)) {
      return std::string(
          "the dump has only the rows of this table, not the definition: rows alone go into"
          " existing tables, add --data-only");
    }
  }
  if (!IsSqlError(done, {ER_RECORD_FILE_FULL, ER_DUP_KEY}) || session_->broken()) {
    return std::string();
  }
  ASSIGN_OR_RETURN(const std::string name, NameText(context, statement.name));
  ASSIGN_OR_RETURN(
      const std::optional<std::string> engine,
      session_->Value(context, absl::StrCat("SELECT UPPER(engine) FROM information_schema.tables"
                                            " WHERE table_schema = DATABASE() AND table_name = ",
                                            name)));
  if (engine == "MEMORY") {
    return std::string("a MEMORY table takes max_heap_table_size bytes: raise it at the server");
  }
  if (engine == "ARCHIVE") {
    return std::string(
        "an ARCHIVE table takes AUTO_INCREMENT values in rising order only, from the"
        " one in its definition on");
  }
  return std::string();
}

absl::Status Loader::InDump(const base::Context& context, const absl::Status& done,
                            const sql::Piece& piece) {
  if (done.ok()) return absl::OkStatus();
  std::optional<errs::Error> error = errs::GetError(done);
  if (!error.has_value() || !context.Check().ok()) return done;
  error->op = kOp;
  error->detail = absl::StrCat(sql::HideSecretsOf(sql::Dialect::kMysql, piece.text, error->detail),
                               "; ", Where(piece));
  ASSIGN_OR_RETURN(const std::string hint, HintOf(context, done, piece));
  if (!hint.empty()) error->hint = hint;
  return errs::MakeStatus(*std::move(error));
}

absl::Status Loader::Defer(const base::Context& context, const sql::Piece& piece) {
  ASSIGN_OR_RETURN(const Rows rows, session_->Query(context,
                                                    "SELECT @@sql_mode, @@character_set_client,"
                                                    " @@collation_connection, @@time_zone"));
  if (rows.empty()) return errs::InternalError(kOp, "no settings");
  Definition deferred;
  if (!shared_) deferred.line = piece.line;  // Of the dump, not of a part.
  deferred.create = WithOwner(piece.text, options_->no_owner, options_->definer, syntax_);
  deferred.sql_mode = Text(rows[0], 0);
  deferred.charset = Text(rows[0], 1);
  deferred.collation = Text(rows[0], 2);
  deferred.time_zone = Text(rows[0], 3);
  result_.deferred.push_back(std::move(deferred));
  return absl::OkStatus();
}

absl::Status Loader::DropPresent(const base::Context& context, const Statement& statement,
                                 const sql::Piece& piece) {
  if (!options_->in_place || !options_->clean || ExtentOf(*options_) == Extent::kDatabase) {
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const std::string text, NameText(context, statement.name));
  ASSIGN_OR_RETURN(const std::string name, Quoted(statement.name));
  ASSIGN_OR_RETURN(
      const std::optional<std::string> type,
      session_->Value(context, absl::StrCat("SELECT table_type FROM information_schema.tables"
                                            " WHERE table_schema = DATABASE() AND table_name = ",
                                            text)));
  const std::string_view word = type == "VIEW" ? "VIEW" : type == "SEQUENCE" ? "SEQUENCE" : "TABLE";
  return Execute(context, absl::StrCat("DROP ", word, " IF EXISTS ", name), piece);
}

absl::StatusOr<std::string> Loader::QualifySequences(const base::Context& context,
                                                     const std::string& table,
                                                     const std::string& create) {
  // A dump of the whole database has them, and replaces those of the target.
  if (!session_->is_mariadb() || ExtentOf(*options_) == Extent::kDatabase) return create;
  std::string out;
  size_t copied = 0;
  for (const SequenceUse& use : SequencesIn(create, syntax_)) {
    if (!use.schema.empty() || made_->Has(use.name)) continue;
    ASSIGN_OR_RETURN(const std::string sequence, NameText(context, use.name));
    ASSIGN_OR_RETURN(const std::string target, QuotedTarget(context));
    ASSIGN_OR_RETURN(
        const std::optional<std::string> there,
        session_->Value(context, absl::StrCat("SELECT 1 FROM information_schema.tables"
                                              " WHERE table_type = 'SEQUENCE' AND table_schema = ",
                                              DumpNameText("utf8mb4", target_),
                                              " AND table_name = ", sequence)));
    if (!there.has_value()) {
      const std::string name = ToUtf8(use.name);
      return errs::UserError(
          kOp, errs::kNotFound,
          absl::StrCat("a default of table ", ToUtf8(table), " uses the sequence ", name,
                       ", which is neither restored nor in the target"),
          result_.tables.empty()
              ? absl::StrCat("create the sequence in the target first, or back up with --table ",
                             name, ", too")
              : absl::StrCat("restore it as well (--table ", name,
                             "), or create it in the target first"));
    }
    absl::StrAppend(&out, create.substr(copied, use.begin - copied), target, ".");
    copied = use.begin;
  }
  return absl::StrCat(out, create.substr(copied));
}

absl::Status Loader::CreateTable(const base::Context& context, const Statement& statement,
                                 const sql::Piece& piece) {
  made_->Add(statement.name);
  RETURN_IF_ERROR(DropPresent(context, statement, piece));
  std::string create(piece.text);
  if (!result_.tables.empty()) {
    ASSIGN_OR_RETURN(const std::string target, QuotedTarget(context));
    create = QualifyReferences(piece.text, target, syntax_, result_.tables);
  }
  ASSIGN_OR_RETURN(const std::string complete, QualifySequences(context, statement.name, create));
  const bool late = late_ != nullptr && late_->contains(statement.name);
  std::optional<LateKeys> keys = late ? SplitKeys(complete, syntax_) : std::nullopt;
  if (!keys.has_value()) return Make(context, statement.name, complete, piece);
  result_.late_keys.push_back(std::move(keys->alter));
  return Make(context, statement.name, keys->create, piece);
}

absl::Status Loader::Make(const base::Context& context, const std::string& name,
                          std::string_view create, const sql::Piece& piece) {
  const std::string table = absl::StrCat("table ", ToUtf8(name));
  std::string modes;
  if (!refuses_substitutes_) modes += ",NO_ENGINE_SUBSTITUTION";
  // MariaDB leaves the files of such a table where they are when it moves to another database.
  const bool moves = !options_->in_place && (session_->is_mariadb() || translator_.has_value());
  if (moves && NamesDirectory(create, syntax_)) {
    modes += ",NO_DIR_IN_CREATE";
    context.Warn(kStage, absl::StrCat(table,
                                      ": DATA DIRECTORY and INDEX DIRECTORY are left out; its files"
                                      " are in the server's own directory"));
  }
  if (!modes.empty()) {
    RETURN_IF_ERROR(Execute(context,
                            absl::StrCat("SET @siphon_mode=@@sql_mode, sql_mode=CONCAT(@@sql_mode,"
                                         "_latin1'",
                                         modes, "')"),
                            piece));
  }
  if (client_ != nullptr) {
    RETURN_IF_ERROR(Execute(context, create, piece));
  } else {
    absl::StatusOr<std::string> made = mysqlcommon::CreateTable(context, *session_, create);
    for (int again = 0; again < kRepeats && MayRepeat(made.status()); ++again) {
      RETURN_IF_ERROR(context.Sleep(kRepeatPause));
      made = mysqlcommon::CreateTable(context, *session_, create);
    }
    RETURN_IF_ERROR(InDump(context, made.status(), piece));
    if (!made->empty()) context.Warn(kStage, absl::StrCat(table, ": ", *made));
  }
  return modes.empty() ? absl::OkStatus() : Execute(context, "SET sql_mode=@siphon_mode", piece);
}

absl::StatusOr<std::string> Loader::SessionCharset(const base::Context& context) {
  ASSIGN_OR_RETURN(const std::optional<std::string> charset,
                   session_->Value(context, "SELECT @@character_set_client"));
  return charset.value_or("");
}

absl::StatusOr<std::string> Loader::NameText(const base::Context& context, std::string_view name) {
  ASSIGN_OR_RETURN(const std::string charset, SessionCharset(context));
  return DumpNameText(charset, name);
}

absl::StatusOr<std::string> Loader::Quoted(std::string_view name) const {
  std::optional<std::string> quoted = QuoteDumpName(syntax_.charset, name);
  if (quoted.has_value()) return *std::move(quoted);
  return errs::UserError(
      kOp, errs::kDriverUnsupported,
      absl::StrCat("the name ", ToUtf8(name), " is no text in the character set of the dump"), "");
}

absl::StatusOr<std::string> Loader::QuotedTarget(const base::Context& context) {
  if (IsAscii(target_)) return QuoteName(target_);
  ASSIGN_OR_RETURN(const std::string charset, SessionCharset(context));
  if (absl::StartsWith(charset, "utf8")) return QuoteName(target_);
  return errs::UserError(
      kOp, errs::kDriverUnsupported,
      absl::StrCat("the dump sets the character set ", charset,
                   ", in which siphon cannot name the database ", ToUtf8(target_)),
      "restore into a database with a name in ASCII, or make the dump in utf8mb4");
}

// Rows that go into a view would reach another table, which may be in another database.
absl::Status Loader::CheckIsTable(const base::Context& context, const std::string& name) {
  ASSIGN_OR_RETURN(const std::string text, NameText(context, name));
  ASSIGN_OR_RETURN(
      const std::optional<std::string> kind,
      session_->Value(context, absl::StrCat("SELECT table_type FROM information_schema.tables"
                                            " WHERE table_schema = DATABASE() AND table_name = ",
                                            text)));
  if (kind.value_or("") != "VIEW") return absl::OkStatus();
  return errs::UserError(kOp, errs::kDriverUnsupported,
                         absl::StrCat(ToUtf8(name), " is a view in the target"),
                         "the rows of a dump go into tables only");
}

absl::Status Loader::NeedTable(const base::Context& context, const Statement& statement,
                               const sql::Piece& piece) {
  if (!made_->Add(statement.name)) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::string name, Quoted(statement.name));
  std::string create = absl::StrCat("CREATE TABLE ", name);
  if (!options_->in_place) {
    ASSIGN_OR_RETURN(const std::string target, QuotedTarget(context));
    absl::StrAppend(&create, " LIKE ", target, ".", name);
  }
  RETURN_IF_ERROR(result_.census.Note(context, *session_, Classify(create, syntax_), create));
  if (options_->in_place) {
    RETURN_IF_ERROR(CheckIsTable(context, statement.name));
    if (!options_->clean) return absl::OkStatus();
    return Execute(context, absl::StrCat("DELETE FROM ", name), piece);
  }
  return Make(context, statement.name, create, piece);
}

bool Loader::IsLeftOut(const Statement& statement) const {
  const auto has = [&](std::string_view name) {
    return !name.empty() && std::find(options_->leave_out.begin(), options_->leave_out.end(),
                                      name) != options_->leave_out.end();
  };
  return has(CrossingName(statement)) ||
         (statement.kind == Kind::kTrigger && has(absl::StrCat("table ", statement.table)));
}

absl::Status Loader::Run(const base::Context& context, const sql::Piece& piece,
                         const ScriptSettings& settings) {
  syntax_ = settings.syntax();
  refuses_substitutes_ = absl::StrContainsIgnoreCase(settings.sql_mode(), "NO_ENGINE_SUBSTITUTION");
  if (!translator_.has_value()) return RunTranslated(context, piece, settings);
  // Before it is judged: the judge removes versioned comments by the rule of this session's server.
  const Translated translated = TranslateStatement(*translator_, piece.text, syntax_);
  RETURN_IF_ERROR(CheckReadsAs(translated.sql, piece, settings));
  sql::Piece other = piece;
  other.text = translated.sql;
  return RunTranslated(context, other, settings);
}

// The dump is read by the SET statements that it contains.
absl::Status Loader::CheckReadsAs(std::string_view translated, const sql::Piece& piece,
                                  const ScriptSettings& settings) const {
  const CommentRule rule = RuleOf(*session_);
  const auto in_dump = ParseSet(piece.text, syntax_, rule);
  const auto to_run = ParseSet(translated, syntax_, rule);
  if (!in_dump.has_value() && !to_run.has_value()) return absl::OkStatus();
  ScriptSettings read = settings, run = settings;
  if (in_dump.has_value()) read.Apply(*in_dump);
  if (to_run.has_value()) run.Apply(*to_run);
  if (read.ReadsAs(run)) return absl::OkStatus();
  return errs::UserError(
      kOp, errs::kDriverUnsupported,
      absl::StrCat("line ", piece.line, " of ", source_,
                   " sets an sql_mode that the server does not know, and that changes how the"
                   " lines after it are read"),
      "restore the dump into a server of its own fork");
}

absl::Status Loader::RunTranslated(const base::Context& context, const sql::Piece& piece,
                                   const ScriptSettings& settings) {
  if (options_->trust) {
    const Statement statement = Classify(piece.text, syntax_);
    if (shared_ && statement.kind == Kind::kRows) CountRowsOf(CountRows(piece.text, syntax_));
    RETURN_IF_ERROR(CheckDatabase(statement, piece));
    return RunAllowed(context, statement, piece);
  }
  const Judgement judgement = judge_.Judge(piece.text, settings);
  CountRowsOf(judgement.rows);
  if (judgement.action == Judgement::Action::kRefuse) return Refused(judgement, piece);
  if (judgement.action == Judgement::Action::kSkip) return absl::OkStatus();
  sql::Piece allowed = piece;
  if (judgement.sql.has_value()) allowed.text = *judgement.sql;
  return RunAllowed(context, judgement.statement, allowed);
}

absl::Status Loader::RunAllowed(const base::Context& context, const Statement& statement,
                                const sql::Piece& piece) {
  last_ = statement.kind;
  if (IsExcluded(statement) || !Wants(statement) || IsLeftOut(statement)) return absl::OkStatus();
  if (statement.kind == Kind::kTransaction ||
      (statement.kind == Kind::kSet && absl::StrContainsIgnoreCase(piece.text, "autocommit"))) {
    in_transaction_ = true;
  }
  RETURN_IF_ERROR(result_.census.Note(context, *session_, statement, piece.text));
  // With data_only the sequence itself is in the target.
  if (IsDeferred(statement.kind) || (options_->data_only && statement.kind == Kind::kSetval)) {
    return Defer(context, piece);
  }
  if (statement.kind == Kind::kTable) return CreateTable(context, statement, piece);
  if (statement.kind == Kind::kSequence) {
    made_->Add(statement.name);
    RETURN_IF_ERROR(DropPresent(context, statement, piece));
  }
  // Deferred definitions need the session's settings, too.
  if (client_ != nullptr && statement.kind == Kind::kSet) {
    RETURN_IF_ERROR(session_->Execute(context, piece.text));
  }
  if (options_->data_only && (statement.kind == Kind::kRows || statement.kind == Kind::kKeys)) {
    RETURN_IF_ERROR(NeedTable(context, statement, piece));
  }
  RETURN_IF_ERROR(Execute(context, piece.text, piece));
  if (statement.kind != Kind::kRows || client_ != nullptr) return absl::OkStatus();
  return InDump(context, CheckStored(context, *session_, statement.name, piece.text, syntax_),
                piece);
}

}  // namespace siphon::mysqlcommon
