#!/usr/bin/env python3
# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
"""Makes docs/dependencies.md from deps.bzl.

usage: table.py --write           write the page
       table.py --check DEPS PAGE  fail unless PAGE is what DEPS makes
"""

import ast
import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

HEAD = """# Dependencies

Made by `tools/third_party/table.py --write` from `tools/third_party/deps.bzl`; a test holds
the two together. siphon is linked statically with these and the C and C++ libraries of the
compiler; nothing else of the host enters the binary.

| name | version | licence | what for | in the binary | patches |
|---|---|---|---|---|---|
"""

MIDDLE = """
## Where the sources come from

Bazel fetches each archive from upstream and checks its sha256. On a machine that reaches
Debian's archive only, `./tools/deps` takes the same release from Debian's source packages:
apt checks the archive's signature, `tools/deps` the sha256. Some of Debian's tarballs are
packed again and so have another sha256, which `deps.bzl` pins as well:

| name | source package | against upstream's archive |
|---|---|---|
"""


def load(text):
    for node in ast.parse(text).body:
        if isinstance(node, ast.Assign) and node.targets[0].id == "DEPS":
            return ast.literal_eval(node.value)
    raise SystemExit("no DEPS")


def page(deps):
    rows = []
    debian = []
    for _, dep in sorted(deps.items(), key=lambda item: item[1]["name"].lower()):
        site = dep.get("home") or "/".join(dep["url"].split("/")[: 5 if "github" in dep["url"] else 3])
        rows.append(
            "| [%s](%s) | %s | %s | %s | %s | %s |\n"
            % (
                dep["name"],
                site,
                dep["version"],
                dep["licence"],
                dep["used_for"],
                "yes" if dep["in_binary"] else "no",
                ", ".join(
                    "[%s](../tools/third_party/%s/%s)" % (p[:4], dep["folder"], p)
                    for p in dep["patches"]
                )
                or "none",
            )
        )
        source = dep["debian"]
        debian.append(
            "| %s | %s %s (%s) | %s |\n"
            % (
                dep["name"],
                source["source"],
                source["version"],
                source["suite"],
                source.get("note") or "the same bytes",
            )
        )
    return HEAD + "".join(rows) + MIDDLE + "".join(debian)


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def main():
    if sys.argv[1:2] == ["--write"]:
        with open(os.path.join(ROOT, "docs/dependencies.md"), "w", encoding="utf-8") as file:
            file.write(page(load(read(os.path.join(ROOT, "tools/third_party/deps.bzl")))))
        return 0
    _, mode, deps, document = sys.argv
    if mode != "--check":
        raise SystemExit(__doc__)
    deps = load(read(deps))
    if read(document) != page(deps):
        print("docs/dependencies.md is out of date: run tools/third_party/table.py --write")
        return 1
    basenames = [dep["url"].rsplit("/", 1)[1] for dep in deps.values()]
    basenames += [dep["debian"]["file"] for dep in deps.values() if not dep["debian"]["same_bytes"]]
    if len(set(basenames)) != len(basenames):
        print("two archives have one file name; Bazel could not tell them apart in a distdir")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
