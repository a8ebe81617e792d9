#!/usr/bin/env python3
# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
"""lintian, rpm, dpkg and systemd accept the packages: they install, work and are removed.

usage: real_test.py DEB RPM

Needs root for the chroots. debootstrap takes Debian's packages from the machine's own mirror.
"""

import os
import re
import subprocess
import sys
import tempfile
import unittest


def run(*command, status=0, **more):
    """Runs a program; returns its output."""
    done = subprocess.run(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        universal_newlines=True,
        check=False,
        **more
    )
    if done.returncode != status:
        raise AssertionError("%s: %d\n%s" % (" ".join(command), done.returncode, done.stdout))
    return done.stdout


def mirror():
    """The machine's own mirror of Debian."""
    listing = run("apt-get", "indextargets", "--format", "$(ORIGIN) $(REPO_URI) $(RELEASE)")
    found = re.search(r"^Debian (\S+) \w+$", listing, re.M)
    if not found:
        raise AssertionError("apt's configuration names no Debian archive")
    return found.group(1)


class RealTest(unittest.TestCase):
    deb = rpm = None

    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = temporary.name

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def test_lintian_finds_nothing_but_the_named_overrides(self):
        out = run("lintian", "--fail-on=none", "--show-overrides", "--allow-root", self.deb)
        tags = [line.split()[::2][:2] for line in out.splitlines() if not line.startswith("N:")]
        self.assertEqual(
            [["O:", "initial-upload-closes-no-bugs"], ["O:", "statically-linked-binary"]],
            sorted(tags),
            out,
        )

    def test_rpm_checks_installs_and_removes_the_package(self):
        self.assertIn("digests OK", run("rpm", "-K", "--nosignature", self.rpm))
        self.assertIn("License     : Apache-2.0", run("rpm", "-qip", self.rpm))
        root = self.path("root")
        os.mkdir(root)
        run("rpm", "--root", root, "--initdb")
        # The empty root has no shell: neither the package of one nor one for the script.
        run("rpm", "--root", root, "-i", "--nodeps", "--noscripts", self.rpm)
        self.assertIn("siphon version", run(os.path.join(root, "usr/bin/siphon"), "--version"))
        self.assertEqual("", run("rpm", "--root", root, "-V", "--nodeps", "siphon"))
        run("rpm", "--root", root, "-e", "--noscripts", "siphon")
        self.assertFalse(os.path.exists(os.path.join(root, "usr/bin/siphon")))

    def test_the_debian_package_installs_works_and_goes_in_debian_12(self):
        self.install("bookworm")

    def test_the_debian_package_installs_works_and_goes_in_debian_13(self):
        self.install("trixie")

    def install(self, suite):
        """Installs the package into a fresh Debian, uses it, and removes it."""
        root = self.path(suite)
        run("debootstrap", "--variant=minbase", "--include=systemd", suite, root, mirror())
        with open(self.deb, "rb") as source, open(os.path.join(root, "siphon.deb"), "wb") as copy:
            copy.write(source.read())
        chroot = ["chroot", root]
        run(*chroot, "dpkg", "-i", "/siphon.deb")
        self.assertIn("siphon:", run(*chroot, "getent", "passwd", "siphon"))
        self.assertIn("siphon version", run(*chroot, "siphon", "--version"))
        for unit in ("siphon-backup@shop.service", "siphon-backup@shop.timer"):
            self.assertEqual(
                "", run(*chroot, "systemd-analyze", "verify", "--man=no", unit), unit
            )
        listed = run(*chroot, "dpkg", "-L", "siphon").split()
        run(*chroot, "dpkg", "--purge", "siphon")
        left = [path for path in listed if "siphon" in path and os.path.lexists(root + path)]
        self.assertEqual([], left)


if __name__ == "__main__":
    RealTest.deb, RealTest.rpm = [os.path.abspath(path) for path in sys.argv[1:3]]
    del sys.argv[1:3]
    unittest.main()
