#!/usr/bin/env python3
# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
"""Counts the tests of a `bazel test` from its build event file.

usage: count_tests.py EVENTS STATUS

Prints the failed tests and, on the last line, "N passed, N failed". A test that was not built or
did not end counts as failed. If Bazel failed (STATUS) but no test did, the build counts as one
failure. Tests that a filter (--test_tag_filters) left out are neither; a line of their own counts
them.
"""

import json
import sys

PASSED = {"PASSED", "FLAKY"}


def count(events):
    """Returns (passed, failed, left out) as sorted lists of labels."""
    tests = set()
    left_out = set()
    outcome = {}
    for event in events:
        name = event.get("id", {})
        if "targetConfigured" in name and "testSize" in event.get("configured", {}):
            tests.add(name["targetConfigured"]["label"])
        # Bazel announces the summary of a test that it is going to run when it has built the test.
        if "targetCompleted" in name and event.get("completed", {}).get("success"):
            if not any("testSummary" in child for child in event.get("children", ())):
                left_out.add(name["targetCompleted"]["label"])
        if "testSummary" in name and "testSummary" in event:
            label = name["testSummary"]["label"]
            tests.add(label)
            outcome[label] = event["testSummary"].get("overallStatus", "NO_STATUS")
    left_out &= tests - set(outcome)
    tests -= left_out
    passed = sorted(label for label in tests if outcome.get(label) in PASSED)
    failed = sorted(tests - set(passed))
    return passed, [(label, outcome.get(label, "NOT BUILT")) for label in failed], sorted(left_out)


def read(path):
    with open(path, encoding="utf-8") as file:
        for line in file:
            try:
                yield json.loads(line)
            except ValueError:
                pass  # The last line is incomplete if Bazel was killed.


def main():
    passed, failed, left_out = count(read(sys.argv[1]))
    status = int(sys.argv[2])
    for label, what in failed:
        print("%s: %s" % (what, label))
    failures = len(failed)
    if status != 0 and failures == 0:
        print("bazel exited with %d" % status)
        failures = 1
    if left_out:
        print("%d test targets left out by a filter" % len(left_out))
    print("%d passed, %d failed" % (len(passed), failures))


if __name__ == "__main__":
    sys.exit(main())
