// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/restore_plan.h"

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "drivers/postgres/archive_contents.h"
#include "drivers/postgres/names.h"
#include "drivers/postgres/pattern.h"
#include "drivers/postgres/statistics.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/excerpt.h"

namespace siphon::postgres {
namespace {

constexpr std::string_view kOp = "postgres.restore";

// Entries that pg_restore always reads.
constexpr std::string_view kSpecial[] = {"ENCODING", "STDSTRINGS", "SEARCHPATH"};
// Kinds that --table can choose.
constexpr std::string_view kRelations[] = {"TABLE", "VIEW", "MATERIALIZED VIEW", "FOREIGN TABLE",
                                           "SEQUENCE"};
// Kinds that are part of a relation if they depend on it.
constexpr std::string_view kParts[] = {"ACL",          "COMMENT",    "SECURITY LABEL",
                                       "INDEX",        "STATISTICS", "SEQUENCE OWNED BY",
                                       "SEQUENCE SET", "SEQUENCE",   kStatisticsKind};
// Kinds that are part of the relation that their drop statement names. They may depend on other
// relations.
constexpr std::string_view kNamedParts[] = {
    "CONSTRAINT", "CHECK CONSTRAINT", "FK CONSTRAINT", "TRIGGER", "RULE", "POLICY", "DEFAULT"};
// Kinds whose tag is the name of their relation.
constexpr std::string_view kSameNameParts[] = {"TABLE DATA", "ROW SECURITY",
                                               "MATERIALIZED VIEW DATA"};
// Entries about the database, which every archive may have.
constexpr std::string_view kAnywhere[] = {"DATABASE", "DATABASE PROPERTIES"};
// Kinds that connect two objects. An entry is restored only if both objects are.
constexpr std::string_view kJoints[] = {"TABLE ATTACH", "INDEX ATTACH"};

// _tocEntryRequired() of PostgreSQL 18, src/bin/pg_dump/pg_backup_archiver.c.
bool IsData(const ArchiveEntry& entry) {
  constexpr std::string_view kData[] = {"SEQUENCE SET", "BLOB", "BLOB METADATA"};
  constexpr std::string_view kMaybe[] = {"ACL", "COMMENT", "SECURITY LABEL"};
  return entry.has_data || IsOneOf(entry.kind, kData) ||
         (IsOneOf(entry.kind, kMaybe) && absl::StartsWith(entry.tag, "LARGE OBJECT"));
}

bool IsWanted(const ArchiveEntry& entry, const verbs::RestoreOptions& options) {
  if (IsOneOf(entry.kind, kSpecial)) return true;
  // As with pg_restore: neither definitions alone nor rows alone include statistics.
  if (entry.kind == kStatisticsKind) return !options.schema_only && !options.data_only;
  const bool fills_view = entry.kind == "MATERIALIZED VIEW DATA";
  if (options.schema_only) return !IsData(entry) && !fills_view;
  if (options.data_only) return IsData(entry) || fills_view;
  return true;
}

// Removes `relation`, as pg_dump writes it, from the beginning of `text`.
bool TakeRelation(const ArchiveEntry& relation, std::string_view& text) {
  const auto take = [&](std::string_view name) {
    if (absl::ConsumePrefix(&text, QuoteIdentifier(name))) return true;
    // A name without quotes ends here: the next character is not part of it.
    return absl::ConsumePrefix(&text, name) &&
           (text.empty() || absl::StrContains(". ;\n", text.substr(0, 1)));
  };
  return take(relation.schema) && absl::ConsumePrefix(&text, ".") && take(relation.tag);
}

// True if a statement by pg_dump drops a part of `owner`: "ALTER TABLE [ONLY] owner DROP ...",
// "DROP TRIGGER name ON owner;", "CREATE OR REPLACE VIEW owner ..." (for its rule).
bool DropsFrom(std::string_view statement, const ArchiveEntry& owner) {
  statement = absl::StripTrailingAsciiWhitespace(statement);
  for (const std::string_view words :
       {"ALTER TABLE ONLY ", "ALTER TABLE ", "ALTER FOREIGN TABLE ONLY ", "ALTER FOREIGN TABLE ",
        "CREATE OR REPLACE VIEW "}) {
    if (absl::ConsumePrefix(&statement, words)) return TakeRelation(owner, statement);
  }
  constexpr std::string_view kOn = " ON ";
  for (size_t at = statement.find(kOn); at != std::string_view::npos;
       at = statement.find(kOn, at + 1)) {
    std::string_view rest = statement.substr(at + kOn.size());
    if (TakeRelation(owner, rest) && rest == ";") return true;
  }
  return false;
}

// Finds the entries that belong to the chosen relations.
class Chooser {
 public:
  explicit Chooser(const Archive& archive) : archive_(archive) {
    for (const ArchiveEntry& entry : archive.entries) by_id_[entry.id] = &entry;
  }

  absl::Status Choose(const std::string& text) {
    ASSIGN_OR_RETURN(const TablePattern pattern, ParseTablePattern(text));
    bool found = false;
    for (const ArchiveEntry& entry : archive_.entries) {
      // In an archive without definitions, the rows represent their table.
      if (!IsOneOf(entry.kind, kRelations) && !IsOrphanData(entry)) continue;
      if (!pattern.Matches(ArchiveText(archive_, entry.schema), ArchiveText(archive_, entry.tag))) {
        continue;
      }
      ids_.insert(entry.id);
      found = true;
    }
    return found ? absl::OkStatus() : NoTableMatches(archive_, text);
  }

  void Add(const EntryIds& ids) { ids_.insert(ids.begin(), ids.end()); }

  void AddParts() {
    for (size_t before = 0; before != ids_.size();) {
      before = ids_.size();
      for (const ArchiveEntry& entry : archive_.entries) {
        AddPartition(entry);
        if (!ids_.contains(entry.id) && IsPart(entry)) ids_.insert(entry.id);
      }
    }
  }

  const EntryIds& ids() const { return ids_; }

  // True if both sides of a joint are in `present`. A joint may also depend on an object without an
  // entry: the index of a constraint.
  bool JoinsOnly(const ArchiveEntry& joint, const EntryIds& present) const {
    const auto is_absent = [&](int32_t id) { return by_id_.contains(id) && !present.contains(id); };
    const bool parent_known = joint.kind != "TABLE ATTACH" || joint.dependencies.size() < 2 ||
                              by_id_.contains(joint.dependencies[1]);
    return parent_known && !joint.dependencies.empty() &&
           std::none_of(joint.dependencies.begin(), joint.dependencies.end(), is_absent);
  }

 private:
  bool IsOrphanData(const ArchiveEntry& entry) const {
    return entry.kind == "TABLE DATA" &&
           std::none_of(entry.dependencies.begin(), entry.dependencies.end(),
                        [&](int32_t id) { return by_id_.contains(id); });
  }

  // The first dependency of a partition's ATTACH is the partition, the second its parent.
  void AddPartition(const ArchiveEntry& entry) {
    if (entry.kind != "TABLE ATTACH" || entry.dependencies.size() < 2) return;
    if (ids_.contains(entry.dependencies[1])) ids_.insert(entry.dependencies[0]);
  }

  bool IsPart(const ArchiveEntry& entry) const {
    if (IsOneOf(entry.kind, kJoints)) return JoinsOnly(entry, ids_);
    return std::any_of(entry.dependencies.begin(), entry.dependencies.end(), [&](int32_t id) {
      const auto owner = by_id_.find(id);
      return ids_.contains(id) && owner != by_id_.end() && IsPartOf(entry, *owner->second);
    });
  }

  static bool IsPartOf(const ArchiveEntry& entry, const ArchiveEntry& owner) {
    if (IsOneOf(entry.kind, kParts)) return true;
    if (entry.schema != owner.schema) return false;
    if (IsOneOf(entry.kind, kSameNameParts)) return entry.tag == owner.tag;
    // Without one, the definition of a constraint names its relation.
    return IsOneOf(entry.kind, kNamedParts) &&
           DropsFrom(entry.drop_statement.empty() ? entry.definition : entry.drop_statement, owner);
  }

  const Archive& archive_;
  std::unordered_map<int32_t, const ArchiveEntry*> by_id_;
  EntryIds ids_;
};

// True for a backup of chosen tables.
bool HoldsRelationsOnly(const Archive& archive) {
  return std::all_of(archive.entries.begin(), archive.entries.end(), [](const ArchiveEntry& entry) {
    return IsOneOf(entry.kind, kSpecial) || IsOneOf(entry.kind, kRelations) ||
           IsOneOf(entry.kind, kParts) || IsOneOf(entry.kind, kNamedParts) ||
           IsOneOf(entry.kind, kSameNameParts) || IsOneOf(entry.kind, kJoints) ||
           IsOneOf(entry.kind, kAnywhere) || IsMark(entry);
  });
}

// True if one side of a joint is missing.
bool IsBrokenJoint(const Chooser& chooser, const ArchiveEntry& entry, const EntryIds& present) {
  return IsOneOf(entry.kind, kJoints) && !chooser.JoinsOnly(entry, present);
}

// Adds remarks about partitions whose partitioned table is not restored.
void RemarkOnPartitions(const Archive& archive, const Chooser& chooser, const EntryIds& present,
                        RestorePlan& plan) {
  for (const ArchiveEntry& entry : archive.entries) {
    if (entry.kind != "TABLE ATTACH" || entry.dependencies.empty()) continue;
    if (!present.contains(entry.dependencies[0]) || chooser.JoinsOnly(entry, present)) continue;
    plan.remarks.push_back(
        absl::StrCat(EntryName(archive, entry),
                     " is restored as a table of its own: the table that it is a partition of is "
                     "not restored with it"));
  }
}

}  // namespace

std::vector<const ArchiveEntry*> RestorePlan::TablesWithData() const {
  std::vector<const ArchiveEntry*> tables;
  for (const ArchiveEntry* entry : entries) {
    if (entry->kind == "TABLE DATA") tables.push_back(entry);
  }
  return tables;
}

std::vector<const ArchiveEntry*> RestorePlan::DataWithoutTable() const {
  EntryIds tables;
  for (const ArchiveEntry* entry : entries) {
    if (entry->kind == "TABLE") tables.insert(entry->id);
  }
  std::vector<const ArchiveEntry*> data = TablesWithData();
  std::erase_if(data, [&](const ArchiveEntry* entry) { return DependsOn(*entry, tables); });
  return data;
}

std::vector<std::string> RestorePlan::LargeObjects() const {
  std::vector<std::string> oids;
  for (const ArchiveEntry* entry : entries) {
    for (const uint32_t oid : LargeObjectsOf(*entry)) {
      if (!left_out_large_objects.contains(oid)) oids.push_back(absl::StrCat(oid));
    }
  }
  return oids;
}

std::string_view RestorePlan::Bytes(const ArchiveEntry& entry) const {
  const auto found = changed.find(entry.id);
  return found == changed.end() ? entry.raw : std::string_view(found->second);
}

absl::StatusOr<RestorePlan> PlanRestore(const Archive& archive,
                                        const verbs::RestoreOptions& options) {
  Chooser chooser(archive);
  for (const std::string& pattern : options.tables) RETURN_IF_ERROR(chooser.Choose(pattern));
  chooser.AddParts();
  // Tables that are left out stay in the target, so the rest is only a part of the database.
  const bool of_database = HoldsWholeDatabase(archive) && options.exclude_tables.empty();
  const bool of_chosen = !options.tables.empty() || (!of_database && HoldsRelationsOnly(archive));
  RestorePlan plan;
  EntryIds present;
  for (const ArchiveEntry& entry : archive.entries) {
    const bool chosen = options.tables.empty() || chooser.ids().contains(entry.id);
    if (chosen) present.insert(entry.id);
    if (!chosen || !IsOneOf(entry.kind, kRelations)) continue;
    plan.relations.push_back(&entry);
    if (of_chosen) plan.chosen.push_back(&entry);
  }
  for (const ArchiveEntry& entry : archive.entries) {
    if (!present.contains(entry.id) && !IsOneOf(entry.kind, kSpecial)) continue;
    if (!IsWanted(entry, options) || IsBrokenJoint(chooser, entry, present)) continue;
    plan.entries.push_back(&entry);
  }
  if (!options.data_only) RemarkOnPartitions(archive, chooser, present, plan);
  plan.whole = of_database && options.tables.empty() && !options.schema_only && !options.data_only;
  return plan;
}

absl::Status NoTableMatches(const Archive& archive, const std::string& pattern) {
  std::vector<std::string> names;
  for (const ArchiveEntry& entry : archive.entries) {
    if (!IsOneOf(entry.kind, kRelations)) continue;
    const std::string name = EntryName(archive, entry);
    if (ArchiveText(archive, entry.tag) == pattern) names.insert(names.begin(), name);
    if (entry.kind == "TABLE") names.push_back(name);
  }
  return errs::UserError(kOp, errs::kNotFound,
                         absl::StrCat("no table of the dump matches \"", pattern, "\""),
                         absl::StrCat("it holds ", base::ListSome(names)));
}

EntryIds WithParts(const Archive& archive, const EntryIds& ids) {
  Chooser chooser(archive);
  chooser.Add(ids);
  chooser.AddParts();
  return chooser.ids();
}

bool IsRelation(const ArchiveEntry& entry) { return IsOneOf(entry.kind, kRelations); }

std::vector<verbs::LeftOut> KeepToTheDatabase(const Archive& archive, RestorePlan& plan) {
  constexpr std::string_view kNamed[] = {"PUBLICATION", "SUBSCRIPTION", "EVENT TRIGGER"};
  constexpr std::string_view kBeyond[] = {"ACL", "DEFAULT ACL", "SECURITY LABEL", "POLICY",
                                          // Without policies nobody would see a row.
                                          "ROW SECURITY", "USER MAPPING", "PUBLICATION",
                                          "SUBSCRIPTION", "PUBLICATION TABLE", "EVENT TRIGGER",
                                          "SUBSCRIPTION TABLE", "PUBLICATION TABLES IN SCHEMA"};
  constexpr std::string_view kCommented[] = {"PUBLICATION ", "SUBSCRIPTION ", "EVENT TRIGGER ",
                                             "POLICY ", "DATABASE "};
  std::vector<verbs::LeftOut> left_out;
  for (const ArchiveEntry* entry : plan.entries) {
    if (!IsOneOf(entry->kind, kNamed)) continue;
    left_out.push_back(
        {absl::StrCat(absl::AsciiStrToLower(entry->kind), " ", EntryName(archive, *entry))});
  }
  std::erase_if(plan.entries, [&](const ArchiveEntry* entry) {
    if (IsOneOf(entry->kind, kBeyond)) return true;
    if (entry->kind != "COMMENT") return false;
    return std::any_of(std::begin(kCommented), std::end(kCommented), [&](std::string_view prefix) {
      return absl::StartsWith(entry->tag, prefix);
    });
  });
  return left_out;
}

}  // namespace siphon::postgres
