// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_REGRESSION_MYSQL_TEST_SCRIPT_H_
#define TESTING_REGRESSION_MYSQL_TEST_SCRIPT_H_

#include <string>
#include <string_view>
#include <vector>

namespace siphon::testing {

// The statements that fill a database, from a script of MariaDB's own tests (a ".test" file, in the
// language of mariadb-test, "mysqltest" in MariaDB's documentation), in their order and without
// delimiters. Such a script drops the objects that it creates; here they stay (see below).
//
// The parser knows these parts of the language: comments ("#", "--" and a word that is no command),
// "delimiter", commands of one line ("--echo") and up to the delimiter ("let $x= 1;"), here
// documents ("--perl", "write_file"), blocks of "if" and "while", "exit" and "skip". It leaves out
// commands, blocks (because their conditions are not known here), statements that need a variable
// ("eval"), included files ("source"), and statements of other connections than the first one.
//
// These statements stay: CREATE, ALTER, INSERT, REPLACE, UPDATE, DELETE with a condition, CALL,
// RENAME and SET, unless they are about databases, users, servers, temporary tables, tablespaces,
// limits or transactions. Others of them may still reach beyond the database, so run them as a user
// who has rights on this database only.
//
// "DROP TABLE t", or of a view, becomes "RENAME TABLE t TO t__1", so that the script can make the
// next "t". A trigger, routine, event or sequence that is dropped stays; the next one of its name
// is created as "name__1".
std::vector<std::string> FillingStatements(std::string_view script);

}  // namespace siphon::testing

#endif  // TESTING_REGRESSION_MYSQL_TEST_SCRIPT_H_
