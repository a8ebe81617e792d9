#!/usr/bin/env python3
# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
"""Makes the container image of siphon, without a container engine.

usage: image.py --binary ARCHITECTURE=FILE... --certificates FILE --spdx FILE
                --cyclonedx FILE --licences FILE [--oci OUT] [--docker OUT]

--oci     an OCI image layout in a tar: `skopeo copy oci-archive:OUT ...`, `podman load`; with
          several binaries an image index for several architectures
--docker  the image of the first binary for `docker load` and `podman load`

The image has two layers: files of the system, then the binary. Their bytes depend on the
arguments only. Version, commit and time come from the SPDX document.
"""

import argparse
import calendar
import hashlib
import json
import os
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "archives"))
import reproducible  # pylint: disable=wrong-import-position

USER = 65532
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
CONFIG = "application/vnd.oci.image.config.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"

PASSWD = """root:x:0:0:root:/root:/sbin/nologin
siphon:x:65532:65532:siphon:/var/lib/siphon:/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin
"""
GROUP = """root:x:0:
siphon:x:65532:
nogroup:x:65534:
"""
# The static C library knows these two sources only.
NSSWITCH = """passwd: files
group: files
hosts: files dns
"""


def system_files(certificates, documents):
    """The entries of the layer below the binary."""
    owned = {"user": (USER, "siphon"), "group": (0, "root")}
    entry = reproducible.entry
    entries = [
        entry("etc/passwd", PASSWD.encode()),
        entry("etc/group", GROUP.encode()),
        entry("etc/nsswitch.conf", NSSWITCH.encode()),
        entry("etc/ssl/certs/ca-certificates.crt", certificates),
        # The path that BoringSSL opens.
        entry("etc/ssl/cert.pem", "certs/ca-certificates.crt"),
        entry("etc/siphon", None),
        entry("tmp", None, 0o1777),
        # Group 0 may write, too: a user id that /etc/passwd does not have belongs to it.
        entry("var/lib/siphon", None, 0o770, **owned),
    ]
    return entries + [
        entry("usr/share/doc/siphon/" + name, content) for name, content in documents.items()
    ]


def digest(content):
    """The digest of a blob."""
    return "sha256:" + hashlib.sha256(content).hexdigest()


def as_json(value):
    """A JSON document in a canonical form."""
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


class Blobs:
    """The blobs of a layout."""

    def __init__(self):
        self.contents = {}

    def add(self, kind, content, **more):
        """Adds a blob; returns its descriptor."""
        name = digest(content)
        self.contents[name] = content
        return dict({"mediaType": kind, "digest": name, "size": len(content)}, **more)

    def entries(self):
        """The blobs as entries of a tar."""
        return [
            reproducible.entry("blobs/" + name.replace(":", "/"), content)
            for name, content in self.contents.items()
        ]


def labels(product):
    """The annotations that the OCI specification defines."""
    prefix = "org.opencontainers.image."
    return {
        prefix + "title": "siphon",
        prefix + "description": "Backs up, verifies, restores, copies and migrates databases",
        prefix + "licenses": "Apache-2.0",
        prefix + "vendor": "The siphon Authors",
        prefix + "version": product["version"],
        prefix + "revision": product["commit"],
        prefix + "created": product["created"],
    }


def config_of(product, architecture, layers):
    """The configuration of an image; `layers` are uncompressed tars."""
    return {
        "architecture": architecture,
        "os": "linux",
        "created": product["created"],
        "config": {
            "Entrypoint": ["/usr/bin/siphon"],
            "Env": [
                "PATH=/usr/bin",
                "HOME=/var/lib/siphon",
                "SIPHON_CONFIG_HOME=/etc/siphon",
                # The dumps are in /var/lib/siphon/dumps.
                "XDG_DATA_HOME=/var/lib",
            ],
            "User": "%d:%d" % (USER, USER),
            "WorkingDir": "/var/lib/siphon",
            "Volumes": {"/var/lib/siphon": {}},
            "Labels": labels(product),
        },
        "rootfs": {"type": "layers", "diff_ids": [digest(layer) for layer in layers]},
        "history": [
            {"created": product["created"], "created_by": "system files"},
            {"created": product["created"], "created_by": "siphon " + product["version"]},
        ],
    }


class Image:
    """The image of one architecture."""

    def __init__(self, blobs, product, architecture, binary, system):
        entry = reproducible.entry
        layers = [
            reproducible.tar(reproducible.with_folders(entries), 0)
            for entries in (system, [entry("usr/bin/siphon", binary, 0o755)])
        ]
        self.layers = [blobs.add(LAYER, reproducible.compress(layer)) for layer in layers]
        self.config = blobs.add(CONFIG, as_json(config_of(product, architecture, layers)))
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": self.config,
            "layers": self.layers,
            "annotations": labels(product),
        }
        self.manifest = blobs.add(
            MANIFEST,
            as_json(manifest),
            platform={"architecture": architecture, "os": "linux"},
        )


def oci(product, images, blobs):
    """The tar of an OCI image layout."""
    tag = {"org.opencontainers.image.ref.name": product["version"]}
    if len(images) == 1:
        top = dict(images[0].manifest, annotations=tag)
    else:
        index = {
            "schemaVersion": 2,
            "mediaType": INDEX,
            "manifests": [image.manifest for image in images],
            "annotations": labels(product),
        }
        top = blobs.add(INDEX, as_json(index), annotations=tag)
    layout = {"schemaVersion": 2, "mediaType": INDEX, "manifests": [top]}
    entries = blobs.entries() + [
        reproducible.entry("oci-layout", as_json({"imageLayoutVersion": "1.0.0"})),
        reproducible.entry("index.json", as_json(layout)),
    ]
    return reproducible.tar(reproducible.with_folders(entries), product["seconds"])


def docker(product, image, blobs):
    """The tar that `docker load` reads."""
    named = {}
    parts = [(image.config, ".json")] + [(layer, ".tar.gz") for layer in image.layers]
    for descriptor, suffix in parts:
        hexadecimal = descriptor["digest"].split(":")[1]
        named[descriptor["digest"]] = hexadecimal + suffix
    manifest = [
        {
            "Config": named[image.config["digest"]],
            "RepoTags": ["siphon:" + product["version"].replace("+", "_")],
            "Layers": [named[layer["digest"]] for layer in image.layers],
        }
    ]
    entries = [
        reproducible.entry(name, blobs.contents[name_of_blob])
        for name_of_blob, name in named.items()
    ] + [reproducible.entry("manifest.json", as_json(manifest))]
    return reproducible.tar(reproducible.with_folders(entries), product["seconds"])


def product_of(spdx):
    """Version, commit and time in the SPDX document of a build."""
    document = json.loads(spdx)
    siphon = document["packages"][0]
    created = document["creationInfo"]["created"]
    return {
        "version": siphon["versionInfo"],
        "commit": siphon["sourceInfo"].split()[1],
        "created": created,
        "seconds": calendar.timegm(time.strptime(created, "%Y-%m-%dT%H:%M:%SZ")),
    }


def read(path):
    """The bytes of a file."""
    with open(path, "rb") as file:
        return file.read()


def main():
    """The program."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--binary", action="append", required=True, metavar="ARCHITECTURE=FILE")
    for name in ("certificates", "spdx", "cyclonedx", "licences"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--oci")
    parser.add_argument("--docker")
    arguments = parser.parse_args()

    spdx = read(arguments.spdx)
    product = product_of(spdx)
    documents = {
        "siphon.spdx.json": spdx,
        "siphon.cdx.json": read(arguments.cyclonedx),
        "licences.txt": read(arguments.licences),
    }
    system = system_files(read(arguments.certificates), documents)
    blobs = Blobs()
    images = []
    for pair in arguments.binary:
        architecture, path = pair.split("=", 1)
        images.append(Image(blobs, product, architecture, read(path), system))
    for path, make in [
        (arguments.docker, lambda: docker(product, images[0], blobs)),
        (arguments.oci, lambda: oci(product, images, blobs)),
    ]:
        if path:
            with open(path, "wb") as file:
                file.write(make())
    return 0


if __name__ == "__main__":
    sys.exit(main())
