// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_BASE_BUILD_INFO_H_
#define SIPHON_BASE_BUILD_INFO_H_

#include <string_view>

namespace siphon::base {

// The version of this siphon.
struct BuildInfo {
  // The content of the file VERSION, such as "0.1.0-dev".
  std::string_view version;
  // The first 12 digits of the commit, with "-dirty" if tracked files differ from it; "unknown" in
  // a build without --stamp.
  std::string_view commit;
};

// Returns the same object each time.
const BuildInfo& GetBuildInfo();

}  // namespace siphon::base

#endif  // SIPHON_BASE_BUILD_INFO_H_
