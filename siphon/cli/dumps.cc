// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/app/dumps.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/units.h"
#include "siphon/cli/command.h"
#include "siphon/cli/json.h"
#include "siphon/domain/profile/url.h"

namespace siphon::cli {
namespace {

std::string LocalTime(const Invocation& invocation, absl::Time time) {
  return absl::FormatTime("%Y-%m-%d %H:%M:%S", time, invocation.env.clock->Local());
}

class DumpsListCommand : public Command {
 public:
  void Define(Parser& parser) override {
    parser.AddOption("--profile", profile_, "Only dumps of this profile").TypeName("PROFILE");
    parser.Footer(
        "Examples:\n"
        "  siphon dumps list\n"
        "  siphon dumps list --profile prod --json");
  }

  absl::Status Run(Invocation& invocation) override {
    ASSIGN_OR_RETURN(auto session, invocation.OpenSession());
    ASSIGN_OR_RETURN(dumps::Listing listing, app::ListDumps(invocation.context, *session));
    if (!profile_.empty()) {
      // The catalogue stores a database URL without its password.
      const std::string name = profile::RedactUrl(profile_);
      std::erase_if(listing.dumps,
                    [&name](const dumps::Sidecar& dump) { return dump.profile != name; });
    }
    Json json;
    json["dumps"] = Json::array();
    for (const dumps::Sidecar& dump : listing.dumps) json["dumps"].push_back(ToJson(dump));
    json["corrupt"] = listing.corrupt;
    json["orphans"] = listing.orphans;
    Warn(invocation, listing);
    invocation.output.Result(json, [&](std::ostream& out) { Print(invocation, listing, out); });
    return absl::OkStatus();
  }

 private:
  static void Warn(const Invocation& invocation, const dumps::Listing& listing) {
    for (const std::string& id : listing.corrupt) {
      invocation.context.Warn("dumps", absl::StrCat("dump ", id,
                                                    " has an invalid sidecar: see "
                                                    "'siphon verify ",
                                                    id, "'"));
    }
    for (const std::string& id : listing.orphans) {
      invocation.context.Warn("dumps",
                              absl::StrCat("dump ", id,
                                           " has no sidecar and is not listed: 'siphon dumps "
                                           "rebuild' creates a sidecar, 'siphon dumps rm ",
                                           id, "' removes the dump"));
    }
  }

  static void Print(const Invocation& invocation, const dumps::Listing& listing,
                    std::ostream& out) {
    if (listing.dumps.empty()) {
      out << "no dumps\n";
      return;
    }
    std::vector<std::vector<std::string>> rows = {{"ID", "PROFILE", "DRIVER", "CREATED", "SIZE"}};
    for (const dumps::Sidecar& dump : listing.dumps) {
      rows.push_back({dump.id, dump.profile, dump.driver, LocalTime(invocation, dump.created),
                      base::FormatSize(dump.size_bytes)});
    }
    out << FormatTable(rows, {false, false, false, false, true});
  }

  std::string profile_;
};

class DumpsInspectCommand : public Command {
 public:
  void Define(Parser& parser) override {
    parser.AddOption("dump-id", id_, "ID of the dump").TypeName("DUMP").Required();
    parser.Footer(
        "Examples:\n"
        "  siphon dumps inspect 01JD8ZK3X4Q2W5R6T7Y8V9B0NM");
  }

  absl::Status Run(Invocation& invocation) override {
    ASSIGN_OR_RETURN(auto session, invocation.OpenSession());
    ASSIGN_OR_RETURN(const app::DumpDetails details,
                     app::InspectDump(invocation.context, *session, id_));
    Json json = ToJson(details.sidecar);
    json["type"] = details.envelope.type;
    json["compression"] =
        details.envelope.compression.empty() ? "none" : details.envelope.compression;
    if (!details.envelope.attachments.empty()) json["attachments"] = Json::array();
    for (const dumps::Attachment& attachment : details.envelope.attachments) {
      json["attachments"].push_back({{"name", attachment.name},
                                     {"size_bytes", attachment.size_bytes},
                                     {"checksum", attachment.checksum}});
    }
    invocation.output.Result(json, [&](std::ostream& out) { Print(invocation, details, out); });
    return absl::OkStatus();
  }

 private:
  static void Print(const Invocation& invocation, const app::DumpDetails& details,
                    std::ostream& out) {
    const dumps::Sidecar& dump = details.sidecar;
    const std::string& compression = details.envelope.compression;
    std::vector<std::vector<std::string>> rows = {
        {"id", dump.id},
        {"profile", dump.profile},
        {"engine", absl::StrCat(dump.driver, " ", dump.engine_version)},
        {"type", details.envelope.type},
        {"created", LocalTime(invocation, dump.created)},
        {"size", absl::StrCat(base::FormatSize(dump.size_bytes), " (", dump.size_bytes, " bytes)")},
        {"compression", compression.empty() ? "none" : compression},
        {"checksum", dump.checksum}};
    for (const dumps::Attachment& attachment : details.envelope.attachments) {
      rows.push_back({"attachment", absl::StrCat(attachment.name, ", ",
                                                 base::FormatSize(attachment.size_bytes))});
    }
    for (const auto& [name, value] : dump.annotations) rows.push_back({name, value});
    if (!dump.base_id.empty()) rows.push_back({"base", dump.base_id});
    if (!dump.parent_id.empty()) rows.push_back({"parent", dump.parent_id});
    out << FormatTable(rows, {false, false});
    if (dump.tables.empty()) return;
    std::vector<std::vector<std::string>> tables = {{"TABLE", "ROWS"}};
    for (const dumps::TableInfo& table : dump.tables) {
      tables.push_back({table.name, absl::StrCat(table.rows)});
    }
    out << "\n" << FormatTable(tables, {false, true});
  }

  std::string id_;
};

class DumpsRmCommand : public Command {
 public:
  void Define(Parser& parser) override {
    parser.AddOption("dump-id", id_, "ID of the dump").TypeName("DUMP").Required();
    parser.Footer(
        "Examples:\n"
        "  siphon dumps rm 01JD8ZK3X4Q2W5R6T7Y8V9B0NM --yes");
  }

  absl::Status Run(Invocation& invocation) override {
    ASSIGN_OR_RETURN(auto session, invocation.OpenSession());
    RETURN_IF_ERROR(
        invocation.Confirm("dumps rm", absl::StrCat("Remove dump ", id_, " permanently?")));
    RETURN_IF_ERROR(app::RemoveDump(invocation.context, *session, id_));
    Json json;
    json["removed"] = id_;
    invocation.output.Result(json, [&](std::ostream& out) { out << "removed " << id_ << "\n"; });
    return absl::OkStatus();
  }

 private:
  std::string id_;
};

class DumpsRebuildCommand : public Command {
 public:
  void Define(Parser& parser) override {
    parser
        .AddOption("--profile", profile_,
                   "Profile to write into the new sidecars; a dump does not contain it")
        .TypeName("PROFILE")
        .ShowDefault();
    parser.AddFlag("--all", all_, "Rebuild every sidecar, not only missing ones");
    parser.Footer(
        "Each dump is read to its end first; an incomplete dump gets no sidecar.\n"
        "\n"
        "Examples:\n"
        "  siphon dumps rebuild --profile prod");
  }

  absl::Status Run(Invocation& invocation) override {
    ASSIGN_OR_RETURN(auto session, invocation.OpenSession());
    ASSIGN_OR_RETURN(const dumps::RebuildResult result,
                     app::RebuildDumps(invocation.context, *session, profile_, all_));
    Json json;
    json["rebuilt"] = result.rebuilt;
    json["refused"] = Json::array();
    for (const auto& refused : result.refused) {
      Json entry;
      entry["id"] = refused.id;
      entry["error"] = ErrorToJson(refused.why);
      json["refused"].push_back(std::move(entry));
      invocation.context.Warn("dumps rebuild",
                              absl::StrCat(refused.id, ": ", refused.why.message()));
    }
    invocation.output.Result(json, [&](std::ostream& out) {
      for (const std::string& id : result.rebuilt) out << "rebuilt " << id << "\n";
      if (result.rebuilt.empty() && result.refused.empty()) out << "nothing to rebuild\n";
    });
    if (result.refused.empty()) return absl::OkStatus();
    return errs::IntegrityError(
        "dumps rebuild",
        absl::StrCat(result.refused.size(), " of ", result.refused.size() + result.rebuilt.size(),
                     " dumps are incomplete or damaged"),
        "remove them with 'siphon dumps rm'");
  }

 private:
  std::string profile_ = "unknown";
  bool all_ = false;
};

}  // namespace

void DefineDumps(Parser& root, Selection& selection) {
  Parser dumps = root.AddCommand("dumps", "List, show, extract, import, remove and rebuild dumps");
  dumps.RequireCommand();
  dumps.Footer(
      "Examples:\n"
      "  siphon dumps list\n"
      "  siphon dumps inspect 01JD8ZK3X4Q2W5R6T7Y8V9B0NM\n"
      "  siphon dumps rebuild --profile prod");
  AddCommand<DumpsListCommand>(dumps, "list", "List the dumps, newest first", selection);
  AddCommand<DumpsInspectCommand>(dumps, "inspect", "Show the details of a dump", selection);
  DefineDumpsExtract(dumps, selection);
  DefineDumpsImport(dumps, selection);
  AddCommand<DumpsRmCommand>(dumps, "rm", "Remove a dump", selection);
  AddCommand<DumpsRebuildCommand>(dumps, "rebuild", "Recreate lost sidecars from the dumps",
                                  selection);
}

}  // namespace siphon::cli
