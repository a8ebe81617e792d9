#!/usr/bin/env python3
# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
"""Every command that a page or a help text shows exists, with its options.

usage: commands_test.py DESCRIPTION PAGE...

DESCRIPTION is the output of `siphon __describe`. The commands are those of blocks of code and of
`text in backticks` in the pages, and the examples in the help texts.
"""

import json
import re
import shlex
import sys
import unittest

# Programs inside siphon, which have options of their own, commands for siphon's own use, and the name
# "siphon" in a file of ssh-keygen.
NOT_DESCRIBED = re.compile(r"pg_dump|pg_restore|__\w+|ssh-ed25519")
# A place for what the reader fills in: COMMAND, <dump>, "...", a choice "up|down".
PLACE = re.compile(r"[A-Z][A-Z_]*|.*[<>\[\]{}|…].*|\.\.\.")
# What ends a command of a shell.
END = re.compile(r"\s(?:\|\|?|&&?|>>?|2>|;|#)\s|\s[12]?>/|[;)]\s|\)?\"?\)$|;$")
START = re.compile(r"(?:^|[|(&;=\"'`]\s*|/usr/bin/|\./|\$ |# |\s\s)siphon (?=\S)")


def commands_in(text):
    """The commands of siphon in a line, without `siphon` itself."""
    found = []
    for match in START.finditer(text):
        rest = text[match.end() :]
        before = match.group(0)[0]
        if before in "'`":  # "see 'siphon status --help' for more"
            rest = rest.split(before)[0]
        end = END.search(rest)
        found.append(rest[: end.start()] if end else rest)
    return found


def commands_of_page(text):
    """The commands of a Markdown page, with the numbers of their lines."""
    found = []
    in_block = False
    for number, line in enumerate(text.split("\n"), 1):
        if line.startswith("```"):
            in_block = not in_block
        elif in_block:
            found += [(number, command) for command in commands_in(line)]
        else:
            for span in re.findall(r"`+([^`]+)`+", line.replace("\\|", "|")):
                if span.startswith("siphon "):
                    found += [(number, command) for command in commands_in(span)]
    return found


def words_of(command):
    """The words of a command; quotes may be open at the end of the line."""
    try:
        return shlex.split(command)
    except ValueError:
        return command.split()


def options_of(command):
    """Names of options: whether they take a value."""
    return {name: "value" in option for option in command["options"] for name in option["names"]}


def names_of(command):
    """The names of a command."""
    return [command["name"]] + command.get("aliases", [])


def fault_of(root, command):
    """What is wrong with a command; None if nothing is."""
    current = root
    options = options_of(root)
    words = words_of(command)
    while words:
        word = words.pop(0).rstrip(",.:")
        if word == "--":
            return None
        if word.startswith("-") and not re.fullmatch(r"-\d*", word):
            name = word.split("=")[0]
            # golang-migrate's options have one dash.
            if len(name) > 2 and not name.startswith("--"):
                name = "-" + name
            if PLACE.fullmatch(name):
                continue
            if name not in options:
                return "no option " + name
            if options[name] and "=" not in word and words:
                words.pop(0)
        elif current["commands"] and not PLACE.fullmatch(word):
            subs = {name: sub for sub in current["commands"] for name in names_of(sub)}
            if current is root and NOT_DESCRIBED.fullmatch(word):
                return None
            if word not in subs:
                return "no command " + word
            current = subs[word]
            options.update(options_of(current))
        elif current["commands"]:
            return None
    return None


TOOL = {
    "options": [{"names": ["--json"], "description": ""}],
    "commands": [
        {
            "name": "copy",
            "options": [
                {"names": ["--to"], "value": "NAME", "description": ""},
                {"names": [], "argument": "from", "value": "NAME", "description": ""},
            ],
            "commands": [],
        },
        {"name": "list", "aliases": ["ls"], "options": [], "commands": [
            {"name": "all", "options": [], "commands": []},
        ]},
    ],
}


class CommandsTest(unittest.TestCase):
    maxDiff = None
    description = None
    pages = ()

    def test_a_fault_is_found(self):
        self.assertIsNone(fault_of(TOOL, "copy a --to b --json"))
        self.assertIsNone(fault_of(TOOL, "copy --to=b 'a b'"))
        self.assertIsNone(fault_of(TOOL, "--json list all"))
        self.assertIsNone(fault_of(TOOL, "ls all"))
        self.assertIsNone(fault_of(TOOL, "COMMAND"))
        self.assertIsNone(fault_of(TOOL, "pg_dump --anything"))
        self.assertEqual("no command cope", fault_of(TOOL, "cope a"))
        self.assertEqual("no command some", fault_of(TOOL, "list some"))
        self.assertEqual("no option --too", fault_of(TOOL, "copy a --too b"))
        self.assertEqual("no option --to", fault_of(TOOL, "list all --to b"))

    def test_the_commands_of_a_page_are_found(self):
        self.assertEqual(["a --b"], commands_in("see 'siphon a --b' for more"))
        page = "`siphon a`, `siphon b\\|c`: a siphon b\n```sh\nx=$(siphon d --e) | siphon f # g\n"
        self.assertEqual(
            [(1, "a"), (1, "b|c"), (3, "d --e"), (3, "f")], commands_of_page(page)
        )

    def test_every_command_exists_with_its_options(self):
        with open(self.description, encoding="utf-8") as file:
            root = json.load(file)
        found = []
        for path in self.pages:
            with open(path, encoding="utf-8") as file:
                found += [
                    ("%s:%d" % (path, number), command)
                    for number, command in commands_of_page(file.read())
                ]

        def add_examples(command, name):
            for line in command["footer"].split("\n"):
                found.extend((name, one) for one in commands_in(line))
            for sub in command["commands"]:
                add_examples(sub, name + " " + sub["name"])

        add_examples(root, "siphon")
        self.assertGreater(len(found), 200)
        faults = ["%s: siphon %s: %s" % (place, command, fault_of(root, command))
                  for place, command in found if fault_of(root, command)]
        self.assertEqual([], faults)


if __name__ == "__main__":
    CommandsTest.description = sys.argv[1]
    CommandsTest.pages = sys.argv[2:]
    del sys.argv[1:]
    unittest.main()
