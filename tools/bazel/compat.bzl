# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
"""What Bazel 4.2.3 needs and later versions bring along."""

def bazel_shims():
    """Stands in for the repositories that Bazel 4 would fetch from the network.

    Bazel 4's own BUILD files load a few names from rules_cc and rules_java and name two
    coverage tools. Later versions carry them; they are told apart by a function that
    native gained in version 6, since Debian's Bazel gives no version number.
    """
    if hasattr(native, "package_relative_label"):
        return
    for name in ["rules_cc", "rules_java", "remote_coverage_tools"]:
        native.local_repository(
            name = name,
            path = "tools/bazel/shims/" + name,
        )
