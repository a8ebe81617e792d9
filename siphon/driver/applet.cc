// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/driver/applet.h"

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>

namespace siphon::driver {
namespace {

using Table = std::map<std::string, Applet, std::less<>>;

Table& TheTable() {
  static Table* const table = new Table();
  return *table;
}

}  // namespace

void RegisterApplet(std::string_view name, AppletMain main, const Version& version) {
  Applet applet{.name = std::string(name), .main = main, .version = version};
  if (TheTable().try_emplace(std::string(name), std::move(applet)).second) return;
  std::fprintf(stderr, "siphon: applet \"%.*s\" is registered twice\n",
               static_cast<int>(name.size()), name.data());
  std::abort();
}

const Applet* FindApplet(std::string_view name) {
  const auto it = TheTable().find(name);
  return it == TheTable().end() ? nullptr : &it->second;
}

std::vector<const Applet*> AllApplets() {
  std::vector<const Applet*> applets;
  for (const auto& [name, applet] : TheTable()) applets.push_back(&applet);
  return applets;
}

std::optional<int> RunApplet(int argc, char** argv) {
  for (int first = 0; first < argc && first < 2; ++first) {
    std::string_view name = argv[first];
    // Only the name of siphon (argv[0]) may be a path.
    if (first == 0) name.remove_prefix(name.rfind('/') + 1);
    const Applet* const applet = FindApplet(name);
    if (applet != nullptr) return applet->main(argc - first, argv + first);
  }
  return std::nullopt;
}

}  // namespace siphon::driver
