// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <istream>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/app/dumps.h"
#include "siphon/base/file.h"
#include "siphon/base/io.h"
#include "siphon/base/units.h"
#include "siphon/cli/command.h"
#include "siphon/cli/input_reader.h"
#include "siphon/cli/json.h"
#include "siphon/domain/dumps/loose_dump.h"

namespace siphon::cli {
namespace {

constexpr std::string_view kOp = "dumps import";

class DumpsImportCommand : public Command {
 public:
  void Define(Parser& parser) override {
    parser.AddOption("file", file_, "File to import; - for standard input")
        .TypeName("FILE")
        .Required();
    parser.AddOption("--profile", profile_, "Profile or database URL that the dump belongs to")
        .TypeName("PROFILE")
        .Required();
    parser
        .AddOption("--compression", compression_,
                   "Compression, from 1 (fast, the default) to 9 (small), with zstd; 0 for none")
        .TypeName("N")
        .InRange(0, 9);
    parser.Footer(
        "Imports dumps of pg_dump -Fc, mysqldump, mariadb-dump, mydumper (its files concatenated)\n"
        "and sqlite3. The dump is read to its end first; a truncated one is refused.\n"
        "\n"
        "Examples:\n"
        "  siphon dumps import shop.sql --profile mariadb://app@db.example.org/shop\n"
        "  mysqldump shop | siphon dumps import - --profile shop");
  }

  absl::Status Run(Invocation& invocation) override {
    if (file_ == "-" && invocation.env.in_is_terminal) {
      return errs::UserError(kOp, errs::kInvalidArgument, "standard input is a terminal",
                             "name a file, or pipe a dump to standard input");
    }
    ASSIGN_OR_RETURN(auto session, invocation.OpenSession());
    std::unique_ptr<base::Reader> body;
    if (file_ == "-") {
      body = std::make_unique<InputReader>(kOp, invocation.env.in);
    } else {
      ASSIGN_OR_RETURN(base::FileReader file, base::FileReader::Open(file_));
      body = std::make_unique<base::FileReader>(std::move(file));
    }
    app::ImportRequest request{.profile = profile_, .compression = std::nullopt, .input = file_};
    if (file_ == "-") request.input = dumps::kStandardInput;
    if (compression_ >= 0) request.compression = compression_;
    ASSIGN_OR_RETURN(const app::ImportResult result,
                     app::ImportDump(invocation.context, *session, request, *body));
    Json json = ToJson(result.sidecar);
    json["body_bytes"] = result.body_bytes;
    invocation.context.Message("import",
                               absl::StrCat(file_, ", ", base::FormatSize(result.body_bytes)));
    invocation.output.Result(json, [&](std::ostream& out) { out << result.sidecar.id << "\n"; });
    return absl::OkStatus();
  }

 private:
  std::string file_, profile_;
  int compression_ = -1;
};

}  // namespace

void DefineDumpsImport(Parser& dumps, Selection& selection) {
  AddCommand<DumpsImportCommand>(dumps, "import", "Import a dump that another program wrote",
                                 selection);
}

}  // namespace siphon::cli
