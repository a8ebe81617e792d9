#!/usr/bin/env python3
# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
"""Checks that a tree is ready for a release: VERSION, CHANGELOG.md, no change since the commit.

usage: check_release.py VERSION [ROOT]
"""

import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def faults(version, root):
    """What is missing, one line each."""
    found = []
    if not re.fullmatch(r"\d+\.\d+\.\d+(?:-[0-9A-Za-z.]+)?", version):
        found.append("%s is no version: it must be like 1.2.0 or 1.2.0-rc1" % version)
    with open(os.path.join(root, "VERSION"), encoding="utf-8") as file:
        said = file.read().strip()
    if said != version:
        found.append("the file VERSION says %s" % said)
    with open(os.path.join(root, "CHANGELOG.md"), encoding="utf-8") as file:
        sections = re.findall(r"^## (\S+)(?: \((.*)\))?$", file.read(), re.M)
    dates = dict(sections)
    released = re.sub(r"-dev$", "", version)
    if released not in dates:
        found.append("CHANGELOG.md has no section \"## %s (DATE)\"" % released)
    elif released == version and not re.fullmatch(r"\d{4}-\d\d-\d\d", dates[released]):
        found.append("the section of %s in CHANGELOG.md has no date" % released)
    elif sections[0][0] != released:
        found.append("the first section of CHANGELOG.md is %s" % sections[0][0])
    status = subprocess.run(
        ["git", "-C", root, "status", "--porcelain", "--untracked-files=no"],
        stdout=subprocess.PIPE,
        universal_newlines=True,
        check=False,
    )
    if status.returncode != 0:
        found.append("%s is no clone of the repository" % root)
    elif status.stdout:
        found.append("the tree has changes since the commit:\n" + status.stdout.rstrip("\n"))
    return found


def main():
    """The program."""
    found = faults(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else ROOT)
    for fault in found:
        print("release: " + fault, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
