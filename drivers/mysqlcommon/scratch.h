// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_SCRATCH_H_
#define DRIVERS_MYSQLCOMMON_SCRATCH_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "drivers/mysqlcommon/session.h"
#include "siphon/base/context.h"

namespace siphon::mysqlcommon {

// A database of siphon's own beside the session's, "siphon_scratch_<16 hex digits>", which is
// dropped with this. A lock of its name is held on a connection of its own; scratch databases whose
// lock is free belong to processes that are dead, and are dropped when a new one is made.
class ScratchDatabase {
 public:
  // With the character set and collation of the database of `settings`. An error says which right
  // is missing.
  static absl::StatusOr<std::unique_ptr<ScratchDatabase>> Create(const base::Context& context,
                                                                 const Fork& fork,
                                                                 const Settings& settings);
  ~ScratchDatabase();
  ScratchDatabase(const ScratchDatabase&) = delete;
  ScratchDatabase& operator=(const ScratchDatabase&) = delete;

  const std::string& name() const { return name_; }
  // Drops it, whatever context a verb has. The destructor does it, too, unless the server does not
  // answer soon; then the next one to make a scratch database does.
  absl::Status Drop();

 private:
  ScratchDatabase(std::unique_ptr<Session> owner, std::string name)
      : owner_(std::move(owner)), name_(std::move(name)) {}
  // Holds owner_ against the server, by a new connection where that is needed; an error when the
  // server does not answer soon.
  absl::Status Reach();
  std::unique_ptr<Session> owner_;  // Holds the lock.
  std::string name_;
  bool dropped_ = false;
};

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_SCRATCH_H_
