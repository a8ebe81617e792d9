// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "errs/status_macros.h"
#include "siphon/app/dumps.h"
#include "siphon/base/moment.h"
#include "siphon/base/printable.h"
#include "siphon/base/units.h"
#include "siphon/cli/chains.h"
#include "siphon/cli/command.h"
#include "siphon/cli/dump_options.h"
#include "siphon/cli/json.h"
#include "siphon/cli/table.h"
#include "siphon/domain/dumps/catalog.h"
#include "siphon/domain/dumps/chains.h"
#include "siphon/domain/dumps/scope.h"
#include "siphon/domain/dumps/sidecar.h"
#include "siphon/domain/profile/url.h"

namespace siphon::cli {
namespace {

class DumpsListCommand : public Command {
 public:
  void Define(Parser& parser) override {
    parser.AddOption("--profile", profile_, "Only dumps of this profile").TypeName("PROFILE");
    std::vector<std::string> kinds = KindNames(false);
    kinds.push_back("increment");
    parser
        .AddOption("--kind", kind_, "Only dumps of this kind: full, partial, imported or increment")
        .TypeName("KIND")
        .OneOf(std::move(kinds));
    parser.AddOption("--tag", tag_, "Only dumps with this tag").TypeName("TAG");
    parser
        .AddOption("--since", since_,
                   "Only dumps from this time on: 2026-03-01T11:22:02Z, 2026-03-01, or an age such "
                   "as 26h")
        .TypeName("TIME");
    parser.AddOption("--before", before_, "Only dumps from before this time").TypeName("TIME");
    parser.Footer(
        "With --quiet it prints the ids alone. Times without a zone are those of UTC.\n"
        "\n"
        "Examples:\n"
        "  siphon dumps list\n"
        "  siphon dumps list --profile prod --json\n"
        "  siphon dumps list --kind partial --before 30d --quiet");
  }

  absl::Status Run(Invocation& invocation) override {
    RETURN_IF_ERROR(ParseTimes(invocation.env.clock->Now()));
    ASSIGN_OR_RETURN(auto session, invocation.OpenSession());
    ASSIGN_OR_RETURN(dumps::Listing listing, app::ListDumps(invocation.context, *session));
    const size_t all = listing.dumps.size();
    std::erase_if(listing.dumps, [&](const dumps::Sidecar& dump) {
      return !IsWanted(dump, listing.notes[dump.id]);
    });
    if (listing.dumps.empty()) {
      RETURN_IF_ERROR(app::RequireKnownProfile(*session, profile_));
    }
    Json json;
    json["dumps"] = Json::array();
    for (const dumps::Sidecar& dump : listing.dumps) {
      json["dumps"].push_back(ToJson(dump));
      AddNotes(listing.notes[dump.id], json["dumps"].back());
    }
    json["corrupt"] = listing.corrupt;
    json["orphans"] = listing.orphans;
    Warn(invocation, listing);
    invocation.output.Result(json, [&](std::ostream& out) {
      if (invocation.options.quiet) {
        for (const dumps::Sidecar& dump : listing.dumps) out << dump.id << "\n";
      } else if (listing.dumps.empty()) {
        out << (all == 0 ? "no dumps in " : "no such dumps in ")
            << base::Printable(session->catalog().store().Description()) << "\n";
      } else {
        Print(listing, invocation.env, out);
      }
    });
    return absl::OkStatus();
  }

 private:
  absl::Status ParseTimes(absl::Time now) {
    if (!since_.empty()) {
      ASSIGN_OR_RETURN(from_, base::ParseMoment("--since", since_, now));
    }
    if (!before_.empty()) {
      ASSIGN_OR_RETURN(to_, base::ParseMoment("--before", before_, now));
    }
    return absl::OkStatus();
  }

  bool IsWanted(const dumps::Sidecar& dump, const dumps::Notes& notes) const {
    // The catalogue stores a database URL without its password.
    if (!profile_.empty() && dump.profile != profile::RedactUrl(profile_)) return false;
    if (!kind_.empty() && ShowKindOf(dump) != kind_) return false;
    if (!tag_.empty() && !notes.tags.contains(tag_)) return false;
    return dump.created >= from_ && dump.created < to_;
  }

  static void Warn(const Invocation& invocation, const dumps::Listing& listing) {
    for (const std::string& id : listing.corrupt) {
      invocation.context.Warn("dumps", absl::StrCat("dump ", id,
                                                    " has an invalid sidecar: see "
                                                    "'siphon verify ",
                                                    id, "'"));
    }
    for (const std::string& id : listing.bad_notes) {
      invocation.context.Warn("dumps", absl::StrCat("the notes of dump ", id,
                                                    " cannot be read, so its tags and"
                                                    " verifications are not known"));
    }
    for (const std::string& id : listing.orphans) {
      invocation.context.Warn("dumps",
                              absl::StrCat("dump ", id,
                                           " has no sidecar and is not listed: 'siphon dumps "
                                           "rebuild' creates a sidecar, 'siphon dumps rm ",
                                           id, "' removes the dump"));
    }
  }

  static void Print(const dumps::Listing& listing, const Env& env, std::ostream& out) {
    const absl::Time now = env.clock->Now();
    std::vector<std::vector<std::string>> rows;
    bool has_increments = false;
    for (const dumps::Sidecar& dump : listing.dumps) {
      rows.push_back({dump.id, dump.profile, dump.driver, ShowKindOf(dump),
                      base::FormatMoment(dump.created), base::FormatAge(now - dump.created),
                      dump.took > absl::ZeroDuration() ? base::FormatDuration(dump.took) : "-",
                      base::FormatSize(dump.size_bytes), dump.parent_id});
      has_increments |= dumps::IsIncrement(dump);
    }
    std::vector<Column> columns = {{.title = "ID"},
                                   {.title = "PROFILE", .fit = Fit::kCut},
                                   {.title = "DRIVER", .leave_out = 4},
                                   {.title = "KIND", .leave_out = 1},
                                   {.title = "CREATED", .leave_out = 3},
                                   {.title = "AGE", .right = true},
                                   {.title = "TOOK", .right = true, .leave_out = 5},
                                   {.title = "SIZE", .right = true, .leave_out = 2},
                                   {.title = "STANDS ON", .leave_out = 6}};
    if (!has_increments) {
      columns.pop_back();
      for (std::vector<std::string>& row : rows) row.pop_back();
    }
    out << FormatTable(columns, std::move(rows), env.out_columns);
  }

  std::string profile_, kind_, tag_, since_, before_;
  absl::Time from_ = absl::InfinitePast(), to_ = absl::InfiniteFuture();
};

}  // namespace

void DefineDumpsList(Parser& dumps, Selection& selection) {
  AddCommand<DumpsListCommand>(dumps, "list", "List the dumps, newest first", selection)
      .Alias("ls");
}

}  // namespace siphon::cli
