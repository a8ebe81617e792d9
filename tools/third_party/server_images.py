#!/usr/bin/env python3
# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
"""Makes container images of the installed servers. Run it as ./tools/servers --images.

An image holds only the files that the server's programs need: its own folders, the libraries that
they are linked with, and a shell. All files keep their paths, so that a test starts the same command
inside and outside a container. No image is pulled.
"""

import io
import os
import re
import subprocess
import tarfile

# Folders of Debian's packages besides the folder of their programs.
SHARED = {
    "postgresql": ["/usr/share/postgresql/%(series)s", "/usr/share/zoneinfo"],
}
# Not needed, and large: the JIT compiler.
LEFT_OUT = re.compile(r"/bitcode$|/llvmjit[^/]*$|/pgxs$")
PASSWD = "root:x:0:0::/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n"


def image_name(name, version):
    return "localhost/siphon-test-%s:%s" % (name, version)


def folders_of(name, description):
    """The folders of a server, from its description in test_servers.json."""
    engine, _, series = name.rpartition("-")
    folders = [os.path.dirname(description["bin"])]
    if description["kind"] == "debian":
        folders += [folder % {"series": series} for folder in SHARED[engine]]
    return folders


def files_below(folders):
    """Every file, link and folder below these folders, except those that LEFT_OUT matches."""
    for top in folders:
        yield top
        for folder, folders_here, files in os.walk(top):
            folders_here[:] = [f for f in folders_here if not LEFT_OUT.search("/" + f)]
            for name in folders_here + files:
                path = os.path.join(folder, name)
                if not LEFT_OUT.search(path):
                    yield path


def linked_libraries(paths):
    """The machine's libraries that these programs and libraries are linked with, from ldd."""
    found = set()
    for path in paths:
        with open(path, "rb") as file:
            if file.read(4) != b"\x7fELF":
                continue
        run = subprocess.run(
            ["ldd", path],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            universal_newlines=True,
            check=False,
        )
        found.update(re.findall(r"(?:=>|^\s)\s*(/\S+) \(0x", run.stdout, re.M))
    return {os.path.normpath(path) for path in found}


def write_tar(stream, paths, libraries):
    """Writes a root file system with these paths and libraries."""
    with tarfile.open(fileobj=stream, mode="w|") as tar:
        for folder in ("tmp", "dev", "proc", "sys", "bin", "etc"):
            info = tarfile.TarInfo(folder)
            info.type, info.mode = tarfile.DIRTYPE, 0o1777 if folder == "tmp" else 0o755
            tar.addfile(info)
        passwd = tarfile.TarInfo("etc/passwd")
        passwd.size, passwd.mode = len(PASSWD), 0o644
        tar.addfile(passwd, io.BytesIO(PASSWD.encode()))
        tar.add(os.path.realpath("/bin/sh"), "bin/sh")
        for path in sorted(paths):
            tar.add(path, path.lstrip("/"), recursive=False)
        for path in sorted(libraries):
            # A regular file under the name that the loader looks for; on this machine it may be a
            # link.
            tar.add(os.path.realpath(path), path.lstrip("/"))


def make_image(engine, name, description):
    """Imports the server's image; returns its name."""
    image = image_name(name, description["version"])
    paths = set(files_below(folders_of(name, description)))
    programs = [
        path
        for path in paths
        if os.path.isfile(path)
        and not os.path.islink(path)
        and (os.access(path, os.X_OK) or ".so" in os.path.basename(path))
    ]
    libraries = linked_libraries(programs + ["/bin/sh"]) - paths
    with subprocess.Popen(
        [engine, "import", "-", image], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
    ) as importer:
        try:
            write_tar(importer.stdin, paths, libraries)
        except BrokenPipeError:
            pass  # The container engine prints the reason.
        importer.stdin.close()
        if importer.wait() != 0:
            raise SystemExit("servers: `%s import` failed; see its message above" % engine)
    return image
