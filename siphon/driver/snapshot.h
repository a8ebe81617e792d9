// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DRIVER_SNAPSHOT_H_
#define SIPHON_DRIVER_SNAPSHOT_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/domain/dumps/contents.h"
#include "siphon/domain/frames/body_layout.h"
#include "siphon/domain/frames/parts.h"
#include "siphon/driver/driver.h"

namespace siphon::driver {

// One consistent state of a database, in parts. A driver owns no threads: the application
// reads the parts with its workers. When the context stops, a call ends promptly with the context's
// status. The destructor ends the snapshot.
class Snapshot {
 public:
  virtual ~Snapshot() = default;

  // The content, which Reopen() changes.
  virtual const dumps::Contents& contents() const = 0;
  // How frames lie in the body. Null: the body is one stream, of one part, and has no frames.
  virtual std::shared_ptr<const frames::BodyLayout> layout() const = 0;
  // The number of items with the rows of tables, for progress; 0: not known.
  virtual size_t tables() const { return 0; }
  // The next part in the order of the body; nothing after the last. One thread at a time.
  virtual absl::StatusOr<std::optional<frames::Part>> NextPart(const base::Context& context) = 0;
  // Writes the bytes of a part that NextPart() returned to `sink`. Each part is read at most once,
  // by any thread, in any order; a call may wait until the parts before it were read. `worker` is
  // the number of the caller, from 0; two calls at once have different numbers. An error of the
  // sink is returned.
  virtual absl::Status Read(const base::Context& context, int worker, const frames::Part& part,
                            frames::PartSink& sink) = 0;
  // Call it after all parts were read: the tables with exact rows.
  virtual absl::StatusOr<std::vector<dumps::TableInfo>> Finish(const base::Context& context) = 0;

  // True after an error if this state can no longer be read (a database in rollback-journal mode
  // has changed). Then Reopen() opens a new state and begins with its first part; discard the parts
  // that were read before. errs::kBusy after too many attempts.
  virtual bool lost() const { return false; }
  virtual absl::Status Reopen(const base::Context& context);
};

// A driver's Connection also implements this interface if it can open snapshots in parts.
class SnapshotSource {
 public:
  virtual ~SnapshotSource() = default;
  // Null if a body with these options is one stream. The connection must outlive the snapshot, and
  // must not be used while it exists.
  virtual absl::StatusOr<std::unique_ptr<Snapshot>> OpenSnapshot(const base::Context& context,
                                                                 const BackupOptions& options) = 0;
};

// A driver whose format holds frames in itself (dumps::Contents::compressed). A Driver that has
// such a format implements it, too.
class FramedFormat {
 public:
  virtual ~FramedFormat() = default;
  // How frames lie in a body, as its beginning tells, which is read from `body`.
  virtual absl::StatusOr<frames::BodyFormat> ReadFormat(const base::Context& context,
                                                        base::Reader& body) = 0;
};

// Opens a snapshot of a connection: its own, or one of one part that is made of its Backup() (see
// stream_snapshot.h).
absl::StatusOr<std::unique_ptr<Snapshot>> OpenSnapshot(const base::Context& context,
                                                       Connection& connection,
                                                       const BackupOptions& options);

// Writes all parts as one stream, in the calling thread. Begins again when the snapshot is lost.
absl::Status WriteStream(const base::Context& context, Snapshot& snapshot, BackupTarget& target);

}  // namespace siphon::driver

#endif  // SIPHON_DRIVER_SNAPSHOT_H_
