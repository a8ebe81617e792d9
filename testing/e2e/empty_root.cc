// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/e2e/empty_root.h"

#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <system_error>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "testing/e2e/sandbox.h"

namespace siphon::testing {

namespace fs = std::filesystem;

EmptyRoot::EmptyRoot() {
  char name[] = "/tmp/siphon-root-XXXXXX";
  EXPECT_NE(mkdtemp(name), nullptr);
  path_ = name;
  Put(SiphonBinary(), "siphon");
  fs::permissions(Outside("siphon"), fs::perms::owner_all);
}

EmptyRoot::~EmptyRoot() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

std::string EmptyRoot::Outside(std::string_view name) const {
  return name.empty() ? path_ : absl::StrCat(path_, "/", name);
}

std::string EmptyRoot::Inside(std::string_view name) const {
  return kSanitized ? Outside(name) : absl::StrCat("/", name);
}

void EmptyRoot::Put(const std::string& from, std::string_view name) const {
  const fs::path to = Outside(name);
  std::error_code error;
  fs::create_directories(to.parent_path(), error);
  // The runfile of a program is a link to it.
  if (!error) fs::copy(fs::canonical(from, error), to, fs::copy_options::recursive, error);
  EXPECT_FALSE(error) << "copying " << from << " to " << to << ": " << error.message();
}

void EmptyRoot::MakeFolder(std::string_view name) const {
  std::error_code error;
  fs::create_directories(Outside(name), error);
  EXPECT_FALSE(error) << name << ": " << error.message();
}

ProcessOptions EmptyRoot::Options(std::vector<std::string> args) const {
  ProcessOptions options;
  options.argv.push_back(Inside("siphon"));
  options.argv.insert(options.argv.end(), std::make_move_iterator(args.begin()),
                      std::make_move_iterator(args.end()));
  options.environment.push_back("HOME=" + Inside("home"));
  for (const auto& [name, value] : environment) {
    options.environment.push_back(absl::StrCat(name, "=", value));
  }
  if (!kSanitized) options.root = path_;
  return options;
}

ProcessResult EmptyRoot::Run(std::vector<std::string> args) const {
  absl::StatusOr<ProcessResult> result = RunProcess(Options(std::move(args)));
  if (result.ok()) return *std::move(result);
  ADD_FAILURE() << result.status();
  return {};
}

std::string EmptyRoot::Succeed(std::vector<std::string> args) const {
  const std::string verb = args[0];
  const ProcessResult result = Run(std::move(args));
  EXPECT_EQ(result.exit_code, 0) << verb << ": " << result.err;
  return std::string(absl::StripAsciiWhitespace(result.out));
}

std::string EmptyRoot::Fail(int exit_code, std::vector<std::string> args) const {
  const std::string verb = args[0];
  const ProcessResult result = Run(std::move(args));
  EXPECT_EQ(result.exit_code, exit_code) << verb << ": " << result.err;
  return result.err;
}

}  // namespace siphon::testing
