#!/usr/bin/env python3
# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
"""Reads the pins of deps.bzl and servers.bzl; common functions for versions, digests and folders."""

import ast
import contextlib
import fcntl
import hashlib
import os
import pwd
import re

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def load_literal(file, name):
    """The value of `name` in a .bzl file of this folder; the file contains only literals."""
    path = os.path.join(ROOT, "tools/third_party", file)
    with open(path, encoding="utf-8") as source:
        tree = ast.parse(source.read())
    for node in tree.body:
        if isinstance(node, ast.Assign) and node.targets[0].id == name:
            return ast.literal_eval(node.value)
    raise SystemExit("%s: no %s in %s" % (os.path.basename(__file__), name, path))


def load_deps():
    """The dependencies of the build."""
    return load_literal("deps.bzl", "DEPS")


def load_servers():
    """The servers of the tests."""
    return load_literal("servers.bzl", "SERVERS")


def cache_dir():
    """The cache folder, which all clones of one user share."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(
        os.environ.get("HOME") or pwd.getpwuid(os.getuid()).pw_dir, ".cache"
    )
    return os.path.join(os.path.abspath(base), "siphon")


@contextlib.contextmanager
def locked(folder):
    """Locks a folder of the cache, so that two clones do not change it at the same time."""
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, ".lock"), "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def sha256_of(path):
    """The SHA-256 of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


def has_digest(path, sha256):
    """True when the file exists with this SHA-256."""
    return os.path.isfile(path) and sha256_of(path) == sha256


def write_if_changed(path, text):
    """Replaces the file atomically; leaves a file with the same text unchanged."""
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


def upstream_part(version):
    """Upstream's version in a Debian version: 3.46.1-7+deb13u2 -> 3.46.1; 1.5.7+dfsg-1 -> 1.5.7"""
    version = version.split(":")[-1].rsplit("-", 1)[0]
    return re.sub(r"\+(ds|dfsg)\d*$", "", version)


def numbers(version):
    """The numbers in a version, in order."""
    return [int(part) for part in re.findall(r"\d+", version)]


def same_series(pinned, other):
    """True when `other` is a newer patch release: only the last number is greater."""
    old, new = numbers(pinned), numbers(other)
    return len(old) == len(new) and len(old) > 1 and old[:-1] == new[:-1] and new[-1] > old[-1]


def newer_releases(pinned, available):
    """The Debian versions among `available` that are newer patch releases of upstream's version
    `pinned`, newest first."""
    found = {v for v in available if same_series(pinned, upstream_part(v))}
    return sorted(found, key=lambda v: (numbers(upstream_part(v)), v), reverse=True)
