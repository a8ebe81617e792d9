// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/servers/postgres_template.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <mutex>
#include <system_error>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "errs/status_macros.h"
#include "gtest/gtest.h"
#include "siphon/base/file.h"
#include "testing/servers/server_log.h"
#include "testing/servers/server_process.h"

namespace siphon::testing {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kInitLimit{300};

// Runs initdb in a new folder; returns the data folder.
absl::StatusOr<std::string> MakeTemplate(const std::string& bin, int version,
                                         const std::string& password, size_t number) {
  const std::string folder =
      (fs::absolute(::testing::TempDir()) /
       absl::StrCat("postgres-", version, "-template-", getpid(), "-", number))
          .lexically_normal()
          .string();
  const std::string data = folder + "/data";
  RETURN_IF_ERROR(base::CreateDirectories(data, 0700));
  RETURN_IF_ERROR(base::WriteFileAtomically(folder + "/password", password + "\n", 0600));
  RETURN_IF_ERROR(GiveToServer(folder));
  const ServerLog log(absl::StrCat("initdb ", version), folder + "/log");
  ASSIGN_OR_RETURN(
      const std::unique_ptr<ServerProcess> initdb,
      ServerProcess::Start({.argv = {bin + "/initdb", "--pgdata=" + data, "--username=postgres",
                                     "--pwfile=" + folder + "/password", "--auth=scram-sha-256",
                                     "--encoding=UTF8", "--locale=C", "--no-sync"},
                            .environment = PostgresEnvironment(),
                            .directory = folder,
                            .log = log.path()}));
  ASSIGN_OR_RETURN(const ServerProcess::Exit exit, initdb->Wait(kInitLimit));
  if (exit.code == 0) return data;
  return absl::InternalError(absl::StrCat("initdb of PostgreSQL ", version, " ended with code ",
                                          exit.code, ", signal ", exit.signal, ":\n",
                                          log.Tail(30)));
}

// Folders that are gone at the program's end: a benchmark's are in nobody's own /tmp.
struct Templates {
  ~Templates() {
    for (const auto& [key, data] : made) {
      std::error_code ignored;
      fs::remove_all(fs::path(data).parent_path(), ignored);
    }
  }
  std::map<std::pair<int, std::string>, std::string> made;
};

// The template for this server and password, made at the first call.
absl::StatusOr<std::string> Template(const std::string& bin, int version,
                                     const std::string& password) {
  static std::mutex mutex;
  static Templates templates;
  const std::lock_guard lock(mutex);
  std::string& data = templates.made[{version, password}];
  if (data.empty()) {
    ASSIGN_OR_RETURN(data, MakeTemplate(bin, version, password, templates.made.size()));
  }
  return data;
}

}  // namespace

std::vector<std::string> PostgresEnvironment() {
  return {"PATH=/usr/bin:/bin", "LC_ALL=C", "TZ=UTC"};
}

absl::Status CopyPostgresTemplate(const std::string& bin, int version, const std::string& password,
                                  const std::string& data) {
  ASSIGN_OR_RETURN(const std::string from, Template(bin, version, password));
  std::error_code error;
  fs::copy(from, data, fs::copy_options::recursive, error);
  // The folder's mode is the template's only by the grace of the umask.
  if (!error) fs::permissions(data, fs::perms::owner_all, error);
  if (!error) return absl::OkStatus();
  return absl::InternalError(absl::StrCat("copying ", from, " to ", data, ": ", error.message()));
}

}  // namespace siphon::testing
