// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DRIVER_PART_COPIER_H_
#define SIPHON_DRIVER_PART_COPIER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/domain/frames/index.h"
#include "siphon/domain/frames/parts.h"
#include "siphon/driver/copying.h"
#include "siphon/driver/restoration.h"
#include "siphon/driver/snapshot.h"

namespace siphon::driver {

// True if the parts of the snapshot can be copied.
bool CanCopy(const Snapshot& snapshot);

// A snapshot as a restoration sees it: its first item, which is kept in memory, and the names of
// the others.
class SnapshotBody : public LiveBody {
 public:
  // `snapshot` must outlive the body, and has a layout and is a CopySource (CanCopy()).
  explicit SnapshotBody(Snapshot* snapshot) : snapshot_(*snapshot) {}
  // Reads the first item. Call it once, before all others.
  absl::Status ReadHead(const base::Context& context);

  const std::vector<frames::Item>& items() const override { return items_; }
  absl::StatusOr<std::unique_ptr<base::Reader>> Open(const base::Context& context,
                                                     const frames::Item& item) const override;
  absl::StatusOr<std::unique_ptr<base::Reader>> OpenPacked(
      const base::Context& context, const frames::Item& item,
      const frames::BodyLayout& layout) const override;
  absl::StatusOr<std::unique_ptr<ItemFrames>> OpenFrames(const base::Context& context,
                                                         const frames::Item& item) const override;

 private:
  Snapshot& snapshot_;
  std::vector<frames::Item> items_;
  std::string head_;
};

// Sees the parts that several workers copy. Any worker calls it, with its number from 0.
class CopyObserver {
 public:
  virtual ~CopyObserver() = default;
  virtual void Begin(int worker, const frames::Part& part) = 0;
  virtual void Add(int worker, uint64_t bytes) = 0;
  virtual void AddRows(int worker, uint64_t rows) = 0;
  virtual void End(int worker, const frames::Part& part) = 0;
};

// Copies the parts of a snapshot after its first item, which `body` has read, to a restoration,
// from Define() to Publish(). At most `jobs` parts at once; each has a pipe of 1 MiB. After an
// error the target is as it was, and what was copied is removed; if the snapshot is lost then, the
// copy can begin again with a new body and a new restoration.
absl::Status CopyParts(const base::Context& context, Snapshot& snapshot, const SnapshotBody& body,
                       Restoration& restoration, int jobs, CopyObserver& observer);

}  // namespace siphon::driver

#endif  // SIPHON_DRIVER_PART_COPIER_H_
