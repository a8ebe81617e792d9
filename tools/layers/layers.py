#!/usr/bin/env python3
# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
"""Checks the dependency graph of the shipped binary against the layers.

usage: layers.py GRAPH DEPS_BZL

GRAPH is the output of `bazel query --output=graph --nograph:factored 'deps(//siphon)'`.
"""

import ast
import re
import sys

# The layers that a layer may depend on directly. Dependencies point downward only.
MAY_NAME = {
    "errs": {"errs"},
    "base": {"errs", "base"},
    "domain": {"errs", "base", "domain"},
    "driver": {"errs", "base", "domain", "driver"},
    "drivers": {"errs", "base", "domain", "driver", "drivers"},
    "stores": {"errs", "base", "domain", "stores"},
    "app": {"errs", "base", "domain", "driver", "app"},
    "cli": {"errs", "base", "domain", "app", "cli"},
    "tui": {"errs", "base", "domain", "app", "tui"},
    "main": {"errs", "base", "domain", "drivers", "stores", "app", "cli", "tui", "main"},
}

# Further labels that a layer may depend on: main() first runs an applet if one is called.
MAY_ALSO_NAME = {"main": {"//siphon/driver:applet"}}

# Client libraries of databases; only drivers may use them.
CLIENT_LIBRARY = re.compile(r"^@(?:sqlite|postgres\w*|libpq|mysql\w*|mariadb\w*)$")

NOT_ALLOWED = "deps.bzl does not allow this repository in the binary"

# Puts the texts of all licences into the binary: depends on a file of each repository, links none.
BILL_OF_MATERIALS = "//tools/bom"

# Not linked: rules, toolchains, constraint values.
BAZELS_OWN = re.compile(r"^@(?:bazel_tools|local_config_\w+|platforms|rules_\w+)$")


def package(label):
    """//siphon/base:pipe -> //siphon/base; @zstd//:zstd -> @zstd"""
    if label.startswith("@"):
        return label.split("//")[0]
    return label.split(":")[0]


def layer(label):
    """The layer of a label of this repository, or None for a label outside the layers."""
    where = package(label) + "/"
    for prefix, name in [
        ("//errs/", "errs"),
        ("//siphon/base/", "base"),
        ("//siphon/domain/", "domain"),
        ("//siphon/driver/", "driver"),
        ("//siphon/stores/", "stores"),
        ("//siphon/app/", "app"),
        ("//siphon/cli/", "cli"),
        ("//siphon/tui/", "tui"),
        ("//drivers/", "drivers"),
    ]:
        if where.startswith(prefix):
            return name
    return "main" if where == "//siphon/" else None


def parse_graph(text):
    """The graph as {label: set of labels}."""
    graph = {}
    for source, target in re.findall(r'^\s*"([^"]+)"(?:\s*->\s*"([^"]+)")?\s*$', text, re.M):
        graph.setdefault(source, set())
        if target:
            graph[source].add(target)
            graph.setdefault(target, set())
    return graph


def linked(graph):
    """The graph without what the bill of materials depends on."""
    return {
        source: set() if package(source) == BILL_OF_MATERIALS else targets
        for source, targets in graph.items()
    }


def repositories(graph):
    """The repositories that the binary links."""
    came_from = reachable(linked(graph), ["//siphon:siphon"])
    found = {package(label)[1:] for label in came_from if label.startswith("@")}
    return {name for name in found if not BAZELS_OWN.match("@" + name)}


def reachable(graph, starts):
    """Every label that `starts` depend on, with the label on the path before it."""
    came_from = {start: None for start in starts}
    todo = list(starts)
    while todo:
        label = todo.pop()
        for other in sorted(graph.get(label, ())):
            if other not in came_from:
                came_from[other] = label
                todo.append(other)
    return came_from


def path_to(came_from, label):
    """The path of dependencies that leads to the label."""
    steps = []
    while label is not None:
        steps.append(label)
        label = came_from[label]
    return " -> ".join(reversed(steps))


def violations(graph, allowed):
    """All violations in the graph, one line each."""
    graph = linked(graph)
    found = []
    for source, targets in sorted(graph.items()):
        if source.startswith("@"):
            continue
        upper = layer(source)
        for target in sorted(targets):
            if target.startswith("@"):
                if CLIENT_LIBRARY.match(package(target)) and upper != "drivers":
                    found.append("client library outside a driver: %s -> %s" % (source, target))
                continue
            lower = layer(target)
            if lower is None or upper is None:
                continue
            if lower not in MAY_NAME[upper] and target not in MAY_ALSO_NAME.get(upper, ()):
                found.append(
                    "%s must not depend on %s: %s -> %s" % (upper, lower, source, target)
                )
            # //drivers depends on all engines; drivers/<engine> depends on no other engine.
            engine, other = package(source).split("/")[3:4], package(target).split("/")[3:4]
            if upper == lower == "drivers" and engine and engine != other and other != ["mysqlcommon"]:
                found.append("a driver must not depend on another: %s -> %s" % (source, target))
            # The same for //siphon/stores and siphon/stores/<kind>.
            kind, other = package(source).split("/")[4:5], package(target).split("/")[4:5]
            if upper == lower == "stores" and kind and kind != other:
                found.append("a store must not depend on another: %s -> %s" % (source, target))

    for top, forbidden in [
        (("cli", "tui"), lambda label: layer(label) in ("drivers", "stores")),
        (("domain", "base", "errs"), lambda label: CLIENT_LIBRARY.match(package(label))),
    ]:
        starts = [label for label in sorted(graph) if layer(label) in top]
        came_from = reachable(graph, starts)
        for label in sorted(came_from):
            if forbidden(label):
                path = path_to(came_from, label)
                found.append("%s must not depend on: %s" % (" and ".join(top), path))

    came_from = reachable(graph, ["//siphon:siphon"])
    seen = set()
    for label in sorted(came_from):
        name = package(label)
        if label.startswith("@"):
            if name[1:] not in allowed and not BAZELS_OWN.match(name) and name not in seen:
                seen.add(name)
                found.append("%s: %s" % (NOT_ALLOWED, path_to(came_from, label)))
        elif re.match(r"//(?:testing|fuzz)(?:/|$)", name):
            found.append("test code in the binary: %s" % path_to(came_from, label))
    return found


def allowed_repositories(deps_bzl):
    """The repositories that deps.bzl allows in the binary."""
    for node in ast.parse(deps_bzl).body:
        if isinstance(node, ast.Assign) and node.targets[0].id == "DEPS":
            deps = ast.literal_eval(node.value)
            return {name for name, dep in deps.items() if dep["in_binary"]}
    raise SystemExit("layers: deps.bzl does not define DEPS")


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        graph = parse_graph(file.read())
    with open(sys.argv[2], encoding="utf-8") as file:
        allowed = allowed_repositories(file.read())
    if "//siphon:siphon" not in graph:
        print("the graph does not contain //siphon:siphon")
        return 1
    found = violations(graph, allowed)
    for line in found:
        print(line)
    external = repositories(graph) & allowed
    print("layers: %d labels, %d violations" % (len(graph), len(found)))
    print("layers: the binary reaches %s" % (", ".join(sorted(external)) or "no repository"))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
