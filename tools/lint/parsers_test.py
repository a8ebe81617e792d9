#!/usr/bin/env python3
# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
"""Every parser has a fuzz target.

A parser is a function whose name begins with Parse or Decode and which a header of siphon/,
drivers/ or errs/ declares. A fuzz/*_fuzz.cc must call it, or tools/lint/parsers_without_fuzzing.txt
must name it with a reason.
"""

import os
import re
import sys

HERE = os.path.dirname(os.path.realpath(__file__))
sys.dont_write_bytecode = True
sys.path.insert(0, HERE)
import lint  # pylint: disable=wrong-import-position

EXCEPTIONS = "tools/lint/parsers_without_fuzzing.txt"
PARSER = re.compile(r"(?<![\w.>])((?:Parse|Decode)(?:[A-Z]\w*)?)\s*\(")


def exceptions(text):
    """The names in the list of exceptions. Every line is `Name: reason`."""
    names = set()
    for line in text.split("\n"):
        if line and not line.startswith("#"):
            name, _, reason = line.partition(": ")
            if not reason.strip():
                raise SystemExit("%s gives no reason for %r" % (EXCEPTIONS, line))
            names.add(name)
    return names


def problems(headers, targets, excepted):
    """The violations. headers: {path: code}; targets: the code of all fuzz targets."""
    found = []
    declared = set()
    for path, code in sorted(headers.items()):
        for match in PARSER.finditer(code):
            name = match.group(1)
            declared.add(name)
            fuzzed = re.search(r"\b%s\s*\(" % name, targets)
            if not fuzzed and name not in excepted:
                found.append("%s:%d: %s has no fuzz target" % (
                    path, code.count("\n", 0, match.start()) + 1, name))
            elif fuzzed and name in excepted:
                found.append("%s has a fuzz target: remove it from %s" % (name, EXCEPTIONS))
    found += [
        "%s is not a parser: remove it from %s" % (name, EXCEPTIONS) for name in excepted - declared
    ]
    return found


def self_test():
    headers = {"siphon/a.h": "int ParseUrl(std::string_view);\nA Decode(B b);\nint x = a.Parse();"}
    assert problems(headers, "ParseUrl(x); Decode(y)", set()) == []
    assert problems(headers, "Decode(y)", set()) == ["siphon/a.h:1: ParseUrl has no fuzz target"]
    assert problems(headers, "Decode(y)", {"ParseUrl"}) == []
    assert len(problems(headers, "ParseUrl(x); Decode(y)", {"ParseUrl"})) == 1
    assert len(problems(headers, "ParseUrl(x); Decode(y)", {"ParseGone"})) == 1


def main():
    self_test()
    tree = lint.Tree(os.path.dirname(os.path.dirname(HERE)))
    headers = {
        path: lint.code_only(path, tree.text(path))
        for path in tree.paths
        if path.endswith(".h") and path.startswith(("siphon/", "drivers/", "errs/"))
    }
    targets = "\n".join(
        lint.code_only(path, tree.text(path))
        for path in tree.paths
        if path.startswith("fuzz/") and path.endswith("_fuzz.cc")
    )
    found = problems(headers, targets, exceptions(tree.text(EXCEPTIONS)))
    for line in found:
        print(line)
    print("parsers: %d headers, %d problems" % (len(headers), len(found)))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
