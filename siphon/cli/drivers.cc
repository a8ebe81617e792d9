// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <string>
#include <vector>

#include "siphon/app/engines.h"
#include "siphon/cli/command.h"

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
    invocation.output.Result(json, [&](std::ostream& out) { Print(engines, out); });
    return absl::OkStatus();
  }

 private:
  static void Print(const std::vector<app::Engine>& engines, std::ostream& out) {
    // A column for each engine, a row for each capability, as all engines list them.
    std::vector<std::vector<std::string>> rows = {{""}, {"version"}};
    for (const app::Engine& engine : engines) {
      rows[0].push_back(engine.name);
      rows[1].push_back(engine.version);
      for (size_t i = 0; i < engine.capabilities.size(); ++i) {
        const app::EngineCapability& capability = engine.capabilities[i];
        if (rows.size() == i + 2) rows.push_back({capability.name});
        rows[i + 2].push_back(capability.supported ? "yes" : "no");
      }
    }
    rows[0].emplace_back("MEANING");
    for (size_t i = 2; i < rows.size(); ++i) {
      rows[i].push_back(engines.front().capabilities[i - 2].summary);
    }
    out << FormatTable(rows, std::vector<bool>(engines.size() + 2, false));
  }
};

}  // namespace

void DefineDrivers(Parser& root, Selection& selection) {
  AddCommand<DriversCommand>(root, "drivers", "Show the engines and their capabilities", selection);
}

}  // namespace siphon::cli
