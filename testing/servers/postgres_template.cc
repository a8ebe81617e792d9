// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/servers/postgres_template.h"

#include <chrono>
#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "errs/status_macros.h"
#include "siphon/base/file.h"
#include "testing/servers/server_log.h"
#include "testing/servers/server_process.h"

namespace siphon::testing {
namespace {

constexpr std::chrono::seconds kInitLimit{300};

}  // namespace

std::vector<std::string> PostgresEnvironment() {
  return {"PATH=/usr/bin:/bin", "LC_ALL=C", "TZ=UTC"};
}

absl::Status InitializePostgres(const InstalledServer& installed, int version,
                                const std::string& password, const std::string& folder) {
  const std::string data = folder + "/data";
  RETURN_IF_ERROR(base::CreateDirectories(data, 0700));
  RETURN_IF_ERROR(base::WriteFileAtomically(folder + "/password", password + "\n", 0600));
  RETURN_IF_ERROR(GiveToServer(folder));
  const ServerLog log(absl::StrCat("initdb ", version), folder + "/log");
  ASSIGN_OR_RETURN(
      const std::unique_ptr<ServerProcess> initdb,
      ServerProcess::Start(
          {.argv = {installed.Program("initdb"), "--pgdata=" + data, "--username=postgres",
                    "--pwfile=" + folder + "/password", "--auth=scram-sha-256", "--encoding=UTF8",
                    "--locale=C", "--no-sync"},
           .environment = PostgresEnvironment(),
           .directory = folder,
           .log = log.path()}));
  ASSIGN_OR_RETURN(const ServerProcess::Exit exit, initdb->Wait(kInitLimit));
  if (exit.code == 0) return absl::OkStatus();
  return absl::InternalError(absl::StrCat("initdb of PostgreSQL ", version, " ended with code ",
                                          exit.code, ", signal ", exit.signal, ":\n",
                                          log.Tail(30)));
}

}  // namespace siphon::testing
