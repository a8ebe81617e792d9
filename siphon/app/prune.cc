// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/app/prune.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "errs/status_macros.h"
#include "siphon/app/dumps.h"
#include "siphon/domain/config/config.h"
#include "siphon/domain/dumps/catalog.h"
#include "siphon/domain/dumps/retention.h"
#include "siphon/domain/dumps/sidecar.h"
#include "siphon/domain/profile/url.h"

namespace siphon::app {
namespace {

const dumps::Retention& RulesOf(const config::Config& config, const std::string& profile) {
  const auto found = config.profile_retention.find(std::string(Session::ServerOf(profile)));
  return found != config.profile_retention.end() ? found->second : config.retention;
}

}  // namespace

absl::StatusOr<PruneResult> Prune(const base::Context& context, Session& session,
                                  const PruneRequest& request) {
  ASSIGN_OR_RETURN(dumps::Listing listing, ListDumps(context, session));
  // The catalogue stores a database URL without its password.
  const std::string only = profile::RedactUrl(request.profile);
  std::map<std::string, std::vector<dumps::Sidecar>> by_profile;
  for (dumps::Sidecar& dump : listing.dumps) {
    if (!only.empty() && dump.profile != only) continue;
    by_profile[dump.profile].push_back(std::move(dump));
  }
  const std::set<std::string> damaged = dumps::DamagedDumps(listing);
  if (by_profile.empty()) RETURN_IF_ERROR(RequireKnownProfile(session, only));
  PruneResult result;
  for (auto& [profile, dumps] : by_profile) {
    const dumps::Retention& rules =
        request.rules.has_value() ? *request.rules : RulesOf(session.config().config, profile);
    if (!rules.empty()) result.has_rules = true;
    std::vector<dumps::Verdict> verdicts =
        dumps::ApplyRetention(dumps, damaged, rules, session.clock().Now());
    // Its own rules may be among what could not be read.
    if (!request.rules.has_value() &&
        session.config().unusable.contains(std::string(Session::ServerOf(profile)))) {
      for (dumps::Verdict& verdict : verdicts) {
        verdict = {verdict.id, true, "its profile has a variable that is not set"};
      }
    }
    for (size_t i = 0; i < dumps.size(); ++i) {
      PrunedDump pruned{std::move(dumps[i]), std::move(verdicts[i]), absl::OkStatus()};
      // The newest first: an incremental goes before the dump that it needs.
      if (request.apply && !pruned.verdict.keep) {
        RETURN_IF_ERROR(context.Check());
        pruned.removed = session.catalog().Remove(context, pruned.sidecar.id);
      }
      result.dumps.push_back(std::move(pruned));
    }
  }
  std::stable_sort(result.dumps.begin(), result.dumps.end(),
                   [](const PrunedDump& a, const PrunedDump& b) {
                     return a.sidecar.created > b.sidecar.created;
                   });
  return result;
}

}  // namespace siphon::app
