// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/app/inspect.h"

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "errs/status_macros.h"
#include "siphon/base/printable.h"
#include "siphon/base/units.h"
#include "siphon/cli/command.h"
#include "siphon/cli/json.h"

namespace siphon::cli {
namespace {

// An estimate is marked with "~".
std::string Rows(const verbs::TableSchema& table) {
  if (table.kind == "view" || table.kind == "foreign table") return "-";
  return absl::StrCat(table.rows_exact ? "" : "~", table.rows);
}

std::string Count(int64_t n, std::string_view one, std::string_view many = "") {
  if (n == 1) return absl::StrCat("1 ", one);
  return many.empty() ? absl::StrCat(n, " ", one, "s") : absl::StrCat(n, " ", many);
}

void PrintSchema(const app::InspectResult& result, std::ostream& out) {
  const verbs::Schema& schema = result.schema;
  out << absl::StreamFormat("%-50s %15s %15s\n", "TABLE", "ROWS", "SIZE");
  int64_t tables = 0, views = 0, indexes = 0;
  for (const verbs::TableSchema& table : schema.tables) {
    const std::string name =
        table.kind == "table" ? table.name : absl::StrCat(table.name, " (", table.kind, ")");
    out << absl::StreamFormat("%-50s %15s %15s\n", base::Printable(name), Rows(table),
                              base::FormatSize(table.bytes + table.index_bytes));
    ++(absl::EndsWith(table.kind, "view") ? views : tables);
    indexes += table.indexes;
  }
  out << "\n"
      << schema.engine << " " << base::Printable(schema.engine_version) << ", "
      << base::FormatSize(schema.bytes) << ", " << Count(tables, "table");
  if (views > 0) out << ", " << Count(views, "view");
  out << ", " << Count(indexes, "index", "indexes") << "\n";
  for (const auto& [name, value] : schema.properties)
    out << name << ": " << base::Printable(value) << "\n";
}

class InspectCommand : public Command {
 public:
  void Define(Parser& parser) override {
    parser.AddOption("profile", source_, "Profile or database URL").TypeName("PROFILE").Required();
    parser.AddFlag("--exact", options_.exact,
                   "Count the rows exactly instead of estimating them (~)");
    parser.Footer(
        "Examples:\n"
        "  siphon inspect prod\n"
        "  siphon inspect sqlite:///srv/app/app.db --exact --json");
  }

  absl::Status Run(Invocation& invocation) override {
    ASSIGN_OR_RETURN(auto session, invocation.OpenSession());
    ASSIGN_OR_RETURN(const app::InspectResult result,
                     app::Inspect(invocation.context, *session, source_, options_));
    Json json;
    json["profile"] = result.profile;
    json.update(ToJson(result.schema));
    invocation.output.Result(json, [&](std::ostream& out) { PrintSchema(result, out); });
    return absl::OkStatus();
  }

 private:
  std::string source_;
  verbs::InspectOptions options_;
};

}  // namespace

void DefineInspect(Parser& root, Selection& selection) {
  AddCommand<InspectCommand>(root, "inspect", "Show the tables and sizes of a database", selection);
}

}  // namespace siphon::cli
