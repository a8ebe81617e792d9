// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_APP_RESTORE_H_
#define SIPHON_APP_RESTORE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "siphon/app/dump_source.h"
#include "siphon/app/session.h"
#include "siphon/base/context.h"
#include "siphon/domain/dumps/selector.h"
#include "siphon/domain/dumps/sidecar.h"
#include "siphon/domain/profile/profile.h"
#include "siphon/domain/verbs/verbs.h"

namespace siphon::app {

struct RestoreRequest {
  dumps::Selector dump;  // See FindDump().
  // A dump outside of the catalogue (FromFile(), FromStream()), in place of `dump`. May be null.
  DumpSource* source = nullptr;
  // The name of a profile, or a database URL; empty: the profile of the dump.
  std::string target;
  // `attachments` is filled in from the dump; `jobs` is not used.
  verbs::RestoreOptions options;
  // The number of workers. Unset: that of the configuration, else 1.
  std::optional<int> jobs;
  std::optional<profile::Tools> tools;  // Overrides the profile.
  bool assume_yes = false;
  bool asked = false;  // The user has agreed to the restore, so --clean does not ask.
};

struct RestoreResult {
  dumps::Sidecar sidecar;
  std::string target;                 // The name of the profile.
  std::string created;                // The created database; empty if none was created.
  std::vector<std::string> left_out;  // The objects, for people.
  absl::Duration elapsed;
};

// Checks the target, verifies the whole dump, then restores it. All or nothing, as in
// driver::Connection::Restore(). Some tables of a dump with an index, whose hash the sidecar has,
// are restored from their frames, which are checked by this hash; the rest is not read.
absl::StatusOr<RestoreResult> Restore(const base::Context& context, Session& session,
                                      const RestoreRequest& request);

}  // namespace siphon::app

#endif  // SIPHON_APP_RESTORE_H_
