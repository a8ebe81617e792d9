# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
"""Declares one http_archive for each entry of deps.bzl."""

load("@bazel_tools//tools/build_defs/repo:http.bzl", "http_archive")
load("@siphon_deps_lock//:lock.bzl", "LOCK")
load("//tools/third_party:deps.bzl", "DEPS")

# Debian's public archive of every version of its packages. Used only where the lock names Debian's
# archive and its copy in the distdir is missing.
_SNAPSHOT = "https://snapshot.debian.org/archive/debian"

def _snapshot_url(locked):
    source = locked["source"]
    prefix = source[:4] if source.startswith("lib") else source[:1]
    time = locked.get("snapshot", "20250901T000000Z")
    return "/".join([_SNAPSHOT, time, "pool/main", prefix, source, locked["file"]])

def siphon_repositories():
    """Declares every third-party repository."""
    for name, dep in DEPS.items():
        url = dep["url"]
        sha256 = dep["sha256"]
        strip_prefix = dep["strip_prefix"]
        if name in LOCK:
            locked = LOCK[name]
            url = _snapshot_url(locked)
            sha256 = locked["sha256"]
            strip_prefix = locked["strip_prefix"]
        overlay = {}
        if dep.get("overlay", True):
            overlay["build_file"] = "//tools/third_party:%s/overlay.BUILD" % dep["folder"]
        http_archive(
            name = name,
            urls = [url],
            sha256 = sha256,
            strip_prefix = strip_prefix,
            patches = [
                "//tools/third_party:%s/%s" % (dep["folder"], patch)
                for patch in dep["patches"]
            ],
            patch_args = ["-p1"],
            **overlay
        )
