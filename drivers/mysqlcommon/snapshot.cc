// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/snapshot.h"

#include <chrono>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "drivers/mysqlcommon/names.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::mysqlcommon {
namespace {

uint64_t Number(std::string_view text) {
  uint64_t value = 0;
  return absl::SimpleAtoi(text, &value) ? value : 0;
}

absl::StatusOr<Position> MariadbPosition(const base::Context& context, Session& session) {
  ASSIGN_OR_RETURN(const Rows rows, session.Query(context, "SHOW STATUS LIKE 'binlog_snapshot_%'"));
  Position position;
  for (const Row& row : rows) {
    if (Text(row, 0) == "Binlog_snapshot_file") position.file = Text(row, 1);
    if (Text(row, 0) == "Binlog_snapshot_position") position.offset = Number(Text(row, 1));
  }
  if (position.file.empty()) {
    position.why_not = "the server reports no position in its binary log";
    return position;
  }
  ASSIGN_OR_RETURN(
      const std::optional<std::string> gtid,
      session.Value(context, absl::StrCat("SELECT BINLOG_GTID_POS(", QuoteText(position.file), ",",
                                          position.offset, ")")));
  position.gtid = gtid.value_or("");
  return position;
}

// The position of the server, read while commits are blocked.
absl::StatusOr<Position> MysqlPosition(const base::Context& context, Session& session) {
  ASSIGN_OR_RETURN(const Rows rows,
                   session.Query(context, session.Accepts(Feature::kShowBinaryLogStatus)
                                              ? "SHOW BINARY LOG STATUS"
                                              : "SHOW MASTER STATUS"));
  if (rows.empty()) return errs::SystemError("mysql.backup", errs::kDatabase, "no binary log");
  Position position;
  position.file = Text(rows[0], 0);
  position.offset = Number(Text(rows[0], 1));
  for (const char c : Text(rows[0], 4)) {
    if (c != '\n') position.gtid += c;
  }
  return position;
}

// The position, or the reason why there is none.
absl::StatusOr<Position> MysqlPositionIfAny(const base::Context& context, Session& session) {
  absl::StatusOr<Position> found = MysqlPosition(context, session);
  if (found.ok() || session.broken()) return found;
  Position position;
  position.why_not = found.status().message();
  return position;
}

void Tell(const base::Context& context, std::string_view what) { context.Detail("backup", what); }

absl::StatusOr<Position> LockedSnapshot(const base::Context& context, Session& session) {
  RETURN_IF_ERROR(session.Execute(context, kLockWait));
  const auto before = std::chrono::steady_clock::now();
  absl::Status locked = session.Execute(context, "FLUSH TABLES WITH READ LOCK");
  if (session.broken()) return locked;
  RETURN_IF_ERROR(session.Execute(context, kUsualWait));
  RETURN_IF_ERROR(session.Execute(context, kBeginSnapshot));
  if (!locked.ok()) {
    Position position;
    position.why_not = absl::StrCat("commits could not be blocked: ", locked.message());
    Tell(context, absl::StrCat("FLUSH TABLES WITH READ LOCK is not possible, so the snapshot of one"
                               " connection opens without it: ",
                               locked.message()));
    return position;
  }
  ASSIGN_OR_RETURN(Position position, MysqlPositionIfAny(context, session));
  RETURN_IF_ERROR(session.Execute(context, "UNLOCK TABLES"));
  const auto held = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - before);
  Tell(context, absl::StrCat("FLUSH TABLES WITH READ LOCK held for ", held.count(),
                             " ms with the wait for it, while one connection opened its snapshot"));
  return position;
}

// True if the server has a binary log.
absl::StatusOr<bool> HasLog(const base::Context& context, Session& session) {
  ASSIGN_OR_RETURN(const std::optional<std::string> binlog,
                   session.Value(context, "SELECT @@log_bin"));
  return binlog.value_or("0") != "0";
}

Position WithoutLog() {
  Position position;
  position.why_not = "the server's binary log is off";
  return position;
}

}  // namespace

absl::StatusOr<Position> PositionOf(const base::Context& context, Session& session,
                                    Session* locker) {
  ASSIGN_OR_RETURN(const bool has_log, HasLog(context, session));
  if (!has_log) return WithoutLog();
  if (session.is_mariadb()) return MariadbPosition(context, session);
  if (locker != nullptr) return MysqlPositionIfAny(context, *locker);
  Position position;
  position.why_not = "commits could not be blocked";
  return position;
}

absl::StatusOr<Position> OpenSnapshot(const base::Context& context, Session& session) {
  ASSIGN_OR_RETURN(const bool has_log, HasLog(context, session));
  if (has_log && !session.is_mariadb()) return LockedSnapshot(context, session);
  RETURN_IF_ERROR(session.Execute(context, kBeginSnapshot));
  Tell(context, "one connection opens its snapshot without a lock");
  return has_log ? MariadbPosition(context, session) : WithoutLog();
}

}  // namespace siphon::mysqlcommon
