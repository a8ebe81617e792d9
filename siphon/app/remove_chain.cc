// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/app/remove_chain.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/context.h"
#include "siphon/domain/dumps/catalog.h"
#include "siphon/domain/dumps/chains.h"
#include "siphon/domain/dumps/notes.h"
#include "siphon/domain/dumps/sidecar.h"

namespace siphon::app {
namespace {

absl::Status Refuse(const std::string& id, std::string_view state) {
  return errs::UserError("dumps.remove", errs::kInvalidArgument,
                         absl::StrCat("dump ", id, " is ", state, ", so nothing is removed"),
                         "remove the dumps after it one by one, or end the pin");
}

}  // namespace

absl::StatusOr<std::vector<std::string>> DumpWithIncrements(const base::Context& context,
                                                            Session& session,
                                                            const std::string& id) {
  ASSIGN_OR_RETURN(const dumps::Listing listing, session.catalog().List(context));
  std::vector<std::string> left = dumps::IncrementsOn(listing.dumps, id);
  left.push_back(id);
  // Clocks may have been set back, so the order of the times is not that of the chain.
  std::vector<std::string> ordered;
  while (!left.empty()) {
    const auto next = std::find_if(left.begin(), left.end(), [&](const std::string& candidate) {
      return std::none_of(listing.dumps.begin(), listing.dumps.end(),
                          [&](const dumps::Sidecar& other) {
                            return other.id != candidate && other.parent_id == candidate &&
                                   std::find(left.begin(), left.end(), other.id) != left.end();
                          });
    });
    // A circle has no end; Remove() explains why its dumps cannot go.
    const auto taken = next == left.end() ? left.begin() : next;
    ordered.push_back(*taken);
    left.erase(taken);
  }
  return ordered;
}

absl::Status RemoveDumps(const base::Context& context, Session& session,
                         const std::vector<std::string>& ids) {
  const absl::Time now = session.clock().Now();
  for (const std::string& id : ids) {
    const absl::StatusOr<dumps::Notes> notes = session.catalog().ReadNotes(context, id);
    if (notes.ok() && notes->pinned(now)) return Refuse(id, dumps::DescribePin(*notes->pin));
    ASSIGN_OR_RETURN(const std::optional<absl::Time> until,
                     session.catalog().LockedUntil(context, id));
    if (until.has_value() && *until > now) return Refuse(id, "locked by the store");
  }
  for (const std::string& id : ids) {
    RETURN_IF_ERROR(context.Check());
    RETURN_IF_ERROR(session.catalog().Remove(context, id));
  }
  return absl::OkStatus();
}

}  // namespace siphon::app
