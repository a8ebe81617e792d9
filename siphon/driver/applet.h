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

// A program inside the program: an engine's own tool, compiled in, which siphon runs as a child
// process of itself and a user as `siphon pg_dump ...`.
using AppletMain = int (*)(int argc, char** argv);

struct Applet {
  std::string name;  // "pg_dump".
  AppletMain main = nullptr;
  Version version;
};

// Puts an applet into the process-wide table. A name that is there already ends the process with a
// message that holds the name: it can only be a mistake of the build.
void RegisterApplet(std::string_view name, AppletMain main, const Version& version);

// Null when there is none of that name.
const Applet* FindApplet(std::string_view name);
// All, sorted by name.
std::vector<const Applet*> AllApplets();

// A static object of this type in drivers/<engine>/register.cc registers the applet.
class AppletRegistration {
 public:
  AppletRegistration(std::string_view name, AppletMain main, const Version& version) {
    RegisterApplet(name, main, version);
  }
};

// Runs the applet that argv[0]'s base name or else argv[1] names (then with argv[1] as its argv[0])
// and returns its exit code; nothing when neither names one. For main(), before anything else:
// an applet has its own ways with signals and streams.
std::optional<int> RunApplet(int argc, char** argv);

}  // namespace siphon::driver

#endif  // SIPHON_DRIVER_APPLET_H_
