// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/dependents.h"

#include <map>
#include <memory>
#include <set>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "absl/types/span.h"
#include "drivers/postgres/archive_contents.h"
#include "drivers/postgres/archive_reader.h"
#include "drivers/postgres/exclude.h"
#include "drivers/postgres/names.h"
#include "drivers/postgres/statistics.h"
#include "drivers/postgres/tools.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/excerpt.h"
#include "siphon/base/io.h"
#include "siphon/driver/toolbox.h"

namespace siphon::postgres {
namespace {

constexpr std::string_view kOp = "postgres.restore";
constexpr std::string_view kTool = "pg_dump";

// Not dropped as dependents: partitions and the foreign keys of other tables are treated elsewhere,
// a schema may hold other objects, and statistics go with their table.
constexpr std::string_view kNoDependents[] = {"FK CONSTRAINT", "INDEX ATTACH",  "TABLE ATTACH",
                                              "SCHEMA",        kStatisticsKind, "ENCODING",
                                              "STDSTRINGS",    "SEARCHPATH",    "DATABASE"};
// Parts of relations on which other objects can depend, or which break a circle.
constexpr std::string_view kDroppedParts[] = {"DEFAULT", "POLICY", "RULE", "FK CONSTRAINT"};
constexpr std::string_view kRights[] = {"ACL", "COMMENT", "SECURITY LABEL"};
constexpr std::string_view kOwned[] = {"AGGREGATE",
                                       "COLLATION",
                                       "CONVERSION",
                                       "DOMAIN",
                                       "EVENT TRIGGER",
                                       "FOREIGN TABLE",
                                       "FUNCTION",
                                       "LANGUAGE",
                                       "MATERIALIZED VIEW",
                                       "OPERATOR",
                                       "OPERATOR CLASS",
                                       "PROCEDURE",
                                       "OPERATOR FAMILY",
                                       "PUBLICATION",
                                       "STATISTICS",
                                       "TYPE",
                                       "VIEW"};

// A relation may be of another kind in the target.
std::string Key(const ArchiveEntry& entry) {
  return absl::StrCat(IsRelation(entry) ? "relation" : entry.kind, std::string(1, '\0'),
                      entry.schema, std::string(1, '\0'), entry.tag);
}

// "ALTER VIEW public.v OWNER TO ada", from "DROP VIEW public.v;".
std::string OwnerSql(const ArchiveEntry& entry) {
  std::string_view object = entry.drop_statement.substr(0, entry.drop_statement.find(";\n"));
  if (!IsOneOf(entry.kind, kOwned) || entry.owner.empty() ||
      !absl::ConsumePrefix(&object, "DROP ")) {
    return "";
  }
  return absl::StrCat("ALTER ", object, " OWNER TO ", QuoteIdentifier(entry.owner), ";\n");
}

class Planner {
 public:
  Planner(const Archive& target, const Archive& archive, const RestorePlan& plan)
      : target_(target), archive_(archive), plan_(plan) {
    for (const ArchiveEntry* entry : plan.entries) planned_.insert(Key(*entry));
    for (const ArchiveEntry* entry : plan.relations) relations_.insert(Key(*entry));
  }

  absl::StatusOr<Replacement> Run(bool all) {
    EntryIds relations, others;
    for (const ArchiveEntry& entry : target_.entries) {
      if (IsRelation(entry) && relations_.contains(Key(entry))) relations.insert(entry.id);
      const bool other = all && !IsRelation(entry) && !entry.drop_statement.empty() &&
                         !IsOneOf(entry.kind, kNoDependents) && planned_.contains(Key(entry));
      if (other) others.insert(entry.id);
    }
    replaced_ = WithParts(target_, relations);
    RETURN_IF_ERROR(CheckPartitions());
    // The plan creates its own objects again. Those that depend on the relations must still be
    // dropped before them.
    EntryIds reached = replaced_;
    AddDependents(reached);
    reached.insert(others.begin(), others.end());
    for (const ArchiveEntry& entry : target_.entries) {
      if (IsOneOf(entry.kind, kRights) && DependsOn(entry, others)) reached.insert(entry.id);
    }
    AddDependents(reached);
    RETURN_IF_ERROR(CheckContent());
    RETURN_IF_ERROR(CheckOrder());
    return Statements();
  }

 private:
  void AddDependents(EntryIds& reached) {
    for (size_t before = 0; before != reached.size();) {
      before = reached.size();
      for (const ArchiveEntry& entry : target_.entries) {
        if (IsOneOf(entry.kind, kNoDependents) || !DependsOn(entry, reached)) continue;
        if (reached.insert(entry.id).second) dependents_.insert(entry.id);
      }
    }
  }

  // A dropped table includes its partitions, also those that the plan does not bring back.
  absl::Status CheckPartitions() const {
    std::vector<std::string> names;
    for (const ArchiveEntry& entry : target_.entries) {
      const bool partition = IsRelation(entry) && entry.kind != "SEQUENCE";
      if (partition && replaced_.contains(entry.id) && !relations_.contains(Key(entry))) {
        names.push_back(EntryName(target_, entry));
      }
    }
    if (names.empty()) return absl::OkStatus();
    return errs::UserError(
        kOp, errs::kDatabase,
        absl::StrCat(base::ListSome(names),
                     names.size() == 1 ? " is a partition" : " are partitions",
                     " of a table that is to be replaced; the content would be lost, because the"
                     " restore does not have ",
                     names.size() == 1 ? "it" : "them"),
        "restore it as well, or detach it first (ALTER TABLE ... DETACH PARTITION), or drop it");
  }

  // A dependent with content of its own must not go.
  absl::Status CheckContent() const {
    std::vector<std::string> names;
    for (const ArchiveEntry& entry : target_.entries) {
      const bool holds = entry.kind == "TABLE" || entry.kind == "SEQUENCE";
      if (holds && dependents_.contains(entry.id)) names.push_back(EntryName(target_, entry));
    }
    if (names.empty()) return absl::OkStatus();
    return errs::UserError(
        kOp, errs::kDatabase,
        absl::StrCat(base::ListSome(names), names.size() == 1 ? " depends" : " depend",
                     " on what is to be replaced, and would lose its content"),
        "restore it as well, or drop it first");
  }

  // What depends on the relations is created again after the plan, so nothing in the plan may need
  // it: the index of a table over a function that takes a row of the table.
  absl::Status CheckOrder() const {
    std::map<std::string, const ArchiveEntry*> late;
    for (const ArchiveEntry& entry : target_.entries) {
      const bool created = dependents_.contains(entry.id) && !planned_.contains(Key(entry));
      if (created) late[Key(entry)] = &entry;
    }
    if (late.empty()) return absl::OkStatus();
    std::unordered_map<int32_t, const ArchiveEntry*> by_id;
    std::set<std::string> in_archive;
    for (const ArchiveEntry& entry : archive_.entries) {
      by_id[entry.id] = &entry;
      in_archive.insert(Key(entry));
    }
    std::unordered_map<std::string, const ArchiveEntry*> present;
    for (const ArchiveEntry& entry : target_.entries) present[Key(entry)] = &entry;
    for (const ArchiveEntry* entry : plan_.entries) {
      for (const int32_t id : entry->dependencies) {
        const auto needed = by_id.find(id);
        if (needed == by_id.end() || !late.contains(Key(*needed->second))) continue;
        return TooLate(*entry, ExclusionOf(archive_, *needed->second));
      }
      // A dump of some tables does not say what else they need; the same object in the target does.
      const auto same = present.find(Key(*entry));
      if (same == present.end() || same->second->definition != entry->definition) continue;
      for (const auto& [key, one] : late) {
        if (!in_archive.contains(key) && DependsOn(*same->second, {one->id})) {
          return TooLate(*entry, ExclusionOf(target_, *one));
        }
      }
    }
    return absl::OkStatus();
  }

  // `needed` as ExclusionOf() names it.
  absl::Status TooLate(const ArchiveEntry& entry, std::string_view needed) const {
    const bool query = IsQueryOfView(entry);
    const std::string exclusion = query || IsRelation(entry) ? "" : ExclusionOf(archive_, entry);
    const auto for_people = [](std::string_view text) {
      return absl::StrReplaceAll(text, {{":", " "}});
    };
    const std::string name =
        query ? DisplayName(ArchiveText(archive_, entry.schema),
                            ArchiveText(archive_, absl::StripSuffix(entry.tag, " _RETURN")))
              : EntryName(archive_, entry);
    return errs::UserError(
        kOp, errs::kDatabase,
        absl::StrCat(for_people(needed), " depends on what is to be replaced, and ",
                     exclusion.empty() ? name : for_people(exclusion),
                     " needs it: neither can be replaced without the other"),
        absl::StrCat("restore both, without --table",
                     exclusion.empty() ? ""
                                       : absl::StrCat(", or leave it out with --exclude-object '",
                                                      exclusion, "'")));
  }

  Replacement Statements() const {
    Replacement replacement;
    // As pg_restore: from the last entry to the first.
    for (auto entry = target_.entries.rbegin(); entry != target_.entries.rend(); ++entry) {
      const bool relation = IsRelation(*entry) && entry->kind != "SEQUENCE";
      const bool goes =
          replaced_.contains(entry->id) && (relation || IsOneOf(entry->kind, kDroppedParts));
      if (goes || dependents_.contains(entry->id)) {
        absl::StrAppend(&replacement.drop, entry->drop_statement);
      }
    }
    // A dropped table includes its sequences.
    for (const ArchiveEntry& entry : target_.entries) {
      if (entry.kind != "SEQUENCE" || !replaced_.contains(entry.id)) continue;
      absl::StrAppend(&replacement.drop, "DROP SEQUENCE IF EXISTS ",
                      QuoteQualified(entry.schema, entry.tag), ";\n");
    }
    for (const ArchiveEntry& entry : target_.entries) {
      if (!dependents_.contains(entry.id) || planned_.contains(Key(entry))) continue;
      std::string& sql =
          entry.kind == "MATERIALIZED VIEW DATA" ? replacement.last : replacement.create;
      absl::StrAppend(&sql, entry.definition, OwnerSql(entry));
    }
    return replacement;
  }

  const Archive& target_;
  const Archive& archive_;
  const RestorePlan& plan_;
  std::set<std::string> planned_, relations_;
  EntryIds replaced_;    // Relations of the plan, with their parts.
  EntryIds dependents_;  // Neither.
};

absl::Status Drain(driver::ToolRun& run) {
  std::vector<char> rest(base::kCopyBufferSize);
  while (true) {
    ASSIGN_OR_RETURN(const size_t count, run.out().Read(absl::MakeSpan(rest)));
    if (count == 0) return run.Wait();
  }
}

}  // namespace

absl::StatusOr<std::optional<Replacement>> PlanReplacement(
    const base::Context& context, Session& session, const profile::ConnectionProfile& profile,
    const std::string& application, const Archive& archive, const RestorePlan& plan, bool all) {
  ASSIGN_OR_RETURN(const driver::Tool tool,
                   driver::Toolbox::Pick(context, kTool, profile.tools, session.server_major(),
                                         profile.environment));
  ASSIGN_OR_RETURN(ToolCall call,
                   CallTool(tool, session.settings(), application, profile.environment));
  for (const std::string_view argument : {"--format=custom", "--compress=0", "--section=pre-data",
                                          "--section=post-data", "--lock-wait-timeout=30000"}) {
    call.options.arguments.emplace_back(argument);
  }
  call.options.arguments.push_back(absl::StrCat("--encoding=", ArchiveEncoding(archive)));
  call.options.out = driver::ToolRun::Stream::kPipe;
  ASSIGN_OR_RETURN(const std::unique_ptr<driver::ToolRun> run,
                   driver::ToolRun::Start(context, std::move(call.options)));
  ArchiveReader reader(&run->out());
  const absl::StatusOr<const Archive*> target = reader.ReadHead(context);
  const absl::Status ended = Drain(*run);
  RETURN_IF_ERROR(errs::WithOp(context.Check(), kOp));
  // The server will name what depends on a dropped object.
  if (!target.ok() || !ended.ok()) return std::nullopt;
  ASSIGN_OR_RETURN(Replacement replacement, Planner(**target, archive, plan).Run(all));
  return replacement;
}

}  // namespace siphon::postgres
