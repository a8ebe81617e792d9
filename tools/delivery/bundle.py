#!/usr/bin/env python3
# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
"""Makes the air-gap bundle: one tar with everything that a release hands over, and its sources.

usage: bundle.py --product VERSION --commit COMMIT --seconds TIME --file PATH=FILE...
                 --folder PATH=FOLDER... [--key FILE] --output FILE

The bundle holds the files, SHA256SUMS, and `verify`, which checks them with coreutils and
ssh-keygen alone. --key is a private key of OpenSSH: SHA256SUMS.sig is its detached signature. With
an Ed25519 key the same input gives the same bytes.
"""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
EXECUTABLE = ("bin/", "verify")

README = """siphon {version} (commit {commit}), complete for a machine without a network

  ./verify --signers FILE   checks every file against SHA256SUMS and its signature. FILE has the
                            signer's public key as you got it from the signer, not from this bundle:
                            siphon ssh-ed25519 AAAA...
  bin/                      the program: one static file for each architecture
  image/                    the container image: docker load -i image/siphon.docker.tar
  packages/                 packages of Debian and RPM
  sbom/                     what the program is made of: SPDX, CycloneDX, licences
  docs/                     the documentation; docs/install.md comes first
  source/                   siphon's source; distdir/ the sources of all libraries

To build the program again, without a network, on Debian 12 with the packages bazel-bootstrap, g++,
git, python3, perl, ca-certificates and debian-archive-keyring:

  tar xf source/siphon-{version}.tar && cd siphon-{version}
  SIPHON_DISTDIR=$(cd ../distdir && pwd) ./tools/deps
  bazel build --config=release //siphon
  cmp bazel-bin/siphon/siphon ../bin/siphon-linux-amd64
"""


def sha256_of(path):
    """The SHA-256 of a file."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


def sign(key, path):
    """Signs a file; returns the path of the signature."""
    if os.path.exists(path + ".sig"):
        os.unlink(path + ".sig")
    subprocess.run(
        ["ssh-keygen", "-q", "-Y", "sign", "-f", key, "-n", "siphon", path],
        stderr=subprocess.DEVNULL,
        check=True,
    )
    return path + ".sig"


def public_key(key):
    """The line of an allowed-signers file for a private key."""
    out = subprocess.run(
        ["ssh-keygen", "-y", "-f", key], stdout=subprocess.PIPE, universal_newlines=True, check=True
    ).stdout
    return "siphon %s %s\n" % tuple(out.split()[:2])


def collect(files, folders):
    """The files of the bundle: path in the bundle to path on this machine."""
    found = {}
    for pair in files:
        path, source = pair.split("=", 1)
        found[path] = source
    for pair in folders:
        path, folder = pair.split("=", 1)
        for name in sorted(os.listdir(folder)):
            if os.path.isfile(os.path.join(folder, name)):
                found["%s/%s" % (path, name)] = os.path.join(folder, name)
    return found


def write(output, top, found, seconds):
    """Writes the tar."""
    folders = {top}
    for path in found:
        parts = path.split("/")[:-1]
        folders.update("/".join([top] + parts[:count]) for count in range(1, len(parts) + 1))
    names = {folder: None for folder in folders}
    names.update({"%s/%s" % (top, path): path for path in found})
    with open(output, "wb") as file:
        with tarfile.open(fileobj=file, mode="w", format=tarfile.USTAR_FORMAT) as archive:
            for name in sorted(names, key=lambda name: name.split("/")):
                info = tarfile.TarInfo(name)
                info.mtime = seconds
                info.uname = info.gname = "root"
                path = names[name]
                if path is None:
                    info.type = tarfile.DIRTYPE
                    info.mode = 0o755
                    archive.addfile(info)
                    continue
                info.mode = 0o755 if path.startswith(EXECUTABLE) else 0o644
                info.size = os.path.getsize(found[path])
                with open(found[path], "rb") as content:
                    archive.addfile(info, content)


def main():
    """The program."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--product", required=True, help="the version")
    parser.add_argument("--commit", required=True)
    parser.add_argument("--seconds", required=True, type=int, help="the time of every file")
    parser.add_argument("--file", action="append", default=[], metavar="PATH=FILE")
    parser.add_argument("--folder", action="append", default=[], metavar="PATH=FOLDER")
    parser.add_argument("--key")
    parser.add_argument("--output", required=True)
    arguments = parser.parse_args()
    found = collect(arguments.file, arguments.folder)
    with tempfile.TemporaryDirectory() as work:

        def made(name, text):
            path = os.path.join(work, name)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            found[name] = path

        made("README.txt", README.format(version=arguments.product, commit=arguments.commit))
        shutil.copyfile(os.path.join(HERE, "verify.sh"), os.path.join(work, "verify"))
        found["verify"] = os.path.join(work, "verify")
        sums = "".join("%s  %s\n" % (sha256_of(found[path]), path) for path in sorted(found))
        made("SHA256SUMS", sums)
        if arguments.key:
            found["SHA256SUMS.sig"] = sign(arguments.key, found["SHA256SUMS"])
            made("SIGNER", public_key(arguments.key))
        top = "siphon-%s-bundle" % arguments.product
        write(arguments.output, top, found, arguments.seconds)
    return 0


if __name__ == "__main__":
    sys.exit(main())
