#!/usr/bin/env python3
# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
"""layers.py reports each forbidden edge and accepts the designed graph."""

import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import layers  # pylint: disable=wrong-import-position

GRAPH = """
digraph mygraph {
  node [shape=box];
  "//siphon:siphon"
  "//siphon:siphon" -> "//siphon:main.cc"
  "//siphon:main.cc"
  "//siphon:siphon" -> "//siphon/cli:run"
  "//siphon:siphon" -> "//drivers/sqlite:register"
  "//siphon:siphon" -> "//siphon/stores:registered"
  "//siphon/stores:registered" -> "//siphon/stores/s3:s3"
  "//siphon/stores/s3:s3" -> "//siphon/domain/storage:registry"
  "//siphon/cli:run" -> "//siphon/app:backup"
  "//siphon/cli:run" -> "@cli11//:cli11"
  "//siphon/app:backup" -> "//siphon/driver:registry"
  "//siphon/driver:registry" -> "//siphon/domain/dumps:catalog"
  "//drivers/sqlite:register" -> "//drivers/sqlite:driver"
  "//drivers/sqlite:driver" -> "//siphon/driver:registry"
  "//drivers/sqlite:driver" -> "@sqlite//:sqlite3"
  "//siphon/domain/dumps:catalog" -> "//siphon/base:pipe"
  "//siphon/base:pipe" -> "//errs:error"
  "//errs:error" -> "@com_google_absl//absl/status:status"
  "@com_google_absl//absl/status:status" -> "@bazel_tools//tools/cpp:compiler"
  "//siphon/base:pipe" -> "//tools/bazel:sanitizer"
}
"""
ALLOWED = {"com_google_absl", "cli11", "sqlite"}


class LayersTest(unittest.TestCase):
    def violations(self, *edges):
        text = GRAPH + "".join('"%s" -> "%s"\n' % edge for edge in edges)
        return "\n".join(layers.violations(layers.parse_graph(text), ALLOWED))

    def test_the_designed_graph_is_accepted(self):
        self.assertEqual("", self.violations())

    def test_every_arrow_upward_is_refused(self):
        order = [
            ("errs", "//errs:error"),
            ("base", "//siphon/base:pipe"),
            ("domain", "//siphon/domain/dumps:catalog"),
            ("driver", "//siphon/driver:registry"),
            ("app", "//siphon/app:backup"),
            ("cli", "//siphon/cli:run"),
            ("main", "//siphon:siphon"),
        ]
        for i, (lower, from_label) in enumerate(order):
            for upper, to_label in order[i + 1 :]:
                with self.subTest(lower=lower, upper=upper):
                    self.assertIn(
                        "%s must not depend on %s" % (lower, upper),
                        self.violations((from_label, to_label)),
                    )

    def test_presentation_sees_no_driver_and_no_contract(self):
        for label in ("//siphon/cli:run", "//siphon/tui:board"):
            self.assertIn("must not depend on drivers",
                          self.violations((label, "//drivers/sqlite:driver")))
            self.assertIn("must not depend on driver:",
                          self.violations((label, "//siphon/driver:registry")))

    def test_main_sees_the_table_of_applets_and_no_more_of_the_contract(self):
        self.assertEqual("", self.violations(("//siphon:siphon", "//siphon/driver:applet")))
        self.assertIn("main must not depend on driver:",
                      self.violations(("//siphon:siphon", "//siphon/driver:registry")))
        self.assertIn("cli must not depend on driver:",
                      self.violations(("//siphon/cli:run", "//siphon/driver:applet")))

    def test_presentation_reaches_no_driver_by_a_detour(self):
        self.assertIn(
            "cli and tui must not depend on: //siphon/cli:run -> //siphon/app:backup -> //drivers",
            self.violations(("//siphon/app:backup", "//drivers/sqlite:driver")),
        )

    def test_a_driver_never_sees_the_app_or_another_engine(self):
        self.assertIn("drivers must not depend on app",
                      self.violations(("//drivers/sqlite:driver", "//siphon/app:backup")))
        self.assertIn("a driver must not depend on another",
                      self.violations(("//drivers/mysql:driver", "//drivers/sqlite:driver")))
        self.assertEqual("",
                         self.violations(("//drivers/mysql:driver", "//drivers/mysqlcommon:dump")))
        self.assertEqual("",
                         self.violations(("//drivers:registered", "//drivers/sqlite:sqlite")))

    def test_a_store_sees_only_the_domain_and_no_other_store(self):
        self.assertEqual(
            "", self.violations(("//siphon/stores:registered", "//siphon/stores/local:local"))
        )
        for lower, label in (
            ("app", "//siphon/app:backup"),
            ("driver", "//siphon/driver:registry"),
            ("drivers", "//drivers/sqlite:driver"),
        ):
            self.assertIn("stores must not depend on %s:" % lower,
                          self.violations(("//siphon/stores/s3:s3", label)))
        self.assertIn("a store must not depend on another",
                      self.violations(("//siphon/stores/s3:s3", "//siphon/stores/local:local")))
        self.assertIn("app must not depend on stores",
                      self.violations(("//siphon/app:backup", "//siphon/stores/s3:s3")))

    def test_the_domain_knows_no_database_library(self):
        for repository in ("@sqlite", "@postgresql", "@libpq", "@mariadb_connector"):
            with self.subTest(repository=repository):
                found = self.violations(("//siphon/domain/dumps:catalog", repository + "//:x"))
                self.assertIn("client library outside a driver", found)
                self.assertIn("must not depend on", found)

    def test_the_domain_reaches_no_database_library_by_a_detour(self):
        self.assertIn(
            "domain and base and errs must not depend on",
            self.violations(
                ("//siphon/domain/dumps:catalog", "//tools/x:y"), ("//tools/x:y", "@sqlite//:x")
            ),
        )

    def test_a_repository_that_deps_bzl_does_not_allow_is_refused(self):
        self.assertIn(
            layers.NOT_ALLOWED + ": //siphon:siphon -> //siphon/cli:run -> @boost//:x",
            self.violations(("//siphon/cli:run", "@boost//:x")),
        )
        self.assertIn(layers.NOT_ALLOWED,
                      self.violations(("@com_google_absl//absl/status:status", "@extra//:x")))

    def test_the_licences_that_the_bill_of_materials_reads_are_not_linked(self):
        edges = [
            ("//siphon/base:bill_of_materials", "//tools/bom:unstamped"),
            ("//siphon/cli:run", "//siphon/base:bill_of_materials"),
            ("//tools/bom:unstamped", "@sqlite//:LICENSE.md"),
            ("//tools/bom:unstamped", "@postgresql//:COPYRIGHT"),
        ]
        self.assertEqual("", self.violations(*edges))
        text = GRAPH + "".join('"%s" -> "%s"\n' % edge for edge in edges)
        self.assertEqual(
            {"cli11", "com_google_absl", "sqlite"},
            layers.repositories(layers.parse_graph(text)),
        )

    def test_test_code_in_the_binary_is_refused(self):
        self.assertIn("test code in the binary",
                      self.violations(("//siphon:siphon", "//testing:matchers")))


if __name__ == "__main__":
    unittest.main()
