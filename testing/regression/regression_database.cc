// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/regression/regression_database.h"

#include <chrono>
#include <filesystem>
#include <string>

#include "absl/strings/str_cat.h"
#include "errs/status_macros.h"
#include "testing/process/process.h"
#include "testing/servers/server_index.h"

namespace siphon::testing {

namespace fs = std::filesystem;

absl::Status MakeRegressionDatabase(const PostgresServer& server) {
  // Only this installation has psql.
  ASSIGN_OR_RETURN(const InstalledServer debian, FindServer("postgresql-15"));
  // Bazel runs a test in the root of its runfiles.
  const fs::path runfiles = fs::current_path();
  const fs::path script = runfiles / "testing/regression/make_regression_database";
  // Next to the data folder, where the server can read and write, also in a container.
  const fs::path work = fs::path(server.data_directory()).parent_path() / "regression";
  ASSIGN_OR_RETURN(
      const ProcessResult result,
      RunProcess(
          {.argv = {script.string(), (runfiles / "external/postgresql").string(), debian.bin,
                    work.string(), absl::StrCat("--host=", server.host()),
                    absl::StrCat("--port=", server.port()),
                    absl::StrCat("--user=", server.superuser())},
           .environment = {absl::StrCat("PGPASSWORD=", server.password()), "PATH=/usr/bin:/bin"},
           .limit = std::chrono::seconds(600)}));
  if (result.exit_code == 0) return absl::OkStatus();
  return absl::InternalError(absl::StrCat("make_regression_database ended with ", result.exit_code,
                                          ": ", result.out, result.err));
}

}  // namespace siphon::testing
