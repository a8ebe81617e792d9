#!/usr/bin/env python3
# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
"""What the shipped binary may depend on, checked over its dependency graph.

usage: layers.py GRAPH DEPS_BZL

GRAPH is the output of `bazel query --output=graph --nograph:factored 'deps(//siphon)'`.
"""

import ast
import re
import sys

# Which layers a layer may name directly. Dependencies point downward only.
MAY_NAME = {
    "errs": {"errs"},
    "base": {"errs", "base"},
    "domain": {"errs", "base", "domain"},
    "driver": {"errs", "base", "domain", "driver"},
    "drivers": {"errs", "base", "domain", "driver", "drivers"},
    "app": {"errs", "base", "domain", "driver", "app"},
    "cli": {"errs", "base", "domain", "app", "cli"},
    "tui": {"errs", "base", "domain", "app", "tui"},
    "main": {"errs", "base", "domain", "drivers", "app", "cli", "tui", "main"},
}

# What a layer may name beyond that: main() hands over to an applet before anything else.
MAY_ALSO_NAME = {"main": {"//siphon/driver:applet"}}

# Repositories that are a database's client library: for drivers alone.
CLIENT_LIBRARY = re.compile(r"^@(?:sqlite|postgres\w*|libpq|mysql\w*|mariadb\w*)$")

# Not linked: rules, toolchains, constraint values.
BAZELS_OWN = re.compile(r"^@(?:bazel_tools|local_config_\w+|platforms|rules_\w+)$")


def package(label):
    """//siphon/base:pipe -> //siphon/base; @zstd//:zstd -> @zstd"""
    if label.startswith("@"):
        return label.split("//")[0]
    return label.split(":")[0]


def layer(label):
    """The layer of a label of our own, or None for what is no part of the house."""
    where = package(label) + "/"
    for prefix, name in [
        ("//errs/", "errs"),
        ("//siphon/base/", "base"),
        ("//siphon/domain/", "domain"),
        ("//siphon/driver/", "driver"),
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


def reachable(graph, starts):
    """Every label that can be reached, with the label it was reached from."""
    came_from = {start: None for start in starts}
    todo = list(starts)
    while todo:
        label = todo.pop()
        for other in sorted(graph.get(label, ())):
            if other not in came_from:
                came_from[other] = label
                todo.append(other)
    return came_from


def road(came_from, label):
    steps = []
    while label is not None:
        steps.append(label)
        label = came_from[label]
    return " -> ".join(reversed(steps))


def violations(graph, short_list):
    """Everything that is wrong with the graph, one line each."""
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
            # //drivers itself gathers the engines; drivers/<engine> knows its own alone.
            engine, other = package(source).split("/")[3:4], package(target).split("/")[3:4]
            if upper == lower == "drivers" and engine and engine != other and other != ["mysqlcommon"]:
                found.append("a driver must not depend on another: %s -> %s" % (source, target))

    for top, forbidden in [
        (("cli", "tui"), lambda label: layer(label) == "drivers"),
        (("domain", "base", "errs"), lambda label: CLIENT_LIBRARY.match(package(label))),
    ]:
        starts = [label for label in sorted(graph) if layer(label) in top]
        came_from = reachable(graph, starts)
        for label in sorted(came_from):
            if forbidden(label):
                found.append("%s must not reach: %s" % (" and ".join(top), road(came_from, label)))

    came_from = reachable(graph, ["//siphon:siphon"])
    seen = set()
    for label in sorted(came_from):
        name = package(label)
        if label.startswith("@"):
            if name[1:] not in short_list and not BAZELS_OWN.match(name) and name not in seen:
                seen.add(name)
                found.append("not on the short list: %s" % road(came_from, label))
        elif re.match(r"//(?:testing|fuzz)(?:/|$)", name):
            found.append("test code in the binary: %s" % road(came_from, label))
    return found


def short_list(deps_bzl):
    """The repositories that deps.bzl allows in the binary."""
    for node in ast.parse(deps_bzl).body:
        if isinstance(node, ast.Assign) and node.targets[0].id == "DEPS":
            deps = ast.literal_eval(node.value)
            return {name for name, dep in deps.items() if dep["in_binary"]}
    raise SystemExit("no DEPS")


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        graph = parse_graph(file.read())
    with open(sys.argv[2], encoding="utf-8") as file:
        allowed = short_list(file.read())
    if "//siphon:siphon" not in graph:
        print("the graph does not hold //siphon:siphon")
        return 1
    found = violations(graph, allowed)
    for line in found:
        print(line)
    external = {package(label)[1:] for label in graph if label.startswith("@")} & allowed
    print("layers: %d labels, %d violations" % (len(graph), len(found)))
    print("layers: the binary reaches %s" % (", ".join(sorted(external)) or "no repository"))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
