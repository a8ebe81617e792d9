#!/usr/bin/env python3
# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
"""Servers out of Debian's packages of any release, unpacked in a folder and not installed.

With a program come the libraries that it depends on, the C library and its loader among them, so
that a server of a newer release runs on an older one. apt checks the archive's signature over all
of them; the packages that servers.bzl names are held to their sha256 as well.
"""

import os
import re
import shutil
import stat
import subprocess
import urllib.parse

import fetch

# Packages that a server depends on and does not run with: scripting languages, documentation.
LEFT_OUT = re.compile(r"^(?:perl|libperl|gcc-\d+-base|debconf|.*-common$|libdb5)")
# Folders of a package that no server reads.
UNREAD = ("usr/share/doc", "usr/share/man", "usr/share/locale", "usr/share/lintian", "usr/share/info")

WRAPPER = """#!/bin/sh
# Runs the program with the libraries that came with it.
root=$(cd "${0%%/*}/../root" && pwd)
exec "$root/%(loader)s" --library-path "%(libraries)s" "$root/%(program)s" "$@"
"""


class Debs(fetch.Apt):
    """apt that reads the binary packages of a release on a machine that has none of them."""

    def options(self, suite):
        status = os.path.join(self.folder, suite, "status")
        return super().options(suite) + [
            "-o",
            "Dir::State::status=" + status,
            "-o",
            "Debug::NoLocking=1",
            # A frozen mirror of sid says that its time is over. What is taken from it is pinned.
            "-o",
            "Acquire::Check-Valid-Until=false",
        ]

    def update(self, suite):
        if suite in self.updated:
            return
        root = os.path.join(self.folder, suite)
        for sub in ("lists/partial", "cache/archives/partial"):
            os.makedirs(os.path.join(root, sub), exist_ok=True)
        with open(os.path.join(root, "status"), "w", encoding="utf-8"):
            pass
        with open(os.path.join(root, "sources.list"), "w", encoding="utf-8") as file:
            file.write("deb [signed-by=%s] %s %s main\n" % (fetch.KEYRING, self.mirror(), suite))
        subprocess.run(["apt-get", "-qq"] + self.options(suite) + ["update"], check=True)
        self.updated.add(suite)

    def versions(self, suite, package):  # pylint: disable=arguments-renamed
        out = self.run(suite, "apt-cache", "madison", package)
        return [line.split("|")[1].strip() for line in out.splitlines() if line.count("|") >= 2]

    def run(self, suite, program, *arguments, folder=None):
        return subprocess.run(
            [program] + self.options(suite) + list(arguments),
            stdout=subprocess.PIPE,
            universal_newlines=True,
            cwd=folder,
            check=True,
        ).stdout

    def closure(self, suite, wanted):
        """The packages "name=version" that these need, themselves among them."""
        out = self.run(
            suite, "apt-get", "-qq", "-y", "--no-install-recommends", "--print-uris", "install", *wanted
        )
        found = []
        for file in re.findall(r"^'[^']+' (\S+\.deb) ", out, re.M):
            name, version = urllib.parse.unquote(file).split("_")[:2]
            found.append("%s=%s" % (name, version))
        return found

    def fetch_debs(self, suite, packages, into):
        """Downloads packages "name=version"."""
        self.run(suite, "apt-get", "-qq", "download", *packages, folder=into)


def pin_of(entry):
    sums = [package["sha256"] for package in entry["packages"].values()]
    return ",".join(sums + entry.get("keep", []))


def choose_version(name, package, pinned, available):
    """The version to take of a package: the pinned one, or what replaced it in its series."""
    if pinned in available:
        return pinned
    wanted = fetch.upstream_part(pinned)
    for version in available:
        part = fetch.upstream_part(version)
        if part == wanted or fetch.same_series(wanted, part):
            fetch.say("=" * 72)
            fetch.say("WARNING: %s: %s %s is no longer in the archive." % (name, package, pinned))
            fetch.say("WARNING: tests run against %s instead." % version)
            fetch.say("=" * 72)
            return version
    raise SystemExit(
        "servers: %s: the archive has %s %s, which is neither %s nor a patch release of it"
        % (name, package, ", ".join(available) or "nowhere", pinned)
    )


def download(apt, name, entry, into):
    """The .deb files of a server with all that it needs; those that are pinned are held to it."""
    suite = entry["suite"]
    apt.update(suite)
    chosen = {
        package: choose_version(name, package, pin["version"], apt.versions(suite, package))
        for package, pin in entry["packages"].items()
    }
    alone = entry.get("alone", [])
    following = ["%s=%s" % item for item in chosen.items() if item[0] not in alone]
    needed = apt.closure(suite, following) if following else []
    packages = [package for package in needed if not LEFT_OUT.match(package.split("=")[0])]
    packages += ["%s=%s" % (package, chosen[package]) for package in alone]
    fetch.say("%s: %d packages of %s" % (name, len(packages), suite))
    apt.fetch_debs(suite, packages, into)
    files = {file.split("_")[0]: os.path.join(into, file) for file in os.listdir(into)}
    for package, pin in entry["packages"].items():
        if chosen[package] != pin["version"]:
            continue
        found = fetch.sha256_of(files[package])
        if found != pin["sha256"]:
            raise SystemExit(
                "servers: %s: %s has sha256 %s, and servers.bzl pins %s"
                % (name, package, found, pin["sha256"])
            )
    return [files[package.split("=")[0]] for package in packages]


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
