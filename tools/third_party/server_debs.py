#!/usr/bin/env python3
# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
"""Servers from Debian's packages of any release, unpacked into a folder and not installed.

servers.bzl pins packages by their sha256. They come from the first place with the pinned bytes: the
pools of the machine's mirrors, the indexes of Debian's suites, Debian's snapshot archive. The
libraries that they depend on, including the C library and its loader, come from the index of the
same suite, so that a server of a newer release runs on an older one. apt checks the archive's
signature for them.
"""

import collections
import os
import re
import shutil
import stat
import subprocess

import archive as archives
import pins
import ways
from download import Unavailable

# Dependencies that a server does not need to run: scripting languages, documentation.
LEFT_OUT = re.compile(r"^(?:perl|libperl|gcc-\d+-base|debconf|.*-common$|libdb5)")
# Folders that no server reads.
UNREAD = tuple("usr/share/" + name for name in ("doc", "info", "lintian", "locale", "man"))
# Limit for choosing dependencies again after the mirror lacked a version that its index names.
ROUNDS = 10

WRAPPER = """#!/bin/sh
# Runs the program with the libraries from its own packages.
root=$(cd "${0%%/*}/../root" && pwd)
exec "$root/%(loader)s" --library-path "%(libraries)s" "$root/%(program)s" "$@"
"""

# A package as named in an index.
Package = collections.namedtuple("Package", "url file name version sha256")


def say(text):
    archives.say(text, "servers")


class DebIndex(archives.Index):
    """The binary packages of suites; apt sees a machine without installed packages."""

    kind = "deb"

    def __init__(self, archive, suites):
        super().__init__(archive, suites)
        self.avoided = []

    def options(self):
        settings = {
            "Dir::State::status": os.path.join(self.folder, "status"),
            "Debug::NoLocking": "1",
        }
        options = [part for k, v in settings.items() for part in ("-o", k + "=" + v)]
        return super().options() + options

    def write(self):
        super().write()
        with open(os.path.join(self.folder, "status"), "w", encoding="utf-8"):
            pass

    def versions(self, package):  # pylint: disable=arguments-renamed
        """The versions of a package."""
        try:
            out = self.run("apt-cache", "madison", package)
        except Unavailable:
            return []
        found = [line.split("|")[1].strip() for line in out.splitlines() if line.count("|") >= 2]
        return list(dict.fromkeys(found))

    def packages(self, *command):
        """The packages that an apt-get command would download."""
        found = []
        for file in self.uris(*command):
            if file.name.endswith(".deb"):
                name, version = file.name.split("_")[:2]
                found.append(
                    Package(file.url, file.name, name, version.replace("%3a", ":"), file.sha256)
                )
        return found

    def files(self, package, version):  # pylint: disable=arguments-renamed
        """The file of a package."""
        return self.uris("download", "%s=%s" % (package, version))

    def avoid(self, package):
        """Excludes a version of a package from every later choice."""
        self.avoided.append(package)
        with open(os.path.join(self.folder, "preferences"), "a", encoding="utf-8") as file:
            file.write(
                "Package: %s\nPin: version %s\nPin-Priority: -1\n\n"
                % (package.name, package.version)
            )

    def fetch(self, package, into):
        """Downloads a package from the first mirror that serves it; returns its path."""
        path = os.path.join(into, package.file)
        answer = Unavailable("no mirror")
        for url in self.archive.alternatives(package.url):
            try:
                self.archive.downloader.by_apt(url, path, package.sha256)
                return path
            except Unavailable as error:
                answer = error
        raise answer

    def dependencies(self, debs, present, into):
        """Downloads the dependencies of these .deb files, except the packages in `present`; returns
        their paths."""
        self.update()
        command = ["--no-install-recommends", "install"] + [os.path.abspath(deb) for deb in debs]
        lacking = []
        for _ in range(ROUNDS):
            try:
                chosen = self.packages(*command)
            except Unavailable as error:
                raise Unavailable("; ".join(lacking + [str(error)])) from error
            paths, failed = [], []
            for package in chosen:
                if package.name in present or LEFT_OUT.match(package.name):
                    continue
                try:
                    paths.append(self.fetch(package, into))
                except Unavailable as error:
                    failed.append(package)
                    lacking.append("%s %s: %s" % (package.name, package.version, error))
            if not failed:
                return paths
            for package in failed:
                self.avoid(package)
        raise Unavailable("; ".join(lacking))


def file_of(package, pin):
    """The name of a pinned package's file."""
    version = pin["version"].split(":")[-1]
    return "%s_%s_%s.deb" % (package, version, pin.get("architecture", "amd64"))


def pin_of(entry):
    sums = [package["sha256"] for package in entry["packages"].values()]
    return ",".join(sums + entry.get("keep", []))


class Server:
    """The packages of one entry of servers.bzl."""

    def __init__(self, archive, name, entry, into):
        self.archive = archive
        self.name = name
        self.entry = entry
        self.into = into
        self.suites = archives.suites_of(entry["suite"])
        self.indexes = {}

    def index(self, *suites):
        """The index of these suites together."""
        if suites not in self.indexes:
            self.indexes[suites] = DebIndex(self.archive, list(suites))
        return self.indexes[suites]

    def file(self, package):
        """The name of a pinned package's file."""
        return file_of(package, self.entry["packages"][package])

    def from_index(self, package, suite):
        """Downloads a pinned package by way of a suite's index."""
        pin = self.entry["packages"][package]
        index = self.index(suite)
        index.update()
        available = index.versions(package)
        if pin["version"] not in available:
            raise Unavailable("has " + (", ".join(available) or "no such package"))
        found = index.packages("download", "%s=%s" % (package, pin["version"]))
        pinned = found[0]._replace(sha256=pin["sha256"], file=self.file(package))
        return index.fetch(pinned, self.into)

    def pinned_ways(self, package):
        """Every way to the pinned bytes of a package."""
        pin = self.entry["packages"][package]
        source = self.entry.get("source", package)
        path = os.path.join(self.into, self.file(package))

        def download(by, url):
            by(url, path, pin["sha256"])
            return path

        downloader = self.archive.downloader
        for url in self.archive.pool_urls(source, self.file(package)):
            yield ways.Way("pool", url, lambda url=url: download(downloader.by_apt, url))
        for suite in self.suites:
            place = "%s %s" % (suite, package)
            yield ways.Way("index", place, lambda suite=suite: self.from_index(package, suite))
        if "snapshot" in self.entry:
            url = archives.snapshot_url(self.entry["snapshot"], source, self.file(package))
            yield ways.Way("snapshot", url, lambda: download(downloader.by_http, url))

    def from_newer(self, suite, version):
        """Downloads all packages of the entry in a newer version, with a warning."""
        index = self.index(suite)
        found = {}
        for package in self.entry["packages"]:
            chosen = index.packages("download", "%s=%s" % (package, version))
            found[package] = index.fetch(chosen[0], self.into)
        say("=" * 72)
        say("WARNING: %s: the pinned packages are no longer available." % self.name)
        say("WARNING: The tests use version %s." % version)
        say("=" * 72)
        return found

    def newer_ways(self):
        """The ways to newer packages of the same series. The indexes must be up to date."""
        wanted = [pin["version"] for pin in self.entry["packages"].values()][0]
        part = pins.upstream_part(wanted)
        for suite in self.suites:
            available = None
            for package in self.entry["packages"]:
                versions = self.index(suite).versions(package)
                available = [v for v in versions if available is None or v in available]
            candidates = [v for v in available if pins.upstream_part(v) == part and v != wanted]
            for version in candidates + pins.newer_releases(part, available):
                place = "%s %s" % (suite, version)
                yield ways.Way(
                    "newer release", place, lambda s=suite, v=version: self.from_newer(s, v)
                )

    def named(self):
        """Downloads the packages that servers.bzl names; returns {name: path}."""
        try:
            return {
                package: ways.first(self.pinned_ways(package), "%s: %s" % (self.name, package), say)
                for package in self.entry["packages"]
            }
        except ways.Exhausted as error:
            lost = error
        try:
            return ways.first(self.newer_ways(), self.name, say)
        except ways.Exhausted as error:
            raise ways.Exhausted("%s\n%s" % (lost, error)) from error

    def libraries(self, named):
        """Downloads the dependencies of the packages in `named`; returns their paths."""
        alone = self.entry.get("alone", [])
        debs = [path for package, path in named.items() if package not in alone]
        if not debs:
            return []

        def take(suites):
            return self.index(*suites).dependencies(debs, named, self.into)

        choices = dict.fromkeys([(self.suites[0],), tuple(self.suites)])
        found = [
            ways.Way("dependencies", " ".join(suites), lambda suites=suites: take(suites))
            for suites in choices
        ]
        return ways.first(found, self.name + ": dependencies", say)

    def download(self):
        """Downloads the packages of the server and their dependencies; returns their paths."""
        named = self.named()
        paths = list(named.values()) + self.libraries(named)
        say("%s: %d packages of %s" % (self.name, len(paths), self.entry["suite"]))
        return paths


def download(archive, name, entry, into):
    """Downloads the packages of a server and their dependencies; returns their paths.

    Pinned packages must have their pinned sha256.
    """
    return Server(archive, name, entry, into).download()


def find_loader(root):
    """The path of the dynamic loader, relative to `root`."""
    for folder, _, files in sorted(os.walk(root)):
        for file in files:
            path = os.path.join(folder, file)
            if re.match(r"ld-linux-.*\.so\.\d+$", file) and not os.path.islink(path):
                return os.path.relpath(path, root)
    raise SystemExit("servers: no dynamic loader below " + root)


def library_folders(root):
    """The paths of the folders with libraries, relative to `root`."""
    found = set()
    for top in ("lib", "usr/lib"):
        path = os.path.join(root, top)
        for folder in sorted(os.listdir(path)) if os.path.isdir(path) else []:
            if re.match(r".*-linux-gnu\w*$", folder):
                found.add(os.path.join(top, folder))
    return sorted(found)


def write_wrappers(folder, programs):
    """Writes a script bin/<name> for each program; it works wherever the folder is moved."""
    root = os.path.join(folder, "root")
    libraries = ":".join("$root/" + path for path in library_folders(root))
    os.mkdir(os.path.join(folder, "bin"))
    for name, program in programs.items():
        if not os.path.exists(os.path.join(root, program)):
            raise SystemExit("servers: the packages do not contain " + program)
        path = os.path.join(folder, "bin", name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(
                WRAPPER
                % {"loader": find_loader(root), "libraries": libraries, "program": program}
            )
        os.chmod(path, 0o755)


def unpack_files(deb, root, keep):
    """Unpacks the files of a package that match a pattern in `keep`."""
    command = ["tar", "-x", "-C", root, "--no-same-owner", "--wildcards"] + keep
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", deb], stdout=subprocess.PIPE) as source:
        subprocess.run(command, stdin=source.stdout, check=True)
    if source.returncode != 0:
        raise SystemExit("servers: dpkg-deb can't read " + deb)


def unpack(debs, folder, programs, keep=()):
    """Unpacks packages: root/ of `folder` gets their files, bin/ a script for each program."""
    root = os.path.join(folder, "root")
    os.makedirs(root)
    for deb in debs:
        if keep:
            unpack_files(deb, root, list(keep))
        else:
            subprocess.run(["dpkg-deb", "-x", deb, root], check=True)
    for unread in UNREAD:
        shutil.rmtree(os.path.join(root, unread), ignore_errors=True)
    for top, folders, files in os.walk(root):
        for name in folders + files:
            path = os.path.join(top, name)
            if not os.path.islink(path):
                # Readable for every user that runs tests; no setuid or setgid bits.
                mode = stat.S_IMODE(os.stat(path).st_mode)
                os.chmod(path, (mode & 0o777) | (0o755 if os.path.isdir(path) else 0o444))
    write_wrappers(folder, programs)
