# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
#
# Sourced by tools/deps, tools/test and tools/demo: installs what is missing, through apt.

# siphon_install PACKAGE... installs those packages that are not there yet.
siphon_install() {
  missing=
  for package in "$@"; do
    case $(dpkg-query -W -f '${Status}' "$package" 2>/dev/null) in
      *' installed') ;;
      *) missing="$missing $package" ;;
    esac
  done
  [ -n "$missing" ] || return 0
  echo "setup: installing$missing" >&2
  as_root=
  if [ "$(id -u)" != 0 ]; then
    as_root=sudo
    command -v sudo >/dev/null || {
      echo "setup: please install as root:$missing" >&2
      return 1
    }
  fi
  # The lists of a fresh machine are empty or old; a second try reads them anew.
  # shellcheck disable=SC2086
  if ! $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
    --no-install-recommends -o DPkg::Lock::Timeout=300 $missing >/dev/null 2>&1; then
    $as_root apt-get update -qq
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
      --no-install-recommends -o DPkg::Lock::Timeout=300 $missing >/dev/null
  fi
}
