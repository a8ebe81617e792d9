// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "errs/status_macros.h"
#include "siphon/app/dumps.h"
#include "siphon/app/merge.h"
#include "siphon/app/remove_chain.h"
#include "siphon/base/units.h"
#include "siphon/cli/chains.h"
#include "siphon/cli/command.h"
#include "siphon/cli/dump_options.h"
#include "siphon/cli/json.h"
#include "siphon/domain/dumps/chains.h"
#include "siphon/domain/dumps/selector.h"
#include "siphon/domain/dumps/sidecar.h"

namespace siphon::cli {
namespace {

class DumpsRmCommand : public Command {
 public:
  void Define(Parser& parser) override {
    dump_.AddTo(parser);
    parser.AddFlag("--chain", chain_, "Also remove the increments that stand on the dump");
    parser.Footer(
        "A dump on which increments stand is not removed without --chain: they would be useless.\n"
        "\n"
        "Examples:\n"
        "  siphon dumps rm 01JD8ZK3X4Q2W5R6T7Y8V9B0NM --yes\n"
        "  siphon dumps rm 01JD8ZK3X4Q2W5R6T7Y8V9B0NM --chain");
  }

  absl::Status Run(Invocation& invocation) override {
    ASSIGN_OR_RETURN(const dumps::Selector dump, dump_.Get(invocation, "dumps rm"));
    ASSIGN_OR_RETURN(auto session, invocation.OpenSession());
    ASSIGN_OR_RETURN(const std::string id, app::FindDump(invocation.context, *session, dump));
    if (chain_) return RemoveChain(invocation, *session, id);
    RETURN_IF_ERROR(
        invocation.Confirm("dumps rm", absl::StrCat("Remove dump ", id, " permanently?")));
    RETURN_IF_ERROR(app::RemoveDump(invocation.context, *session, id));
    Json json;
    json["removed"] = id;
    invocation.output.Result(json, [&](std::ostream& out) { out << "removed " << id << "\n"; });
    return absl::OkStatus();
  }

 private:
  static absl::Status RemoveChain(Invocation& invocation, app::Session& session,
                                  const std::string& id) {
    ASSIGN_OR_RETURN(const std::vector<std::string> ids,
                     app::DumpWithIncrements(invocation.context, session, id));
    std::string question = absl::StrCat("Remove dump ", id, " permanently?");
    if (ids.size() > 1) {
      question = absl::StrCat("Remove dump ", id, " and the ", ids.size() - 1,
                              " increments that stand on it permanently?");
    }
    RETURN_IF_ERROR(invocation.Confirm("dumps rm", question));
    RETURN_IF_ERROR(app::RemoveDumps(invocation.context, session, ids));
    Json json;
    json["removed"] = id;
    json["all_removed"] = ids;
    invocation.output.Result(json, [&](std::ostream& out) {
      for (const std::string& one : ids) out << "removed " << one << "\n";
    });
    return absl::OkStatus();
  }

  DumpOptions dump_;
  bool chain_ = false;
};

class DumpsMergeCommand : public Command {
 public:
  void Define(Parser& parser) override {
    dump_.AddTo(parser);
    parser
        .AddOption("--jobs", jobs_,
                   "Number of parallel jobs; the default is the number of processors, at most 4")
        .TypeName("N")
        .InRange(1, 64);
    parser
        .AddOption("--compression", compression_,
                   "Compression, from 1 (fast, the default) to 9 (small), with zstd; 0 for none")
        .TypeName("N")
        .InRange(0, 9);
    parser.Footer(
        "The new dump is of the same time and state as the increment, and needs no other dump. "
        "The\n"
        "database is not read. The dumps of the chain stay; 'dumps rm --chain' removes them.\n"
        "\n"
        "Examples:\n"
        "  siphon dumps merge latest:prod\n"
        "  siphon dumps merge 01JD8ZK3X4Q2W5R6T7Y8V9B0NM --compression 9");
  }

  absl::Status Run(Invocation& invocation) override {
    app::MergeRequest request;
    ASSIGN_OR_RETURN(request.dump, dump_.Get(invocation, "dumps merge"));
    if (compression_ >= 0) request.compression = compression_;
    if (jobs_ > 0) request.jobs = jobs_;
    ASSIGN_OR_RETURN(auto session, invocation.OpenSession());
    ASSIGN_OR_RETURN(const app::MergeResult result,
                     app::MergeDump(invocation.context, *session, request));
    Json json = ToJson(result.sidecar);
    json["merged"] = result.merged;
    invocation.context.Message("dumps",
                               absl::StrCat("a full dump of the state of ", result.merged, ", ",
                                            base::FormatSize(result.sidecar.size_bytes)));
    invocation.output.Result(json, [&](std::ostream& out) { out << result.sidecar.id << "\n"; });
    return absl::OkStatus();
  }

 private:
  DumpOptions dump_;
  int jobs_ = 0, compression_ = -1;
};

}  // namespace

std::string ShowKindOf(const dumps::Sidecar& dump) {
  return dumps::IsIncrement(dump) ? "increment" : ShowKind(dump.scope.kind);
}

void DefineDumpsChains(Parser& dumps, Selection& selection) {
  AddCommand<DumpsMergeCommand>(dumps, "merge", "Make a full dump from an increment and its chain",
                                selection);
  AddCommand<DumpsRmCommand>(dumps, "rm", "Remove a dump", selection);
}

}  // namespace siphon::cli
