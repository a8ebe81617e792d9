// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/transaction_watch.h"

#include <algorithm>
#include <chrono>
#include <random>
#include <vector>

#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::postgres {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view kOp = "postgres.restore";
constexpr int kFirst = 1;
constexpr int kLast = 2;
// The pauses between two looks grow.
constexpr milliseconds kShortestPause{2};
constexpr milliseconds kLongestPause{100};
// The limit for giving the locks back after the verb was cancelled.
constexpr std::chrono::seconds kEndLimit{3};

std::string LockCall(std::string_view function, int32_t key, int32_t lock) {
  return absl::StrCat("SELECT pg_catalog.", function, "(", key, ", ", lock, ");\n");
}

// Numbers of transactions in pg_locks have 32 bits. `near` is a number with its epoch that was
// given shortly before or after.
int64_t WithEpoch(int64_t number, int64_t near) {
  constexpr int64_t kEpoch = int64_t{1} << 32;
  const int64_t full = near / kEpoch * kEpoch + number;
  if (full - near > kEpoch / 2) return full - kEpoch;
  return near - full > kEpoch / 2 ? full + kEpoch : full;
}

}  // namespace

absl::StatusOr<std::unique_ptr<TransactionWatch>> TransactionWatch::Begin(
    const base::Context& context, Session& session, std::string application) {
  std::random_device device;
  const auto number = [&] { return static_cast<int32_t>(device() & 0x7fffffff); };
  std::unique_ptr<TransactionWatch> watch(
      new TransactionWatch(&session, std::move(application), number(), {number(), number()}));
  // Locks of a session can be given back one by one. The transaction keeps a pooler from lending
  // the server's session to others meanwhile.
  RETURN_IF_ERROR(session.Execute(
      context, absl::StrCat("BEGIN;\n", LockCall("pg_advisory_lock", watch->key_, kFirst),
                            LockCall("pg_advisory_xact_lock", watch->key_, kLast))));
  return watch;
}

void TransactionWatch::End() {
  if (!std::exchange(open_, false) || session_->broken()) return;
  const base::Context briefly =
      base::Context().WithDeadline(std::chrono::steady_clock::now() + kEndLimit);
  session_->Execute(briefly, "ROLLBACK").IgnoreError();
  if (begun_) return;
  session_->Execute(briefly, LockCall("pg_advisory_unlock", key_, kFirst)).IgnoreError();
}

std::string TransactionWatch::FirstSql() const {
  return absl::StrCat("SELECT pg_catalog.txid_current();\n",
                      LockCall("pg_advisory_xact_lock_shared", key_, kFirst));
}

std::string TransactionWatch::LastSql() const {
  return absl::StrCat(LockCall("pg_advisory_xact_lock_shared", mark_.first, mark_.second),
                      LockCall("pg_advisory_xact_lock_shared", key_, kLast));
}

absl::StatusOr<bool> TransactionWatch::AwaitFirst(const base::Context& context,
                                                  const Ended& ended) {
  ASSIGN_OR_RETURN(const bool waits, Await(context, kFirst, ended));
  if (!waits) return false;
  ASSIGN_OR_RETURN(
      const Rows rows,
      session_->Query(context, {"ii"},
                      "SELECT transactionid, pg_catalog.txid_snapshot_xmax("
                      "pg_catalog.txid_current_snapshot()) FROM pg_catalog.pg_locks"
                      " WHERE pid = $1::pg_catalog.int4 AND locktype = 'transactionid' AND granted"
                      " AND mode = 'ExclusiveLock'",
                      {pid_}));
  if (rows.size() != 1) return errs::InternalError(kOp, "pg_restore has no transaction");
  number_ = WithEpoch(rows.Int(0, 0), rows.Int(0, 1));
  return true;
}

absl::Status TransactionWatch::LetBegin(const base::Context& context) {
  RETURN_IF_ERROR(session_->Execute(context, LockCall("pg_advisory_unlock", key_, kFirst)));
  begun_ = true;
  return absl::OkStatus();
}

absl::StatusOr<bool> TransactionWatch::AwaitLast(const base::Context& context, const Ended& ended) {
  return Await(context, kLast, ended);
}

absl::StatusOr<bool> TransactionWatch::Await(const base::Context& context, int lock,
                                             const Ended& ended) {
  // Reads pg_locks once, so that the row shows both locks of LastSql() at one time. The numbers are
  // parameters, because the dump's statements can read the text of siphon's.
  const std::string look = absl::StrCat(
      "SELECT l.pid, pg_catalog.bool_or(l.granted) FROM pg_catalog.pg_locks l"
      " JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid"
      " WHERE l.locktype = 'advisory' AND l.objsubid = 2"
      " AND (NOT l.granted AND l.classid = $1::pg_catalog.oid AND l.objid = $2::pg_catalog.oid"
      " OR l.granted AND l.classid = $3::pg_catalog.oid AND l.objid = $4::pg_catalog.oid)"
      " AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d"
      " WHERE d.datname = pg_catalog.current_database())"
      " AND a.usename = current_user AND a.application_name = $5::pg_catalog.text",
      pid_.empty() ? "" : absl::StrCat(" AND l.pid = ", pid_),
      " GROUP BY l.pid HAVING NOT pg_catalog.bool_and(l.granted)");
  const std::vector<std::string> values = {absl::StrCat(key_), absl::StrCat(lock),
                                           absl::StrCat(mark_.first), absl::StrCat(mark_.second),
                                           application_};
  for (milliseconds pause = kShortestPause;; pause = std::min(2 * pause, kLongestPause)) {
    // Read before the look: it may have begun to wait and then have been ended.
    const bool gone = ended();
    // pg_stat_activity stays the same in a transaction until it is cleared.
    RETURN_IF_ERROR(session_->Execute(context, "SELECT pg_catalog.pg_stat_clear_snapshot()"));
    ASSIGN_OR_RETURN(const Rows rows, session_->Query(context, {"ib"}, look, values));
    if (rows.size() > 1) return errs::InternalError(kOp, "two sessions claim to be pg_restore");
    if (rows.size() == 1 && lock == kLast && rows.Text(0, 1) != "t") {
      return errs::SystemError(kOp, errs::kDatabase,
                               "a statement of the dump waits for siphon's own lock",
                               "pg_dump writes no such statement: find out who changed the dump");
    }
    if (rows.size() == 1) {
      pid_ = std::string(rows.Text(0, 0));
      return true;
    }
    if (gone) return false;
    RETURN_IF_ERROR(context.Sleep(pause));
  }
}

absl::StatusOr<bool> TransactionWatch::IsSameTransaction(const base::Context& context) {
  // A prepared transaction keeps its number, but no session has it.
  ASSIGN_OR_RETURN(
      const Rows rows,
      session_->Query(context, {"i"},
                      "SELECT 1 FROM pg_catalog.pg_locks WHERE pid = $1::pg_catalog.int4"
                      " AND locktype = 'transactionid' AND granted"
                      " AND transactionid = $2::pg_catalog.xid",
                      {pid_, absl::StrCat(number_ & 0xffffffff)}));
  return rows.size() == 1;
}

absl::Status TransactionWatch::LetCommit(const base::Context& context) {
  RETURN_IF_ERROR(session_->Execute(context, "COMMIT"));
  open_ = false;
  return absl::OkStatus();
}

absl::StatusOr<bool> TransactionWatch::WasCommitted(const base::Context& context,
                                                    Session& session) const {
  if (number_ == 0) return false;
  ASSIGN_OR_RETURN(
      const std::string committed,
      session.QueryText(context,
                        "SELECT pg_catalog.txid_status($1::pg_catalog.int8) = 'committed' OR EXISTS"
                        " (SELECT 1 FROM pg_catalog.pg_prepared_xacts"
                        " WHERE transaction = $2::pg_catalog.xid)",
                        {absl::StrCat(number_), absl::StrCat(number_ & 0xffffffff)}));
  return committed == "t";
}

}  // namespace siphon::postgres
