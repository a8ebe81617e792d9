// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_BODY_ORDER_H_
#define DRIVERS_POSTGRES_BODY_ORDER_H_

#include <cstddef>
#include <cstdint>
#include <set>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "siphon/base/context.h"

namespace siphon::postgres {

// The parts that were given to workers and are not read yet. The first of them in the order of the
// body never waits for another part (frames::Appender).
class BodyOrder {
 public:
  // The number of an item in the body, and of the part in it.
  using Place = std::pair<size_t, uint64_t>;

  void Give(Place place);
  // The part was read.
  void End(Place place);
  bool IsFirst(Place place) const;
  // Waits until the part is the first, or the context stops.
  absl::Status AwaitFirst(const base::Context& context, Place place);

 private:
  void Wake();

  mutable absl::Mutex mutex_;
  absl::CondVar changed_;
  std::set<Place> given_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_BODY_ORDER_H_
