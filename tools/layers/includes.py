#!/usr/bin/env python3
# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
"""Checks the includes of every source file of the repository, tests included.

usage: includes.py [ROOT]

layers.py checks the shipped binary; this program checks the sources, so it also covers tests. No
file includes a file of a higher layer, and neither files nor folders include each other in a circle.
"""

import os
import re
import sys

HERE = os.path.dirname(os.path.realpath(__file__))
sys.dont_write_bytecode = True
sys.path.insert(0, HERE)
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "lint"))
import layers  # pylint: disable=wrong-import-position
import lint  # pylint: disable=wrong-import-position

# The product layers and the folders of tests that a folder of tests may include. Lower folders come
# first; a folder may always include its own files.
TEST_FOLDERS = {
    "testing": {"errs", "base"},
    "testing/process": {"testing"},
    "testing/contracts": {"errs", "base", "domain", "driver", "testing"},
    "testing/servers": {"errs", "base", "testing", "testing/process"},
    "testing/frames": {
        "errs",
        "base",
        "domain",
        "drivers",
        "testing",
        "testing/process",
        "testing/servers",
    },
    "testing/app": {"errs", "base", "domain", "driver", "drivers", "app", "testing"},
    "testing/e2e": {"errs", "base", "testing", "testing/process", "testing/servers"},
    "testing/hostile": {"errs", "base", "testing", "testing/process", "testing/servers", "testing/e2e"},
    "testing/regression": {
        "errs",
        "base",
        "domain",
        "testing",
        "testing/process",
        "testing/servers",
        "testing/e2e",
    },
    "testing/versions": {
        "errs",
        "base",
        "driver",
        "drivers",
        "testing",
        "testing/process",
        "testing/servers",
        "testing/e2e",
    },
    "testing/bench": {
        "errs",
        "base",
        "testing",
        "testing/process",
        "testing/servers",
        "testing/e2e",
    },
    "testing/golden": {"errs", "base", "cli"},
    "testing/sample": {"errs", "base"},
    "testing/smoke": set(),
    "fuzz": {"errs", "base", "domain", "driver", "drivers", "stores"},
}
# The folders of tests that the tests of a product layer may include.
FROM_PRODUCT = {
    "base": {"testing", "testing/servers"},
    "stores": {"testing", "testing/servers"},
    "drivers": {
        "testing",
        "testing/process",
        "testing/contracts",
        "testing/servers",
        "testing/hostile",
    },
}
FROM_OTHER_LAYERS = {"testing"}


def includes(tree):
    """{file: the files of the repository that it includes}."""
    paths = [path for path in tree.paths if lint.is_cpp(path)]
    known = set(paths)
    return {
        path: sorted(
            known.intersection(
                re.findall(r'^\s*#\s*include\s+"([^"]+)"', tree.text(path), re.M)
            )
        )
        for path in paths
    }


def layer(path):
    """The layer or the folder of tests that a file belongs to, or None."""
    if path.startswith("fuzz/"):
        return "fuzz"
    where = os.path.dirname(path)
    if (where + "/").startswith("testing/"):
        return "/".join(where.split("/")[:2])
    # main() may run an applet; layers.py has the same exception for the binary.
    if path == "siphon/main.cc":
        return None
    return layers.layer("//%s:file" % where)


def allowed(upper):
    """The layers and folders that a layer may include."""
    if upper in TEST_FOLDERS:
        return TEST_FOLDERS[upper] | {upper}
    return layers.MAY_NAME[upper] | FROM_PRODUCT.get(upper, FROM_OTHER_LAYERS)


def arrows_upward(graph):
    for path, targets in sorted(graph.items()):
        upper = layer(path)
        if upper is None:
            continue
        if upper.startswith("testing") and upper not in TEST_FOLDERS:
            yield "%s: the folder %s is not in TEST_FOLDERS of tools/layers/includes.py" % (path, upper)
            continue
        for target in targets:
            lower = layer(target)
            if lower is not None and lower not in allowed(upper):
                yield "%s must not include %s: %s -> %s" % (upper, lower, path, target)


def circles(graph):
    """The strongly connected parts of more than one node (Tarjan), each as a sorted list."""
    number, low, stack, found = {}, {}, [], []

    def visit(root):
        todo = [(root, iter(graph.get(root, ())))]
        number[root] = low[root] = len(number)
        stack.append(root)
        while todo:
            node, rest = todo[-1]
            for other in rest:
                if other not in number:
                    number[other] = low[other] = len(number)
                    stack.append(other)
                    todo.append((other, iter(graph.get(other, ()))))
                    break
                if other in stack:
                    low[node] = min(low[node], number[other])
            else:
                todo.pop()
                if todo:
                    low[todo[-1][0]] = min(low[todo[-1][0]], low[node])
                if low[node] == number[node]:
                    part = stack[stack.index(node) :]
                    del stack[stack.index(node) :]
                    if len(part) > 1:
                        found.append(sorted(part))

    for node in sorted(graph):
        if node not in number:
            visit(node)
    return sorted(found)


def folder(path):
    """The folder of a file. Tests count as a folder of their own, which no file includes."""
    name = os.path.dirname(path)
    return name + " (tests)" if path.endswith("_test.cc") else name


def folders(graph):
    """{folder: the other folders whose files its files include}."""
    result = {}
    for path, targets in graph.items():
        here = folder(path)
        result.setdefault(here, set()).update(
            folder(target) for target in targets if folder(target) != here
        )
    return {name: sorted(targets) for name, targets in result.items()}


def circles_of(kind, graph, place, files):
    """The circles of a graph, with the includes of `files` that make them; place(file) is a node."""
    for circle in circles(graph):
        yield "a circle of %s: %s" % (kind, ", ".join(circle))
        for path, targets in sorted(files.items()):
            for target in targets:
                if place(path) != place(target) and {place(path), place(target)} <= set(circle):
                    yield "  %s -> %s" % (path, target)


def violations(graph):
    """All violations, one line each."""
    return (
        list(arrows_upward(graph))
        + list(circles_of("files", graph, str, graph))
        + list(circles_of("folders", folders(graph), folder, graph))
    )


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.dirname(HERE))
    graph = includes(lint.Tree(root))
    found = violations(graph)
    for line in found:
        print(line)
    arrows = sum(len(targets) for targets in graph.values())
    print("includes: %d files, %d includes, %d violations" % (len(graph), arrows, len(found)))
    if len(graph) < 20:
        print("includes: too few files for the whole repository; was the right folder checked?")
        return 1
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
