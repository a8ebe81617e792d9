// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/table_schema.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::mysqlcommon {
namespace {

using schema::Kind;

constexpr std::string_view kTablesQuery =
    "SELECT table_name, table_type, auto_increment, table_comment, create_options"
    " FROM information_schema.tables WHERE table_schema = DATABASE() ORDER BY table_name";
constexpr std::string_view kColumnsQuery =
    "SELECT table_name, column_name, data_type, column_type, is_nullable, column_default, extra,"
    " character_maximum_length, numeric_precision, numeric_scale, datetime_precision,"
    " collation_name, column_comment"
    " FROM information_schema.columns WHERE table_schema = DATABASE()"
    " ORDER BY table_name, ordinal_position";
constexpr std::string_view kIndexesQuery =
    "SELECT table_name, index_name, non_unique, column_name, collation, sub_part, index_type"
    " FROM information_schema.statistics WHERE table_schema = DATABASE()"
    " ORDER BY table_name, index_name, seq_in_index";
constexpr std::string_view kForeignKeysQuery =
    "SELECT k.table_name, k.constraint_name, k.column_name, k.referenced_table_schema = DATABASE(),"
    " k.referenced_table_name, k.referenced_column_name, r.delete_rule, r.update_rule"
    " FROM information_schema.key_column_usage k JOIN information_schema.referential_constraints r"
    " ON r.constraint_schema = k.constraint_schema AND r.constraint_name = k.constraint_name"
    " AND r.table_name = k.table_name"
    " WHERE k.table_schema = DATABASE() AND k.referenced_table_name IS NOT NULL"
    " ORDER BY k.table_name, k.constraint_name, k.ordinal_position";
constexpr std::string_view kChecksQuery =
    "SELECT table_name, constraint_name FROM information_schema.table_constraints"
    " WHERE table_schema = DATABASE() AND constraint_type = 'CHECK'"
    " ORDER BY table_name, constraint_name";
// Objects that a copy never has.
constexpr std::string_view kOthersQueries[] = {
    "SELECT CONCAT('trigger ', trigger_name, ' of ', event_object_table)"
    " FROM information_schema.triggers WHERE trigger_schema = DATABASE() ORDER BY 1",
    "SELECT CONCAT(LOWER(routine_type), ' ', routine_name)"
    " FROM information_schema.routines WHERE routine_schema = DATABASE() ORDER BY 1",
    "SELECT CONCAT('event ', event_name)"
    " FROM information_schema.events WHERE event_schema = DATABASE() ORDER BY 1",
};

std::optional<int64_t> NumberAt(const Row& row, size_t column) {
  int64_t number = 0;
  if (!absl::SimpleAtoi(Text(row, column), &number)) return std::nullopt;
  return number;
}

int BitsOf(std::string_view type) {
  if (type == "tinyint") return 8;
  if (type == "smallint") return 16;
  if (type == "mediumint") return 24;
  if (type == "int") return 32;
  return type == "bigint" ? 64 : 0;
}

// Of a row of kColumnsQuery.
schema::Type TypeOf(const Row& row) {
  const std::string_view type = Text(row, 2);
  const bool is_unsigned = absl::StrContains(Text(row, 3), "unsigned");
  const std::optional<int64_t> length = NumberAt(row, 7);
  const auto digits = static_cast<int>(NumberAt(row, 10).value_or(0));
  if (const int bits = BitsOf(type); bits > 0) {
    return {.kind = Kind::kInteger, .bits = bits, .is_unsigned = is_unsigned};
  }
  if (type == "decimal") {
    return {.kind = Kind::kDecimal,
            .precision = static_cast<int>(NumberAt(row, 8).value_or(65)),
            .scale = static_cast<int>(NumberAt(row, 9).value_or(0))};
  }
  if (type == "float") return {.kind = Kind::kFloat};
  if (type == "double") return {.kind = Kind::kDouble};
  if (type == "char") return {.kind = Kind::kChar, .length = length};
  if (type == "varchar") return {.kind = Kind::kVarchar, .length = length};
  if (absl::EndsWith(type, "text")) return {.kind = Kind::kText};
  if (type == "binary") return {.kind = Kind::kBinary, .length = length};
  if (type == "varbinary") return {.kind = Kind::kVarbinary, .length = length};
  if (absl::EndsWith(type, "blob")) return {.kind = Kind::kBlob};
  if (type == "date") return {.kind = Kind::kDate};
  if (type == "time") return {.kind = Kind::kTime, .precision = digits};
  if (type == "datetime") return {.kind = Kind::kTimestamp, .precision = digits};
  if (type == "timestamp") return {.kind = Kind::kTimestampTz, .precision = digits};
  if (type == "year") return {.kind = Kind::kYear};
  if (type == "bit") return {.kind = Kind::kBit, .length = NumberAt(row, 8)};
  if (type == "json") return {.kind = Kind::kJson};
  if (type == "uuid") return {.kind = Kind::kUuid};
  if (type == "inet4" || type == "inet6") return {.kind = Kind::kOther};
  if (type == "enum") return {.kind = Kind::kEnum, .labels = ParseLabels(Text(row, 3))};
  if (type == "set") return {.kind = Kind::kSet, .labels = ParseLabels(Text(row, 3))};
  return {.kind = Kind::kUnknown};
}

schema::Action ParseAction(std::string_view rule) {
  if (rule == "CASCADE") return schema::Action::kCascade;
  if (rule == "SET NULL") return schema::Action::kSetNull;
  if (rule == "SET DEFAULT") return schema::Action::kSetDefault;
  if (rule == "RESTRICT") return schema::Action::kRestrict;
  return schema::Action::kNoAction;
}

// True if the collation tells all different texts apart.
bool IsBinary(std::string_view collation) {
  return collation.empty() || collation == "binary" || absl::EndsWith(collation, "_bin");
}

class SchemaReader {
 public:
  SchemaReader(const base::Context& context, Session& session)
      : context_(context), session_(session) {
    tables_.engine = session.is_mariadb() ? schema::Engine::kMariadb : schema::Engine::kMysql;
  }

  absl::StatusOr<schema::Tables> Read() {
    RETURN_IF_ERROR(ReadTables());
    RETURN_IF_ERROR(ReadColumns());
    RETURN_IF_ERROR(ReadIndexes());
    RETURN_IF_ERROR(ReadForeignKeys());
    ASSIGN_OR_RETURN(const Rows checks, session_.Query(context_, kChecksQuery));
    for (const Row& row : checks) {
      schema::Table* const table = Find(Text(row, 0));
      if (table != nullptr) table->checks.emplace_back(Text(row, 1));
    }
    for (const std::string_view query : kOthersQueries) {
      ASSIGN_OR_RETURN(const Rows rows, session_.Query(context_, query));
      for (const Row& row : rows) tables_.others.emplace_back(Text(row, 0));
    }
    return std::move(tables_);
  }

 private:
  // Null for what is no table.
  schema::Table* Find(std::string_view name) {
    const auto found = numbers_.find(name);
    return found == numbers_.end() ? nullptr : &tables_.tables[found->second];
  }

  static std::optional<size_t> FindColumn(const schema::Table& table, std::string_view name) {
    for (size_t i = 0; i < table.columns.size(); ++i) {
      if (table.columns[i].name == name) return i;
    }
    return std::nullopt;
  }

  absl::Status ReadTables() {
    ASSIGN_OR_RETURN(const Rows rows, session_.Query(context_, kTablesQuery));
    for (const Row& row : rows) {
      const std::string_view kind = Text(row, 1);
      if (kind != "BASE TABLE" && kind != "SYSTEM VERSIONED") {
        tables_.others.push_back(absl::StrCat(absl::AsciiStrToLower(kind), " ", Text(row, 0)));
        continue;
      }
      schema::Table table{.name = std::string(Text(row, 0)), .columns = {}};
      table.next_identity = NumberAt(row, 2);
      table.comment = std::string(Text(row, 3));
      if (kind == "SYSTEM VERSIONED") table.notes.push_back("loses the history of its rows");
      if (absl::StrContains(Text(row, 4), "partitioned")) {
        table.notes.push_back("is no longer partitioned");
      }
      numbers_[table.name] = tables_.tables.size();
      tables_.tables.push_back(std::move(table));
    }
    return absl::OkStatus();
  }

  absl::Status ReadColumns() {
    ASSIGN_OR_RETURN(const Rows rows, session_.Query(context_, kColumnsQuery));
    for (const Row& row : rows) {
      schema::Table* const table = Find(Text(row, 0));
      if (table != nullptr) table->columns.push_back(ReadColumn(row));
    }
    return absl::OkStatus();
  }

  schema::Column ReadColumn(const Row& row) const {
    schema::Column column{.name = std::string(Text(row, 1)),
                          .type = TypeOf(row),
                          .native = std::string(Text(row, 3))};
    const std::string extra = absl::AsciiStrToLower(Text(row, 6));
    column.not_null = Text(row, 4) == "NO";
    column.identity = absl::StrContains(extra, "auto_increment");
    column.generated = absl::StrContains(extra, "virtual generated") ||
                       absl::StrContains(extra, "stored generated") ||
                       absl::StrContains(extra, "persistent");
    column.comment = std::string(Text(row, 12));
    const bool number = column.type.kind == Kind::kInteger || column.type.kind == Kind::kDecimal ||
                        column.type.kind == Kind::kFloat || column.type.kind == Kind::kDouble ||
                        column.type.kind == Kind::kYear;
    if (!column.generated && row[5].has_value()) {
      column.default_value = ParseDefault(*row[5], session_.is_mariadb(),
                                          absl::StrContains(extra, "default_generated"), number);
    }
    const auto note = [&](std::string_view text) {
      absl::StrAppend(&column.note, column.note.empty() ? "" : ", ", text);
    };
    if (column.type.kind == Kind::kUnknown) {
      column.note = absl::StrCat("its type ", Text(row, 3), " has no equivalent");
      return column;
    }
    if (absl::StrContains(extra, "on update")) note("ON UPDATE");
    if (absl::StrContains(Text(row, 3), "zerofill")) note("ZEROFILL");
    if (!IsBinary(Text(row, 11))) note(absl::StrCat("its collation ", Text(row, 11)));
    return column;
  }

  absl::Status ReadIndexes() {
    ASSIGN_OR_RETURN(const Rows rows, session_.Query(context_, kIndexesQuery));
    for (const Row& row : rows) {
      schema::Table* const table = Find(Text(row, 0));
      if (table == nullptr) continue;
      const std::optional<size_t> column = FindColumn(*table, Text(row, 3));
      if (Text(row, 1) == "PRIMARY") {
        if (column.has_value()) table->primary_key.push_back(*column);
        if (row[5].has_value()) table->notes.push_back("has a primary key on a part of a column");
        continue;
      }
      if (table->indexes.empty() || table->indexes.back().name != Text(row, 1)) {
        table->indexes.push_back(
            {.name = std::string(Text(row, 1)), .parts = {}, .unique = Text(row, 2) == "0"});
      }
      schema::Index& index = table->indexes.back();
      if (!column.has_value()) index.obstacle = "it is on an expression";
      if (row[5].has_value()) index.obstacle = "it is on a part of a column";
      if (Text(row, 6) != "BTREE" && Text(row, 6) != "HASH") {
        index.obstacle = absl::StrCat("it is of the kind ", Text(row, 6));
      }
      if (column.has_value()) {
        index.parts.push_back({.column = *column, .descending = Text(row, 4) == "D"});
      }
    }
    return absl::OkStatus();
  }

  absl::Status ReadForeignKeys() {
    ASSIGN_OR_RETURN(const Rows rows, session_.Query(context_, kForeignKeysQuery));
    for (const Row& row : rows) {
      schema::Table* const table = Find(Text(row, 0));
      if (table == nullptr) continue;
      if (table->foreign_keys.empty() || table->foreign_keys.back().name != Text(row, 1)) {
        table->foreign_keys.push_back({.name = std::string(Text(row, 1)),
                                       .columns = {},
                                       .schema = "",
                                       .table = std::string(Text(row, 4)),
                                       .referenced = {},
                                       .on_delete = ParseAction(Text(row, 6)),
                                       .on_update = ParseAction(Text(row, 7))});
        if (Text(row, 3) != "1") {
          table->foreign_keys.back().obstacle = "it refers to another database";
        }
      }
      schema::ForeignKey& key = table->foreign_keys.back();
      if (const auto column = FindColumn(*table, Text(row, 2))) key.columns.push_back(*column);
      key.referenced.emplace_back(Text(row, 5));
    }
    return absl::OkStatus();
  }

  const base::Context& context_;
  Session& session_;
  schema::Tables tables_;
  std::map<std::string, size_t, std::less<>> numbers_;  // Of the tables, by name.
};

}  // namespace

std::vector<std::string> ParseLabels(std::string_view column_type) {
  std::vector<std::string> labels;
  size_t at = column_type.find('(');
  while (at != std::string_view::npos &&
         (at = column_type.find('\'', at)) != std::string_view::npos) {
    std::string label;
    for (++at; at < column_type.size(); ++at) {
      if (column_type[at] == '\'') {
        if (column_type.substr(at + 1, 1) != "'") break;
        ++at;
      }
      label.push_back(column_type[at]);
    }
    labels.push_back(std::move(label));
    ++at;
    if (at >= column_type.size()) break;
  }
  return labels;
}

schema::Default ParseDefault(std::string_view text, bool mariadb, bool generated, bool number) {
  using Form = schema::Default::Kind;
  double value = 0;
  const bool now = absl::StartsWithIgnoreCase(text, "current_timestamp");
  if ((mariadb || generated) && now) return {.kind = Form::kNow, .text = std::string(text)};
  if (generated) return {.kind = Form::kExpression, .text = std::string(text)};
  if (mariadb) {
    if (absl::EqualsIgnoreCase(text, "NULL")) return {};
    const bool quoted = text.size() >= 2 && text.front() == '\'' && text.back() == '\'';
    const std::vector<std::string> labels =
        quoted ? ParseLabels(absl::StrCat("(", text, ")")) : std::vector<std::string>();
    if (quoted && labels.size() == 1 && !absl::StrContains(text, "\\")) {
      return {.kind = Form::kText, .text = labels[0]};
    }
    if (!absl::SimpleAtod(text, &value)) {
      return {.kind = Form::kExpression, .text = std::string(text)};
    }
  }
  if (!number) {
    // A literal of a BIT, "b'1'", has no equivalent.
    if (mariadb || absl::StartsWith(text, "b'")) {
      return {.kind = Form::kExpression, .text = std::string(text)};
    }
    return {.kind = Form::kText, .text = std::string(text)};
  }
  if (!absl::SimpleAtod(text, &value)) {
    return {.kind = Form::kExpression, .text = std::string(text)};
  }
  return {.kind = Form::kNumber, .text = std::string(text)};
}

absl::StatusOr<schema::Tables> ReadTableSchema(const base::Context& context, Session& session) {
  return SchemaReader(context, session).Read();
}

}  // namespace siphon::mysqlcommon
