// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/app/inspect.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "errs/status_macros.h"
#include "siphon/base/printable.h"
#include "siphon/base/units.h"
#include "siphon/cli/command.h"
#include "siphon/cli/json.h"
#include "siphon/cli/table.h"

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

// The columns of siphon (Go) have fixed widths (docs/contracts.md#command-line).
constexpr int kNameWidth = 50, kNumberWidth = 15;
constexpr int kFixedWidth = kNameWidth + 2 * (1 + kNumberWidth);

void PrintSchema(const app::InspectResult& result, int width, std::ostream& out) {
  const verbs::Schema& schema = result.schema;
  std::vector<std::vector<std::string>> rows;
  bool fits = width == 0 || width >= kFixedWidth;
  int64_t tables = 0, views = 0, indexes = 0;
  for (const verbs::TableSchema& table : schema.tables) {
    const std::string name =
        table.kind == "table" ? table.name : absl::StrCat(table.name, " (", table.kind, ")");
    if (width > 0 && name.size() > kNameWidth) fits = false;
    rows.push_back({name, Rows(table), base::FormatSize(table.bytes + table.index_bytes)});
    ++(absl::EndsWith(table.kind, "view") ? views : tables);
    indexes += table.indexes;
  }
  if (fits) {
    rows.insert(rows.begin(), std::vector<std::string>{"TABLE", "ROWS", "SIZE"});
    for (const std::vector<std::string>& row : rows) {
      out << absl::StreamFormat("%-*s %*s %*s\n", kNameWidth, base::Printable(row[0]), kNumberWidth,
                                row[1], kNumberWidth, row[2]);
    }
  } else {
    out << FormatTable({{.title = "TABLE", .fit = Fit::kCut},
                        {.title = "ROWS", .right = true},
                        {.title = "SIZE", .right = true}},
                       std::move(rows), width);
  }
  out << "\n"
      << schema.engine << " " << base::Printable(schema.engine_version) << ", "
      << base::FormatSize(schema.bytes) << ", " << Count(tables, "table");
  if (views > 0) out << ", " << Count(views, "view");
  out << ", " << Count(indexes, "index", "indexes") << "\n";
  for (const auto& [name, value] : schema.properties) {
    out << WrapLine(absl::StrCat(name, ": ", base::Printable(value)), width, 2);
  }
}

class InspectCommand : public Command {
 public:
  void Define(Parser& parser) override {
    parser.AddOption("profile,--profile", source_, "Profile or database URL").TypeName("PROFILE");
    parser.AddFlag("--exact", options_.exact,
                   "Count the rows exactly instead of estimating them (~)");
    parser.Footer(
        "Examples:\n"
        "  siphon inspect prod\n"
        "  siphon inspect sqlite:///srv/app/app.db --exact --json");
  }

  absl::Status Run(Invocation& invocation) override {
    RETURN_IF_ERROR(RequireGiven(source_, "inspect", "profile or database URL"));
    ASSIGN_OR_RETURN(auto session, invocation.OpenSession());
    ASSIGN_OR_RETURN(const app::InspectResult result,
                     app::Inspect(invocation.context, *session, source_, options_));
    Json json;
    json["profile"] = result.profile;
    json.update(ToJson(result.schema));
    invocation.output.Result(
        json, [&](std::ostream& out) { PrintSchema(result, invocation.env.out_columns, out); });
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
