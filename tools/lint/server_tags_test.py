#!/usr/bin/env python3
# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
"""Every test that needs a database server has the tags for it.

A test needs a server when its transitive dependencies in the BUILD files include one of SERVERS.
Tags are string literals, or a named list of tags.bzl or of the BUILD file.
"""

import ast
import os
import sys

HERE = os.path.dirname(os.path.realpath(__file__))
sys.dont_write_bytecode = True
sys.path.insert(0, HERE)
import lint  # pylint: disable=wrong-import-position

# {library that starts servers of an engine: tags of every test that depends on it}
SERVERS = {
    "//testing/servers:mysql": {"integration", "requires-mysql"},
    "//testing/servers:openssh": {"integration", "requires-openssh"},
    "//testing/servers:postgres": {"integration", "requires-postgres"},
}


def absolute(label, package):
    """":a" and "//x/a" -> "//x:a" and "//x/a:a"."""
    if label.startswith("@"):
        return label
    if label.startswith(":"):
        return "//%s%s" % (package, label)
    if label.startswith("//"):
        return label if ":" in label else "%s:%s" % (label, label.rsplit("/", 1)[1])
    return "//%s:%s" % (package, label)


def strings(node, names):
    """Every string in an expression; follows names of lists and all branches of selects."""
    found = set()
    for part in ast.walk(node):
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            found.add(part.value)
        elif isinstance(part, ast.Name):
            found |= names.get(part.id, set())
    return found


def lists(text, names=None):
    """The named lists of a file: {name: the strings in it}."""
    names = dict(names or {})
    for node in ast.parse(text).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            names[node.targets[0].id] = strings(node.value, names)
    return names


def read(package, text, names):
    """Yields (label, rule, dependencies, tags) of every target of a BUILD file."""
    names = lists(text, names)
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        fields = {keyword.arg: keyword.value for keyword in node.keywords}
        if not isinstance(fields.get("name"), ast.Constant):
            continue
        dependencies = set()
        for field in ("deps", "data"):
            if field in fields:
                dependencies |= strings(fields[field], names)
        yield (
            "//%s:%s" % (package, fields["name"].value),
            node.func.id,
            {absolute(label, package) for label in dependencies},
            strings(fields["tags"], names) if "tags" in fields else set(),
        )


def reached(graph, label):
    """Every label that this one depends on, directly or indirectly."""
    seen, todo = set(), [label]
    while todo:
        for other in graph.get(todo.pop(), ()):
            if other not in seen:
                seen.add(other)
                todo.append(other)
    return seen


def problems(builds, shared):
    """The violations, and the number of tests with a server.

    builds: {package: text of its BUILD file}; shared: named lists that BUILD files may load.
    """
    targets = [
        target for package, text in builds.items() for target in read(package, text, shared)
    ]
    graph = {label: dependencies for label, _, dependencies, _ in targets}
    found, needing = [], 0
    for label, rule, _, tags in sorted(targets, key=lambda target: target[0]):
        if not rule.endswith("_test"):
            continue
        for server in sorted(reached(graph, label) & set(SERVERS)):
            needing += 1
            missing = SERVERS[server] - tags
            if missing:
                found.append("%s depends on %s; add the tags %s" % (
                    label, server, ", ".join(sorted(missing))))
    return found, needing


def self_test():
    servers = 'a_library(name = "postgres")\na_library(name = "more", deps = [":postgres"])'
    shared = {"TAGS": {"integration", "requires-postgres"}}

    def with_test(tags, deps='["//testing/servers:more"]', rule="a_test"):
        build = 'D = ["//testing/servers:postgres"]\n%s(name = "t", deps = %s%s)' % (
            rule, deps, ", tags = " + tags if tags else "")
        return problems({"testing/servers": servers, "x": build}, shared)

    server = "//x:t depends on //testing/servers:postgres"
    wrong = [server + "; add the tags integration, requires-postgres"]
    assert with_test("") == (wrong, 1)
    assert with_test('["large"]')[0] == wrong
    assert with_test("", "D")[0] == wrong
    assert with_test("", '["@a//:b"] + select({"c": ["//testing/servers:postgres"]})')[0] == wrong
    assert len(with_test('["integration"]')[0]) == 1
    assert with_test('["integration", "requires-postgres"]') == ([], 1)
    assert with_test('TAGS + ["large"]') == ([], 1)
    assert with_test("", '["//other"]') == ([], 0)
    assert with_test("", rule="a_library") == ([], 0)
    assert absolute("//x/y", "z") == "//x/y:y" and absolute("y", "z") == "//z:y"


def main():
    self_test()
    tree = lint.Tree(os.path.dirname(os.path.dirname(HERE)))
    builds = {
        os.path.dirname(path): tree.text(path)
        for path in tree.paths
        if os.path.basename(path) == "BUILD.bazel" and not path.startswith("tools/bazel/shims/")
    }
    found, needing = problems(builds, lists(tree.text("testing/servers/tags.bzl")))
    for line in found:
        print(line)
    print("server tags: %d packages, %d tests with a server, %d problems" % (
        len(builds), needing, len(found)))
    if needing == 0:
        print("server tags: found no test with a server; the check itself must be broken")
    return 1 if found or needing == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
