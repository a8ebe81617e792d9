#!/usr/bin/env python3
# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
"""fetch.py takes the pinned file, else a newer patch release loudly, else nothing."""

import contextlib
import copy
import hashlib
import io
import os
import sys
import tarfile
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import fetch  # pylint: disable=wrong-import-position


def tarball(path, folder):
    with tarfile.open(path, "w:gz") as tar:
        info = tarfile.TarInfo(folder + "/README")
        tar.addfile(info, io.BytesIO(b""))


class FakeApt:
    """An archive with one source package in one version."""

    def __init__(self, folder, version, file, top):
        self.folder = folder
        self.version = version
        self.file = file
        self.top = top
        self.downloads = 0

    def update(self, suite):
        pass

    def versions(self, suite, source):
        return [self.version]

    def download(self, suite, source, version, into):
        os.makedirs(into, exist_ok=True)
        tarball(os.path.join(into, self.file), self.top)
        self.downloads += 1


class FetchTest(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = temporary.name
        self.distdir = os.path.join(self.folder, "distdir")
        os.mkdir(self.distdir)
        pinned = os.path.join(self.folder, "pinned.tar.gz")
        tarball(pinned, "lib-1.2.3")
        self.dep = {
            "name": "Lib",
            "url": "https://example.org/lib-1.2.3.tar.gz",
            "sha256": "0" * 64,
            "debian": {
                "suite": "stable",
                "source": "lib",
                "version": "1.2.3-4",
                "file": "lib_1.2.3.orig.tar.gz",
                "sha256": fetch.sha256_of(pinned),
                "strip_prefix": "lib-1.2.3",
                "same_bytes": False,
            },
        }

    def fetch(self, apt, dep=None):
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            entry = fetch.fetch_one(apt, "lib", dep or self.dep, self.distdir)
        return entry, output.getvalue()

    def test_takes_the_pinned_file_and_locks_it(self):
        apt = FakeApt(self.folder + "/apt", "1.2.3-5", "lib_1.2.3.orig.tar.gz", "lib-1.2.3")
        download = os.path.join(self.folder, "apt/stable/download/lib_1.2.3.orig.tar.gz")
        # gzip stamps the time: pin what this run makes.
        apt.download("stable", "lib", "", os.path.dirname(download))
        self.dep["debian"]["sha256"] = fetch.sha256_of(download)
        apt.download = lambda *_: None
        entry, _ = self.fetch(apt)
        self.assertEqual("lib_1.2.3.orig.tar.gz", entry["file"])
        self.assertNotIn("replaces", entry)
        self.assertEqual(["lib_1.2.3.orig.tar.gz"], os.listdir(self.distdir))

    def test_the_same_bytes_get_upstreams_name_and_no_lock(self):
        apt = FakeApt(self.folder + "/apt", "1.2.3-4", "lib_1.2.3.orig.tar.gz", "lib-1.2.3")
        download = os.path.join(self.folder, "apt/stable/download/lib_1.2.3.orig.tar.gz")
        apt.download("stable", "lib", "", os.path.dirname(download))
        apt.download = lambda *_: None
        dep = copy.deepcopy(self.dep)
        dep["sha256"] = dep["debian"]["sha256"] = fetch.sha256_of(download)
        dep["debian"]["same_bytes"] = True
        self.assertIsNone(self.fetch(apt, dep)[0])
        self.assertEqual(["lib-1.2.3.tar.gz"], os.listdir(self.distdir))
        # And the second run needs no archive at all.
        self.assertIsNone(self.fetch(None, dep)[0])

    def test_a_file_with_another_digest_is_refused(self):
        self.dep["debian"]["sha256"] = "1" * 64
        apt = FakeApt(self.folder + "/apt", "1.2.3-4", "lib_1.2.3.orig.tar.gz", "lib-1.2.3")
        with self.assertRaisesRegex(SystemExit, "not the pinned file"):
            self.fetch(apt)
        self.assertEqual([], os.listdir(self.distdir))

    def test_takes_a_newer_patch_release_loudly(self):
        apt = FakeApt(self.folder + "/apt", "1.2.4-1+deb13u1", "lib_1.2.4.orig.tar.gz", "lib-1.2.4")
        entry, output = self.fetch(apt)
        self.assertEqual("lib_1.2.4.orig.tar.gz", entry["file"])
        self.assertEqual("lib-1.2.4", entry["strip_prefix"])
        self.assertEqual("1.2.3", entry["replaces"])
        with open(os.path.join(self.distdir, entry["file"]), "rb") as file:
            self.assertEqual(hashlib.sha256(file.read()).hexdigest(), entry["sha256"])
        self.assertIn("WARNING", output)
        self.assertIn("1.2.4", output)

    def test_a_newer_release_keeps_the_folder_that_is_wanted_of_it(self):
        self.dep["debian"]["strip_prefix"] = "lib-1.2.3/part"
        apt = FakeApt(self.folder + "/apt", "1.2.4-1", "lib_1.2.4.orig.tar.gz", "lib-1.2.4")
        self.assertEqual("lib-1.2.4/part", self.fetch(apt)[0]["strip_prefix"])

    def test_refuses_another_series_and_an_older_release(self):
        for version in ("1.3.0-1", "2.2.4-1", "1.2.2-1"):
            with self.subTest(version=version):
                apt = FakeApt(self.folder + "/apt", version, "x", "x")
                with self.assertRaisesRegex(SystemExit, "neither 1.2.3 nor a patch release"):
                    self.fetch(apt)
                self.assertEqual(0, apt.downloads)

    def test_upstreams_part_of_a_version(self):
        for version, upstream in [
            ("3.46.1-7+deb13u2", "3.46.1"),
            ("1.5.7+dfsg-1", "1.5.7"),
            ("2.4.1+ds-2", "2.4.1"),
            ("14.0.0+r45-2", "14.0.0+r45"),
            ("1:3.11.3-2.1", "3.11.3"),
        ]:
            self.assertEqual(upstream, fetch.upstream_part(version))

    def test_every_entry_is_complete(self):
        for name, dep in fetch.load_deps().items():
            with self.subTest(name=name):
                self.assertRegex(dep["sha256"], "^[0-9a-f]{64}$")
                self.assertTrue(dep["url"].startswith("https://"))
                for key in ("name", "version", "licence", "used_for", "in_binary", "patches"):
                    self.assertIn(key, dep)
                debian = dep["debian"]
                self.assertRegex(debian["sha256"], "^[0-9a-f]{64}$")
                self.assertEqual(debian["same_bytes"], debian["sha256"] == dep["sha256"])


if __name__ == "__main__":
    unittest.main()
