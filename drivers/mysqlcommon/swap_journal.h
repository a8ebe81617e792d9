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

// What a swap is about to do, so that another siphon can bring it to an end when this one is killed
// in the middle. It stands in a table of the database "siphon_old_<16 hex digits>", to which the
// replaced tables move, and goes with that.
struct SwapJournal {
  std::string target, scratch;
  std::vector<std::string> moved;     // Tables of the target that move away.
  std::vector<std::string> incoming;  // Tables of the scratch database that move in, all at once.
  std::vector<std::string> late;      // Those that take the place of a dropped one afterwards.
  // What is dropped before the tables move, and what is made when they are in place.
  std::vector<Definition> dropped, made;
};

// "siphon_old_<digits>" for "siphon_scratch_<digits>".
std::string OldNameFor(std::string_view scratch);
std::string ScratchNameFor(std::string_view old);

// Makes the database and writes the journal into it.
absl::Status WriteJournal(const base::Context& context, Session& session, const std::string& old,
                          const SwapJournal& journal);
// errs::kNotFound when there is none or it has no end: nothing had been touched then.
absl::StatusOr<SwapJournal> ReadJournal(const base::Context& context, Session& session,
                                        const std::string& old);

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_SWAP_JOURNAL_H_
