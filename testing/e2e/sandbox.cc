// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/e2e/sandbox.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace siphon::testing {
namespace {

namespace fs = std::filesystem;

// Unique within the process; each test process has its own folder.
std::string NewRoot() {
  static int counter = 0;
  const fs::path parent = fs::absolute(::testing::TempDir());
  fs::path root;
  do {
    root = parent / absl::StrCat("sandbox-", ++counter);
  } while (fs::exists(root));
  fs::create_directories(root);
  return root.string();
}

}  // namespace

std::string SiphonBinary() {
  // Bazel runs a test in the root of its runfiles.
  static const std::string path = (fs::current_path() / "siphon" / "siphon").string();
  return path;
}

Sandbox::Sandbox() : root_(NewRoot()) {
  environment = {{"SIPHON_CONFIG_HOME", Path("config")},
                 {"HOME", Path("home")},
                 {"XDG_CONFIG_HOME", Path("xdg-config")},
                 {"XDG_DATA_HOME", Path("data")},
                 {"XDG_STATE_HOME", Path("state")},
                 {"TMPDIR", Path("tmp")},
                 {"TZ", "UTC"},
                 {"PATH", "/usr/bin:/bin"}};
  // Passes the settings of the sanitizers on to siphon.
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const size_t equals = text.find('=');
    if (equals == std::string_view::npos || !text.substr(0, equals).ends_with("SAN_OPTIONS")) {
      continue;
    }
    environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
}

Sandbox::~Sandbox() {
  std::error_code ignored;
  fs::remove_all(root_, ignored);
}

std::string Sandbox::Path(std::string_view name) const { return absl::StrCat(root_, "/", name); }

std::string Sandbox::Url(std::string_view name) const {
  return absl::StrCat("sqlite://", Path(name));
}

std::string Sandbox::DumpDirectory() const { return Path("data/siphon/dumps"); }

std::string Sandbox::DumpPath(std::string_view id) const {
  return absl::StrCat(DumpDirectory(), "/", id, ".dump");
}

std::string Sandbox::SidecarPath(std::string_view id) const {
  return absl::StrCat(DumpDirectory(), "/", id, ".meta.json");
}

ProcessOptions Sandbox::Options(std::vector<std::string> args) const {
  ProcessOptions options;
  options.argv.push_back(SiphonBinary());
  options.argv.insert(options.argv.end(), std::make_move_iterator(args.begin()),
                      std::make_move_iterator(args.end()));
  for (const auto& [name, value] : environment) {
    options.environment.push_back(absl::StrCat(name, "=", value));
  }
  options.directory = root_;
  return options;
}

ProcessResult Sandbox::Run(std::vector<std::string> args) const {
  absl::StatusOr<ProcessResult> result = RunProcess(Options(std::move(args)));
  if (result.ok()) return *std::move(result);
  ADD_FAILURE() << result.status();
  return {};
}

ProcessResult Sandbox::RunAndSignal(std::vector<std::string> args, std::chrono::nanoseconds after,
                                    int signal) const {
  ProcessOptions options = Options(std::move(args));
  options.signal_after = after;
  options.signal = signal;
  absl::StatusOr<ProcessResult> result = RunProcess(options);
  if (result.ok()) return *std::move(result);
  ADD_FAILURE() << result.status();
  return {};
}

std::string Sandbox::Backup(std::string_view name, std::vector<std::string> more) const {
  std::vector<std::string> args = {"backup", Url(name), "--quiet"};
  args.insert(args.end(), more.begin(), more.end());
  const ProcessResult result = Run(std::move(args));
  EXPECT_EQ(result.exit_code, 0) << result.err;
  return std::string(absl::StripAsciiWhitespace(result.out));
}

std::vector<std::string> Sandbox::ListedDumps() const {
  const ProcessResult result = Run({"dumps", "list", "--json"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const auto json = nlohmann::json::parse(result.out, nullptr, false);
  std::vector<std::string> ids;
  if (!json.is_object() || !json.contains("dumps")) {
    ADD_FAILURE() << "no list of dumps: " << result.out;
    return ids;
  }
  for (const auto& dump : json["dumps"]) ids.push_back(dump.value("id", ""));
  return ids;
}

std::string ReadBytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    ADD_FAILURE() << "cannot read " << path;
    return {};
  }
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void WriteBytes(const std::string& path, std::string_view bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  EXPECT_TRUE(file.good()) << "cannot write " << path;
}

void CopyBytes(const std::string& from, const std::string& to) {
  std::error_code error;
  fs::copy_file(from, to, fs::copy_options::overwrite_existing, error);
  EXPECT_FALSE(error) << "copying " << from << " to " << to << ": " << error.message();
}

std::vector<std::string> Names(const std::string& directory) {
  std::vector<std::string> names;
  std::error_code missing;
  for (fs::directory_iterator it(directory, missing), end; it != end; it.increment(missing)) {
    names.push_back(it->path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::map<std::string, std::string> Contents(const std::string& directory) {
  std::map<std::string, std::string> contents;
  for (const std::string& name : Names(directory)) {
    contents[name] = ReadBytes(absl::StrCat(directory, "/", name));
  }
  return contents;
}

void Clear(const std::string& directory) {
  std::error_code error;
  fs::remove_all(directory, error);
  fs::create_directories(directory, error);
  EXPECT_FALSE(error) << directory << ": " << error.message();
}

}  // namespace siphon::testing
