#!/usr/bin/env python3
# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
"""A small Debian archive on the loopback, for tests that run the real apt.

The archive is not signed. It writes an apt configuration (for APT_CONFIG) that accepts unsigned
archives, names this archive only, and keeps apt's state in the archive's folder.
"""

import hashlib
import http.server
import io
import os
import subprocess
import tarfile
import threading
import urllib.parse

CONFIGURATION = """
Dir::Etc::main "/dev/null";
Dir::Etc::parts "/dev/null";
Dir::Etc::sourcelist "%(folder)s/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Dir::State "%(folder)s/state";
Dir::State::status "%(folder)s/dpkg/status";
Dir::Cache "%(folder)s/cache";
Dir::Log "%(folder)s/log";
Acquire::AllowInsecureRepositories "true";
Acquire::http::Proxy "DIRECT";
Acquire::Languages "none";
APT::Architecture "amd64";
APT::Architectures { "amd64"; };
APT::Get::AllowUnauthenticated "true";
APT::Sandbox::User "root";
"""


def tarball(top, text=""):
    """The bytes of a .tar.gz with one file in the folder `top`."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as tar:
        info = tarfile.TarInfo(top + "/README")
        info.size = len(text)
        tar.addfile(info, io.BytesIO(text.encode()))
    return data.getvalue()


def sha256(data):
    """The SHA-256 of bytes."""
    return hashlib.sha256(data).hexdigest()


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves the archive's files with its faults."""

    protocol_version = "HTTP/1.1"

    def do_HEAD(self):  # pylint: disable=invalid-name
        self.answer(head=True)

    def do_GET(self):  # pylint: disable=invalid-name
        self.answer(head=False)

    def answer(self, head):
        archive = self.server.archive
        path = urllib.parse.unquote(self.path).lstrip("/")
        archive.requests.append(path)
        for part, fault in archive.faults.items():
            if part not in path:
                continue
            if fault == "silent":
                archive.closing.wait(60)
                self.close_connection = True
                return
            data = fault if isinstance(fault, bytes) else None
            break
        else:
            data = archive.files.get(path)
        self.send_response(404 if data is None else 200)
        self.send_header("Content-Length", str(len(data or b"")))
        self.end_headers()
        if data and not head:
            self.wfile.write(data)

    def log_message(self, format, *args):  # pylint: disable=redefined-builtin
        pass


class Server(http.server.ThreadingHTTPServer):
    """A server that ignores clients that hang up."""

    daemon_threads = True

    def handle_error(self, request, client_address):
        pass


class LoopbackArchive:
    """A main archive, a security archive, and any other files, on one HTTP server.

    files   the content: {path: bytes}
    faults  {part of a path: "404", "silent" (no answer), or the bytes to send instead}
    """

    def __init__(self, folder):
        self.folder = folder
        self.files = {}
        self.faults = {}
        self.requests = []
        self.indexes = {}
        self.closing = threading.Event()
        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.archive = self
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = "http://127.0.0.1:%d/" % self.server.server_port
        for sub in ("state", "cache", "log", "dpkg"):
            os.makedirs(os.path.join(folder, sub))
        with open(os.path.join(folder, "dpkg/status"), "w", encoding="utf-8"):
            pass
        self.configuration = os.path.join(folder, "apt.conf")
        with open(self.configuration, "w", encoding="utf-8") as file:
            file.write(CONFIGURATION % {"folder": folder})
        with open(os.path.join(folder, "sources.list"), "w", encoding="utf-8") as file:
            file.write("deb %sdebian stable main\n" % self.url)
            file.write("deb %sdebian-security stable-security main\n" % self.url)
        for suite in ("stable", "stable-security", "stable-updates"):
            # apt does not keep an empty index.
            other = "Package: other\nVersion: 1-1\nArchitecture: amd64\nFilename: other\nSize: 1\n"
            self.indexes[suite] = {"Sources": [], "Packages": [other + "SHA256: %064d\n" % 0]}
            self.publish(suite)

    def close(self):
        """Stops the server and ends the requests without an answer."""
        self.closing.set()
        self.server.shutdown()
        self.server.server_close()

    def root(self, suite):
        """The folder of the archive that contains a suite."""
        return "debian-security" if suite.endswith("-security") else "debian"

    def pool(self, suite, source):
        """The pool folder of a source package."""
        prefix = source[:4] if source.startswith("lib") else source[:1]
        area = "updates/main" if suite.endswith("-security") else "main"
        return "pool/%s/%s/%s" % (area, prefix, source)

    def add_pool(self, suite, source, file, data):
        """Adds a file to the pool; returns its path."""
        path = "%s/%s/%s" % (self.root(suite), self.pool(suite, source), file)
        self.files[path] = data
        return path

    def add_source(self, suite, source, version, file, data, folder=None):
        """Adds a source package to the pool and the index."""
        dsc = ("Source: %s\nVersion: %s\n" % (source, version)).encode()
        dsc_file = "%s_%s.dsc" % (source, version)
        folder = folder or self.pool(suite, source)
        fields = [
            "Package: " + source,
            "Binary: " + source,
            "Version: " + version,
            "Architecture: any",
            "Directory: " + folder,
            "Checksums-Sha256:",
        ]
        for name, content in ((dsc_file, dsc), (file, data)):
            self.files["%s/%s/%s" % (self.root(suite), folder, name)] = content
            fields.append(" %s %d %s" % (sha256(content), len(content), name))
        self.indexes[suite]["Sources"].append("\n".join(fields) + "\n")
        self.publish(suite)

    def add_package(self, suite, package, version, depends="", source=None, files=()):
        """Builds a binary package and adds it to the pool and the index; returns its bytes."""
        tree = os.path.join(self.folder, "build", "%s_%s" % (package, version))
        os.makedirs(tree + "/DEBIAN", exist_ok=True)
        control = "Package: %s\nVersion: %s\n" % (package, version)
        control += "Architecture: amd64\nMaintainer: m\n"
        control += "Source: %s\n" % source if source else ""
        control += "Depends: %s\n" % depends if depends else ""
        control += "Description: d\n"
        with open(tree + "/DEBIAN/control", "w", encoding="utf-8") as file:
            file.write(control)
        for path, text in dict(files, **{"usr/lib/x/" + package: version}).items():
            os.makedirs(os.path.dirname(os.path.join(tree, path)), exist_ok=True)
            with open(os.path.join(tree, path), "w", encoding="utf-8") as file:
                file.write(text)
            os.chmod(os.path.join(tree, path), 0o755)
        deb = tree + ".deb"
        subprocess.run(
            ["dpkg-deb", "--root-owner-group", "--build", tree, deb],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        with open(deb, "rb") as file:
            data = file.read()
        name = "%s_%s_amd64.deb" % (package, version.split(":")[-1])
        path = self.add_pool(suite, source or package, name, data)
        self.indexes[suite]["Packages"].append(
            control
            + "Filename: %s\nSize: %d\nSHA256: %s\n"
            % (path.partition("/")[2], len(data), sha256(data))
        )
        self.publish(suite)
        return data

    def move(self, suite, name, old, new):
        """Replaces a text in a package's index entry, for example its version; not in the pool."""
        for kind, entries in self.indexes[suite].items():
            for at, entry in enumerate(entries):
                if entry.startswith("Package: %s\n" % name):
                    entries[at] = entry.replace(old, new)
            self.indexes[suite][kind] = entries
        self.publish(suite)

    def publish(self, suite):
        """Writes the index of a suite."""
        base = "%s/dists/%s" % (self.root(suite), suite)
        sums = []
        for kind, path in (("Sources", "source/Sources"), ("Packages", "binary-amd64/Packages")):
            data = "\n".join(self.indexes[suite][kind]).encode()
            self.files["%s/main/%s" % (base, path)] = data
            sums.append(" %s %d main/%s" % (sha256(data), len(data), path))
        release = [
            "Origin: Debian",
            "Label: Debian",
            "Suite: " + suite,
            "Codename: " + suite,
            "Date: Sat, 28 Nov 2026 00:00:00 UTC",
            "Architectures: amd64",
            "Components: main",
            "SHA256:",
        ]
        self.files[base + "/Release"] = "\n".join(release + sums + [""]).encode()
