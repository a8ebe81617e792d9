# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
"""The rule that makes the bill of materials from deps.bzl."""

load("@siphon_deps_lock//:lock.bzl", "LOCK")
load("//tools/third_party:deps.bzl", "DEPS")

_FORMS = {
    "spdx": "siphon.spdx.json",
    "cyclonedx": "siphon.cdx.json",
    "licences": "licences.txt",
    "source": "bill_of_materials.cc",
}

def bill_of_materials(name, stamped):
    """Makes the documents and the C++ source in the folder `name`.

    Args:
      name: the target's name.
      stamped: True to name the commit and its time.
    """
    texts = {
        key: "@%s//:%s" % (key, dep["licence_file"])
        for key, dep in DEPS.items()
        if dep["in_binary"]
    }
    texts["siphon"] = "//:LICENSE"
    replaced = {
        key: {part: locked[part] for part in ("source", "version", "sha256")}
        for key, locked in LOCK.items()
        if "replaces" in locked
    }
    patches = [
        "//tools/third_party:%s/%s" % (dep["folder"], patch)
        for dep in DEPS.values()
        if dep["in_binary"]
        for patch in dep["patches"]
    ]
    native.genrule(
        name = name,
        srcs = patches + sorted(texts.values()) + [
            ":toolchain",
            "//:VERSION",
            "//tools/third_party:deps.bzl",
        ],
        outs = ["%s/%s" % (name, file) for file in _FORMS.values()],
        cmd = " ".join([
            "python3 $(execpath bom.py)",
            "--deps $(execpath //tools/third_party:deps.bzl)",
            "--version $(execpath //:VERSION)",
            "--toolchain $(execpath :toolchain)",
            "--replaced '%s'" % json.encode(replaced),
        ] + (["--status bazel-out/stable-status.txt"] if stamped else []) + [
            "--licence %s=$(execpath %s)" % (key, label)
            for key, label in sorted(texts.items())
        ] + [
            "--%s $(execpath %s/%s)" % (form, name, file)
            for form, file in _FORMS.items()
        ]),
        stamp = 1 if stamped else 0,
        tools = ["bom.py"],
    )
