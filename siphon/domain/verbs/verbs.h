// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_VERBS_VERBS_H_
#define SIPHON_DOMAIN_VERBS_VERBS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

// What a verb is asked to do and what it tells: the words that presentation, application and
// drivers share.
namespace siphon::verbs {

// What becomes of the accounts in whose name views, routines, triggers and events run.
enum class Definer {
  kKeep,
  kStrip,   // Nobody is named: who runs the definition is it.
  kCurrent  // It says "who runs this definition".
};

struct BackupOptions {
  // Names or the engine's patterns; empty `tables` is all. A name that matches nothing is an error.
  std::vector<std::string> tables;
  std::vector<std::string> exclude_tables;
  std::vector<std::string> exclude_data;  // The table's definition without its rows.
  bool schema_only = false;
  bool data_only = false;
  bool no_owner = false;  // Leave out who owns what.
  bool no_acl = false;    // Leave out grants.
  bool with_globals =
      false;               // Keep what stands outside the database (roles, tablespaces) beside it.
  bool checksums = false;  // Record the engine's own checksum of each table's rows.
  Definer definer = Definer::kKeep;
  // The body is for another engine of the same family, of this name ("mariadb"): what means nothing
  // there is left out, where the body could not be read there. Empty: for the same engine.
  std::string crossing_to;
  int jobs = 1;
  // The level that the user asked for, 0 (none) to 9; for a driver whose format compresses itself.
  int compression = 1;
  std::string format;  // Empty: the driver's choice for these options.
};

struct RestoreOptions {
  // Empty: all. Names or patterns as in BackupOptions; what the dump does not hold is an error.
  std::vector<std::string> tables;
  bool schema_only = false;
  bool data_only = false;
  bool clean = false;  // Replace what is there; without it a target that is not empty is refused.
  bool no_owner = false;
  bool no_acl = false;
  bool with_globals = false;  // Also what `attachments` hold of roles and tablespaces.
  // All or nothing, in one transaction. Unset: the driver's choice, which is yes where it can.
  std::optional<bool> single_transaction;
  // Load into the target itself, where a driver would otherwise load beside it and swap: a failure
  // leaves a part of it (errs::Code::kPartial).
  bool in_place = false;
  Definer definer = Definer::kKeep;
  // The body is of another engine of the same family, of this name; and what of it is left out, in
  // the words of driver::Crossing::leave_out.
  std::string crossing_from;
  std::vector<std::string> leave_out;
  std::string create;  // Restore into a new database of this name; empty: the profile's own.
  int jobs = 1;
  // The dump's attachments (dumps::Contents), filled in by the application.
  std::map<std::string, std::string> attachments;
};

struct InspectOptions {
  bool exact = false;      // Count rows instead of estimating where the two differ in cost.
  bool checksums = false;  // Also fill TableSchema::checksum.
};

struct TableSchema {
  std::string name;  // With its schema where the engine has such: "public.orders".
  // "table", "partitioned table", "view", "materialized view", "foreign table", "virtual".
  std::string kind;
  int64_t rows = 0;
  bool rows_exact = false;
  int64_t bytes = 0;  // Without indexes.
  int64_t index_bytes = 0;
  int indexes = 0;
  std::string checksum = {};  // As dumps::TableInfo has it.
};

struct Schema {
  std::string engine;                                           // "sqlite".
  std::string engine_version;                                   // "3.46.1".
  int64_t bytes = 0;                                            // The database's size on disk.
  std::vector<TableSchema> tables;                              // Sorted by name.
  std::vector<std::pair<std::string, std::string>> properties;  // "encoding" → "UTF-8", ...
};

// What reading a body to its end told.
struct VerifyReport {
  std::string checksum;  // "sha256:..." of the body's bytes.
  std::string format;    // "image", "sql", ...
  uint64_t bytes = 0;
};

}  // namespace siphon::verbs

#endif  // SIPHON_DOMAIN_VERBS_VERBS_H_
