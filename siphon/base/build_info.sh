#!/bin/sh
# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
#
# Writes the source of //siphon/base:build_info.
# usage: build_info.sh VERSION_FILE [STATUS_FILE]
set -eu
version=$(cat "$1")
commit=unknown
if [ $# -gt 1 ]; then
  commit=$(sed -n 's/^STABLE_SIPHON_COMMIT //p' "$2")
fi
case $version$commit in
*[!A-Za-z0-9.+-]*)
  echo "build_info.sh: version '$version' or commit '$commit' is not plain" >&2
  exit 1
  ;;
esac
cat <<EOF
// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/base/build_info.h"

namespace siphon::base {

const BuildInfo& GetBuildInfo() {
  static constexpr BuildInfo kInfo = {"$version", "${commit:-unknown}"};
  return kInfo;
}

}  // namespace siphon::base
EOF
