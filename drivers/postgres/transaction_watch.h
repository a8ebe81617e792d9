// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_TRANSACTION_WATCH_H_
#define DRIVERS_POSTGRES_TRANSACTION_WATCH_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "drivers/postgres/session.h"
#include "siphon/base/context.h"

namespace siphon::postgres {

// Watches the transaction of a pg_restore from another session, because a dump can hold a statement
// that commits. pg_restore runs FirstSql() before and LastSql() after everything of the dump; each
// waits there for an advisory lock of siphon's session. At the first one siphon learns the
// transaction's number, at the last one it looks whether the same transaction is still open.
// Numbers of transactions are given by the server: the dump's statements can neither choose nor
// keep one. They can wait for siphon's lock, which everybody sees, but LastSql() takes another lock
// before, whose number is secret until then.
class TransactionWatch {
 public:
  // Takes the locks. `session` must be connected to the database of the restore, as the same user
  // as pg_restore, whose application_name is `application`; it must outlive the watch and be used
  // by nothing else meanwhile.
  static absl::StatusOr<std::unique_ptr<TransactionWatch>> Begin(const base::Context& context,
                                                                 Session& session,
                                                                 std::string application);
  ~TransactionWatch() { End(); }
  TransactionWatch(const TransactionWatch&) = delete;
  TransactionWatch& operator=(const TransactionWatch&) = delete;

  std::string FirstSql() const;
  std::string LastSql() const;

  // True if pg_restore has ended.
  using Ended = std::function<bool()>;
  // Waits until pg_restore waits in FirstSql(). False if it has ended before.
  absl::StatusOr<bool> AwaitFirst(const base::Context& context, const Ended& ended);
  absl::Status LetBegin(const base::Context& context);
  // Waits until pg_restore waits in LastSql(). False if it has ended before; an error if it waits
  // for that lock in a statement of the dump.
  absl::StatusOr<bool> AwaitLast(const base::Context& context, const Ended& ended);
  // After AwaitLast(): true if the transaction is the one that AwaitFirst() saw.
  absl::StatusOr<bool> IsSameTransaction(const base::Context& context);
  absl::Status LetCommit(const base::Context& context);
  // Releases the locks, and ends the session's transaction. Runs even if the verb was cancelled.
  void End();

  // After pg_restore has ended: true if the transaction that AwaitFirst() saw was committed, or
  // prepared for it. `session` may be another one.
  absl::StatusOr<bool> WasCommitted(const base::Context& context, Session& session) const;

 private:
  using Mark = std::pair<int32_t, int32_t>;
  TransactionWatch(Session* session, std::string application, int32_t key, Mark mark)
      : session_(session), application_(std::move(application)), key_(key), mark_(mark) {}
  absl::StatusOr<bool> Await(const base::Context& context, int lock, const Ended& ended);

  Session* const session_;
  const std::string application_;
  const int32_t key_;
  const Mark mark_;     // The secret lock's number.
  bool begun_ = false;  // The first lock was released.
  bool open_ = true;    // The session's transaction with the locks.
  std::string pid_;     // pg_restore's backend.
  int64_t number_ = 0;  // Of its transaction, with the epoch; 0: not known.
};

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_TRANSACTION_WATCH_H_
