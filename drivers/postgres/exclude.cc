// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/exclude.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "drivers/postgres/archive_contents.h"
#include "drivers/postgres/exclusion.h"
#include "drivers/postgres/large_objects.h"
#include "drivers/postgres/names.h"
#include "drivers/postgres/pattern.h"
#include "drivers/postgres/relations.h"
#include "drivers/postgres/rows.h"
#include "drivers/postgres/statistics.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/excerpt.h"

namespace siphon::postgres {
namespace {

constexpr std::string_view kOp = "postgres.restore";
constexpr std::string_view kOption = "--exclude-object";
// How many objects an error names.
constexpr size_t kMostNamed = 8;

constexpr char kExtensions[] = "SELECT extname FROM pg_catalog.pg_extension";

using Entries = std::vector<const ArchiveEntry*>;

// Entries that belong to the one object on which they depend, whatever it is.
constexpr std::string_view kLabels[] = {"ACL", "COMMENT", "SECURITY LABEL", kStatisticsKind};
// Entries that connect two objects and go with either.
constexpr std::string_view kJoints[] = {"TABLE ATTACH",
                                        "INDEX ATTACH",
                                        "SEQUENCE OWNED BY",
                                        "PUBLICATION TABLE",
                                        "PUBLICATION TABLES IN SCHEMA",
                                        "SUBSCRIPTION TABLE"};

// The place of "(" in the tag of a routine. A name in a tag is not quoted; the statement that drops
// the routine ends with the same arguments, and has the name as an identifier.
size_t ArgumentsOfTag(const ArchiveEntry& entry) {
  std::string_view drop = absl::StripTrailingAsciiWhitespace(entry.drop_statement);
  absl::ConsumeSuffix(&drop, ";");
  const size_t at = ArgumentsAt(drop);
  if (at == std::string_view::npos) return entry.tag.find('(');
  const std::string_view arguments = drop.substr(at);
  return absl::EndsWith(entry.tag, arguments) ? entry.tag.size() - arguments.size()
                                              : entry.tag.find('(');
}

// Names the objects of an archive.
class Namer {
 public:
  explicit Namer(const Archive& archive) : archive_(archive) {
    for (const ArchiveEntry& entry : archive.entries) by_id_[entry.id] = &entry;
  }

  // Null for an object without an entry.
  const ArchiveEntry* Find(int32_t id) const {
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? nullptr : found->second;
  }

  std::string Text(std::string_view text) const { return ArchiveText(archive_, text); }

  // The parts of an entry's name, outermost first.
  std::vector<std::string> NamesOf(const ArchiveEntry& entry, NameForm form) const {
    std::vector<std::string> names;
    if (!entry.schema.empty()) names.push_back(Text(entry.schema));
    std::string_view tag = entry.tag;
    if (form == NameForm::kOfTable) {
      const std::string_view owner = OwnerOf(entry);
      names.push_back(Text(owner));
      absl::ConsumePrefix(&tag, owner);
      absl::ConsumePrefix(&tag, " ");
    } else if (form == NameForm::kRoutine) {
      tag = tag.substr(0, ArgumentsOfTag(entry));
    }
    names.push_back(Text(tag));
    return names;
  }

  // Of a routine: "(integer)".
  std::string ArgumentsOf(const ArchiveEntry& entry) const {
    const size_t at = ArgumentsOfTag(entry);
    return at == std::string_view::npos ? "" : Text(entry.tag.substr(at));
  }

  // See ExclusionOf().
  std::string ValueFor(const ArchiveEntry& entry) const {
    const ObjectKind* const kind = KindOf(entry);
    if (kind == nullptr) return "";
    if (kind->form == NameForm::kText) return absl::StrCat(kind->word, ":", Text(entry.tag));
    if (kind->form == NameForm::kLargeObject) {
      const std::vector<uint32_t> oids = LargeObjectsOf(entry);
      return absl::StrCat(kind->word, ":", oids.size() == 1 ? absl::StrCat(oids[0]) : "*");
    }
    std::string name;
    for (const std::string& part : NamesOf(entry, kind->form)) {
      absl::StrAppend(&name, name.empty() ? "" : ".", DisplayName("", part));
    }
    return absl::StrCat(kind->word, ":", name,
                        kind->form == NameForm::kRoutine ? ArgumentsOf(entry) : "");
  }

  std::vector<std::string> ValuesFor(const Entries& entries) const {
    std::vector<std::string> texts;
    for (const ArchiveEntry* entry : entries) {
      const std::vector<uint32_t> oids = LargeObjectsOf(*entry);
      for (const uint32_t oid : oids) texts.push_back(absl::StrCat("large-object:", oid));
      if (oids.empty()) texts.push_back(ValueFor(*entry));
    }
    return texts;
  }

  // "materialized view public.sums"
  std::vector<std::string> ForPeople(const Entries& entries) const {
    std::vector<std::string> texts = ValuesFor(entries);
    for (std::string& text : texts) {
      const size_t colon = text.find(':');
      text = absl::StrCat(absl::StrReplaceAll(text.substr(0, colon), {{"-", " "}}), " ",
                          text.substr(colon + 1));
    }
    return texts;
  }

 private:
  // The relation or domain whose part the entry is, by the beginning of its tag.
  std::string_view OwnerOf(const ArchiveEntry& entry) const {
    std::string_view owner;
    for (const int32_t id : entry.dependencies) {
      const ArchiveEntry* const other = Find(id);
      if (other == nullptr || other->schema != entry.schema) continue;
      const bool begins = absl::StartsWith(entry.tag, absl::StrCat(other->tag, " "));
      if (begins && other->tag.size() > owner.size()) owner = other->tag;
    }
    return owner.empty() ? entry.tag.substr(0, entry.tag.find(' ')) : owner;
  }

  const Archive& archive_;
  std::unordered_map<int32_t, const ArchiveEntry*> by_id_;
};

// Decides about the entries of an archive.
class Excluder {
 public:
  Excluder(const Archive& archive, const TargetObjects& target, RestorePlan& plan)
      : archive_(archive), namer_(archive), target_(target), plan_(plan) {
    int extensions_of_archive = 0;
    for (const ArchiveEntry& entry : archive.entries) {
      if (entry.kind != "EXTENSION") continue;
      only_extension_ = ++extensions_of_archive == 1 ? &entry : nullptr;
    }
  }

  // Marks the entries that the exclusion names.
  absl::Status Choose(const Exclusion& exclusion) {
    if (HasForm(exclusion.word, NameForm::kLargeObject)) return ChooseLargeObjects(exclusion);
    Entries found;
    for (const ArchiveEntry& entry : archive_.entries) {
      if (Matches(exclusion, entry)) found.push_back(&entry);
    }
    if (found.empty()) return NoMatch(exclusion);
    const bool several = exclusion.pattern.has_value() && exclusion.pattern->is_wild();
    if (found.size() > 1 && !several && exclusion.pattern.has_value()) {
      return errs::UserError(kOp, errs::kInvalidArgument,
                             absl::StrCat(kOption, " ", exclusion.text, " may mean ",
                                          base::ListSome(namer_.ValuesFor(found), kMostNamed)),
                             "name one of them, or use a wildcard to leave them all out");
    }
    for (const ArchiveEntry* entry : found) {
      if (gone_.insert(entry->id).second) named_.push_back(entry);
    }
    return absl::OkStatus();
  }

  // Marks the relations that a pattern of --exclude-table names.
  absl::Status ChooseTables(const std::string& text) {
    ASSIGN_OR_RETURN(const TablePattern pattern, ParseTablePattern(text));
    bool found = false;
    for (const ArchiveEntry& entry : archive_.entries) {
      const bool rows = entry.kind == "TABLE DATA";  // Of a dump of rows alone.
      if (!IsRelation(entry) && !rows) continue;
      if (!pattern.Matches(namer_.Text(entry.schema), namer_.Text(entry.tag))) continue;
      found = true;
      if (!gone_.insert(entry.id).second) continue;
      tables_.insert(entry.id);
      if (!rows) named_.push_back(&entry);
    }
    return found ? absl::OkStatus() : NoTableMatches(archive_, text);
  }

  // Marks what belongs to the marked entries.
  void AddParts() {
    EntryIds relations;
    for (const ArchiveEntry& entry : archive_.entries) {
      if (IsInGoneSchema(entry)) gone_.insert(entry.id);
      if (gone_.contains(entry.id) && IsRelation(entry)) relations.insert(entry.id);
    }
    gone_.merge(WithParts(archive_, relations));
    for (size_t before = 0; before != gone_.size();) {
      before = gone_.size();
      for (const ArchiveEntry& entry : archive_.entries) {
        const bool follows = IsOneOf(entry.kind, kLabels) || IsOneOf(entry.kind, kJoints);
        if ((follows && DependsOn(entry, gone_)) || IsRowsOfExtension(entry) ||
            IsPartitionOfIndex(entry) || IsCheckOfDomain(entry) || IsMappingOfServer(entry) ||
            IsStatisticsOfGoneRows(entry)) {
          gone_.insert(entry.id);
        }
      }
    }
  }

  // Refuses a plan with objects that need a marked one.
  absl::Status CheckDependents() const {
    EntryIds needed = gone_, staying;
    for (const ArchiveEntry* entry : named_) {
      // The target has it already.
      if (entry->kind == "EXTENSION" && target_.extensions.contains(namer_.Text(entry->tag))) {
        needed.erase(entry->id);
      }
      if (tables_.contains(entry->id) && target_.relations.contains(EntryName(archive_, *entry))) {
        staying.insert(entry->id);
      }
    }
    for (const int32_t id : WithParts(archive_, staying)) needed.erase(id);
    Entries dependents;
    EntryIds relations;
    for (size_t before = needed.size() + 1; before != needed.size();) {
      before = needed.size();
      for (const ArchiveEntry* entry : plan_.entries) {
        if (needed.contains(entry->id) || gone_.contains(entry->id)) continue;
        if (IsOneOf(entry->kind, kJoints) || !Needs(*entry, needed)) continue;
        needed.insert(entry->id);
        if (IsQueryOfView(*entry)) entry = ViewOf(*entry);
        needed.insert(entry->id);
        if (KindOf(*entry) != nullptr) dependents.push_back(entry);
        if (IsRelation(*entry)) relations.insert(entry->id);
      }
    }
    // A dependent table is named, its indexes and rows are not.
    const EntryIds with_parts = WithParts(archive_, relations);
    std::erase_if(dependents, [&](const ArchiveEntry* entry) {
      return IsOneOf(entry->kind, kLabels) ||
             (with_parts.contains(entry->id) && !relations.contains(entry->id));
    });
    if (dependents.empty()) return absl::OkStatus();
    std::vector<std::string> options;
    for (const std::string& exclusion : namer_.ValuesFor(dependents)) {
      options.push_back(absl::StrCat(kOption, " '", exclusion, "'"));
    }
    return errs::UserError(
        kOp, errs::kInvalidArgument,
        absl::StrCat(base::ListSome(namer_.ForPeople(dependents), kMostNamed),
                     dependents.size() == 1 ? " needs" : " need", " objects that are left out: ",
                     base::ListSome(namer_.ForPeople(named_), kMostNamed)),
        absl::StrCat("leave out these objects as well: ",
                     base::ListSome(options, kMostNamed, " ")));
  }

  std::vector<verbs::LeftOut> Apply() {
    const auto is_gone = [&](const ArchiveEntry* entry) { return gone_.contains(entry->id); };
    std::erase_if(plan_.entries, is_gone);
    std::erase_if(plan_.relations, is_gone);
    std::erase_if(plan_.chosen, is_gone);
    std::vector<verbs::LeftOut> left_out;
    for (const ArchiveEntry* entry : named_) {
      left_out.push_back({namer_.ForPeople({entry}).front(),
                          entry->kind == "TABLE" ? EntryName(archive_, *entry) : ""});
    }
    LeaveOutLargeObjects(archive_, large_objects_, plan_);
    for (const std::string& name : named_large_objects_) left_out.push_back({name, ""});
    return left_out;
  }

 private:
  absl::Status ChooseLargeObjects(const Exclusion& exclusion) {
    std::unordered_set<uint32_t> found = LargeObjectsLike(archive_, *exclusion.pattern);
    if (found.empty()) return NoMatch(exclusion);
    named_large_objects_.push_back(exclusion.pattern->is_wild()
                                       ? absl::StrCat(found.size(), " large objects")
                                       : absl::StrCat("large object ", exclusion.name));
    large_objects_.merge(found);
    return absl::OkStatus();
  }

  bool Matches(const Exclusion& exclusion, const ArchiveEntry& entry) const {
    const ObjectKind* const kind = KindOf(entry, exclusion.word);
    if (kind == nullptr || IsQueryOfView(entry)) return false;
    if (kind->form == NameForm::kText) {
      const std::string tag = namer_.Text(entry.tag);
      return exclusion.name == tag ||
             exclusion.name == absl::StrCat(namer_.Text(entry.schema), ".", tag);
    }
    const std::vector<std::string> names = namer_.NamesOf(entry, kind->form);
    // The table may be left out between schema and name.
    if (!exclusion.pattern->Matches(names) &&
        !exclusion.pattern->Matches({names.front(), names.back()})) {
      return false;
    }
    return !exclusion.arguments.has_value() ||
           WithoutSpaces(namer_.ArgumentsOf(entry)) == *exclusion.arguments;
  }

  absl::Status NoMatch(const Exclusion& exclusion) const {
    Entries others;
    std::set<std::string_view> words;
    for (const ArchiveEntry& entry : archive_.entries) {
      const ObjectKind* const kind = KindOf(entry);
      if (kind == nullptr || IsQueryOfView(entry)) continue;
      words.insert(kind->word);
      if (KindOf(entry, exclusion.word) != nullptr) others.push_back(&entry);
    }
    return errs::UserError(
        kOp, errs::kNotFound,
        absl::StrCat(kOption, " ", exclusion.text, " matches no object of the dump"),
        others.empty()
            ? absl::StrCat("the dump has objects of the kinds ", absl::StrJoin(words, ", "))
            : absl::StrCat("the dump has ", base::ListSome(namer_.ValuesFor(others), 20)));
  }

  bool IsInGoneSchema(const ArchiveEntry& entry) const {
    return !entry.schema.empty() &&
           std::any_of(named_.begin(), named_.end(), [&](const ArchiveEntry* one) {
             return one->kind == "SCHEMA" && one->tag == entry.schema;
           });
  }

  // Rows of a table that a marked extension creates, and that the target does not have. The archive
  // has neither the table nor which extension it belongs to, so only the rows of a single extension
  // can be told.
  bool IsRowsOfExtension(const ArchiveEntry& entry) const {
    return entry.kind == "TABLE DATA" && only_extension_ != nullptr &&
           gone_.contains(only_extension_->id) &&
           !target_.extensions.contains(namer_.Text(only_extension_->tag)) &&
           std::none_of(entry.dependencies.begin(), entry.dependencies.end(),
                        [&](int32_t id) { return namer_.Find(id) != nullptr; });
  }

  // The index of a partition goes with the index of the partitioned table, as with DROP INDEX.
  bool IsPartitionOfIndex(const ArchiveEntry& entry) const {
    const auto is_index = [](const ArchiveEntry& one) {
      return one.kind == "INDEX" || one.kind == "CONSTRAINT";
    };
    return is_index(entry) &&
           std::any_of(entry.dependencies.begin(), entry.dependencies.end(), [&](int32_t id) {
             const ArchiveEntry* const parent = namer_.Find(id);
             return parent != nullptr && is_index(*parent) && gone_.contains(id);
           });
  }

  // A check of a domain that is added after the domain, because old values may break it.
  bool IsCheckOfDomain(const ArchiveEntry& entry) const {
    return entry.kind == "CHECK CONSTRAINT" &&
           std::any_of(entry.dependencies.begin(), entry.dependencies.end(), [&](int32_t id) {
             const ArchiveEntry* const owner = namer_.Find(id);
             return owner != nullptr && owner->kind == "DOMAIN" && gone_.contains(id);
           });
  }

  // "USER MAPPING joe SERVER far". pg_dump records no dependency on the server.
  bool IsMappingOfServer(const ArchiveEntry& entry) const {
    if (entry.kind != "USER MAPPING") return false;
    const ArchiveEntry* server = nullptr;
    for (const ArchiveEntry& one : archive_.entries) {
      if (one.kind != "SERVER" || !absl::EndsWith(entry.tag, absl::StrCat(" SERVER ", one.tag))) {
        continue;
      }
      if (server == nullptr || one.tag.size() > server->tag.size()) server = &one;
    }
    return server != nullptr && gone_.contains(server->id);
  }

  // The view of a query; see IsQueryOfView().
  const ArchiveEntry* ViewOf(const ArchiveEntry& query) const {
    for (const int32_t id : query.dependencies) {
      const ArchiveEntry* const view = namer_.Find(id);
      if (view != nullptr && view->kind == "VIEW" && view->schema == query.schema &&
          query.tag == absl::StrCat(view->tag, " _RETURN")) {
        return view;
      }
    }
    return &query;
  }

  // Statistics of a relation whose rows are left out.
  bool IsStatisticsOfGoneRows(const ArchiveEntry& entry) const {
    return entry.kind == kStatisticsKind &&
           std::any_of(named_.begin(), named_.end(), [&](const ArchiveEntry* one) {
             if (one->kind != "TABLE DATA" && one->kind != "MATERIALIZED VIEW DATA") return false;
             return DependsOn(entry, EntryIds(one->dependencies.begin(), one->dependencies.end()));
           });
  }

  bool Needs(const ArchiveEntry& entry, const EntryIds& ids) const {
    return std::any_of(entry.dependencies.begin(), entry.dependencies.end(), [&](int32_t id) {
      if (!ids.contains(id)) return false;
      // The order of rows matters to foreign keys only, which may hold without some of them.
      const ArchiveEntry* const other = namer_.Find(id);
      return other == nullptr || entry.kind != "TABLE DATA" || other->kind != "TABLE DATA";
    });
  }

  const Archive& archive_;
  const Namer namer_;
  const TargetObjects& target_;
  RestorePlan& plan_;
  const ArchiveEntry* only_extension_ = nullptr;  // Null if there are none or several.
  EntryIds gone_;                                 // With what belongs to them.
  EntryIds tables_;                               // Those of them that --exclude-table names.
  Entries named_;                                 // By the options.
  std::unordered_set<uint32_t> large_objects_;
  std::vector<std::string> named_large_objects_;  // As people read them.
};

}  // namespace

bool IsQueryOfView(const ArchiveEntry& entry) {
  return entry.kind == "RULE" && absl::EndsWith(entry.tag, " _RETURN");
}

std::string ExclusionOf(const Archive& archive, const ArchiveEntry& entry) {
  return Namer(archive).ValueFor(entry);
}

absl::Status CheckExclusions(const std::vector<std::string>& objects) {
  for (const std::string& object : objects) RETURN_IF_ERROR(ReadExclusion(object).status());
  return absl::OkStatus();
}

absl::StatusOr<TargetObjects> ReadTargetObjects(const base::Context& context, Session& session,
                                                const verbs::RestoreOptions& options) {
  TargetObjects target;
  if (!options.create.empty()) return target;
  if (!options.exclude_objects.empty()) {
    ASSIGN_OR_RETURN(const Rows rows, session.Query(context, {"t"}, kExtensions));
    for (int row = 0; row < rows.size(); ++row) target.extensions.emplace(rows.Text(row, 0));
  }
  if (!options.exclude_tables.empty()) {
    ASSIGN_OR_RETURN(const std::vector<Relation> relations, ReadRelations(context, session));
    for (const Relation& relation : relations) {
      target.relations.insert(DisplayName(relation.schema, relation.name));
    }
  }
  return target;
}

absl::StatusOr<std::vector<verbs::LeftOut>> LeaveOut(const Archive& archive,
                                                     const verbs::RestoreOptions& options,
                                                     const TargetObjects& target,
                                                     RestorePlan& plan) {
  if (options.exclude_objects.empty() && options.exclude_tables.empty()) {
    return std::vector<verbs::LeftOut>();
  }
  Excluder excluder(archive, target, plan);
  for (const std::string& pattern : options.exclude_tables) {
    RETURN_IF_ERROR(excluder.ChooseTables(pattern));
  }
  for (const std::string& object : options.exclude_objects) {
    ASSIGN_OR_RETURN(const Exclusion exclusion, ReadExclusion(object));
    RETURN_IF_ERROR(excluder.Choose(exclusion));
  }
  excluder.AddParts();
  RETURN_IF_ERROR(excluder.CheckDependents());
  return excluder.Apply();
}

}  // namespace siphon::postgres
