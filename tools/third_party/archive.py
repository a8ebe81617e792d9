#!/usr/bin/env python3
# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
"""The Debian archives of this machine: their addresses, their pools and their indexes.

The addresses come from apt's configuration. apt reads the indexes with a private state, so that the
machine's own settings and package lists stay unchanged.
"""

import collections
import os
import re
import subprocess
import sys

from download import SILENCE, Unavailable, apt_answer, apt_options

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"

# Debian's public archive of every version of its packages.
SNAPSHOT = "https://snapshot.debian.org/archive/debian"

Mirror = collections.namedtuple("Mirror", "url security")
# A file as named in an index.
File = collections.namedtuple("File", "url name sha256")


def say(text, command="deps"):
    """Prints a message of tools/deps or tools/servers."""
    print("%s: %s" % (command, text), file=sys.stderr, flush=True)


def pool_path(source, file, security=False):
    """The path of a source package's file below the address of an archive."""
    prefix = source[:4] if source.startswith("lib") else source[:1]
    area = "updates/main" if security else "main"
    return "/".join(["pool", area, prefix, source, file])


def snapshot_url(time, source, file):
    """The address of a file in Debian's snapshot archive, as of `time`."""
    return "%s/%s/%s" % (SNAPSHOT, time, pool_path(source, file))


def suites_of(suite):
    """The suite, followed by the suites with its security and other updates."""
    if suite in ("sid", "unstable", "experimental"):
        return [suite]
    return [suite, suite + "-security", suite + "-updates"]


class Archive:
    """The machine's Debian archives."""

    def __init__(self, downloader, folder):
        self.downloader = downloader
        self.folder = folder
        self.known = None

    def mirrors(self):
        """The machine's Debian mirrors: the main archives, then the security archives."""
        if self.known is None:
            self.known = self.find()
        return self.known

    def find(self):
        """Reads the mirrors from apt's configuration."""
        for attempt in ("as it is", "after an update"):
            if attempt == "after an update":
                say("apt has no index of a Debian archive yet; running apt-get update")
                sudo = [] if os.getuid() == 0 else ["sudo"]
                update = subprocess.run(
                    sudo + ["apt-get", "-qq"] + apt_options() + ["update"],
                    stderr=subprocess.PIPE,
                    universal_newlines=True,
                    check=False,
                )
                if update.returncode != 0:
                    say("apt-get update: " + apt_answer(update.stderr))
            listing = subprocess.run(
                ["apt-get", "indextargets", "--format", "$(ORIGIN)\t$(REPO_URI)\t$(RELEASE)"],
                stdout=subprocess.PIPE,
                universal_newlines=True,
                check=False,
            ).stdout
            found = []
            for url, suite in re.findall(r"^Debian\t(\S+)\t(\S+)$", listing, re.M):
                security = suite.endswith(("-security", "/updates"))
                mirror = Mirror(url.rstrip("/") + "/", security)
                if mirror not in found:
                    found.append(mirror)
            if found and all(mirror.security for mirror in found):
                url = found[0].url.replace("debian-security", "debian")
                found.append(Mirror(url, False))
            if found:
                return sorted(found, key=lambda mirror: mirror.security)
        say("apt's configuration names no Debian archive; see `apt-get indextargets`")
        return []

    def pool_urls(self, source, file):
        """The addresses of a source package's file in the pools of the mirrors."""
        return [m.url + pool_path(source, file, m.security) for m in self.mirrors()]

    def alternatives(self, url):
        """The address of a file, followed by its addresses on the other mirrors."""
        mine = [m for m in self.mirrors() if url.startswith(m.url)]
        if not mine:
            return [url]
        rest = url[len(mine[0].url) :]
        others = [m for m in self.mirrors() if m.security == mine[0].security and m != mine[0]]
        return [url] + [m.url + rest for m in others]

    def lines(self, kind, suites):
        """The lines of a sources.list for these suites."""
        lines = []
        refused = []
        for suite in suites:
            security = suite.endswith("-security")
            for mirror in self.mirrors():
                if mirror.security != security:
                    continue
                try:
                    self.downloader.ask(mirror.url)
                except Unavailable as error:
                    refused.append(str(error))
                    continue
                lines.append("%s [signed-by=%s] %s %s main\n" % (kind, KEYRING, mirror.url, suite))
        if not lines:
            nothing = "apt's configuration names no archive for this suite"
            raise Unavailable(refused[0] if refused else nothing)
        return lines


class Index:
    """The index of one or more suites, in a folder below the archive's."""

    kind = "deb-src"

    def __init__(self, archive, suites):
        self.archive = archive
        self.suites = suites
        self.folder = os.path.join(archive.folder, "+".join(suites))
        self.state = None

    def options(self):
        """apt's options for this index."""
        settings = {
            "Dir::Etc::sourcelist": os.path.join(self.folder, "sources.list"),
            "Dir::Etc::sourceparts": "/dev/null",
            "Dir::Etc::preferences": os.path.join(self.folder, "preferences"),
            "Dir::Etc::preferencesparts": "/dev/null",
            "Dir::State::lists": os.path.join(self.folder, "lists"),
            "Dir::Cache": os.path.join(self.folder, "cache"),
            "APT::Update::Error-Mode": "any",
            "Acquire::ForceHash": "SHA256",
            # Accept the expired index of a frozen mirror: the files are pinned anyway.
            "Acquire::Check-Valid-Until": "false",
        }
        return [part for k, v in settings.items() for part in ("-o", k + "=" + v)] + apt_options()

    def run(self, program, *arguments, folder=None):
        """Runs an apt program on this index; returns its output."""
        run = subprocess.run(
            [program] + self.options() + list(arguments),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            universal_newlines=True,
            cwd=folder,
            check=False,
        )
        if run.returncode != 0:
            for url, answer in re.findall(r"Failed to fetch (\S+)\s+(.*)", run.stderr):
                if SILENCE.search(answer):
                    self.archive.downloader.failed(url, answer)
            raise Unavailable(apt_answer(run.stderr))
        return run.stdout

    def write(self):
        """Writes apt's configuration files."""
        for sub in ("lists/partial", "cache/archives/partial"):
            os.makedirs(os.path.join(self.folder, sub), exist_ok=True)
        with open(os.path.join(self.folder, "preferences"), "w", encoding="utf-8"):
            pass
        with open(os.path.join(self.folder, "sources.list"), "w", encoding="utf-8") as file:
            file.writelines(self.archive.lines(self.kind, self.suites))

    def update(self):
        """Downloads the index, at most once in a run."""
        if self.state is None:
            # The second try leaves out a mirror that did not answer the first one.
            for _ in range(2):
                try:
                    self.write()
                    self.run("apt-get", "-qq", "update")
                    self.state = ""
                    break
                except Unavailable as error:
                    self.state = self.state or str(error)
        if self.state:
            raise Unavailable("no index: " + self.state)

    def uris(self, *command):
        """The files that an apt-get command would download."""
        out = self.run("apt-get", "-qq", "-y", "--print-uris", *command)
        return [
            File(url, file, sha256)
            for url, file, sha256 in re.findall(r"^'([^']+)' (\S+) \d+ SHA256:(\w+)", out, re.M)
        ]

    def files(self, source, version):
        """The tarballs of a source package."""
        return self.uris("source", "--download-only", "--tar-only", "%s=%s" % (source, version))

    def versions(self, source):
        """The versions of a source package."""
        try:
            out = self.run("apt-cache", "showsrc", "--only-source", source)
        except Unavailable:
            return []
        return re.findall(r"^Version: (\S+)$", out, re.M)

    def download(self, source, version, into):
        """Downloads the tarballs of a source package."""
        os.makedirs(into, exist_ok=True)
        wanted = "%s=%s" % (source, version)
        self.run("apt-get", "-qq", "source", "--download-only", "--tar-only", wanted, folder=into)
