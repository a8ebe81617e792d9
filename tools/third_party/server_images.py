#!/usr/bin/env python3
# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
"""Makes container images of the servers that are installed here. Run ./tools/servers --images.

An image holds what the server's programs need and nothing else: its own folders, the libraries
that these are linked with, a shell. Everything has the path that it has on the machine, so that a
test starts the same command inside and outside. Nothing is pulled.
"""

import io
import os
import re
import subprocess
import tarfile

# What Debian's packages have outside of the folder of their programs.
SHARED = {
    "postgresql": ["/usr/share/postgresql/%(series)s", "/usr/share/zoneinfo"],
}
# Large, and not needed: the JIT compiler.
LEFT_OUT = re.compile(r"/bitcode$|/llvmjit[^/]*$|/pgxs$")
PASSWD = "root:x:0:0::/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n"


def image_name(name, version):
    return "localhost/siphon-test-%s:%s" % (name, version)


def folders_of(name, description):
    """The folders of a server, by what tools/servers knows of it."""
    engine, _, series = name.rpartition("-")
    folders = [os.path.dirname(description["bin"])]
    if description["kind"] == "debian":
        folders += [folder % {"series": series} for folder in SHARED[engine]]
    return folders


def files_below(folders):
    """Every file, link and folder below these, but for what is left out."""
    for top in folders:
        yield top
        for folder, folders_here, files in os.walk(top):
            folders_here[:] = [f for f in folders_here if not LEFT_OUT.search("/" + f)]
            for name in folders_here + files:
                path = os.path.join(folder, name)
                if not LEFT_OUT.search(path):
                    yield path


def linked_libraries(paths):
    """The libraries of the machine that programs and libraries are linked with, by ldd."""
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
    """A root file system with these paths and libraries."""
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
            # As a file under the name that the loader looks for, wherever that leads here.
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
            pass  # The engine says why.
        importer.stdin.close()
        if importer.wait() != 0:
            raise SystemExit("servers: `%s import` failed" % engine)
    return image
