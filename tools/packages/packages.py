#!/usr/bin/env python3
# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
"""Makes the Debian package and the RPM package of siphon.

usage: packages.py --binary FILE --architecture amd64|arm64 --spdx FILE --cyclonedx FILE
                   --licences FILE --pages TAR --completion SHELL=FILE... --files FOLDER
                   --changelog FILE [--deb OUT] [--rpm OUT]

Both packages hold the same files. Their bytes depend on the arguments only. Version, commit and
time come from the SPDX document.
"""

import argparse
import calendar
import json
import os
import re
import sys
import tarfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "archives"))
sys.path.insert(0, HERE)
import deb  # pylint: disable=wrong-import-position
import reproducible  # pylint: disable=wrong-import-position
import rpm  # pylint: disable=wrong-import-position

RPM_ARCHITECTURES = {"amd64": "x86_64", "arm64": "aarch64"}
MAINTAINER = "The siphon Authors <maintainers@siphon.invalid>"
# Where a build has no commit and so no time. dpkg's tools complain of files that are older.
EARLIEST = calendar.timegm((2000, 1, 1, 0, 0, 0))

SUMMARY = "back up, verify, restore, copy and migrate databases"
DESCRIPTION = """siphon moves databases of PostgreSQL, MySQL, MariaDB and SQLite. A backup holds
one consistent state, a restore is all or nothing, and a damaged or changed
dump is refused.

The program is static and needs no other package: the clients of the databases
are part of it."""

# Works while a root file system is built, too: there is no systemd then.
POSTINST = """#!/bin/sh
set -e
if [ "$1" = configure ] && command -v systemd-sysusers >/dev/null; then
  systemd-sysusers ${DPKG_ROOT:+--root="$DPKG_ROOT"} siphon.conf
fi
if [ -d /run/systemd/system ]; then
  systemctl daemon-reload >/dev/null || true
fi
"""
POSTRM = """#!/bin/sh
set -e
if [ -d /run/systemd/system ]; then
  systemctl daemon-reload >/dev/null || true
fi
"""
RPM_POSTIN = """if command -v systemd-sysusers >/dev/null; then
  systemd-sysusers siphon.conf || :
fi
if [ -d /run/systemd/system ]; then
  systemctl daemon-reload >/dev/null || :
fi
"""

COPYRIGHT = """Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: siphon
Comment: The program is linked statically with the libraries that siphon.spdx.json
 lists; licences.txt has their licences and says how to link siphon with another
 MariaDB Connector/C.

Files: *
Copyright: 2026 The siphon Authors
License: Apache-2.0
 On Debian systems, the text of the Apache License 2.0 is in
 /usr/share/common-licenses/Apache-2.0.
"""

BASH = "usr/share/bash-completion/completions/siphon"
FISH = "usr/share/fish/vendor_completions.d/siphon.fish"
COMPLETIONS = {
    "deb": {"bash": BASH, "fish": FISH, "zsh": "usr/share/zsh/vendor-completions/_siphon"},
    "rpm": {"bash": BASH, "fish": FISH, "zsh": "usr/share/zsh/site-functions/_siphon"},
}


def product_of(spdx):
    """Version, commit and time in the SPDX document of a build."""
    document = json.loads(spdx)
    siphon = document["packages"][0]
    created = time.strptime(document["creationInfo"]["created"], "%Y-%m-%dT%H:%M:%SZ")
    return {
        "version": siphon["versionInfo"],
        "commit": siphon["sourceInfo"].split()[1],
        "seconds": max(calendar.timegm(created), EARLIEST),
    }


def debian_changelog(product, version):
    """Debian's changelog of the package."""
    return "siphon (%s) unstable; urgency=medium\n\n  * siphon %s, commit %s.\n\n -- %s  %s\n" % (
        version,
        product["version"],
        product["commit"],
        MAINTAINER,
        time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime(product["seconds"])),
    )


def members(path):
    """The files in a tar: name to content."""
    with tarfile.open(path) as archive:
        return {one.name: archive.extractfile(one).read() for one in archive if one.isfile()}


def read(path):
    """The bytes of a file."""
    with open(path, "rb") as file:
        return file.read()


def common_entries(arguments, kind):
    """The files of both packages; `kind` is deb or rpm."""
    entry = reproducible.entry
    entries = [entry("usr/bin/siphon", read(arguments.binary), 0o755)]
    for name, page in members(arguments.pages).items():
        entries.append(entry("usr/share/man/man1/%s.gz" % name, reproducible.compress(page)))
    for shell, script in (pair.split("=", 1) for pair in arguments.completion):
        entries.append(entry(COMPLETIONS[kind][shell], read(script)))
    for name, path in [
        ("siphon-backup@.service", "usr/lib/systemd/system/siphon-backup@.service"),
        ("siphon-backup@.timer", "usr/lib/systemd/system/siphon-backup@.timer"),
        ("sysusers.conf", "usr/lib/sysusers.d/siphon.conf"),
        ("config.yaml", "usr/share/doc/siphon/examples/config.yaml"),
    ]:
        entries.append(entry(path, read(os.path.join(arguments.files, name))))
    for name, path in [
        ("siphon.spdx.json", arguments.spdx),
        ("siphon.cdx.json", arguments.cyclonedx),
        ("licences.txt", arguments.licences),
    ]:
        entries.append(entry("usr/share/doc/siphon/" + name, read(path)))
    return entries


def make_deb(arguments, product):
    """The bytes of the Debian package."""
    version = deb.version_of(product["version"], "1")
    entry = reproducible.entry
    entries = common_entries(arguments, "deb") + [
        entry("usr/share/doc/siphon/copyright", COPYRIGHT.encode()),
        entry(
            "usr/share/doc/siphon/changelog.gz", reproducible.compress(read(arguments.changelog))
        ),
        entry(
            "usr/share/doc/siphon/changelog.Debian.gz",
            reproducible.compress(debian_changelog(product, version).encode()),
        ),
        entry(
            "usr/share/lintian/overrides/siphon",
            read(os.path.join(arguments.files, "lintian-overrides")),
        ),
    ]
    fields = [
        ("Package", "siphon"),
        ("Version", version),
        ("Section", "database"),
        ("Priority", "optional"),
        ("Architecture", arguments.architecture),
        ("Maintainer", MAINTAINER),
        ("Recommends", "ca-certificates"),
        ("Suggests", "bash-completion"),
        ("Description", SUMMARY + "\n" + DESCRIPTION),
    ]
    scripts = {"postinst": POSTINST, "postrm": POSTRM}
    return deb.build(fields, scripts, entries, product["seconds"])


def make_rpm(arguments, product):
    """The bytes of the RPM package."""
    entries = common_entries(arguments, "rpm") + [
        reproducible.entry("usr/share/doc/siphon/CHANGELOG.md", read(arguments.changelog)),
        reproducible.entry("usr/share/doc/siphon", None),
        reproducible.entry("usr/share/doc/siphon/examples", None),
    ]
    entries.sort(key=lambda one: one.path)
    meta = {
        "name": "siphon",
        "version": re.sub("-", "~", product["version"]),
        "release": "1",
        "architecture": RPM_ARCHITECTURES[arguments.architecture],
        "summary": SUMMARY[0].upper() + SUMMARY[1:],
        "description": DESCRIPTION,
        "licence": "Apache-2.0",
        "vendor": "The siphon Authors",
        "postin": RPM_POSTIN,
    }
    return rpm.build(meta, entries, product["seconds"])


def main():
    """The program."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    for name in (
        "binary",
        "spdx",
        "cyclonedx",
        "licences",
        "pages",
        "files",
        "changelog",
    ):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--completion", action="append", required=True, metavar="SHELL=FILE")
    parser.add_argument("--architecture", required=True, choices=sorted(RPM_ARCHITECTURES))
    parser.add_argument("--deb")
    parser.add_argument("--rpm")
    arguments = parser.parse_args()
    product = product_of(read(arguments.spdx))
    for path, make in [(arguments.deb, make_deb), (arguments.rpm, make_rpm)]:
        if path:
            with open(path, "wb") as file:
                file.write(make(arguments, product))
    return 0


if __name__ == "__main__":
    sys.exit(main())
