#!/usr/bin/env python3
# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
"""Fills a distdir with the archive of every third-party dependency.

deps.bzl pins each archive by its sha256. The archive comes from the first place with the pinned
bytes: the cache, the pools of the machine's Debian mirrors, the indexes of Debian's suites,
upstream's URL. If no place has them, a newer patch release from Debian's indexes is used, with a
warning.
Run it as ./tools/deps.

Writes, besides the distdir in the cache folder, two untracked files into the clone:
  deps.lock.json   the dependencies for which Debian's archive replaces upstream's, with its sha256
  .bazelrc.local   Bazel's options for the distdir, the disk cache and the lock
"""

import argparse
import datetime
import hashlib
import json
import os
import shutil
import sys
import tarfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import archive as archives  # pylint: disable=wrong-import-position
import check  # pylint: disable=wrong-import-position
import download  # pylint: disable=wrong-import-position
import pins  # pylint: disable=wrong-import-position
import ways  # pylint: disable=wrong-import-position
from download import Unavailable  # pylint: disable=wrong-import-position

# The fields of a lock entry, which repositories.bzl reads.
LOCKED = ("source", "version", "file", "sha256", "strip_prefix", "snapshot")
ADVICE = """What you can do:
* Run this again in a few hours: a mirror may serve a file later than its index names it.
* Download an archive by other means into %s
  or into a folder named in the variable SIPHON_DISTDIR. Its sha256 is checked.
* Add another Debian mirror to apt's configuration, or give this machine access to the URLs of
  upstream."""


def say(text):
    """Prints a message."""
    print("deps: " + text, flush=True)


def strip_prefix_in(path, pinned):
    """The pinned strip_prefix with the top folder that this archive has."""
    with tarfile.open(path) as tar:
        top = tar.next().name.split("/")[0]
    return "/".join([top] + pinned.split("/")[1:])


class Fetcher:
    """Fetches the archives of dependencies into a distdir."""

    def __init__(self, archive, distdir):
        self.archive = archive
        self.distdir = distdir
        self.indexes = {}
        self.work = os.path.join(archive.folder, "download")

    def index(self, suite):
        """The index of a suite."""
        if suite not in self.indexes:
            self.indexes[suite] = archives.Index(self.archive, [suite])
        return self.indexes[suite]

    def keep(self, dep, path):
        """Moves a pinned file into the distdir; returns its lock entry, None for upstream's."""
        debian = dep["debian"]
        if pins.sha256_of(path) == dep["sha256"]:
            shutil.move(path, os.path.join(self.distdir, dep["url"].rsplit("/", 1)[1]))
            return None
        shutil.move(path, os.path.join(self.distdir, debian["file"]))
        return {key: debian[key] for key in LOCKED}

    def pinned_names(self, dep):
        """The file names of upstream's and Debian's archive, with their pinned digests."""
        debian = dep["debian"]
        return [(dep["url"].rsplit("/", 1)[1], dep["sha256"]), (debian["file"], debian["sha256"])]

    def from_cache(self, dep, folder):
        """Looks for a pinned file in a local folder."""
        for name, sha256 in self.pinned_names(dep):
            path = os.path.join(folder, name)
            if not pins.has_digest(path, sha256):
                continue
            renamed = name == dep["debian"]["file"] and sha256 == dep["sha256"]
            if folder != self.distdir or renamed:
                copy = os.path.join(self.work, name)
                shutil.copyfile(path, copy)
                path = copy
            return self.keep(dep, path)
        raise Unavailable("no file with a pinned sha256")

    def from_pool(self, dep, url):
        """Downloads Debian's file from its address."""
        debian = dep["debian"]
        path = os.path.join(self.work, debian["file"])
        self.archive.downloader.by_apt(url, path, debian["sha256"])
        return self.keep(dep, path)

    def from_index(self, dep, suite):
        """Downloads Debian's file by way of a suite's index."""
        debian = dep["debian"]
        index = self.index(suite)
        index.update()
        available = index.versions(debian["source"])
        pinned = pins.upstream_part(debian["version"])
        same = [v for v in available if pins.upstream_part(v) == pinned]
        if not same:
            raise Unavailable("has " + (", ".join(available) or "no such package"))
        index.download(debian["source"], same[0], self.work)
        path = os.path.join(self.work, debian["file"])
        if not os.path.exists(path):
            raise Unavailable("brought no " + debian["file"])
        if not pins.has_digest(path, debian["sha256"]):
            os.unlink(path)
            raise Unavailable("wrong bytes in " + debian["file"])
        return self.keep(dep, path)

    def from_url(self, dep, url, sha256):
        """Downloads a file with HTTPS."""
        path = os.path.join(self.work, url.rsplit("/", 1)[1])
        self.archive.downloader.by_http(url, path, sha256)
        return self.keep(dep, path)

    def from_newer(self, dep, suite, version):
        """Downloads a newer patch release of a suite, with a warning."""
        debian = dep["debian"]
        pinned, newer = pins.upstream_part(debian["version"]), pins.upstream_part(version)
        self.index(suite).download(debian["source"], version, self.work)
        file = debian["file"].replace(pinned, newer)
        path = os.path.join(self.work, file)
        if not os.path.exists(path):
            raise Unavailable("brought no " + file)
        entry = {
            "source": debian["source"],
            "version": version,
            "file": file,
            "sha256": pins.sha256_of(path),
            "strip_prefix": strip_prefix_in(path, debian["strip_prefix"]),
            "snapshot": datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT000000Z"),
            "replaces": pinned,
        }
        shutil.move(path, os.path.join(self.distdir, file))
        say("=" * 72)
        say("WARNING: %s %s is no longer available." % (dep["name"], pinned))
        say("WARNING: This build uses %s, a newer patch release of the same series." % newer)
        say("WARNING: siphon was not tested with it.")
        say("=" * 72)
        return entry

    def pool_ways(self, dep):
        """The ways through the pools of the mirrors."""
        debian = dep["debian"]
        for url in self.archive.pool_urls(debian["source"], debian["file"]):
            yield ways.Way("pool", url, lambda url=url: self.from_pool(dep, url))

    def cache_ways(self, dep):
        """The ways through local folders."""
        for folder in [self.distdir] + ways.other_folders():
            yield ways.Way("cache", folder, lambda folder=folder: self.from_cache(dep, folder))

    def pinned_ways(self, dep):
        """The remote ways to the pinned bytes, in the order of the tries."""
        debian = dep["debian"]
        yield from self.pool_ways(dep)
        for suite in archives.suites_of(debian["suite"]):
            place = "%s %s" % (suite, debian["source"])
            yield ways.Way("index", place, lambda suite=suite: self.from_index(dep, suite))
        yield ways.Way(
            "upstream", dep["url"], lambda: self.from_url(dep, dep["url"], dep["sha256"])
        )
        if not debian["same_bytes"]:
            url = archives.snapshot_url(debian["snapshot"], debian["source"], debian["file"])
            yield ways.Way("snapshot", url, lambda: self.from_url(dep, url, debian["sha256"]))

    def newer_ways(self, dep):
        """The ways to newer patch releases. The indexes must be up to date."""
        debian = dep["debian"]
        pinned = pins.upstream_part(debian["version"])
        for suite in archives.suites_of(debian["suite"]):
            available = self.index(suite).versions(debian["source"])
            for version in pins.newer_releases(pinned, available):
                place = "%s %s %s" % (suite, debian["source"], version)
                yield ways.Way(
                    "newer release", place, lambda s=suite, v=version: self.from_newer(dep, s, v)
                )

    def fetch(self, dep, known=None):
        """Fetches one dependency into the distdir.

        Returns its lock entry, or None for upstream's archive. `known` is the lock entry of a newer
        patch release that an earlier run fetched; its file is still in the distdir.
        """
        os.makedirs(self.work, exist_ok=True)
        what = "%s %s" % (dep["name"], dep["version"])
        try:
            return ways.first(self.cache_ways(dep), what)
        except ways.Exhausted:
            say("%s: fetching %s" % (what, dep["debian"]["file"]))

        def all_ways():
            yield from self.cache_ways(dep)
            if known:
                yield from self.pool_ways(dep)
                yield ways.Way("known", known["file"], lambda: self.still(dep, known))
            yield from self.pinned_ways(dep)
            yield from self.newer_ways(dep)

        return ways.first(all_ways(), what, say)

    def still(self, dep, known):
        """Keeps the newer patch release of an earlier run, with a warning."""
        say(
            "WARNING: %s: still using %s instead of %s"
            % (dep["name"], known["version"], known["replaces"])
        )
        return known


def known_lock(path, name, dep, distdir):
    """The lock entry of a newer patch release from an earlier run, if its file still exists."""
    try:
        with open(path, encoding="utf-8") as file:
            entry = json.load(file).get(name)
    except (OSError, ValueError):
        return None
    if not entry or entry.get("replaces") != pins.upstream_part(dep["debian"]["version"]):
        return None
    if pins.has_digest(os.path.join(distdir, entry["file"]), entry["sha256"]):
        return entry
    return None


def fetch_all(fetcher, deps, shared_lock):
    """Fetches all dependencies; returns the lock. Exits if some are not available."""
    lock, failures = {}, []
    for name, dep in sorted(deps.items()):
        try:
            entry = fetcher.fetch(dep, known_lock(shared_lock, name, dep, fetcher.distdir))
        except ways.Exhausted as error:
            failures.append(str(error))
            continue
        if entry:
            lock[name] = entry
    if failures:
        for failure in failures:
            for line in failure.splitlines():
                say(line)
        raise SystemExit(ADVICE % fetcher.distdir)
    return lock


def write_settings(cache, distdir, lock, text):
    """Writes the lock and Bazel's settings into the clone."""
    lock_path = os.path.join(pins.ROOT, "deps.lock.json")
    pins.write_if_changed(lock_path, text)
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    lines = [
        "# Generated by ./tools/deps for this machine; not tracked.",
        "build --disk_cache=%s" % os.path.join(cache, "bazel-disk-cache"),
        "build --distdir=%s" % distdir,
        "query --distdir=%s" % distdir,
        "fetch --distdir=%s" % distdir,
    ]
    if lock:
        for command in ("build", "query", "fetch"):
            lines.append("%s --repo_env=SIPHON_DEPS_LOCK=%s@%s" % (command, lock_path, digest))
    pins.write_if_changed(os.path.join(pins.ROOT, ".bazelrc.local"), "\n".join(lines) + "\n")


def main():
    """The command."""
    parser = argparse.ArgumentParser(prog="tools/deps", description=__doc__.split("\n")[0])
    parser.add_argument(
        "--upstream",
        action="store_true",
        help="fetch nothing: let Bazel fetch every archive from upstream",
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="fetch nothing: report which ways serve each pinned file of the sources and the test "
        "servers; exit with 1 if a file has none",
    )
    arguments = parser.parse_args()
    if arguments.check:
        return check.main()

    cache = pins.cache_dir()
    distdir = os.path.join(cache, "distdir")
    os.makedirs(distdir, exist_ok=True)
    shared_lock = os.path.join(cache, "deps.lock.json")
    deps = pins.load_deps()
    with pins.locked(cache):
        lock = {}
        if not arguments.upstream:
            archive = archives.Archive(download.Downloader(), os.path.join(cache, "apt"))
            lock = fetch_all(Fetcher(archive, distdir), deps, shared_lock)
        text = json.dumps(lock, indent=2, sort_keys=True) + "\n"
        pins.write_if_changed(shared_lock, text)
    write_settings(cache, distdir, lock, text)
    say("%d archives, %d of them as packed by Debian" % (len(deps), len(lock)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
