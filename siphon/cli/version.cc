// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "siphon/app/engines.h"
#include "siphon/base/bill_of_materials.h"
#include "siphon/base/build_info.h"
#include "siphon/cli/command.h"
#include "siphon/cli/json.h"

namespace siphon::cli {
namespace {

class VersionCommand : public Command {
 public:
  void Define(Parser& parser) override {
    const Option sbom = parser.AddFlag(
        "--sbom", sbom_, "Print the bill of materials of this binary as SPDX 2.3 JSON");
    Option cyclone_dx = parser.AddFlag("--cyclonedx", cyclone_dx_,
                                       "Print the bill of materials as CycloneDX 1.5 JSON");
    Option licences =
        parser.AddFlag("--licences,--licenses", licences_,
                       "Print the licences of siphon and of the libraries in this binary");
    cyclone_dx.Excludes(sbom);
    licences.Excludes(sbom).Excludes(cyclone_dx);
    parser.Footer(
        "Examples:\n"
        "  siphon version --json\n"
        "  siphon version --sbom > siphon.spdx.json");
  }

  absl::Status Run(Invocation& invocation) override {
    const base::BillOfMaterials& bill = base::GetBillOfMaterials();
    if (sbom_ || cyclone_dx_) {
      *invocation.env.out << (sbom_ ? bill.spdx : bill.cyclone_dx);
      return absl::OkStatus();
    }
    Json json;
    if (licences_) {
      json["licences"] = bill.licences;
      invocation.output.Result(json, [&](std::ostream& out) { out << bill.licences; });
      return absl::OkStatus();
    }
    const base::BuildInfo& info = base::GetBuildInfo();
    json["version"] = info.version;
    json["commit"] = info.commit;
    json["engines"] = Json::object();
    for (const app::Engine& engine : app::Engines()) json["engines"][engine.name] = engine.version;
    invocation.output.Result(json, [](std::ostream& out) { out << VersionText() << "\n"; });
    return absl::OkStatus();
  }

 private:
  bool sbom_ = false;
  bool cyclone_dx_ = false;
  bool licences_ = false;
};

}  // namespace

std::string VersionText() {
  const base::BuildInfo& info = base::GetBuildInfo();
  std::string text =
      absl::StrCat("siphon version ", info.version, "\ncommit ", info.commit, "\nengines");
  for (const app::Engine& engine : app::Engines()) {
    absl::StrAppend(&text, " ", engine.name, " ", engine.version);
  }
  return text;
}

void DefineVersion(Parser& root, Selection& selection) {
  AddCommand<VersionCommand>(root, "version", "Show version, commit, engines and licences",
                             selection);
}

}  // namespace siphon::cli
