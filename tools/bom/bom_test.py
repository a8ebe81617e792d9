#!/usr/bin/env python3
# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
"""bom.py: package URLs, CPE names, replaced releases, missing licences.

structure.py finds faults in documents.
"""

import copy
import json
import os
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import bom  # pylint: disable=wrong-import-position
import structure  # pylint: disable=wrong-import-position

DEPS = {
    "connector_c": {
        "folder": "connector",
        "name": "Connector/C",
        "home": "https://example.org/connector",
        "version": "3.3.19",
        "licence": "LGPL-2.1-or-later",
        "licence_file": "COPYING.LIB",
        "cpe": "mariadb:connector\\/c",
        "used_for": "a driver",
        "in_binary": True,
        "url": "https://example.org/connector-3.3.19.tar.gz",
        "sha256": "a" * 64,
        "patches": ["0001-safer.patch"],
        "debian": {
            "source": "connector",
            "version": "1:3.3.19-2",
            "file": "connector_3.3.19.orig.tar.gz",
            "sha256": "b" * 64,
            "same_bytes": False,
            "snapshot": "20250901T000000Z",
            "note": "packed again",
        },
    },
    "gtest": {"in_binary": False},
}
PATCH = b"Be safer.\n\nWhy: it was not.\n"


class BomTest(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = temporary.name
        os.mkdir(self.path("connector"))
        self.write("connector/0001-safer.patch", PATCH)
        self.write("deps.bzl", ("DEPS = %r\n" % DEPS).encode())
        self.write("VERSION", b"1.2.0-dev\n")
        self.write("toolchain", b"gcc 12.2.0\nglibc 2.36\n")
        self.write("LICENCE", b"Permission is granted.\r\n\xa9 1999\n")
        self.write(
            "status",
            b"STABLE_SIPHON_COMMIT 0123456789ab\n"
            b"STABLE_SIPHON_COMMIT_TIME 2026-11-30T13:34:09Z\n",
        )

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, content):
        with open(self.path(name), "wb") as file:
            file.write(content)

    def read(self, name):
        with open(self.path(name), encoding="utf-8") as file:
            return file.read()

    def run_bom(self, *more, licence=True):
        """Runs bom.py; returns its status and its messages."""
        arguments = ["--licence", "connector_c=" + self.path("LICENCE")] if licence else []
        for option, name in (
            ("deps", "deps.bzl"),
            ("version", "VERSION"),
            ("toolchain", "toolchain"),
            ("spdx", "spdx"),
            ("cyclonedx", "cyclonedx"),
            ("licences", "licences"),
            ("source", "source"),
        ):
            arguments += ["--" + option, self.path(name)]
        run = subprocess.run(
            [sys.executable, os.path.join(HERE, "bom.py")] + arguments + list(more),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            universal_newlines=True,
            check=False,
        )
        return run.returncode, run.stdout

    def documents(self, *more):
        """The SPDX and the CycloneDX document."""
        self.assertEqual((0, ""), self.run_bom(*more))
        return json.loads(self.read("spdx")), json.loads(self.read("cyclonedx"))

    def test_documents_have_no_faults_and_name_every_part(self):
        spdx, cyclonedx = self.documents()
        self.assertEqual([], structure.spdx_faults(spdx))
        self.assertEqual([], structure.cyclonedx_faults(cyclonedx))
        self.assertEqual(
            ["siphon", "Connector/C", "GNU C Library", "GCC runtime libraries"],
            [package["name"] for package in spdx["packages"]],
        )
        component = cyclonedx["components"][0]
        self.assertEqual("cpe:2.3:a:mariadb:connector\\/c:3.3.19:*:*:*:*:*:*:*", component["cpe"])
        self.assertEqual(
            "pkg:generic/connector-c@3.3.19?checksum=sha256:%s&download_url=%s"
            % ("a" * 64, "https://example.org/connector-3.3.19.tar.gz"),
            component["purl"],
        )
        self.assertIn("packed by Debian: connector 1:3.3.19-2", component["pedigree"]["notes"])
        self.assertEqual("Be safer.", spdx["files"][0]["comment"])

    def test_a_release_names_the_commit_and_its_time(self):
        spdx, cyclonedx = self.documents("--status", self.path("status"))
        self.assertEqual("2026-11-30T13:34:09Z", spdx["creationInfo"]["created"])
        self.assertEqual("commit 0123456789ab", spdx["packages"][0]["sourceInfo"])
        self.assertEqual("2026-11-30T13:34:09Z", cyclonedx["metadata"]["timestamp"])

    def test_other_builds_name_no_time(self):
        spdx, _ = self.documents()
        self.assertEqual("1970-01-01T00:00:00Z", spdx["creationInfo"]["created"])
        self.assertEqual("commit unknown", spdx["packages"][0]["sourceInfo"])

    def test_the_same_arguments_give_the_same_bytes_and_others_another_identity(self):
        first = self.documents()
        self.assertEqual(first, self.documents())
        other = self.documents("--status", self.path("status"))
        self.assertNotEqual(first[0]["documentNamespace"], other[0]["documentNamespace"])
        self.assertNotEqual(first[1]["serialNumber"], other[1]["serialNumber"])

    def test_a_newer_release_of_the_lock_is_named_in_the_place_of_the_pinned_one(self):
        replaced = {
            "connector_c": {"source": "connector", "version": "1:3.3.20-1", "sha256": "c" * 64}
        }
        spdx, cyclonedx = self.documents("--replaced", json.dumps(replaced))
        self.assertEqual([], structure.spdx_faults(spdx))
        self.assertEqual([], structure.cyclonedx_faults(cyclonedx))
        component = cyclonedx["components"][0]
        self.assertEqual("3.3.20", component["version"])
        self.assertEqual("c" * 64, component["hashes"][0]["content"])
        self.assertEqual("pkg:deb/debian/connector@1%3A3.3.20-1?arch=source", component["purl"])
        self.assertEqual("cpe:2.3:a:mariadb:connector\\/c:3.3.20:*:*:*:*:*:*:*", component["cpe"])
        self.assertIn("in the place of version 3.3.19", component["pedigree"]["notes"])

    def test_a_component_without_the_text_of_its_licence_is_an_error(self):
        status, output = self.run_bom(licence=False)
        self.assertEqual((1, "bom: no text of the licence of connector_c\n"), (status, output))

    def test_the_licences_have_the_texts_and_the_way_to_relink(self):
        self.documents()
        text = self.read("licences")
        self.assertIn("Connector/C              3.3.19         LGPL-2.1-or-later\n", text)
        self.assertIn("Permission is granted.\n\u00a9 1999\n", text)
        self.assertIn("--override_repository=mariadb_connector_c=FOLDER //siphon", text)

    def test_package_urls_of_github_name_the_tag(self):
        for url, wanted in [
            ("https://github.com/Owner/Box/releases/download/v1.0/b.tgz", "owner/box@v1.0"),
            ("https://github.com/o/b/archive/refs/tags/v1.0/b-1.0.tar.gz", "o/b@v1.0"),
            ("https://github.com/o/b/archive/refs/tags/1.0+x.tar.gz", "o/b@1.0%2Bx"),
        ]:
            self.assertEqual("pkg:github/" + wanted, bom.purl({"url": url}, "b"))

    def test_structure_finds_faults(self):
        spdx, cyclonedx = self.documents()
        cases = [
            (structure.spdx_faults, spdx, lambda d: d.pop("packages")),
            (structure.spdx_faults, spdx, lambda d: d["packages"][1].pop("downloadLocation")),
            (structure.spdx_faults, spdx, lambda d: d["packages"][1].update(colour="red")),
            (structure.spdx_faults, spdx, lambda d: d["packages"][1].update(SPDXID="SPDXRef-a_b")),
            (
                structure.spdx_faults,
                spdx,
                lambda d: d["packages"][1].update(SPDXID=d["packages"][0]["SPDXID"]),
            ),
            (
                structure.spdx_faults,
                spdx,
                lambda d: d["packages"][1].update(licenseDeclared="Apache 2"),
            ),
            (structure.spdx_faults, spdx, lambda d: d["files"][0]["checksums"].pop(0)),
            (structure.spdx_faults, spdx, lambda d: d["creationInfo"].update(created="today")),
            (structure.spdx_faults, spdx, lambda d: d["relationships"].pop(0)),
            (
                structure.spdx_faults,
                spdx,
                lambda d: d["relationships"][1].update(relatedSpdxElement="SPDXRef-x"),
            ),
            (structure.cyclonedx_faults, cyclonedx, lambda d: d.update(specVersion="1.4")),
            (structure.cyclonedx_faults, cyclonedx, lambda d: d.update(serialNumber="7")),
            (structure.cyclonedx_faults, cyclonedx, lambda d: d["components"][0].pop("name")),
            (
                structure.cyclonedx_faults,
                cyclonedx,
                lambda d: d["components"][0]["hashes"][0].update(alg="SHA256"),
            ),
            (
                structure.cyclonedx_faults,
                cyclonedx,
                lambda d: d["components"][0].update(purl="pkg:Generic/x"),
            ),
            (structure.cyclonedx_faults, cyclonedx, lambda d: d["dependencies"].pop()),
        ]
        for number, (faults, document, change) in enumerate(cases):
            with self.subTest(number=number):
                broken = copy.deepcopy(document)
                change(broken)
                self.assertNotEqual([], faults(broken))


if __name__ == "__main__":
    unittest.main()
