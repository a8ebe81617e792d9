#!/usr/bin/env python3
# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
"""check.py reports the ways that serve a pinned file, and fails if a file has none.

The tests run the real apt against a small archive on the loopback.
"""

import contextlib
import io
import os
import sys
import tempfile
import unittest

os.environ["SIPHON_FETCH_TIMEOUT"] = "1"
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import archive as archives  # pylint: disable=wrong-import-position
import check  # pylint: disable=wrong-import-position
import download  # pylint: disable=wrong-import-position
import loopback_archive  # pylint: disable=wrong-import-position

SOURCE = loopback_archive.tarball("lib-1.2.3", "Debian's")
FILE = "lib_1.2.3.orig.tar.gz"


class Registry:
    """A registry with one release."""

    def view(self, spec, field):
        if (spec, field) != ("@a/b@1.2.0", "dist.integrity"):
            raise download.Unavailable("E404 No match found")
        return "sha512-AAAA"


class CheckTest(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = temporary.name
        self.debian = loopback_archive.LoopbackArchive(os.path.join(self.folder, "archive"))
        self.addCleanup(self.debian.close)
        os.environ["APT_CONFIG"] = self.debian.configuration
        self.addCleanup(os.environ.pop, "APT_CONFIG")
        snapshot = archives.SNAPSHOT
        archives.SNAPSHOT = self.debian.url + "snapshot"
        self.addCleanup(setattr, archives, "SNAPSHOT", snapshot)
        self.dep = {
            "name": "Lib",
            "version": "1.2.3",
            "url": self.debian.url + "upstream/lib-1.2.3.tar.gz",
            "sha256": "0" * 64,
            "debian": {
                "suite": "stable",
                "source": "box",
                "version": "1.2.3-4",
                "file": FILE,
                "sha256": loopback_archive.sha256(SOURCE),
                "same_bytes": False,
                "snapshot": "20250901T000000Z",
            },
        }

    def check(self, deps, servers):
        """Returns the exit code and the lines after the explanation."""
        lines = []
        checker = check.Checker(download.Downloader(), self.folder, Registry())
        with contextlib.redirect_stderr(io.StringIO()):
            code = check.check(checker, deps, servers, lines.append)
        return code, lines[1:]

    def test_a_source_that_pool_and_index_serve(self):
        self.debian.add_source("stable", "box", "1.2.3-5", FILE, SOURCE)
        code, lines = self.check({"lib": self.dep}, {})
        self.assertEqual(0, code)
        self.assertEqual(
            ["  %-36s pool, index" % "Lib 1.2.3", "1 pinned files: 0 lost, 0 with one way only"],
            lines,
        )
        # Nothing was downloaded.
        apt = os.path.join(self.folder, "apt")
        self.assertFalse([path for path, _, files in os.walk(apt) if FILE in files])

    def test_warns_of_a_source_with_one_way_and_shows_what_the_others_answered(self):
        self.debian.add_pool("stable", "box", FILE, SOURCE)
        self.debian.add_source("stable", "box", "1.2.4-1", "lib_1.2.4.orig.tar.gz", b"x")
        code, lines = self.check({"lib": self.dep}, {})
        self.assertEqual(0, code)
        text = "\n".join(lines)
        self.assertRegex(text, "Lib 1.2.3 +WARNING: one way only: pool\n")
        self.assertRegex(text, r"pool +http://\S*/debian/pool/main/b/box/\S+: yes\n")
        self.assertRegex(text, r"pool +http://\S*/debian-security/\S+: 404 Not Found\n")
        self.assertIn("index      stable box: has 1.2.4-1\n", text)
        self.assertRegex(text, r"upstream +http\S+: 404 Not Found\n")
        self.assertRegex(text, r"snapshot +http\S+: 404 Not Found\n")
        self.assertIn("1 pinned files: 0 lost, 1 with one way only", text)

    def test_fails_for_a_source_that_the_index_names_and_nobody_serves(self):
        self.debian.add_source("stable", "box", "1.2.3-4", FILE, SOURCE)
        self.debian.faults[FILE] = "404"
        code, lines = self.check({"lib": self.dep}, {})
        self.assertEqual(1, code)
        self.assertRegex(lines[0], "Lib 1.2.3 +LOST: no way")
        self.assertIn("index      stable box: 404 Not Found", "\n".join(lines))

    def test_an_index_with_another_digest_is_no_way(self):
        self.debian.add_source("stable", "box", "1.2.3-4", FILE, b"other bytes")
        code, lines = self.check({"lib": self.dep}, {})
        self.assertEqual(0, code)
        self.assertRegex(lines[0], "one way only: pool")
        self.assertIn("index      stable box: has 1.2.3-4", "\n".join(lines))

    def test_the_servers_of_each_kind(self):
        data = self.debian.add_package("stable", "engine", "1:1.2.3-1", source="box")
        pin = {"version": "1:1.2.3-1", "sha256": loopback_archive.sha256(data)}
        deb = {"kind": "deb", "suite": "stable", "source": "box", "packages": {"engine": pin}}
        npm = {"kind": "npm", "package": "@a/b", "release": "1.2.0", "integrity": "sha512-AAAA"}
        servers = {
            "deb-1": deb,
            "installed-1": {"kind": "debian", "package": "engine"},
            "npm-1": npm,
            "other-1": dict(npm, integrity="sha512-BBBB"),
            "unknown-1": dict(npm, release="9.9.9"),
        }
        code, lines = self.check({}, servers)
        self.assertEqual(1, code)
        text = "\n".join(lines)
        self.assertRegex(text, "deb-1: engine +pool, index\n")
        self.assertRegex(text, "installed-1 +WARNING: one way only: index\n")
        self.assertRegex(text, "npm-1 +WARNING: one way only: npm\n")
        self.assertRegex(
            text, "other-1 +LOST: no way\n.*sha512-AAAA, but servers.bzl pins sha512-BBBB"
        )
        self.assertRegex(text, "unknown-1 +LOST: no way\n.*E404 No match found")
        self.assertIn("5 pinned files: 2 lost, 2 with one way only", text)

    def test_a_silent_mirror_is_asked_once(self):
        self.debian.faults["pool"] = "silent"
        code, lines = self.check({"lib": self.dep, "lib2": dict(self.dep, name="Lib2")}, {})
        self.assertEqual(1, code)
        self.assertRegex("\n".join(lines), "pool +http.*: timed out\n")
        self.assertEqual(1, len([path for path in self.debian.requests if "pool" in path]))

    def test_uses_the_proxy_that_apt_has(self):
        self.assertIsNone(check.apt_proxy())
        with open(self.debian.configuration, "a", encoding="utf-8") as file:
            file.write('Acquire::http::Proxy "http://127.0.0.1:1/";\n')
        self.assertEqual({"http": "http://127.0.0.1:1/"}, check.apt_proxy())


if __name__ == "__main__":
    unittest.main()
