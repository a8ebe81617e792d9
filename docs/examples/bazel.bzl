# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
"""siphon as a tool of another Bazel workspace: call siphon() in WORKSPACE.

A genrule or a test then names @siphon//file:siphon among its tools or data.
"""

load("@bazel_tools//tools/build_defs/repo:http.bzl", "http_file")

def siphon(name = "siphon"):
    """Fetches one release of siphon, pinned by its sha256."""
    http_file(
        name = name,
        downloaded_file_path = "siphon",
        executable = True,
        sha256 = "0000000000000000000000000000000000000000000000000000000000000000",
        urls = ["https://example.org/siphon/0.1.0/siphon-linux-amd64"],
    )
