#!/usr/bin/env python3
# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
"""Tries the ways to a pinned file in order, and reports all answers if none succeeds."""

import collections
import os

from download import Unavailable, shown

# One way to a file: its name, the place it asks, and a function that returns the result or raises
# Unavailable.
Way = collections.namedtuple("Way", "name place action")


class Exhausted(Exception):
    """No way led to the file; the text lists every try with its answer."""


def first(ways, what, report=lambda text: None):
    """The result of the first way that succeeds. Passes each failed try before it to `report`."""
    tries = []
    for way in ways:
        try:
            result = way.action()
        except Unavailable as error:
            tries.append("  %-14s %s: %s" % (way.name, shown(way.place), error))
            continue
        for line in tries:
            if not line.startswith("  cache "):
                report("%s: passed over%s" % (what, line[1:]))
        return result
    raise Exhausted("\n".join(["%s: not available; every place failed:" % what] + tries))


def other_folders():
    """The user's own folders of archives: SIPHON_DISTDIR, separated by colons."""
    return [folder for folder in os.environ.get("SIPHON_DISTDIR", "").split(":") if folder]
