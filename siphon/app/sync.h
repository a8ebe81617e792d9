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
  std::string from, to;                  // Profiles' names or database URLs.
  std::vector<std::string> tables = {};  // As in verbs::BackupOptions.
  bool schema_only = false;
  bool data_only = false;
  bool clean = false;
  bool no_owner = false;
  bool no_acl = false;
  verbs::Definer definer = verbs::Definer::kKeep;
  // Between engines of one family (MySQL and MariaDB): go on without what can't go over.
  bool cross_engine = false;
  std::optional<profile::Tools> tools = std::nullopt;  // In place of what the profiles say.
  bool assume_yes = false;
};

struct SyncResult {
  std::string from, to;  // The profiles' names.
  std::string driver;
  int tables = 0;      // That the source named.
  uint64_t bytes = 0;  // That went through.
  absl::Duration elapsed;
};

// Backs the one database up into a restore of the other, through a bounded pipe in memory. The
// target is the old or the new database, whole, whatever happens; everything that can be refused is
// refused before either is touched, a source that is the target by another name among it, and what
// of a source of another engine of the same family can't go over as it is.
absl::StatusOr<SyncResult> Sync(const base::Context& context, Session& session,
                                const SyncRequest& request);

}  // namespace siphon::app

#endif  // SIPHON_APP_SYNC_H_
