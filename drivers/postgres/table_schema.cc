// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/table_schema.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "drivers/postgres/names.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::postgres {
namespace {

using schema::Kind;

constexpr int kMicroseconds = 6;
// The head that a typmod has in addition (VARHDRSZ of PostgreSQL's c.h).
constexpr int kHead = 4;

// The relations of the user.
constexpr char kRelationsQuery[] = R"sql(
SELECT c.oid, n.nspname, c.relname, c.relkind, c.relrowsecurity,
  pg_catalog.obj_description(c.oid, 'pg_class'),
  EXISTS (SELECT 1 FROM pg_catalog.pg_inherits i WHERE i.inhrelid = c.oid)
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND NOT c.relispartition
  AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
  AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend d
    WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid
      AND d.deptype = 'e')
ORDER BY n.nspname, c.relname)sql";

// A domain counts as its base type.
constexpr char kColumnsQuery[] = R"sql(
SELECT a.attrelid, a.attnum, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod),
  COALESCE(b.oid, t.oid), CASE WHEN b.oid IS NULL THEN a.atttypmod ELSE t.typtypmod END,
  a.attnotnull, a.attidentity, a.attgenerated <> '',
  pg_catalog.pg_get_expr(d.adbin, d.adrelid),
  CASE WHEN t.typtype = 'd' THEN t.typname END,
  CASE WHEN a.attcollation <> t.typcollation THEN o.collname END,
  pg_catalog.col_description(a.attrelid, a.attnum), COALESCE(b.typtype, t.typtype)
FROM pg_catalog.pg_attribute a
  JOIN pg_catalog.pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p')
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
  LEFT JOIN pg_catalog.pg_type b ON t.typtype = 'd' AND b.oid = t.typbasetype
  LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  LEFT JOIN pg_catalog.pg_collation o ON o.oid = a.attcollation
WHERE a.attnum > 0 AND NOT a.attisdropped
  AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
ORDER BY a.attrelid, a.attnum)sql";

constexpr char kLabelsQuery[] = R"sql(
SELECT e.enumtypid, e.enumlabel FROM pg_catalog.pg_enum e ORDER BY e.enumtypid, e.enumsortorder)sql";

// Sequences that number a column: of an identity, or called by its default.
constexpr char kSequencesQuery[] = R"sql(
SELECT s.oid, n.nspname, s.relname,
  CASE WHEN d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass THEN d.refobjid
    ELSE f.adrelid END,
  CASE WHEN d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass THEN d.refobjsubid
    ELSE f.adnum END,
  q.seqincrement
FROM pg_catalog.pg_class s JOIN pg_catalog.pg_namespace n ON n.oid = s.relnamespace
  JOIN pg_catalog.pg_sequence q ON q.seqrelid = s.oid
  JOIN pg_catalog.pg_depend d ON
    (d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = s.oid
      AND d.deptype = 'i' AND d.refobjsubid > 0)
    OR (d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND d.refobjid = s.oid
      AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass)
  LEFT JOIN pg_catalog.pg_attrdef f
    ON d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND f.oid = d.objid
WHERE s.relkind = 'S')sql";

constexpr char kConstraintsQuery[] = R"sql(
SELECT c.conrelid, c.conname, c.contype, pg_catalog.array_to_string(c.conkey, ' '),
  c.confrelid, pg_catalog.array_to_string(c.confkey, ' '), c.confdeltype, c.confupdtype,
  c.condeferrable, c.confmatchtype = 'f', c.convalidated
FROM pg_catalog.pg_constraint c JOIN pg_catalog.pg_class t ON t.oid = c.conrelid
WHERE c.contype IN ('p', 'f', 'c', 'x') AND c.conparentid = 0
ORDER BY c.conrelid, c.conname)sql";

constexpr char kIndexesQuery[] = R"sql(
SELECT i.indrelid, c.relname, i.indisunique, i.indpred IS NOT NULL, i.indexprs IS NOT NULL,
  i.indkey::text, i.indoption::text, i.indnkeyatts, m.amname, i.indisexclusion, i.indisvalid
FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
  JOIN pg_catalog.pg_am m ON m.oid = c.relam
WHERE NOT i.indisprimary
ORDER BY i.indrelid, c.relname)sql";

// Objects that a copy never has.
constexpr char kOthersQuery[] = R"sql(
SELECT 'trigger ' || g.tgname || ' of ' || c.relname
FROM pg_catalog.pg_trigger g JOIN pg_catalog.pg_class c ON c.oid = g.tgrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE NOT g.tgisinternal AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
UNION ALL
SELECT CASE p.prokind WHEN 'p' THEN 'procedure ' WHEN 'a' THEN 'aggregate ' ELSE 'function ' END
  || p.proname
FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
  AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend d
    WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.objid = p.oid
      AND d.deptype = 'e')
ORDER BY 1)sql";

std::optional<int64_t> LengthOf(int modifier) {
  if (modifier < kHead) return std::nullopt;
  return modifier - kHead;
}

// The types by their OIDs, which are the same in all servers (PostgreSQL's pg_type.dat).
schema::Type TypeOf(int64_t oid, int modifier) {
  const int digits = modifier < 0 ? kMicroseconds : modifier;
  switch (oid) {
    case 16:
      return {.kind = Kind::kBoolean};
    case 17:
      return {.kind = Kind::kBlob};
    case 20:
      return {.kind = Kind::kInteger, .bits = 64};
    case 21:
      return {.kind = Kind::kInteger, .bits = 16};
    case 23:
      return {.kind = Kind::kInteger, .bits = 32};
    case 19:
    case 25:
      return {.kind = Kind::kText};
    case 114:
    case 3802:
      return {.kind = Kind::kJson};
    case 700:
      return {.kind = Kind::kFloat};
    case 701:
      return {.kind = Kind::kDouble};
    case 1042:
      if (modifier < kHead) return {.kind = Kind::kText};
      return {.kind = Kind::kChar, .length = LengthOf(modifier)};
    case 1043:
      if (modifier < kHead) return {.kind = Kind::kText};
      return {.kind = Kind::kVarchar, .length = LengthOf(modifier)};
    case 1082:
      return {.kind = Kind::kDate};
    case 1083:
      return {.kind = Kind::kTime, .precision = digits};
    case 1114:
      return {.kind = Kind::kTimestamp, .precision = digits};
    case 1184:
      return {.kind = Kind::kTimestampTz, .precision = digits};
    case 1560:
      return {.kind = Kind::kBit, .length = modifier < 0 ? 1 : modifier};
    case 1562:
      return {.kind = Kind::kVarbit};
    case 1700:
      if (modifier < kHead) return {.kind = Kind::kDecimal};
      // numeric.c, numeric_typmod_precision() and numeric_typmod_scale().
      return {.kind = Kind::kDecimal,
              .precision = ((modifier - kHead) >> 16) & 0xffff,
              .scale = (((modifier - kHead) & 0x7ff) ^ 1024) - 1024};
    case 2950:
      return {.kind = Kind::kUuid};
    default:
      return {.kind = Kind::kOther};
  }
}

// The text of a literal as pg_get_expr() writes it, "'it''s'::character varying", without the cast.
std::optional<std::string> LiteralText(std::string_view expression) {
  if (!absl::StartsWith(expression, "'")) return std::nullopt;
  std::string text;
  for (size_t i = 1; i < expression.size(); ++i) {
    if (expression[i] != '\'') {
      text.push_back(expression[i]);
      continue;
    }
    if (expression.substr(i, 2) == "''") {
      text.push_back('\'');
      ++i;
      continue;
    }
    const std::string_view rest = expression.substr(i + 1);
    if (!rest.empty() && !absl::StartsWith(rest, "::")) return std::nullopt;
    // A cast to one type, and nothing after it.
    if (rest.find_first_of("'+*/|<>=") != std::string_view::npos) return std::nullopt;
    return text;
  }
  return std::nullopt;
}

schema::Default ParseDefault(std::string_view expression) {
  using Form = schema::Default::Kind;
  double number = 0;
  if (expression.empty() || absl::StartsWith(expression, "NULL::")) return {};
  if (expression == "true" || expression == "false") {
    return {.kind = Form::kBoolean, .text = expression == "true" ? "1" : "0"};
  }
  if (expression == "CURRENT_TIMESTAMP" || expression == "now()" ||
      expression == "LOCALTIMESTAMP") {
    return {.kind = Form::kNow, .text = std::string(expression)};
  }
  // "(-1)" and "0.5", and "'-1'::integer" below.
  std::string_view inside = expression;
  if (absl::StartsWith(inside, "(") && absl::EndsWith(inside, ")")) {
    inside = inside.substr(1, inside.size() - 2);
  }
  const auto is_number = [&](std::string_view text) {
    return text.find_first_not_of("0123456789.-") == std::string_view::npos &&
           absl::SimpleAtod(text, &number);
  };
  if (is_number(inside)) return {.kind = Form::kNumber, .text = std::string(inside)};
  if (std::optional<std::string> text = LiteralText(expression); text.has_value()) {
    const bool numeric =
        absl::StrContains(expression, "'::integer") || absl::StrContains(expression, "'::bigint") ||
        absl::StrContains(expression, "'::numeric") || absl::StrContains(expression, "'::smallint");
    if (numeric && is_number(*text)) return {.kind = Form::kNumber, .text = *std::move(text)};
    return {.kind = Form::kText, .text = *std::move(text)};
  }
  return {.kind = Form::kExpression, .text = std::string(expression)};
}

schema::Action ParseAction(std::string_view letter) {
  if (letter == "r") return schema::Action::kRestrict;
  if (letter == "c") return schema::Action::kCascade;
  if (letter == "n") return schema::Action::kSetNull;
  if (letter == "d") return schema::Action::kSetDefault;
  return schema::Action::kNoAction;
}

std::vector<int64_t> Numbers(std::string_view text) {
  std::vector<int64_t> numbers;
  for (const std::string_view word : absl::StrSplit(text, ' ', absl::SkipEmpty())) {
    int64_t number = 0;
    if (absl::SimpleAtoi(word, &number)) numbers.push_back(number);
  }
  return numbers;
}

class SchemaReader {
 public:
  SchemaReader(const base::Context& context, Session& session)
      : context_(context), session_(session) {
    result_.tables.engine = schema::Engine::kPostgres;
  }

  absl::StatusOr<TableSchema> Read() {
    RETURN_IF_ERROR(ReadRelations());
    RETURN_IF_ERROR(ReadLabels());
    RETURN_IF_ERROR(ReadColumns());
    RETURN_IF_ERROR(ReadSequences());
    RETURN_IF_ERROR(ReadConstraints());
    RETURN_IF_ERROR(ReadIndexes());
    ASSIGN_OR_RETURN(const Rows rows, session_.Query(context_, {"t"}, kOthersQuery));
    for (int row = 0; row < rows.size(); ++row) Others().emplace_back(rows.Text(row, 0));
    for (const auto& [oid, name] : sequences_) Others().push_back(absl::StrCat("sequence ", name));
    return std::move(result_);
  }

 private:
  std::vector<std::string>& Others() { return result_.tables.others; }

  // Null for a relation that is not copied.
  schema::Table* Find(int64_t oid) {
    const auto found = numbers_.find(oid);
    return found == numbers_.end() ? nullptr : &result_.tables.tables[found->second];
  }

  absl::Status ReadRelations() {
    ASSIGN_OR_RETURN(const Rows rows, session_.Query(context_, {"ittcbt?b"}, kRelationsQuery));
    for (int row = 0; row < rows.size(); ++row) {
      const int64_t oid = rows.Int(row, 0);
      schema::Table table{.schema = std::string(rows.Text(row, 1)),
                          .name = std::string(rows.Text(row, 2)),
                          .columns = {}};
      const std::string name = schema::TableName(table);
      const std::string_view kind = rows.Text(row, 3);
      if (kind == "v") Others().push_back(absl::StrCat("view ", name));
      if (kind == "m") Others().push_back(absl::StrCat("materialized view ", name));
      if (kind == "f") Others().push_back(absl::StrCat("foreign table ", name));
      if (kind == "S") sequences_[oid] = name;
      if (kind != "r" && kind != "p") continue;
      if (kind == "p") {
        result_.partitioned.emplace(table.schema, table.name);
        table.notes.push_back("is no longer partitioned");
      }
      if (rows.Bool(row, 4)) table.notes.push_back("loses its row-level security");
      if (rows.Bool(row, 6)) table.notes.push_back("no longer inherits from another table");
      table.comment = std::string(rows.Text(row, 5));
      numbers_[oid] = result_.tables.tables.size();
      result_.tables.tables.push_back(std::move(table));
    }
    return absl::OkStatus();
  }

  absl::Status ReadLabels() {
    ASSIGN_OR_RETURN(const Rows rows, session_.Query(context_, {"it"}, kLabelsQuery));
    for (int row = 0; row < rows.size(); ++row) {
      labels_[rows.Int(row, 0)].emplace_back(rows.Text(row, 1));
    }
    return absl::OkStatus();
  }

  absl::Status ReadColumns() {
    ASSIGN_OR_RETURN(const Rows rows,
                     session_.Query(context_, {"iittiibtbt?t?t?t?t"}, kColumnsQuery));
    for (int row = 0; row < rows.size(); ++row) {
      schema::Table* const table = Find(rows.Int(row, 0));
      if (table == nullptr) continue;
      schema::Column column{.name = std::string(rows.Text(row, 2)),
                            .type = TypeOf(rows.Int(row, 4), static_cast<int>(rows.Int(row, 5))),
                            .native = std::string(rows.Text(row, 3))};
      if (rows.Text(row, 13) == "e") {
        column.type = {.kind = Kind::kEnum, .labels = labels_[rows.Int(row, 4)]};
      }
      column.not_null = rows.Bool(row, 6);
      column.identity = !rows.Text(row, 7).empty();
      column.generated = rows.Bool(row, 8);
      if (!column.generated) column.default_value = ParseDefault(rows.Text(row, 9));
      const auto note = [&](std::string_view text) {
        absl::StrAppend(&column.note, column.note.empty() ? "" : ", ", text);
      };
      if (rows.Text(row, 7) == "a") note("GENERATED ALWAYS");
      if (!rows.IsNull(row, 10)) note(absl::StrCat("its domain ", rows.Text(row, 10)));
      if (!rows.IsNull(row, 11)) note(absl::StrCat("its collation ", rows.Text(row, 11)));
      column.comment = std::string(rows.Text(row, 12));
      places_[{rows.Int(row, 0), rows.Int(row, 1)}] = table->columns.size();
      table->columns.push_back(std::move(column));
    }
    return absl::OkStatus();
  }

  // The number of a column in the table; nothing for an expression and a system column.
  std::optional<size_t> Place(int64_t table, int64_t number) const {
    const auto found = places_.find({table, number});
    if (found == places_.end()) return std::nullopt;
    return found->second;
  }

  absl::Status ReadSequences() {
    ASSIGN_OR_RETURN(const Rows rows, session_.Query(context_, {"ittiii"}, kSequencesQuery));
    for (int row = 0; row < rows.size(); ++row) {
      schema::Table* const table = Find(rows.Int(row, 3));
      const std::optional<size_t> place = Place(rows.Int(row, 3), rows.Int(row, 4));
      if (table == nullptr || !place.has_value()) continue;
      schema::Column& column = table->columns[*place];
      column.identity = true;
      column.default_value = {};
      if (rows.Int(row, 5) != 1) {
        absl::StrAppend(&column.note, column.note.empty() ? "" : ", ", "the step of its sequence");
      }
      sequences_.erase(rows.Int(row, 0));
      ASSIGN_OR_RETURN(
          const Rows value,
          session_.QueryRow(context_, {"ib"},
                            absl::StrCat("SELECT last_value, is_called FROM ",
                                         QuoteQualified(rows.Text(row, 1), rows.Text(row, 2)))));
      const int64_t last = value.Int(0, 0);
      if (last < INT64_MAX) table->next_identity = value.Bool(0, 1) ? last + 1 : last;
    }
    return absl::OkStatus();
  }

  absl::Status ReadConstraints() {
    ASSIGN_OR_RETURN(const Rows rows,
                     session_.Query(context_, {"ittt?it?ttbbb"}, kConstraintsQuery));
    for (int row = 0; row < rows.size(); ++row) {
      schema::Table* const table = Find(rows.Int(row, 0));
      if (table == nullptr) continue;
      std::string name(rows.Text(row, 1));
      const std::string_view kind = rows.Text(row, 2);
      if (kind == "c") table->checks.push_back(std::move(name));
      if (kind == "x")
        table->notes.push_back(absl::StrCat("loses its constraint ", rows.Text(row, 1)));
      if (kind != "p" && kind != "f") continue;
      std::vector<size_t> columns;
      for (const int64_t number : Numbers(rows.Text(row, 3))) {
        if (const auto place = Place(rows.Int(row, 0), number)) columns.push_back(*place);
      }
      if (kind == "p") {
        table->primary_key = std::move(columns);
      } else {
        AddForeignKey(rows, row, std::move(columns), *table);
      }
    }
    return absl::OkStatus();
  }

  void AddForeignKey(const Rows& rows, int row, std::vector<size_t> columns, schema::Table& table) {
    schema::ForeignKey key{.name = std::string(rows.Text(row, 1)),
                           .columns = std::move(columns),
                           .schema = "",
                           .table = "?",
                           .referenced = {}};
    key.on_delete = ParseAction(rows.Text(row, 6));
    key.on_update = ParseAction(rows.Text(row, 7));
    if (const schema::Table* const other = Find(rows.Int(row, 4)); other != nullptr) {
      key.schema = other->schema;
      key.table = other->name;
      for (const int64_t number : Numbers(rows.Text(row, 5))) {
        if (const auto place = Place(rows.Int(row, 4), number)) {
          key.referenced.push_back(other->columns[*place].name);
        }
      }
    }
    if (rows.Bool(row, 8)) key.note = "DEFERRABLE";
    if (rows.Bool(row, 9)) key.note = "MATCH FULL";
    if (!rows.Bool(row, 10)) key.obstacle = "it is NOT VALID, and old rows may violate it";
    table.foreign_keys.push_back(std::move(key));
  }

  absl::Status ReadIndexes() {
    ASSIGN_OR_RETURN(const Rows rows, session_.Query(context_, {"itbbbttitbb"}, kIndexesQuery));
    for (int row = 0; row < rows.size(); ++row) {
      schema::Table* const table = Find(rows.Int(row, 0));
      if (table == nullptr || rows.Bool(row, 9)) continue;
      schema::Index index{
          .name = std::string(rows.Text(row, 1)), .parts = {}, .unique = rows.Bool(row, 2)};
      if (rows.Bool(row, 3)) index.obstacle = "it has only some rows (WHERE)";
      if (rows.Bool(row, 4)) index.obstacle = "it is on an expression";
      if (rows.Text(row, 8) != "btree") {
        index.obstacle = absl::StrCat("it is of the kind ", rows.Text(row, 8));
      }
      if (!rows.Bool(row, 10)) index.obstacle = "it is not valid";
      const std::vector<int64_t> numbers = Numbers(rows.Text(row, 5));
      const std::vector<int64_t> options = Numbers(rows.Text(row, 6));
      const auto keys = static_cast<size_t>(rows.Int(row, 7));
      if (numbers.size() > keys) {
        table->notes.push_back(absl::StrCat("loses what its index ", index.name, " includes"));
      }
      for (size_t i = 0; i < std::min({keys, numbers.size(), options.size()}); ++i) {
        const std::optional<size_t> place = Place(rows.Int(row, 0), numbers[i]);
        if (!place.has_value()) continue;
        index.parts.push_back({.column = *place, .descending = (options[i] & 1) != 0});
      }
      if (index.parts.empty() && index.obstacle.empty()) index.obstacle = "it is on no column";
      table->indexes.push_back(std::move(index));
    }
    return absl::OkStatus();
  }

  const base::Context& context_;
  Session& session_;
  TableSchema result_;
  std::map<int64_t, size_t> numbers_;                     // Of the tables, by OID.
  std::map<std::pair<int64_t, int64_t>, size_t> places_;  // Of columns, by table and number.
  std::map<int64_t, std::vector<std::string>> labels_;    // By the OID of an enum.
  std::map<int64_t, std::string> sequences_;              // Those that number no column.
};

}  // namespace

absl::StatusOr<TableSchema> ReadTableSchema(const base::Context& context, Session& session) {
  return SchemaReader(context, session).Read();
}

}  // namespace siphon::postgres
