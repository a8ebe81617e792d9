// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/shared_snapshot.h"

#include <mysqld_error.h>

#include <chrono>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "drivers/mysqlcommon/names.h"
#include "drivers/mysqlcommon/server_facts.h"
#include "drivers/mysqlcommon/sql_error.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::mysqlcommon {
namespace {

using Clock = std::chrono::steady_clock;

// A lock that keeps all other sessions from committing.
struct CommitLock {
  std::string name;  // For people.
  std::vector<std::string> take;
  std::string release;
  // The lock is of some tables: the position of the binary log moves while it is held.
  bool tables_only = false;
};

// The lock on all tables of the server.
CommitLock GlobalLock(const Session& session) {
  if (session.Accepts(Feature::kBackupStage)) {
    return {.name = "BACKUP STAGE BLOCK_COMMIT",
            .take = {"BACKUP STAGE START", "BACKUP STAGE BLOCK_DDL", "BACKUP STAGE BLOCK_COMMIT"},
            .release = "BACKUP STAGE END"};
  }
  return {.name = "FLUSH TABLES WITH READ LOCK",
          .take = {"FLUSH TABLES WITH READ LOCK"},
          .release = "UNLOCK TABLES"};
}

CommitLock TablesLock(const std::vector<std::string>& tables) {
  const std::string list = absl::StrJoin(tables, ", ", [](std::string* out, const auto& table) {
    absl::StrAppend(out, QuoteName(table), " READ");
  });
  return {.name = "LOCK TABLES ... READ",
          .take = {absl::StrCat("LOCK TABLES ", list)},
          .release = "UNLOCK TABLES",
          .tables_only = true};
}

// Takes a lock, or none of its statements' effects is left. `last` gets the time before the last
// statement, which others wait for.
absl::Status Take(const base::Context& context, Session& locker, const CommitLock& lock,
                  Clock::time_point& last) {
  bool begun = false;
  for (const std::string& statement : lock.take) {
    last = Clock::now();
    absl::Status status = locker.Execute(context, statement);
    if (!status.ok()) {
      if (begun && !locker.broken()) RETURN_IF_ERROR(locker.Execute(context, lock.release));
      return status;
    }
    begun = true;
  }
  return absl::OkStatus();
}

// Opens the transactions while the lock is held.
absl::StatusOr<SharedSnapshot> Begin(const base::Context& context, Session& locker,
                                     absl::Span<Session* const> sessions, const CommitLock& lock) {
  SharedSnapshot snapshot;
  for (Session* const session : sessions) {
    RETURN_IF_ERROR(session->Execute(context, kBeginSnapshot));
  }
  ASSIGN_OR_RETURN(snapshot.position,
                   PositionOf(context, *sessions[0], lock.tables_only ? nullptr : &locker));
  snapshot.shared = true;
  return snapshot;
}

// True if the account may not take the lock. Services that run a server for others refuse with the
// error of a login.
bool IsRefused(const absl::Status& status) {
  return IsDenied(status) || IsSqlError(status, {ER_ACCESS_DENIED_ERROR});
}

void Tell(const base::Context& context, const CommitLock& lock, std::string_view outcome) {
  context.Detail("backup", absl::StrCat(lock.name, outcome));
}

// The shared snapshot, or none; then `refused` is true if the account may not take the lock.
absl::StatusOr<SharedSnapshot> Try(const base::Context& context, Session& locker,
                                   absl::Span<Session* const> sessions, const CommitLock& lock,
                                   bool& refused) {
  RETURN_IF_ERROR(locker.Execute(context, kLockWait));
  Clock::time_point before;
  absl::Status taken = Take(context, locker, lock, before);
  if (locker.broken()) return taken;
  RETURN_IF_ERROR(locker.Execute(context, kUsualWait));
  refused = IsRefused(taken);
  if (!taken.ok()) {
    Tell(context, lock, absl::StrCat(" is not possible: ", taken.message()));
    return SharedSnapshot();
  }
  absl::StatusOr<SharedSnapshot> snapshot = Begin(context, locker, sessions, lock);
  const absl::Status released = locker.Execute(context, lock.release);
  if (!snapshot.ok()) return snapshot;
  RETURN_IF_ERROR(released);
  const auto held = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - before);
  Tell(context, lock, absl::StrCat(" held for ", held.count(), " ms with the wait for it"));
  return snapshot;
}

}  // namespace

absl::StatusOr<SharedSnapshot> OpenSharedSnapshot(const base::Context& context, Session& locker,
                                                  absl::Span<Session* const> sessions,
                                                  LockedTables tables) {
  bool refused = false;
  ASSIGN_OR_RETURN(SharedSnapshot snapshot,
                   Try(context, locker, sessions, GlobalLock(locker), refused));
  // After a wait without success, another lock would wait for the same statements, and others for
  // it.
  if (!snapshot.shared && refused) {
    ASSIGN_OR_RETURN(const std::vector<std::string> names, tables());
    if (!names.empty()) {
      ASSIGN_OR_RETURN(snapshot, Try(context, locker, sessions, TablesLock(names), refused));
    }
  }
  if (snapshot.shared) return snapshot;
  ASSIGN_OR_RETURN(snapshot.position, OpenSnapshot(context, *sessions[0]));
  return snapshot;
}

}  // namespace siphon::mysqlcommon
