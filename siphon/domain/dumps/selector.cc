// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/dumps/selector.h"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "errs/error.h"
#include "siphon/base/clock.h"
#include "siphon/domain/dumps/chains.h"
#include "siphon/domain/dumps/notes.h"
#include "siphon/domain/dumps/scope.h"
#include "siphon/domain/dumps/sidecar.h"

namespace siphon::dumps {
namespace {

constexpr std::string_view kOp = "dumps";
constexpr std::string_view kLatest = "latest";

// Why the dump is not of the kind that `selector` means; empty if it is.
std::string WhyNotOfKind(const Sidecar& dump, const Selector& selector) {
  const Kind wanted = selector.kind.value_or(Kind::kFull);
  if (selector.any_kind || dump.scope.kind == wanted) return "";
  if (wanted != Kind::kFull) return absl::StrCat("is not ", KindName(wanted));
  switch (dump.scope.kind) {
    case Kind::kFull:
      return "";
    case Kind::kPartial:
      return "holds a part of the database only";
    case Kind::kImported:
      return "was imported, so it may hold a part of the database only";
    case Kind::kUnknown:
      break;
  }
  return "does not record whether it holds the whole database";
}

const Notes& NoNotes() {
  static const auto* const notes = new Notes();
  return *notes;
}

const Notes& NotesOf(const Sidecar& dump, const std::map<std::string, Notes>& notes) {
  const auto found = notes.find(dump.id);
  return found == notes.end() ? NoNotes() : found->second;
}

// Why "latest" does not mean this dump, which fulfils the other conditions; empty if it may.
std::string WhyPassedOver(const Sidecar& dump, absl::Span<const Sidecar> dumps,
                          const std::map<std::string, Notes>& notes, const Selector& selector) {
  if (NotesOf(dump, notes).damaged()) return "did not pass its last verification";
  std::string why = WhyChainIsUnusable(dump, dumps, notes);
  return why.empty() ? WhyNotOfKind(dump, selector) : why;
}

// "of profile prod, before 2026-03-01T00:00:00Z, with the tag weekly"; empty without conditions.
std::string Conditions(const Selector& selector) {
  std::vector<std::string> parts;
  const std::string_view profile = ProfileOfLatest(selector.text);
  if (!profile.empty()) parts.push_back(absl::StrCat("of profile ", profile));
  if (selector.before.has_value()) {
    parts.push_back(absl::StrCat("from before ",
                                 base::FormatRfc3339Nano(*selector.before, absl::UTCTimeZone())));
  }
  for (const std::string& tag : selector.tags) parts.push_back(absl::StrCat("with the tag ", tag));
  return parts.empty() ? "" : absl::StrCat(" ", absl::StrJoin(parts, ", "));
}

bool Fulfils(const Sidecar& dump, const Notes& notes, const Selector& selector) {
  const std::string_view profile = ProfileOfLatest(selector.text);
  if (!profile.empty() && dump.profile != profile) return false;
  if (selector.before.has_value() && dump.created >= *selector.before) return false;
  return std::includes(notes.tags.begin(), notes.tags.end(), selector.tags.begin(),
                       selector.tags.end());
}

}  // namespace

bool IsLatest(std::string_view selector) {
  return absl::ConsumePrefix(&selector, kLatest) &&
         (selector.empty() || absl::StartsWith(selector, ":"));
}

std::string_view ProfileOfLatest(std::string_view selector) {
  absl::ConsumePrefix(&selector, kLatest);
  absl::ConsumePrefix(&selector, ":");
  return selector;
}

std::string LatestOf(std::string_view profile) {
  return profile.empty() ? std::string(kLatest) : absl::StrCat(kLatest, ":", profile);
}

absl::StatusOr<Sidecar> SelectLatest(absl::Span<const Sidecar> newest_first,
                                     const std::map<std::string, Notes>& notes,
                                     const Selector& selector) {
  std::string newest, reason;  // Of the newest dump that was passed over.
  for (const Sidecar& dump : newest_first) {
    if (!Fulfils(dump, NotesOf(dump, notes), selector)) continue;
    std::string why = WhyPassedOver(dump, newest_first, notes, selector);
    if (why.empty()) return dump;
    if (!newest.empty()) continue;
    newest = dump.id;
    reason = std::move(why);
  }
  const std::string conditions = Conditions(selector);
  if (newest.empty()) {
    return errs::UserError(kOp, errs::kNotFound, absl::StrCat("there is no dump", conditions),
                           "'siphon dumps list' shows the existing dumps");
  }
  const std::string_view kind =
      selector.any_kind ? "usable" : KindName(selector.kind.value_or(Kind::kFull));
  return errs::UserError(
      kOp, errs::kNotFound, absl::StrCat("there is no ", kind, " dump", conditions),
      absl::StrCat("the newest one, ", newest, ", ", reason, "; give its id to use it"));
}

std::vector<std::string> SelectByPrefix(absl::Span<const std::string> ids,
                                        std::string_view prefix) {
  std::vector<std::string> selected;
  if (prefix.size() < kShortestPrefix) return selected;
  for (const std::string& id : ids) {
    if (absl::StartsWith(id, prefix)) selected.push_back(id);
  }
  return selected;
}

}  // namespace siphon::dumps
