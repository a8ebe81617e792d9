// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_SWAP_JOURNAL_H_
#define DRIVERS_MYSQLCOMMON_SWAP_JOURNAL_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "drivers/mysqlcommon/definition.h"
#include "drivers/mysqlcommon/session.h"
#include "siphon/base/context.h"

namespace siphon::mysqlcommon {

// The plan of a swap, with which another siphon can complete or undo the swap when this process is
// killed during it. It is stored in a table of the database "siphon_old_<16 hex digits>", into
// which the replaced tables move, and is dropped with that database.
struct SwapJournal {
  std::string target, scratch;
  std::vector<std::string> moved;     // Tables that move out of the target.
  std::vector<std::string> incoming;  // Tables that move in from the scratch database, at once.
  std::vector<std::string> late;      // Tables that move in later, each for a dropped table.
  // Definitions dropped before the tables move, and created after they have moved.
  std::vector<Definition> dropped, made;
};

// "siphon_old_<digits>" for "siphon_scratch_<digits>".
std::string OldNameFor(std::string_view scratch);
std::string ScratchNameFor(std::string_view old);

// Creates the database and writes the journal into it.
absl::Status WriteJournal(const base::Context& context, Session& session, const std::string& old,
                          const SwapJournal& journal);
// errs::kNotFound when there is no journal or it is incomplete: then nothing had been changed.
absl::StatusOr<SwapJournal> ReadJournal(const base::Context& context, Session& session,
                                        const std::string& old);

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_SWAP_JOURNAL_H_
