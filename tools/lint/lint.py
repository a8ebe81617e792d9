#!/usr/bin/env python3
# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
"""Checks rules that no compiler checks, in every file of the repository.

usage: lint.py [--format] [ROOT]

Prints each finding as "file:line: rule: remedy" and exits with 1 if there is one.
With --format it formats the C++ files instead.
"""

import os
import re
import subprocess
import sys

CPP = (".cc", ".h", ".c")
LONGEST_FILE = 600
COPYRIGHT = "Copyright 2026 The siphon Authors"
LICENCE = "SPDX-License-Identifier: Apache-2.0"


def is_cpp(path):
    return path.endswith(CPP)


def is_build(path):
    return os.path.basename(path) in ("BUILD", "BUILD.bazel", "WORKSPACE") or path.endswith(
        (".bzl", ".BUILD")
    )


def is_test(path):
    return path.startswith(("testing/", "fuzz/")) or re.search(r"_test\.(cc|h|c)$", path)


def under(*prefixes):
    return lambda path: path.startswith(prefixes)


def nowhere(_path):
    return False


# (name, the files to check, pattern, paths where the pattern is allowed, remedy)
PATTERNS = [
    (
        "std-regex",
        is_cpp,
        r"\bstd::(?:w|basic_)?regex\b|#\s*include\s*<regex>",
        nowhere,
        "use RE2, which runs in linear time",
    ),
    (
        "getenv",
        is_cpp,
        r"\b(?:secure_)?getenv\s*\(",
        lambda path: under("siphon/domain/config/", "siphon/domain/secrets/")(path)
        or re.match(r"siphon/(main\.cc|cli/process_env\.\w+)$", path),
        "take a base::Environment, which main fills once",
    ),
    (
        "shell",
        is_cpp,
        r"(?<![\w.>])(?:::|std::)?(?:system|popen)\s*\(",
        nowhere,
        "use the child process of siphon/base: it needs no shell, can be cancelled and is reaped",
    ),
    (
        "fork",
        is_cpp,
        r"(?<![\w.>])(?:::)?(?:v?fork|exec[lv][pe]*|execveat|posix_spawnp?)\s*\(",
        lambda path: under("siphon/base/")(path) or is_test(path),
        "use the child process of siphon/base: it kills the whole process group and reaps it",
    ),
    (
        "wall-clock",
        is_cpp,
        r"\bsystem_clock::now\b|(?<![\w.>])(?:std::)?time\s*\(\s*(?:nullptr|NULL|0)\s*\)"
        r"|\bgettimeofday\s*\(|\babsl::Now\s*\(|\bCLOCK_REALTIME\b",
        lambda path: re.match(r"siphon/base/clock\.\w+$", path),
        "take a base::Clock, so that a test can set the time",
    ),
    (
        "raw-sqlite",
        is_cpp,
        r"\bsqlite3_\w+\s*\(",
        under("drivers/sqlite/", "testing/"),
        "go through the driver; the client library belongs to drivers/sqlite",
    ),
    (
        "raw-libpq",
        is_cpp,
        r"\bPQ[a-z]\w*\s*\(",
        under("drivers/postgres/", "testing/"),
        "go through the driver; libpq belongs to drivers/postgres",
    ),
    (
        "raw-connector",
        is_cpp,
        r"\b(?:mysql|mariadb)_(?!client_plugin)[a-z]\w*\s*\(",
        under("drivers/mysqlcommon/", "drivers/mysql/", "drivers/mariadb/", "testing/"),
        "go through the driver; Connector/C belongs to drivers/mysqlcommon",
    ),
    (
        "raw-curl",
        is_cpp,
        r"\bcurl_[a-z]\w*\s*\(",
        under("siphon/base/http/", "testing/smoke/"),
        "use http::Client: it has time limits, no redirects and errors without secrets",
    ),
    (
        "cli11",
        is_cpp,
        r"#\s*include\s*[\"<]CLI/",
        lambda path: re.match(r"siphon/cli/(?:parser|complete|describe)\.cc$", path)
        or is_test(path),
        "use cli::Parser: CLI11's headers cost seconds in every unit that includes them",
    ),
    (
        "alwayslink",
        is_build,
        r"\balwayslink\b",
        lambda path: path == "tools/bazel/siphon.bzl",
        "use siphon_driver or, for shared tests, siphon_contract_suite: only they are linked whole",
    ),
    (
        "using-namespace",
        is_cpp,
        r"\busing\s+namespace\b",
        is_test,
        "name each identifier, by a qualified name or a using-declaration",
    ),
    (
        "disabled-test",
        is_cpp,
        r"\bGTEST_SKIP\b|\bDISABLED_",
        nowhere,
        "a test always runs: set up what it needs, and fail where that is missing",
    ),
    (
        "native-rule",
        lambda path: os.path.basename(path) in ("BUILD", "BUILD.bazel"),
        r"^\s*(?:native\.)?cc_(?:library|binary|test)\s*\(",
        nowhere,
        "use the rules of //tools/bazel:siphon.bzl",
    ),
    (
        "manual-test",
        is_build,
        r"[\"']manual[\"']",
        nowhere,
        "remove the tag: nobody runs a manual test",
    ),
    (
        "tag-filter",
        lambda path: path.endswith((".bazelrc", ".md")) or path == "tools/test",
        r"--test_tag_filters=\S*(?<=[=,])-?"
        r"(?:small|medium|large|enormous|short|moderate|long|eternal)(?![\w-])",
        nowhere,
        "filter by another tag: Bazel counts a test's size and time-out among its tags",
    ),
    (
        "host-library",
        is_build,
        r"[\"']-l(?!m[\"']|dl[\"']|rt[\"']|pthread[\"'])\w",
        under("tools/toolchains/"),
        "link a repository of tools/third_party, not a library of the build machine",
    ),
]

# Headers that may be included with angle brackets: C, C++, POSIX and Linux. Other headers of the
# build machine must not enter a build.
ANGLE = re.compile(
    r"^(?:[a-z_0-9]+"  # C++ and the C++ names of C
    r"|(?:sys|linux|netinet|arpa|net|asm|bits)/[\w/]+\.h"
    r"|(?:aio|assert|ctype|dirent|dlfcn|elf|emmintrin|errno|execinfo|fcntl|features|fenv|float|fnmatch"
    r"|ftw|getopt|glob|grp|iconv|ifaddrs|inttypes|langinfo|libgen|limits|link|locale|malloc|math|mntent"
    r"|monetary|mqueue|ndbm|netdb|nl_types|poll|pthread|pty|pwd|regex|resolv|sched|search|semaphore"
    r"|setjmp|signal|spawn|stdarg|stddef|stdint|stdio|stdlib|string|strings|syslog|tar|termios"
    r"|time|ucontext|ulimit|unistd|utime|utmpx|wchar|wctype|wordexp)\.h"
    r"|sanitizer/\w+\.h)$"
)
# Headers of an external repository. The BUILD file of the including source must name the
# repository, or the compiler could use the build machine's copy. (A siphon_cc_test always has
# gtest.)
REPOSITORY_OF_HEADER = [
    ("absl/", "@com_google_absl//"),
    ("CLI/", "@cli11"),
    ("benchmark/", "@com_google_benchmark"),
    ("curl/", "@curl"),
    ("gmock/", None),
    ("gtest/", None),
    ("errmsg.h", "@mariadb_connector_c"),
    ("libpq-", "@postgresql"),
    ("lz4", "@lz4"),
    ("mysql.h", "@mariadb_connector_c"),
    ("mysqld_error.h", "@mariadb_connector_c"),
    ("nlohmann/", "@nlohmann_json"),
    ("openssl/", "@boringssl"),
    ("re2/", "@com_googlesource_code_re2"),
    ("sqlite3.h", "@sqlite"),
    ("yaml-cpp/", "@yaml_cpp"),
    ("zconf.h", "@zlib"),
    ("zdict.h", "@zstd"),
    ("zlib.h", "@zlib"),
    ("zstd.h", "@zstd"),
    ("zstd_errors.h", "@zstd"),
]


class Tree:
    """The files of the repository: tracked by git, or untracked and not ignored."""

    def __init__(self, root):
        self.root = root
        self._texts = {}
        listing = subprocess.run(
            ["git", "-C", root, "ls-files", "-z", "-co", "--exclude-standard"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            check=False,
        )
        if listing.returncode == 0:
            names = set(listing.stdout.decode().split("\0"))
        else:
            names = set()
            for folder, folders, files in os.walk(root):
                folders[:] = [f for f in folders if f != ".git" and not f.startswith("bazel-")]
                names.update(os.path.relpath(os.path.join(folder, f), root) for f in files)
        self.paths = sorted(
            name
            for name in names
            if name
            and os.path.isfile(os.path.join(root, name))
            and not os.path.islink(os.path.join(root, name))
        )

    def text(self, path):
        if path not in self._texts:
            with open(os.path.join(self.root, path), "rb") as file:
                self._texts[path] = file.read().decode("utf-8", "replace")
        return self._texts[path]


_CPP_TOKEN = re.compile(
    r'R"(?P<tag>[^()\\\s]{0,16})\(.*?\)(?P=tag)"'
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'"
    r"|//[^\n]*"
    r"|/\*.*?\*/",
    re.S,
)


def code_only(path, text):
    """The text with comments and the content of C++ strings blanked; lines keep their numbers."""
    if is_cpp(path):
        return _CPP_TOKEN.sub(
            lambda m: m.group(0)
            if text.startswith("#include", text.rfind("\n", 0, m.start()) + 1)
            else re.sub(r"[^\n]", " ", m.group(0)),
            text,
        )
    return re.sub(r"^\s*#.*$", "", text, flags=re.M)


def check_patterns(tree, path):
    code = None
    for name, looks_at, pattern, right, instead in PATTERNS:
        if not looks_at(path) or right(path):
            continue
        if code is None:
            code = code_only(path, tree.text(path))
        for match in re.finditer(pattern, code, re.M):
            start = match.start() + len(match.group(0)) - len(match.group(0).lstrip())
            yield code.count("\n", 0, start) + 1, name, "%s: %s" % (
                match.group(0).strip(" ("),
                instead,
            )


def check_licence(tree, path):
    text = tree.text(path)
    base = os.path.basename(path)
    wanted = (
        is_cpp(path)
        or is_build(path)
        or path.endswith((".py", ".sh", ".bazelrc"))
        or base in (".bazelrc", ".clang-format")
        or text.startswith("#!")
    )
    if not wanted:
        return
    comment = "// " if is_cpp(path) else "# "
    head = text.split("\n")[:3]
    if text.startswith("#!"):
        head = head[1:]
    if head[:2] != [comment + COPYRIGHT, comment + LICENCE]:
        yield 1, "licence", "begin the file with %r and %r" % (
            comment + COPYRIGHT,
            comment + LICENCE,
        )


def check_length(tree, path):
    if not is_cpp(path):
        return
    text = tree.text(path)
    lines = text.count("\n")
    if lines > LONGEST_FILE and not re.search(r"^// lint: long-file: \S", text, re.M):
        yield lines, "long-file", (
            "%d lines: split the file, or add a line `// lint: long-file: reason`" % lines
        )


def check_visibility(tree, path):
    if os.path.basename(path) not in ("BUILD", "BUILD.bazel") and not path.endswith(".BUILD"):
        return
    if 'package(default_visibility = ["//visibility:private"])' not in tree.text(path):
        yield 1, "visibility", (
            'add package(default_visibility = ["//visibility:private"])'
        )


def check_includes(tree, path):
    if not is_cpp(path):
        return
    build = os.path.join(os.path.dirname(path), "BUILD.bazel")
    names = set(tree.paths)
    for number, line in enumerate(tree.text(path).split("\n"), 1):
        match = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
        if not match:
            continue
        bracket, header = match.groups()
        known = [repo for prefix, repo in REPOSITORY_OF_HEADER if header.startswith(prefix)]
        if known:
            if known[0] and build in names and known[0] not in tree.text(build):
                yield number, "include", "%s needs a dependency on %s in %s" % (
                    header,
                    known[0],
                    build,
                )
        elif bracket == "<":
            if not ANGLE.match(header):
                yield number, "include", "<%s> is not a header of C, C++ or Linux" % header
        elif header not in names:
            # A rule may generate the header if its package exists.
            if os.path.join(os.path.dirname(header), "BUILD.bazel") not in names:
                yield number, "include", (
                    '"%s" is neither in a package nor in a known repository' % header
                )


_SECTION = re.compile(r"(?P<file>[\w./-]*\w\.md)(?:#(?P<section>[\w-]+))?")


def sections(tree, path):
    """The anchors that GitHub makes from the headings of a Markdown file."""
    prose = re.sub(r"^```.*?^```", "", tree.text(path), flags=re.M | re.S)
    anchors = set()
    for title in re.findall(r"^#+ +(.+?) *$", prose, re.M):
        anchor = re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
        count = 0
        while anchor + ("-%d" % count if count else "") in anchors:
            count += 1
        anchors.add(anchor + ("-%d" % count if count else ""))
    return anchors


def check_sections(tree, path):
    """A comment that cites a page of docs/ names a section that exists; links do, too."""
    if not (is_cpp(path) or is_build(path) or path.endswith((".md", ".py", ".sh"))):
        return
    if path.startswith("tools/lint/"):  # The rule's own tests cite what does not exist.
        return
    names = set(tree.paths)
    for number, line in enumerate(tree.text(path).split("\n"), 1):
        for match in _SECTION.finditer(line):
            cited, section = match.group("file"), match.group("section")
            if is_cpp(path) and os.path.basename(cited) == "contracts.md" and (
                cited != "docs/contracts.md" or section is None
            ):
                yield number, "section", "%s: cite docs/contracts.md#section" % match.group(0)
                continue
            folder = os.path.dirname(path) if path.endswith(".md") else ""
            page = os.path.normpath(os.path.join(folder, cited))
            if section is None or not (path.endswith(".md") or page.startswith("docs/")):
                continue
            if page not in names or section not in sections(tree, page):
                yield number, "section", "%s has no section with the anchor #%s" % (page, section)


_LABEL = re.compile(r"`//(?P<package>[\w/]+)(?::(?P<target>[\w.-]+))?`")


def check_labels(tree, path):
    """A page names only targets that exist: a promise whose test is gone is none."""
    if not path.endswith(".md"):
        return
    names = set(tree.paths)
    for number, line in enumerate(tree.text(path).split("\n"), 1):
        for match in _LABEL.finditer(line):
            package, target = match.group("package", "target")
            build = package + "/BUILD.bazel"
            if "%s/%s" % (package, target) in names:
                continue
            if build not in names or (target and '"%s"' % target not in tree.text(build)):
                yield number, "label", "%s is no target of the build" % match.group(0)


CHECKS = [
    check_patterns,
    check_licence,
    check_length,
    check_visibility,
    check_includes,
    check_sections,
    check_labels,
]


def clang_format():
    """The name of clang-format 14, which defines the repository's formatting."""
    for name in ("clang-format-14", "clang-format"):
        try:
            version = subprocess.run([name, "--version"], stdout=subprocess.PIPE, check=True)
        except (OSError, subprocess.CalledProcessError):
            continue
        if b"version 14." in version.stdout:
            return name
    raise SystemExit("lint: clang-format 14 is not installed; ./tools/test installs it")


def run_clang_format(root, paths, options):
    """Runs clang-format over all paths, one process for each core; returns its standard error."""
    workers = max(1, min(len(paths), os.cpu_count() or 1))
    running = [
        subprocess.Popen(
            [clang_format()] + options + paths[i::workers], cwd=root, stderr=subprocess.PIPE
        )
        for i in range(workers)
        if paths
    ]
    return "".join(process.communicate()[1].decode() for process in running)


def check_format(tree):
    paths = [path for path in tree.paths if is_cpp(path)]
    output = run_clang_format(tree.root, paths, ["--dry-run"])
    seen = set()
    for path, line in re.findall(r"^(.+?):(\d+):\d+: warning: code should be clang-formatted",
                                 output, re.M):
        if path not in seen:
            seen.add(path)
            yield path, int(line), "format", "run ./tools/format"


def lint(root, formatting=True):
    """Every finding as (path, line, rule, remedy)."""
    tree = Tree(root)
    findings = []
    for path in tree.paths:
        for check in CHECKS:
            findings += [(path,) + finding for finding in check(tree, path)]
    if formatting:
        findings += check_format(tree)
    return sorted(findings)


def main():
    arguments = sys.argv[1:]
    formatting = "--format" in arguments
    roots = [a for a in arguments if a != "--format"]
    root = roots[0] if roots else os.path.dirname(
        os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
    )
    if formatting:
        run_clang_format(root, [p for p in Tree(root).paths if is_cpp(p)], ["-i"])
        return 0
    findings = lint(root)
    for finding in findings:
        print("%s:%d: %s: %s" % finding)
    count = len(Tree(root).paths)
    print("lint: %d files, %d findings" % (count, len(findings)))
    if count < 20:
        print("lint: too few files for the whole repository; was the right folder checked?")
        return 1
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
