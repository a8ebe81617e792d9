# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
"""@test_servers: the places of this machine's database servers, as a file that tests depend on.

tools/servers writes test_servers.json (untracked) and puts its path and digest into the generated
.bazelrc.servers. A test that needs a server has @test_servers//:index.json among its data, so that
it runs again when a server changes. The files of the servers are not copied. Without tools/servers
the index is empty, and a test that looks for a server in it fails.
"""

def _test_servers_impl(ctx):
    setting = ctx.os.environ.get("SIPHON_TEST_SERVERS_INDEX", "")
    content = "{}\n"
    if setting:
        path = ctx.path(setting.rpartition("@")[0])
        if not path.exists:
            fail("%s does not exist: run ./tools/servers" % path)
        content = ctx.read(path)
    ctx.file("BUILD.bazel", 'exports_files(["index.json"])\n')
    ctx.file("index.json", content)

test_servers = repository_rule(
    implementation = _test_servers_impl,
    environ = ["SIPHON_TEST_SERVERS_INDEX"],
)
