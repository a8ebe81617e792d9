// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <sys/stat.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/app/dumps.h"
#include "siphon/base/file.h"
#include "siphon/base/ownership.h"
#include "siphon/base/units.h"
#include "siphon/cli/command.h"
#include "siphon/cli/dump_options.h"
#include "siphon/cli/json.h"
#include "siphon/cli/stream_writer.h"

namespace siphon::cli {
namespace {

constexpr std::string_view kOp = "dumps extract";
constexpr mode_t kFileMode = 0600;

class DumpsExtractCommand : public Command {
 public:
  void Define(Parser& parser) override {
    dump_.AddTo(parser);
    parser
        .AddOption("-o,--output", output_,
                   "File to write; - for standard output, the default unless it is a terminal")
        .TypeName("FILE");
    const Option tables = parser
                              .AddListOption("--table", tables_,
                                             "Only these tables; the rest of the dump is not read")
                              .TypeName("TABLE,...");
    Option globals = parser.AddFlag(
        "--globals", globals_, "Extract the roles and tablespaces that were saved with the dump");
    globals.Excludes(tables);
    parser.Footer(
        "Writes the format that pg_restore, mysql or sqlite3 reads. Size and checksum are "
        "compared\n"
        "with the recorded ones: after exit code 3 do not use the output.\n"
        "With --table it reads and verifies only the tables and the definitions; the dump must "
        "have\n"
        "an index. Names and patterns are those of 'siphon restore --table'.\n"
        "\n"
        "Examples:\n"
        "  siphon dumps extract 01JD8ZK3X4Q2W5R6T7Y8V9B0NM --output app.db\n"
        "  siphon dumps extract 01JD8ZK3X4Q2W5R6T7Y8V9B0NM | pg_restore --list\n"
        "  siphon dumps extract latest:prod --table users --output users.dump\n"
        "  siphon dumps extract 01JD8ZK3X4Q2W5R6T7Y8V9B0NM --globals | psql");
  }

  absl::Status Run(Invocation& invocation) override {
    const bool to_stream = output_.empty() || output_ == "-";
    if (to_stream && invocation.env.out_is_terminal) {
      return errs::UserError(kOp, errs::kInvalidArgument,
                             "standard output is a terminal, and the dump is binary",
                             "name a file with --output, or pipe the output into a program");
    }
    if (to_stream && invocation.options.json) {
      return errs::UserError(kOp, errs::kInvalidArgument,
                             "--json and the dump cannot both use standard output",
                             "name a file with --output");
    }
    app::ExtractRequest request;
    request.globals = globals_;
    request.tables = tables_;
    ASSIGN_OR_RETURN(request.dump, dump_.Get(invocation, kOp));
    ASSIGN_OR_RETURN(auto session, invocation.OpenSession());
    return to_stream ? ToStream(invocation, *session, request)
                     : ToFile(invocation, *session, request);
  }

 private:
  static absl::Status ToStream(Invocation& invocation, app::Session& session,
                               const app::ExtractRequest& request) {
    StreamWriter out(kOp, invocation.env.out);
    RETURN_IF_ERROR(app::ExtractDump(invocation.context, session, request, out).status());
    return out.Finish();
  }

  absl::Status ToFile(Invocation& invocation, app::Session& session,
                      const app::ExtractRequest& request) const {
    const auto [directory, name] = base::SplitPath(output_);
    const absl::Status links = base::ResolveLinks(kOp, directory).status();
    if (errs::Is(links, errs::kIo)) return links;
    struct stat info;
    if (lstat(output_.c_str(), &info) == 0) return Exists();
    const std::string prefix = absl::StrCat(".", name.substr(0, 200), ".siphon-");
    // Left over by an extraction that was killed.
    base::RemoveStaleFiles(directory, prefix).status().IgnoreError();
    ASSIGN_OR_RETURN(const std::unique_ptr<base::AtomicFile> file,
                     base::AtomicFile::Create(directory, prefix, kFileMode));
    ASSIGN_OR_RETURN(const app::ExtractResult result,
                     app::ExtractDump(invocation.context, session, request, *file));
    RETURN_IF_ERROR(file->Finish());
    const absl::Status published = file->Publish(name, base::AtomicFile::IfExists::kFail);
    if (errs::Is(published, errs::kAlreadyExists)) return Exists();
    RETURN_IF_ERROR(published);
    Json json;
    json["id"] = result.sidecar.id;
    json["path"] = output_;
    json["bytes"] = result.bytes;
    invocation.output.Result(json, [&](std::ostream& out) {
      out << "extracted " << result.sidecar.id << " to " << output_ << ", "
          << base::FormatSize(result.bytes) << "\n";
    });
    return absl::OkStatus();
  }

  absl::Status Exists() const {
    return errs::UserError(kOp, errs::kAlreadyExists, output_,
                           "remove it first, or name another file");
  }

  DumpOptions dump_;
  std::string output_;
  std::vector<std::string> tables_;
  bool globals_ = false;
};

}  // namespace

void DefineDumpsExtract(Parser& dumps, Selection& selection) {
  AddCommand<DumpsExtractCommand>(dumps, "extract",
                                  "Write a dump in the native format of its engine", selection);
}

}  // namespace siphon::cli
