# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
"""Build rules for siphon's own code.

BUILD files use these rules and never cc_library, cc_binary or cc_test: here warnings are errors, a
test links gtest, and only siphon_driver and siphon_contract_suite set alwayslink.
"""

_COPTS = [
    "-Wall",
    "-Wextra",
    "-Werror",
    "-Wno-unknown-warning-option",
    "-Wnon-virtual-dtor",
    "-Woverloaded-virtual",
    "-Wvla",
    # False positives of gcc 12's optimiser in third-party headers.
    "-Wno-restrict",
    "-Wno-maybe-uninitialized",
    "-Wno-stringop-overflow",
    "-Wno-array-bounds",
    "-Wno-dangling-pointer",
]

_SANITIZED = "//tools/bazel:sanitizer"

def _features(features, static):
    if not static:
        return features
    return select({
        _SANITIZED: features,
        "//conditions:default": features + ["fully_static_link"],
    })

def siphon_cc_library(name, copts = [], **kwargs):
    """A library of siphon's own code."""
    if "alwayslink" in kwargs:
        fail("use siphon_driver or siphon_contract_suite for alwayslink")
    native.cc_library(
        name = name,
        copts = _COPTS + copts,
        **kwargs
    )

def siphon_driver(name, copts = [], **kwargs):
    """The registration of a driver, linked whole so that its static object is constructed.

    The only use of alwayslink in the binary, with siphon_store. The rest of a driver is a
    siphon_cc_library.
    """
    native.cc_library(
        name = name,
        copts = _COPTS + copts,
        alwayslink = 1,
        **kwargs
    )

def siphon_store(name, copts = [], **kwargs):
    """The registration of a store, linked whole like that of a driver."""
    siphon_driver(name = name, copts = copts, **kwargs)

def siphon_contract_suite(name, copts = [], **kwargs):
    """A library of tests (TEST_P) for several engines, linked whole to register every test."""
    native.cc_library(
        name = name,
        testonly = True,
        copts = _COPTS + copts,
        alwayslink = 1,
        **kwargs
    )

def siphon_cc_binary(name, copts = [], linkopts = [], features = [], static = True, **kwargs):
    """A program; fully static and stripped, except in sanitizer builds.

    Args:
      name: the target's name.
      copts: additional compiler options.
      linkopts: additional linker options.
      features: must not be a select.
      static: False for a program that needs the dynamic linker.
      **kwargs: passed on to cc_binary.
    """
    native.cc_binary(
        name = name,
        copts = _COPTS + copts,
        features = _features(features, static),
        linkopts = linkopts + select({
            _SANITIZED: [],
            "//conditions:default": ["-Wl,-s"],
        }),
        **kwargs
    )

def siphon_cc_test(
        name,
        size,
        copts = [],
        deps = [],
        main = True,
        static = False,
        features = [],
        **kwargs):
    """A test that links gtest, and gtest's main unless main = False.

    Args:
      name: the target's name.
      size: small, medium or large; required.
      copts: additional compiler options.
      deps: dependencies besides gtest.
      main: False for a test with a main of its own.
      static: True to link the test fully static, for behaviour of static programs only.
      features: must not be a select.
      **kwargs: passed on to cc_test.
    """
    gtest = "@com_google_googletest//:gtest_main" if main else "@com_google_googletest//:gtest"
    extra = ["@com_google_googletest//:gtest"] if main else []
    native.cc_test(
        name = name,
        size = size,
        copts = _COPTS + copts,
        features = _features(features, static),
        deps = deps + [dep for dep in extra + [gtest] if dep not in deps],
        **kwargs
    )

def siphon_rounds_test(
        name,
        size,
        srcs,
        deps,
        tags = [],
        copts = [],
        shard_count = None,
        long_shard_count = None,
        **kwargs):
    """A test that repeats experiments as often as testing::Rounds() says, as two targets.

    `name` is the short form, which every run of the tests has. `name`_long has the tags "long" and
    "long-rounds"; .bazelrc filters the latter out and `--config=long` lets it in. ("long" alone is
    no filter: Bazel counts a test's time-out among its tags, and that of a large test is "long".)
    Both run the same tests, compiled once.

    Args:
      name: the short form's name.
      size: as in siphon_cc_test, of both.
      srcs: the tests.
      deps: added to gtest; //testing:rounds is among them.
      tags: of both.
      copts: added to siphon's own.
      shard_count: of the short form.
      long_shard_count: of the long form; None: the same.
      **kwargs: passed on to cc_test.
    """
    siphon_contract_suite(
        name = name + "_cases",
        copts = copts,
        srcs = srcs,
        deps = deps + ["@com_google_googletest//:gtest"],
    )
    for form, rounds, shards, more in [
        (name, "//testing:few_rounds.cc", shard_count, []),
        (
            name + "_long",
            "//testing:all_rounds.cc",
            long_shard_count or shard_count,
            ["long", "long-rounds"],
        ),
    ]:
        siphon_cc_test(
            name = form,
            size = size,
            srcs = [rounds],
            shard_count = shards,
            tags = tags + more,
            deps = [name + "_cases", "//testing:rounds"],
            **kwargs
        )

def siphon_fuzz_binary(name, corpus, copts = [], deps = [], args = [], **kwargs):
    """The program of a fuzz target that is meant to fail; otherwise use siphon_fuzz_test.

    Args:
      name: the target's name.
      corpus: the files of the corpus.
      copts: additional compiler options.
      deps: dependencies of the target; the rule adds the main function.
      args: arguments before the corpus.
      **kwargs: passed on to cc_binary.
    """
    _fuzz(native.cc_binary, name, corpus, copts, deps, args, testonly = True, **kwargs)

def siphon_fuzz_test(name, corpus, size = "small", copts = [], deps = [], args = [], **kwargs):
    """A fuzz target: srcs define LLVMFuzzerTestOneInput.

    `bazel test` passes every file of the corpus to it once, and fails if the corpus is empty.
    With --config=fuzz it is a libFuzzer program with clang's address and undefined behaviour
    sanitizers: `bazel test --config=fuzz` explores for ten seconds, `tools/fuzz` for the given
    time.

    Args:
      name: ends in _fuzz.
      corpus: glob(["corpus/**"]).
      size: as in cc_test.
      copts: additional compiler options.
      deps: dependencies of the target; the rule adds the main function.
      args: arguments before the corpus.
      **kwargs: passed on to cc_test.
    """
    if not name.endswith("_fuzz"):
        fail("the name of a fuzz target ends in _fuzz: " + name)
    _fuzz(native.cc_test, name, corpus, copts, deps, args, size = size, **kwargs)

def _fuzz(rule, name, corpus, copts, deps, args, **kwargs):
    exploring = "//tools/bazel:fuzz"
    folders = {}
    for file in corpus:
        folder = file.rpartition("/")[0]
        if not [other for other in folders if (folder + "/").startswith(other + "/")]:
            folders[folder] = True
    rule(
        name = name,
        copts = _COPTS + copts,
        data = corpus,
        args = args + select({
            exploring: ["-max_total_time=10", "-print_final_stats=1"] + [
                "/".join([part for part in [native.package_name(), folder] if part])
                for folder in folders
            ],
            "//conditions:default": ["$(rootpath %s)" % file for file in corpus],
        }),
        deps = deps + select({
            exploring: [],
            "//conditions:default": ["//tools/fuzz_harness:replay_main"],
        }),
        linkopts = select({
            exploring: ["-fsanitize=fuzzer"],
            "//conditions:default": [],
        }),
        **kwargs
    )
