# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
"""Repositories that Bazel 4.2.3 needs; later versions contain them."""

def bazel_shims():
    """Replaces the repositories that Bazel 4 would fetch from the network.

    Bazel 4's own BUILD files load a few names from rules_cc and rules_java and refer to two
    coverage tools. Later versions contain these repositories. Debian's Bazel reports no version
    number, so a function that native has since version 6 distinguishes the versions.
    """
    if hasattr(native, "package_relative_label"):
        return
    for name in ["rules_cc", "rules_java", "remote_coverage_tools"]:
        native.local_repository(
            name = name,
            path = "tools/bazel/shims/" + name,
        )
