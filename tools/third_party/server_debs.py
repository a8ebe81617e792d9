#!/usr/bin/env python3
# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
"""Servers from Debian's packages of any release, unpacked into a folder and not installed.

The packages that servers.bzl names are pinned by their sha256 and taken from the first place that
has the pinned bytes: the pool of the machine's mirrors, the indexes of Debian's suites, Debian's
snapshot archive. The libraries that they depend on, the C library and its loader among them, come
from the index of the same suite, so that a server of a newer release runs on an older one; apt
checks the archive's signature over them.
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

# Packages that a server depends on and does not run with: scripting languages, documentation.
LEFT_OUT = re.compile(r"^(?:perl|libperl|gcc-\d+-base|debconf|.*-common$|libdb5)")
# Folders of a package that no server reads.
UNREAD = ("usr/share/doc", "usr/share/man", "usr/share/locale", "usr/share/lintian", "usr/share/info")
# How often dependencies are chosen again because the mirror lacks a version that its index names.
ROUNDS = 10

WRAPPER = """#!/bin/sh
# Runs the program with the libraries that came with it.
root=$(cd "${0%%/*}/../root" && pwd)
exec "$root/%(loader)s" --library-path "%(libraries)s" "$root/%(program)s" "$@"
"""

# A package as an index names it.
Package = collections.namedtuple("Package", "url file name version sha256")


def say(text):
    archives.say(text, "servers")


class DebIndex(archives.Index):
    """The binary packages of suites, for a machine that has none of them installed."""

    kind = "deb"

    def __init__(self, archive, suites):
        super().__init__(archive, suites)
        self.avoided = []

    def options(self):
        settings = {
            "Dir::State::status": os.path.join(self.folder, "status"),
            "Debug::NoLocking": "1",
        }
        return super().options() + [part for k, v in settings.items() for part in ("-o", k + "=" + v)]

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
        """Leaves a version of a package out of every later choice."""
        self.avoided.append(package)
        with open(os.path.join(self.folder, "preferences"), "a", encoding="utf-8") as file:
            file.write(
                "Package: %s\nPin: version %s\nPin-Priority: -1\n\n" % (package.name, package.version)
            )

    def fetch(self, package, into):
        """Downloads a package from the first mirror that has it; returns its path."""
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
        """Downloads the packages that these .deb files depend on, except those named in `present`;
        returns the paths."""
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
        """The pinned package, as a suite's index names it."""
        pin = self.entry["packages"][package]
        index = self.index(suite)
        index.update()
        available = index.versions(package)
        if pin["version"] not in available:
            raise Unavailable("has " + (", ".join(available) or "no such package"))
        found = index.packages("download", "%s=%s" % (package, pin["version"]))
        return index.fetch(found[0]._replace(sha256=pin["sha256"], file=self.file(package)), self.into)

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
        """All packages of the entry in a newer version; says so loudly."""
        index = self.index(suite)
        found = {}
        for package in self.entry["packages"]:
            chosen = index.packages("download", "%s=%s" % (package, version))
            found[package] = index.fetch(chosen[0], self.into)
        say("=" * 72)
        say("WARNING: %s: the pinned packages can't be had any more." % self.name)
        say("WARNING: tests run against %s instead." % version)
        say("=" * 72)
        return found

    def newer_ways(self):
        """The ways to newer packages of the same series; the indexes have been read by now."""
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
        """The packages that servers.bzl names; {name: path}."""
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
        """The packages that those of `named` depend on."""
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
        """The .deb files of the server with all that it needs."""
        named = self.named()
        paths = list(named.values()) + self.libraries(named)
        say("%s: %d packages of %s" % (self.name, len(paths), self.entry["suite"]))
        return paths


def download(archive, name, entry, into):
    """The .deb files of a server with all that it needs; pinned ones are held to their sha256."""
    return Server(archive, name, entry, into).download()


def find_loader(root):
    """The dynamic loader below `root`, as a path from there."""
    for folder, _, files in sorted(os.walk(root)):
        for file in files:
            path = os.path.join(folder, file)
            if re.match(r"ld-linux-.*\.so\.\d+$", file) and not os.path.islink(path):
                return os.path.relpath(path, root)
    raise SystemExit("servers: no dynamic loader below " + root)


def library_folders(root):
    """The folders of libraries below `root`, as paths from there."""
    found = set()
    for top in ("lib", "usr/lib"):
        for folder in sorted(os.listdir(os.path.join(root, top)) if os.path.isdir(os.path.join(root, top)) else []):
            if re.match(r".*-linux-gnu\w*$", folder):
                found.add(os.path.join(top, folder))
    return sorted(found)


def write_wrappers(folder, programs):
    """bin/<name> for each program, which runs it wherever the folder is."""
    root = os.path.join(folder, "root")
    libraries = ":".join("$root/" + path for path in library_folders(root))
    os.mkdir(os.path.join(folder, "bin"))
    for name, program in programs.items():
        if not os.path.exists(os.path.join(root, program)):
            raise SystemExit("servers: the packages hold no " + program)
        path = os.path.join(folder, "bin", name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(
                WRAPPER
                % {"loader": find_loader(root), "libraries": libraries, "program": program}
            )
        os.chmod(path, 0o755)


def unpack_files(deb, root, keep):
    """Unpacks those files of a package that match a pattern of `keep`."""
    command = ["tar", "-x", "-C", root, "--no-same-owner", "--wildcards"] + keep
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", deb], stdout=subprocess.PIPE) as source:
        subprocess.run(command, stdin=source.stdout, check=True)
    if source.returncode != 0:
        raise SystemExit("servers: dpkg-deb can't read " + deb)


def unpack(debs, folder, programs, keep=()):
    """Makes `folder` of the packages: root/ with what they hold, bin/ with what runs them."""
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
                # Whoever runs the tests may read it; nobody gets another's rights.
                mode = stat.S_IMODE(os.stat(path).st_mode)
                os.chmod(path, (mode & 0o777) | (0o755 if os.path.isdir(path) else 0o444))
    write_wrappers(folder, programs)
