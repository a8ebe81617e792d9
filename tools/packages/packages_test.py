#!/usr/bin/env python3
# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
"""The packages hold what they must, with right digests; the same input gives the same bytes.

usage: packages_test.py DEB RPM BINARY
"""

import gzip
import hashlib
import io
import json
import os
import re
import struct
import subprocess
import sys
import tarfile
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import deb  # pylint: disable=wrong-import-position
import rpm  # pylint: disable=wrong-import-position

COMMON = [
    "usr/bin/siphon",
    "usr/lib/systemd/system/siphon-backup@.service",
    "usr/lib/systemd/system/siphon-backup@.timer",
    "usr/lib/sysusers.d/siphon.conf",
    "usr/share/bash-completion/completions/siphon",
    "usr/share/doc/siphon/examples/config.yaml",
    "usr/share/doc/siphon/licences.txt",
    "usr/share/doc/siphon/siphon.cdx.json",
    "usr/share/doc/siphon/siphon.spdx.json",
    "usr/share/fish/vendor_completions.d/siphon.fish",
    "usr/share/man/man1/siphon-backup.1.gz",
    "usr/share/man/man1/siphon.1.gz",
]


def read(path):
    """The bytes of a file."""
    with open(path, "rb") as file:
        return file.read()


def ar_members(content):
    """The members of an ar archive: name to content."""
    assert content[:8] == b"!<arch>\n"
    place, found = 8, {}
    while place < len(content):
        head = content[place : place + 60]
        size = int(head[48:58])
        found[head[:16].decode().strip()] = content[place + 60 : place + 60 + size]
        place += 60 + size + size % 2
    return found


def tar_members(packed):
    """The members of a tar.gz: name to (TarInfo, content)."""
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(packed))) as archive:
        return {
            one.name: (one, archive.extractfile(one).read() if one.isfile() else None)
            for one in archive
        }


class Header:
    """A header of an RPM package: the values of its tags."""

    def __init__(self, content, place):
        self.start = place
        assert content[place : place + 4] == b"\x8e\xad\xe8\x01"
        count, size = struct.unpack_from(">II", content, place + 8)
        store = place + 16 + 16 * count
        self.end = store + size
        self.values = {}
        for number in range(count):
            at = place + 16 + 16 * number
            tag, kind, offset, items = struct.unpack_from(">IIII", content, at)
            at = store + offset
            if kind == rpm.INT16:
                value = struct.unpack_from(">%dH" % items, content, at)
            elif kind == rpm.INT32:
                value = struct.unpack_from(">%dI" % items, content, at)
            elif kind == rpm.BIN:
                value = content[at : at + items]
            else:
                value = [part.decode() for part in content[at : self.end].split(b"\0")[:items]]
            self.values[tag] = value


class PackagesTest(unittest.TestCase):
    deb = rpm = binary = None

    def test_dpkg_reads_the_package(self):
        show = subprocess.run(
            ["dpkg-deb", "--info", self.deb], stdout=subprocess.PIPE, check=True
        ).stdout.decode()
        self.assertRegex(show, r" Package: siphon\n")
        self.assertRegex(show, r" Architecture: amd64\n")
        self.assertRegex(show, r" Installed-Size: \d{4,}\n")
        self.assertNotIn("Depends", show)
        subprocess.run(
            ["dpkg-deb", "--contents", self.deb], stdout=subprocess.DEVNULL, check=True
        )

    def test_the_debian_package_has_the_binary_and_right_sums(self):
        parts = ar_members(read(self.deb))
        self.assertEqual(["debian-binary", "control.tar.gz", "data.tar.gz"], list(parts))
        control, data = tar_members(parts["control.tar.gz"]), tar_members(parts["data.tar.gz"])
        files = {
            name[2:]: content for name, (_, content) in data.items() if content is not None
        }
        self.assertEqual(set(), set(COMMON) - set(files))
        self.assertIn("usr/share/zsh/vendor-completions/_siphon", files)
        self.assertEqual(read(self.binary), files["usr/bin/siphon"])
        sums = "".join(
            "%s  %s\n" % (hashlib.md5(files[name]).hexdigest(), name)
            for name in sorted(files, key=lambda name: name.split("/"))
        )
        self.assertEqual(sums, control["./md5sums"][1].decode())
        self.assertEqual(
            {(0, 0, "root", "root")}, {(m.uid, m.gid, m.uname, m.gname) for m, _ in data.values()}
        )
        self.assertEqual(set(), {m.name for m, _ in data.values() if m.mode & 0o7022})
        self.assertEqual(1, len({m.mtime for m, _ in list(data.values()) + list(control.values())}))

    def test_the_rpm_package_has_the_binary_and_right_digests(self):
        content = read(self.rpm)
        self.assertEqual(b"\xed\xab\xee\xdb\x03\x00", content[:6])
        signature = Header(content, 96)
        main = Header(content, signature.end + -signature.end % 8)
        head, packed = content[main.start : main.end], content[main.end :]
        values = signature.values
        self.assertEqual((len(head) + len(packed),), values[rpm.SIG_SIZE])
        self.assertEqual(hashlib.md5(head + packed).digest(), values[rpm.SIG_MD5])
        self.assertEqual([hashlib.sha256(head).hexdigest()], values[rpm.SIG_SHA256])
        payload = gzip.decompress(packed)
        self.assertEqual((len(payload),), values[rpm.SIG_PAYLOADSIZE])
        values = main.values
        self.assertEqual([hashlib.sha256(packed).hexdigest()], values[rpm.PAYLOADDIGEST])
        self.assertEqual((["siphon"], ["x86_64"]), (values[rpm.NAME], values[rpm.ARCH]))
        paths = [
            values[rpm.DIRNAMES][folder][1:] + name
            for folder, name in zip(values[rpm.DIRINDEXES], values[rpm.BASENAMES])
        ]
        self.assertEqual(sorted(paths), paths)
        self.assertEqual(set(), set(COMMON) - set(paths))
        self.assertIn("usr/share/zsh/site-functions/_siphon", paths)
        number = paths.index("usr/bin/siphon")
        self.assertEqual(0o100755, values[rpm.FILEMODES][number])
        self.assertEqual(
            hashlib.sha256(read(self.binary)).hexdigest(), values[rpm.FILEDIGESTS][number]
        )
        # A package that owned a folder of the system would change its mode.
        folders = [p for p, m in zip(paths, values[rpm.FILEMODES]) if m & 0o170000 == 0o040000]
        self.assertEqual(["usr/share/doc/siphon", "usr/share/doc/siphon/examples"], folders)
        for path, size in zip(paths, values[rpm.FILESIZES]):
            if path not in folders:
                self.assertRegex(
                    payload, b"%08x[0-9a-f]{40}00000000\\./%s\0" % (size, re.escape(path).encode())
                )

    def test_versions_before_a_release_are_less_than_it(self):
        self.assertEqual("1.2.0~rc1-1", deb.version_of("1.2.0-rc1", "1"))
        self.assertEqual("1.2.0-1", deb.version_of("1.2.0", "1"))

    def test_the_same_input_gives_the_same_bytes_for_another_user(self):
        made = []
        for number, mask in enumerate((0o022, 0o077)):
            old = os.umask(mask)
            self.addCleanup(os.umask, old)
            with tempfile.TemporaryDirectory() as folder:
                made.append(self.make(folder, {"TZ": ["UTC", "Asia/Tokyo"][number]}))
        self.assertEqual(made[0], made[1])
        self.assertIn(b"control.tar.gz", made[0][0])

    def make(self, folder, environment):
        """Runs packages.py on small inputs; returns both packages."""
        spdx = {
            "creationInfo": {"created": "2026-11-30T13:34:09Z"},
            "packages": [{"versionInfo": "1.2.0-rc1", "sourceInfo": "commit 0123456789ab"}],
        }
        pages = io.BytesIO()
        with tarfile.open(fileobj=pages, mode="w") as archive:
            info = tarfile.TarInfo("siphon.1")
            info.size = 4
            archive.addfile(info, io.BytesIO(b"page"))
        arguments = ["--architecture", "arm64", "--files", os.path.join(HERE, "files")]
        for name, content in (
            ("binary", b"binary"),
            ("changelog", b"changes"),
            ("cyclonedx", b"{}"),
            ("licences", b"licences"),
            ("pages", pages.getvalue()),
            ("spdx", json.dumps(spdx).encode()),
            ("bash", b"script"),
        ):
            path = os.path.join(folder, name)
            with open(path, "wb") as file:
                file.write(content)
            arguments += (
                ["--completion", "bash=" + path] if name == "bash" else ["--" + name, path]
            )
        for name in ("deb", "rpm"):
            arguments += ["--" + name, os.path.join(folder, name)]
        subprocess.run(
            [sys.executable, os.path.join(HERE, "packages.py")] + arguments,
            env=dict(os.environ, **environment),
            check=True,
        )
        return [read(os.path.join(folder, name)) for name in ("deb", "rpm")]


if __name__ == "__main__":
    PackagesTest.deb, PackagesTest.rpm, PackagesTest.binary = sys.argv[1:4]
    del sys.argv[1:4]
    unittest.main()
