# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
"""Writes a Debian package (deb(5)) whose bytes depend on its content only."""

import hashlib
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "archives"))
import reproducible  # pylint: disable=wrong-import-position


def version_of(version, revision):
    """Debian's form of a version: 1.2.0-rc1 is 1.2.0~rc1-1, which is less than 1.2.0-1."""
    return "%s-%s" % (version.replace("-", "~"), revision)


def installed_size(entries):
    """The size on disk in KiB, as dpkg-gencontrol counts it: a folder or a link counts one."""
    return sum(
        (len(one.content) + 1023) // 1024 if isinstance(one.content, bytes) else 1
        for one in entries
    )


def control(fields, entries):
    """The file control. `fields` are pairs; the description's lines after the first are folded."""
    lines = []
    for name, value in fields:
        if name == "Description":
            lines.append("Installed-Size: %d" % installed_size(entries))
            first, *rest = value.split("\n")
            value = "\n".join([first] + [" " + (line or ".") for line in rest])
        lines.append("%s: %s" % (name, value))
    return "\n".join(lines) + "\n"


def build(fields, scripts, entries, seconds):
    """The bytes of a package.

    Args:
      fields: the fields of the file control, as pairs; Description is the last one.
      scripts: maintainer scripts, name to text.
      entries: files and folders; missing folders are added.
      seconds: the time of everything.
    """
    entries = reproducible.with_folders(entries)
    sums = "".join(
        "%s  %s\n" % (hashlib.md5(one.content).hexdigest(), one.path)
        for one in entries
        if isinstance(one.content, bytes)
    )
    meta = [
        reproducible.entry("control", control(fields, entries).encode()),
        reproducible.entry("md5sums", sums.encode()),
    ] + [reproducible.entry(name, text.encode(), 0o755) for name, text in scripts.items()]
    top = [reproducible.Entry("", None, 0o755, (0, "root"), (0, "root"))]
    return reproducible.ar(
        [
            ("debian-binary", b"2.0\n"),
            (
                "control.tar.gz",
                reproducible.compress(
                    reproducible.tar(top + reproducible.with_folders(meta), seconds, "./")
                ),
            ),
            (
                "data.tar.gz",
                reproducible.compress(reproducible.tar(top + entries, seconds, "./")),
            ),
        ],
        seconds,
    )
