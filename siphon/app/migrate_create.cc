// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/app/migrate.h"
#include "siphon/base/clock.h"
#include "siphon/base/file.h"

namespace siphon::app {
namespace {

constexpr std::string_view kOp = "migrate create";

absl::Status Refuse(std::string_view detail, std::string_view hint = "") {
  return errs::UserError(kOp, errs::kInvalidArgument, detail, hint);
}

absl::StatusOr<std::string> NextVersion(const Session& session, const migrate::Source& source,
                                        const CreateMigration& request) {
  if (request.sequential) {
    if (request.digits < 1 || request.digits > 18) return Refuse("--digits must be from 1 to 18");
    const int64_t last = source.migrations().empty() ? 0 : source.migrations().back().version;
    const std::string version = absl::StrFormat("%0*d", request.digits, last + 1);
    if (version.size() > static_cast<size_t>(request.digits)) {
      return Refuse(absl::StrCat("the next version, ", version, ", has more than ", request.digits,
                                 " digits"),
                    "use a larger --digits");
    }
    return version;
  }
  const absl::Time now = session.clock().Now();
  if (request.format == "unix") return absl::StrCat(absl::ToUnixSeconds(now));
  if (request.format == "unixNano") return absl::StrCat(absl::ToUnixNanos(now));
  if (request.format != "20060102150405") {
    return Refuse(absl::StrCat("--format \"", request.format, "\" is not known"),
                  "known formats: 20060102150405, unix and unixNano");
  }
  absl::TimeZone zone;
  if (request.time_zone == "Local") {
    zone = session.clock().Local();
  } else if (!absl::LoadTimeZone(request.time_zone, &zone)) {
    return Refuse(absl::StrCat("unknown time zone \"", request.time_zone, "\""));
  }
  return absl::FormatTime("%Y%m%d%H%M%S", now, zone);
}

}  // namespace

absl::StatusOr<std::vector<std::string>> CreateMigrationFiles(const Session& session,
                                                              const CreateMigration& request) {
  if (request.name.empty() || request.name.find('/') != std::string::npos) {
    return Refuse(absl::StrCat("\"", request.name, "\" is not a valid name for a migration"));
  }
  if (request.extension.empty()) return Refuse("--ext must not be empty");
  RETURN_IF_ERROR(base::CreateDirectories(request.folder, 0777));
  ASSIGN_OR_RETURN(const auto source, migrate::Source::Open(request.folder, nullptr));
  ASSIGN_OR_RETURN(const std::string version, NextVersion(session, *source, request));
  std::error_code error;
  const std::filesystem::path folder = std::filesystem::canonical(request.folder, error);
  if (error) return errs::ErrnoError(kOp, request.folder, error.value());
  std::vector<std::string> paths;
  for (const migrate::Direction direction : {migrate::Direction::kUp, migrate::Direction::kDown}) {
    const std::string name = absl::StrCat(
        version, "_", request.name, ".", migrate::DirectionName(direction), ".", request.extension);
    ASSIGN_OR_RETURN(const std::optional<migrate::FileName> parsed, migrate::ParseFileName(name));
    if (parsed.has_value() && source->Find(parsed->version) != nullptr) {
      return Refuse(absl::StrCat("duplicate migration version: ", version),
                    "try again in a second, or use --seq");
    }
    paths.push_back((folder / name).string());
  }
  for (const std::string& path : paths) {
    const base::FileDescriptor file(
        open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
    if (!file.valid()) return errs::ErrnoError(kOp, path, errno);
  }
  return paths;
}

}  // namespace siphon::app
