// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/app/dumps.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/app/chain.h"
#include "siphon/base/moment.h"
#include "siphon/base/units.h"
#include "siphon/cli/chains.h"
#include "siphon/cli/command.h"
#include "siphon/cli/dump_options.h"
#include "siphon/cli/json.h"
#include "siphon/cli/table.h"
#include "siphon/domain/dumps/notes.h"
#include "siphon/domain/dumps/scope.h"
#include "siphon/domain/dumps/selector.h"
#include "siphon/domain/dumps/sidecar.h"

namespace siphon::cli {
namespace {

class DumpsInspectCommand : public Command {
 public:
  void Define(Parser& parser) override {
    dump_.AddTo(parser);
    parser.Footer(
        "Examples:\n"
        "  siphon dumps inspect 01JD8ZK3X4Q2W5R6T7Y8V9B0NM");
  }

  absl::Status Run(Invocation& invocation) override {
    ASSIGN_OR_RETURN(const dumps::Selector dump, dump_.Get(invocation, "dumps inspect"));
    ASSIGN_OR_RETURN(auto session, invocation.OpenSession());
    ASSIGN_OR_RETURN(const app::DumpDetails details,
                     app::InspectDump(invocation.context, *session, dump));
    Json json = ToJson(details.sidecar);
    json["type"] = details.envelope.type;
    json["compression"] =
        details.envelope.compression.empty() ? "none" : details.envelope.compression;
    AddNotes(details.notes, json);
    ASSIGN_OR_RETURN(const app::ChainDetails chain,
                     app::DescribeChain(invocation.context, session->catalog(), details.sidecar));
    if (!chain.chain.empty()) json["chain"] = chain.chain;
    if (!chain.increments.empty()) json["increments"] = chain.increments;
    if (!details.envelope.attachments.empty()) json["attachments"] = Json::array();
    for (const dumps::Attachment& attachment : details.envelope.attachments) {
      json["attachments"].push_back({{"name", attachment.name},
                                     {"size_bytes", attachment.size_bytes},
                                     {"checksum", attachment.checksum}});
    }
    invocation.output.Result(
        json, [&](std::ostream& out) { Print(details, chain, invocation.env, out); });
    return absl::OkStatus();
  }

 private:
  static void Print(const app::DumpDetails& details, const app::ChainDetails& chain, const Env& env,
                    std::ostream& out) {
    const absl::Time now = env.clock->Now();
    const dumps::Sidecar& dump = details.sidecar;
    const std::string& compression = details.envelope.compression;
    std::vector<std::vector<std::string>> rows = {
        {"id", dump.id},
        {"profile", dump.profile},
        {"engine", absl::StrCat(dump.driver, " ", dump.engine_version)},
        {"kind", ShowKindOf(dump)},
        {"created", absl::StrCat(base::FormatMoment(dump.created), ", ",
                                 base::FormatAge(now - dump.created), " ago")},
        {"size", absl::StrCat(base::FormatSize(dump.size_bytes), " (", dump.size_bytes, " bytes)")},
        {"compressed", compression.empty() ? "no" : absl::StrCat("with ", compression)},
        {"checksum", dump.checksum}};
    if (!dump.encryption.empty()) rows.push_back({"encryption", dump.encryption});
    for (const std::string& filter : dump.scope.filters) rows.push_back({"filter", filter});
    if (!dump.scope.before_migration.empty()) {
      rows.push_back({"before migration", dump.scope.before_migration});
    }
    if (dump.took > absl::ZeroDuration()) {
      rows.push_back({"took", base::FormatDuration(dump.took)});
    }
    for (const dumps::Attachment& attachment : details.envelope.attachments) {
      rows.push_back({"attachment", absl::StrCat(attachment.name, ", ",
                                                 base::FormatSize(attachment.size_bytes))});
    }
    for (const auto& [name, value] : dump.annotations) rows.push_back({name, value});
    if (!details.notes.tags.empty()) {
      rows.push_back({"tags", absl::StrJoin(details.notes.tags, ", ")});
    }
    if (details.notes.pin.has_value()) {
      rows.push_back({details.notes.pinned(now) ? "pin" : "pin that ended",
                      dumps::DescribePin(*details.notes.pin)});
    }
    for (const dumps::Verified& verified : details.notes.verifications) {
      rows.push_back(
          {verified.passed() ? "verified" : "failed",
           absl::StrCat(base::FormatMoment(verified.when), ", ", dumps::DepthName(verified.depth),
                        verified.passed() ? "" : ": ", verified.failure)});
    }
    if (!dump.base_id.empty()) rows.push_back({"base", dump.base_id});
    if (!dump.parent_id.empty()) rows.push_back({"parent", dump.parent_id});
    if (!chain.chain.empty()) {
      rows.push_back({"chain", absl::StrCat(chain.chain.size(),
                                            " dumps: ", absl::StrJoin(chain.chain, ", "))});
    }
    if (!chain.increments.empty()) {
      rows.push_back({"increments on it", absl::StrJoin(chain.increments, ", ")});
    }
    out << FormatTable({{}, {.fit = Fit::kWrap}}, std::move(rows), env.out_columns);
    if (dump.tables.empty()) return;
    std::vector<std::vector<std::string>> tables;
    for (const dumps::TableInfo& table : dump.tables) {
      tables.push_back({table.name, absl::StrCat(table.rows)});
    }
    out << "\n"
        << FormatTable({{.title = "TABLE", .fit = Fit::kCut}, {.title = "ROWS", .right = true}},
                       std::move(tables), env.out_columns);
  }

  DumpOptions dump_;
};

class DumpsTagCommand : public Command {
 public:
  void Define(Parser& parser) override {
    dump_.AddTo(parser);
    parser.AddRepeatedOption("--add", request_.add, "Tag to add; can be repeated").TypeName("TAG");
    parser.AddRepeatedOption("--remove", request_.remove, "Tag to remove; can be repeated")
        .TypeName("TAG");
    parser.Footer(
        "Examples:\n"
        "  siphon dumps tag latest:prod --add before-upgrade\n"
        "  siphon dumps tag 01JD8ZK3X4Q2W5R6T7Y8V9B0NM");
  }

  absl::Status Run(Invocation& invocation) override {
    ASSIGN_OR_RETURN(request_.dump, dump_.Get(invocation, "dumps tag"));
    ASSIGN_OR_RETURN(auto session, invocation.OpenSession());
    ASSIGN_OR_RETURN(const app::TagResult result,
                     app::TagDump(invocation.context, *session, request_));
    Json json;
    json["id"] = result.id;
    json["tags"] = result.tags;
    invocation.output.Result(json, [&](std::ostream& out) {
      for (const std::string& tag : result.tags) out << tag << "\n";
    });
    return absl::OkStatus();
  }

 private:
  DumpOptions dump_;
  app::TagRequest request_;
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

std::string ShowKind(dumps::Kind kind) {
  return kind == dumps::Kind::kUnknown ? "unknown" : std::string(dumps::KindName(kind));
}

void DefineDumps(Parser& root, Selection& selection) {
  Parser dumps = root.AddCommand(
      "dumps",
      "List, show, tag, pin, extract, import, merge, rekey, prune, remove and rebuild dumps");
  dumps.RequireCommand();
  dumps.Footer(
      "Examples:\n"
      "  siphon dumps list\n"
      "  siphon dumps inspect 01JD8ZK3X4Q2W5R6T7Y8V9B0NM\n"
      "  siphon dumps rebuild --profile prod");
  DefineDumpsList(dumps, selection);
  AddCommand<DumpsInspectCommand>(dumps, "inspect", "Show the details of a dump", selection);
  DefineDumpsExtract(dumps, selection);
  DefineDumpsImport(dumps, selection);
  DefineDumpsPrune(dumps, selection);
  DefineDumpsPin(dumps, selection);
  DefineDumpsRekey(dumps, selection);
  AddCommand<DumpsTagCommand>(dumps, "tag", "Show and change the tags of a dump", selection);
  DefineDumpsChains(dumps, selection);
  AddCommand<DumpsRebuildCommand>(dumps, "rebuild", "Recreate lost sidecars from the dumps",
                                  selection);
}

}  // namespace siphon::cli
