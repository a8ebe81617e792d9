// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/bench/workspace.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "errs/status_macros.h"
#include "siphon/base/file.h"
#include "testing/process/process.h"

namespace siphon::bench {
namespace {

namespace fs = std::filesystem;
using testing::ProcessResult;

}  // namespace

absl::Status Remove(const std::string& path) {
  std::error_code error;
  fs::remove_all(path, error);
  return error ? absl::InternalError(absl::StrCat(path, ": ", error.message())) : absl::OkStatus();
}

double MebibytesOf(const std::string& path) {
  std::error_code error;
  const auto size = fs::file_size(path, error);
  return error ? 0 : static_cast<double>(size) / (1 << 20);
}

Workspace::Workspace(const std::string& siphon, std::string folder,
                     std::vector<std::string> environment)
    : siphon_(fs::absolute(siphon).string()),
      folder_(std::move(folder)),
      environment_(std::move(environment)) {
  for (std::string variable : {"HOME=" + folder_, "SIPHON_CONFIG_HOME=" + In("config"),
                               "XDG_DATA_HOME=" + In("data"), std::string("PATH=/usr/bin:/bin")}) {
    environment_.push_back(std::move(variable));
  }
}

absl::Status Workspace::Prepare() const {
  RETURN_IF_ERROR(Remove(folder_));
  return base::CreateDirectories(folder_, 0700);
}

std::string Workspace::In(std::string_view name) const { return absl::StrCat(folder_, "/", name); }

std::string Workspace::DumpFile(std::string_view id) const {
  return In(absl::StrCat("data/siphon/dumps/", id, ".dump"));
}

absl::Status Workspace::KeepDumps(const std::vector<std::string>& ids) const {
  std::error_code error;
  std::vector<std::string> others;
  for (fs::directory_iterator entry(In("data/siphon/dumps"), error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (std::none_of(ids.begin(), ids.end(),
                     [&](const std::string& id) { return absl::StartsWith(name, id); })) {
      others.push_back(entry->path().string());
    }
  }
  for (const std::string& path : others) RETURN_IF_ERROR(Remove(path));
  return absl::OkStatus();
}

Step Workspace::Peer(std::string name, std::vector<std::string> argv) const {
  return {
      .name = std::move(name), .argv = std::move(argv), .environment = environment_, .output = ""};
}

Step Workspace::Siphon(std::vector<std::string> arguments) const {
  arguments.insert(arguments.begin(), siphon_);
  return Peer("siphon", std::move(arguments));
}

absl::StatusOr<std::string> Workspace::RunOnce(const Step& step) {
  ASSIGN_OR_RETURN(const ProcessResult result,
                   testing::RunProcess({.argv = step.argv,
                                        .environment = step.environment,
                                        .limit = std::chrono::seconds(3600)}));
  if (result.exit_code == 0) return result.out;
  return absl::InternalError(
      absl::StrCat(step.name, " ended with ", result.exit_code, ": ", result.err));
}

absl::StatusOr<std::string> Workspace::BackUp(std::vector<std::string> arguments) const {
  arguments.insert(arguments.begin(), {"backup", "--quiet"});
  ASSIGN_OR_RETURN(const std::string out, RunOnce(Siphon(std::move(arguments))));
  return std::string(absl::StripAsciiWhitespace(out));
}

}  // namespace siphon::bench
