#!/usr/bin/env python3
# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
"""server_debs.py finds a server's pinned packages and libraries although the archive changed.

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
import download  # pylint: disable=wrong-import-position
import loopback_archive  # pylint: disable=wrong-import-position
import server_debs  # pylint: disable=wrong-import-position
import ways  # pylint: disable=wrong-import-position


class ServerDebsTest(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = temporary.name
        self.into = os.path.join(self.folder, "packages")
        os.mkdir(self.into)
        self.debian = loopback_archive.LoopbackArchive(os.path.join(self.folder, "archive"))
        self.addCleanup(self.debian.close)
        os.environ["APT_CONFIG"] = self.debian.configuration
        self.addCleanup(os.environ.pop, "APT_CONFIG")
        snapshot = archives.SNAPSHOT
        archives.SNAPSHOT = self.debian.url + "snapshot"
        self.addCleanup(setattr, archives, "SNAPSHOT", snapshot)
        self.entry = {
            "version": "1.2.3",
            "kind": "deb",
            "suite": "stable",
            "source": "engine",
            "snapshot": "20261128T000000Z",
            "packages": {
                name: {
                    "version": "1:1.2.3-1+deb13u1",
                    "sha256": loopback_archive.sha256(
                        self.debian.add_package(
                            "stable", name, "1:1.2.3-1+deb13u1", "libone (>= 1), perl", "engine"
                        )
                    ),
                }
                for name in ("engine-core", "engine-client")
            },
        }
        self.debian.add_package("stable", "perl", "5-1")
        self.debian.add_package("stable", "libone", "1:1.0+b-1", "libtwo")
        self.debian.add_package("stable", "libtwo", "2.0-1")

    def download(self):
        """Downloads the server; returns the names of the files and what was printed."""
        archive = archives.Archive(download.Downloader(), os.path.join(self.folder, "apt"))
        output = io.StringIO()
        with contextlib.redirect_stderr(output):
            paths = server_debs.download(archive, "engine-1.2", self.entry, self.into)
        names = sorted(os.path.basename(path).replace("%3a", ":") for path in paths)
        return names, output.getvalue()

    def expected(self, version, libone="1:1.0+b-1", libtwo="2.0-1"):
        return [
            "engine-client_%s_amd64.deb" % version,
            "engine-core_%s_amd64.deb" % version,
            "libone_%s_amd64.deb" % libone,
            "libtwo_%s_amd64.deb" % libtwo,
        ]

    def move(self, *versions):
        """Makes the index of the suite name other versions, whose files do not exist."""
        for package in self.entry["packages"]:
            self.debian.move("stable", package, *versions)

    def test_takes_the_pinned_packages_from_the_pool_though_the_index_moved(self):
        self.move("1.2.3-1", "1.2.4-1")
        files, output = self.download()
        self.assertEqual(self.expected("1.2.3-1+deb13u1"), files)
        self.assertNotIn("passed over", output)
        self.assertIn("engine-1.2: 4 packages of stable\n", output)

    def test_takes_a_pinned_package_from_the_index_or_the_snapshot_archive(self):
        pool = "debian/pool/main/e/engine/"
        core, client = (pool + name + "_1.2.3-1+deb13u1_amd64.deb" for name in
                        ("engine-core", "engine-client"))
        # One file is where the index names it, the other only in the snapshot archive.
        self.debian.files["debian/elsewhere.deb"] = self.debian.files.pop(core)
        self.debian.move("stable", "engine-core", core.partition("/")[2], "elsewhere.deb")
        snapshot = "snapshot/20261128T000000Z/" + client.partition("/")[2]
        self.debian.files[snapshot] = self.debian.files.pop(client)
        files, output = self.download()
        self.assertEqual("engine-client_1.2.3-1+deb13u1_amd64.deb", files[0])
        self.assertEqual(4, len(files))
        self.assertRegex(output, "engine-core: passed over +pool .*404")
        self.assertRegex(output, "engine-client: passed over +index +stable engine-client: 404")

    def test_takes_another_version_of_a_library_that_the_mirror_lacks(self):
        self.debian.add_package("stable-updates", "libone", "1:0.9-1")
        self.debian.add_package("stable-security", "libone", "1:1.1-1", "libtwo")
        self.debian.add_package("stable-security", "libtwo", "2.0-1+security")
        for missing in ("libone_1.0", "libtwo_2.0-1_", "libtwo_2.0-1+security"):
            self.debian.faults[missing] = "404"
        # Only libone 1.1 is both served and new enough, and it depends on libtwo.
        with self.assertRaisesRegex(ways.Exhausted, "libtwo 2.0-1: 404 Not Found") as raised:
            self.download()
        self.assertIn("libtwo 2.0-1+security: 404 Not Found", str(raised.exception))
        del self.debian.faults["libtwo_2.0-1+security"]
        files, output = self.download()
        self.assertEqual(
            self.expected("1.2.3-1+deb13u1", libone="1:1.1-1", libtwo="2.0-1+security"), files
        )
        self.assertRegex(output, "passed over +dependencies +stable: .*libone 1:1.0.b-1: 404")

    def test_takes_newer_packages_loudly_and_all_of_one_version(self):
        self.move("1.2.3-1", "1.2.6-1")
        for version, names in (("1:1.2.4-1", ("engine-core", "engine-client")),
                               ("1:1.2.5-1", ("engine-core",))):
            for name in names:
                self.debian.add_package("stable-security", name, version, "libone", "engine")
        self.debian.faults["engine-client_1.2.3"] = "404"
        files, output = self.download()
        self.assertEqual(self.expected("1:1.2.4-1"), files)
        self.assertIn("WARNING: The tests use version 1:1.2.4-1.", output)
        self.assertRegex(output, "passed over +newer release +stable 1:1.2.6-1.*: 404")

    def test_lists_every_try_when_all_failed(self):
        self.move("1.2.3-1", "1.3.0-1")
        self.debian.faults["engine-"] = b"wrong bytes"
        with self.assertRaises(ways.Exhausted) as raised:
            self.download()
        text = str(raised.exception)
        self.assertRegex(text, "engine-1.2: engine-core: not available; every place failed:")
        self.assertRegex(text, "  pool +http.*/debian/pool/main/e/engine/engine-core.*: Hash Sum")
        self.assertRegex(text, "  pool +http.*/debian-security/pool/updates/main/.*: Hash Sum")
        self.assertRegex(text, r"  index +stable engine-core: has 1:1.3.0-1\+deb13u1")
        self.assertRegex(text, "  index +stable-security engine-core: has no such package")
        self.assertRegex(text, "  snapshot +http.*: wrong bytes: sha256")
        self.assertRegex(text, "engine-1.2: not available; every place failed:")


if __name__ == "__main__":
    unittest.main()
