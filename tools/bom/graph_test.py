#!/usr/bin/env python3
# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
"""The bill of materials lists each repository that the binary links, and no other.

usage: graph_test.py GRAPH SPDX CYCLONEDX LICENCES
"""

import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "layers"))
import layers  # pylint: disable=wrong-import-position

# Not repositories: the libraries of the compiler.
RUNTIMES = {"gcc", "glibc"}


def read(path):
    """A text."""
    with open(path, encoding="utf-8") as file:
        return file.read()


def main():
    """The test."""
    graph, spdx, cyclonedx, licences = sys.argv[1:]
    linked = layers.repositories(layers.parse_graph(read(graph)))
    spdx, cyclonedx, licences = json.loads(read(spdx)), json.loads(read(cyclonedx)), read(licences)

    found = []
    if "sqlite" not in linked or len(linked) < 8:
        found.append("the graph does not show what the binary links: %s" % sorted(linked))
    prefix = "SPDXRef-dep-"
    by_form = {
        "SPDX": {
            relation["relatedSpdxElement"][len(prefix) :].replace("-", "_")
            for relation in spdx["relationships"]
            if relation["relationshipType"] == "STATIC_LINK"
        },
        "CycloneDX": {component["bom-ref"] for component in cyclonedx["components"]},
    }
    for form, listed in by_form.items():
        for name in sorted(linked - listed):
            found.append("%s: the binary links %s, which is not listed" % (form, name))
        for name in sorted(listed - linked - RUNTIMES):
            found.append("%s: %s is listed, but the binary does not link it" % (form, name))
        for name in sorted(RUNTIMES - listed):
            found.append("%s: %s is not listed" % (form, name))
    for component in cyclonedx["components"]:
        if component["bom-ref"] in linked:
            heading = "=" * 78 + "\n" + component["name"] + "\n"
            if heading not in licences:
                found.append("licences: no text for %s" % component["name"])
    for line in found:
        print(line)
    print("bill of materials: %d repositories, %d faults" % (len(linked), len(found)))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
