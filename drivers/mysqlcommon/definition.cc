// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/definition.h"

#include <mysqld_error.h>

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "drivers/mysqlcommon/names.h"
#include "drivers/mysqlcommon/sql_error.h"
#include "drivers/mysqlcommon/statement.h"
#include "drivers/mysqlcommon/tokens.h"
#include "drivers/mysqlcommon/view_calls.h"
#include "drivers/mysqlcommon/view_stubs.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/domain/sql/charset.h"
#include "siphon/domain/sql/statement.h"

namespace siphon::mysqlcommon {
namespace {

absl::Status NotShown(std::string_view what, std::string_view name) {
  return errs::SystemError(
      "mysql", errs::kDatabase,
      absl::StrCat("the user may not see the definition of ", what, " ", ToUtf8(name)),
      "grant SHOW_ROUTINE (MySQL), SHOW CREATE ROUTINE or SELECT on mysql.*"
      " (MariaDB)");
}

// Runs SHOW CREATE. An error when the user may not see the definition, which is in `column`.
absl::StatusOr<Row> ShowCreate(const base::Context& context, Session& session,
                               std::string_view what, const std::string& name, size_t column) {
  const std::string sql = absl::StrCat("SHOW CREATE ", what, " ", name);
  ASSIGN_OR_RETURN(const Rows rows, session.Query(context, sql, sql));
  if (rows.empty() || rows[0].size() <= column || !rows[0][column].has_value()) {
    return NotShown(what, name);
  }
  return rows[0];
}

// The trigger with a new header, for a definition that names a database or another trigger.
absl::StatusOr<std::string> TriggerCreate(const base::Context& context, Session& session,
                                          const std::string& database, const StoredObject& object,
                                          const Definition& original) {
  ASSIGN_OR_RETURN(const Rows rows,
                   session.Query(context, absl::StrCat("SELECT definer, action_timing,"
                                                       " event_manipulation"
                                                       " FROM information_schema.triggers"
                                                       " WHERE trigger_schema = ",
                                                       QuoteText(database), " AND trigger_name = ",
                                                       QuoteText(object.name))));
  const std::string_view body = TriggerBody(original.create, SyntaxOf(original));
  if (rows.empty() || body.empty()) {
    return errs::SystemError("mysql", errs::kDatabase,
                             absl::StrCat("trigger ", ToUtf8(object.name), " cannot be read"));
  }
  return absl::StrCat("CREATE DEFINER=", QuoteAccount(Text(rows[0], 0)), " TRIGGER ",
                      QuoteName(object.name), " ", Text(rows[0], 1), " ", Text(rows[0], 2), " ON ",
                      QuoteName(object.table), " FOR EACH ROW ", body);
}

bool IsAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return absl::ascii_isascii(c); });
}

// `text`, which is in UTF-8, in `charset`; empty: no conversion.
absl::StatusOr<std::string> Recoded(const base::Context& context, Session& session,
                                    std::string_view text, std::string_view charset) {
  if (charset.empty() || IsAscii(text)) return std::string(text);
  ASSIGN_OR_RETURN(
      const std::optional<std::string> recoded,
      session.Value(context, absl::StrCat("SELECT CONVERT(_utf8mb4 0x",
                                          absl::BytesToHexString(text), " USING ", charset, ")")));
  return recoded.value_or(std::string(text));
}

// Replaces `shown`, which is in UTF-8 or in `charset` within `create`, by `text` in `charset`.
absl::Status Replace(const base::Context& context, Session& session, std::string_view shown,
                     std::string_view text, std::string_view charset, std::string& create) {
  ASSIGN_OR_RETURN(const std::string wanted, Recoded(context, session, text, charset));
  if (shown == wanted) return absl::OkStatus();
  std::string found(shown);
  if (!absl::StrContains(create, shown)) {
    ASSIGN_OR_RETURN(found, Recoded(context, session, shown, charset));
  }
  const size_t at = create.find(found);
  if (at != std::string::npos) create.replace(at, found.size(), wanted);
  return absl::OkStatus();
}

// The clause with a comment as SHOW CREATE writes it in every sql_mode.
std::string ShownComment(std::string_view comment) {
  return absl::StrCat("COMMENT '",
                      absl::StrReplaceAll(comment, {{"\\", "\\\\"},
                                                    {"'", "''"},
                                                    {"\n", "\\n"},
                                                    {"\r", "\\r"},
                                                    {std::string_view("\0", 1), "\\0"}}),
                      "'");
}

// The server assembles a definition from the original text, in the character set and sql_mode of
// its session, and from names and comments in UTF-8, with escaped backslashes; which parts are in
// UTF-8 depends on the fork. Converts these.
absl::Status ConvertHead(const base::Context& context, Session& session,
                         const std::string& database, const StoredObject& object,
                         Definition& definition) {
  const bool trigger = object.kind == StoredObject::Kind::kTrigger;
  const bool wide = !definition.charset.empty() && !absl::StartsWith(definition.charset, "utf8") &&
                    !IsAscii(definition.create);
  const bool escapes = trigger || SyntaxOf(definition).backslash_escapes ||
                       !absl::StrContains(definition.create, '\\');
  if (!wide && escapes) return absl::OkStatus();
  const std::string_view charset = wide ? std::string_view(definition.charset) : "";
  const std::string name = QuoteName(object.name);
  RETURN_IF_ERROR(Replace(context, session, name, name, charset, definition.create));
  if (trigger) return absl::OkStatus();
  const std::string_view what = object.kind == StoredObject::Kind::kEvent ? "event" : "routine";
  ASSIGN_OR_RETURN(
      const std::optional<std::string> comment,
      session.Value(
          context,
          absl::StrCat(
              "SELECT ", what, "_comment FROM information_schema.", what, "s WHERE ", what,
              "_schema = ", QuoteText(database), " AND ", what, "_name = ", QuoteText(object.name),
              what == "event" ? std::string()
                              : absl::StrCat(" AND routine_type = '", SqlWord(object.kind), "'"))));
  const std::string shown = ShownComment(comment.value_or(""));
  const std::string plain =
      absl::StrCat("COMMENT '", absl::StrReplaceAll(comment.value_or(""), {{"'", "''"}}), "'");
  return Replace(context, session, shown, escapes ? shown : plain, charset, definition.create);
}

// The names that may be tables of a FROM clause: quoted, not part of a qualified name, and not
// after AS.
std::vector<std::string> NamesIn(std::string_view create) {
  std::vector<std::string> names;
  TokenReader reader(create);
  bool eligible = true;
  for (Token token = reader.Next(); token.kind != Token::Kind::kEnd; token = reader.Next()) {
    if (token.kind == Token::Kind::kName && eligible && !reader.Peek().IsSymbol('.')) {
      names.push_back(token.Value());
    }
    eligible = !token.IsSymbol('.') && !token.Is("AS");
  }
  return names;
}

// True for the server's error that a table, routine, trigger or event exists already.
bool IsThere(const absl::Status& status) {
  return IsSqlError(status, {ER_TABLE_EXISTS_ERROR, ER_SP_ALREADY_EXISTS, ER_TRG_ALREADY_EXISTS,
                             ER_EVENT_ALREADY_EXISTS});
}

// True for the error of a view whose definer no longer exists. The second number is for users
// without rights over definers.
bool IsGoneDefiner(const absl::Status& status) {
  return IsSqlError(status, {ER_NO_SUCH_USER, ER_ACCESS_DENIED_ERROR});
}

// The SELECT of a view, without its CHECK OPTION.
std::string_view SelectOf(std::string_view create) {
  TokenReader reader(create);
  Token token = reader.Next();
  while (token.kind != Token::Kind::kEnd && !token.Is("AS")) token = reader.Next();
  std::string_view select = create.substr(token.end());
  if (!absl::ConsumeSuffix(&select, " WITH CASCADED CHECK OPTION")) {
    absl::ConsumeSuffix(&select, " WITH LOCAL CHECK OPTION");
  }
  return select;
}

constexpr std::string_view kGeneratedKeys = "sql_generate_invisible_primary_key";
// ER_GIPK_COLUMN_EXISTS, ER_GIPK_FAILED_AUTOINC_COLUMN_EXISTS
constexpr unsigned int kGeneratedKeyExists = 4108, kGeneratedKeyAndCounter = 4109;

// Rules of a server that a table may violate which was made without them.
struct Relaxation {
  unsigned int error;
  std::string_view variable;
  bool mariadb_only = false;
  std::optional<Feature> feature = std::nullopt;  // Only servers with it have the variable.
};
constexpr Relaxation kRelaxations[] = {
    {ER_TOO_BIG_ROWSIZE, "innodb_strict_mode"},
    {ER_ILLEGAL_HA_CREATE_OPTION, "innodb_strict_mode"},
    // MariaDB's error for ROW_FORMAT and KEY_BLOCK_SIZE (errno 140), among others.
    {ER_CANT_CREATE_TABLE, "innodb_strict_mode", true},
    {3750, "sql_require_primary_key"},  // ER_TABLE_WITHOUT_PK
    // A table that cannot get a generated key: it has partitions, an AUTO_INCREMENT column or a
    // column of the key's name.
    {ER_NOT_SUPPORTED_YET, kGeneratedKeys, false, Feature::kGenerateKeys},
    {kGeneratedKeyExists, kGeneratedKeys, false, Feature::kGenerateKeys},
    {kGeneratedKeyAndCounter, kGeneratedKeys, false, Feature::kGenerateKeys},
};
// ER_CHECK_CONSTRAINT_DUP_NAME: in MySQL the names are unique in the database, in MariaDB in the
// table.
constexpr unsigned int kDuplicateCheckName = 3822;

// A view without SHOW CREATE VIEW, which `why` is the reason for. These columns do not open it.
absl::StatusOr<Definition> HiddenView(const base::Context& context, Session& session,
                                      const std::string& database, const std::string& view,
                                      const absl::Status& why) {
  ASSIGN_OR_RETURN(
      const Rows rows,
      session.Query(context,
                    absl::StrCat("SELECT definer, security_type,"
                                 " view_definition, check_option,"
                                 " character_set_client, collation_connection",
                                 session.is_mariadb() ? ", algorithm" : "",
                                 " FROM information_schema.views"
                                 " WHERE table_schema = ",
                                 QuoteText(database), " AND table_name = ", QuoteText(view))));
  if (rows.empty() || Text(rows[0], 2).empty()) return why;
  const Row& row = rows[0];
  Definition definition;
  const std::string algorithm =
      Text(row, 6).empty() ? "" : absl::StrCat("ALGORITHM=", Text(row, 6), " ");
  definition.create = absl::StrCat(
      "CREATE ", algorithm, "DEFINER=", QuoteAccount(Text(row, 0)), " SQL SECURITY ", Text(row, 1),
      " VIEW ", QuoteName(view), " AS ", WithoutDatabase(Text(row, 2), database),
      Text(row, 3) == "NONE" ? "" : absl::StrCat(" WITH ", Text(row, 3), " CHECK OPTION"));
  definition.charset = Text(row, 4);
  definition.collation = Text(row, 5);
  // The text is in UTF-8.
  if (!IsAscii(definition.create) && !absl::StartsWith(definition.charset, "utf8")) {
    definition.charset = "utf8mb4";
    definition.collation = "utf8mb4_general_ci";
  }
  return definition;
}

bool IsDrop(const Definition& definition) {
  const Statement::Kind kind = Classify(definition.create, SyntaxOf(definition)).kind;
  return kind == Statement::Kind::kDropView || kind == Statement::Kind::kDropOther;
}

}  // namespace

Syntax SyntaxOf(const Definition& definition) {
  Syntax syntax;
  const sql::Quoting quoting = sql::QuotingOf(definition.sql_mode);
  syntax.backslash_escapes = quoting.backslash_escapes;
  syntax.ansi_quotes = quoting.ansi_quotes;
  syntax.charset = sql::CharsetOf(definition.charset);
  if (!definition.charset.empty()) syntax.high_spaces = sql::HighSpacesOf(definition.charset);
  return syntax;
}

absl::StatusOr<std::string> TableDefinition(const base::Context& context, Session& session,
                                            const std::string& database, const Table& table) {
  const std::string_view what = table.kind == Table::Kind::kSequence ? "SEQUENCE" : "TABLE";
  ASSIGN_OR_RETURN(const Row row,
                   ShowCreate(context, session, what, QuoteQualified(database, table.name), 1));
  // MariaDB qualifies sequences in defaults with their database.
  return WithoutDatabase(Text(row, 1), database);
}

absl::StatusOr<Definition> ViewDefinition(const base::Context& context, Session& session,
                                          const std::string& database, const Table& view) {
  Definition definition;
  if (view.opening_calls) {
    ASSIGN_OR_RETURN(
        definition, HiddenView(context, session, database, view.name, NotShown("VIEW", view.name)));
    definition.text_calls = definition.opening_calls = true;
    return definition;
  }
  const absl::StatusOr<Row> row =
      ShowCreate(context, session, "VIEW", QuoteQualified(database, view.name), 1);
  definition.text_calls = view.text_calls;
  // It calls a function whose definer is gone.
  if (IsSqlError(row.status(), {ER_NO_SUCH_USER})) {
    ASSIGN_OR_RETURN(definition, HiddenView(context, session, database, view.name, row.status()));
    definition.text_calls = view.text_calls;
    definition.unreadable = errs::GetError(row.status())->detail;
    return definition;
  }
  RETURN_IF_ERROR(row.status());
  definition.create = WithoutDatabase(Text(*row, 1), database);
  definition.charset = Text(*row, 2);
  definition.collation = Text(*row, 3);
  return definition;
}

absl::StatusOr<Definition> ObjectDefinition(const base::Context& context, Session& session,
                                            const std::string& database,
                                            const StoredObject& object) {
  const bool event = object.kind == StoredObject::Kind::kEvent;
  const size_t column = event ? 3 : 2;
  ASSIGN_OR_RETURN(const Row row, ShowCreate(context, session, SqlWord(object.kind),
                                             QuoteQualified(database, object.name), column));
  Definition definition;
  definition.sql_mode = Text(row, 1);
  if (event) definition.time_zone = Text(row, 2);
  definition.create = Text(row, column);
  definition.charset = Text(row, column + 1);
  definition.collation = Text(row, column + 2);
  RETURN_IF_ERROR(ConvertHead(context, session, database, object, definition));
  if (object.kind == StoredObject::Kind::kTrigger &&
      !IsPlainTrigger(definition.create, SyntaxOf(definition))) {
    ASSIGN_OR_RETURN(definition.create,
                     TriggerCreate(context, session, database, object, definition));
  }
  return definition;
}

std::vector<size_t> OrderViews(const std::vector<std::pair<std::string, Definition>>& views) {
  std::map<std::string_view, size_t> index;
  for (size_t i = 0; i < views.size(); ++i) index[views[i].first] = i;
  std::vector<size_t> order;
  // 0: not visited, 1: its dependencies are being placed, 2: placed. An apparent cycle is none,
  // because the server has created the views: a name meant something else.
  std::vector<int> state(views.size(), 0);
  const std::function<void(size_t)> place = [&](size_t i) {
    if (state[i] != 0) return;
    state[i] = 1;
    for (const std::string& name : NamesIn(views[i].second.create)) {
      const auto it = index.find(name);
      if (it != index.end() && it->second != i) place(it->second);
    }
    state[i] = 2;
    order.push_back(i);
  };
  for (size_t i = 0; i < views.size(); ++i) place(i);
  return order;
}

absl::StatusOr<std::string> WhyBroken(const base::Context& context, Session& session,
                                      const std::string& view, const Definition& definition,
                                      const std::set<std::string>& broken, bool with_definers) {
  // Neither statement reads a row.
  const auto prepare = [&](std::string_view sql) -> absl::Status {
    RETURN_IF_ERROR(session.Execute(context, absl::StrCat("PREPARE siphon FROM ", QuoteText(sql))));
    return session.Execute(context, "DEALLOCATE PREPARE siphon");
  };
  if (definition.opening_calls) return std::string();
  const absl::Status read = prepare(absl::StrCat("SELECT * FROM ", QuoteName(view)));
  RETURN_IF_ERROR(context.Check());
  // The server reports the same error for a definer without rights, who may have them on another
  // server.
  if (!IsSqlError(read, {ER_VIEW_INVALID}) && !IsGoneDefiner(read)) return std::string();
  if (definition.text_calls) return std::string();
  const absl::Status made = prepare(SelectOf(definition.create));
  RETURN_IF_ERROR(context.Check());
  const std::vector<std::string> names = NamesIn(definition.create);
  const bool by_another = (IsSqlError(made, {ER_VIEW_INVALID}) || IsGoneDefiner(made)) &&
                          std::any_of(names.begin(), names.end(), [&](const std::string& name) {
                            return broken.contains(name);
                          });
  // Of a view that this one reads.
  if (with_definers && IsGoneDefiner(made)) return errs::GetError(made)->detail;
  if (!by_another && !IsSqlError(made, {ER_NO_SUCH_TABLE, ER_BAD_FIELD_ERROR, ER_SP_DOES_NOT_EXIST,
                                        ER_FUNC_INEXISTENT_NAME_COLLISION,
                                        ER_WRONG_NUMBER_OF_COLUMNS_IN_SELECT})) {
    return std::string();
  }
  return errs::GetError(made)->detail;
}

absl::StatusOr<std::string> CreateTable(const base::Context& context, Session& session,
                                        std::string_view create) {
  const absl::Status made = session.Execute(context, create);
  if (made.ok()) return std::string();
  if (IsSqlError(made, {kDuplicateCheckName})) {
    RETURN_IF_ERROR(session.Execute(context, WithoutCheckNames(create)));
    return absl::StrCat("the server names its CHECK constraints: ", errs::GetError(made)->detail);
  }
  for (const Relaxation& relaxation : kRelaxations) {
    if (!IsSqlError(made, {relaxation.error})) continue;
    if (relaxation.mariadb_only && !session.is_mariadb()) continue;
    if (relaxation.feature.has_value() && !session.Accepts(*relaxation.feature)) continue;
    const std::string_view variable = relaxation.variable;
    const absl::Status relaxed = session.Execute(
        context, absl::StrCat("SET @siphon_old=@@", variable, ", ", variable, "=OFF"));
    if (IsSqlError(relaxed, {ER_SPECIFIC_ACCESS_DENIED_ERROR})) {
      return errs::WithHint(made,
                            absl::StrCat("the table needs ", variable,
                                         "=OFF: grant the user SESSION_VARIABLES_ADMIN, or turn it"
                                         " off at the server"));
    }
    RETURN_IF_ERROR(relaxed);
    const absl::Status again = session.Execute(context, create);
    RETURN_IF_ERROR(context.Check());
    if (session.broken()) return again;
    RETURN_IF_ERROR(session.Execute(context, absl::StrCat("SET ", variable, "=@siphon_old")));
    if (!again.ok()) return made;
    return absl::StrCat("made with ", variable, "=OFF: ", errs::GetError(made)->detail);
  }
  return made;
}

std::string SessionFor(const Definition& definition) {
  std::string sql = absl::StrCat("SET sql_mode=_latin1", QuoteText(definition.sql_mode));
  if (!definition.charset.empty()) {
    absl::StrAppend(&sql, ", character_set_client=", definition.charset,
                    ", collation_connection=", definition.collation);
  }
  if (!definition.time_zone.empty()) {
    absl::StrAppend(&sql, ", time_zone=_latin1", QuoteText(definition.time_zone));
  }
  return sql;
}

namespace {

Statement::Kind KindOf(const Definition& definition) {
  return Classify(definition.create, SyntaxOf(definition)).kind;
}

// Reads up to the word for the kind of a routine; nothing for another object.
Token RoutineWord(const Definition& definition, TokenReader& reader) {
  if (KindOf(definition) != Statement::Kind::kRoutine) return {};
  Token token = reader.Next();
  while (token.kind != Token::Kind::kEnd && !token.Is("FUNCTION") && !token.Is("PROCEDURE") &&
         !token.Is("PACKAGE")) {
    token = reader.Next();
  }
  return token;
}

bool IsFunction(const Definition& definition) {
  TokenReader reader(definition.create, SyntaxOf(definition));
  return RoutineWord(definition, reader).Is("FUNCTION");
}

// True for the body of a package that perhaps has a deterministic function.
bool IsEagerPackage(const Definition& definition) {
  TokenReader reader(definition.create, SyntaxOf(definition));
  if (!RoutineWord(definition, reader).Is("PACKAGE")) return false;
  for (Token token = reader.Next(); token.kind != Token::Kind::kEnd; token = reader.Next()) {
    if (token.Is("DETERMINISTIC")) return true;
  }
  return false;
}

// Runs those with the given indexes.
absl::StatusOr<std::vector<RefusedDefinition>> RunRounds(const base::Context& context,
                                                         Session& session,
                                                         const std::vector<Definition>& definitions,
                                                         const std::vector<size_t>& indexes,
                                                         bool keep) {
  std::vector<RefusedDefinition> open;
  for (const size_t i : indexes) open.push_back({.index = i});
  while (!open.empty()) {
    std::vector<RefusedDefinition> failed;
    for (const RefusedDefinition& one : open) {
      const Definition& definition = definitions[one.index];
      RETURN_IF_ERROR(session.Execute(context, SessionFor(definition)));
      absl::Status made = session.Execute(
          context, definition.create,
          definition.line == 0 ? "" : absl::StrCat("line ", definition.line, " of the dump"));
      if (made.ok() || (keep && IsThere(made))) continue;
      if (session.broken() || !context.Check().ok()) return made;
      failed.push_back({.index = one.index, .error = std::move(made)});
    }
    const bool none = failed.size() == open.size();
    open = std::move(failed);
    if (none) break;
  }
  RETURN_IF_ERROR(session.Execute(context, kOwnSession));
  return open;
}

// True for a CREATE OR REPLACE statement.
bool Replaces(const Definition& definition) {
  TokenReader reader(definition.create, SyntaxOf(definition));
  return reader.Next().Is("CREATE") && reader.Next().Is("OR");
}

// The deterministic functions that stay as they are while views are created: all present ones but
// those that a definition replaces. In the remains of a killed siphon, those that it has not
// created.
absl::StatusOr<std::set<std::string>> StayingFunctions(const base::Context& context,
                                                       Session& session,
                                                       const std::vector<Definition>& definitions,
                                                       bool keep) {
  ASSIGN_OR_RETURN(std::set<std::string> present, DeterministicFunctions(context, session));
  for (const Definition& definition : definitions) {
    if (!IsFunction(definition) || (!keep && !Replaces(definition))) continue;
    const std::string made = Classify(definition.create, SyntaxOf(definition)).name;
    std::erase_if(present,
                  [&](const std::string& name) { return absl::EqualsIgnoreCase(name, made); });
  }
  return present;
}

// Creates the views, with the indexes `views`, while stubs stand for the functions, and then the
// functions again.
absl::StatusOr<std::vector<RefusedDefinition>> MakeViews(
    const base::Context& context, Session& session, const std::vector<Definition>& definitions,
    const std::vector<size_t>& views, const std::set<std::string>& staying, bool keep) {
  ASSIGN_OR_RETURN(const std::vector<std::string> stubbed,
                   StubFunctions(context, session, staying));
  ASSIGN_OR_RETURN(std::vector<RefusedDefinition> refused,
                   RunRounds(context, session, definitions, views, keep));
  if (stubbed.empty()) return refused;
  RETURN_IF_ERROR(DropStubs(context, session));
  // The last definition of a name counts.
  std::vector<size_t> functions;
  for (size_t i = definitions.size(); i > 0; --i) {
    if (IsFunction(definitions[i - 1])) functions.push_back(i - 1);
  }
  // Those that have had no stub are present.
  ASSIGN_OR_RETURN(const std::vector<RefusedDefinition> gone,
                   RunRounds(context, session, definitions, functions, true));
  refused.insert(refused.end(), gone.begin(), gone.end());
  return refused;
}

}  // namespace

absl::Status CheckViewCalls(const base::Context& context, Session& session,
                            const std::vector<Definition>& definitions, std::string_view database) {
  ASSIGN_OR_RETURN(ViewGuard guard, ViewGuard::Read(context, session));
  for (const Definition& definition : definitions) {
    if (!IsEagerPackage(definition)) continue;
    guard.AddPackage(Classify(definition.create, SyntaxOf(definition)).name);
  }
  for (const Definition& definition : definitions) {
    const Syntax syntax = SyntaxOf(definition);
    const Statement statement = Classify(definition.create, syntax);
    if (statement.kind != Statement::Kind::kView) continue;
    if (!guard.Runs(definition.create, syntax, database)) continue;
    return errs::UserError(
        "mysql.restore", errs::kDriverUnsupported,
        absl::StrCat("view ", ToUtf8(statement.name),
                     " calls a function of a package or of another database, which the server would"
                     " run with your rights to create the view"),
        "add --trust if you trust the code of both databases");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<RefusedDefinition>> TryDefinitions(
    const base::Context& context, Session& session, const std::vector<Definition>& definitions,
    const MakeOptions& options) {
  const bool keep = options.present == Present::kKeep;
  std::vector<size_t> all, views, others;
  bool creates_views = false;
  for (size_t i = 0; i < definitions.size(); ++i) {
    if (keep && IsDrop(definitions[i])) continue;
    const Statement::Kind kind = KindOf(definitions[i]);
    const bool of_view = kind == Statement::Kind::kView || kind == Statement::Kind::kDropView;
    creates_views = creates_views || kind == Statement::Kind::kView;
    all.push_back(i);
    (of_view ? views : others).push_back(i);
  }
  if (!session.is_mariadb() || options.trust || !creates_views) {
    return RunRounds(context, session, definitions, all, keep);
  }
  ASSIGN_OR_RETURN(const std::optional<std::string> database,
                   session.Value(context, "SELECT DATABASE()"));
  RETURN_IF_ERROR(CheckViewCalls(context, session, definitions, database.value_or("")));
  RETURN_IF_ERROR(DropStubs(context, session));
  ASSIGN_OR_RETURN(const std::set<std::string> staying,
                   StayingFunctions(context, session, definitions, keep));
  ASSIGN_OR_RETURN(std::vector<RefusedDefinition> refused,
                   RunRounds(context, session, definitions, others, keep));
  ASSIGN_OR_RETURN(const std::vector<RefusedDefinition> refused_views,
                   MakeViews(context, session, definitions, views, staying, keep));
  refused.insert(refused.end(), refused_views.begin(), refused_views.end());
  return refused;
}

absl::Status MakeDefinitions(const base::Context& context, Session& session,
                             const std::vector<Definition>& definitions,
                             const MakeOptions& options) {
  ASSIGN_OR_RETURN(const std::vector<RefusedDefinition> refused,
                   TryDefinitions(context, session, definitions, options));
  return refused.empty() ? absl::OkStatus() : refused.front().error;
}

}  // namespace siphon::mysqlcommon
