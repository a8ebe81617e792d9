# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
"""Every third-party dependency, one entry each.

This file is data: a literal that Bazel loads and tools/deps reads with Python's
ast.literal_eval. Nothing but literals and comments may stand in it.

Fields of an entry (the key is the Bazel repository's name):
  folder        folder below tools/third_party with the overlay BUILD and the patches
  name          what people call it
  home          its site, where the URL does not tell
  version       upstream's version
  licence       SPDX expression
  used_for      why siphon carries it
  in_binary     True when the shipped binary may link it
  url, sha256, strip_prefix
                the archive as upstream publishes it; the last path component of the URL is
                unique among all entries, since Bazel finds a file in a distdir by it
  overlay       False where upstream's own BUILD files are used
  patches       numbered patches of the folder, applied with -p1
  debian        where the same source is found in Debian's archive, for machines that reach
                nothing else:
                  suite, source, version   the source package
                  file, sha256             the tarball in it
                  strip_prefix             its top folder
                  same_bytes               True: byte for byte the archive of `url`.
                                           False: the same release packed again by Debian
                  note                     what differs, or other things to know
"""

DEPS = {
    "com_google_absl": {
        "folder": "abseil",
        "overlay": False,
        "name": "Abseil",
        "version": "20240722.0",
        "licence": "Apache-2.0",
        "used_for": "Status, strings, containers, time",
        "in_binary": True,
        "url": "https://github.com/abseil/abseil-cpp/releases/download/20240722.0/abseil-cpp-20240722.0.tar.gz",
        "sha256": "f50e5ac311a81382da7fa75b97310e4b9006474f9560ac46f54a9967f07d4ae3",
        "strip_prefix": "abseil-cpp-20240722.0",
        "patches": ["0001-no-bazel-skylib.patch"],
        "debian": {
            "suite": "trixie",
            "source": "abseil",
            "version": "20240722.0-4",
            "file": "abseil_20240722.0.orig.tar.gz",
            "sha256": "df6d1f5ef540725f3851201176a60486aab332410788465c9877910bb471c34a",
            "strip_prefix": "abseil-20240722.0",
            "same_bytes": False,
            "note": "git archive of the tag's commit (4447c756) under another top folder",
        },
    },
    "com_googlesource_code_re2": {
        "folder": "re2",
        "name": "RE2",
        "version": "2024-07-02",
        "licence": "BSD-3-Clause",
        "used_for": "regular expressions in linear time",
        "in_binary": True,
        "url": "https://github.com/google/re2/releases/download/2024-07-02/re2-2024-07-02.tar.gz",
        "sha256": "eb2df807c781601c14a260a507a5bb4509be1ee626024cb45acbd57cb9d4032b",
        "strip_prefix": "re2-2024-07-02",
        "patches": [],
        "debian": {
            "suite": "trixie",
            "source": "re2",
            "version": "20240702-3",
            "file": "re2_20240702.orig.tar.gz",
            "sha256": "eb2df807c781601c14a260a507a5bb4509be1ee626024cb45acbd57cb9d4032b",
            "strip_prefix": "re2-2024-07-02",
            "same_bytes": True,
        },
    },
    "com_google_googletest": {
        "folder": "googletest",
        "name": "GoogleTest",
        "version": "1.16.0",
        "licence": "BSD-3-Clause",
        "used_for": "tests",
        "in_binary": False,
        "url": "https://github.com/google/googletest/releases/download/v1.16.0/googletest-1.16.0.tar.gz",
        "sha256": "78c676fc63881529bf97bf9d45948d905a66833fbfa5318ea2cd7478cb98f399",
        "strip_prefix": "googletest-1.16.0",
        "patches": [],
        "debian": {
            "suite": "trixie",
            "source": "googletest",
            "version": "1.16.0-1",
            "file": "googletest_1.16.0.orig.tar.gz",
            "sha256": "2f54382b5d13d6cd0be2afc524f1e510d37f8ba78c2d439c5bea64ef37e30d01",
            "strip_prefix": "googletest-1.16.0",
            "same_bytes": False,
            "note": "git archive made by Debian of its import of the release",
        },
    },
    "boringssl": {
        "folder": "boringssl",
        "name": "BoringSSL",
        "version": "14.0.0+r45",
        "licence": "OpenSSL AND ISC AND BSD-3-Clause",
        "home": "https://boringssl.googlesource.com/boringssl",
        "used_for": "SHA-256 and, for the drivers, TLS",
        "in_binary": True,
        # BoringSSL makes no releases. This is Android 14's tree (revision 32b51305debe of
        # BoringSSL) with the generated assembly, as Debian packed it; nobody else publishes
        # these bytes, so the URL is the one of Debian's public snapshot archive.
        "url": "https://snapshot.debian.org/archive/debian/20250901T000000Z/pool/main/a/android-platform-external-boringssl/android-platform-external-boringssl_14.0.0+r45.orig.tar.xz",
        "sha256": "f9223e8c15ad5d9e3f1cd50861f4c272658864661e2332bea5d60952aa0930cd",
        "strip_prefix": "android-platform-external-boringssl-14.0.0+r45",
        "patches": [],
        "debian": {
            "suite": "trixie",
            "source": "android-platform-external-boringssl",
            "version": "14.0.0+r45-2",
            "file": "android-platform-external-boringssl_14.0.0+r45.orig.tar.xz",
            "sha256": "f9223e8c15ad5d9e3f1cd50861f4c272658864661e2332bea5d60952aa0930cd",
            "strip_prefix": "android-platform-external-boringssl-14.0.0+r45",
            "same_bytes": True,
            "note": "Debian's tarball is the only publication; the URL is its snapshot archive",
        },
    },
    "sqlite": {
        "folder": "sqlite",
        "name": "SQLite",
        "version": "3.46.1",
        "licence": "blessing",
        "used_for": "the SQLite driver",
        "in_binary": True,
        "url": "https://www.sqlite.org/2024/sqlite-src-3460100.zip",
        "sha256": "def3fc292eb9ecc444f6c1950e5c79d8462ed5e7b3d605fd6152d145e1d5abb4",
        "strip_prefix": "sqlite-src-3460100",
        "patches": [],
        "debian": {
            "suite": "trixie",
            "source": "sqlite3",
            "version": "3.46.1-7+deb13u2",
            "file": "sqlite3_3.46.1.orig.tar.xz",
            "sha256": "d0cdd2ece271b29e7ce18095745d892517ee26d0f270065b3a25c2e9eb11639c",
            "strip_prefix": "sqlite3-3.46.1",
            "same_bytes": False,
            "note": "the canonical source tree packed as tar instead of zip",
        },
    },
    "zstd": {
        "folder": "zstd",
        "name": "Zstandard",
        "version": "1.5.7",
        "licence": "BSD-3-Clause",
        "used_for": "compression of dumps",
        "in_binary": True,
        "url": "https://github.com/facebook/zstd/releases/download/v1.5.7/zstd-1.5.7.tar.gz",
        "sha256": "eb33e51f49a15e023950cd7825ca74a4a2b43db8354825ac24fc1b7ee09e6fa3",
        "strip_prefix": "zstd-1.5.7",
        "patches": [],
        "debian": {
            "suite": "trixie",
            "source": "libzstd",
            "version": "1.5.7+dfsg-1",
            "file": "libzstd_1.5.7+dfsg.orig.tar.xz",
            "sha256": "0c092ef267edce57ba7f3f2645c861f72eaf5e76273c6c3632869423464b90a5",
            "strip_prefix": "zstd-1.5.7",
            "same_bytes": False,
            "note": "packed again without build files for other systems; lib/ is whole",
        },
    },
    "cli11": {
        "folder": "cli11",
        "name": "CLI11",
        "version": "2.4.1",
        "licence": "BSD-3-Clause",
        "used_for": "the command line",
        "in_binary": True,
        "url": "https://github.com/CLIUtils/CLI11/archive/refs/tags/v2.4.1/CLI11-2.4.1.tar.gz",
        "sha256": "73b7ec52261ce8fe980a29df6b4ceb66243bb0b779451dbd3d014cfec9fdbb58",
        "strip_prefix": "CLI11-2.4.1",
        "patches": [],
        "debian": {
            "suite": "trixie",
            "source": "cli11",
            "version": "2.4.1+ds-2",
            "file": "cli11_2.4.1+ds.orig.tar.xz",
            "sha256": "0b8fbf2398875f15f30a675c7f412123a2aaa38df2863e991de72004fd5f1292",
            "strip_prefix": "CLI11-2.4.1",
            "same_bytes": False,
            "note": "packed again without the book; include/ is whole",
        },
    },
    "yaml_cpp": {
        "folder": "yaml_cpp",
        "name": "yaml-cpp",
        "version": "0.8.0",
        "licence": "MIT",
        "used_for": "the configuration file",
        "in_binary": True,
        "url": "https://github.com/jbeder/yaml-cpp/archive/refs/tags/0.8.0/yaml-cpp-0.8.0.tar.gz",
        "sha256": "fbe74bbdcee21d656715688706da3c8becfd946d92cd44705cc6098bb23b3a16",
        "strip_prefix": "yaml-cpp-0.8.0",
        "patches": [],
        "debian": {
            "suite": "trixie",
            "source": "yaml-cpp",
            "version": "0.8.0+dfsg-7",
            "file": "yaml-cpp_0.8.0+dfsg.orig.tar.xz",
            "sha256": "32c85a5f36633a9005b20261b35fccb0d8ec69e9ef16c67de7d5d007944e3709",
            "strip_prefix": "jbeder-yaml-cpp-f732014",
            "same_bytes": False,
            "note": "packed again without its copy of googletest; include/ and src/ are whole",
        },
    },
    "nlohmann_json": {
        "folder": "nlohmann_json",
        "name": "JSON for Modern C++",
        "version": "3.11.3",
        "licence": "MIT",
        "used_for": "envelopes, sidecars and --json",
        "in_binary": True,
        "url": "https://github.com/nlohmann/json/archive/refs/tags/v3.11.3/json-3.11.3.tar.gz",
        "sha256": "0d8ef5af7f9794e3263480193c491549b2ba6cc74bb018906202ada498a79406",
        "strip_prefix": "json-3.11.3",
        "patches": [],
        "debian": {
            "suite": "trixie",
            "source": "nlohmann-json3",
            "version": "3.11.3-2.1",
            "file": "nlohmann-json3_3.11.3.orig.tar.gz",
            "sha256": "0d8ef5af7f9794e3263480193c491549b2ba6cc74bb018906202ada498a79406",
            "strip_prefix": "json-3.11.3",
            "same_bytes": True,
        },
    },
    "com_google_benchmark": {
        "folder": "benchmark",
        "name": "Google Benchmark",
        "version": "1.9.1",
        "licence": "Apache-2.0",
        "used_for": "micro-benchmarks",
        "in_binary": False,
        "url": "https://github.com/google/benchmark/archive/refs/tags/v1.9.1/benchmark-1.9.1.tar.gz",
        "sha256": "32131c08ee31eeff2c8968d7e874f3cb648034377dfc32a4c377fa8796d84981",
        "strip_prefix": "benchmark-1.9.1",
        "patches": [],
        "debian": {
            "suite": "trixie",
            "source": "benchmark",
            "version": "1.9.1-1",
            "file": "benchmark_1.9.1.orig.tar.gz",
            "sha256": "32131c08ee31eeff2c8968d7e874f3cb648034377dfc32a4c377fa8796d84981",
            "strip_prefix": "benchmark-1.9.1",
            "same_bytes": True,
        },
    },
}
