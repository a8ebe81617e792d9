#!/bin/sh
# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
#
# Makes SQLite's amalgamation from its source tree: the targets `.target_source` and
# `sqlite3.c` of upstream's main.mk, without make and configure. The Tcl scripts run in
# JimTcl (autosetup/jimsh0.c), which the source tree brings along.
#
# usage: amalgamate.sh MANIFEST JIMSH LEMON MKKEYWORDHASH MKSOURCEID OUT_C OUT_H
set -eu

root=$PWD
top=$root/$(dirname "$1")
jimsh=$root/$2
lemon=$root/$3
mkkeywordhash=$root/$4
mksourceid=$root/$5
out_c=$root/$6
out_h=$root/$7

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

cp "$top/tool/lempar.c" .
cp "$top/src/parse.y" "$top/ext/fts5/fts5parse.y" .
chmod u+w ./*
"$lemon" -S parse.y
"$lemon" -S fts5parse.y
cat parse.h "$top/src/vdbe.c" | "$jimsh" "$top/tool/mkopcodeh.tcl" >opcodes.h
"$jimsh" "$top/tool/mkopcodec.tcl" opcodes.h >opcodes.c
"$jimsh" "$top/tool/mkctimec.tcl" >/dev/null
"$jimsh" "$top/tool/mkpragmatab.tcl" >/dev/null
"$mkkeywordhash" >keywordhash.h
cp "$mksourceid" mksourceid
"$jimsh" "$top/tool/mksqlite3h.tcl" "$top" -o sqlite3.h
"$jimsh" "$top/ext/fts5/tool/mkfts5c.tcl"

mkdir tsrc
for dir in src ext/fts3 ext/icu ext/rbu ext/rtree ext/session; do
  cp "$top/$dir"/*.[ch] tsrc
done
cp "$top/ext/misc/stmt.c" "$top/ext/fts5/fts5.h" tsrc
cp ctime.c fts5.c keywordhash.h opcodes.c opcodes.h parse.c parse.h pragma.h sqlite3.h tsrc
chmod u+w tsrc/*
"$jimsh" "$top/tool/vdbe-compress.tcl" <"$top/src/vdbe.c" >tsrc/vdbe.c
"$jimsh" "$top/tool/mksqlite3c.tcl"
cp sqlite3.c "$out_c"
cp sqlite3.h "$out_h"
