#!/usr/bin/env python3
# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
"""docs/troubleshooting.md has every cause of errs/error.h, and no other.

usage: causes_test.py HEADER PAGE
"""

import re
import sys


def main(header, page):
    """Compares the two; returns the exit code."""
    with open(header, encoding="utf-8") as file:
        causes = set(re.findall(r'inline constexpr Cause k\w+\{"(\w+)"', file.read()))
    named = set()
    with open(page, encoding="utf-8") as file:
        for line in file:
            if line.startswith("## Symptoms"):
                break
            first = line.split("|")[1] if line.startswith("| `") else ""
            named |= set(re.findall(r"`(\w+)`", first))
    for cause in sorted(causes ^ named):
        print("%s: %s" % (cause, "is not on the page" if cause in causes else "is no cause"))
    if len(causes) < 15:
        print("the test found only %d causes" % len(causes))
        return 1
    return 1 if causes != named else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
