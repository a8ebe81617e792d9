// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_APP_SYNC_H_
#define SIPHON_APP_SYNC_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "siphon/app/session.h"
#include "siphon/base/context.h"
#include "siphon/domain/profile/profile.h"
#include "siphon/domain/verbs/verbs.h"

namespace siphon::app {

struct SyncRequest {
  std::string from, to;                  // Names of profiles, or database URLs.
  std::vector<std::string> tables = {};  // As in verbs::BackupOptions.
  std::vector<std::string> exclude_tables = {};
  std::vector<std::string> exclude_data = {};
  bool schema_only = false;
  bool data_only = false;
  bool clean = false;
  bool no_owner = false;
  bool no_acl = false;
  std::vector<std::string> exclude_objects = {};  // As in verbs::RestoreOptions.
  std::vector<std::string> search_path = {};      // As in verbs::RestoreOptions.
  verbs::Definer definer = verbs::Definer::kKeep;
  // Between MySQL and MariaDB: copy although some objects are lost.
  bool cross_engine = false;
  bool trust = false;                                  // As in verbs::RestoreOptions.
  std::optional<profile::Tools> tools = std::nullopt;  // Overrides the profiles.
  std::optional<int> jobs = std::nullopt;  // Overrides defaults.jobs; else 1. From 1 to 64.
  bool assume_yes = false;
};

struct SyncResult {
  std::string from, to;  // The names of the profiles.
  std::string driver;
  int tables = 0;                          // The number of tables in the source.
  uint64_t bytes = 0;                      // The number of bytes copied.
  int jobs = 1;                            // The jobs that copied at once.
  std::vector<std::string> left_out = {};  // The objects, for people.
  absl::Duration elapsed;
};

// Copies a database: a backup of the source is restored into the target through a bounded pipe in
// memory; with several jobs, and if both engines have parts, each job copies parts of one snapshot
// through a pipe of its own. All or nothing, as in driver::Connection::Restore(). Options,
// privileges, objects that another engine cannot take, and a source that is the same database as
// the target are checked before the target changes.
absl::StatusOr<SyncResult> Sync(const base::Context& context, Session& session,
                                const SyncRequest& request);

}  // namespace siphon::app

#endif  // SIPHON_APP_SYNC_H_
