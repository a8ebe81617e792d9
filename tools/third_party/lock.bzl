# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
"""The local lock: which of Debian's tarballs stand in for upstream's archives here.

tools/deps writes deps.lock.json (untracked) and names it, with its digest, in the
generated .bazelrc.local. Without the two, every dependency comes from upstream.
"""

def _deps_lock_impl(ctx):
    setting = ctx.os.environ.get("SIPHON_DEPS_LOCK", "")
    content = "{}"
    if setting:
        path = ctx.path(setting.rpartition("@")[0])
        if not path.exists:
            fail("%s is gone: run ./tools/deps again" % path)
        content = ctx.read(path)
    ctx.file("BUILD.bazel", "")
    ctx.file("lock.bzl", "LOCK = %s\n" % json.decode(content))

deps_lock = repository_rule(
    implementation = _deps_lock_impl,
    environ = ["SIPHON_DEPS_LOCK"],
)
