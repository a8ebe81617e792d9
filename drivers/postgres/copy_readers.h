// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_COPY_READERS_H_
#define DRIVERS_POSTGRES_COPY_READERS_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "drivers/postgres/body_order.h"
#include "drivers/postgres/session.h"
#include "siphon/base/context.h"
#include "siphon/domain/frames/parts.h"

namespace siphon::postgres {

// The settings under which pg_dump reads rows (PostgreSQL 18, pg_dump.c, setup_connection()), as
// far as a session of siphon's has others, and the client_encoding. `local`: until the end of the
// transaction.
std::string ReadSettingsSql(std::string_view encoding, bool local);

// The sessions that read the rows of one snapshot for several workers. The leader is the session
// that exported the snapshot and holds the locks on all tables. Each worker gets a session of its
// own when it needs one. A table that this session cannot lock at once, because somebody waits for
// a stronger lock than the leader's, is read by the leader.
//
// The leader reads only the first part of the body that is not read yet. A later one could wait for
// its place in the body while the first waits for the leader. Worker 0 reads such a first part by
// the leader in any case, so that one worker alone needs no other session.
class CopyReaders {
 public:
  struct Options {
    std::string snapshot;     // The id of the exported snapshot.
    std::string encoding;     // The client_encoding of all rows and statements.
    std::string application;  // The application_name of the sessions.
  };
  // `leader` must outlive the readers. It has the settings of ReadSettingsSql().
  CopyReaders(Session* leader, Options options);

  struct Request {
    int worker = 0;
    std::string table;  // A qualified name.
    std::string sql;    // COPY of rows of the table to standard output.
    BodyOrder::Place place;
  };
  // Runs a COPY for a worker, and passes the rows to `sink`. Returns their number. If the session
  // of a worker is lost, another one reads the rest: the snapshot has the same rows in the same
  // order.
  absl::StatusOr<int64_t> Copy(const base::Context& context, const Request& request,
                               BodyOrder& order, frames::PartSink& sink);

 private:
  // What a worker has. Used by the worker alone.
  struct Reader {
    std::unique_ptr<Session> session;
    bool begun = false;    // It may be in a transaction.
    std::string locked;    // The table that this transaction has locked.
    bool refused = false;  // The server accepts no session for it.
  };
  class Rows;

  Reader& ReaderOf(int worker);
  absl::Status Connect(const base::Context& context, Reader& reader) const;
  // Begins a transaction with the snapshot, in which `table` is locked. errs::kBusy if it is locked
  // by others.
  absl::Status Begin(const base::Context& context, Reader& reader, const std::string& table) const;
  absl::Status CopyByLeader(const base::Context& context, const std::string& sql, Rows& rows);
  // Copies by the worker's session. False if the leader must do it.
  absl::StatusOr<bool> CopyByWorker(const base::Context& context, const Request& request,
                                    Rows& rows);

  const Options options_;
  absl::Mutex leader_mutex_;
  Session* const leader_ ABSL_PT_GUARDED_BY(leader_mutex_);
  Settings settings_;
  absl::Mutex mutex_;
  std::map<int, Reader> readers_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_COPY_READERS_H_
