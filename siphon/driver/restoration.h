// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DRIVER_RESTORATION_H_
#define SIPHON_DRIVER_RESTORATION_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/domain/frames/body_layout.h"
#include "siphon/domain/frames/index.h"
#include "siphon/domain/frames/parts.h"
#include "siphon/domain/verbs/verbs.h"

namespace siphon::driver {

// The frames of an item in any order. For one thread.
class ItemFrames {
 public:
  virtual ~ItemFrames() = default;
  // The bytes of the item before compression.
  virtual uint64_t size() const = 0;
  struct Piece {
    uint64_t begin = 0;  // In the item.
    std::string_view bytes;
  };
  // Reads the frame with the byte at `offset` of the item, which lies before size(). The frame is
  // compared with its hash: errs::kIntegrity. The bytes are valid until the next call.
  virtual absl::StatusOr<Piece> Find(const base::Context& context, uint64_t offset) = 0;
};

// A stored body in frames, as its index describes it. Its functions may be called from any thread.
class FramedBody {
 public:
  virtual ~FramedBody() = default;
  // The items, in the order of the body.
  virtual const std::vector<frames::Item>& items() const = 0;
  // Reads all bytes of one of items(), decompressed and without the bytes of the layout (those of a
  // stored item as they are). Each frame is compared with its hash before its bytes are returned:
  // errs::kIntegrity. Body, item and `context` must outlive the reader, which is for one thread.
  virtual absl::StatusOr<std::unique_ptr<base::Reader>> Open(const base::Context& context,
                                                             const frames::Item& item) const = 0;
  // The same as the body has it: compressed frames, without chunk headers, between the bytes of
  // `layout`, which must outlive the reader, too.
  virtual absl::StatusOr<std::unique_ptr<base::Reader>> OpenPacked(
      const base::Context& context, const frames::Item& item,
      const frames::BodyLayout& layout) const = 0;
  // Reads the entries of an item from the index, which take some hundred bytes of memory a frame.
  // The body must outlive the result.
  virtual absl::StatusOr<std::unique_ptr<ItemFrames>> OpenFrames(
      const base::Context& context, const frames::Item& item) const = 0;
};

// A part of a stored body, with the sums over its frames. Of Part::range nothing is promised: it
// says how the part was read.
struct StoredPart {
  frames::Part part;
  uint64_t rows = 0;
  uint64_t raw = 0;  // Bytes before compression: those that the part's reader returns.
};

// A restore of a framed body by several workers. A driver owns no threads: the application calls
// the functions, in this order:
//
//   Define() once; Load() for each part that Loads() wants, by all workers; Complete() once by each
//   worker, after all parts; Publish() once.
//
// Before Publish() the target is as it was, and Publish() changes it completely or not at all. When
// the context stops, a call ends promptly with the context's status. After an error of any function
// no other than Abandon() follows.
class Restoration {
 public:
  virtual ~Restoration() = default;  // The same as Abandon(), unless Publish() succeeded.

  // Reads the definitions and creates the objects that the rows need. Checks that the index has
  // what the definitions name: errs::kIntegrity.
  virtual absl::Status Define(const base::Context& context) = 0;
  // After Define(): true if the parts of this item go to Load(). The restoration reads the other
  // items itself, or leaves them out.
  virtual bool Loads(const frames::Item& item) const = 0;
  // Restores a part. The parts come in the order of the body, to workers 0 to options.jobs - 1.
  // A worker has one part at a time. While it has a part, those before it are loaded or with other
  // workers. So a call may wait for a part before it. `bytes` must be read to its end;
  // an error of `bytes` is returned. errs::kIntegrity if the part does not have `part.rows` rows.
  virtual absl::Status Load(const base::Context& context, int worker, const StoredPart& part,
                            base::Reader& bytes) = 0;
  // What follows the rows: indexes, keys, triggers. The calls of all workers run at once and share
  // the work; a worker that finds none left returns.
  virtual absl::Status Complete(const base::Context& context, int worker) = 0;
  // Makes the restored content that of the target. OK means that it is there, whatever happens to
  // the connection then.
  virtual absl::Status Publish(const base::Context& context) = 0;
  // Removes everything that was restored; runs even if the verb was cancelled, with a time limit of
  // its own. Returns `why`, the error that ended the restore, with a hint if something remains.
  virtual absl::Status Abandon(absl::Status why) = 0;
  // After Publish(): what was left out; see verbs::LeftOut.
  virtual std::vector<verbs::LeftOut> left_out() const { return {}; }
};

// A driver's Connection also implements this interface if it can restore framed bodies by parts.
class RestorationTarget {
 public:
  virtual ~RestorationTarget() = default;
  // Checks target and options as Connection::CheckTarget() does. Null if this target or these
  // options need Connection::Restore(), which the caller then uses with one job; `why` tells people
  // the reason ("other sessions are connected to the database"). `options.jobs` is the number of
  // workers. Connection, options and body must outlive the restoration, and the connection must not
  // be used while it exists.
  virtual absl::StatusOr<std::unique_ptr<Restoration>> OpenRestoration(
      const base::Context& context, const verbs::RestoreOptions& options, const FramedBody& body,
      std::string& why) = 0;
};

struct ExcerptOptions {
  // The tables are those of a restore with these options. `tables` is not empty, `exclude_tables`
  // is: Restore() looks for the names of both in the whole body.
  verbs::RestoreOptions restore;
  // True: the body is for the programs of the engine, and has only what belongs to the tables.
  // False: it is for Connection::Restore() with the same options, which leaves out the rest.
  bool alone = false;
  // For temporary files, which are as large as the tables. They are removed.
  std::string directory;
};

// A Driver also implements this interface if it can make a body of some tables from a framed body,
// and read only the definitions and the frames of these tables.
class ExcerptFormat {
 public:
  virtual ~ExcerptFormat() = default;
  // Opens a body of the same format with the chosen tables. Each frame is compared with its hash,
  // here or when its bytes are read: errs::kIntegrity. errs::kNotFound for a table that the body
  // does not have; without `alone`, Connection::Restore() can say so instead. Null if a restore
  // with these options needs the whole body. Context and body must outlive the reader.
  virtual absl::StatusOr<std::unique_ptr<base::Reader>> OpenExcerpt(const base::Context& context,
                                                                    const ExcerptOptions& options,
                                                                    const FramedBody& body) = 0;
};

}  // namespace siphon::driver

#endif  // SIPHON_DRIVER_RESTORATION_H_
