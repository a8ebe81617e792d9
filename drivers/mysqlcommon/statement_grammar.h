// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_STATEMENT_GRAMMAR_H_
#define DRIVERS_MYSQLCOMMON_STATEMENT_GRAMMAR_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "drivers/mysqlcommon/statement.h"
#include "drivers/mysqlcommon/statement_cursor.h"

namespace siphon::mysqlcommon {

// The grammar of the statements that a restore runs: the parts of allowed_statements.cc. Each
// function starts at the cursor's current token. It returns false and sets reason() if it refuses
// the statement.
class StatementGrammar {
 public:
  // Removes the qualifier `database` from names. Refuses a name with another qualifier.
  StatementGrammar(StatementCursor& cursor, std::string_view database, bool mariadb)
      : cursor_(cursor), database_(database), mariadb_(mariadb) {}

  // The part of a statement after its first word.
  bool Create(Statement& statement);
  bool Alter(Statement& statement);
  bool Drop(Statement& statement);
  bool Insert(Statement& statement, int64_t& rows);
  bool Setval(Statement& statement);
  bool Transaction(bool start);

  const std::string& reason() const { return reason_; }
  bool drops_function() const { return drops_function_; }

 private:
  bool Refuse(std::string reason);
  bool AtEnd();
  bool IsName();
  // "[database.]name"
  bool Name(std::string& name);
  bool SkipIfExists();

  // CREATE
  bool Account();
  bool Table(Statement& statement);
  bool TableTail();
  bool TableWordAndValue();
  bool Index(Statement& statement);
  bool Sequence(Statement& statement);
  bool SequenceWords();
  bool Routine(Statement& statement, bool function);
  bool Trigger(Statement& statement);
  bool Schedule();
  bool Body();
  // A part in parentheses, or up to the next comma or end outside of them: columns, keys,
  // expressions, partitions.
  bool Parentheses();
  bool Item();
  bool DefinitionToken();
  bool Fraction();
  bool Engine();
  bool Tablespace();
  bool Qualifier();

  bool AlterAction(Statement& statement);
  bool Row();
  bool Literal(int& depth);

  StatementCursor& cursor_;
  std::string_view database_;
  bool mariadb_;
  std::string reason_;
  bool drops_function_ = false;
};

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_STATEMENT_GRAMMAR_H_
