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

// The sessions that read the rows and the large objects of one snapshot for several workers. The
// leader is the session that exported the snapshot and holds the locks on all tables. Each worker
// gets a session of its own when it needs one. A table that this session cannot lock at once,
// because somebody waits for a stronger lock than the leader's, is read by the leader. So is the
// rest of a part whose sessions are lost again and again.
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
    std::string table;  // A qualified name; empty: none is locked.
    std::string name;   // For messages.
    BodyOrder::Place place;
  };
  // Runs `sql`, a COPY of rows of the table to standard output, and passes the rows to `sink`.
  // Returns their number. If the session of a worker is lost, another one reads the rest: the
  // snapshot has the same rows in the same order. If the leader is lost, so is the snapshot.
  absl::StatusOr<int64_t> Copy(const base::Context& context, const Request& request,
                               const std::string& sql, BodyOrder& order, frames::PartSink& sink);
  // errs::kConnectionFailed if the leader is lost, and with it the locks on the tables.
  absl::Status CheckLeader(const base::Context& context);
  // The same as Copy() for the bytes of a large object.
  absl::Status ReadObject(const base::Context& context, const Request& request, uint32_t oid,
                          BodyOrder& order, frames::PartSink& sink);

 private:
  // What a worker has. Used by the worker alone.
  struct Reader {
    std::unique_ptr<Session> session;
    bool begun = false;    // It may be in a transaction.
    bool reads = false;    // This transaction has the snapshot,
    std::string locked;    // and has locked this table.
    bool refused = false;  // The server accepts no session for it.
  };
  // The content of a part, as sessions read it.
  class Reading;
  class Rows;
  class Object;

  Reader& ReaderOf(int worker);
  absl::Status Connect(const base::Context& context, Reader& reader) const;
  // Begins a transaction with the snapshot, in which `table` is locked. errs::kBusy if it is locked
  // by others.
  absl::Status Begin(const base::Context& context, Reader& reader, const std::string& table) const;
  absl::Status Read(const base::Context& context, const Request& request, BodyOrder& order,
                    Reading& reading);
  absl::Status ReadByLeader(const base::Context& context, Reading& reading);
  // Reads by the worker's session. False if the leader must do it.
  absl::StatusOr<bool> ReadByWorker(const base::Context& context, const Request& request,
                                    Reading& reading);

  const Options options_;
  absl::Mutex leader_mutex_;
  Session* const leader_ ABSL_PT_GUARDED_BY(leader_mutex_);
  Settings settings_;
  absl::Mutex mutex_;
  std::map<int, Reader> readers_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_COPY_READERS_H_
