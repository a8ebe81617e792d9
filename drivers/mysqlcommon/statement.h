// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_STATEMENT_H_
#define DRIVERS_MYSQLCOMMON_STATEMENT_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "siphon/domain/verbs/verbs.h"

namespace siphon::mysqlcommon {

// What a statement of a dump is about, as far as a loader must know it.
struct Statement {
  enum class Kind {
    kOther,
    kSet,          // Of the session.
    kSetGlobal,    // Of the server, or of what it writes to its binary log.
    kUse,          // name: the database.
    kDatabase,     // CREATE, ALTER, DROP DATABASE. name: the database.
    kLock,         // LOCK TABLES, UNLOCK TABLES, FLUSH.
    kTransaction,  // START TRANSACTION, COMMIT, ...
    kTable,        // CREATE TABLE
    kDropTable,    // Of one table, or of several, where name is the first.
    kKeys,         // ALTER TABLE ... DISABLE KEYS, ENABLE KEYS
    kAlterTable,
    kIndex,  // CREATE INDEX; name: the table.
    kRows,   // INSERT, REPLACE
    kSequence,
    kSetval,         // The position of a sequence.
    kAlterSequence,  // The same, of one that was just made: it commits.
    kView,
    kRoutine,  // Procedures, functions, packages.
    kTrigger,
    kEvent,
    kDropView,
    kDropOther  // Of a routine, trigger or event.
  };
  Kind kind = Kind::kOther;
  std::string schema;  // Where the name has one.
  std::string name;
  std::string table;  // A trigger's.
};

// Reads a statement's beginning. Takes any bytes.
Statement Classify(std::string_view sql);

// The rows of an INSERT ... VALUES, counted without parsing what they hold; -1 when it has no such
// list. Takes any bytes.
int64_t CountRows(std::string_view insert);

// The account in a CREATE statement's "DEFINER=", as it stands there; empty where it names none.
std::string_view DefinerOf(std::string_view create);

// `create` with another definer: `definer` as in "CURRENT_USER", or none where it is empty. What
// has none stays as it is.
std::string WithDefiner(std::string_view create, std::string_view definer);

// As the options of a verb want it: `definer`, or with `no_owner` no definer where that is kKeep.
std::string WithOwner(std::string_view create, bool no_owner, verbs::Definer definer);

// `sql` without the qualification by this database: `db`.`t` becomes `t`. Only quoted names count,
// as the server writes them.
std::string WithoutDatabase(std::string_view sql, std::string_view database);

// True for a CREATE TRIGGER statement that names neither a database nor, by FOLLOWS or PRECEDES,
// another trigger: it can be given again as it stands, wherever.
bool IsPlainTrigger(std::string_view create);

// What a CREATE TRIGGER statement does: everything behind FOR EACH ROW and its FOLLOWS or PRECEDES.
// Empty when it is none.
std::string_view TriggerBody(std::string_view create);

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_STATEMENT_H_
