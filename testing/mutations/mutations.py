#!/usr/bin/env python3
# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
"""Shows that tests notice when a defence, or the mend of a fault, is taken away.

Each file of patches/ removes one defence of siphon's or one mend (fault_*, see faults.md). The
lines before the diff name the tests that must then fail:

    Must fail: //testing/e2e:postgres_traps_test PostgresTraps.*

The text after the target is a filter of GoogleTest, or absent for all tests of the target.

    testing/mutations/mutations.py [NAME...]    runs them (all, or those whose name begins with NAME)
    testing/mutations/mutations.py --check      only checks that each patch fits the sources

A run changes files of the working tree and restores them, so files that a patch changes must be
committed. Warnings in these files are no errors, because a patch may leave something unused.
Patches with different files and targets share a build. The exit code is 1 if a test passes without
its defence.
"""

import argparse
import fnmatch
import glob
import os
import re
import subprocess
import sys
import xml.etree.ElementTree

HERE = os.path.dirname(os.path.realpath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
MUST_FAIL = re.compile(r"^Must fail: (//\S+)(?: (\S+))?$", re.MULTILINE)


class Mutation:
    """A patch: its name, the text of the file, the changed files, the tests that must fail."""

    def __init__(self, path):
        self.name = os.path.basename(path)[: -len(".patch")]
        self.path = path
        with open(path, encoding="utf-8") as file:
            self.text = file.read()
        head, _, self.diff = self.text.partition("--- a/")
        self.diff = "--- a/" + self.diff
        self.tests = [(target, name or "*") for target, name in MUST_FAIL.findall(head)]
        self.files = set(re.findall(r"^\+\+\+ b/(\S+)", self.diff, re.MULTILINE))

    def targets(self):
        return {target for target, _ in self.tests}


def hunks(diff):
    """The (file, lines before) of each hunk. The lines are joined, without a line end after the last."""
    path, old = None, None
    for line in diff.split("\n"):
        if line.startswith("--- a/"):
            if old:
                yield path, "\n".join(old)
            path, old = line[len("--- a/"):].split("\t")[0], None
        elif line.startswith("@@"):
            if old:
                yield path, "\n".join(old)
            old = []
        elif old is not None and line[:1] in (" ", "-"):
            old.append(line[1:])
    if old:
        yield path, "\n".join(old)


def has_target(target):
    """True if the target's package exists, and its BUILD file names the target, if the label does."""
    package, _, name = target[2:].partition(":")
    try:
        with open(os.path.join(ROOT, package, "BUILD.bazel"), encoding="utf-8") as file:
            return not name or '    name = "%s",' % name in file.read()
    except OSError:
        return False


def has_test(target, test_filter):
    """True if a source of the target's package has a test with each last name in the filter. A test
    with parameters has something before and after its name."""
    folder = os.path.join(ROOT, target[2:].partition(":")[0])
    for one in test_filter.partition("-")[0].split(":"):
        name = re.fullmatch(r"(.*)\.(\w+)(.*)", one)
        if not name:
            continue
        macro = r"TEST_P" if re.search("[*/]", name.group(1)) and name.group(3) else r"TEST(_F)?"
        for path in glob.glob(os.path.join(folder, "*_test.cc")):
            with open(path, encoding="utf-8") as file:
                if re.search(r"^%s\(\w+,\s*%s" % (macro, name.group(2)), file.read(), re.MULTILINE):
                    break
        else:
            return False
    return True


def problems(mutation):
    """Why the mutation cannot be used; empty if it can."""
    if not mutation.tests:
        yield "names no test that must fail"
    for target, test_filter in mutation.tests:
        if not has_target(target):
            yield "names a target that does not exist: %s" % target
        elif not has_test(target, test_filter):
            yield "names a test that does not exist: %s %s" % (target, test_filter)
    for path, before in hunks(mutation.diff):
        try:
            with open(os.path.join(ROOT, path), encoding="utf-8") as file:
                found = before in file.read()
        except OSError as error:
            found = False
            yield str(error)
        if not found:
            yield "does not fit %s: %s" % (path, before.strip().split("\n")[0].strip())


def batches(mutations):
    """Groups of mutations that have neither a file nor a target in common."""
    groups = []
    for mutation in mutations:
        for group in groups:
            if all(not mutation.files & other.files and not mutation.targets() & other.targets()
                   for other in group):
                group.append(mutation)
                break
        else:
            groups.append([mutation])
    return groups


def matches(name, test_filter):
    """True if a filter of GoogleTest chooses the test."""
    wanted, _, unwanted = test_filter.partition("-")
    return (any(fnmatch.fnmatchcase(name, p) for p in wanted.split(":")) and
            not any(fnmatch.fnmatchcase(name, p) for p in unwanted.split(":") if p))


def failures(target, since):
    """The names of the failed tests in the target's results that are newer than `since`; [""] stands
    for a target that failed without saying which test."""
    folder = os.path.join(ROOT, "bazel-testlogs", target[2:].replace(":", "/"))
    names, failed_as_whole = [], False
    for path in glob.glob(os.path.join(folder, "**", "test.xml"), recursive=True):
        if os.path.getmtime(path) < since:
            continue
        with open(path, encoding="utf-8", errors="replace") as file:
            # What a test printed may have characters that XML does not.
            text = re.sub(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd]|&#x?[0-9a-fA-F]*;", "?", file.read())
        for case in xml.etree.ElementTree.fromstring(text.encode()).iter("testcase"):
            if case.find("failure") is None and case.find("error") is None:
                continue
            if case.get("classname"):
                names.append("%s.%s" % (case.get("classname"), case.get("name")))
            else:
                failed_as_whole = True
    return names or ([""] if failed_as_whole else [])


def git_apply(mutation, *options):
    subprocess.run(["git", "apply", *options, mutation.path], cwd=ROOT, check=True)


def run(group):
    """Runs the tests of a group of mutations. Returns the lines of the report, and whether all
    defences were missed."""
    lines, good = [], True
    tests = [test for mutation in group for test in mutation.tests]
    files = set.union(*(mutation.files for mutation in group))
    marker = os.path.join(HERE, ".began")
    applied = []
    try:
        with open(marker, "w", encoding="utf-8"):
            since = os.path.getmtime(marker)
        for mutation in group:
            git_apply(mutation)
            applied.append(mutation)
        code = subprocess.run(
            ["bazel", "test", "--keep_going", "--test_output=summary", "--noshow_progress",
             "--nocache_test_results",
             "--per_file_copt=^(%s)$@-Wno-error" % "|".join(map(re.escape, sorted(files))),
             "--test_filter=" + ":".join(sorted({f for _, f in tests})),
             *sorted({target for target, _ in tests})],
            cwd=ROOT, check=False).returncode
    finally:
        for mutation in applied:
            git_apply(mutation, "--reverse")
        os.remove(marker)
    for mutation in group:
        for target, test_filter in mutation.tests:
            failed = [name for name in failures(target, since)
                      if not name or matches(name, test_filter)]
            if failed:
                lines.append("%s: %s failed, as it must: %s" % (
                    mutation.name, target, ", ".join(failed[:3]) or "the whole target"))
            elif code == 1:
                lines.append("%s: %s was not built" % (mutation.name, target))
                good = False
            else:
                lines.append("%s: %s %s PASSED WITHOUT ITS DEFENCE" % (
                    mutation.name, target, test_filter))
                good = False
    return lines, good


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("\n\n", 1)[1])
    parser.add_argument("--check", action="store_true")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    mutations = [Mutation(path) for path in sorted(glob.glob(os.path.join(HERE, "patches/*.patch")))]
    if not mutations:
        sys.exit("no patches in %s" % os.path.join(HERE, "patches"))
    wrong = ["%s %s" % (m.name, problem) for m in mutations for problem in problems(m)]
    if wrong or options.check:
        print("\n".join(wrong) or "%d patches fit" % len(mutations))
        sys.exit(1 if wrong else 0)
    chosen = [m for m in mutations
              if not options.names or any(m.name.startswith(n) for n in options.names)]
    if not chosen:
        sys.exit("no mutation begins with %s: the names are those of the files in patches/" %
                 " or ".join(options.names))
    report, good = [], True
    for group in batches(chosen):
        print("mutations: " + " ".join(m.name for m in group), flush=True)
        lines, group_good = run(group)
        print("\n".join(lines), flush=True)
        report += lines
        good = good and group_good
    print("\n" + "\n".join(sorted(report)))
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
