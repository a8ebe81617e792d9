// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/driver/databases.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::driver {
namespace {

using Listers = std::map<std::string, DatabaseLister, std::less<>>;

Listers& TheListers() {
  static Listers* const listers = new Listers();
  return *listers;
}

}  // namespace

void RegisterDatabases(std::string_view engine, DatabaseLister lister) {
  if (TheListers().emplace(std::string(engine), std::move(lister)).second) return;
  std::fprintf(stderr, "siphon: databases of \"%.*s\" are registered twice\n",
               static_cast<int>(engine.size()), engine.data());
  std::abort();
}

absl::Status RequireDatabases(std::string_view engine) {
  if (TheListers().contains(engine)) return absl::OkStatus();
  const std::string known = absl::StrJoin(
      TheListers(), ", ",
      [](std::string* out, const Listers::value_type& lister) { out->append(lister.first); });
  return errs::UserError("databases", errs::kDriverUnsupported,
                         absl::StrCat(engine, " has no servers with several databases"),
                         absl::StrCat("engines with such servers: ", known));
}

absl::StatusOr<std::vector<std::string>> ListDatabases(const base::Context& context,
                                                       const profile::ConnectionProfile& profile) {
  RETURN_IF_ERROR(RequireDatabases(profile.driver));
  ASSIGN_OR_RETURN(std::vector<std::string> names,
                   TheListers().find(profile.driver)->second(context, profile));
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace siphon::driver
