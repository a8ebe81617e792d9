// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <cstdint>
#include <deque>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "drivers/postgres/archive_contents.h"
#include "drivers/postgres/archive_sql.h"
#include "drivers/postgres/dependents.h"
#include "drivers/postgres/exclude.h"
#include "drivers/postgres/foreign_owners.h"
#include "drivers/postgres/function_path.h"
#include "drivers/postgres/kept_rights.h"
#include "drivers/postgres/monetary_locale.h"
#include "drivers/postgres/names.h"
#include "drivers/postgres/new_database.h"
#include "drivers/postgres/plain_role.h"
#include "drivers/postgres/restorer.h"
#include "drivers/postgres/schemas.h"
#include "drivers/postgres/scratch.h"
#include "drivers/postgres/session_settings.h"
#include "errs/status_macros.h"
#include "siphon/base/excerpt.h"

namespace siphon::postgres {
namespace {

constexpr std::string_view kOp = "postgres.restore";
constexpr std::string_view kStage = "restore";
constexpr std::string_view kTool = "pg_restore";
// pg_restore runs entries of this kind last.
constexpr std::string_view kLastKind = "EVENT TRIGGER";

}  // namespace

bool Restorer::replaces_chosen() const {
  return options_.clean && !plan_.chosen.empty() && options_.create.empty();
}

bool Restorer::replaces_held() const {
  return options_.clean && !wipes() && !replaces_chosen() && !options_.data_only;
}

void Restorer::LeaveOutStatistics() {
  const size_t left_out = std::erase_if(
      plan_.entries, [](const ArchiveEntry* entry) { return entry->kind == kStatisticsKind; });
  if (left_out == 0 || scratch_ != nullptr) return;
  context_.Message(
      kStage,
      absl::StrCat("the planner's statistics are not restored, because PostgreSQL ",
                   session_.server_major(), " cannot take them; run ANALYZE after the restore"));
}

absl::Status Restorer::LeaveOut() {
  ASSIGN_OR_RETURN(const TargetObjects target, ReadTargetObjects(context_, session_, options_));
  ASSIGN_OR_RETURN(left_out_, postgres::LeaveOut(*archive_, options_, target, plan_));
  reader_.LeaveOut(plan_.left_out_large_objects);
  if (scratch_ != nullptr) AddLeftOut(KeepToTheDatabase(*archive_, plan_));
  return absl::OkStatus();
}

void Restorer::AddLeftOut(std::vector<verbs::LeftOut> more) {
  std::move(more.begin(), more.end(), std::back_inserter(left_out_));
}

absl::Status Restorer::Plan() {
  ASSIGN_OR_RETURN(plan_, PlanRestore(*archive_, options_));
  RETURN_IF_ERROR(LeaveOut());
  for (const std::string& remark : plan_.remarks) context_.Warn(kStage, remark);
  if (!takes_statistics()) LeaveOutStatistics();
  ASSIGN_OR_RETURN(monetary_, TakeMonetaryLocale(context_, session_, *archive_));
  if (options_.with_globals) {
    const auto text = options_.attachments.find(std::string(kGlobalsName));
    if (text == options_.attachments.end()) {
      return errs::UserError(kOp, errs::kNotFound, "the dump has no globals",
                             "only a backup with --with-globals has them");
    }
    ASSIGN_OR_RETURN(globals_, ParseGlobals(text->second));
  }
  if (!options_.data_only) {
    ASSIGN_OR_RETURN(schemas_, AddMissingSchemas(context_, session_, *archive_, options_, plan_));
  }
  adapted_ = !schemas_.empty();
  ASSIGN_OR_RETURN(findings_,
                   CheckNeeds(context_, session_, *archive_, plan_, options_, globals_.roles));
  if (options_.create.empty()) {
    const size_t planned = plan_.entries.size();
    ASSIGN_OR_RETURN(const std::vector<std::string> warnings,
                     LeaveToOwners(context_, session_, *archive_, options_, plan_));
    for (const std::string& warning : warnings) context_.Warn(kStage, warning);
    adapted_ = adapted_ || plan_.entries.size() != planned;
  }
  for (const std::string& warning : findings_.warnings) context_.Warn(kStage, warning);
  ASSIGN_OR_RETURN(tool_,
                   driver::Toolbox::Pick(context_, kTool, profile_.tools,
                                         std::max(session_.server_major(), ToolMajor(*archive_)),
                                         profile_.environment));
  return PlanFrame();
}

absl::Status Restorer::PlanFrame() {
  if (wipes()) RETURN_IF_ERROR(TellWhatGoes());
  if (options_.create.empty() && !options_.data_only && !replaces_held()) {
    const size_t planned = plan_.entries.size();
    ASSIGN_OR_RETURN(const std::string owners,
                     KeepSchemas(context_, session_, *archive_, wipes(), plan_));
    adapted_ = adapted_ || plan_.entries.size() != planned;
    if (!options_.no_owner) frame_.after = owners;
  }
  if (options_.data_only) {
    ASSIGN_OR_RETURN(frame_, FrameForRows(context_, session_, *archive_, plan_, options_.clean));
  } else if (replaces_chosen() || replaces_held()) {
    if (replaces_held()) {
      RETURN_IF_ERROR(KeepOccupiedSchemas(context_, session_, *archive_, plan_));
    }
    ASSIGN_OR_RETURN(const std::optional<Replacement> replacement,
                     PlanReplacement(context_, session_, profile_, application_, *archive_, plan_,
                                     replaces_held()));
    ASSIGN_OR_RETURN(
        frame_, FrameForRelations(context_, session_, *archive_, plan_.relations, replacement));
    ASSIGN_OR_RETURN(const std::string separate, SeparateSubscriptions(context_, session_, plan_));
    absl::StrAppend(&frame_.before, ForArchive(*archive_, separate));
    if (options_.no_acl) return absl::OkStatus();
    ASSIGN_OR_RETURN(const Frame defaults, SetDefaultPrivilegesAside(context_, session_));
    absl::StrAppend(&frame_.before, ForArchive(*archive_, defaults.before));
    absl::StrAppend(&frame_.after, ForArchive(*archive_, defaults.after));
  }
  return absl::OkStatus();
}

absl::Status Restorer::CreateTarget() {
  target_ = session_.settings();
  if (options_.create.empty()) return absl::OkStatus();
  if (place() == nullptr) {
    target_["dbname"] = options_.create;
    if (!absl::StartsWith(options_.create, kScratchPrefix)) {
      return CreateDatabase(context_, session_, options_.create, archive_);
    }
    RETURN_IF_ERROR(CreateDatabase(context_, session_, options_.create, archive_, kClosed));
    return OpenToUser(context_, session_, options_.create);
  }
  RETURN_IF_ERROR(place()->Create(context_, *archive_, plan_));
  AddLeftOut(KeepToPlainRole(*archive_, place()->facts(), plan_));
  target_ = place()->session().settings();
  return absl::OkStatus();
}

absl::Status Restorer::TellWhatGoes() {
  ASSIGN_OR_RETURN(const std::vector<std::string> others,
                   RightsOfOthers(context_, session_, options_));
  if (!others.empty()) {
    context_.Warn(kStage, absl::StrCat("--clean keeps the rights in the target that the user"
                                       " may not change: ",
                                       base::ListSome(others)));
  }
  ASSIGN_OR_RETURN(absent_providers_, AbsentProviders(context_, session_));
  if (!absent_providers_.empty()) {
    context_.Warn(kStage, absl::StrCat("--clean keeps the security labels on schemas whose"
                                       " provider the server has not loaded: ",
                                       base::ListSome(absent_providers_)));
  }
  ASSIGN_OR_RETURN(const std::vector<Relation> relations, ReadRelations(context_, session_));
  WarnOfLost(relations);
  return absl::OkStatus();
}

void Restorer::WarnOfLost(const std::vector<Relation>& relations) const {
  std::unordered_set<std::string> kept;
  for (const ArchiveEntry* entry : plan_.entries) kept.insert(EntryName(*archive_, *entry));
  std::vector<std::string> lost;
  for (const Relation& relation : relations) {
    std::string name = DisplayName(relation.schema, relation.name);
    if (relation.kind == 'r' && !kept.contains(name)) lost.push_back(std::move(name));
  }
  if (lost.empty()) return;
  const size_t count = lost.size();
  context_.Warn(kStage, absl::StrCat("--clean also drops ", count,
                                     count == 1 ? " table that is" : " tables that are",
                                     " not restored: ", base::ListSome(lost)));
}

absl::StatusOr<ToolCall> Restorer::Call(const Settings& target) {
  ASSIGN_OR_RETURN(ToolCall call, CallTool(tool_, target, application_, profile_.environment));
  std::vector<std::string>& arguments = call.options.arguments;
  arguments.push_back("--format=custom");
  arguments.push_back("--exit-on-error");
  const bool scratch = scratch_ != nullptr;
  if (options_.no_owner || scratch) arguments.push_back("--no-owner");
  if (options_.no_acl || scratch) arguments.push_back("--no-privileges");
  if (findings_.without_tablespaces || scratch) arguments.push_back("--no-tablespaces");
  call.options.stage = std::string(kStage);
  call.options.classify = [this](std::string_view line) { return failure_.Classify(line); };
  return call;
}

std::string Restorer::Before() const {
  // pg_restore quotes the first line of a statement that fails; see ExplainFailure().
  std::string sql = "-- siphon prepares the target\n";
  absl::StrAppend(&sql, RestoreSettingsSql(session_.server_major()), SetMonetarySql(monetary_));
  if (watch_ != nullptr && !replaces_held()) absl::StrAppend(&sql, watch_->FirstSql());
  if (!begins()) return sql;
  absl::StrAppend(&sql, ForArchive(*archive_, globals_.roles_sql), "\n");
  if (wipes()) absl::StrAppend(&sql, WipeSql(ExtensionTables(plan_)));
  absl::StrAppend(&sql, schemas_);
  if (wipes()) absl::StrAppend(&sql, ResetRightsSql(options_, absent_providers_));
  if (!replaces_held()) absl::StrAppend(&sql, frame_.before);
  return sql;
}

std::string Restorer::Head() const {
  const int32_t id = UnusedId(*archive_);
  const std::string before =
      FormatEntry(archive_->header, {id, kCommandKind, "siphon prepares", Before()});
  // pg_restore --clean first runs the drop statements from the last entry to the first. It does
  // not add IF EXISTS to a statement that begins with a comment.
  std::string drop;
  if (replaces_held()) {
    drop = absl::StrCat("-- siphon\n", watch_ == nullptr ? "" : watch_->FirstSql(), frame_.before);
  }
  const std::string after =
      FormatEntry(archive_->header, {id + 1, kCommandKind, "siphon finishes", frame_.after});
  std::vector<std::string_view> entries = {before};
  // Each function has the search_path from its creation to the end.
  std::deque<std::string> paths;
  std::string last_sql = ends() ? frame_.last : "";
  for (const ArchiveEntry* entry : plan_.entries) {
    const bool in_step = InStep(*entry);
    if (in_step) entries.push_back(plan_.Bytes(*entry));
    if (options_.search_path.empty() || !FollowsSearchPath(*entry)) continue;
    if (ends()) absl::StrAppend(&last_sql, ResetPathSql(*entry));
    if (!in_step) continue;
    const int32_t path_id = id + 3 + static_cast<int32_t>(paths.size());
    paths.push_back(FormatEntry(archive_->header, {path_id, kCommandKind, "siphon sets a path",
                                                   SetPathSql(*entry, options_.search_path)}));
    entries.push_back(paths.back());
  }
  if (watch_ != nullptr) absl::StrAppend(&last_sql, watch_->LastSql());
  const std::string last =
      FormatEntry(archive_->header, {id + 2, kLastKind, "siphon commits", last_sql, drop});
  if (ends() && !frame_.after.empty()) entries.push_back(after);
  entries.push_back(last);
  return FormatArchiveHead(*archive_, entries);
}

}  // namespace siphon::postgres
