#!/usr/bin/env python3
# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
"""count_tests.py counts a test as passed only if Bazel reports that it passed."""

import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import count_tests  # pylint: disable=wrong-import-position


def configured(label, size="SMALL"):
    target = {"targetKind": "cc_test rule"}
    if size:
        target["testSize"] = size
    return {"id": {"targetConfigured": {"label": label}}, "configured": target}


def completed(label, runs):
    children = [{"testSummary": {"label": label}}] if runs else []
    return {
        "id": {"targetCompleted": {"label": label}},
        "children": children,
        "completed": {"success": True},
    }


def summary(label, status):
    return {"id": {"testSummary": {"label": label}}, "testSummary": {"overallStatus": status}}


class CountTestsTest(unittest.TestCase):
    def test_counts_passed_and_failed(self):
        passed, failed, left_out = count_tests.count(
            [
                configured("//:a"),
                configured("//:b"),
                configured("//:c"),
                configured("//:library", size=None),
                summary("//:a", "PASSED"),
                summary("//:b", "TIMEOUT"),
                summary("//:c", "FLAKY"),
            ]
        )
        self.assertEqual(["//:a", "//:c"], passed)
        self.assertEqual([("//:b", "TIMEOUT")], failed)
        self.assertEqual([], left_out)

    def test_a_test_without_a_result_has_failed(self):
        passed, failed, left_out = count_tests.count(
            [
                configured("//:a"),
                configured("//:b"),
                {"id": {"testSummary": {"label": "//:b"}}, "aborted": {"reason": "SKIPPED"}},
            ]
        )
        self.assertEqual([], passed)
        self.assertEqual([("//:a", "NOT BUILT"), ("//:b", "NOT BUILT")], failed)
        self.assertEqual([], left_out)

    def test_a_test_that_a_filter_left_out_is_neither_passed_nor_failed(self):
        passed, failed, left_out = count_tests.count(
            [
                configured("//:a"),
                configured("//:filtered"),
                configured("//:interrupted"),
                configured("//:broken"),
                configured("//:library", size=None),
                completed("//:a", runs=True),
                completed("//:filtered", runs=False),
                completed("//:interrupted", runs=True),
                {"id": {"targetCompleted": {"label": "//:broken"}}, "completed": {}},
                completed("//:library", runs=False),
                summary("//:a", "PASSED"),
            ]
        )
        self.assertEqual(["//:a"], passed)
        self.assertEqual([("//:broken", "NOT BUILT"), ("//:interrupted", "NOT BUILT")], failed)
        self.assertEqual(["//:filtered"], left_out)


if __name__ == "__main__":
    unittest.main()
