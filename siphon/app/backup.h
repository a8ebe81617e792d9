// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_APP_BACKUP_H_
#define SIPHON_APP_BACKUP_H_

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "siphon/app/session.h"
#include "siphon/base/context.h"
#include "siphon/domain/dumps/catalog.h"
#include "siphon/domain/dumps/sidecar.h"
#include "siphon/domain/profile/profile.h"
#include "siphon/domain/verbs/verbs.h"

namespace siphon::app {

struct BackupRequest {
  std::string source;  // The name of a profile, or a database URL.
  verbs::BackupOptions options;
  // 0: uncompressed; 1 to 9: compressed. Unset: the configuration's value, else 1.
  std::optional<int> compression;
  // Workers that read and compress. Unset: the configuration's value, else
  // base::DefaultWorkers(). options.jobs is not used.
  std::optional<int> jobs;
  std::optional<profile::Tools> tools;  // Overrides the profile.
  std::string before_migration;         // As in dumps::Scope.
  std::set<std::string> tags;           // See dumps::ValidateTag().
  // Where the dump goes in place of the catalogue of the session, without tags, attachments and the
  // lease of the profile. May be null.
  dumps::Catalog* output = nullptr;
  bool wait = false;  // Wait for another backup of the profile to end.
  // Write the changes since an earlier dump: since `base` (see FindDump()), or, if that is empty,
  // since the newest dump of the profile.
  bool incremental = false;
  std::string base = {};
};

struct BackupResult {
  dumps::Sidecar sidecar;
  std::string location;     // The store and the name of the dump.
  uint64_t body_bytes = 0;  // The size of the body before compression.
  absl::Duration elapsed;
};

// The databases on the server of a profile, each as Session::FindProfile() takes it: "prod/shop".
// errs::kInvalidArgument for a URL, errs::kDriverUnsupported for an engine without servers or
// without an option of the request, errs::kNotFound if there are none.
absl::StatusOr<std::vector<std::string>> DatabasesOf(const base::Context& context,
                                                     const Session& session,
                                                     const BackupRequest& request);

// Writes one consistent state of the source into the catalogue. A failure leaves the catalogue
// unchanged. errs::kBusy if another backup of the profile runs, unless `wait`.
absl::StatusOr<BackupResult> Backup(const base::Context& context, Session& session,
                                    const BackupRequest& request);

}  // namespace siphon::app

#endif  // SIPHON_APP_BACKUP_H_
