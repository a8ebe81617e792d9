#!/usr/bin/env python3
# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
"""packages.sh installs packages although the mirror lacks a version that its index names.

The test runs the real apt against a small archive on the loopback. A stub of dpkg records the files
that apt would install.
"""

import os
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "third_party"))
import loopback_archive  # pylint: disable=wrong-import-position

DPKG = """#!/bin/sh
case " $* " in
*--print-foreign-architectures*) ;;
*--print-architecture*) echo amd64 ;;
*--assert-*) ;;
*) for argument; do case $argument in *.deb) basename "$argument" >>"%(log)s" ;; esac; done ;;
esac
"""


class PackagesTest(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = temporary.name
        self.debian = loopback_archive.LoopbackArchive(os.path.join(self.folder, "archive"))
        self.addCleanup(self.debian.close)
        self.log = os.path.join(self.folder, "installed")
        self.programs = os.path.join(self.folder, "bin")
        os.mkdir(self.programs)
        # No package is installed, and sudo asks for no password.
        for name, text in (
            ("dpkg", DPKG % {"log": self.log}),
            ("dpkg-query", "#!/bin/sh\nexit 1\n"),
            ("sudo", '#!/bin/sh\nexec "$@"\n'),
        ):
            path = os.path.join(self.programs, name)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            os.chmod(path, 0o755)
        with open(self.debian.configuration, "a", encoding="utf-8") as file:
            file.write('Dir::Bin::dpkg "%s/dpkg";\nDpkg::Use-Pty "false";\n' % self.programs)

    def install(self, *packages):
        """Runs siphon_install; returns its status, what it printed and what dpkg was given."""
        script = 'set -eu; . "$1"; shift; siphon_install "$@"'
        run = subprocess.run(
            ["sh", "-c", script, "sh", os.path.join(HERE, "packages.sh")] + list(packages),
            env=dict(
                os.environ,
                APT_CONFIG=self.debian.configuration,
                PATH=self.programs + ":/usr/sbin:/usr/bin:/sbin:/bin",
                SIPHON_FETCH_TIMEOUT="1",
            ),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            universal_newlines=True,
            check=False,
        )
        installed = set()
        if os.path.exists(self.log):
            with open(self.log, encoding="utf-8") as file:
                installed = set(file.read().split())
        return run.returncode, run.stdout, installed

    def test_installs_with_its_dependencies_after_an_update(self):
        self.debian.add_package("stable", "tool", "1.0-1", depends="helper")
        self.debian.add_package("stable", "helper", "2.0-1")
        status, output, installed = self.install("tool")
        self.assertEqual(0, status, output)
        self.assertEqual({"tool_1.0-1_amd64.deb", "helper_2.0-1_amd64.deb"}, installed)
        self.assertEqual("setup: installing tool\n", output)

    def test_installs_the_main_suites_version_when_the_mirror_lacks_the_security_suites(self):
        for suite, version in (("stable", "1:15.13+x-0~1"), ("stable-security", "1:15.14+x-0~1")):
            for package, depends in (("server", "client"), ("client", "common")):
                self.debian.add_package(suite, package, version, depends=depends, source="engine")
        self.debian.add_package("stable", "common", "9-1")
        self.debian.faults["15.14"] = "404"
        status, output, installed = self.install("server")
        self.assertEqual(0, status, output)
        self.assertEqual(
            {
                "server_1%3a15.13+x-0~1_amd64.deb",
                "client_1%3a15.13+x-0~1_amd64.deb",
                "common_9-1_amd64.deb",
            },
            installed,
        )
        self.assertIn("the mirror does not serve server 15.14+x-0~1, which its index names", output)

    def test_installs_another_version_when_the_mirror_serves_wrong_bytes(self):
        self.debian.add_package("stable", "tool", "1.0-1")
        self.debian.add_package("stable-security", "tool", "1.1-1")
        self.debian.faults["tool_1.1-1"] = b"not the package"
        status, output, installed = self.install("tool")
        self.assertEqual(0, status, output)
        self.assertEqual({"tool_1.0-1_amd64.deb"}, installed)

    def test_says_what_apt_said_when_nothing_helps(self):
        self.debian.add_package("stable", "tool", "1.0-1")
        self.debian.faults["tool_1.0-1"] = "404"
        status, output, installed = self.install("tool")
        self.assertEqual((1, set()), (status, installed), output)
        self.assertIn("setup: apt could not install tool:\n", output)
        self.assertIn("the mirror does not serve tool 1.0-1", output)
        self.assertRegex(output, "setup:   E: Package 'tool' has no installation candidate")
        self.assertIn("by other means and run this again", output)

    def test_says_that_the_mirror_is_silent(self):
        self.debian.faults["dists"] = "silent"
        status, output, _ = self.install("tool")
        self.assertEqual(1, status, output)
        self.assertRegex(output, "setup:   W: Failed to fetch .*Connection")
        self.assertRegex(output, "setup:   E: Unable to locate package tool")


if __name__ == "__main__":
    unittest.main()
