// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <cstdio>

#include "siphon/base/build_info.h"

int main() {
  const siphon::base::BuildInfo& info = siphon::base::GetBuildInfo();
  std::printf("siphon %.*s (%.*s)\n", static_cast<int>(info.version.size()), info.version.data(),
              static_cast<int>(info.commit.size()), info.commit.data());
  return 0;
}
