#!/usr/bin/env python3
# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
"""fetch.py finds a pinned archive by every way, and reports every failed try.

The tests run the real apt against a small archive on the loopback.
"""

import contextlib
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

os.environ["SIPHON_FETCH_TIMEOUT"] = "1"
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import archive as archives  # pylint: disable=wrong-import-position
import download  # pylint: disable=wrong-import-position
import fetch  # pylint: disable=wrong-import-position
import loopback_archive  # pylint: disable=wrong-import-position
import pins  # pylint: disable=wrong-import-position
import ways  # pylint: disable=wrong-import-position

HERE = os.path.dirname(os.path.abspath(__file__))
PINNED = loopback_archive.tarball("lib-1.2.3", "Debian's")
UPSTREAM = loopback_archive.tarball("lib-1.2.3", "upstream's")
FILE = "lib_1.2.3.orig.tar.gz"
POOL = "debian/pool/main/b/box/" + FILE


def write(path, data):
    with open(path, "wb") as file:
        file.write(data)


class FetchTest(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = temporary.name
        self.distdir = os.path.join(self.folder, "distdir")
        os.mkdir(self.distdir)
        self.debian = loopback_archive.LoopbackArchive(os.path.join(self.folder, "archive"))
        self.addCleanup(self.debian.close)
        environment = {"APT_CONFIG": self.debian.configuration, "SIPHON_DISTDIR": ""}
        for name, value in environment.items():
            before = os.environ.get(name)
            os.environ[name] = value
            if before is None:
                self.addCleanup(os.environ.pop, name)
            else:
                self.addCleanup(os.environ.__setitem__, name, before)
        snapshot = archives.SNAPSHOT
        archives.SNAPSHOT = self.debian.url + "snapshot"
        self.addCleanup(setattr, archives, "SNAPSHOT", snapshot)
        self.dep = {
            "name": "Lib",
            "version": "1.2.3",
            "url": self.debian.url + "upstream/lib-1.2.3.tar.gz",
            "sha256": loopback_archive.sha256(UPSTREAM),
            "debian": {
                "suite": "stable",
                "source": "box",
                "version": "1.2.3-4",
                "file": FILE,
                "sha256": loopback_archive.sha256(PINNED),
                "strip_prefix": "lib-1.2.3",
                "same_bytes": False,
                "snapshot": "20250901T000000Z",
            },
        }

    def fetcher(self):
        archive = archives.Archive(download.Downloader(), os.path.join(self.folder, "apt"))
        return fetch.Fetcher(archive, self.distdir)

    def fetch(self, known=None):
        """Fetches the dependency; returns its lock entry and what was printed."""
        output = io.StringIO()
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
            entry = self.fetcher().fetch(self.dep, known)
        return entry, output.getvalue()

    def exhausted(self):
        """The text of the error when no way brings the dependency."""
        with self.assertRaises(ways.Exhausted) as raised:
            self.fetch()
        return str(raised.exception)

    def asked(self, part):
        return [path for path in self.debian.requests if part in path]

    def same_bytes(self):
        self.dep["sha256"] = self.dep["debian"]["sha256"]
        self.dep["debian"]["same_bytes"] = True

    def test_takes_the_pinned_file_from_the_pool_though_the_index_moved(self):
        self.debian.add_pool("stable", "box", FILE, PINNED)
        self.debian.add_source("stable", "box", "1.2.4-1", "lib_1.2.4.orig.tar.gz", b"x")
        self.debian.faults["lib_1.2.4"] = "404"
        entry, output = self.fetch()
        self.assertEqual(FILE, entry["file"])
        self.assertEqual("20250901T000000Z", entry["snapshot"])
        self.assertNotIn("replaces", entry)
        self.assertNotIn("WARNING", output)
        self.assertEqual([FILE], os.listdir(self.distdir))
        self.assertEqual([], self.asked("Sources"))

    def test_takes_the_pinned_file_from_the_security_archives_pool(self):
        self.debian.add_pool("stable-security", "box", FILE, PINNED)
        self.assertEqual(FILE, self.fetch()[0]["file"])
        self.assertEqual(1, len(self.asked("debian-security/pool/updates/main/b/box/" + FILE)))

    def test_takes_the_pinned_file_where_the_index_names_it(self):
        for suite in ("stable", "stable-security", "stable-updates"):
            with self.subTest(suite=suite):
                self.setUp()
                self.debian.add_source(suite, "box", "1.2.3-5", FILE, PINNED, "pool/elsewhere")
                entry, output = self.fetch()
                self.assertEqual(FILE, entry["file"])
                self.assertRegex(output, "passed over +pool +http.*404")

    def test_the_same_bytes_get_upstreams_name_and_no_lock(self):
        self.same_bytes()
        self.debian.add_pool("stable", "box", FILE, PINNED)
        self.assertIsNone(self.fetch()[0])
        self.assertEqual(["lib-1.2.3.tar.gz"], os.listdir(self.distdir))
        # The second run asks no archive.
        del self.debian.requests[:]
        self.assertIsNone(self.fetch()[0])
        self.assertEqual([], self.debian.requests)

    def test_finds_the_file_in_another_folder_by_each_of_its_names(self):
        other = os.path.join(self.folder, "other")
        os.mkdir(other)
        os.environ["SIPHON_DISTDIR"] = self.folder + ":" + other
        write(os.path.join(other, "lib-1.2.3.tar.gz"), b"something else")
        write(os.path.join(other, FILE), PINNED)
        self.assertEqual(FILE, self.fetch()[0]["file"])
        self.same_bytes()
        self.assertIsNone(self.fetch()[0])
        self.assertEqual([], self.debian.requests)
        self.assertEqual(["lib-1.2.3.tar.gz", FILE], sorted(os.listdir(self.distdir)))
        self.assertIn(FILE, os.listdir(other))

    def test_passes_over_wrong_bytes_and_takes_upstreams(self):
        self.debian.add_pool("stable", "box", FILE, b"not the pinned bytes")
        self.debian.add_source("stable", "box", "1.2.3-4", FILE, b"not the pinned bytes")
        self.debian.files["upstream/lib-1.2.3.tar.gz"] = UPSTREAM
        entry, output = self.fetch()
        self.assertIsNone(entry)
        self.assertEqual(["lib-1.2.3.tar.gz"], os.listdir(self.distdir))
        self.assertRegex(output, "passed over +pool .*: Hash Sum mismatch")
        self.assertRegex(output, "passed over +index +stable box: wrong bytes")

    def test_takes_debians_packing_from_its_snapshot_archive(self):
        path = "snapshot/20250901T000000Z/pool/main/b/box/" + FILE
        self.debian.files[path] = PINNED
        self.debian.files["upstream/lib-1.2.3.tar.gz"] = b"wrong"
        entry, output = self.fetch()
        self.assertEqual(FILE, entry["file"])
        self.assertRegex(output, "passed over +upstream .*: wrong bytes: sha256 ")

    def test_asks_a_silent_mirror_once_and_says_so(self):
        self.debian.faults["debian"] = "silent"
        fetcher = self.fetcher()
        # The addresses come from an index that the machine read before its mirror stopped
        # answering.
        fetcher.archive.known = [
            archives.Mirror(self.debian.url + "debian/", False),
            archives.Mirror(self.debian.url + "debian-security/", True),
        ]
        started = time.monotonic()
        for _ in range(5):
            with contextlib.redirect_stdout(io.StringIO()):
                with self.assertRaises(ways.Exhausted) as raised:
                    fetcher.fetch(self.dep)
        self.assertLess(time.monotonic() - started, 30)
        text = str(raised.exception)
        self.assertRegex(text, r"pool +http://127.0.0.1:\d+/debian/pool/.*: skipped, the host did not answer before: Connection")
        self.assertRegex(text, "index +stable box: no index: skipped, the host did not answer")
        self.assertRegex(text, "upstream +http.*: skipped, the host did not answer before: ")
        self.assertEqual([POOL], sorted(set(self.debian.requests)))

    def test_a_second_mirror_serves_what_the_first_does_not(self):
        self.debian.add_source("stable", "box", "1.2.3-5", FILE, PINNED, "pool/elsewhere")
        fetcher = self.fetcher()
        # No server listens on port 1.
        fetcher.archive.known = [
            archives.Mirror("http://127.0.0.2:1/debian/", False),
            archives.Mirror(self.debian.url + "debian/", False),
        ]
        with contextlib.redirect_stdout(io.StringIO()):
            self.assertEqual(FILE, fetcher.fetch(self.dep)["file"])
        # The index, too, is downloaded where only the second mirror serves it.
        fetcher = self.fetcher()
        fetcher.archive.known = [
            archives.Mirror("http://127.0.0.2:1/debian/", False),
            archives.Mirror(self.debian.url + "debian/", False),
        ]
        fetcher.index("stable").update()
        self.assertEqual(["1.2.3-5"], fetcher.index("stable").versions("box"))

    def test_a_silent_upstream_is_passed_over_in_time(self):
        self.debian.faults["upstream"] = "silent"
        started = time.monotonic()
        self.assertRegex(self.exhausted(), "upstream +http.*: timed out")
        self.assertLess(time.monotonic() - started, 30)

    def test_lists_every_try_with_its_answer_when_all_failed(self):
        self.debian.add_source("stable", "box", "1.3.0-1", "lib_1.3.0.orig.tar.gz", b"x")
        self.debian.add_source("stable-updates", "box", "1.2.2-1", "lib_1.2.2.orig.tar.gz", b"x")
        self.debian.add_source("stable-security", "box", "1.2.9-1", "lib_1.2.9.orig.tar.gz", b"x")
        self.debian.faults["lib_1.2.9"] = "404"
        lines = self.exhausted().splitlines()
        base = "http://127.0.0.1:%d/" % self.debian.server.server_port
        self.assertEqual(
            [
                "Lib 1.2.3: not available; every place failed:",
                "  cache          %s: no file with a pinned sha256" % self.distdir,
                "  pool           %s%s: 404 Not Found" % (base, POOL),
                "  pool           %sdebian-security/pool/updates/main/b/box/%s: 404 Not Found"
                % (base, FILE),
                "  index          stable box: has 1.3.0-1",
                "  index          stable-security box: has 1.2.9-1",
                "  index          stable-updates box: has 1.2.2-1",
                "  upstream       %supstream/lib-1.2.3.tar.gz: 404 Not Found" % base,
                "  snapshot       %ssnapshot/20250901T000000Z/pool/main/b/box/%s: 404 Not Found"
                % (base, FILE),
                "  newer release  stable-security box 1.2.9-1: 404 Not Found",
            ],
            lines,
        )
        self.assertEqual([], os.listdir(self.distdir))

    def test_takes_a_newer_patch_release_loudly_and_passes_over_one_that_is_not_served(self):
        newer = loopback_archive.tarball("lib-1.2.4")
        self.debian.add_source("stable", "box", "1.2.5-1", "lib_1.2.5.orig.tar.gz", b"x")
        self.debian.add_source(
            "stable-security", "box", "1.2.4-1+deb13u1", "lib_1.2.4.orig.tar.gz", newer
        )
        self.debian.faults["lib_1.2.5.orig"] = "404"
        self.dep["debian"]["strip_prefix"] = "lib-1.2.3/part"
        entry, output = self.fetch()
        self.assertEqual("lib_1.2.4.orig.tar.gz", entry["file"])
        self.assertEqual("lib-1.2.4/part", entry["strip_prefix"])
        self.assertEqual("1.2.3", entry["replaces"])
        self.assertEqual(loopback_archive.sha256(newer), entry["sha256"])
        self.assertEqual(["lib_1.2.4.orig.tar.gz"], os.listdir(self.distdir))
        self.assertIn("WARNING: Lib 1.2.3 is no longer available", output)
        self.assertRegex(output, "passed over +newer release +stable box 1.2.5-1: 404")

    def test_a_newer_release_of_an_earlier_run_stays_until_the_pinned_one_is_back(self):
        newer = os.path.join(self.distdir, "lib_1.2.4.orig.tar.gz")
        write(newer, b"newer")
        lock = os.path.join(self.folder, "lock")
        known = {
            "file": os.path.basename(newer),
            "sha256": pins.sha256_of(newer),
            "version": "1.2.4-1",
            "replaces": "1.2.3",
        }
        write(lock, json.dumps({"lib": known}).encode())
        self.assertEqual(known, fetch.known_lock(lock, "lib", self.dep, self.distdir))
        entry, output = self.fetch(known)
        self.assertEqual(known, entry)
        self.assertIn("WARNING: Lib: still using 1.2.4-1 instead of 1.2.3", output)
        self.debian.add_pool("stable", "box", FILE, PINNED)
        self.assertEqual(FILE, self.fetch(known)[0]["file"])
        # It does not replace a version that is pinned later.
        self.dep["debian"]["version"] = "1.4.0-1"
        self.assertIsNone(fetch.known_lock(lock, "lib", self.dep, self.distdir))

    def test_fetches_the_others_before_it_reports_what_is_missing(self):
        self.debian.add_pool("stable", "box", FILE, PINNED)
        debian = dict(self.dep["debian"], source="a", file="a.tgz")
        lost = dict(self.dep, name="Lost", debian=debian)
        output = io.StringIO()
        with contextlib.redirect_stdout(output), self.assertRaises(SystemExit) as raised:
            fetch.fetch_all(self.fetcher(), {"a": lost, "lib": self.dep}, "/nonexistent")
        self.assertEqual([FILE], os.listdir(self.distdir))
        self.assertIn("Lost 1.2.3: not available; every place failed", output.getvalue())
        self.assertIn(self.distdir, str(raised.exception))

    def whole_line(self):
        """Runs tools/deps of a copy that has this one dependency; returns the finished process."""
        copy = os.path.join(self.folder, "copy")
        for folder in ("tools/setup", "tools/third_party"):
            os.makedirs(os.path.join(copy, folder), exist_ok=True)
        tools = os.path.dirname(HERE)
        shutil.copy(os.path.join(tools, "deps"), os.path.join(copy, "tools"))
        shutil.copy(os.path.join(tools, "setup/packages.sh"), os.path.join(copy, "tools/setup"))
        for file in os.listdir(HERE):
            if file.endswith(".py"):
                shutil.copy(os.path.join(HERE, file), os.path.join(copy, "tools/third_party"))
        write(
            os.path.join(copy, "tools/third_party/deps.bzl"),
            ("DEPS = %r\n" % {"lib": self.dep}).encode(),
        )
        environment = dict(os.environ, XDG_CACHE_HOME=os.path.join(self.folder, "home"))
        run = subprocess.run(
            [os.path.join(copy, "tools/deps")],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            universal_newlines=True,
            check=False,
        )
        return run, copy

    def test_tools_deps_ends_well_with_a_mirror_whose_index_moved(self):
        self.debian.add_pool("stable", "box", FILE, PINNED)
        self.debian.add_source("stable", "box", "1.2.4-1", "lib_1.2.4.orig.tar.gz", b"x")
        self.debian.faults["lib_1.2.4"] = "404"
        run, copy = self.whole_line()
        self.assertEqual(0, run.returncode, run.stdout)
        with open(os.path.join(copy, "deps.lock.json"), encoding="utf-8") as file:
            self.assertEqual(FILE, json.load(file)["lib"]["file"])
        with open(os.path.join(copy, ".bazelrc.local"), encoding="utf-8") as file:
            self.assertIn("--distdir=%s/home/siphon/distdir" % self.folder, file.read())

    def test_tools_deps_fails_with_every_try_and_what_to_do(self):
        run, copy = self.whole_line()
        self.assertEqual(1, run.returncode, run.stdout)
        self.assertRegex(run.stdout, "deps:   pool +http.*/debian/pool/main/b/box/.*: 404 Not Found")
        self.assertRegex(run.stdout, "deps:   index +stable box: has no such package")
        self.assertIn("SIPHON_DISTDIR", run.stdout)
        self.assertFalse(os.path.exists(os.path.join(copy, ".bazelrc.local")))


class PinsTest(unittest.TestCase):
    def test_upstreams_part_of_a_version(self):
        for version, upstream in [
            ("3.46.1-7+deb13u2", "3.46.1"),
            ("1.5.7+dfsg-1", "1.5.7"),
            ("2.4.1+ds-2", "2.4.1"),
            ("14.0.0+r45-2", "14.0.0+r45"),
            ("1:3.11.3-2.1", "3.11.3"),
        ]:
            self.assertEqual(upstream, pins.upstream_part(version))

    def test_a_newer_release_is_a_later_patch_of_the_same_series(self):
        available = ["1.2.10-1", "1.3.0-1", "2.2.4-1", "1.2.2-1", "1.2.3-2", "1:1.2.4+ds-1"]
        self.assertEqual(["1.2.10-1", "1:1.2.4+ds-1"], pins.newer_releases("1.2.3", available))

    def test_the_place_of_a_file_in_a_pool(self):
        self.assertEqual("pool/main/p/pg/pg_1.tar", archives.pool_path("pg", "pg_1.tar"))
        self.assertEqual("pool/main/libz/libzstd/f", archives.pool_path("libzstd", "f"))
        self.assertEqual("pool/updates/main/p/pg/f", archives.pool_path("pg", "f", security=True))

    def test_a_message_shows_no_password(self):
        self.assertEqual("http://host/x", download.shown("http://user:word@host/x"))

    def test_every_entry_is_complete(self):
        for name, dep in pins.load_deps().items():
            with self.subTest(name=name):
                self.assertRegex(dep["sha256"], "^[0-9a-f]{64}$")
                self.assertTrue(dep["url"].startswith("https://"))
                for key in ("name", "version", "licence", "used_for", "in_binary", "patches"):
                    self.assertIn(key, dep)
                debian = dep["debian"]
                self.assertRegex(debian["sha256"], "^[0-9a-f]{64}$")
                self.assertEqual(debian["same_bytes"], debian["sha256"] == dep["sha256"])
                self.assertEqual(not debian["same_bytes"], "snapshot" in debian)


if __name__ == "__main__":
    unittest.main()
