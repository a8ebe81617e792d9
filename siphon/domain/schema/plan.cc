// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/schema/plan.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "errs/error.h"
#include "siphon/domain/schema/defaults.h"
#include "siphon/domain/schema/names.h"

namespace siphon::schema {
namespace {

// The longest key of InnoDB in bytes, and the bytes of a character of utf8mb4.
constexpr int64_t kMysqlKeyBytes = 3072;
constexpr int64_t kMysqlCharacterBytes = 4;
constexpr int64_t kShortCharacters = 255;
constexpr size_t kMysqlColumnComment = 1024;
constexpr size_t kMysqlTableComment = 2048;
constexpr std::string_view kUnsigned64 = "numeric(20,0)";  // In PostgreSQL.

bool IsMysql(Engine engine) { return engine == Engine::kMysql || engine == Engine::kMariadb; }

bool IsText(Kind kind) {
  return kind == Kind::kChar || kind == Kind::kVarchar || kind == Kind::kText ||
         kind == Kind::kEnum || kind == Kind::kSet || kind == Kind::kJson || kind == Kind::kUuid ||
         kind == Kind::kOther;
}

bool IsBytes(Kind kind) {
  return kind == Kind::kBinary || kind == Kind::kVarbinary || kind == Kind::kBlob;
}

// True if a foreign key can join columns of these types.
bool AreComparable(Kind a, Kind b) {
  return a == b || (IsText(a) && IsText(b)) || (IsBytes(a) && IsBytes(b));
}

std::string Fill(std::string_view type, const Type& source) {
  return absl::StrReplaceAll(type, {{"{p}", absl::StrCat(source.precision.value_or(0))},
                                    {"{s}", absl::StrCat(source.scale)},
                                    {"{n}", absl::StrCat(source.length.value_or(1))}});
}

// The bytes of a column in a key of InnoDB; nothing for a type that needs a prefix.
std::optional<int64_t> MysqlKeyBytes(const PlannedColumn& column) {
  if (absl::StartsWith(column.target, "longtext") || absl::StartsWith(column.target, "longblob")) {
    return std::nullopt;
  }
  const int64_t length = column.type.length.value_or(kShortCharacters);
  if (IsText(column.type.kind)) return length * kMysqlCharacterBytes;
  return IsBytes(column.type.kind) ? length : 16;
}

class Planner {
 public:
  Planner(Tables source, Engine to) : relations_(to), constraints_(to) {
    plan_.from = source.engine;
    plan_.to = to;
    plan_.source = std::move(source);
  }

  Plan Run() {
    for (const Table& table : plan_.source.tables) AddTable(table);
    // Keys of keys may need several rounds; each round joins at least one more column.
    for (size_t round = 0; round < plan_.tables.size() && JoinKeyTypes(); ++round) {
    }
    for (size_t i = 0; i < plan_.tables.size(); ++i) AddIndexes(i);
    for (size_t i = 0; i < plan_.tables.size(); ++i) AddForeignKeys(i);
    for (const PlannedTable& table : plan_.tables) ReportColumns(table);
    for (const std::string& other : plan_.source.others) Warn(other, "is left out");
    return std::move(plan_);
  }

 private:
  void Find(Verdict verdict, std::string_view object, std::string_view text) {
    plan_.findings.push_back({verdict, std::string(object), std::string(text)});
  }
  void Warn(std::string_view object, std::string_view text) {
    Find(Verdict::kWarned, object, text);
  }

  void AddTable(const Table& table) {
    PlannedTable planned{.source = TableName(table), .name = table.name};
    const std::string object = absl::StrCat("table ", planned.source);
    const std::string fault = relations_.Take(table.name);
    if (!fault.empty()) Find(Verdict::kRefused, object, fault);
    if (table.columns.empty()) Find(Verdict::kRefused, object, "has no columns");
    Names columns(plan_.to);
    for (size_t i = 0; i < table.columns.size(); ++i) {
      planned.columns.push_back(PlanColumn(table, i));
      const std::string column_fault = columns.Take(table.columns[i].name);
      if (!column_fault.empty()) Refuse(planned.columns.back(), column_fault);
    }
    planned.primary_key = table.primary_key;
    for (const std::string& check : table.checks) {
      Warn(absl::StrCat(object, ", check ", check), "is left out");
    }
    for (const std::string& note : table.notes) Warn(object, note);
    planned.comment = table.comment;
    TakeComment(object, kMysqlTableComment, planned.comment);
    plan_.tables.push_back(std::move(planned));
  }

  void TakeComment(const std::string& object, size_t most, std::string& comment) {
    if (comment.empty()) return;
    if (plan_.to == Engine::kSqlite || (IsMysql(plan_.to) && comment.size() > most)) {
      Warn(object, "loses its comment");
      comment.clear();
    }
  }

  static void Refuse(PlannedColumn& column, std::string_view reason) {
    column.verdict = Verdict::kRefused;
    column.reason = std::string(reason);
  }
  static void Warn(PlannedColumn& column, std::string_view reason) {
    if (column.verdict == Verdict::kRefused) return;
    column.verdict = Verdict::kWarned;
    absl::StrAppend(&column.reason, column.reason.empty() ? "" : "; ", reason);
  }

  PlannedColumn PlanColumn(const Table& table, size_t index) {
    const Column& source = table.columns[index];
    const Cell& cell = RowOf(source.type).For(plan_.to);
    const bool in_key = std::count(table.primary_key.begin(), table.primary_key.end(), index) > 0;
    PlannedColumn column{.name = source.name,
                         .type = source.type,
                         .target = Fill(cell.type, source.type),
                         .verdict = cell.verdict,
                         .reason = std::string(cell.reason),
                         .checks = cell.checks,
                         .not_null = source.not_null || in_key,
                         .identity = source.identity,
                         .comment = source.comment};
    if (in_key) column.checks |= kNotNull;
    column.checks &= ~Guaranteed(plan_.from);
    if (cell.verdict == Verdict::kRefused) {
      Refuse(column, cell.reason.empty() ? source.note : column.reason);
      return column;
    }
    if (!source.note.empty()) Warn(column, absl::StrCat("loses ", source.note));
    if (source.generated) Warn(column, "its values are copied, but no longer computed");
    PlanIdentity(table, index, column);
    if (!column.identity && !source.generated) {
      const std::string lost = TakeDefault(source, plan_.to, column.target, column.default_value);
      if (!lost.empty()) Warn(column, lost);
    }
    if (IsMysql(plan_.to)) PlanMysqlText(table, index, column);
    TakeComment(absl::StrCat("table ", TableName(table), ", column ", column.name),
                kMysqlColumnComment, column.comment);
    return column;
  }

  void PlanIdentity(const Table& table, size_t index, PlannedColumn& column) const {
    if (!column.identity) return;
    const bool first = !table.primary_key.empty() && table.primary_key.front() == index;
    const bool alone = first && table.primary_key.size() == 1;
    if (plan_.to == Engine::kPostgres && column.target == kUnsigned64) {
      column.target = "bigint";
      column.checks |= kFitsInt64;
    }
    if (plan_.to == Engine::kSqlite && alone) column.target = "INTEGER";
    const bool possible =
        plan_.to == Engine::kPostgres || (plan_.to == Engine::kSqlite ? alone : first);
    if (possible && column.type.kind == Kind::kInteger) return;
    column.identity = false;
    Warn(column, "new rows get no number");
  }

  // Texts compare as in the source, byte by byte. A text in a key has a length.
  void PlanMysqlText(const Table& table, size_t index, PlannedColumn& column) const {
    const bool text = IsText(column.type.kind) && column.type.kind != Kind::kUuid;
    const bool needs_prefix =
        absl::StartsWith(column.target, "longtext") || absl::StartsWith(column.target, "longblob");
    if (needs_prefix && IsInKey(table, index)) {
      column.target = text ? "varchar(255)" : "varbinary(255)";
      column.type.length = kShortCharacters;
      column.checks |= kShort;
      Warn(column, "at most 255 characters, because it is part of a key");
    }
    if (!text) return;
    absl::StrAppend(&column.target, " character set utf8mb4 collate ",
                    plan_.to == Engine::kMysql ? "utf8mb4_0900_bin" : "utf8mb4_nopad_bin");
  }

  static bool IsInKey(const Table& table, size_t column) {
    const auto has = [&](const std::vector<size_t>& columns) {
      return std::find(columns.begin(), columns.end(), column) != columns.end();
    };
    if (has(table.primary_key)) return true;
    for (const ForeignKey& key : table.foreign_keys) {
      if (has(key.columns)) return true;
    }
    for (const Index& index : table.indexes) {
      for (const IndexPart& part : index.parts) {
        if (part.column == column && index.obstacle.empty()) return true;
      }
    }
    return false;
  }

  std::optional<size_t> FindTable(const std::string& schema, const std::string& name) const {
    const bool ignore_case = plan_.from == Engine::kSqlite;
    for (size_t i = 0; i < plan_.source.tables.size(); ++i) {
      const Table& table = plan_.source.tables[i];
      if (table.schema != schema) continue;
      if (table.name == name || (ignore_case && absl::EqualsIgnoreCase(table.name, name))) return i;
    }
    return std::nullopt;
  }

  // The columns that a foreign key refers to; empty if the table does not have them.
  std::vector<size_t> Referenced(const ForeignKey& key, const Table& table) const {
    if (key.referenced.empty()) return table.primary_key;
    std::vector<size_t> columns;
    for (const std::string& name : key.referenced) {
      const auto found =
          std::find_if(table.columns.begin(), table.columns.end(), [&](const Column& column) {
            return column.name == name ||
                   (plan_.from == Engine::kSqlite && absl::EqualsIgnoreCase(column.name, name));
          });
      if (found == table.columns.end()) return {};
      columns.push_back(static_cast<size_t>(found - table.columns.begin()));
    }
    return columns;
  }

  // Gives integers that a foreign key joins the same type; returns whether any type has changed.
  bool JoinKeyTypes() {
    bool changed = false;
    for (size_t i = 0; i < plan_.tables.size(); ++i) {
      for (const ForeignKey& key : plan_.source.tables[i].foreign_keys) {
        const std::optional<size_t> other = FindTable(key.schema, key.table);
        if (!other.has_value()) continue;
        const std::vector<size_t> referenced = Referenced(key, plan_.source.tables[*other]);
        for (size_t k = 0; k < std::min(referenced.size(), key.columns.size()); ++k) {
          changed |= JoinTypes(plan_.tables[i].columns[key.columns[k]],
                               plan_.tables[*other].columns[referenced[k]]);
        }
      }
    }
    return changed;
  }

  bool JoinTypes(PlannedColumn& column, PlannedColumn& referenced) const {
    if (column.target == referenced.target || plan_.to == Engine::kSqlite ||
        column.type.kind != Kind::kInteger || referenced.type.kind != Kind::kInteger) {
      return false;
    }
    if (column.target == kUnsigned64 || referenced.target == kUnsigned64) {
      for (PlannedColumn* const one : {&column, &referenced}) {
        one->target = "bigint";
        one->checks |= kFitsInt64;
      }
      return true;
    }
    if (column.type.bits > referenced.type.bits) {
      referenced.target = column.target;
    } else {
      column.target = referenced.target;
    }
    return true;
  }

  void AddIndexes(size_t number) {
    const Table& source = plan_.source.tables[number];
    PlannedTable& table = plan_.tables[number];
    if (!table.primary_key.empty()) {
      table.primary_key_name = relations_.TakeFree(absl::StrCat(table.name, "_pkey"));
    }
    // Indexes have names of their own in each table of MySQL.
    Names own(plan_.to);
    for (const Index& index : source.indexes) {
      const std::string object = absl::StrCat("table ", table.source, ", index ", index.name);
      std::string obstacle = index.obstacle;
      if (obstacle.empty() && IsMysql(plan_.to) && !FitsMysqlKey(table, index)) {
        obstacle = "its key has more than 3072 bytes";
      }
      if (!obstacle.empty()) {
        Warn(object, absl::StrCat("is left out: ", obstacle));
        continue;
      }
      Index planned = index;
      Names& names = IsMysql(plan_.to) ? own : relations_;
      planned.name = names.TakeFree(absl::StartsWith(index.name, "sqlite_autoindex_")
                                        ? absl::StrCat(table.name, "_key")
                                        : index.name);
      table.indexes.push_back(std::move(planned));
    }
  }

  static bool FitsMysqlKey(const PlannedTable& table, const Index& index) {
    int64_t bytes = 0;
    for (const IndexPart& part : index.parts) {
      const std::optional<int64_t> more = MysqlKeyBytes(table.columns[part.column]);
      if (!more.has_value()) return false;
      bytes += *more;
    }
    return bytes <= kMysqlKeyBytes;
  }

  void AddForeignKeys(size_t number) {
    PlannedTable& table = plan_.tables[number];
    for (const ForeignKey& key : plan_.source.tables[number].foreign_keys) {
      const std::string object = absl::StrCat("table ", table.source, ", foreign key ", key.name);
      PlannedForeignKey planned{
          .columns = key.columns, .on_delete = key.on_delete, .on_update = key.on_update};
      const std::string obstacle = PlanForeignKey(table, key, planned);
      if (!obstacle.empty()) {
        Warn(object, absl::StrCat("is left out: ", obstacle));
        continue;
      }
      if (!key.note.empty()) Warn(object, absl::StrCat("loses ", key.note));
      planned.name =
          constraints_.TakeFree(key.name.empty() ? absl::StrCat(table.name, "_fkey") : key.name);
      table.foreign_keys.push_back(std::move(planned));
    }
  }

  std::string PlanForeignKey(const PlannedTable& table, const ForeignKey& key,
                             PlannedForeignKey& planned) const {
    if (!key.obstacle.empty()) return key.obstacle;
    const std::optional<size_t> other = FindTable(key.schema, key.table);
    if (!other.has_value()) return absl::StrCat("there is no table ", key.table, " in the copy");
    planned.table = *other;
    planned.referenced = Referenced(key, plan_.source.tables[*other]);
    if (planned.referenced.size() != planned.columns.size()) {
      return "the columns that it refers to do not exist";
    }
    const PlannedTable& target = plan_.tables[*other];
    if (!IsUnique(target, planned.referenced)) {
      return "the columns that it refers to have no unique index";
    }
    for (size_t i = 0; i < planned.columns.size(); ++i) {
      if (!AreComparable(table.columns[planned.columns[i]].type.kind,
                         target.columns[planned.referenced[i]].type.kind)) {
        return "it joins columns of different types";
      }
    }
    if (IsMysql(plan_.to) &&
        (key.on_delete == Action::kSetDefault || key.on_update == Action::kSetDefault)) {
      return "InnoDB has no SET DEFAULT";
    }
    return "";
  }

  static bool IsUnique(const PlannedTable& table, std::vector<size_t> columns) {
    std::sort(columns.begin(), columns.end());
    std::vector<size_t> key = table.primary_key;
    std::sort(key.begin(), key.end());
    if (key == columns) return true;
    for (const Index& index : table.indexes) {
      if (!index.unique) continue;
      key.clear();
      for (const IndexPart& part : index.parts) key.push_back(part.column);
      std::sort(key.begin(), key.end());
      if (key == columns) return true;
    }
    return false;
  }

  void ReportColumns(const PlannedTable& table) {
    for (const PlannedColumn& column : table.columns) {
      if (column.verdict == Verdict::kExact) continue;
      Find(column.verdict, absl::StrCat("table ", table.source, ", column ", column.name),
           column.reason);
    }
  }

  Plan plan_;
  Names relations_;    // Tables and, except in MySQL, indexes.
  Names constraints_;  // Foreign keys.
};

}  // namespace

bool Plan::Has(Verdict verdict) const {
  return std::any_of(findings.begin(), findings.end(),
                     [&](const Finding& finding) { return finding.verdict == verdict; });
}

Plan MakePlan(Tables source, Engine to) { return Planner(std::move(source), to).Run(); }

absl::Status SelectTables(const std::vector<std::string>& only,
                          const std::vector<std::string>& except, Tables& tables) {
  for (const std::vector<std::string>* const names : {&only, &except}) {
    for (const std::string& name : *names) {
      if (std::any_of(tables.tables.begin(), tables.tables.end(),
                      [&](const Table& table) { return TableName(table) == name; })) {
        continue;
      }
      return errs::UserError("sync", errs::kNotFound,
                             absl::StrCat("the source has no table \"", name, "\""),
                             "between engines, a table is chosen by its exact name");
    }
  }
  std::erase_if(tables.tables, [&](const Table& table) {
    const auto is = [&](const std::string& name) { return TableName(table) == name; };
    return (!only.empty() && std::none_of(only.begin(), only.end(), is)) ||
           std::any_of(except.begin(), except.end(), is);
  });
  return absl::OkStatus();
}

}  // namespace siphon::schema
