// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_BASE_BUILD_INFO_H_
#define SIPHON_BASE_BUILD_INFO_H_

#include <string_view>

namespace siphon::base {

// Which siphon this is.
struct BuildInfo {
  // The content of the file VERSION, such as "0.1.0-dev".
  std::string_view version;
  // The first 12 digits of the commit, "-dirty" appended where tracked files differ from it;
  // "unknown" in a build without --stamp.
  std::string_view commit;
};

// Never fails; the same object every time.
const BuildInfo& GetBuildInfo();

}  // namespace siphon::base

#endif  // SIPHON_BASE_BUILD_INFO_H_
