// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DRIVER_APPLET_H_
#define SIPHON_DRIVER_APPLET_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "siphon/driver/version.h"

namespace siphon::driver {

// An engine's tool that is compiled into siphon. siphon runs it as a child process, and a user can
// run it as `siphon pg_dump ...`.
using AppletMain = int (*)(int argc, char** argv);

struct Applet {
  std::string name;  // "pg_dump".
  AppletMain main = nullptr;
  Version version;
};

// Adds an applet to the process-wide table. A name that exists already is a fault of the build: the
// process ends with a message that names it.
void RegisterApplet(std::string_view name, AppletMain main, const Version& version);

// Null if there is no applet of that name.
const Applet* FindApplet(std::string_view name);
// All applets, sorted by name.
std::vector<const Applet*> AllApplets();

// A static object of this type in drivers/<engine>/register.cc registers the applet.
class AppletRegistration {
 public:
  AppletRegistration(std::string_view name, AppletMain main, const Version& version) {
    RegisterApplet(name, main, version);
  }
};

// Runs the applet with the base name of argv[0], or else with the name argv[1], which then becomes
// its argv[0]. Returns its exit code; nothing if neither is an applet. main() must call it first,
// because an applet handles signals and streams itself.
std::optional<int> RunApplet(int argc, char** argv);

}  // namespace siphon::driver

#endif  // SIPHON_DRIVER_APPLET_H_
