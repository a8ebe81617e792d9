#!/bin/sh
# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
#
# Makes SQLite's amalgamation from its source tree: the targets `target_source` and
# `sqlite3.c` of upstream's main.mk, without make and configure. Needs tclsh.
#
# usage: amalgamate.sh MANIFEST LEMON MKKEYWORDHASH MKSOURCEID OUT_C OUT_H
set -eu

root=$PWD
top=$root/$(dirname "$1")
lemon=$root/$2
mkkeywordhash=$root/$3
mksourceid=$root/$4
out_c=$root/$5
out_h=$root/$6

command -v tclsh >/dev/null || {
  echo "amalgamate.sh: tclsh is missing; ./tools/deps installs it" >&2
  exit 1
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

cp "$top/tool/lempar.c" .
cp "$top/src/parse.y" "$top/ext/fts5/fts5parse.y" .
chmod u+w ./*
"$lemon" -s parse.y >/dev/null
"$lemon" fts5parse.y
cat parse.h "$top/src/vdbe.c" | tclsh "$top/tool/mkopcodeh.tcl" >opcodes.h
tclsh "$top/tool/mkopcodec.tcl" opcodes.h >opcodes.c
"$mkkeywordhash" >keywordhash.h
cp "$mksourceid" mksourceid
tclsh "$top/tool/mksqlite3h.tcl" "$top" >sqlite3.h
tclsh "$top/ext/fts5/tool/mkfts5c.tcl"

mkdir tsrc
for dir in src ext/fts3 ext/icu ext/rbu ext/rtree ext/session ext/userauth; do
  cp "$top/$dir"/*.[ch] tsrc
done
cp "$top/ext/misc/stmt.c" "$top/ext/fts5/fts5.h" tsrc
cp fts5.c keywordhash.h opcodes.c opcodes.h parse.c parse.h sqlite3.h tsrc
chmod u+w tsrc/*
tclsh "$top/tool/vdbe-compress.tcl" <"$top/src/vdbe.c" >tsrc/vdbe.c
tclsh "$top/tool/mksqlite3c.tcl"
cp sqlite3.c "$out_c"
cp sqlite3.h "$out_h"
