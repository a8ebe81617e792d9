// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_STATEMENT_H_
#define DRIVERS_MYSQLCOMMON_STATEMENT_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "drivers/mysqlcommon/tokens.h"
#include "siphon/domain/verbs/verbs.h"

namespace siphon::mysqlcommon {

// The kind of a statement and the object that it is about, as far as a loader needs them.
struct Statement {
  enum class Kind {
    kOther,
    kSet,          // Sets session variables.
    kSetGlobal,    // Sets variables of the server, or controls its binary log.
    kUse,          // name: the database.
    kDatabase,     // CREATE, ALTER, DROP DATABASE. name: the database.
    kLock,         // LOCK TABLES, UNLOCK TABLES, FLUSH.
    kTransaction,  // START TRANSACTION, COMMIT, ...
    kTable,        // CREATE TABLE
    kDropTable,    // name: the first of the tables.
    kKeys,         // ALTER TABLE ... DISABLE KEYS, ENABLE KEYS
    kAlterTable,
    kIndex,  // CREATE INDEX; name: the table.
    kRows,   // INSERT, REPLACE
    kSequence,
    kSetval,         // Sets the position of a sequence.
    kAlterSequence,  // Sets the position of a new sequence. Commits the transaction.
    kView,
    kRoutine,  // Procedures, functions, packages.
    kTrigger,
    kEvent,
    kDropView,
    kDropOther  // Drops a routine, trigger or event.
  };
  Kind kind = Kind::kOther;
  std::string schema;  // The qualifier of the name; empty when there is none.
  std::string name;
  std::string table;  // The table of a trigger.
};

// Classifies a statement by its beginning. Accepts any bytes.
Statement Classify(std::string_view sql, const Syntax& syntax = {});

// The number of rows in an INSERT ... VALUES statement, counted without parsing the values; -1 when
// the statement has no VALUES. Accepts any bytes.
int64_t CountRows(std::string_view insert, const Syntax& syntax = {});

// The account after "DEFINER=" in a CREATE statement, as written; empty when there is none.
std::string_view DefinerOf(std::string_view create, const Syntax& syntax = {});

// `create` with its definer replaced by `definer` ("CURRENT_USER"), or removed when `definer` is
// empty. A statement without a definer is returned unchanged.
std::string WithDefiner(std::string_view create, std::string_view definer,
                        const Syntax& syntax = {});

// `create` with the definer that a verb's options ask for. `no_owner` with kKeep removes it.
std::string WithOwner(std::string_view create, bool no_owner, verbs::Definer definer,
                      const Syntax& syntax = {});

// A CREATE EVENT statement whose event is disabled, so that it does not run.
std::string DisabledEvent(std::string_view create, const Syntax& syntax = {});

// A CREATE TABLE statement without the table's next AUTO_INCREMENT value.
std::string WithoutAutoIncrement(std::string_view create);

// A CREATE TABLE statement without the names of CHECK constraints.
std::string WithoutCheckNames(std::string_view create);

// `sql` without the qualifier `database`: `db`.`t` becomes `t`. Only quoted names, as the server
// writes them, are changed.
std::string WithoutDatabase(std::string_view sql, std::string_view database);

// True if `sql` contains a name qualified by `database`, in upper or lower case: db.t, `db`.`t`. In
// the body of a routine, "db.t" may also be a column of the table `db` or a field of the variable
// `db`; the result is true for these, too.
bool QualifiesBy(std::string_view sql, std::string_view database, const Syntax& syntax = {});

// True for a CREATE TRIGGER statement that names neither a database nor another trigger (FOLLOWS,
// PRECEDES): it can be run unchanged in any database.
bool IsPlainTrigger(std::string_view create, const Syntax& syntax = {});

// The body of a CREATE TRIGGER statement: everything after FOR EACH ROW and after FOLLOWS or
// PRECEDES. Empty for other statements.
std::string_view TriggerBody(std::string_view create, const Syntax& syntax = {});

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_STATEMENT_H_
