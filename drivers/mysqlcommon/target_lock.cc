// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/target_lock.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "drivers/mysqlcommon/names.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/sha256.h"
#include "siphon/base/units.h"

namespace siphon::mysqlcommon {
namespace {

using std::chrono::steady_clock;

constexpr std::string_view kOp = "mysql.restore";
constexpr std::string_view kStage = "restore";
constexpr std::string_view kPrefix = "siphon restore ";
constexpr size_t kDigits = 32;
constexpr std::chrono::milliseconds kPause{200};

// The number of the session that holds the lock; 0 if the lock is free now.
int64_t HolderOf(const base::Context& context, Session& session, const std::string& lock) {
  const absl::StatusOr<Rows> rows =
      session.Query(context, absl::StrCat("SELECT IS_USED_LOCK(", QuoteText(lock), ")"));
  return rows.ok() && !rows->empty() ? Int(rows->front(), 0) : 0;
}

// "session 7 of root (from localhost, idle for 8s)"; "session 7" if the user may not see more.
std::string Describe(const base::Context& context, Session& session, int64_t id) {
  if (id == 0) return "another session";
  std::string text = absl::StrCat("session ", id);
  const absl::StatusOr<Rows> rows = session.Query(
      context, absl::StrCat("SELECT USER, HOST, TIME, COMMAND FROM information_schema.PROCESSLIST"
                            " WHERE ID = ",
                            id));
  if (!rows.ok() || rows->empty()) return text;
  const Row& row = rows->front();
  absl::StrAppend(&text, " of ", Text(row, 0), " (from ", Text(row, 1), ", ",
                  Text(row, 3) == "Sleep" ? "idle for " : "busy for ", Text(row, 2), "s)");
  return ToUtf8(text);
}

}  // namespace

absl::StatusOr<std::string> TargetLockName(const base::Context& context, Session& session,
                                           const std::string& database) {
  ASSIGN_OR_RETURN(const Rows rows,
                   session.Query(context, absl::StrCat("SELECT @@lower_case_table_names, UPPER(",
                                                       QuoteText(database), ")")));
  if (rows.empty()) return errs::InternalError(kOp, "no name for the lock of the target");
  const bool ignores_case = Text(rows[0], 0) != "0";
  base::Sha256 hash;
  hash.Update(ignores_case ? Text(rows[0], 1) : std::string_view(database));
  return absl::StrCat(kPrefix, hash.Digest().substr(0, kDigits));
}

absl::Status LockTarget(const base::Context& context, Session& session, const std::string& database,
                        std::chrono::nanoseconds limit) {
  ASSIGN_OR_RETURN(const std::string lock, TargetLockName(context, session, database));
  const auto until = steady_clock::now() + limit;
  for (bool told = false;; told = true) {
    ASSIGN_OR_RETURN(
        const std::optional<std::string> locked,
        session.Value(context, absl::StrCat("SELECT GET_LOCK(", QuoteText(lock), ",0)")));
    if (locked.value_or("") == "1") return absl::OkStatus();
    const bool last = steady_clock::now() >= until;
    if (last || !told) {
      const int64_t id = HolderOf(context, session, lock);
      const std::string holder = Describe(context, session, id);
      RETURN_IF_ERROR(context.Check());
      if (last) {
        return errs::SystemError(
            kOp, errs::kBusy,
            absl::StrCat("another restore into ", ToUtf8(database), " has not ended within ",
                         base::FormatDuration(absl::FromChrono(limit)), ": ", holder,
                         " holds the lock \"", lock, "\""),
            absl::StrCat("wait until it has ended, then try again; if that session is not a"
                         " restore, end it (KILL ",
                         id == 0 ? "and its number" : absl::StrCat(id), ")"));
      }
      context.Message(kStage, absl::StrCat("waiting: another restore into ", ToUtf8(database),
                                           " runs (", holder, ")"));
    }
    RETURN_IF_ERROR(context.Sleep(kPause));
  }
}

}  // namespace siphon::mysqlcommon
