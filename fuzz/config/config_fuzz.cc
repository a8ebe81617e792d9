// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "errs/error.h"
#include "siphon/base/environment.h"
#include "siphon/domain/config/config.h"
#include "siphon/domain/profile/profile.h"

namespace {

using siphon::config::AddProfile;
using siphon::config::Config;
using siphon::config::Loaded;
using siphon::config::Parse;
using siphon::config::RemoveProfile;
using siphon::profile::Profile;

constexpr std::string_view kPath = "c.yaml";

void Require(bool condition) {
  if (!condition) std::abort();
}

const siphon::base::Environment& TestEnvironment() {
  static const auto* environment =
      new siphon::base::Environment({{"HOME", "/h"}, {"V", "a: b # c"}, {"E", ""}});
  return *environment;
}

void RequireGoodError(const absl::Status& status) {
  const std::optional<siphon::errs::Error> error = siphon::errs::GetError(status);
  Require(error.has_value() && error->code == siphon::errs::Code::kUser);
  Require(!error->detail.empty() && error->detail.size() < 1024);
  if (error->cause == siphon::errs::kConfigInvalid) {
    Require(absl::StrContains(error->detail, kPath) || absl::StrContains(error->detail, "not set"));
  } else {
    Require(error->cause == siphon::errs::kInvalidArgument ||
            error->cause == siphon::errs::kAlreadyExists);
  }
}

// Adds `profile` and removes it again; returns the resulting text, or nullopt if it cannot be
// added.
std::optional<std::string> AddAndRemove(const Loaded& loaded, const Profile& profile) {
  const absl::StatusOr<std::string> added = AddProfile(loaded, profile, TestEnvironment());
  if (!added.ok()) {
    RequireGoodError(added.status());
    return std::nullopt;
  }
  const absl::StatusOr<Loaded> with = Parse(*added, std::string(kPath), TestEnvironment());
  Require(with.ok());
  Config expected = loaded.config;
  expected.profiles[profile.name] = profile;
  if (profile.password == "${V}") expected.profiles[profile.name].password = "a: b # c";
  if (profile.password == "${E}") expected.profiles[profile.name].password = "";
  if (profile.password == "${HOME}") expected.profiles[profile.name].password = "/h";
  Require(with->config == expected);
  const absl::StatusOr<std::string> removed = RemoveProfile(*with, profile.name, TestEnvironment());
  Require(removed.ok());
  return *removed;
}

void CheckEdits(const Loaded& loaded, const Profile& profile) {
  const std::optional<std::string> left = AddAndRemove(loaded, profile);
  if (!left.has_value() || *left == loaded.text) return;
  // The key "profiles:" stays if it was added, or was "{}"; repeating the steps then changes
  // nothing.
  Require(loaded.config.profiles.empty());
  const absl::StatusOr<Loaded> after = Parse(*left, std::string(kPath), TestEnvironment());
  Require(after.ok() && after->config == loaded.config);
  const std::optional<std::string> again = AddAndRemove(*after, profile);
  Require(again.has_value() && *again == *left);
}

void CheckRemoveOfEach(const Loaded& loaded) {
  for (const auto& [name, profile] : loaded.config.profiles) {
    const absl::StatusOr<std::string> text = RemoveProfile(loaded, name, TestEnvironment());
    if (!text.ok()) {
      RequireGoodError(text.status());
      continue;
    }
    const absl::StatusOr<Loaded> after = Parse(*text, std::string(kPath), TestEnvironment());
    Require(after.ok() && !after->config.profiles.contains(name));
    Require(after->config.profiles.size() + 1 == loaded.config.profiles.size());
  }
}

}  // namespace

// The input is a configuration and, after a NUL byte, the values of a profile to add.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::vector<std::string> parts = absl::StrSplit(input, '\0');
  const absl::StatusOr<Loaded> loaded = Parse(parts[0], std::string(kPath), TestEnvironment());
  if (!loaded.ok()) {
    RequireGoodError(loaded.status());
    return 0;
  }
  Require(loaded->text == parts[0] && !loaded->config.dump_dir.empty());
  Profile profile;
  profile.name = "zz-new";
  profile.driver = "sqlite";
  if (parts.size() > 1) profile.database = parts[1];
  if (parts.size() > 2) profile.password = parts[2];
  if (parts.size() > 3) profile.parameters[parts[3]] = parts[1];
  CheckEdits(*loaded, profile);
  CheckRemoveOfEach(*loaded);
  return 0;
}
