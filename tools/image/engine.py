# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
"""podman with a storage of its own, for the tests of the image."""

import os
import re
import subprocess
import tempfile
import unittest

# A user whom the image does not know.
USER = 12345


def run(*command, status=0, **more):
    """Runs a program; returns its standard output."""
    more.setdefault("stdin", subprocess.DEVNULL)
    done = subprocess.run(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        universal_newlines=True,
        check=False,
        **more
    )
    if done.returncode != status:
        raise AssertionError(
            "%s: %d\n%s%s" % (" ".join(command), done.returncode, done.stdout, done.stderr)
        )
    return done.stdout


class EngineTest(unittest.TestCase):
    """A test with a folder and with podman."""

    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = temporary.name
        # The limits of the engine's default may be more than this machine allows.
        with open(self.path("containers.conf"), "w", encoding="utf-8") as file:
            file.write('[containers]\ndefault_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]\n')
        os.environ["CONTAINERS_CONF"] = self.path("containers.conf")
        self.addCleanup(os.environ.pop, "CONTAINERS_CONF")
        os.environ.setdefault("HOME", self.folder)
        self.podman = [
            "podman",
            "--root=" + self.path("storage"),
            "--runroot=" + self.path("run"),
            "--storage-driver=vfs",
            "--cgroup-manager=cgroupfs",
            "--events-backend=file",
            "--runtime=runc",
        ]

    def path(self, *names):
        """A path in the folder of the test."""
        return os.path.join(self.folder, *names)

    def load(self, archive):
        """Loads an image; returns its name."""
        loaded = run(*self.podman, "load", "-q", "-i", archive)
        return re.search(r"(?:localhost/siphon|sha256):\S+", loaded).group(0)

    def siphon(self, image, *arguments, options=(), status=0):
        """Runs siphon in a locked container; returns its standard output."""
        command = self.podman + ["run", "--rm", "--read-only", "--cap-drop=ALL", "--network=host"]
        command += ["--security-opt=no-new-privileges", "--user=%d" % USER] + list(options)
        return run(*command, image, *arguments, status=status)
