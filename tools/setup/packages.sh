# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
#
# Sourced by tools/deps, tools/servers, tools/test and tools/demo: installs missing packages with
# apt.

# siphon_as_root sets $as_root to the prefix of a command that only root may run: nothing, or sudo.
siphon_as_root() {
  as_root=
  [ "$(id -u)" != 0 ] || return 0
  as_root=sudo
  command -v sudo >/dev/null
}

# siphon_apt LOG COMMAND... runs apt-get with short time-outs and with the preferences in
# $siphon_work; its output goes to LOG.
siphon_apt() {
  log=$1
  shift
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 \
    -o Acquire::Retries=1 -o "Acquire::http::Timeout=${SIPHON_FETCH_TIMEOUT:-10}" \
    -o "Acquire::https::Timeout=${SIPHON_FETCH_TIMEOUT:-10}" \
    -o "Dir::Etc::preferences=$siphon_work/preferences" "$@" >"$log" 2>&1
}

# siphon_lacking LOG prints "PACKAGE VERSION" for each package whose file the mirror does not serve
# as its index promises. The version has no epoch: a file's name has none.
siphon_lacking() {
  grep -E '^E: Failed to fetch .*(404|Hash Sum mismatch|unexpected size)' "$1" |
    sed -n -e 's/%2b/+/gI' -e 's/%7e/~/gI' -e 's/%3a/:/gI' \
      -e 's|^E: Failed to fetch [^ ]*/\([^/_ ]*\)_\([^/_ ]*\)_[^/_ ]*\.deb .*|\1 \2|p' | sort -u
}

# siphon_try_install PACKAGE... installs them. Where the mirror lacks a version that its index
# names, that version is left out and apt chooses again, with an older one of another suite.
siphon_try_install() {
  siphon_apt "$siphon_work/log" install -y --no-install-recommends "$@" && return
  # The lists of a fresh machine are empty or old.
  siphon_apt "$siphon_work/update" update || true
  for round in 1 2 3 4 5 6 7 8; do
    siphon_apt "$siphon_work/log" install -y --no-install-recommends "$@" && return
    siphon_lacking "$siphon_work/log" >"$siphon_work/lacking"
    [ -s "$siphon_work/lacking" ] || return 1
    while read -r package version; do
      echo "setup: the mirror does not serve $package $version, which its index names" >&2
      printf '\nPackage: %s\nPin: version *%s\nPin-Priority: -1\n' "$package" "$version" \
        >>"$siphon_work/preferences"
    done <"$siphon_work/lacking"
  done
  return 1
}

# siphon_install PACKAGE... installs the packages that are not installed yet.
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
    echo "setup: sudo is missing; install these packages as root:$missing" >&2
    return 1
  }
  siphon_work=$(mktemp -d "${TMPDIR:-/tmp}/siphon-setup.XXXXXX")
  eval "$(apt-config shell preferences Dir::Etc::preferences/f)"
  cat "${preferences:-/dev/null}" >"$siphon_work/preferences" 2>/dev/null || true
  installed=0
  # shellcheck disable=SC2086
  siphon_try_install $missing || installed=1
  if [ "$installed" != 0 ]; then
    echo "setup: apt could not install$missing:" >&2
    cat "$siphon_work/update" "$siphon_work/log" | grep -E '^[EW]:' | sed 's/^/setup:   /' >&2
    echo "setup: check the network and the mirrors in /etc/apt (apt-get update), or install the" >&2
    echo "setup: packages by other means and run this again" >&2
  fi
  rm -rf "$siphon_work"
  return "$installed"
}

# siphon_install_postgresql PACKAGE installs a PostgreSQL server without the cluster that Debian's
# package would create and start. An installed server stays as it is.
siphon_install_postgresql() {
  siphon_as_root || {
    echo "setup: sudo is missing; install as root, with create_main_cluster = false: $1" >&2
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
