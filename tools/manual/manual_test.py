#!/usr/bin/env python3
# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
"""The manual pages name every command and option, and mandoc finds no fault in them.

usage: manual_test.py MANUAL DESCRIPTION
"""

import json
import os
import subprocess
import sys
import tarfile
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import manual  # pylint: disable=wrong-import-position

TOOL = {
    "name": "siphon",
    "summary": "Do things",
    "footer": "Examples:\n  siphon copy 'a\\b' -x\n\nThe end.",
    "options": [{"names": ["-h", "--help"], "description": "Show this help"}],
    "commands": [
        {
            "name": "copy",
            "summary": "Copy. It works",
            "footer": "Examples:\n  .hidden\n",
            "options": [
                {"names": ["--from"], "argument": "from", "value": "FILE", "description": "A"},
                {"names": ["--as"], "value": "FORM:{sql,image}", "description": "Form (a)"},
                {"names": ["--leave"], "value": "KIND:NAME", "description": "B"},
                {"names": ["--keep"], "value": "N:1-64", "description": "C"},
                {"names": ["--list"], "value": "NAME,...", "repeated": True, "description": "'x"},
            ],
            "commands": [],
        }
    ],
}


class ManualTest(unittest.TestCase):
    archive = description = None

    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = temporary.name

    def mandoc(self, *arguments):
        """Runs mandoc; returns its output and its messages."""
        run = subprocess.run(
            ["mandoc"] + list(arguments),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            universal_newlines=True,
            check=False,
        )
        return run.stdout

    def shown(self, text):
        """A page as a reader sees it, in one line."""
        path = os.path.join(self.folder, "page.1")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        out = self.mandoc("-T", "ascii", "-O", "width=70", path)
        out = "".join(c for i, c in enumerate(out) if c != "\b" and out[i + 1 : i + 2] != "\b")
        return " ".join(out.split())

    def test_text_with_roffs_own_characters_is_shown_as_it_is(self):
        made = manual.pages(TOOL, "January 1, 2026")
        top, copy = self.shown(made["siphon"]), self.shown(made["siphon-copy"])
        self.assertIn("siphon copy 'a\\b' -x", top)
        self.assertIn("-h | --help Show this help.", top)
        self.assertIn("siphon-copy - copy. It works", copy)
        self.assertIn("EXAMPLES .hidden SEE ALSO", copy)
        self.assertIn("from | --from FILE A.", copy)
        self.assertIn("--as FORM Form (a). It is one of sql, image.", copy)
        self.assertIn("--leave KIND:NAME B.", copy)
        self.assertIn("--keep N C.", copy)
        self.assertIn("--list NAME,... 'x. It can be repeated.", copy)

    def test_every_command_and_option_is_in_its_page_without_a_fault(self):
        with tarfile.open(self.archive) as archive:
            pages = {one.name: archive.extractfile(one).read().decode() for one in archive}
        with open(self.description, encoding="utf-8") as file:
            root = json.load(file)
        self.assertEqual(
            {"siphon.1"} | {"siphon-%s.1" % command["name"] for command in root["commands"]},
            set(pages),
        )
        self.assertGreater(len(pages), 10)
        for name, text in sorted(pages.items()):
            with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
                file.write(text)
        for name in sorted(pages):
            with self.subTest(page=name):
                faults = self.mandoc("-T", "lint", "-W", "style", os.path.join(self.folder, name))
                # The pages refer to each other, and mandoc looks for them in the system.
                faults = [f for f in faults.splitlines() if "referenced manual not found" not in f]
                self.assertEqual([], faults)
        for command in root["commands"]:
            page = self.shown(pages["siphon-%s.1" % command["name"]])
            for sub in [command] + command["commands"]:
                self.assertIn(" ".join(sub["summary"].split()), page)
                for option in sub["options"]:
                    for word in option["names"]:
                        if word not in ("-h", "--help"):
                            self.assertIn(word, page)


if __name__ == "__main__":
    ManualTest.archive, ManualTest.description = sys.argv[1:3]
    del sys.argv[1:3]
    unittest.main()
