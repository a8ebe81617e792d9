// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/app/verify.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/app/progress.h"
#include "siphon/driver/driver.h"
#include "siphon/driver/registry.h"

namespace siphon::app {
namespace {

// Holds the rows that the dump records against those that were found in it.
// Returns how many tables were compared.
absl::StatusOr<int> CompareRows(const dumps::Sidecar& sidecar,
                                const std::vector<dumps::TableInfo>& tables) {
  std::map<std::string, int64_t> found;
  for (const dumps::TableInfo& table : tables) found[table.name] = table.rows;
  std::vector<std::string> differences;
  for (const dumps::TableInfo& table : sidecar.tables) {
    const auto it = found.find(table.name);
    if (it == found.end()) {
      differences.push_back(absl::StrCat("table \"", table.name, "\" is missing"));
    } else if (it->second != table.rows) {
      differences.push_back(absl::StrCat("table \"", table.name, "\" has ", it->second,
                                         " rows, recorded are ", table.rows));
    }
  }
  if (!differences.empty()) {
    return errs::IntegrityError(
        "verify", absl::StrCat("dump ", sidecar.id, ": ", absl::StrJoin(differences, "; ")),
        "do not rely on this dump; make a new backup");
  }
  return static_cast<int>(sidecar.tables.size());
}

absl::StatusOr<int> VerifyDeep(const base::Context& context, Session& session,
                               const dumps::Sidecar& sidecar) {
  base::Stage stage(context, "verify.deep");
  const auto run = [&]() -> absl::StatusOr<int> {
    ASSIGN_OR_RETURN(driver::Driver * driver, driver::Get(sidecar.driver));
    ASSIGN_OR_RETURN(dumps::OpenDump dump, session.catalog().Open(context, sidecar.id));
    ProgressReader body(dump.body.get(), &stage);
    ASSIGN_OR_RETURN(const driver::DeepReport report,
                     driver->VerifyDeep(context,
                                        {.directory = session.config().config.dump_dir,
                                         .tools = profile::Tools::kAuto,
                                         .environment = session.environment()},
                                        body));
    return CompareRows(sidecar, report.tables);
  };
  absl::StatusOr<int> compared = run();
  RETURN_IF_ERROR(stage.Finish(compared.status()));
  return compared;
}

}  // namespace

absl::StatusOr<VerifyResult> Verify(const base::Context& context, Session& session,
                                    const VerifyRequest& request) {
  const absl::Time started = session.clock().Now();
  VerifyResult result;
  base::Stage stage(context, "verify");
  auto verified = session.catalog().Verify(context, request.id, &stage);
  RETURN_IF_ERROR(stage.Finish(verified.status()));
  result.sidecar = std::move(verified->sidecar);
  if (request.deep) {
    result.deep = true;
    ASSIGN_OR_RETURN(result.tables_compared, VerifyDeep(context, session, result.sidecar));
  }
  result.elapsed = session.clock().Now() - started;
  return result;
}

}  // namespace siphon::app
