// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/driver/toolbox.h"

#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/child_process.h"
#include "siphon/base/file.h"
#include "siphon/driver/applet.h"

namespace siphon::driver {
namespace {

constexpr std::string_view kOp = "tools";
// The time limit for `--version`; a program that takes longer is not used.
constexpr std::chrono::seconds kVersionTimeout{10};
constexpr size_t kVersionLimit = 4096;

constexpr char kSelf[] = "/proc/self/exe";

// A program with the right name, and its version if it printed one.
struct Found {
  std::string path;
  std::optional<Version> version;
};

bool IsProgram(const std::string& path) {
  struct stat info;
  return stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) && access(path.c_str(), X_OK) == 0;
}

// The folders that match `pattern`, in which one component may contain a "*".
std::vector<std::string> Expand(const std::string& pattern) {
  const size_t star = pattern.find('*');
  if (star == std::string::npos) return {pattern};
  const size_t begin = pattern.rfind('/', star) + 1;
  const size_t end = std::min(pattern.find('/', star), pattern.size());
  const std::string_view prefix = std::string_view(pattern).substr(begin, star - begin);
  const std::string_view suffix = std::string_view(pattern).substr(star + 1, end - star - 1);
  std::vector<std::string> folders;
  std::error_code error;
  std::filesystem::directory_iterator entry(pattern.substr(0, begin), error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (name.size() >= prefix.size() + suffix.size() && absl::StartsWith(name, prefix) &&
        absl::EndsWith(name, suffix)) {
      folders.push_back(absl::StrCat(pattern.substr(0, begin), name, pattern.substr(end)));
    }
  }
  std::sort(folders.begin(), folders.end());
  return folders;
}

// Runs `path --version`.
absl::StatusOr<Found> Probe(const base::Context& context, const std::string& path) {
  const auto limit = std::chrono::steady_clock::now() + kVersionTimeout;
  const base::Context limited =
      context.WithDeadline(std::min(limit, context.deadline().value_or(limit)));
  const auto ask = [&]() -> absl::StatusOr<std::string> {
    base::ChildProcess::Options options;
    options.argv = {path, "--version"};
    options.environment = {"PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C"};
    options.out = base::ChildProcess::Stream::kPipe;
    options.err = base::ChildProcess::Stream::kNull;
    ASSIGN_OR_RETURN(const auto process, base::ChildProcess::Start(limited, std::move(options)));
    ASSIGN_OR_RETURN(std::string text, base::ReadAll(process->out(), kVersionLimit));
    ASSIGN_OR_RETURN(const base::ChildProcess::Outcome outcome, process->Wait());
    return outcome.code == 0 ? text : std::string();
  };
  const absl::StatusOr<std::string> text = ask();
  RETURN_IF_ERROR(errs::WithOp(context.Check(), kOp));
  Found found{.path = path, .version = std::nullopt};
  if (text.ok()) found.version = ParseVersion(*text);
  return found;
}

// Searches for a tool, and records the programs that it finds for the error.
class Search {
 public:
  Search(const base::Context& context, std::string_view name, int minimal_major)
      : context_(context), name_(name), minimal_major_(minimal_major) {}

  std::optional<Tool> Builtin() {
    const Applet* const applet = FindApplet(name_);
    if (applet == nullptr) {
      seen_.push_back("none built in");
      return std::nullopt;
    }
    seen_.push_back(absl::StrCat("built in ", VersionText(applet->version)));
    if (applet->version.major < minimal_major_) return std::nullopt;
    return Tool{
        .name = name_, .path = "", .argv0 = name_, .version = applet->version, .builtin = true};
  }

  // The first tool in `path` that is new enough, else the newest in `places`.
  absl::StatusOr<std::optional<Tool>> System(std::string_view path,
                                             const std::vector<std::string>& places) {
    for (const std::string_view folder : absl::StrSplit(path, ':')) {
      if (!absl::StartsWith(folder, "/")) continue;
      ASSIGN_OR_RETURN(const std::optional<Tool> tool, LookAt(base::JoinPath(folder, name_)));
      if (tool.has_value()) return tool;
    }
    std::optional<Tool> newest;
    for (const std::string& place : places) {
      for (const std::string& folder : Expand(place)) {
        ASSIGN_OR_RETURN(std::optional<Tool> tool, LookAt(base::JoinPath(folder, name_)));
        if (!tool.has_value()) continue;
        if (!newest.has_value() || newest->version < tool->version) newest = std::move(tool);
      }
    }
    return newest;
  }

  // The error if no tool is suitable.
  absl::Status NotFound(profile::Tools policy, bool builtin_would_do) const {
    std::string hint = absl::StrCat("install ", name_, " ", minimal_major_,
                                    " or newer, and name its folder in PATH");
    if (policy == profile::Tools::kBuiltin) {
      hint = absl::StrCat("use --tools auto with ", name_, " ", minimal_major_,
                          " or newer installed, or use a newer siphon");
    } else if (policy == profile::Tools::kSystem && builtin_would_do) {
      absl::StrAppend(&hint, "; or use --tools auto: the built-in one is new enough");
    } else if (policy == profile::Tools::kAuto) {
      absl::StrAppend(&hint, "; or use a newer siphon");
    }
    return errs::SystemError(kOp, errs::kNotFound,
                             absl::StrCat("no ", name_, " of version ", minimal_major_,
                                          " or newer: ", absl::StrJoin(seen_, ", ")),
                             hint);
  }

  void SawNoSystemTool() {
    if (!saw_system_) seen_.push_back("none on the system");
  }

 private:
  // The program at `path`, if it exists, is new enough and was not examined before.
  absl::StatusOr<std::optional<Tool>> LookAt(const std::string& path) {
    if (!IsProgram(path)) return std::nullopt;
    if (std::find(paths_.begin(), paths_.end(), path) != paths_.end()) return std::nullopt;
    paths_.push_back(path);
    saw_system_ = true;
    ASSIGN_OR_RETURN(const Found found, Probe(context_, path));
    if (!found.version.has_value()) {
      seen_.push_back(absl::StrCat(path, " prints no version"));
      return std::nullopt;
    }
    seen_.push_back(absl::StrCat(path, " ", VersionText(*found.version)));
    if (found.version->major < minimal_major_) return std::nullopt;
    return Tool{
        .name = name_, .path = path, .argv0 = path, .version = *found.version, .builtin = false};
  }

  const base::Context& context_;
  std::string name_;
  int minimal_major_;
  std::vector<std::string> paths_;
  std::vector<std::string> seen_;
  bool saw_system_ = false;
};

}  // namespace

absl::StatusOr<std::string> SelfPath() {
  if (access(kSelf, X_OK) == 0) return kSelf;
  const auto* const name = reinterpret_cast<const char*>(getauxval(AT_EXECFN));
  std::error_code error;
  const std::filesystem::path path =
      name == nullptr ? std::filesystem::path() : std::filesystem::absolute(name, error);
  if (!error && IsProgram(path.string())) return path.string();
  return errs::SystemError(
      kOp, errs::kNotFound,
      absl::StrCat("the path of siphon itself, started as \"", name == nullptr ? "" : name, "\""),
      "mount /proc, or start siphon by its absolute path");
}

absl::StatusOr<Tool> Toolbox::Pick(const base::Context& context, std::string_view name,
                                   profile::Tools policy, int minimal_major,
                                   const base::Environment& environment,
                                   const std::vector<std::string>& places) {
  Search search(context, name, minimal_major);
  const std::optional<Tool> builtin = search.Builtin();
  if (builtin.has_value() && policy != profile::Tools::kSystem) {
    Tool tool = *builtin;
    ASSIGN_OR_RETURN(tool.path, SelfPath());
    return tool;
  }
  if (policy != profile::Tools::kBuiltin) {
    ASSIGN_OR_RETURN(const std::optional<Tool> system,
                     search.System(environment.GetOrEmpty("PATH"), places));
    if (system.has_value()) return *system;
    search.SawNoSystemTool();
  }
  return search.NotFound(policy, builtin.has_value());
}

}  // namespace siphon::driver
