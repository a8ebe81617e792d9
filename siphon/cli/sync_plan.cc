// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/cli/sync_plan.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "siphon/base/printable.h"
#include "siphon/cli/table.h"
#include "siphon/domain/schema/matrix.h"

namespace siphon::cli {
namespace {

using schema::Verdict;

size_t Count(const schema::Plan& plan, Verdict verdict) {
  size_t count = 0;
  for (const schema::Finding& finding : plan.findings) count += finding.verdict == verdict ? 1 : 0;
  return count;
}

void PrintFindings(const schema::Plan& plan, Verdict verdict, std::string_view title, int width,
                   std::ostream& out) {
  if (Count(plan, verdict) == 0) return;
  out << "\n" << title << "\n";
  for (const schema::Finding& finding : plan.findings) {
    if (finding.verdict != verdict) continue;
    const std::string line = absl::StrCat("  ", finding.object, ": ", finding.text);
    out << WrapLine(base::Printable(line), width, 4);
  }
}

}  // namespace

void PrintPlan(const app::CopyTablesResult& result, bool sql, int width, std::ostream& out) {
  const schema::Plan& plan = result.plan;
  std::vector<std::vector<std::string>> rows;
  for (size_t i = 0; i < plan.tables.size(); ++i) {
    const schema::PlannedTable& table = plan.tables[i];
    for (size_t k = 0; k < table.columns.size(); ++k) {
      const schema::PlannedColumn& column = table.columns[k];
      rows.push_back({k == 0 ? table.source : "", column.name,
                      plan.source.tables[i].columns[k].native, column.target,
                      std::string(schema::VerdictName(column.verdict))});
    }
  }
  out << FormatTable({{.title = "TABLE", .fit = Fit::kCut},
                      {.title = "COLUMN", .fit = Fit::kCut},
                      {.title = result.from_engine, .fit = Fit::kCut},
                      {.title = result.to_engine, .fit = Fit::kCut},
                      {.title = "VALUES"}},
                     std::move(rows), width);
  PrintFindings(plan, Verdict::kRefused, "Refused:", width, out);
  PrintFindings(plan, Verdict::kWarned, "Lost with --allow-lossy:", width, out);
  if (plan.findings.empty()) out << "\nNothing is lost.\n";
  if (!sql) return;
  out << "\n";
  for (const std::string& statement : result.ddl) {
    out << base::PrintableLines(statement) << ";\n";
  }
}

Json PlanToJson(const app::CopyTablesResult& result, bool sql) {
  const schema::Plan& plan = result.plan;
  Json json;
  json["from"] = result.from;
  json["to"] = result.to;
  json["from_engine"] = result.from_engine;
  json["to_engine"] = result.to_engine;
  json["lossy"] = plan.Has(Verdict::kWarned);
  json["refused"] = plan.Has(Verdict::kRefused);
  json["tables"] = Json::array();
  for (size_t i = 0; i < plan.tables.size(); ++i) {
    Json table;
    table["name"] = plan.tables[i].source;
    table["columns"] = Json::array();
    for (size_t k = 0; k < plan.tables[i].columns.size(); ++k) {
      const schema::PlannedColumn& column = plan.tables[i].columns[k];
      table["columns"].push_back({{"name", column.name},
                                  {"type", plan.source.tables[i].columns[k].native},
                                  {"target_type", column.target},
                                  {"verdict", schema::VerdictName(column.verdict)},
                                  {"reason", column.reason}});
    }
    json["tables"].push_back(std::move(table));
  }
  json["findings"] = Json::array();
  for (const schema::Finding& finding : plan.findings) {
    json["findings"].push_back({{"verdict", schema::VerdictName(finding.verdict)},
                                {"object", finding.object},
                                {"text", finding.text}});
  }
  if (sql) json["sql"] = result.ddl;
  return json;
}

}  // namespace siphon::cli
