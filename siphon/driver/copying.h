// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DRIVER_COPYING_H_
#define SIPHON_DRIVER_COPYING_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "siphon/base/context.h"
#include "siphon/domain/frames/frame.h"
#include "siphon/domain/frames/parts.h"
#include "siphon/domain/verbs/verbs.h"
#include "siphon/driver/restoration.h"

// What a copy from a snapshot to a restoration (part_copier.h) needs of both, beyond their
// contracts.
namespace siphon::driver {

// An item of the body.
struct SnapshotItem {
  uint32_t id = frames::kHeadItem;
  std::string name;
  uint64_t estimated_bytes = 0;  // The sum of Part::estimated_bytes; 0: not known.
};

// A Snapshot with a layout also implements this interface if its parts can be copied.
class CopySource {
 public:
  virtual ~CopySource() = default;
  // The items of the body, in their order.
  virtual std::vector<SnapshotItem> items() const = 0;
  // Writes the beginning of an item with rows, until the first row, to `sink`. Call it while no
  // part is being read. errs::kInternal if the engine's restorations need no definitions.
  virtual absl::Status ReadDefinition(const base::Context& context, const SnapshotItem& item,
                                      frames::PartSink& sink) = 0;
};

// A snapshot that is being read, as the body of a restoration. Its parts come once, in their order,
// to Load(). Open() has the first item, and of an item with rows only what precedes the rows; it
// can be called until the first Load(), by one thread. OpenPacked() and OpenFrames() are
// errs::kInternal. Of the sums of an item only `raw` is set, to an estimate. The sums of a
// StoredPart are 0 until the part's reader has returned its end.
class LiveBody : public FramedBody {};
inline bool IsLive(const FramedBody& body) {
  return dynamic_cast<const LiveBody*>(&body) != nullptr;
}

// A Restoration also implements this interface if it can restore a LiveBody. It reads only the
// first item itself; all others that it wants go to Load().
class CopyDestination {
 public:
  virtual ~CopyDestination() = default;
  // After Define(): how many calls of Load() can run at once; fewer than options.jobs if the server
  // accepts no more sessions. Not more may be running.
  virtual int workers() const = 0;
};

// A RestorationTarget also implements this interface if Connection::Restore() can restore only so
// many tables at once. More are for a restoration, also with one worker.
class LimitedTarget {
 public:
  virtual ~LimitedTarget() = default;
  // An estimate of the most tables; nothing if there is no limit with these options.
  virtual absl::StatusOr<std::optional<uint64_t>> MostTables(
      const base::Context& context, const verbs::RestoreOptions& options) = 0;
};

}  // namespace siphon::driver

#endif  // SIPHON_DRIVER_COPYING_H_
