#!/bin/sh
# Copyright 2026 The siphon Authors
# SPDX-License-Identifier: Apache-2.0
#
# Runs PostgreSQL's own regression tests, those of version 18, on a server of version 14 or newer.
# They leave a database "regression" behind that has objects of nearly every kind. An older server
# refuses the statements that it does not know, and has the other objects.
#
# usage: make_regression_database.sh POSTGRESQL BINDIR WORK SCHEDULE [OPTION OF pg_regress]...
#
#   POSTGRESQL  what @postgresql gives: external/postgresql in the runfiles of a test that has
#               this program in its data
#   BINDIR      the folder of a psql; Debian's 15 will do
#   WORK        a folder that this program makes, and in which the server can read and write
#   SCHEDULE    the file that names the tests, in the format of PostgreSQL's parallel_schedule;
#               "all" for that file itself
#   OPTION      --host=, --port= and --user= of a superuser; PGPASSWORD is passed on
#
# The server needs max_connections of 20 or more. Some tests differ with another psql, another
# locale or without ICU, XML, LZ4; that is no failure here. It is one if the server crashed or, on
# 18, the database is not whole; of older servers the caller must count the objects. All tests leave
# 1578 relations on 18, in 30 seconds on the server of the test suites.
set -eu
postgresql=$1
bindir=$2
work=$3
schedule=$4
shift 4

fail() {
  echo "make_regression_database: $*" >&2
  exit 1
}
test -x "$bindir/psql" || fail "no psql in $bindir"

mkdir "$work" "$work/lib" "$work/out"
cp -rL "$postgresql/src/test/regress" "$work/in"
cp -L "$postgresql/pg_regress" "$postgresql"/regress/*.so "$work/lib"
chmod -R u+w "$work"

# Tests of bugs that 18.6 has fixed: they crash an older server, or leave a rule behind that
# no dump of it can restore.
sed -i '/^CREATE FUNCTION sqljson_mystr_in/,/^DROP TYPE sqljson_mystr CASCADE;/d' \
  "$work/in/sql/sqljson.sql"
sed -i '/satisfies_hash_partition.*VARIADIC NULL/d' "$work/in/sql/hash_part.sql"
sed -i '/RENAME TO "_RETURN"; -- also disallowed/d' "$work/in/sql/rules.sql"
# Servers before 17 create this materialized view over a transition table, and then cannot print its
# definition ("unrecognized RTE kind: 7"), which ends pg_dump of every version.
sed -i '/create materialized view transition_test_mv/d' "$work/in/sql/triggers.sql"
# A test of psql's pipelines, which are new in psql 18: an older psql hangs in it.
[ "$schedule" != all ] || schedule=$work/in/parallel_schedule
sed 's/ psql_pipeline / /' "$schedule" >"$work/schedule"
chmod -R a+rwX "$work"
version=$("$bindir/psql" -X -At "$@" --dbname=postgres --command='SHOW server_version_num')

# Its exit code says only whether all tests printed what they should.
"$work/lib/pg_regress" --inputdir="$work/in" --outputdir="$work/out" --dlpath="$work/lib" \
  --bindir="$bindir" --schedule="$work/schedule" \
  --max-concurrent-tests=20 --max-connections=10 "$@" >"$work/log" 2>&1 || true

tail -n 4 "$work/log"
grep -q '^1\.\.[0-9]*$' "$work/log" || fail "pg_regress did not come to its end; see $work/log"
# psql ends with 2 when it lost its server.
if grep -q 'exited with exit code 2' "$work/log"; then
  fail "the server crashed; see $work/log and the server's log"
fi
# Before 16 the server does not record that this cast needs another one, from text. So pg_dump of every
# version puts the two into an order in which no server restores them.
if [ "$version" -lt 160000 ]; then
  "$bindir/psql" -X -q "$@" --dbname=regression --set=ON_ERROR_STOP=1 \
    --command='DROP CAST (integer AS casttesttype)' || fail "the cast could not be dropped"
fi
# Many tests build on test_setup, and the last ones run when all others have. On older servers these
# tests print errors.
[ "$version" -ge 180000 ] || exit 0
for name in test_setup create_index oidjoins tablespace; do
  grep -qw "$name" "$work/schedule" || continue
  grep -q "^ok [0-9 ]*[-+] $name " "$work/log" || fail "test $name failed; see $work/out/regression.diffs"
done
