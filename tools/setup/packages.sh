# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
#
# Sourced by tools/deps, tools/test and tools/demo: installs what is missing, through apt.

# siphon_as_root sets $as_root to what comes before a command that only root may run.
siphon_as_root() {
  as_root=
  [ "$(id -u)" != 0 ] || return 0
  as_root=sudo
  command -v sudo >/dev/null
}

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
  siphon_as_root || {
    echo "setup: please install as root:$missing" >&2
    return 1
  }
  # The lists of a fresh machine are empty or old; a second try reads them anew.
  # shellcheck disable=SC2086
  if ! $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
    --no-install-recommends -o DPkg::Lock::Timeout=300 $missing >/dev/null 2>&1; then
    $as_root apt-get update -qq
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
      --no-install-recommends -o DPkg::Lock::Timeout=300 $missing >/dev/null
  fi
}

# siphon_install_postgresql PACKAGE installs a PostgreSQL server without the cluster that Debian
# would make and start with it. What is there already stays as it is.
siphon_install_postgresql() {
  siphon_as_root || {
    echo "setup: please install as root, with create_main_cluster=false: $1" >&2
    return 1
  }
  settings=/etc/postgresql-common/createcluster.d
  $as_root mkdir -p "$settings"
  echo 'create_main_cluster = false' | $as_root tee "$settings/siphon.conf" >/dev/null
  status=0
  siphon_install "$1" || status=$?
  $as_root rm -f "$settings/siphon.conf"
  return "$status"
}
