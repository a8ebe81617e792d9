// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_SCRATCH_H_
#define DRIVERS_MYSQLCOMMON_SCRATCH_H_

#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "drivers/mysqlcommon/session.h"
#include "siphon/base/context.h"

namespace siphon::mysqlcommon {

// A temporary database "siphon_scratch_<16 hex digits>" on the server; dropped with this object.
// "_siphon_scratch_..." for an account that has all rights on every database (see kPrivatePrefix).
// Holds a user lock (GET_LOCK) of the same name on a connection of its own, and has a journal of
// the same name (swap_journal.h). If the lock is free, its process is dead; then Create() drops the
// database if the journal says that this user's siphon made it.
class ScratchDatabase {
 public:
  // Creates one with the character set and collation of the database in `settings`. The error says
  // which right is missing.
  static absl::StatusOr<std::unique_ptr<ScratchDatabase>> Create(const base::Context& context,
                                                                 const Fork& fork,
                                                                 const Settings& settings);
  ~ScratchDatabase();
  ScratchDatabase(const ScratchDatabase&) = delete;
  ScratchDatabase& operator=(const ScratchDatabase&) = delete;

  const std::string& name() const { return name_; }
  // OK if the database has a journal. Without one no swap may begin, and no later siphon drops the
  // database if this one is killed; a warning was given.
  const absl::Status& recorded() const { return recorded_; }
  // Leaves the database and its journal to the next restore.
  void Keep() { dropped_ = true; }
  // Drops the database, and that of the replaced tables if it exists. If it does not succeed, or
  // the context stops, the next Create() drops them. The destructor drops them, too, within limits
  // of time, also when the verb's context has stopped.
  absl::Status Drop(const base::Context& context);
  // Drops them as the destructor does.
  absl::Status DropSoon();

 private:
  ScratchDatabase(std::unique_ptr<Session> owner, std::string name, absl::Status recorded)
      : owner_(std::move(owner)), name_(std::move(name)), recorded_(std::move(recorded)) {}
  // Makes sure that owner_ is connected; connects again if needed. An error when the server does
  // not answer within seconds.
  absl::Status Reach();
  std::unique_ptr<Session> owner_;  // Holds the lock.
  std::string name_;
  absl::Status recorded_;
  bool dropped_ = false;
};

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_SCRATCH_H_
