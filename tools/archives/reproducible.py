# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
"""Archives whose bytes depend on their content only: tar, gzip, ar.

No user, host, time of day, umask, order of a folder or locale enters them.
"""

import collections
import gzip
import io
import tarfile

# A file (content is bytes), a folder (None) or a symbolic link (its target, a str).
Entry = collections.namedtuple("Entry", "path content mode user group")


def entry(path, content, mode=None, user=(0, "root"), group=(0, "root")):
    """An entry; `mode` is 0644 for a file and 0755 for a folder unless it is given."""
    if mode is None:
        mode = 0o644 if isinstance(content, bytes) else 0o777 if content else 0o755
    return Entry(path.strip("/"), content, mode, user, group)


def with_folders(entries):
    """The entries in the order of their paths, with every missing folder, root's and 0755."""
    known = {one.path: one for one in entries}
    if len(known) != len(entries):
        raise ValueError("two entries have the same path")
    for one in entries:
        parts = one.path.split("/")[:-1]
        for count in range(1, len(parts) + 1):
            folder = "/".join(parts[:count])
            known.setdefault(folder, entry(folder, None))
    return [known[path] for path in sorted(known, key=lambda path: path.split("/"))]


def tar(entries, seconds, prefix=""):
    """A tar archive (ustar) of the entries in this order; `seconds` is the time of each."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for one in entries:
            info = tarfile.TarInfo(prefix + one.path)
            info.mtime = seconds
            info.mode = one.mode
            info.uid, info.uname = one.user
            info.gid, info.gname = one.group
            if one.content is None:
                info.type = tarfile.DIRTYPE
                archive.addfile(info)
            elif isinstance(one.content, str):
                info.type = tarfile.SYMTYPE
                info.linkname = one.content
                archive.addfile(info)
            else:
                info.size = len(one.content)
                archive.addfile(info, io.BytesIO(one.content))
    return buffer.getvalue()


def compress(content):
    """The content as gzip, without name and time."""
    buffer = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=buffer, compresslevel=9, mtime=0) as file:
        file.write(content)
    return buffer.getvalue()


def ar(members, seconds):
    """An ar archive of (name, content) pairs, as dpkg-deb writes it."""
    parts = [b"!<arch>\n"]
    for name, content in members:
        head = (name.encode(), seconds, 0, 0, 0o100644, len(content))
        parts.append(b"%-16s%-12d%-6d%-6d%-8o%-10d`\n" % head)
        parts.append(content)
        if len(content) % 2:
            parts.append(b"\n")
    return b"".join(parts)
