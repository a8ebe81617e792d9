#!/usr/bin/env python3
# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
"""reproducible.py: order, owners, times and modes of archives come from the entries only."""

import gzip
import io
import os
import sys
import tarfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import reproducible  # pylint: disable=wrong-import-position

ENTRIES = [
    reproducible.entry("usr/bin/tool", b"binary", 0o755),
    reproducible.entry("tmp", None, 0o1777),
    reproducible.entry("etc/cert.pem", "certs/all.pem"),
    reproducible.entry("etc/certs/all.pem", b"certificate"),
    reproducible.entry("var/lib/tool", None, 0o770, (65532, "tool"), (0, "root")),
]


class ReproducibleTest(unittest.TestCase):
    def test_folders_come_before_their_content(self):
        paths = [one.path for one in reproducible.with_folders(ENTRIES)]
        self.assertEqual(
            [
                "etc",
                "etc/cert.pem",
                "etc/certs",
                "etc/certs/all.pem",
                "tmp",
                "usr",
                "usr/bin",
                "usr/bin/tool",
                "var",
                "var/lib",
                "var/lib/tool",
            ],
            paths,
        )

    def test_two_entries_with_one_path_are_an_error(self):
        with self.assertRaises(ValueError):
            reproducible.with_folders(ENTRIES + [reproducible.entry("/tmp/", b"")])

    def test_a_tar_has_the_owners_modes_and_the_time_of_the_entries(self):
        content = reproducible.tar(reproducible.with_folders(ENTRIES), 1234567890)
        with tarfile.open(fileobj=io.BytesIO(content)) as archive:
            members = {member.name: member for member in archive}
        self.assertEqual({1234567890}, {member.mtime for member in members.values()})
        self.assertEqual(0o755, members["usr/bin/tool"].mode)
        self.assertEqual(0o1777, members["tmp"].mode)
        self.assertTrue(members["tmp"].isdir())
        self.assertEqual("certs/all.pem", members["etc/cert.pem"].linkname)
        owned = members["var/lib/tool"]
        self.assertEqual((65532, "tool"), (owned.uid, owned.uname))
        self.assertEqual((0, "root"), (owned.gid, owned.gname))

    def test_the_order_of_the_entries_and_the_umask_do_not_matter(self):
        first = reproducible.tar(reproducible.with_folders(ENTRIES), 0)
        old = os.umask(0o077)
        self.addCleanup(os.umask, old)
        self.assertEqual(first, reproducible.tar(reproducible.with_folders(ENTRIES[::-1]), 0))

    def test_gzip_has_neither_name_nor_time(self):
        packed = reproducible.compress(b"text")
        self.assertEqual(b"\x1f\x8b\x08\x00\x00\x00\x00\x00", packed[:8])
        self.assertEqual(b"text", gzip.decompress(packed))

    def test_members_of_ar_begin_at_even_places(self):
        self.assertEqual(
            b"!<arch>\n"
            b"odd             7           0     0     100644  3         `\nabc\n"
            b"even            7           0     0     100644  2         `\nab",
            reproducible.ar([("odd", b"abc"), ("even", b"ab")], 7),
        )


if __name__ == "__main__":
    unittest.main()
