// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/app/prune.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/app/dumps.h"
#include "siphon/base/moment.h"
#include "siphon/domain/config/config.h"
#include "siphon/domain/dumps/catalog.h"
#include "siphon/domain/dumps/notes.h"
#include "siphon/domain/dumps/retention.h"
#include "siphon/domain/dumps/scope.h"
#include "siphon/domain/dumps/sidecar.h"
#include "siphon/domain/profile/url.h"

namespace siphon::app {
namespace {

dumps::Retention RulesOf(const config::Config& config, const std::string& profile,
                         const PruneRequest& request) {
  const auto found = config.profile_retention.find(std::string(Session::ServerOf(profile)));
  const dumps::Retention& configured =
      found != config.profile_retention.end() ? found->second : config.retention;
  dumps::Retention rules = request.rules.value_or(configured);
  if (!rules.size_guard.has_value()) rules.size_guard = configured.size_guard;
  if (request.size_guard.has_value()) rules.size_guard = request.size_guard;
  return rules;
}

// Why the dumps of a profile are not pruned by these rules; nothing if they are.
std::optional<dumps::Reason> KeepsProfile(const Session& session, const std::string& profile,
                                          const PruneRequest& request) {
  const std::string server(Session::ServerOf(profile));
  // Its own rules may be among what could not be read.
  if (session.config().unusable.contains(server)) {
    if (request.rules.has_value()) return std::nullopt;
    return dumps::Reason{"unusable_profile", "its profile has a variable that is not set"};
  }
  if (!request.profile.empty() || profile::LooksLikeUrl(profile)) return std::nullopt;
  if (session.config().config.profiles.contains(server)) return std::nullopt;
  // Another host that uses this catalogue may have rules for it.
  return dumps::Reason{"unknown_profile", "its profile is not in the configuration"};
}

dumps::Candidate CandidateOf(const dumps::Sidecar& dump, const dumps::Listing& listing,
                             const std::map<std::string, std::string>& needed, absl::Time now) {
  dumps::Candidate candidate{.id = dump.id,
                             .base_id = dump.base_id,
                             .parent_id = dump.parent_id,
                             .created = dump.created,
                             .kind = dump.scope.kind,
                             .size_bytes = dump.size_bytes};
  if (const auto found = needed.find(dump.id); found != needed.end()) {
    candidate.needed_by = found->second;
  }
  if (std::binary_search(listing.bad_notes.begin(), listing.bad_notes.end(), dump.id)) {
    candidate.check = dumps::Check::kUnreadable;
    return candidate;
  }
  const auto found = listing.notes.find(dump.id);
  if (found == listing.notes.end()) return candidate;
  const dumps::Notes& notes = found->second;
  if (!notes.verifications.empty()) {
    candidate.check = notes.damaged() ? dumps::Check::kFailed : dumps::Check::kPassed;
  }
  if (notes.pinned(now)) candidate.pin = dumps::DescribePin(*notes.pin);
  return candidate;
}

// The dumps that dumps of other profiles need, with one of these each.
std::map<std::string, std::string> NeededByOthers(const dumps::Listing& listing) {
  std::map<std::string, std::string> profiles, needed;
  for (const dumps::Sidecar& dump : listing.dumps) profiles[dump.id] = dump.profile;
  for (const dumps::Sidecar& dump : listing.dumps) {
    for (const std::string& id : {dump.base_id, dump.parent_id}) {
      const auto found = profiles.find(id);
      if (found != profiles.end() && found->second != dump.profile) needed[id] = dump.id;
    }
  }
  return needed;
}

// Applies the rules, and asks the store only about the dumps that they would remove.
absl::StatusOr<std::vector<dumps::Verdict>> Judge(const base::Context& context, Session& session,
                                                  std::vector<dumps::Candidate>& candidates,
                                                  const dumps::Retention& rules) {
  const absl::Time now = session.clock().Now();
  std::vector<dumps::Verdict> verdicts = dumps::ApplyRetention(candidates, rules, now);
  bool has_locks = false;
  for (size_t i = 0; i < candidates.size(); ++i) {
    if (verdicts[i].keep()) continue;
    ASSIGN_OR_RETURN(const std::optional<absl::Time> until,
                     session.catalog().LockedUntil(context, candidates[i].id));
    if (!until.has_value() || *until <= now) continue;
    candidates[i].locked_until = until;
    has_locks = true;
  }
  return has_locks ? dumps::ApplyRetention(candidates, rules, now) : std::move(verdicts);
}

void WarnOfSize(const base::Context& context, const dumps::Sidecar& dump,
                const dumps::Verdict& verdict) {
  if (verdict.reasons.size() != 1 || verdict.reasons.front().rule != dumps::kSizeGuard) return;
  context.Warn(
      "dumps",
      absl::StrCat(dump.id, " of ", dump.profile, " stays, since ", verdict.reason(),
                   ": if the database has shrunk, 'siphon dumps rm ", dump.id, "' removes it"));
}

// Removes the dumps without a reason to stay. The newest first: an incremental goes before the dump
// that it needs.
absl::Status Apply(const base::Context& context, Session& session, const dumps::Listing& listing,
                   std::vector<PrunedDump>& newest_first) {
  for (PrunedDump& dump : newest_first) {
    if (dump.verdict.keep()) continue;
    RETURN_IF_ERROR(context.Check());
    dump.removed = session.catalog().Remove(context, dump.sidecar.id, &listing);
    // Another process has removed it.
    if (errs::Is(dump.removed, errs::kNotFound)) dump.removed = absl::OkStatus();
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<PruneResult> Prune(const base::Context& context, Session& session,
                                  const PruneRequest& request) {
  ASSIGN_OR_RETURN(const dumps::Listing listing, ListDumps(context, session));
  // The catalogue stores a database URL without its password.
  const std::string only = profile::RedactUrl(request.profile);
  const std::map<std::string, std::string> needed = NeededByOthers(listing);
  std::map<std::string, std::vector<dumps::Sidecar>> by_profile;
  for (const dumps::Sidecar& dump : listing.dumps) {
    if (only.empty() || dump.profile == only) by_profile[dump.profile].push_back(dump);
  }
  if (by_profile.empty()) RETURN_IF_ERROR(RequireKnownProfile(session, only));
  PruneResult result;
  for (auto& [profile, dumps] : by_profile) {
    const dumps::Retention rules = RulesOf(session.config().config, profile, request);
    const std::optional<dumps::Reason> kept = KeepsProfile(session, profile, request);
    if (!rules.empty()) result.has_rules = true;
    std::vector<dumps::Candidate> candidates;
    for (const dumps::Sidecar& dump : dumps) {
      candidates.push_back(CandidateOf(dump, listing, needed, session.clock().Now()));
    }
    std::vector<dumps::Verdict> verdicts;
    if (kept.has_value()) {
      for (const dumps::Sidecar& dump : dumps) verdicts.push_back({dump.id, {*kept}});
    } else {
      ASSIGN_OR_RETURN(verdicts, Judge(context, session, candidates, rules));
    }
    std::vector<PrunedDump> pruned;
    for (size_t i = 0; i < dumps.size(); ++i) {
      WarnOfSize(context, dumps[i], verdicts[i]);
      pruned.push_back({std::move(dumps[i]), std::move(verdicts[i]), absl::OkStatus()});
    }
    if (pruned.front().verdict.refused()) result.refused.push_back(profile);
    if (request.apply) RETURN_IF_ERROR(Apply(context, session, listing, pruned));
    std::move(pruned.begin(), pruned.end(), std::back_inserter(result.dumps));
  }
  std::stable_sort(result.dumps.begin(), result.dumps.end(),
                   [](const PrunedDump& a, const PrunedDump& b) {
                     return a.sidecar.created > b.sidecar.created;
                   });
  return result;
}

absl::Status PruneOutcome(const PruneResult& result, bool apply) {
  const auto failed = std::count_if(result.dumps.begin(), result.dumps.end(),
                                    [](const PrunedDump& dump) { return !dump.removed.ok(); });
  if (failed > 0) {
    return errs::MakeStatus({.op = "dumps prune",
                             .code = errs::Code::kPartial,
                             .cause = errs::kIo,
                             .detail = absl::StrCat(failed, " dumps could not be removed"),
                             .hint = "the warnings name the causes; run the command again"});
  }
  if (!apply || result.refused.empty()) return absl::OkStatus();
  return errs::MakeStatus(
      {.op = "dumps prune",
       .code = errs::Code::kPartial,
       .cause = errs::kInvalidArgument,
       .detail = absl::StrCat("the rules would remove every dump of ",
                              absl::StrJoin(result.refused, ", "), ", so none of them is removed"),
       .hint = "change the rules, or use 'siphon dumps rm'"});
}

}  // namespace siphon::app
