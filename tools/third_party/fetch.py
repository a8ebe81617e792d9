#!/usr/bin/env python3
# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
"""Fills a distdir with every third-party archive, from Debian's source packages.

For machines that reach Debian's archive and nothing else. apt checks the archive's
signature, this program checks the sha256 of deps.bzl. Run through ./tools/deps.

Writes, besides the distdir in the cache folder:
  deps.lock.json   (untracked) the dependencies for which Debian's tarball replaces
                   upstream's, with its sha256
  .bazelrc.local   (untracked) distdir, disk cache and the lock, for Bazel
"""

import argparse
import ast
import hashlib
import json
import os
import pwd
import re
import subprocess
import sys
import tarfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


def say(text):
    print("deps: " + text, flush=True)


def load_deps():
    """The DEPS literal of deps.bzl."""
    with open(os.path.join(ROOT, "tools/third_party/deps.bzl"), encoding="utf-8") as file:
        tree = ast.parse(file.read())
    for node in tree.body:
        if isinstance(node, ast.Assign) and node.targets[0].id == "DEPS":
            return ast.literal_eval(node.value)
    raise SystemExit("deps: no DEPS in deps.bzl")


def cache_dir():
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(
        os.environ.get("HOME") or pwd.getpwuid(os.getuid()).pw_dir, ".cache"
    )
    return os.path.join(os.path.abspath(base), "siphon")


def sha256_of(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


class Apt:
    """apt with a state of its own: nothing of the machine's settings is touched.

    Only the mirror's address is taken from the machine's configuration.
    """

    def __init__(self, folder):
        self.folder = folder
        self.updated = set()

    def mirror(self):
        """The address of the machine's own Debian mirror."""
        for attempt in ("as it is", "after an update"):
            if attempt == "after an update":
                say("apt knows no archive yet: apt-get update")
                sudo = [] if os.getuid() == 0 else ["sudo"]
                subprocess.run(sudo + ["apt-get", "-qq", "update"], check=False)
            listing = subprocess.run(
                ["apt-get", "indextargets", "--format", "$(ORIGIN)\t$(REPO_URI)"],
                check=True,
                stdout=subprocess.PIPE,
                universal_newlines=True,
            ).stdout
            uris = re.findall(r"^Debian\t(\S+)$", listing, re.M)
            main_archive = [uri for uri in uris if "security" not in uri]
            if uris:
                return (main_archive or [uris[0].replace("debian-security", "debian")])[0]
        raise SystemExit("deps: apt knows no Debian archive")

    def options(self, suite):
        root = os.path.join(self.folder, suite)
        settings = {
            "Dir::Etc::sourcelist": os.path.join(root, "sources.list"),
            "Dir::Etc::sourceparts": "/dev/null",
            "Dir::Etc::preferences": "/dev/null",
            "Dir::Etc::preferencesparts": "/dev/null",
            "Dir::State::lists": os.path.join(root, "lists"),
            "Dir::Cache": os.path.join(root, "cache"),
            "Acquire::Retries": "3",
        }
        if os.getuid() == 0:
            # The cache folder is root's own; apt's sandbox user could not write there.
            settings["APT::Sandbox::User"] = "root"
        return [part for key, value in settings.items() for part in ("-o", key + "=" + value)]

    def update(self, suite):
        if suite in self.updated:
            return
        root = os.path.join(self.folder, suite)
        for sub in ("lists/partial", "cache/archives/partial"):
            os.makedirs(os.path.join(root, sub), exist_ok=True)
        with open(os.path.join(root, "sources.list"), "w", encoding="utf-8") as file:
            file.write("deb-src [signed-by=%s] %s %s main\n" % (KEYRING, self.mirror(), suite))
        subprocess.run(["apt-get", "-qq"] + self.options(suite) + ["update"], check=True)
        self.updated.add(suite)

    def versions(self, suite, source):
        """Versions of the source package in the suite."""
        out = subprocess.run(
            ["apt-cache"] + self.options(suite) + ["showsrc", "--only-source", source],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            universal_newlines=True,
            check=False,
        ).stdout
        return re.findall(r"^Version: (\S+)$", out, re.M)

    def download(self, suite, source, version, into):
        """Downloads the tarballs of one source package; the caller looks what came."""
        os.makedirs(into, exist_ok=True)
        subprocess.run(
            ["apt-get", "-qq"]
            + self.options(suite)
            + ["source", "--download-only", "--tar-only", "%s=%s" % (source, version)],
            cwd=into,
            check=False,
        )


def upstream_part(version):
    """3.46.1-7+deb13u2 -> 3.46.1; 1.5.7+dfsg-1 -> 1.5.7"""
    version = version.split(":")[-1].rsplit("-", 1)[0]
    return re.sub(r"\+(ds|dfsg)\d*$", "", version)


def numbers(version):
    return [int(part) for part in re.findall(r"\d+", version)]


def same_series(pinned, other):
    """True when `other` is a newer patch release: only the last number grew."""
    old, new = numbers(pinned), numbers(other)
    return len(old) == len(new) and len(old) > 1 and old[:-1] == new[:-1] and new[-1] > old[-1]


def strip_prefix_in(path, pinned):
    """The pinned strip_prefix with the top folder that this archive has."""
    with tarfile.open(path) as tar:
        top = tar.next().name.split("/")[0]
    return "/".join([top] + pinned.split("/")[1:])


def fetch_one(apt, name, dep, distdir):
    """Returns the lock entry for one dependency, or None when upstream's archive serves."""
    debian = dep["debian"]
    upstream_file = os.path.join(distdir, dep["url"].rsplit("/", 1)[1])
    if os.path.exists(upstream_file) and sha256_of(upstream_file) == dep["sha256"]:
        return None
    entry = {
        key: debian[key] for key in ("source", "version", "file", "sha256", "strip_prefix")
    }
    debian_file = os.path.join(distdir, debian["file"])
    if os.path.exists(debian_file) and sha256_of(debian_file) == debian["sha256"]:
        return entry

    suite, source = debian["suite"], debian["source"]
    apt.update(suite)
    available = apt.versions(suite, source)
    if not available:
        raise SystemExit("deps: %s has no source package %s" % (suite, source))
    pinned = upstream_part(debian["version"])
    same = [v for v in available if upstream_part(v) == pinned]
    newer = [v for v in available if same_series(pinned, upstream_part(v))]
    version = (same or newer or [None])[0]
    if version is None:
        raise SystemExit(
            "deps: %s: the archive has %s %s, which is neither %s nor a patch release of it"
            % (name, source, ", ".join(available), pinned)
        )
    download = os.path.join(apt.folder, suite, "download")
    say("%s: source package %s %s" % (name, source, version))
    apt.download(suite, source, version, download)

    if version in same:
        path = os.path.join(download, debian["file"])
        if not os.path.exists(path):
            raise SystemExit("deps: %s: apt brought no %s" % (name, debian["file"]))
        if sha256_of(path) != debian["sha256"]:
            raise SystemExit("deps: %s: %s is not the pinned file (sha256)" % (name, path))
        if debian["same_bytes"]:
            os.replace(path, upstream_file)
            return None
        os.replace(path, debian_file)
        return entry

    file = debian["file"].replace(pinned, upstream_part(version))
    path = os.path.join(download, file)
    if not os.path.exists(path):
        raise SystemExit("deps: %s: apt brought no %s" % (name, file))
    say("=" * 72)
    say("WARNING: %s %s is no longer in the archive." % (dep["name"], pinned))
    say("WARNING: this build uses %s instead, the next patch release of the" % upstream_part(version))
    say("WARNING: same series, and not the version that siphon was tested with.")
    say("=" * 72)
    entry = {
        "source": source,
        "version": version,
        "file": file,
        "sha256": sha256_of(path),
        "strip_prefix": strip_prefix_in(path, debian["strip_prefix"]),
        "replaces": pinned,
    }
    os.replace(path, os.path.join(distdir, file))
    return entry


def known_lock(path, name, distdir):
    """The entry of an earlier run for a newer patch release, if its file is still here."""
    try:
        with open(path, encoding="utf-8") as file:
            entry = json.load(file).get(name)
    except (OSError, ValueError):
        return None
    if not entry or "replaces" not in entry:
        return None
    archive = os.path.join(distdir, entry["file"])
    if os.path.exists(archive) and sha256_of(archive) == entry["sha256"]:
        say("WARNING: %s: still on %s instead of %s" % (name, entry["version"], entry["replaces"]))
        return entry
    return None


def write_if_changed(path, text):
    try:
        with open(path, encoding="utf-8") as file:
            if file.read() == text:
                return
    except OSError:
        pass
    temporary = path + ".tmp"
    with open(temporary, "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(temporary, path)


def main():
    parser = argparse.ArgumentParser(prog="tools/deps", description=__doc__.split("\n")[0])
    parser.add_argument(
        "--upstream",
        action="store_true",
        help="fetch nothing: let Bazel take every archive from upstream",
    )
    arguments = parser.parse_args()

    cache = cache_dir()
    distdir = os.path.join(cache, "distdir")
    os.makedirs(distdir, exist_ok=True)
    lock_path = os.path.join(ROOT, "deps.lock.json")
    shared_lock = os.path.join(cache, "deps.lock.json")

    lock = {}
    if not arguments.upstream:
        apt = Apt(os.path.join(cache, "apt"))
        for name, dep in sorted(load_deps().items()):
            entry = known_lock(shared_lock, name, distdir) or fetch_one(apt, name, dep, distdir)
            if entry:
                lock[name] = entry
    text = json.dumps(lock, indent=2, sort_keys=True) + "\n"
    write_if_changed(lock_path, text)
    write_if_changed(shared_lock, text)

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
    write_if_changed(os.path.join(ROOT, ".bazelrc.local"), "\n".join(lines) + "\n")
    say("%d archives, %d of them Debian's own packing" % (len(load_deps()), len(lock)))


if __name__ == "__main__":
    sys.exit(main())
