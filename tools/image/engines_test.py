#!/usr/bin/env python3
# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
"""skopeo, umoci and podman accept the image, and siphon works in it: read-only, without
capabilities, as a user whom the image does not know.

usage: engines_test.py OCI DOCKER POD
"""

import json
import os
import re
import sqlite3
import sys
import tarfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from engine import USER, EngineTest, run  # pylint: disable=wrong-import-position


class ImageTest(EngineTest):
    oci = docker = pod = None

    def test_skopeo_reads_both_forms_and_copies_one_into_the_other(self):
        for source in ("oci-archive:" + self.oci, "docker-archive:" + self.docker):
            shown = json.loads(run("skopeo", "inspect", source))
            self.assertEqual(("amd64", "linux"), (shown["Architecture"], shown["Os"]))
            self.assertEqual("siphon", shown["Labels"]["org.opencontainers.image.title"])
        run(
            "skopeo",
            "--insecure-policy",
            "copy",
            "oci-archive:" + self.oci,
            "docker-archive:%s:siphon:copied" % self.path("copied.tar"),
        )
        manifest = json.loads(run("skopeo", "inspect", "--raw", "oci-archive:" + self.oci))
        size = sum(layer["size"] for layer in manifest["layers"])
        print("compressed size of the layers: %d bytes" % size)
        self.assertLess(size, 8 << 20)

    def test_umoci_unpacks_the_layout(self):
        layout = self.path("layout")
        with tarfile.open(self.oci) as archive:
            archive.extractall(layout)
        (tag,) = run("umoci", "ls", "--layout", layout).split()
        run("umoci", "unpack", "--rootless", "--image", layout + ":" + tag, self.path("bundle"))
        for name in ("usr/bin/siphon", "etc/passwd", "etc/ssl/certs/ca-certificates.crt"):
            self.assertTrue(os.path.isfile(self.path("bundle/rootfs", name)), name)
        with open(self.path("bundle/rootfs/etc/ssl/cert.pem"), encoding="utf-8") as file:
            self.assertIn("BEGIN CERTIFICATE", file.read())

    def test_a_session_with_sqlite_in_a_locked_container(self):
        image = self.load(self.docker)
        self.assertIn("siphon version", self.siphon(image, "--version"))
        self.assertIn('"SPDX-2.3"', self.siphon(image, "version", "--sbom"))
        for name in ("data", "config", "srv"):
            os.mkdir(self.path(name))
        database = sqlite3.connect(self.path("srv/app.db"))
        database.execute("CREATE TABLE t(a)")
        database.execute("INSERT INTO t VALUES ('kept')")
        database.commit()
        database.close()
        with open(self.path("config/config.yaml"), "w", encoding="utf-8") as file:
            file.write(
                "version: 1\nprofiles:\n"
                "  app:\n    driver: sqlite\n    database: /srv/app.db\n"
                "  copy:\n    driver: sqlite\n    database: ${COPY}\n"
            )
        for name in ("data", "srv", "srv/app.db"):
            os.chown(self.path(name), USER, 0)
        options = [
            "--volume=%s:/var/lib/siphon" % self.path("data"),
            "--volume=%s:/srv" % self.path("srv"),
            "--volume=%s:/etc/siphon/config.yaml:ro" % self.path("config/config.yaml"),
            "--env=COPY=/srv/copy.db",
        ]
        dump = self.siphon(image, "backup", "app", options=options).strip()
        self.assertTrue(os.path.isfile(self.path("data/dumps", dump + ".dump")))
        self.assertIn("is intact", self.siphon(image, "verify", dump, "--deep", options=options))
        self.siphon(image, "restore", dump, "--profile", "copy", options=options)
        copy = sqlite3.connect(self.path("srv/copy.db"))
        self.assertEqual([("kept",)], copy.execute("SELECT a FROM t").fetchall())
        copy.close()
        # Without a volume the engine makes one, to which an unknown user may write, too.
        self.siphon(image, "backup", "app", options=options[1:])
        # Nothing but the volumes can be written.
        into = "sqlite:///usr/bin/copy.db"
        self.siphon(image, "restore", dump, "--profile", into, options=options, status=2)

    def test_the_pod_of_the_example_migrates_before_it_starts(self):
        image = self.load(self.docker)
        for name in ("migrations", "data"):
            os.mkdir(self.path(name))
        os.chown(self.path("data"), 65532, 0)
        with open(self.path("migrations/1_t.up.sql"), "w", encoding="utf-8") as file:
            file.write("CREATE TABLE t(a);")
        with open(self.pod, encoding="utf-8") as file:
            text = file.read()
        text = re.sub(r"image: \S+", "image: " + image, text)
        text = re.sub(r"path: /srv/", "path: %s/" % self.folder, text)
        with open(self.path("pod.yaml"), "w", encoding="utf-8") as file:
            file.write(text)
        run(*self.podman, "play", "kube", "--network=host", self.path("pod.yaml"))
        self.addCleanup(run, *self.podman, "play", "kube", "--down", self.path("pod.yaml"))
        self.assertEqual("0\n", run(*self.podman, "wait", "app-app"))
        self.assertIn("database at version 1", run(*self.podman, "logs", "app-app"))

    def test_podman_loads_the_oci_layout(self):
        self.assertIn("siphon version", self.siphon(self.load(self.oci), "--version"))


if __name__ == "__main__":
    ImageTest.oci, ImageTest.docker, ImageTest.pod = sys.argv[1:4]
    del sys.argv[1:4]
    unittest.main()
