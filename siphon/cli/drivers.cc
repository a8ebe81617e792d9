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
    for (const app::Engine& engine : engines) {
      out << engine.name << " " << engine.version << "\n";
      std::vector<std::vector<std::string>> rows;
      for (const app::EngineCapability& capability : engine.capabilities) {
        rows.push_back(
            {"  " + capability.name, capability.supported ? "yes" : "no", capability.summary});
      }
      out << FormatTable(rows, {false, false, false});
    }
  }
};

}  // namespace

void DefineDrivers(Parser& root, Selection& selection) {
  AddCommand<DriversCommand>(root, "drivers", "Show the engines and their capabilities", selection);
}

}  // namespace siphon::cli
