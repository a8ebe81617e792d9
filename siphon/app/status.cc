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
#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/app/dumps.h"
#include "siphon/app/session.h"
#include "siphon/base/context.h"
#include "siphon/base/file.h"
#include "siphon/domain/dumps/catalog.h"
#include "siphon/domain/dumps/health.h"
#include "siphon/domain/dumps/metrics.h"
#include "siphon/domain/dumps/sidecar.h"
#include "siphon/domain/profile/url.h"

namespace siphon::app {
namespace {

using DumpsByProfile = std::map<std::string, std::vector<dumps::Sidecar>>;

absl::StatusOr<std::vector<std::string>> ChooseProfiles(const Session& session,
                                                        const StatusRequest& request,
                                                        const DumpsByProfile& dumps) {
  std::vector<std::string> names;
  for (const std::string& profile : request.profiles) {
    // The catalogue stores a database URL without its password.
    names.push_back(profile::RedactUrl(profile));
    if (!dumps.contains(names.back())) RETURN_IF_ERROR(RequireKnownProfile(session, profile));
  }
  if (!names.empty()) return names;
  std::set<std::string> all;
  for (const auto& [name, profile] : session.config().config.profiles) all.insert(name);
  for (const auto& [name, why] : session.config().unusable) all.insert(name);
  if (all.empty()) {
    for (const auto& [name, of_profile] : dumps) all.insert(name);
  }
  if (all.empty()) {
    return errs::UserError("status", errs::kNotFound,
                           absl::StrCat("there are neither profiles in ", session.config().path,
                                        " nor dumps in ", session.config().config.dump_dir),
                           "add a profile with 'siphon profile add'");
  }
  return std::vector<std::string>(all.begin(), all.end());
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
