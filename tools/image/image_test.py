#!/usr/bin/env python3
# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
"""image.py: digests, content, owners, several architectures, docker's form, reproducible bytes."""

import gzip
import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
SPDX = {
    "creationInfo": {"created": "2026-11-30T13:34:09Z"},
    "packages": [{"versionInfo": "1.2.0", "sourceInfo": "commit 0123456789ab"}],
}


def members(content):
    """The members of a tar: name to (TarInfo, content)."""
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        found = {}
        for member in archive:
            file = archive.extractfile(member) if member.isfile() else None
            found[member.name] = (member, file.read() if file else None)
        return found


def digest(content):
    return "sha256:" + hashlib.sha256(content).hexdigest()


class ImageTest(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = temporary.name
        for name, content in (
            ("amd64", b"binary for amd64"),
            ("arm64", b"binary for arm64"),
            ("certificates", b"certificates"),
            ("spdx", json.dumps(SPDX).encode()),
            ("cyclonedx", b"{}"),
            ("licences", b"licences"),
        ):
            with open(self.path(name), "wb") as file:
                file.write(content)

    def path(self, name):
        return os.path.join(self.folder, name)

    def make(self, *architectures, environment=None):
        """Runs image.py; returns the bytes of the OCI layout and of docker's form."""
        arguments = []
        for architecture in architectures:
            arguments += ["--binary", "%s=%s" % (architecture, self.path(architecture))]
        for name in ("certificates", "spdx", "cyclonedx", "licences", "oci", "docker"):
            arguments += ["--" + name, self.path(name)]
        subprocess.run(
            [sys.executable, os.path.join(HERE, "image.py")] + arguments,
            env=dict(os.environ, **(environment or {})),
            check=True,
        )
        made = []
        for name in ("oci", "docker"):
            with open(self.path(name), "rb") as file:
                made.append(file.read())
        return made

    def blob(self, layout, descriptor):
        """The content of a blob, whose descriptor is right."""
        content = layout["blobs/" + descriptor["digest"].replace(":", "/")][1]
        self.assertEqual(descriptor["digest"], digest(content))
        self.assertEqual(descriptor["size"], len(content))
        return content

    def image(self, layout, descriptor):
        """The configuration and the uncompressed layers of an image."""
        manifest = json.loads(self.blob(layout, descriptor))
        config = json.loads(self.blob(layout, manifest["config"]))
        layers = [gzip.decompress(self.blob(layout, layer)) for layer in manifest["layers"]]
        self.assertEqual(config["rootfs"]["diff_ids"], [digest(layer) for layer in layers])
        return config, layers

    def test_the_layout_holds_one_image_with_right_digests(self):
        layout = members(self.make("amd64")[0])
        self.assertEqual({"imageLayoutVersion": "1.0.0"}, json.loads(layout["oci-layout"][1]))
        (descriptor,) = json.loads(layout["index.json"][1])["manifests"]
        self.assertEqual(
            {"org.opencontainers.image.ref.name": "1.2.0"}, descriptor["annotations"]
        )
        config, layers = self.image(layout, descriptor)
        self.assertEqual(("amd64", "linux"), (config["architecture"], config["os"]))
        self.assertEqual("2026-11-30T13:34:09Z", config["created"])
        self.assertEqual(["/usr/bin/siphon"], config["config"]["Entrypoint"])
        self.assertEqual("65532:65532", config["config"]["User"])
        labels = config["config"]["Labels"]
        self.assertEqual("0123456789ab", labels["org.opencontainers.image.revision"])
        self.assertEqual("1.2.0", labels["org.opencontainers.image.version"])
        self.assertEqual(2, len(layers))
        # A blob that no manifest names would make the image larger for nothing.
        self.assertEqual(4, sum(name.startswith("blobs/sha256/") for name in layout))

    def test_the_root_holds_these_files_and_no_more(self):
        layout = members(self.make("amd64")[0])
        (descriptor,) = json.loads(layout["index.json"][1])["manifests"]
        root = {}
        for layer in self.image(layout, descriptor)[1]:
            root.update(members(layer))
        self.assertEqual(
            {
                "etc/group",
                "etc/nsswitch.conf",
                "etc/passwd",
                "etc/siphon",
                "etc/ssl/cert.pem",
                "etc/ssl/certs/ca-certificates.crt",
                "tmp",
                "usr/bin/siphon",
                "usr/share/doc/siphon/licences.txt",
                "usr/share/doc/siphon/siphon.cdx.json",
                "usr/share/doc/siphon/siphon.spdx.json",
                "var/lib/siphon",
            },
            {
                name
                for name in root
                if not any(other.startswith(name + "/") for other in root)
            },
        )
        self.assertEqual(b"binary for amd64", root["usr/bin/siphon"][1])
        self.assertEqual(0o755, root["usr/bin/siphon"][0].mode)
        self.assertEqual(0o1777, root["tmp"][0].mode)
        self.assertIn(b"\nsiphon:x:65532:65532:", root["etc/passwd"][1])
        data = root["var/lib/siphon"][0]
        self.assertEqual((65532, 0, 0o770), (data.uid, data.gid, data.mode))
        others = [m for name, (m, _) in root.items() if name not in ("tmp", "var/lib/siphon")]
        self.assertEqual({(0, 0)}, {(member.uid, member.gid) for member in others})
        self.assertEqual(set(), {m.name for m in others if m.mode & 0o7022 and not m.issym()})

    def test_an_index_names_the_image_of_each_architecture(self):
        layout = members(self.make("amd64", "arm64")[0])
        (top,) = json.loads(layout["index.json"][1])["manifests"]
        manifests = json.loads(self.blob(layout, top))["manifests"]
        self.assertEqual(
            ["amd64", "arm64"], [one["platform"]["architecture"] for one in manifests]
        )
        for one in manifests:
            config, layers = self.image(layout, one)
            architecture = one["platform"]["architecture"]
            self.assertEqual(architecture, config["architecture"])
            self.assertEqual(
                b"binary for " + architecture.encode(), members(layers[1])["usr/bin/siphon"][1]
            )
        # The images share the layer of the system.
        self.assertEqual(1 + 2 * 3 + 1, sum(name.startswith("blobs/sha256/") for name in layout))

    def test_dockers_form_names_its_files(self):
        archive = members(self.make("amd64", "arm64")[1])
        (image,) = json.loads(archive["manifest.json"][1])
        self.assertEqual(["siphon:1.2.0"], image["RepoTags"])
        config = json.loads(archive[image["Config"]][1])
        self.assertEqual("amd64", config["architecture"])
        layers = [gzip.decompress(archive[name][1]) for name in image["Layers"]]
        self.assertEqual(config["rootfs"]["diff_ids"], [digest(layer) for layer in layers])

    def test_the_same_input_gives_the_same_bytes_for_another_user(self):
        first = self.make("amd64", "arm64")
        old = os.umask(0o077)
        self.addCleanup(os.umask, old)
        other = {"TZ": "Asia/Tokyo", "LC_ALL": "C", "PYTHONHASHSEED": "7", "USER": "x"}
        self.assertEqual(first, self.make("amd64", "arm64", environment=other))


if __name__ == "__main__":
    unittest.main()
