// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/app/verify.h"

#include <string>

#include "absl/strings/str_join.h"
#include "errs/status_macros.h"
#include "siphon/base/printable.h"
#include "siphon/base/units.h"
#include "siphon/cli/command.h"
#include "siphon/cli/json.h"

namespace siphon::cli {
namespace {

class VerifyCommand : public Command {
 public:
  void Define(Parser& parser) override {
    parser.AddOption("dump-id", request_.id, "ID of the dump").TypeName("DUMP").Required();
    parser.AddFlag("--deep", request_.deep,
                   "Also parse the whole body, every row and block, and compare row counts");
    parser
        .AddOption(
            "--restore", request_.restore_on,
            "Also restore into a scratch database on this server, compare row counts and, if "
            "recorded, checksums, then drop the scratch database")
        .TypeName("PROFILE");
    parser.AddFlag("--trust", request_.trust,
                   "With --restore: run the dump's own code (functions, triggers) with your rights "
                   "at the server instead of none");
    AddToolsOption(parser, request_.tools);
    parser.Footer(
        "Exit code 3 means that checksum, size, envelope or sidecar differ from what was "
        "recorded.\n"
        "\n"
        "Examples:\n"
        "  siphon verify 01JD8ZK3X4Q2W5R6T7Y8V9B0NM\n"
        "  siphon verify 01JD8ZK3X4Q2W5R6T7Y8V9B0NM --deep --json\n"
        "  siphon verify 01JD8ZK3X4Q2W5R6T7Y8V9B0NM --restore staging");
  }

  absl::Status Run(Invocation& invocation) override {
    ASSIGN_OR_RETURN(auto session, invocation.OpenSession());
    ASSIGN_OR_RETURN(const app::VerifyResult result,
                     app::Verify(invocation.context, *session, request_));
    Json json;
    json["id"] = result.sidecar.id;
    json["ok"] = true;
    json["checksum"] = result.sidecar.checksum;
    json["size_bytes"] = result.sidecar.size_bytes;
    json["deep"] = result.deep;
    const bool compared = result.deep || !result.restored_on.empty();
    if (!result.restored_on.empty()) json["restored_on"] = result.restored_on;
    if (compared) json["tables_compared"] = result.tables_compared;
    if (result.checksums_compared > 0) json["checksums_compared"] = result.checksums_compared;
    if (!result.left_out.empty()) json["left_out"] = result.left_out;
    json["elapsed_ms"] = Milliseconds(result.elapsed);
    invocation.output.Result(json, [&](std::ostream& out) {
      out << result.sidecar.id << " is intact: " << result.sidecar.checksum << ", "
          << base::FormatSize(result.sidecar.size_bytes) << "\n";
      if (result.deep) {
        out << base::Printable(result.deep_summary) << ", rows of " << result.tables_compared
            << " tables as recorded\n";
      }
      if (!result.restored_on.empty()) {
        out << "restored into a scratch database on " << base::Printable(result.restored_on)
            << ": rows of " << result.tables_compared << " tables as recorded";
        if (result.checksums_compared > 0) {
          out << ", checksums of " << result.checksums_compared;
        }
        out << "\n";
      }
      if (!result.left_out.empty()) {
        out << "not tried in the scratch database: "
            << base::Printable(absl::StrJoin(result.left_out, ", ")) << "\n";
      }
    });
    return absl::OkStatus();
  }

 private:
  app::VerifyRequest request_;
};

}  // namespace

void DefineVerify(Parser& root, Selection& selection) {
  AddCommand<VerifyCommand>(root, "verify", "Check that a dump is intact", selection);
}

}  // namespace siphon::cli
