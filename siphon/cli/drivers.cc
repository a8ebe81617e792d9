// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <string>
#include <utility>
#include <vector>

#include "siphon/app/engines.h"
#include "siphon/cli/command.h"
#include "siphon/cli/table.h"

namespace siphon::cli {
namespace {

class DriversCommand : public Command {
 public:
  void Define(Parser& parser) override {
    parser.Footer(
        "Examples:\n"
        "  siphon drivers\n"
        "  siphon drivers --json");
  }

  absl::Status Run(Invocation& invocation) override {
    const std::vector<app::Engine> engines = app::Engines();
    Json json;
    json["drivers"] = Json::array();
    for (const app::Engine& engine : engines) {
      Json entry;
      entry["name"] = engine.name;
      entry["version"] = engine.version;
      entry["capabilities"] = Json::object();
      for (const app::EngineCapability& capability : engine.capabilities) {
        entry["capabilities"][capability.name] = capability.supported;
      }
      json["drivers"].push_back(std::move(entry));
    }
    invocation.output.Result(
        json, [&](std::ostream& out) { Print(engines, invocation.env.out_columns, out); });
    return absl::OkStatus();
  }

 private:
  static void Print(const std::vector<app::Engine>& engines, int width, std::ostream& out) {
    // A column for each engine, a row for each capability, as all engines list them.
    std::vector<Column> columns(1);
    std::vector<std::vector<std::string>> rows = {{"version"}};
    for (const app::Engine& engine : engines) {
      columns.push_back({.title = engine.name});
      rows[0].push_back(engine.version);
      for (size_t i = 0; i < engine.capabilities.size(); ++i) {
        const app::EngineCapability& capability = engine.capabilities[i];
        if (rows.size() == i + 1) rows.push_back({capability.name});
        rows[i + 1].push_back(capability.supported ? "yes" : "no");
      }
    }
    columns.push_back({.title = "MEANING", .fit = Fit::kWrap});
    for (size_t i = 1; i < rows.size(); ++i) {
      rows[i].push_back(engines.front().capabilities[i - 1].summary);
    }
    out << FormatTable(columns, std::move(rows), width);
  }
};

}  // namespace

void DefineDrivers(Parser& root, Selection& selection) {
  AddCommand<DriversCommand>(root, "drivers", "Show the engines and their capabilities", selection);
}

}  // namespace siphon::cli
