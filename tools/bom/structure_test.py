#!/usr/bin/env python3
# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
"""The bill of materials has the structure of SPDX 2.3 and CycloneDX 1.5, and agrees with deps.bzl.

usage: structure_test.py SPDX CYCLONEDX DEPS
"""

import ast
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import structure  # pylint: disable=wrong-import-position


def read(path):
    """A text."""
    with open(path, encoding="utf-8") as file:
        return file.read()


def deps_of(text):
    """DEPS of deps.bzl."""
    for node in ast.parse(text).body:
        if isinstance(node, ast.Assign) and node.targets[0].id == "DEPS":
            return ast.literal_eval(node.value)
    raise SystemExit("no DEPS")


def differences(spdx, cyclonedx, deps):
    """Where the documents and deps.bzl differ, one line each."""
    found = []
    components = {component["bom-ref"]: component for component in cyclonedx["components"]}
    packages = {package["name"]: package for package in spdx["packages"]}
    for key, dep in deps.items():
        if not dep["in_binary"]:
            continue
        component, package = components.get(key), packages.get(dep["name"])
        if component is None or package is None:
            found.append("%s is missing" % dep["name"])
            continue
        if "This build used" in component.get("pedigree", {}).get("notes", ""):
            continue  # A newer release of the local lock.
        patches = [
            "tools/third_party/%s/%s" % (dep["folder"], patch) for patch in dep["patches"]
        ]
        said = [
            (dep["version"], component["version"], package["versionInfo"]),
            (
                dep["sha256"],
                component["hashes"][0]["content"],
                package["checksums"][0]["checksumValue"],
            ),
            (
                dep["licence"],
                component["licenses"][0].get("expression")
                or component["licenses"][0]["license"]["id"],
                package["licenseDeclared"],
            ),
            (
                patches,
                [p["diff"]["url"] for p in component.get("pedigree", {}).get("patches", [])],
                [
                    file["fileName"][2:]
                    for relation in spdx["relationships"]
                    for file in spdx["files"]
                    if relation["relationshipType"] == "PATCH_APPLIED"
                    and relation["relatedSpdxElement"] == package["SPDXID"]
                    and relation["spdxElementId"] == file["SPDXID"]
                ],
            ),
        ]
        for wanted, in_cyclonedx, in_spdx in said:
            if not wanted == in_cyclonedx == in_spdx:
                found.append("%s: %s, %s, %s" % (dep["name"], wanted, in_cyclonedx, in_spdx))
    return found


def main():
    """The test."""
    spdx, cyclonedx = (json.loads(read(path)) for path in sys.argv[1:3])
    found = ["SPDX: " + fault for fault in structure.spdx_faults(spdx)]
    found += ["CycloneDX: " + fault for fault in structure.cyclonedx_faults(cyclonedx)]
    found += differences(spdx, cyclonedx, deps_of(read(sys.argv[3])))
    for line in found:
        print(line)
    print("structure: %d faults" % len(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
