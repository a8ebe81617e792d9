#!/usr/bin/env python3
# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
"""includes.py reports each forbidden include and accepts the others."""

import os
import sys
import unittest

HERE = os.path.dirname(os.path.realpath(__file__))
sys.dont_write_bytecode = True
sys.path.insert(0, HERE)
import includes  # pylint: disable=wrong-import-position

# Allowed includes, one of every kind.
RIGHT = {
    "errs/error.h": [],
    "errs/error_test.cc": ["errs/error.h", "testing/matchers.h"],
    "siphon/base/io.h": ["errs/error.h"],
    "siphon/driver/driver.h": ["siphon/base/io.h"],
    "siphon/driver/applet.h": [],
    "siphon/main.cc": ["siphon/cli/run.h", "siphon/driver/applet.h"],
    "siphon/cli/run.h": ["siphon/base/io.h"],
    "drivers/sqlite/fixture.h": ["siphon/driver/driver.h", "testing/contracts/fixture.h"],
    "testing/matchers.h": ["errs/error.h"],
    "testing/contracts/fixture.h": ["siphon/driver/driver.h"],
    "testing/process/process.h": [],
    "testing/servers/server.cc": ["testing/process/process.h", "testing/servers/server.h"],
    "testing/servers/server.h": [],
    "testing/e2e/sandbox.h": ["testing/process/process.h"],
    "testing/e2e/a_test.cc": ["testing/e2e/sandbox.h", "testing/servers/server.h"],
    "fuzz/a/a_fuzz.cc": ["drivers/sqlite/fixture.h"],
}


class IncludesTest(unittest.TestCase):
    def violations(self, **more):
        graph = {path: list(targets) for path, targets in RIGHT.items()}
        for path, targets in more.get("more", {}).items():
            graph.setdefault(path, []).extend(targets)
            for target in targets:
                graph.setdefault(target, [])
        return includes.violations(graph)

    def test_the_repository_as_designed_is_accepted(self):
        self.assertEqual([], self.violations())

    def test_an_arrow_upward_is_refused(self):
        for path, target in [
            ("errs/error.h", "siphon/base/io.h"),
            ("siphon/base/io_test.cc", "siphon/driver/driver.h"),
            ("siphon/driver/driver_test.cc", "testing/contracts/fixture.h"),
            ("siphon/cli/run_test.cc", "testing/servers/server.h"),
            ("drivers/sqlite/a_test.cc", "testing/e2e/sandbox.h"),
            ("testing/matchers.h", "testing/process/process.h"),
            ("testing/process/process_test.cc", "testing/servers/server.h"),
            ("testing/contracts/a_test.cc", "drivers/sqlite/fixture.h"),
            ("testing/servers/server_test.cc", "testing/e2e/sandbox.h"),
            ("testing/e2e/b_test.cc", "testing/bench/rows.h"),
        ]:
            with self.subTest(path=path):
                found = self.violations(more={path: [target]})
                self.assertTrue(
                    any("must not include" in line and path in line for line in found), found
                )

    def test_a_new_folder_of_tests_has_to_be_named(self):
        self.assertIn("is not in TEST_FOLDERS", self.violations(more={"testing/new/a.h": []})[0])

    def test_a_circle_of_files_is_refused_with_its_includes(self):
        self.assertEqual(
            [
                "a circle of files: siphon/base/a.h, siphon/base/b.h, siphon/base/c.h",
                "  siphon/base/a.h -> siphon/base/b.h",
                "  siphon/base/b.h -> siphon/base/c.h",
                "  siphon/base/c.h -> siphon/base/a.h",
            ],
            self.violations(
                more={
                    "siphon/base/a.h": ["siphon/base/b.h"],
                    "siphon/base/b.h": ["siphon/base/c.h"],
                    "siphon/base/c.h": ["siphon/base/a.h"],
                    "siphon/base/d.h": ["siphon/base/a.h"],
                }
            ),
        )

    def test_a_circle_of_folders_is_refused(self):
        self.assertEqual(
            [
                "a circle of folders: siphon/domain/a, siphon/domain/b",
                "  siphon/domain/a/1.h -> siphon/domain/b/1.h",
                "  siphon/domain/b/2.h -> siphon/domain/a/2.h",
            ],
            self.violations(
                more={
                    "siphon/domain/a/1.h": ["siphon/domain/b/1.h"],
                    "siphon/domain/b/2.h": ["siphon/domain/a/2.h"],
                }
            ),
        )


if __name__ == "__main__":
    unittest.main()
