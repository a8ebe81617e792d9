#!/usr/bin/env python3
# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
"""The shipped binary is a fully static, stripped ELF program.

usage: binary_test.py BINARY static|sanitized
"""

import struct
import sys

PT_DYNAMIC, PT_INTERP = 2, 3
SHT_SYMTAB = 2


def headers(image):
    """The types of the program headers and of the sections."""
    if image[:6] != b"\x7fELF\x02\x01":
        raise SystemExit("no 64-bit little-endian ELF file")
    phoff, shoff = struct.unpack_from("<QQ", image, 32)
    phsize, phnum, shsize, shnum = struct.unpack_from("<HHHH", image, 54)
    programs = [struct.unpack_from("<I", image, phoff + i * phsize)[0] for i in range(phnum)]
    sections = [struct.unpack_from("<I", image, shoff + i * shsize + 4)[0] for i in range(shnum)]
    return programs, sections


def main():
    path, kind = sys.argv[1:]
    with open(path, "rb") as file:
        image = file.read()
    programs, sections = headers(image)
    print("%s: %d bytes" % (path, len(image)))
    if kind == "sanitized":
        return 0
    wrong = []
    if PT_INTERP in programs or PT_DYNAMIC in programs:
        wrong.append("it needs the dynamic linker: a host library would enter it at run time")
    if SHT_SYMTAB in sections:
        wrong.append("it is not stripped")
    for text in wrong:
        print(text)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
