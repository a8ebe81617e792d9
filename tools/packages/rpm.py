# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
"""Writes an RPM package whose bytes depend on its content only, without rpmbuild.

The format is the one of the RPM manual ("RPM V4 package format"): a lead, a signature header with
digests and without a signature, a header, and a payload (cpio newc, gzip).
"""

import hashlib
import os
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "archives"))
import reproducible  # pylint: disable=wrong-import-position

INT16, INT32, STRING, BIN, STRINGS, I18N = 3, 4, 6, 7, 8, 9
_ALIGN = {INT16: 2, INT32: 4}

# Tags of the signature header.
SIG_REGION, SIG_SIZE, SIG_MD5, SIG_PAYLOADSIZE = 62, 1000, 1004, 1007
SIG_SHA1, SIG_SHA256 = 269, 273
# Tags of the header.
REGION, I18NTABLE = 63, 100
NAME, VERSION, RELEASE, SUMMARY, DESCRIPTION = 1000, 1001, 1002, 1004, 1005
BUILDTIME, BUILDHOST, SIZE, VENDOR, LICENSE, GROUP, URL = 1006, 1007, 1009, 1011, 1014, 1016, 1020
OS, ARCH, POSTIN, SOURCERPM, RPMVERSION, POSTINPROG = 1021, 1022, 1024, 1044, 1064, 1086
FILESIZES, FILEMODES, FILERDEVS, FILEMTIMES, FILEDIGESTS = 1028, 1030, 1033, 1034, 1035
FILELINKTOS, FILEFLAGS, FILEUSERNAME, FILEGROUPNAME = 1036, 1037, 1039, 1040
FILEVERIFYFLAGS, FILEDEVICES, FILEINODES, FILELANGS = 1045, 1095, 1096, 1097
DIRINDEXES, BASENAMES, DIRNAMES, FILEDIGESTALGO = 1116, 1117, 1118, 5011
PROVIDENAME, PROVIDEFLAGS, PROVIDEVERSION = 1047, 1112, 1113
REQUIRENAME, REQUIREFLAGS, REQUIREVERSION = 1049, 1048, 1050
PAYLOADFORMAT, PAYLOADCOMPRESSOR, PAYLOADFLAGS = 1124, 1125, 1126
ENCODING, PAYLOADDIGEST, PAYLOADDIGESTALGO = 5062, 5092, 5093

SHA256 = 8
EQUAL = 8
# What rpm must know to read the package: LESS | EQUAL | RPMLIB.
RPMLIB = 2 | 8 | 1 << 24
FEATURES = [
    ("rpmlib(CompressedFileNames)", "3.0.4-1"),
    ("rpmlib(FileDigests)", "4.6.0-1"),
    ("rpmlib(PayloadFilesHavePrefix)", "4.0-1"),
]
DOC = 2  # RPMFILE_DOC
REGULAR, FOLDER, LINK = 0o100000, 0o040000, 0o120000


def header(region, tags):
    """A header structure; `tags` are (tag, type, value) in any order."""
    index, store = [], bytearray()
    for tag, kind, value in sorted(tags):
        while len(store) % _ALIGN.get(kind, 1):
            store += b"\0"
        count = 1 if kind == STRING else len(value)
        index.append((tag, kind, len(store), count))
        if kind == INT16:
            store += struct.pack(">%dH" % len(value), *value)
        elif kind == INT32:
            store += struct.pack(">%dI" % len(value), *value)
        elif kind == BIN:
            store += value
        elif kind == STRING:
            store += value.encode() + b"\0"
        else:
            store += b"".join(text.encode() + b"\0" for text in value)
    # The region covers the whole index; its trailer is the last entry of the store.
    entries = [(region, BIN, len(store), 16)] + index
    store += struct.pack(">IIiI", region, BIN, -16 * len(entries), 16)
    return (
        b"\x8e\xad\xe8\x01\0\0\0\0"
        + struct.pack(">II", len(entries), len(store))
        + b"".join(struct.pack(">IIII", *one) for one in entries)
        + bytes(store)
    )


def mode_of(entry):
    """The mode of an entry with its type."""
    if isinstance(entry.content, bytes):
        return REGULAR | entry.mode
    return (FOLDER if entry.content is None else LINK) | entry.mode


def content_of(entry):
    """What the payload holds of an entry: the bytes of a file, the target of a link."""
    return entry.content.encode() if isinstance(entry.content, str) else entry.content or b""


def cpio(entries, seconds):
    """The payload: a cpio archive (newc) of the entries."""
    parts = []
    members = [("./" + one.path, mode_of(one), content_of(one)) for one in entries]
    for number, (name, mode, content) in enumerate(members + [("TRAILER!!!", 0, b"")], 1):
        trailer = name == "TRAILER!!!"
        fields = (
            [0] * 13
            if trailer
            else [number, mode, 0, 0, 1, seconds, len(content), 0, 0, 0, 0, 0, 0]
        )
        fields[4] = 1
        fields[11] = len(name.encode()) + 1
        head = b"070701" + b"".join(b"%08x" % field for field in fields) + name.encode() + b"\0"
        parts += [head, b"\0" * (-len(head) % 4), content, b"\0" * (-len(content) % 4)]
    return b"".join(parts)


def file_tags(entries, seconds):
    """The tags that describe the files."""
    folders = sorted({"/" + "/".join(one.path.split("/")[:-1] + [""]) for one in entries})
    folders = [folder.replace("//", "/") for folder in folders]
    place = {folder: number for number, folder in enumerate(folders)}

    def each(make):
        return [make(one) for one in entries]

    return [
        (FILESIZES, INT32, each(lambda e: len(content_of(e)) if e.content is not None else 4096)),
        (FILEMODES, INT16, each(mode_of)),
        (FILERDEVS, INT16, each(lambda e: 0)),
        (FILEMTIMES, INT32, each(lambda e: seconds)),
        (
            FILEDIGESTS,
            STRINGS,
            each(
                lambda e: hashlib.sha256(e.content).hexdigest()
                if isinstance(e.content, bytes)
                else ""
            ),
        ),
        (FILELINKTOS, STRINGS, each(lambda e: e.content if isinstance(e.content, str) else "")),
        (FILEFLAGS, INT32, each(lambda e: DOC if "/doc/" in e.path or "/man/" in e.path else 0)),
        (FILEUSERNAME, STRINGS, each(lambda e: e.user[1])),
        (FILEGROUPNAME, STRINGS, each(lambda e: e.group[1])),
        (FILEVERIFYFLAGS, INT32, each(lambda e: 0xFFFFFFFF)),
        (FILEDEVICES, INT32, each(lambda e: 1)),
        (FILEINODES, INT32, list(range(1, len(entries) + 1))),
        (FILELANGS, STRINGS, each(lambda e: "")),
        (
            DIRINDEXES,
            INT32,
            each(lambda e: place["/" + "".join(p + "/" for p in e.path.split("/")[:-1])]),
        ),
        (BASENAMES, STRINGS, each(lambda e: e.path.split("/")[-1])),
        (DIRNAMES, STRINGS, folders),
        (FILEDIGESTALGO, INT32, [SHA256]),
    ]


def build(meta, entries, seconds):
    """The bytes of a package.

    Args:
      meta: name, version, release, architecture (rpm's name), summary, description, licence,
        vendor, postin (a script of sh).
      entries: files and folders, none of which is a folder of the system.
      seconds: the time of everything.
    """
    payload = cpio(entries, seconds)
    packed = reproducible.compress(payload)
    full = "%s-%s" % (meta["version"], meta["release"])
    provided = [meta["name"], "%s(%s)" % (meta["name"], meta["architecture"].replace("_", "-"))]
    needed = sorted([("/bin/sh", "", 0)] + [(name, need, RPMLIB) for name, need in FEATURES])
    tags = [
        (I18NTABLE, STRINGS, ["C"]),
        (NAME, STRING, meta["name"]),
        (VERSION, STRING, meta["version"]),
        (RELEASE, STRING, meta["release"]),
        (SUMMARY, I18N, [meta["summary"]]),
        (DESCRIPTION, I18N, [meta["description"]]),
        (BUILDTIME, INT32, [seconds]),
        (BUILDHOST, STRING, "reproducible"),
        (SIZE, INT32, [sum(len(content_of(one)) for one in entries)]),
        (VENDOR, STRING, meta["vendor"]),
        (LICENSE, STRING, meta["licence"]),
        (GROUP, I18N, ["Applications/Databases"]),
        (OS, STRING, "linux"),
        (ARCH, STRING, meta["architecture"]),
        (POSTIN, STRING, meta["postin"]),
        (POSTINPROG, STRING, "/bin/sh"),
        # A package with this tag is a binary package.
        (SOURCERPM, STRING, "%s-%s.src.rpm" % (meta["name"], full)),
        (RPMVERSION, STRING, "4.18.0"),
        (PROVIDENAME, STRINGS, provided),
        (PROVIDEFLAGS, INT32, [EQUAL] * len(provided)),
        (PROVIDEVERSION, STRINGS, [full] * len(provided)),
        (REQUIRENAME, STRINGS, [name for name, _, _ in needed]),
        (REQUIREVERSION, STRINGS, [version for _, version, _ in needed]),
        (REQUIREFLAGS, INT32, [flags for _, _, flags in needed]),
        (PAYLOADFORMAT, STRING, "cpio"),
        (PAYLOADCOMPRESSOR, STRING, "gzip"),
        (PAYLOADFLAGS, STRING, "9"),
        (ENCODING, STRING, "utf-8"),
        (PAYLOADDIGEST, STRINGS, [hashlib.sha256(packed).hexdigest()]),
        (PAYLOADDIGESTALGO, INT32, [SHA256]),
    ]
    main = header(REGION, tags + file_tags(entries, seconds))
    signature = header(
        SIG_REGION,
        [
            (SIG_SIZE, INT32, [len(main) + len(packed)]),
            (SIG_MD5, BIN, hashlib.md5(main + packed).digest()),
            (SIG_PAYLOADSIZE, INT32, [len(payload)]),
            (SIG_SHA1, STRING, hashlib.sha1(main).hexdigest()),
            (SIG_SHA256, STRING, hashlib.sha256(main).hexdigest()),
        ],
    )
    lead = struct.pack(
        ">4sBBhh66shh16s",
        b"\xed\xab\xee\xdb",
        3,
        0,
        0,
        1 if meta["architecture"] == "x86_64" else 19,
        ("%s-%s" % (meta["name"], full)).encode()[:65],
        1,
        5,
        b"",
    )
    return lead + signature + b"\0" * (-len(signature) % 8) + main + packed
