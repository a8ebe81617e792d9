// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_SERVER_FACTS_H_
#define DRIVERS_MYSQLCOMMON_SERVER_FACTS_H_

#include <string_view>

#include "drivers/mysqlcommon/fork.h"
#include "siphon/driver/version.h"

namespace siphon::mysqlcommon {

// The oldest MySQL that siphon supports: the first general release of 8.0.
inline constexpr driver::Version kOldestMysql{8, 0, 11};

// SQL that siphon uses and that only some servers accept.
enum class Feature {
  kShowMasterStatus,
  kShowBinaryLogStatus,
  kServerUuid,
  kStatsExpiry,
  kMaxExecutionTime,
  kMaxStatementTime,
  kShowGeneratedKeys,
  kGenerateKeys,
  kRestrictForeignKeys,
  kCheckConstraintChecks,
  kCurrentRole,
  kSetRole,
  kGenerationExpression,
  kFullCollationName,
  kBinlogGtidPos,
  kSystemTime,
  kDeleteHistory,
  kInsertHistory,
  kSequences,
  kRestartSequence,
  kSetval,
  kPackages,
};

// The versions of one fork that accept a feature.
struct ServerFact {
  enum class Kind { kStatement, kVariable, kColumn, kFunction };

  Feature feature;
  const Fork* fork;
  Kind kind;
  // The words of the SQL that need the feature, in upper case.
  std::string_view spelling;
  driver::Version since;  // The first version that accepts it.
  driver::Version until;  // The first version that no longer does; 0.0.0 where all later ones do.
  // Section of the fork's reference manual. Numbers of sections are those of MySQL 8.4's manual
  // unless another version is named; MariaDB's manual has none.
  std::string_view source;
};

// The only place that says which version of a server accepts what. A feature that a fork never had
// has no line for that fork. testing/versions/mysql_versions_test.cc holds every statement that
// siphon sends against this table.
inline constexpr ServerFact kServerFacts[] = {
    {Feature::kShowMasterStatus,
     &kMysql,
     ServerFact::Kind::kStatement,
     "SHOW MASTER STATUS",
     {},
     {8, 4, 0},
     "15.7.7.24 SHOW MASTER STATUS Statement (no longer supported)"},
    {Feature::kShowBinaryLogStatus,
     &kMysql,
     ServerFact::Kind::kStatement,
     "SHOW BINARY LOG STATUS",
     {8, 2, 0},
     {},
     "15.7.7.1 SHOW BINARY LOG STATUS Statement"},
    {Feature::kServerUuid,
     &kMysql,
     ServerFact::Kind::kVariable,
     "SERVER_UUID",
     {5, 6, 0},
     {},
     "19.1.6 Replication and Binary Logging Options and Variables"},
    {Feature::kStatsExpiry,
     &kMysql,
     ServerFact::Kind::kVariable,
     "INFORMATION_SCHEMA_STATS_EXPIRY",
     {8, 0, 3},
     {},
     "7.1.8 Server System Variables"},
    {Feature::kMaxExecutionTime,
     &kMysql,
     ServerFact::Kind::kVariable,
     "MAX_EXECUTION_TIME",
     {5, 7, 8},
     {},
     "7.1.8 Server System Variables"},
    {Feature::kMaxStatementTime,
     &kMariadb,
     ServerFact::Kind::kVariable,
     "MAX_STATEMENT_TIME",
     {10, 1, 1},
     {},
     "Server System Variables"},
    {Feature::kShowGeneratedKeys,
     &kMysql,
     ServerFact::Kind::kVariable,
     "SHOW_GIPK_IN_CREATE_TABLE_AND_INFORMATION_SCHEMA",
     {8, 0, 30},
     {},
     "15.1.20.11 Generated Invisible Primary Keys"},
    {Feature::kGenerateKeys,
     &kMysql,
     ServerFact::Kind::kVariable,
     "SQL_GENERATE_INVISIBLE_PRIMARY_KEY",
     {8, 0, 30},
     {},
     "15.1.20.11 Generated Invisible Primary Keys"},
    {Feature::kRestrictForeignKeys,
     &kMysql,
     ServerFact::Kind::kVariable,
     "RESTRICT_FK_ON_NON_STANDARD_KEY",
     {8, 4, 0},
     {},
     "7.1.8 Server System Variables"},
    {Feature::kCheckConstraintChecks,
     &kMariadb,
     ServerFact::Kind::kVariable,
     "CHECK_CONSTRAINT_CHECKS",
     {10, 2, 1},
     {},
     "Server System Variables"},
    {Feature::kCurrentRole,
     &kMysql,
     ServerFact::Kind::kFunction,
     "CURRENT_ROLE",
     {8, 0, 0},
     {},
     "14.15 Information Functions"},
    {Feature::kCurrentRole,
     &kMariadb,
     ServerFact::Kind::kFunction,
     "CURRENT_ROLE",
     {10, 0, 5},
     {},
     "CURRENT_ROLE"},
    {Feature::kSetRole,
     &kMysql,
     ServerFact::Kind::kStatement,
     "SET ROLE",
     {8, 0, 0},
     {},
     "15.7.1.11 SET ROLE Statement"},
    {Feature::kSetRole,
     &kMariadb,
     ServerFact::Kind::kStatement,
     "SET ROLE",
     {10, 0, 5},
     {},
     "SET ROLE"},
    {Feature::kGenerationExpression,
     &kMysql,
     ServerFact::Kind::kColumn,
     "GENERATION_EXPRESSION",
     {5, 7, 6},
     {},
     "28.3.8 The INFORMATION_SCHEMA COLUMNS Table"},
    {Feature::kGenerationExpression,
     &kMariadb,
     ServerFact::Kind::kColumn,
     "GENERATION_EXPRESSION",
     {10, 2, 5},
     {},
     "Information Schema COLUMNS Table"},
    {Feature::kFullCollationName,
     &kMariadb,
     ServerFact::Kind::kColumn,
     "FULL_COLLATION_NAME",
     {10, 10, 1},
     {},
     "Information Schema COLLATION_CHARACTER_SET_APPLICABILITY Table"},
    {Feature::kBinlogGtidPos,
     &kMariadb,
     ServerFact::Kind::kFunction,
     "BINLOG_GTID_POS",
     {10, 0, 2},
     {},
     "BINLOG_GTID_POS"},
    {Feature::kSystemTime,
     &kMariadb,
     ServerFact::Kind::kStatement,
     "FOR SYSTEM_TIME",
     {10, 3, 4},
     {},
     "System-Versioned Tables"},
    {Feature::kDeleteHistory,
     &kMariadb,
     ServerFact::Kind::kStatement,
     "DELETE HISTORY",
     {10, 3, 4},
     {},
     "System-Versioned Tables"},
    {Feature::kInsertHistory,
     &kMariadb,
     ServerFact::Kind::kVariable,
     "SYSTEM_VERSIONING_INSERT_HISTORY",
     {10, 11, 0},
     {},
     "System-Versioned Tables"},
    {Feature::kSequences,
     &kMariadb,
     ServerFact::Kind::kStatement,
     "SEQUENCE",
     {10, 3, 1},
     {},
     "CREATE SEQUENCE"},
    {Feature::kRestartSequence,
     &kMariadb,
     ServerFact::Kind::kStatement,
     "RESTART WITH",
     {10, 3, 1},
     {},
     "ALTER SEQUENCE"},
    {Feature::kSetval, &kMariadb, ServerFact::Kind::kFunction, "SETVAL", {10, 3, 1}, {}, "SETVAL"},
    {Feature::kPackages,
     &kMariadb,
     ServerFact::Kind::kStatement,
     "PACKAGE",
     {10, 3, 5},
     {},
     "CREATE PACKAGE"},
};

// True when a server of this fork and version accepts what the line describes.
constexpr bool Accepts(const ServerFact& fact, const Fork& fork, const driver::Version& version) {
  return fact.fork->mariadb == fork.mariadb && version >= fact.since &&
         (fact.until == driver::Version{} || version < fact.until);
}

// True when a server of this fork and version accepts the feature.
constexpr bool Accepts(const Fork& fork, const driver::Version& version, Feature feature) {
  for (const ServerFact& fact : kServerFacts) {
    if (fact.feature == feature && Accepts(fact, fork, version)) return true;
  }
  return false;
}

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_SERVER_FACTS_H_
