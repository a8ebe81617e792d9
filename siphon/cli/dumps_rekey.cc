// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "errs/status_macros.h"
#include "siphon/app/dumps.h"
#include "siphon/cli/command.h"
#include "siphon/cli/dump_options.h"
#include "siphon/cli/json.h"

namespace siphon::cli {
namespace {

class DumpsRekeyCommand : public Command {
 public:
  void Define(Parser& parser) override {
    dump_.AddTo(parser);
    parser
        .AddRepeatedOption("--recipient", request_.recipients,
                           "Public key that opens the new dump; can be repeated; default: "
                           "encryption.recipients of the configuration")
        .TypeName("KEY");
    parser.Footer(
        "Replaces a dump by one that is encrypted to other public keys, with a new key for the\n"
        "data and a new id. It has the time, the tags and the pin of the old dump, which is\n"
        "removed after the new one was verified. A clear dump becomes an encrypted one. Needs a\n"
        "key of the old dump (encryption.identities). If no key of this machine opens the new\n"
        "dump, --yes is needed.\n"
        "\n"
        "Copies of the old dump elsewhere stay readable with the old keys.\n"
        "\n"
        "Examples:\n"
        "  siphon dumps rekey 01JD8ZK3X4Q2W5R6T7Y8V9B0NM\n"
        "  siphon dumps rekey latest:prod --recipient age1... --recipient age1...");
  }

  absl::Status Run(Invocation& invocation) override {
    ASSIGN_OR_RETURN(request_.dump, dump_.Get(invocation, "dumps rekey"));
    request_.assume_yes = invocation.options.yes;
    ASSIGN_OR_RETURN(auto session, invocation.OpenSession());
    ASSIGN_OR_RETURN(const app::RekeyResult result,
                     app::RekeyDump(invocation.context, *session, request_));
    Json json;
    json["id"] = result.sidecar.id;
    json["replaced"] = result.replaced;
    json["recipients"] = result.recipients;
    json["size_bytes"] = result.sidecar.size_bytes;
    invocation.output.Result(json, [&](std::ostream& out) { out << result.sidecar.id << "\n"; });
    return absl::OkStatus();
  }

 private:
  DumpOptions dump_;
  app::RekeyRequest request_;
};

}  // namespace

void DefineDumpsRekey(Parser& dumps, Selection& selection) {
  AddCommand<DumpsRekeyCommand>(dumps, "rekey", "Encrypt a dump to other public keys", selection);
}

}  // namespace siphon::cli
