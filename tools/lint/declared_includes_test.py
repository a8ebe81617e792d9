#!/usr/bin/env python3
# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
"""Every header that a target's files include belongs to the target or to one of its dependencies.

The compiler runs outside the sandbox (see .bazelrc), and Bazel itself accepts an undeclared header
of the same package. The disk cache does not know such a header, so an object file could be stale.
"""

import ast
import os
import re
import sys

HERE = os.path.dirname(os.path.realpath(__file__))
sys.dont_write_bytecode = True
sys.path.insert(0, HERE)
import lint  # pylint: disable=wrong-import-position
import server_tags_test as build_files  # pylint: disable=wrong-import-position

INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.M)


def read(package, text):
    """Yields (label, files, headers, dependencies) of every target of a BUILD file."""
    names = build_files.lists(text)
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        fields = {keyword.arg: keyword.value for keyword in node.keywords}
        if not isinstance(fields.get("name"), ast.Constant):
            continue

        def labels(*keys):
            found = set()
            for key in keys:
                if key in fields:
                    found |= build_files.strings(fields[key], names)
            return {build_files.absolute(label, package) for label in found}

        yield (
            "//%s:%s" % (package, fields["name"].value),
            labels("srcs", "hdrs", "textual_hdrs"),
            labels("hdrs", "textual_hdrs"),
            labels("deps", "srcs"),
        )


def problems(builds, sources):
    """The violations, and the number of includes that were looked up.

    builds: {package: text of its BUILD file}; sources: {path: text}, headers included.
    """
    targets = [target for package, text in builds.items() for target in read(package, text)]
    graph = {label: dependencies for label, _, _, dependencies in targets}
    headers = {label: exported for label, _, exported, _ in targets}
    label_of = {}
    for path in sources:
        package = os.path.dirname(path)
        while package and package not in builds:
            package = os.path.dirname(package)
        label_of[path] = "//%s:%s" % (package, os.path.relpath(path, package or "."))
    path_of = {label: path for path, label in label_of.items()}
    found, seen = [], 0
    for label, files, _, _ in sorted(targets, key=lambda target: target[0]):
        declared = set(files)
        for other in build_files.reached(graph, label):
            declared |= headers.get(other, set())
        for file in sorted(files & set(path_of)):
            for include in INCLUDE.findall(sources[path_of[file]]):
                if include not in label_of:
                    continue  # Generated, or of another repository.
                seen += 1
                if label_of[include] not in declared:
                    found.append("%s: %s includes %s; add the library of it to deps" % (
                        label, path_of[file], include))
    return found, seen


def self_test():
    sources = {
        "a/a.cc": '#include "a/a.h"\n#include "b/b.h"\n#include <vector>\n#include "absl/x.h"\n',
        "a/a.h": '#include "a/inner.h"\n',
        "a/inner.h": "",
        "b/b.h": "",
    }

    def check(deps, hdrs='"a.h"'):
        build = (
            'x_library(name = "a", srcs = ["a.cc"], hdrs = [%s], deps = [%s])\n'
            'x_library(name = "inner", hdrs = ["inner.h"])\n'
            'x_library(name = "outer", deps = [":inner", "//b"])' % (hdrs, deps)
        )
        return problems({"a": build, "b": 'x_library(name = "b", hdrs = ["b.h"])'}, sources)[0]

    inner = "//a:a: a/a.h includes a/inner.h; add the library of it to deps"
    other = "//a:a: a/a.cc includes b/b.h; add the library of it to deps"
    assert check('":inner", "//b"') == []
    assert check('":outer"') == []
    assert check('"//b:b"') == [inner]
    assert check('":inner"') == [other]
    assert check('"//b"', '"a.h", "inner.h"') == []
    assert check("") == [other, inner]


def main():
    self_test()
    tree = lint.Tree(os.path.dirname(os.path.dirname(HERE)))
    builds = {
        os.path.dirname(path): tree.text(path)
        for path in tree.paths
        if os.path.basename(path) == "BUILD.bazel" and not path.startswith("tools/bazel/shims/")
    }
    sources = {path: tree.text(path) for path in tree.paths if lint.is_cpp(path)}
    found, seen = problems(builds, sources)
    for line in found:
        print(line)
    print("declared includes: %d includes, %d problems" % (seen, len(found)))
    if seen == 0:
        print("declared includes: found no include; the check itself must be broken")
    return 1 if found or seen == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
