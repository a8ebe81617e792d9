#!/usr/bin/env python3
# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
"""Puts what was built for each architecture into the folder of a release, with image and bundle.

usage: dist.py --built FOLDER --version VERSION [--key FILE] --output FOLDER

FOLDER of --built has a folder for each architecture with the content of //tools/delivery:delivered.
tools/release runs this program.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tools/third_party"))
import bundle  # pylint: disable=wrong-import-position
import pins  # pylint: disable=wrong-import-position

DOCUMENTS = ("siphon.spdx.json", "siphon.cdx.json", "licences.txt")


def run(*command):
    """Runs a program."""
    subprocess.run(command, check=True)


def source_archive(version, commit, seconds, path):
    """Writes the source of the commit, with a file COMMIT in the place of git's history."""
    stamp = os.path.join(os.path.dirname(path), "COMMIT")
    with open(stamp, "w", encoding="utf-8") as file:
        file.write("%s %d\n" % (commit, seconds))
    try:
        run(
            "git",
            "-C",
            ROOT,
            "archive",
            "--format=tar",
            "--prefix=siphon-%s/" % version,
            "--add-file=" + stamp,
            "--output=" + path,
            "HEAD",
        )
    finally:
        os.unlink(stamp)


def archives_of_build():
    """The archives that the build used: names in the distdir."""
    with open(os.path.join(ROOT, "deps.lock.json"), encoding="utf-8") as file:
        lock = json.load(file)
    return [
        lock[name]["file"] if name in lock else dep["url"].rsplit("/", 1)[1]
        for name, dep in sorted(pins.load_deps().items())
    ]


def main():
    """The program."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    for name in ("built", "version", "output"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--key")
    arguments = parser.parse_args()
    output, version = os.path.abspath(arguments.output), arguments.version
    os.makedirs(output, exist_ok=True)
    for old in os.listdir(output):
        if re.match(r"siphon|SHA256SUMS|licences\.txt", old):
            os.unlink(os.path.join(output, old))

    def out(name):
        return os.path.join(output, name)

    architectures = sorted(os.listdir(arguments.built))
    first = os.path.join(arguments.built, architectures[0])
    inside = []

    def keep(source, name, place):
        shutil.copyfile(source, out(name))
        inside.append("%s/%s=%s" % (place, name, out(name)))

    binaries = []
    for architecture in architectures:
        folder = os.path.join(arguments.built, architecture)
        keep(os.path.join(folder, "siphon"), "siphon-linux-" + architecture, "bin")
        os.chmod(out("siphon-linux-" + architecture), 0o755)
        keep(os.path.join(folder, "siphon.deb"), "siphon_%s.deb" % architecture, "packages")
        keep(os.path.join(folder, "siphon.rpm"), "siphon.%s.rpm" % architecture, "packages")
        binaries += ["--binary", "%s=%s" % (architecture, os.path.join(folder, "siphon"))]
    for name in DOCUMENTS:
        keep(os.path.join(first, name), name, "sbom")
    run(
        sys.executable,
        os.path.join(ROOT, "tools/image/image.py"),
        *binaries,
        *("--certificates", os.path.join(first, "ca-certificates.crt")),
        *("--spdx", out("siphon.spdx.json")),
        *("--cyclonedx", out("siphon.cdx.json")),
        *("--licences", out("licences.txt")),
        *("--oci", out("siphon.oci.tar")),
        *("--docker", out("siphon.docker.tar"))
    )
    for name in ("siphon.oci.tar", "siphon.docker.tar"):
        inside.append("image/%s=%s" % (name, out(name)))

    log = subprocess.run(
        ["git", "-C", ROOT, "log", "-1", "--abbrev=12", "--format=%h %ct"],
        stdout=subprocess.PIPE,
        universal_newlines=True,
        check=True,
    ).stdout
    commit, seconds = log.split()
    source = "siphon-%s.tar" % version
    source_archive(version, commit, int(seconds), out(source))
    inside.append("source/%s=%s" % (source, out(source)))

    sums = "".join(
        "%s  %s\n" % (bundle.sha256_of(out(name)), name) for name in sorted(os.listdir(output))
    )
    with open(out("SHA256SUMS"), "w", encoding="utf-8") as file:
        file.write(sums)
    if arguments.key:
        bundle.sign(arguments.key, out("SHA256SUMS"))

    distdir = os.path.join(pins.cache_dir(), "distdir")
    inside += ["distdir/%s=%s" % (n, os.path.join(distdir, n)) for n in archives_of_build()]
    for name in ("README.md", "CHANGELOG.md", "SECURITY.md", "LICENSE"):
        inside.append("%s=%s" % (name, os.path.join(ROOT, name)))
    command = [sys.executable, os.path.join(ROOT, "tools/delivery/bundle.py")]
    for pair in inside:
        command += ["--file", pair]
    command += ["--folder", "docs=" + os.path.join(ROOT, "docs")]
    command += ["--product", version, "--commit", commit, "--seconds", seconds]
    command += ["--output", out("siphon-%s-bundle.tar" % version)]
    if arguments.key:
        command += ["--key", arguments.key]
    run(*command)
    return 0


if __name__ == "__main__":
    sys.exit(main())
