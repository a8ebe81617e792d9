#!/usr/bin/env python3
# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
"""tools/bundle verify accepts a bundle as it was made and refuses every changed one.

check_release.py refuses a tree that is not ready.
"""

import os
import subprocess
import sys
import tarfile
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
BUNDLE = os.path.join(os.path.dirname(HERE), "bundle")
sys.path.insert(0, HERE)
import check_release  # pylint: disable=wrong-import-position


def run(*command, folder=None):
    """Runs a program; returns its status and its output."""
    done = subprocess.run(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        universal_newlines=True,
        cwd=folder,
        check=False,
    )
    return done.returncode, done.stdout


class Folder(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = temporary.name

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def write(self, text, *names):
        os.makedirs(os.path.dirname(self.path(*names)), exist_ok=True)
        with open(self.path(*names), "w", encoding="utf-8") as file:
            file.write(text)


class BundleTest(Folder):
    def setUp(self):
        super().setUp()
        for name in ("key", "other"):
            self.assertEqual(
                0, run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.path(name))[0]
            )
            with open(self.path(name + ".pub"), encoding="utf-8") as file:
                self.write("siphon " + file.read(), name + ".signers")
        self.write("binary", "siphon")
        self.write("page", "docs", "install.md")
        self.write("page", "docs", "config.md")

    def make(self, *more, name="bundle.tar"):
        """Makes a bundle; returns its path."""
        status, output = run(
            sys.executable,
            os.path.join(HERE, "bundle.py"),
            *("--product", "1.2.0", "--commit", "0123456789ab", "--seconds", "1796045649"),
            *("--file", "bin/siphon-linux-amd64=" + self.path("siphon")),
            *("--folder", "docs=" + self.path("docs")),
            *("--output", self.path(name)),
            *more
        )
        self.assertEqual((0, ""), (status, output))
        return self.path(name)

    def unpack(self, bundle):
        """Unpacks a bundle; returns its folder."""
        with tarfile.open(bundle) as archive:
            archive.extractall(self.folder)
        return self.path("siphon-1.2.0-bundle")

    def signed(self):
        """The folder of a signed bundle."""
        return self.unpack(self.make("--key", self.path("key")))

    def verify(self, bundle, signers="key.signers"):
        """Runs tools/bundle verify."""
        more = ["--signers", self.path(signers)] if signers else []
        return run("sh", BUNDLE, "verify", bundle, *more)

    def test_a_signed_bundle_is_accepted_packed_and_unpacked(self):
        bundle = self.make("--key", self.path("key"))
        good = (0, "verify: 5 files are as the signer made them\n")
        self.assertEqual(good, self.verify(bundle))
        folder = self.unpack(bundle)
        self.assertEqual(good, self.verify(folder))
        own = run("./verify", "--signers", self.path("key.signers"), folder=folder)
        self.assertEqual(good, own)
        self.assertTrue(os.access(os.path.join(folder, "bin/siphon-linux-amd64"), os.X_OK))

    def test_without_signers_the_answer_says_what_was_not_checked(self):
        status, output = self.verify(self.make(), signers=None)
        self.assertEqual(0, status)
        self.assertIn("5 files agree with SHA256SUMS; the signature was not checked", output)

    def test_the_signature_of_another_key_is_refused(self):
        status, output = self.verify(self.signed(), "other.signers")
        self.assertEqual(3, status)
        self.assertIn("the signature of SHA256SUMS is not by a key in", output)

    def test_a_missing_signature_is_refused(self):
        self.assertEqual(
            (3, "verify: the bundle has no signature\n"), self.verify(self.unpack(self.make()))
        )

    def test_every_change_is_refused(self):
        for number, (change, message) in enumerate(
            [
                (lambda at: self.write("Binary", at, "bin/siphon-linux-amd64"), "FAILED"),
                (lambda at: os.unlink(os.path.join(at, "docs/config.md")), "No such file"),
                (lambda at: self.write("more", at, "docs/more.md"), "does not name"),
                (lambda at: os.symlink("/etc/passwd", os.path.join(at, "link")), "does not name"),
                (lambda at: self.write("0" * 64 + "  x\n", at, "SHA256SUMS"), "signature"),
                (lambda at: self.write("", at, "SHA256SUMS.sig"), "signature"),
                (lambda at: os.unlink(os.path.join(at, "SHA256SUMS")), "missing"),
            ]
        ):
            with self.subTest(number=number):
                folder = self.signed()
                change(folder)
                status, output = self.verify(folder)
                self.assertEqual(3, status, output)
                self.assertIn(message, output)
                subprocess.run(["rm", "-rf", folder], check=True)

    def test_the_same_input_gives_the_same_bytes(self):
        first = self.make("--key", self.path("key"))
        old = os.umask(0o077)
        self.addCleanup(os.umask, old)
        second = self.make("--key", self.path("key"), name="second.tar")
        self.assertEqual(0, run("cmp", first, second)[0])


class CheckReleaseTest(Folder):
    def setUp(self):
        super().setUp()
        self.write("1.2.0\n", "VERSION")
        self.write("# Changelog\n\n## 1.2.0 (2026-12-01)\n\n## 1.1.0 (x)\n", "CHANGELOG.md")
        for command in (
            ("init", "-q"),
            ("add", "."),
            ("-c", "user.name=x", "-c", "user.email=x@y", "commit", "-q", "-m", "x"),
        ):
            self.assertEqual(0, run("git", "-C", self.folder, *command)[0])

    def faults(self, version):
        return "\n".join(check_release.faults(version, self.folder))

    def test_a_tree_that_is_ready(self):
        self.assertEqual("", self.faults("1.2.0"))

    def test_what_is_missing_is_named(self):
        self.assertIn("the file VERSION says 1.2.0", self.faults("1.3.0"))
        self.assertIn('no section "## 1.3.0 (DATE)"', self.faults("1.3.0"))
        self.assertIn("the first section of CHANGELOG.md is 1.2.0", self.faults("1.1.0-dev"))
        self.assertIn("the section of 1.1.0 in CHANGELOG.md has no date", self.faults("1.1.0"))
        self.assertIn("v1 is no version", self.faults("v1"))
        self.write("changed", "VERSION")
        self.assertIn("changes since the commit:\n M VERSION", self.faults("1.2.0"))

    def test_a_development_version_needs_no_date(self):
        self.write("1.2.0-dev\n", "VERSION")
        self.write("## 1.2.0 (unreleased)\n", "CHANGELOG.md")
        self.assertNotIn("CHANGELOG.md has", self.faults("1.2.0-dev"))
        self.assertNotIn("no date", self.faults("1.2.0-dev"))


if __name__ == "__main__":
    unittest.main()
