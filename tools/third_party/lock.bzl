# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
"""The local lock: the Debian archives that replace upstream's archives on this machine.

tools/deps writes deps.lock.json (untracked) and puts its path and digest into the generated
.bazelrc.local. Without these files, every dependency comes from upstream.
"""

def _deps_lock_impl(ctx):
    setting = ctx.os.environ.get("SIPHON_DEPS_LOCK", "")
    content = "{}"
    if setting:
        path = ctx.path(setting.rpartition("@")[0])
        if not path.exists:
            fail("%s does not exist: run ./tools/deps" % path)
        content = ctx.read(path)
    ctx.file("BUILD.bazel", "")
    ctx.file("lock.bzl", "LOCK = %s\n" % json.decode(content))

deps_lock = repository_rule(
    implementation = _deps_lock_impl,
    environ = ["SIPHON_DEPS_LOCK"],
)
