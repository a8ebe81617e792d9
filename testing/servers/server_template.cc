// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/servers/server_template.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "errs/status_macros.h"
#include "gtest/gtest.h"
#include "siphon/base/file.h"
#include "testing/process/process.h"

namespace siphon::testing {
namespace {

namespace fs = std::filesystem;

// Folders that are removed at the program's end: those of a benchmark are not in a test's /tmp.
struct Templates {
  ~Templates() {
    for (const auto& [key, folder] : made) {
      std::error_code ignored;
      if (!folder.empty()) fs::remove_all(folder, ignored);
    }
  }
  std::map<std::pair<std::string, std::string>, std::string> made;
};

// Runs tar, whose arguments these are.
absl::Status Tar(std::vector<std::string> arguments) {
  const std::optional<std::string> tar = FindProgram("tar");
  if (!tar.has_value()) return absl::FailedPreconditionError("there is no tar");
  arguments.insert(arguments.begin(), *tar);
  ASSIGN_OR_RETURN(const ProcessResult result,
                   RunProcess({.argv = std::move(arguments), .environment = {"LC_ALL=C"}}));
  if (result.exit_code == 0) return absl::OkStatus();
  return absl::InternalError(absl::StrCat("tar: ", result.err));
}

// Where the build has put the archive of a server. Bazel runs a test in the root of its runfiles.
std::string ArchivePath(const std::string& name) {
  static const fs::path root = fs::current_path();
  return (root / "testing" / "servers" / (name + ".tar")).string();
}

// The template that this program has made for this server and password; makes it at the first call.
absl::StatusOr<std::string> OwnTemplate(const std::string& name, const std::string& password,
                                        const InitializeServer& initialize) {
  static std::mutex mutex;
  static Templates templates;
  const std::lock_guard lock(mutex);
  std::string& folder = templates.made[{name, password}];
  if (folder.empty()) {
    const std::string made =
        (fs::absolute(::testing::TempDir()) /
         absl::StrCat(name, "-template-", getpid(), "-", templates.made.size()))
            .lexically_normal()
            .string();
    // A killed program with the same process id may have left its folder.
    std::error_code ignored;
    fs::remove_all(made, ignored);
    RETURN_IF_ERROR(initialize(made));
    folder = made;
  }
  return folder;
}

}  // namespace

absl::Status CopyServerTemplate(const std::string& name, const std::string& password,
                                const InitializeServer& initialize, const std::string& data) {
  std::error_code error;
  const std::string archive = ArchivePath(name);
  if (password == kTemplatePassword && fs::file_size(archive, error) > 0 && !error) {
    RETURN_IF_ERROR(base::CreateDirectories(data, 0700));
    return Tar({"--extract", "--preserve-permissions", "--no-same-owner", "--directory=" + data,
                "--file=" + archive});
  }
  error.clear();
  ASSIGN_OR_RETURN(const std::string folder, OwnTemplate(name, password, initialize));
  fs::copy(folder + "/data", data, fs::copy_options::recursive, error);
  // Whether others may enter the copy depends on the umask, and a server refuses that.
  if (!error) fs::permissions(data, fs::perms::owner_all, error);
  if (!error) return absl::OkStatus();
  return absl::InternalError(
      absl::StrCat("copying ", folder, "/data to ", data, ": ", error.message()));
}

absl::Status PackServerTemplate(const InitializeServer& initialize, const std::string& archive) {
  char folder[] = "/tmp/siphon-template-XXXXXX";
  if (mkdtemp(folder) == nullptr) {
    return absl::InternalError(absl::StrCat("mkdtemp: ", std::strerror(errno)));
  }
  absl::Status status = initialize(folder);
  if (status.ok()) {
    status =
        Tar({"--create", absl::StrCat("--directory=", folder, "/data"), "--file=" + archive, "."});
  }
  std::error_code ignored;
  fs::remove_all(folder, ignored);
  return status;
}

}  // namespace siphon::testing
