// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/app/status.h"

#include <sys/types.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/app/dumps.h"
#include "siphon/app/session.h"
#include "siphon/base/context.h"
#include "siphon/base/file.h"
#include "siphon/domain/config/config.h"
#include "siphon/domain/dumps/catalog.h"
#include "siphon/domain/dumps/health.h"
#include "siphon/domain/dumps/metrics.h"
#include "siphon/domain/dumps/sidecar.h"
#include "siphon/domain/profile/url.h"

namespace siphon::app {
namespace {

using DumpsByProfile = std::map<std::string, std::vector<dumps::Sidecar>>;

// Adds a profile or, if it has dumps of its server's databases alone, these.
void AddProfile(const std::string& name, const DumpsByProfile& dumps,
                std::vector<std::string>& names) {
  std::vector<std::string> databases;
  const std::string prefix = absl::StrCat(name, "/");
  for (auto entry = dumps.lower_bound(prefix);
       entry != dumps.end() && absl::StartsWith(entry->first, prefix); ++entry) {
    // "sqlite:///a/b" is no database of "sqlite:///a".
    if (!profile::LooksLikeUrl(name)) databases.push_back(entry->first);
  }
  if (databases.empty() || dumps.contains(name)) names.push_back(name);
  names.insert(names.end(), databases.begin(), databases.end());
}

absl::StatusOr<std::vector<std::string>> ChooseProfiles(const Session& session,
                                                        const StatusRequest& request,
                                                        const DumpsByProfile& dumps) {
  std::vector<std::string> names;
  for (const std::string& profile : request.profiles) {
    // The catalogue stores a database URL without its password.
    const std::string name = profile::RedactUrl(profile);
    if (!dumps.contains(name)) RETURN_IF_ERROR(RequireKnownProfile(session, profile));
    AddProfile(name, dumps, names);
  }
  if (!names.empty()) return names;
  std::set<std::string> all;
  for (const auto& [name, profile] : session.config().config.profiles) all.insert(name);
  for (const auto& [name, why] : session.config().unusable) all.insert(name);
  if (all.empty()) {
    for (const auto& [name, of_profile] : dumps) names.push_back(name);
    if (!names.empty()) return names;
  }
  if (all.empty()) {
    return errs::UserError(
        "status", errs::kNotFound,
        absl::StrCat("there are neither profiles in ", session.config().path, " nor dumps in ",
                     config::DumpPlace(session.config().config)),
        "add a profile with 'siphon profile add'");
  }
  for (const std::string& name : all) AddProfile(name, dumps, names);
  return names;
}

}  // namespace

absl::StatusOr<StatusResult> Status(const base::Context& context, Session& session,
                                    const StatusRequest& request) {
  ASSIGN_OR_RETURN(dumps::Listing listing, ListDumps(context, session));
  DumpsByProfile by_profile;
  for (dumps::Sidecar& dump : listing.dumps) by_profile[dump.profile].push_back(std::move(dump));
  ASSIGN_OR_RETURN(const std::vector<std::string> names,
                   ChooseProfiles(session, request, by_profile));
  StatusResult result;
  result.corrupt = listing.corrupt;
  if (!result.corrupt.empty()) result.health = dumps::Health::kWarning;
  for (const std::string& name : names) {
    dumps::Report report =
        dumps::JudgeDumps(by_profile[name], listing.notes, request.max_age, session.clock().Now());
    result.health = std::max(result.health, report.health);
    result.profiles.push_back({name, std::move(report)});
  }
  return result;
}

absl::Status WriteMetrics(const StatusResult& result, const std::string& path) {
  constexpr mode_t kMode = 0644;
  return base::WriteFileAtomically(path, dumps::MetricsText(result.profiles, result.corrupt.size()),
                                   kMode);
}

}  // namespace siphon::app
