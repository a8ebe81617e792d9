// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DRIVER_INCREMENTS_H_
#define SIPHON_DRIVER_INCREMENTS_H_

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/domain/dumps/contents.h"
#include "siphon/driver/driver.h"
#include "siphon/driver/snapshot.h"

// Increments whose chain can be read as one body (docs/changes.md): the driver puts the full dump
// and its increments together, and every verb reads the result like the body of a full dump.
namespace siphon::driver {

// A dump of a chain.
struct ChainMember {
  std::string id;
  std::unique_ptr<base::Reader> body;
};

// A Driver with Capabilities::incremental implements this interface, too.
class IncrementFormat {
 public:
  virtual ~IncrementFormat() = default;
  // The format of the increments, as in dumps::Sidecar::dump_format.
  virtual std::string_view increment_format() const = 0;
  // The body of the state at the end of a chain. `members` are a full dump and the increments after
  // it, in order. All of them are read to their ends, and each state is compared with its hash,
  // before the last Read() returns 0: errs::kIntegrity names the dump that is damaged, or that is
  // not of this chain. errs::kInvalidArgument if the full dump has a format without increments.
  virtual absl::StatusOr<std::unique_ptr<base::Reader>> OpenChain(
      const base::Context& context, std::vector<ChainMember> members) = 0;
  // A snapshot of a state that OpenChain() returned, to write it as a full dump. `contents` has
  // what its records say.
  virtual absl::StatusOr<std::unique_ptr<Snapshot>> OpenStateSnapshot(
      const base::Context& context, std::unique_ptr<base::Reader> state,
      dumps::Contents contents) = 0;
  // Reads an increment to its end and checks its structure, without its chain. errs::kIntegrity.
  virtual absl::Status VerifyIncrement(const base::Context& context, base::Reader& body) = 0;
};

// The place of a new increment in its chain.
struct IncrementOptions {
  std::string base_id;    // The full dump at the beginning of the chain.
  std::string parent_id;  // The last dump of the chain.
  // Opens the state of the parent, as OpenChain() returns it; of a full dump its body. It is called
  // again if the snapshot is lost.
  std::function<absl::StatusOr<std::unique_ptr<base::Reader>>()> open_parent;
};

// A Connection of such a driver implements this interface, too.
class IncrementSource {
 public:
  virtual ~IncrementSource() = default;
  // Writes the differences between the state of the parent and one consistent state of the
  // database. The parent is read to its end, so that its checksum is compared, before this returns.
  virtual absl::Status BackupIncrement(const base::Context& context, const BackupOptions& options,
                                       const IncrementOptions& increment, BackupTarget& target) = 0;
};

}  // namespace siphon::driver

#endif  // SIPHON_DRIVER_INCREMENTS_H_
