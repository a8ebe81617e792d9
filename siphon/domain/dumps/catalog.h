// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_DUMPS_CATALOG_H_
#define SIPHON_DOMAIN_DUMPS_CATALOG_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "siphon/base/clock.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/domain/dumps/contents.h"
#include "siphon/domain/dumps/envelope.h"
#include "siphon/domain/dumps/sidecar.h"
#include "siphon/domain/storage/store.h"

namespace siphon::dumps {

// A dump that is being written: Begin() → the body's bytes → Commit(). Nothing of it is visible
// before Commit() has returned, and nothing is left when it is destroyed without.
class PendingDump {
 public:
  virtual ~PendingDump() = default;
  virtual const std::string& id() const = 0;
  // Starts the body and returns where it goes (owned by the dump; Finish() is Commit()'s affair).
  // Called again, it drops what was written and starts anew.
  virtual absl::StatusOr<base::Writer*> Begin(const Contents& contents) = 0;
  // What the dump turned out to hold, for the sidecar: exact rows of tables that Begin() named.
  // Where Begin()'s were estimates and this is not called, the sidecar names no tables.
  virtual void SetTables(std::vector<TableInfo> tables) = 0;
  // Bytes of the body so far, before compression.
  virtual uint64_t body_bytes() const = 0;
  // Finishes the dump, then publishes attachments, dump and sidecar, in this order.
  virtual absl::StatusOr<Sidecar> Commit() = 0;
};

// A dump opened for reading: its envelope, and its body after decompression. When the last byte has
// been read, size and checksum are held against the sidecar: a difference makes the last Read()
// fail with errs::kIntegrity instead of returning 0. Publish nothing before that.
struct OpenDump {
  Sidecar sidecar;
  Envelope envelope;
  std::unique_ptr<base::Reader> body;
};

struct Listing {
  std::vector<Sidecar> dumps;        // Newest first.
  std::vector<std::string> corrupt;  // Ids whose sidecar could not be read.
  std::vector<std::string> orphans;  // Ids of dumps without a sidecar (see Rebuild()).
};

// What was checked, for people and --json.
struct Verification {
  Sidecar sidecar;
  Envelope envelope;
};

// Checks a body's structure to its end, as a driver can without a database; for Rebuild(). Returns
// its tables with exact rows when the envelope's are estimates, else nothing.
using BodyChecker = std::function<absl::StatusOr<std::vector<TableInfo>>(const Envelope& envelope,
                                                                         base::Reader& body)>;

struct RebuildResult {
  std::vector<std::string> rebuilt;
  struct Refused {
    std::string id;
    absl::Status why;
  };
  std::vector<Refused> refused;
};

// The dumps of one store.
class Catalog {
 public:
  // Both must outlive the catalogue.
  Catalog(storage::Store* store, const base::Clock* clock) : store_(store), clock_(clock) {}

  struct CreateOptions {
    std::string profile;
    std::string driver;
    int compression = 1;  // 0: a bare body; 1 to 9: zstd level.
  };
  // Begins with Recover().
  absl::StatusOr<std::unique_ptr<PendingDump>> Create(const base::Context& context,
                                                      CreateOptions options);

  absl::StatusOr<Listing> List(const base::Context& context);
  // The sidecar; errs::kNotFound with the nearest ids as a hint.
  absl::StatusOr<Sidecar> Get(const base::Context& context, std::string_view id);
  // Envelope and sidecar are held against each other before it returns (errs::kIntegrity).
  absl::StatusOr<OpenDump> Open(const base::Context& context, std::string_view id);

  // The texts beside a dump that Open() returned, by name; errs::kIntegrity for one that is missing
  // or not what the envelope records.
  absl::StatusOr<std::map<std::string, std::string>> Attachments(const base::Context& context,
                                                                 const OpenDump& dump);

  // Reads the whole dump and fails closed (errs::kIntegrity): checksum missing or different, size
  // different (truncated, trailing bytes), envelope and sidecar that disagree, attachments that are
  // missing or differ. `stage`, where it is
  // not null, is told the dump's size and how much was read.
  absl::StatusOr<Verification> Verify(const base::Context& context, std::string_view id,
                                      base::Stage* stage = nullptr);

  // The chain of dumps that restores `id`: its base first, `id` last (docs/contracts.md#chains).
  // errs::kIntegrity: "chain cycle detected at X", "chain broken at X: ...", "chain broken:
  // incremental X has no parent_id".
  absl::StatusOr<std::vector<Sidecar>> Chain(const base::Context& context, std::string_view id);

  // Removes sidecar, then dump, then attachments. Refused while an incremental stands on it.
  absl::Status Remove(const base::Context& context, std::string_view id);

  // Makes sidecars for dumps that have none (`all`: for every dump) from the dumps alone. A dump
  // whose body `check` refuses gets none. `profile` is what the sidecar names, as the envelope does
  // not hold it; with `all` an existing readable sidecar's profile and annotations are kept, and a
  // dump that its readable sidecar's checksum does not fit is refused.
  absl::StatusOr<RebuildResult> Rebuild(const base::Context& context, std::string_view profile,
                                        bool all, const BodyChecker& check);

  // Clears away what a killed run left: temporary files, a dump whose sidecar was written but never
  // published, attachments without a dump.
  absl::Status Recover(const base::Context& context);

  storage::Store& store() { return *store_; }

 private:
  // What there is of an id. kUnfinished: a dump whose backup is publishing it, or was killed then.
  enum class Presence { kNothing, kSidecar, kOrphan, kUnfinished };
  absl::StatusOr<Presence> Find(const base::Context& context, std::string_view id);
  // Reads "<id>.meta.json": errs::kNotFound, or errs::kIntegrity for what is not its sidecar.
  absl::StatusOr<Sidecar> ReadSidecar(const base::Context& context, std::string_view id);
  // The error for an id without a sidecar.
  absl::Status Missing(const base::Context& context, std::string_view id);
  absl::Status AddTo(const base::Context& context, const std::string& id, bool has_dump,
                     Listing& listing);
  absl::StatusOr<Sidecar> RebuildOne(const base::Context& context, const std::string& id,
                                     std::string_view profile, const BodyChecker& check);

  storage::Store* store_;
  const base::Clock* clock_;
};

}  // namespace siphon::dumps

#endif  // SIPHON_DOMAIN_DUMPS_CATALOG_H_
