// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/dumps/health.h"

#include <map>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "siphon/base/units.h"
#include "siphon/domain/dumps/chains.h"
#include "siphon/domain/dumps/notes.h"
#include "siphon/domain/dumps/scope.h"
#include "siphon/domain/dumps/sidecar.h"

namespace siphon::dumps {
namespace {

// Whether the whole database can be restored from the dump: a full one, or the end of a chain.
bool IsFull(const Sidecar& dump, absl::Span<const Sidecar> dumps,
            const std::map<std::string, Notes>& notes) {
  return dump.scope.kind == Kind::kFull && WhyChainIsUnusable(dump, dumps, notes).empty();
}

void NoteVerification(const Sidecar& dump, const Notes& notes, Report& report) {
  for (const Verified& verified : notes.verifications) {
    if (!verified.passed()) continue;
    if (report.last_verified.has_value() && report.last_verified->when >= verified.when) continue;
    report.last_verified = verified;
    report.last_verified_id = dump.id;
  }
}

}  // namespace

std::string_view HealthName(Health health) {
  switch (health) {
    case Health::kOk:
      return "ok";
    case Health::kWarning:
      return "warning";
    case Health::kCritical:
      break;
  }
  return "critical";
}

Report JudgeDumps(absl::Span<const Sidecar> newest_first, const std::map<std::string, Notes>& notes,
                  absl::Duration max_age, absl::Time now) {
  Report report;
  report.dumps = newest_first.size();
  if (!newest_first.empty()) report.oldest = newest_first.back().created;
  std::string damaged;  // The newest full dump, if it did not pass its last verification.
  for (const Sidecar& dump : newest_first) {
    if (!IsFull(dump, newest_first, notes)) continue;
    const auto found = notes.find(dump.id);
    const bool is_damaged = found != notes.end() && found->second.damaged();
    if (found != notes.end()) NoteVerification(dump, found->second, report);
    if (is_damaged && !report.last_full.has_value() && damaged.empty()) damaged = dump.id;
    if (!is_damaged && !report.last_full.has_value()) report.last_full = dump;
  }
  if (!report.last_full.has_value()) {
    report.health = Health::kCritical;
    report.reason = newest_first.empty() ? "there is no dump"
                    : damaged.empty()    ? "there is no full dump"
                                         : "no full dump passed its last verification";
  } else if (now - report.last_full->created > max_age) {
    report.health = Health::kCritical;
    report.reason =
        absl::StrCat("the last full dump is older than ", base::FormatDuration(max_age));
  } else if (!damaged.empty()) {
    report.health = Health::kWarning;
    report.reason = absl::StrCat("dump ", damaged, " did not pass its last verification");
  }
  return report;
}

}  // namespace siphon::dumps
