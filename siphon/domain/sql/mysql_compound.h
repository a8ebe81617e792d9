// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_SQL_MYSQL_COMPOUND_H_
#define SIPHON_DOMAIN_SQL_MYSQL_COMPOUND_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace siphon::sql {

// Follows the tokens of a statement of MySQL or MariaDB and tells which ";" are inside a compound
// statement (MySQL's manual, "Compound Statements"; MariaDB's, "Programmatic and Compound
// Statements"): the body of a procedure, function, trigger or event, a package of MariaDB, or a
// block outside of one. Also knows the syntax of MariaDB's sql_mode=ORACLE, in every mode, because
// its additions are errors in the others.
//
// Most of its keywords are not reserved: BEGIN and END may be names of columns, IF and REPEAT are
// functions, too. So a keyword counts only where a statement of a body begins. The exceptions are
// CASE, which is reserved, and the END of a CASE expression or of REPEAT, which follows an operand.
class CompoundTracker {
 public:
  // True if a statement that begins with this word, in lower case, can be compound.
  static bool MayBegin(std::string_view word);

  // A word that is not quoted, in lower case; a long one may be cut.
  void Word(std::string_view word);
  // A string or a quoted name.
  void Quoted();
  // Another byte; no space, comment or ";". `next` is the byte after it.
  void Sign(char sign, char next);
  // A ";". True if it ends the whole statement.
  bool Semicolon();

 private:
  enum class Phase {
    kStart,   // Nothing was read.
    kBegin,   // After BEGIN: a transaction, or a block (NOT ATOMIC; in Oracle's mode a statement).
    kCreate,  // After CREATE or ALTER, before the kind of object.
    kHead,    // Before the body.
    kAs,      // After AS or IS: declarations and a block, or the body as a string (MySQL).
    kBody,    // The body may be one statement without blocks.
    kPlain,   // The statement has no body.
  };
  enum class Program { kRoutine, kPackage, kTrigger, kEvent };
  enum class Block {
    kDeclarations,  // Of a package, or before the BEGIN of a block in Oracle's mode.
    kBegin,
    kIf,
    kCase,
    kLoop,
    kWhile,
    kRepeat,
    kFor,
    kCaseExpression
  };
  struct OpenBlock {
    Block block;
    size_t parentheses;
    // In the condition: kWhile, kFor: before DO; kRepeat: after UNTIL.
    bool condition;
  };

  void Start(std::string_view word);
  void Begin(std::string_view word);
  void Create(std::string_view word);
  void Head(std::string_view word);
  void PackageHead(std::string_view word);
  void As(std::string_view word);
  void Body(std::string_view word);
  void BeginRoutine(std::string_view word);
  void BeginDeclaration(std::string_view word);
  void BeginStatement(std::string_view word);
  void Open(Block block, bool statement_begins, bool condition = false);
  bool IsInside(Block block) const { return !open_.empty() && open_.back().block == block; }
  // True if END ends the innermost block here, where no statement begins.
  bool EndsExpression() const;

  Phase phase_ = Phase::kStart;
  Program program_ = Program::kRoutine;
  std::vector<OpenBlock> open_;
  // The previous token: a word, a sign, or "?" for a quoted text.
  std::string previous_;
  size_t parentheses_ = 0;
  // kHead: the body may follow: after the parameters, or FOR EACH ROW.
  bool ready_ = false;
  // kHead: the type of a function was announced, by RETURNS, or by RETURN in Oracle's mode. A later
  // RETURN begins the body.
  bool typed_ = false;
  bool type_follows_ = false;      // The next word is the type.
  bool statement_begins_ = false;  // The next word is the first one of a statement in the body.
  bool label_ = false;             // The previous token is a label if ":" follows.
  bool oracle_label_ = false;      // Inside "<<name>>", where a statement begins.
  bool handler_ = false;           // After DECLARE ... HANDLER FOR, before its statement.
};

}  // namespace siphon::sql

#endif  // SIPHON_DOMAIN_SQL_MYSQL_COMPOUND_H_
