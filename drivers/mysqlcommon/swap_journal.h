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
#include "drivers/mysqlcommon/settings.h"
#include "siphon/base/context.h"

namespace siphon::mysqlcommon {

// The record of one scratch database and, while tables are exchanged, the plan of the exchange.
// If this process is killed, another siphon reads the record, and removes the database, or
// completes or undoes the exchange. The record is a file in Settings::state_directory, named like
// the scratch database: nothing that is stored on the server is ever taken for a plan.
struct SwapJournal {
  enum class State {
    kLoading,   // Only the scratch database may exist.
    kSwapping,  // The exchange may have begun.
    kMoved,     // Only if no tables move: the definitions of `dropped` have been dropped.
    kDone       // The exchange is complete; the database of the replaced tables may exist.
  };
  State state = State::kLoading;
  // The server's identity, and the account there (CURRENT_USER). Valid for these only.
  std::string server, account;
  std::string scratch;
  std::string target;                 // Empty with kLoading.
  std::vector<std::string> moved;     // Tables that move out of the target.
  std::vector<std::string> incoming;  // Tables that move in from the scratch database, at once.
  std::vector<std::string> late;      // Tables that move in later, each for a dropped table.
  // Definitions dropped before the tables move, and created after they have moved.
  std::vector<Definition> dropped, made;
};

// The prefix of a scratch database's name if the account has all rights on all databases. The grant
// `siphon\_%`, which other accounts need, does not include them: such accounts cannot change the
// scratch database of a more powerful one while it is in use.
inline constexpr std::string_view kPrivatePrefix = "_";

// True for a name that siphon gives to a scratch database, or to one for replaced tables.
bool IsScratchName(std::string_view name);
bool IsOldName(std::string_view name);
// "siphon_old_<digits>" for "siphon_scratch_<digits>", and the other way round.
std::string OldNameFor(std::string_view scratch);
std::string ScratchNameFor(std::string_view old);

// A journal as the bytes of its file, and back. Parsing returns errs::kIntegrity for any other
// text, also for one that was cut off, for names that are not siphon's, and for a definition that
// is not a view, routine, trigger or event.
std::string FormatJournal(const SwapJournal& journal);
absl::StatusOr<SwapJournal> ParseJournal(std::string_view text);

// A new journal for this session's server and account. It names no scratch database yet.
absl::StatusOr<SwapJournal> NewJournal(const base::Context& context, Session& session);

// The files. Writing returns when the journal is safe from a crash of the machine.
absl::Status WriteJournal(const Settings& settings, const SwapJournal& journal);
absl::StatusOr<SwapJournal> ReadJournal(const Settings& settings, const std::string& scratch);
absl::Status RemoveJournal(const Settings& settings, const std::string& scratch);
// The names of the scratch databases that have journals.
absl::StatusOr<std::vector<std::string>> ListJournals(const Settings& settings);

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_SWAP_JOURNAL_H_
