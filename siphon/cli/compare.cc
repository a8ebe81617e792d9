// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/cli/compare.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/app/compare.h"
#include "siphon/base/printable.h"
#include "siphon/cli/command.h"
#include "siphon/cli/json.h"
#include "siphon/cli/table.h"

namespace siphon::cli {
namespace {

void PrintLines(const std::vector<std::string>& lines, int width, std::ostream& out) {
  for (const std::string& line : lines) {
    out << WrapLine(absl::StrCat("  ", base::Printable(line)), width, 4);
  }
}

void PrintComparison(const app::CompareResult& result, int width, std::ostream& out) {
  std::vector<std::vector<std::string>> rows;
  for (const app::ComparedTable& table : result.tables) {
    rows.push_back({table.name, absl::StrCat(table.from_rows), absl::StrCat(table.to_rows),
                    table.same() ? "same" : "different"});
  }
  out << FormatTable({{.title = "TABLE", .fit = Fit::kCut},
                      {.title = "ROWS FROM", .right = true},
                      {.title = "ROWS TO", .right = true},
                      {.title = "CONTENT"}},
                     std::move(rows), width);
  for (const app::ComparedTable& table : result.tables) {
    if (table.same()) continue;
    out << "\n" << base::Printable(table.name) << "\n";
    PrintLines(table.columns, width, out);
    PrintLines(table.keys, width, out);
  }
  for (const std::string& table : result.only_from) {
    out << base::Printable(table) << " only in " << base::Printable(result.from) << "\n";
  }
  for (const std::string& table : result.only_to) {
    out << base::Printable(table) << " only in " << base::Printable(result.to) << "\n";
  }
}

Json ToJson(const app::CompareResult& result) {
  Json json;
  json["from"] = result.from;
  json["to"] = result.to;
  json["same"] = result.same();
  json["tables"] = Json::array();
  for (const app::ComparedTable& table : result.tables) {
    json["tables"].push_back({{"name", table.name},
                              {"from_rows", table.from_rows},
                              {"to_rows", table.to_rows},
                              {"same", table.same()},
                              {"columns", table.columns},
                              {"keys", table.keys}});
  }
  json["only_from"] = result.only_from;
  json["only_to"] = result.only_to;
  json["elapsed_ms"] = Milliseconds(result.elapsed);
  return json;
}

class CompareCommand : public Command {
 public:
  void Define(Parser& parser) override {
    parser.AddOption("from,--from", request_.from, "First database: profile or URL")
        .TypeName("PROFILE");
    parser.AddOption("to,--to", request_.to, "Second database: profile or URL").TypeName("PROFILE");
    parser.AddListOption("--table", request_.tables, "Only these tables").TypeName("TABLE,...");
    parser.AddListOption("--exclude-table", request_.exclude_tables, "All tables except these")
        .TypeName("TABLE,...");
    parser.AddOption("--limit", limit_, "Name at most this many differing rows of each table")
        .TypeName("N");
    parser.Footer(
        "Compares the tables, their columns by name, and the values of all rows, in any order.\n"
        "The databases may be of different engines. Exit code 3: they differ.\n"
        "\n"
        "Examples:\n"
        "  siphon compare prod staging\n"
        "  siphon compare sqlite:///srv/app/app.db prod --table users,orders");
  }

  absl::Status Run(Invocation& invocation) override {
    RETURN_IF_ERROR(RequireGiven(request_.from, "compare", "first database (profile or URL)"));
    RETURN_IF_ERROR(RequireGiven(request_.to, "compare", "second database (profile or URL)"));
    if (limit_ < 0) {
      return errs::UserError("compare", errs::kInvalidArgument, "--limit is negative",
                             "give a number from 0");
    }
    request_.limit = static_cast<size_t>(limit_);
    ASSIGN_OR_RETURN(auto session, invocation.OpenSession());
    ASSIGN_OR_RETURN(const app::CompareResult result,
                     app::Compare(invocation.context, *session, request_));
    invocation.output.Result(ToJson(result), [&](std::ostream& out) {
      PrintComparison(result, invocation.env.out_columns, out);
    });
    if (result.same()) return absl::OkStatus();
    // The result is one object, and says it.
    if (invocation.options.json) invocation.output.SetFailureShown();
    return errs::IntegrityError("compare",
                                absl::StrCat(result.from, " and ", result.to, " differ"));
  }

 private:
  app::CompareRequest request_;
  int limit_ = 10;
};

}  // namespace

void DefineCompare(Parser& root, Selection& selection) {
  AddCommand<CompareCommand>(root, "compare", "Compare the tables and rows of two databases",
                             selection);
}

}  // namespace siphon::cli
