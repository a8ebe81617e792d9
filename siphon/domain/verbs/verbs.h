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

// Options and results of the verbs (backup, restore, ...), shared by presentation, application and
// drivers.
namespace siphon::verbs {

// The definer of views, routines, triggers and events: the account with whose rights they run.
enum class Definer {
  kKeep,
  kStrip,   // No definer is written; the account that restores becomes the definer.
  kCurrent  // The definer is written as CURRENT_USER.
};

struct BackupOptions {
  // Names, or patterns of the engine; empty `tables` means all tables. A name without a match is an
  // error.
  std::vector<std::string> tables;
  std::vector<std::string> exclude_tables;
  std::vector<std::string> exclude_data;  // Tables whose rows are left out.
  bool schema_only = false;
  bool data_only = false;
  bool no_owner = false;      // Leave out ownership.
  bool no_acl = false;        // Leave out grants.
  bool with_globals = false;  // Also save roles and tablespaces, which are outside the database.
  bool checksums = false;     // Record the engine's checksum of the rows of each table.
  Definer definer = Definer::kKeep;
  // The name of another engine of the same family ("mariadb") that will read the body; parts that
  // it cannot read are left out. Empty: the same engine.
  std::string crossing_to;
  int jobs = 1;
  // The compression level, 0 (none) to 9, for a driver whose format compresses its own content.
  int compression = 1;
  std::string format;  // Empty: the driver's choice for these options.
};

struct RestoreOptions {
  // Names or patterns as in BackupOptions; empty: all. A table that the dump does not contain is an
  // error.
  std::vector<std::string> tables;
  std::vector<std::string> exclude_tables;  // `clean` leaves them as they are.
  bool schema_only = false;
  bool data_only = false;
  bool clean = false;  // Replace existing content; without it a target must be empty.
  bool no_owner = false;
  bool no_acl = false;
  bool with_globals = false;  // Also restore the roles and tablespaces in `attachments`.
  // Restore in one transaction. Unset: the driver decides, and uses one where it can.
  std::optional<bool> single_transaction;
  // Load into the target directly, where a driver otherwise loads into a scratch database and
  // swaps. A failure leaves the target incomplete (errs::Code::kPartial).
  bool in_place = false;
  // The dump is the user's own: run all of its code with the user's rights at the server, where a
  // driver otherwise gives it none (a scratch restore), and statements that a driver otherwise
  // refuses.
  bool trust = false;
  Definer definer = Definer::kKeep;
  // The name of another engine of the same family that wrote the body, and the objects to leave
  // out, as in driver::Crossing::leave_out.
  std::string crossing_from;
  std::vector<std::string> leave_out;
  // Objects to leave out, each as "KIND:NAME" with a kind of the engine: "index:public.t_a_idx". An
  // object that the dump does not contain is an error.
  std::vector<std::string> exclude_objects;
  // Schemas in which functions of the dump look for names without a schema while they are restored.
  std::vector<std::string> search_path;
  std::string create;  // Restore into a new database of this name; empty: the profile's own.
  int jobs = 1;
  // The attachments and annotations of the dump (dumps::Contents); the application fills them in.
  std::map<std::string, std::string> attachments, annotations;
};

// An object of a dump that a restore left out: one of RestoreOptions::exclude_objects, or in a
// scratch restore one that needs the rights of a superuser.
struct LeftOut {
  std::string object;      // For people: "event trigger watch".
  std::string table = {};  // Its name as in dumps::TableInfo, if it is a table.
};

struct InspectOptions {
  bool exact = false;      // Count rows, even where an estimate would be cheaper.
  bool checksums = false;  // Also fill TableSchema::checksum.
};

struct TableSchema {
  std::string name;  // With its schema, if the engine has schemas: "public.orders".
  // "table", "partitioned table", "view", "materialized view", "foreign table", "virtual".
  std::string kind;
  int64_t rows = 0;
  bool rows_exact = false;
  int64_t bytes = 0;  // Without indexes.
  int64_t index_bytes = 0;
  int indexes = 0;
  std::string checksum = {};  // As in dumps::TableInfo.
};

struct Schema {
  std::string engine;                                           // "sqlite".
  std::string engine_version;                                   // "3.46.1".
  int64_t bytes = 0;                                            // The database's size on disk.
  std::vector<TableSchema> tables;                              // Sorted by name.
  std::vector<std::pair<std::string, std::string>> properties;  // "encoding" → "UTF-8", ...
};

// The result of reading a body to its end.
struct VerifyReport {
  std::string checksum;  // "sha256:..." of the body's bytes.
  std::string format;    // "image", "sql", ...
  uint64_t bytes = 0;
};

}  // namespace siphon::verbs

#endif  // SIPHON_DOMAIN_VERBS_VERBS_H_
