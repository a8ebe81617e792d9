#!/usr/bin/env python3
# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
"""servers.py unpacks the pinned servers, once, and no other files."""

import contextlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from download import Unavailable  # pylint: disable=wrong-import-position
import server_images  # pylint: disable=wrong-import-position
import pins  # pylint: disable=wrong-import-position
import server_npm  # pylint: disable=wrong-import-position
import servers  # pylint: disable=wrong-import-position
import ways  # pylint: disable=wrong-import-position

PROGRAM = "#!/bin/sh\necho 'server (Server) 1.2'\n"
LINKS = [{"source": "native/lib/lib.so.6.1", "target": "native/lib/lib.so.6"}]


def archive(path, files):
    with tarfile.open(path, "w:gz") as tar:
        for name, text, mode in files:
            info = tarfile.TarInfo(name)
            info.size = len(text)
            info.mode = mode
            tar.addfile(info, io.BytesIO(text.encode()))


class ServersTest(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.cache = os.path.join(temporary.name, "cache")
        os.mkdir(self.cache)
        self.archive = os.path.join(temporary.name, "server-1.2.tgz")
        self.files = [
            ("package/native/bin/server", PROGRAM, 0o755),
            ("package/native/lib/lib.so.6.1", "x", 0o644),
            ("package/native/pg-symlinks.json", json.dumps(LINKS), 0o644),
            ("package/scripts/run.js", "no", 0o755),
            ("package/native/../../../escaped", "no", 0o644),
        ]
        archive(self.archive, self.files)
        self.entry = {
            "version": "1.2",
            "program": "bin/server",
            "bin": "bin",
            "kind": "npm",
            "package": "@a/b",
            "release": "1.2.0",
            "integrity": server_npm.integrity_of(self.archive),
            "folder": "package/native",
        }
        self.registry = {"1.2.0": self.archive}
        self.packs = []

    def view(self, spec, field):
        """The registry's list of releases, or the integrity of one."""
        if field == "versions":
            return sorted(self.registry)
        return server_npm.integrity_of(self.registry[spec.rpartition("@")[2]])

    def pack(self, spec, into):
        """Downloads one release from the registry."""
        self.packs.append(spec)
        if spec.rpartition("@")[2] not in self.registry:
            raise Unavailable("E404 No match found")
        return shutil.copy(self.registry[spec.rpartition("@")[2]], into)

    def install(self):
        output = io.StringIO()
        with contextlib.redirect_stderr(output):
            servers.install_npm("server-1", self.entry, self.cache, self)
        return output.getvalue()

    def listing(self):
        return sorted(
            os.path.relpath(os.path.join(folder, file), self.cache)
            for folder, _, files in os.walk(self.cache)
            for file in files
        )

    def test_unpacks_the_server_with_its_links_and_nothing_else(self):
        self.assertFalse(servers.present("server-1", self.entry, self.cache))
        self.install()
        self.assertTrue(servers.present("server-1", self.entry, self.cache))
        self.assertEqual(
            [
                "server-1.2/.siphon-integrity",
                "server-1.2/bin/server",
                "server-1.2/lib/lib.so.6",
                "server-1.2/lib/lib.so.6.1",
                "server-1.2/pg-symlinks.json",
            ],
            self.listing(),
        )
        self.assertEqual(
            {
                "version": "1.2",
                "bin": os.path.join(self.cache, "server-1.2/bin"),
                "kind": "npm",
                "pin": self.entry["integrity"],
            },
            servers.describe("server-1", self.entry, self.cache),
        )

    def test_refuses_bytes_that_are_not_pinned(self):
        self.entry["integrity"] = "sha512-AAAA"
        with self.assertRaisesRegex(ways.Exhausted, "servers.bzl pins sha512-AAAA"):
            self.install()
        self.assertEqual([], self.listing())

    def test_takes_a_newer_patch_release_of_npm_loudly(self):
        newer = os.path.join(self.cache, "server-1.3.tgz")
        files = [(name, text.replace("1.2", "1.3"), mode) for name, text, mode in self.files]
        archive(newer, files)
        self.registry = {"1.3.0-beta.1": newer, "2.3.0": self.archive, "1.1.0": self.archive}
        self.assertIn("WARNING: The tests use release 1.3.0-beta.1.", self.install())
        os.unlink(newer)
        self.assertEqual(["@a/b@1.2.0", "@a/b@1.3.0-beta.1"], self.packs)
        self.assertTrue(servers.present("server-1", self.entry, self.cache))
        self.assertEqual("1.3", servers.describe("server-1", self.entry, self.cache)["version"])

    def test_lists_every_try_when_npm_has_no_release_of_the_series(self):
        self.registry = {"2.3.0": self.archive, "1.3.0": "/nonexistent"}
        del self.registry["1.3.0"]
        with self.assertRaisesRegex(ways.Exhausted, "npm +@a/b@1.2.0: E404 No match found"):
            self.install()
        self.assertEqual([], self.listing())

    def test_refuses_a_server_of_another_version(self):
        self.entry["version"] = "1.3"
        with self.assertRaisesRegex(SystemExit, "not 1.3"):
            self.install()
        self.assertEqual([], self.listing())

    def test_replaces_a_server_when_its_pin_changes(self):
        self.install()
        archive(self.archive, self.files + [("package/native/new", "", 0o644)])
        self.entry["integrity"] = server_npm.integrity_of(self.archive)
        self.assertFalse(servers.present("server-1", self.entry, self.cache))
        self.install()
        self.assertTrue(servers.present("server-1", self.entry, self.cache))
        self.assertIn("server-1.2/new", self.listing())

    def test_needs_npm_only_for_what_is_to_be_fetched(self):
        debian = {"kind": "debian", "program": "/no/such/program", "package": "a-server"}
        installed = {"kind": "debian", "program": "/bin/sh", "package": "a-shell"}
        which, servers.shutil.which = servers.shutil.which, lambda _: None
        try:
            entries = {"debian-1": debian, "shell-1": installed, "server-1": self.entry}
            self.assertEqual(["a-server", "npm"], servers.needs(entries, self.cache))
            self.install()
            self.assertEqual(["a-server"], servers.needs(entries, self.cache))
        finally:
            servers.shutil.which = which

    def test_an_image_holds_the_server_its_libraries_and_a_shell(self):
        top = os.path.join(self.cache, "server-1.2")
        self.install()
        os.mkdir(os.path.join(top, "lib/bitcode"))
        open(os.path.join(top, "lib/bitcode/large.bc"), "w", encoding="utf-8").close()
        description = {"kind": "npm", "bin": os.path.join(top, "bin")}
        paths = set(
            server_images.files_below(server_images.folders_of("server-1", description))
        )
        libraries = server_images.linked_libraries(["/bin/sh", os.path.join(top, "bin/server")])
        self.assertTrue(any(re.search(r"/libc\.so\.6$", path) for path in libraries))
        image = io.BytesIO()
        server_images.write_tar(image, paths, libraries)
        image.seek(0)
        with tarfile.open(fileobj=image) as tar:
            names = tar.getnames()
            self.assertTrue(tar.getmember("bin/sh").isfile())
            self.assertTrue(tar.getmember(top.lstrip("/") + "/lib/lib.so.6").issym())
            for library in libraries:
                self.assertTrue(tar.getmember(library.lstrip("/")).isfile())
        self.assertIn(top.lstrip("/") + "/bin/server", names)
        self.assertFalse([name for name in names if "bitcode" in name])
        self.assertEqual(
            "localhost/siphon-test-server-1:1.2", server_images.image_name("server-1", "1.2")
        )

    def package(self, files):
        """A .deb with these files, all of them executable."""
        source = os.path.join(self.cache, "source")
        os.makedirs(source + "/DEBIAN")
        with open(source + "/DEBIAN/control", "w", encoding="utf-8") as file:
            file.write("Package: p\nVersion: 1.2-3\nArchitecture: all\nMaintainer: m\n"
                       "Description: d\n")
        for path, text in files:
            os.makedirs(os.path.dirname(os.path.join(source, path)), exist_ok=True)
            with open(os.path.join(source, path), "w", encoding="utf-8") as file:
                file.write(text)
            os.chmod(os.path.join(source, path), 0o755)
        deb = os.path.join(self.cache, "p.deb")
        subprocess.run(["dpkg-deb", "--build", source, deb], check=True, stdout=subprocess.DEVNULL)
        return deb

    def test_unpacks_only_what_is_kept_of_a_package_without_programs(self):
        deb = self.package([("usr/share/p/t/%s" % name, "x") for name in ("a.test", "a.result")])
        entry = {"version": "1.2", "kind": "deb", "bin": "root/usr/share/p", "programs": {},
                 "packages": {"p": {"version": "1.2-3", "sha256": "0"}}, "keep": ["./usr/*.test"]}
        self.assertFalse(servers.present("p-1", entry, self.cache))
        download, servers.server_debs.download = servers.server_debs.download, lambda *_: [deb]
        try:
            servers.install_deb("p-1", entry, self.cache, None)
        finally:
            servers.server_debs.download = download
        self.assertTrue(servers.present("p-1", entry, self.cache))
        described = servers.describe("p-1", entry, self.cache)
        self.assertEqual(["a.test"], os.listdir(os.path.join(described["bin"], "t")))
        # Other files are another pin.
        entry["keep"] = ["./usr/*.result"]
        self.assertFalse(servers.present("p-1", entry, self.cache))

    def test_unpacks_packages_with_a_wrapper_that_uses_their_libraries(self):
        loader = "#!/bin/sh\necho \"loader $*\"\n"
        deb = self.package([("lib/x86_64-linux-gnu/ld-linux-x86-64.so.2", loader),
                            ("usr/sbin/server", "x"), ("usr/share/doc/p/copyright", "x")])
        target = os.path.join(self.cache, "target")
        servers.server_debs.unpack([deb], target, {"server": "usr/sbin/server"})
        said = subprocess.run([target + "/bin/server", "--version"], check=True,
                              stdout=subprocess.PIPE, universal_newlines=True).stdout
        root = target + "/root"
        self.assertEqual("loader --library-path %s/lib/x86_64-linux-gnu %s/usr/sbin/server --version\n"
                         % (root, root), said)
        self.assertFalse(os.path.exists(root + "/usr/share/doc"))
        with self.assertRaisesRegex(SystemExit, "do not contain usr/sbin/other"):
            servers.server_debs.unpack([deb], target + "2", {"other": "usr/sbin/other"})

    def test_every_entry_is_complete(self):
        for name, entry in pins.load_servers().items():
            with self.subTest(server=name):
                series = name.rpartition("-")[2]
                self.assertTrue((entry["version"] + ".").startswith(series + "."))
                if "program" in entry:
                    self.assertTrue(entry["program"].startswith(entry["bin"] + "/"))
                self.assertTrue(entry["licence"])
                if entry["kind"] == "npm":
                    self.assertRegex(entry["integrity"], r"^sha512-[A-Za-z0-9+/]{86}==$")
                    self.assertTrue(entry["release"].startswith(entry["version"]))
                elif entry["kind"] == "deb":
                    if "program" in entry:
                        self.assertIn(os.path.basename(entry["program"]), entry["programs"])
                    self.assertLessEqual(set(entry.get("alone", [])), set(entry["packages"]))
                    for package in entry["packages"].values():
                        self.assertRegex(package["sha256"], "^[0-9a-f]{64}$")
                        self.assertEqual(
                            entry["version"], pins.upstream_part(package["version"])
                        )
                else:
                    self.assertEqual("debian", entry["kind"])
                    self.assertTrue(entry["package"])


if __name__ == "__main__":
    unittest.main()
