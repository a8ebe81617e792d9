#!/usr/bin/env python3
# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
"""Each rule of lint.py reports a violation, and accepts the same text where it is allowed."""

import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lint  # pylint: disable=wrong-import-position

HEAD = "// %s\n// %s\n\n" % (lint.COPYRIGHT, lint.LICENCE)
BUILD_HEAD = (
    "# %s\n# %s\n\n" % (lint.COPYRIGHT, lint.LICENCE)
    + 'package(default_visibility = ["//visibility:private"])\n'
)

# (rule, a path where the line is forbidden, the line, a path where it is allowed or None)
LINES = [
    ("std-regex", "siphon/base/a.cc", 'std::regex r("a");', None),
    ("std-regex", "siphon/base/a.cc", "#include <regex>", None),
    ("getenv", "siphon/base/a.cc", 'auto* v = getenv("HOME");', "siphon/domain/secrets/a.cc"),
    ("getenv", "siphon/cli/a.cc", 'auto* v = std::getenv("HOME");', "siphon/cli/process_env.cc"),
    ("getenv", "drivers/x/a.cc", 'auto* v = secure_getenv("A");', "siphon/main.cc"),
    ("shell", "siphon/app/a.cc", 'int r = system("ls");', None),
    ("shell", "siphon/app/a.cc", 'int r = std::system("ls");', None),
    ("shell", "siphon/base/a.cc", 'FILE* f = ::popen("ls", "r");', None),
    ("fork", "siphon/app/a.cc", "pid_t pid = fork();", "siphon/base/child_process.cc"),
    ("fork", "drivers/x/a.cc", "execve(path, argv, env);", "testing/a.cc"),
    ("wall-clock", "siphon/app/a.cc", "auto t = absl::Now();", "siphon/base/clock.cc"),
    ("wall-clock", "siphon/app/a.cc", "auto t = std::chrono::system_clock::now();", None),
    ("wall-clock", "siphon/app/a.cc", "time_t t = time(nullptr);", "siphon/base/clock.cc"),
    ("wall-clock", "siphon/app/a.cc", "time_t t = std::time(NULL);", None),
    ("wall-clock", "siphon/app/a.cc", "gettimeofday(&tv, nullptr);", None),
    ("wall-clock", "siphon/app/a.cc", "clock_gettime(CLOCK_REALTIME, &ts);", None),
    ("raw-sqlite", "siphon/app/a.cc", "sqlite3_close(db);", "drivers/sqlite/a.cc"),
    ("raw-sqlite", "drivers/mysql/a.cc", "sqlite3_close (db);", "testing/a.cc"),
    ("raw-libpq", "siphon/app/a.cc", "PQfinish(connection);", "drivers/postgres/a.cc"),
    ("raw-libpq", "drivers/mysql/a.cc", "PQclear (result);", "testing/a.cc"),
    ("raw-connector", "siphon/app/a.cc", "mysql_close(connection);", "drivers/mysqlcommon/a.cc"),
    ("raw-curl", "siphon/app/a.cc", "curl_easy_cleanup(easy);", "siphon/base/http/a.cc"),
    ("cli11", "siphon/cli/sync.cc", '#include "CLI/CLI.hpp"', None),
    ("cli11", "siphon/cli/command.h", '#include "CLI/App.hpp"', None),
    ("alwayslink", "drivers/x/BUILD.bazel", "a(alwayslink = 1)", "tools/bazel/siphon.bzl"),
    ("tag-filter", ".bazelrc", "test --test_tag_filters=-long", None),
    ("tag-filter", "tools/test", "bazel test --test_tag_filters=-a,-large //...", None),
    ("alwayslink", "drivers/drivers.bzl", "A = dict(alwayslink = True)", None),
    ("using-namespace", "siphon/app/a.cc", "using namespace std;", "siphon/app/a_test.cc"),
    ("using-namespace", "siphon/app/a.h", "using  namespace siphon::base;", "testing/a.h"),
    ("disabled-test", "siphon/app/a_test.cc", "GTEST_SKIP();", None),
    ("disabled-test", "testing/a.cc", "TEST(A, DISABLED_B) {}", None),
    ("native-rule", "siphon/app/BUILD.bazel", 'cc_library(name = "a")', "tools/bazel/x.bzl"),
    ("native-rule", "siphon/app/BUILD.bazel", 'cc_test(name = "a")', None),
    ("manual-test", "siphon/app/BUILD.bazel", 'a(tags = ["manual"])', None),
    ("host-library", "siphon/app/BUILD.bazel", 'a(linkopts = ["-lsqlite3"])', None),
    ("include", "siphon/app/a.cc", "#include <zstd/zstd.h>", None),
    ("include", "siphon/app/a.cc", "#include <libpq-fe.h>", None),
    ("include", "siphon/app/a.cc", '#include "libpq-fe.h"', None),
    ("include", "siphon/app/a.cc", '#include "sqlite3.h"', None),
    ("include", "siphon/app/a.cc", "#include <zstd.h>", None),
    ("include", "siphon/app/a.cc", '#include "absl/status/status.h"', None),
]

FINE = [
    "// system(\"ls\") and absl::Now() in a comment",
    'const char* a = "getenv(HOME) and fork()";',
    'const char* b = R"(sqlite3_open(" //)";',
    "/* using namespace\n   std; */",
    "int x = 1'000'000; file.time(0); clock.system(1);",
    "auto t = std::chrono::steady_clock::now();",
    "#include <sys/wait.h>",
    "#include <vector>",
    '#include "siphon/app/other.h"',
]


class RulesTest(unittest.TestCase):
    def findings(self, files, formatting=False):
        """The violations in files {path: content}, as a set of (path, rule)."""
        with tempfile.TemporaryDirectory() as root:
            for path, content in files.items():
                full = os.path.join(root, path)
                os.makedirs(os.path.dirname(full), exist_ok=True)
                with open(full, "w", encoding="utf-8") as file:
                    file.write(content)
            if formatting:
                with open(".clang-format", encoding="utf-8") as source:
                    with open(os.path.join(root, ".clang-format"), "w", encoding="utf-8") as to:
                        to.write(source.read())
            return {(f[0], f[2]) for f in lint.lint(root, formatting)}

    def content(self, path, line):
        return (BUILD_HEAD if lint.is_build(path) else HEAD) + line + "\n"

    def with_build(self, path, line):
        return {
            path: self.content(path, line),
            os.path.join(os.path.dirname(path), "BUILD.bazel"): BUILD_HEAD,
            **({path: self.content(path, line)}),
        }

    def test_each_rule_reports_its_violation(self):
        for rule, wrong, line, _ in LINES:
            with self.subTest(rule=rule, line=line):
                self.assertIn((wrong, rule), self.findings(self.with_build(wrong, line)))

    def test_each_rule_accepts_the_line_where_it_is_allowed(self):
        for rule, _, line, right in LINES:
            if right:
                with self.subTest(rule=rule, line=line):
                    self.assertEqual(set(), self.findings(self.with_build(right, line)))

    def test_every_pattern_has_a_line_here(self):
        tried = {rule for rule, _, _, _ in LINES}
        self.assertEqual(set(), {pattern[0] for pattern in lint.PATTERNS} - tried)

    def test_comments_strings_and_similar_names_are_accepted(self):
        for line in FINE:
            with self.subTest(line=line):
                files = self.with_build("siphon/app/a.cc", line)
                files["siphon/app/other.h"] = HEAD
                self.assertEqual(set(), self.findings(files))

    def test_a_dependency_that_the_build_file_names_is_accepted(self):
        files = {
            "drivers/sqlite/a.cc": HEAD + '#include "sqlite3.h"\n',
            "drivers/sqlite/BUILD.bazel": BUILD_HEAD + 'a(deps = ["@sqlite//:sqlite3"])\n',
        }
        self.assertEqual(set(), self.findings(files))

    def test_every_source_needs_the_licence(self):
        for path in [
            "siphon/a.cc",
            "siphon/a.h",
            "tools/a.py",
            "tools/a.sh",
            "tools/a.bzl",
            "WORKSPACE",
            ".bazelrc",
            "tools/x/overlay.BUILD",
        ]:
            with self.subTest(path=path):
                self.assertIn((path, "licence"), self.findings({path: "\n"}))
        self.assertIn(("tools/a", "licence"), self.findings({"tools/a": "#!/bin/sh\nset -e\n"}))
        good = "#!/bin/sh\n# %s\n# %s\n" % (lint.COPYRIGHT, lint.LICENCE)
        self.assertEqual(set(), self.findings({"tools/a": good, "docs/a.md": "# A\n"}))

    def test_a_long_file_needs_a_reason(self):
        long = HEAD + "int a;\n" * lint.LONGEST_FILE
        self.assertEqual({("a/a.cc", "long-file")}, self.findings({"a/a.cc": long}))
        excused = long + "// lint: long-file: one table\n"
        self.assertEqual(set(), self.findings({"a/a.cc": excused}))
        empty_excuse = long + "// lint: long-file:\n"
        self.assertEqual({("a/a.cc", "long-file")}, self.findings({"a/a.cc": empty_excuse}))

    def test_a_package_is_private(self):
        public = BUILD_HEAD.replace("private", "public")
        self.assertEqual({("a/BUILD.bazel", "visibility")}, self.findings({"a/BUILD.bazel": public}))

    def test_a_cited_section_exists(self):
        page = "# A\n\n## Lock ids, of two\n\n```sh\n# no heading\n```\n\n## Twice\n\n## Twice\n"
        for cited, right in [
            ("docs/contracts.md#lock-ids-of-two", True),
            ("docs/contracts.md#twice-1", True),
            ("(docs/contracts.md#a).", True),
            ("docs/contracts.md#lock-ids", False),
            ("docs/contracts.md#no-heading", False),
            ("docs/contracts.md#twice-2", False),
            ("docs/contracts.md", False),
            ("contracts.md A2", False),
            ("contracts.md#a", False),
            ("docs/missing.md#a", False),
            ("docs/missing.md", True),
        ]:
            with self.subTest(cited=cited):
                files = {"a/a.h": HEAD + "// See %s\n" % cited, "docs/contracts.md": page}
                expected = set() if right else {("a/a.h", "section")}
                self.assertEqual(expected, self.findings(files))

    def test_a_link_between_pages_names_a_section_that_exists(self):
        page = "# A\n\n[own](#a) [other](b.md#b) %s\n"
        other = "# B\n\n[back](../README.md#r)\n"
        files = {"docs/a.md": page % "", "docs/b.md": other, "README.md": "# R\n"}
        self.assertEqual(set(), self.findings(files))
        files["docs/a.md"] = page % "[gone](b.md#gone)"
        self.assertEqual({("docs/a.md", "section")}, self.findings(files))

    def test_a_page_names_targets_that_exist(self):
        build = BUILD_HEAD + 'siphon_cc_test(name = "a_test")\n'
        for cited, right in [
            ("`//a:a_test`", True),
            ("`//a`", True),
            ("`//a/...`", True),
            ("`//a:BUILD.bazel`", True),
            ("http://a:b_test", True),
            ("`//a:b_test`", False),
            ("`//a:a_tes`", False),
            ("`//b`", False),
        ]:
            with self.subTest(cited=cited):
                files = {"a/BUILD.bazel": build, "docs/a.md": "| promise | %s |\n" % cited}
                expected = set() if right else {("docs/a.md", "label")}
                self.assertEqual(expected, self.findings(files))

    def test_formatting_is_checked(self):
        files = {"a/a.cc": HEAD + "int  a  ;\n", "a/b.cc": HEAD + "int b;\n"}
        self.assertEqual({("a/a.cc", "format")}, self.findings(files, formatting=True))


if __name__ == "__main__":
    unittest.main()
