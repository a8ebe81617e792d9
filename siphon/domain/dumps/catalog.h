// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_DUMPS_CATALOG_H_
#define SIPHON_DOMAIN_DUMPS_CATALOG_H_

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "siphon/base/age/keys.h"
#include "siphon/base/clock.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/domain/dumps/contents.h"
#include "siphon/domain/dumps/dump_frames.h"
#include "siphon/domain/dumps/encryption.h"
#include "siphon/domain/dumps/envelope.h"
#include "siphon/domain/dumps/notes.h"
#include "siphon/domain/dumps/scope.h"
#include "siphon/domain/dumps/selector.h"
#include "siphon/domain/dumps/sidecar.h"
#include "siphon/domain/frames/appender.h"
#include "siphon/domain/frames/body_layout.h"
#include "siphon/domain/storage/store.h"

namespace siphon::dumps {

class FingerprintReader;

// A dump that is being written: Begin(), the bytes of the body, Commit(). Nothing is visible before
// Commit() has returned. Without Commit() nothing is left.
class PendingDump {
 public:
  virtual ~PendingDump() = default;
  virtual const std::string& id() const = 0;
  // Starts the body and returns its writer, which the dump owns; Commit() calls its Finish(). A
  // second call drops the bytes written so far and starts again.
  virtual absl::StatusOr<base::Writer*> Begin(const Contents& contents) = 0;
  // Starts a body in frames (docs/dumps.md#frames) in place of Begin(), with the same rules. The
  // workers put their parts into the appender, which the dump owns; all parts must be complete
  // before Commit(), which writes the index. `layout` is a plain BodyLayout unless
  // contents.compressed: then the engine's own format holds the frames. errs::kInternal if the dump
  // has the compression level 0.
  virtual absl::StatusOr<frames::Appender*> BeginFrames(
      const Contents& contents, std::shared_ptr<const frames::BodyLayout> layout) = 0;
  // The tables for the sidecar, with exact rows. If Begin() received estimates and this is not
  // called, the sidecar lists no tables.
  virtual void SetTables(std::vector<TableInfo> tables) = 0;
  // The number of bytes of the body so far, before compression. For a body in frames 0 until
  // Commit() has returned.
  virtual uint64_t body_bytes() const = 0;
  // Finishes the dump, then publishes attachments, dump and sidecar, in this order.
  virtual absl::StatusOr<Sidecar> Commit() = 0;
};

// A dump that is being read. `body` is decompressed. At its end, size and checksum are compared
// with the sidecar: if they differ, the last Read() fails with errs::kIntegrity instead of
// returning 0. Do not publish anything before.
struct OpenDump {
  Sidecar sidecar;
  Envelope envelope;
  std::unique_ptr<base::Reader> body;
  // Why the details of an encrypted dump are missing; only from Describe() with
  // DetailsNeed::kOptional.
  absl::Status details_missing = {};
};

struct Listing {
  std::vector<Sidecar> dumps;          // Newest first.
  std::vector<std::string> corrupt;    // Ids whose sidecar could not be read.
  std::vector<std::string> orphans;    // Ids of dumps without a sidecar (see Rebuild()).
  std::map<std::string, Notes> notes;  // By the id of the dump; only of dumps that have some.
  std::vector<std::string> bad_notes;  // Ids whose notes could not be read.
};

// A dump that passed Verify().
struct Verification {
  Sidecar sidecar;
  Envelope envelope;
};

// Checks the structure of a body to its end, for Rebuild(). If the rows in the envelope are
// estimates, returns the tables with exact rows; else nothing.
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

// Whether the details of an encrypted dump (encryption.h) may be missing where no key opens them.
enum class DetailsNeed { kRequired, kOptional };

// The dumps of one store.
class Catalog {
 public:
  // `store`, `clock` and `encryption` must outlive the catalogue. `encryption` may be null: new
  // dumps are clear, and encrypted ones cannot be opened.
  Catalog(storage::Store* store, const base::Clock* clock, const Encryption* encryption = nullptr)
      : store_(store), clock_(clock), encryption_(encryption) {}

  struct CreateOptions {
    std::string profile;
    std::string driver;
    int compression = 1;  // 0: a bare body; 1 to 9: zstd level.
    Scope scope = {};
  };
  // Calls Recover() first.
  absl::StatusOr<std::unique_ptr<PendingDump>> Create(const base::Context& context,
                                                      CreateOptions options);

  absl::StatusOr<Listing> List(const base::Context& context);
  // The sidecar of a dump; errs::kNotFound with similar ids as a hint.
  absl::StatusOr<Sidecar> Get(const base::Context& context, std::string_view id);
  // The id of the dump that `selector` means: an id; the beginning of one, kShortestPrefix
  // characters or more, that no other dump has; the latest dump, see SelectLatest().
  // errs::kInvalidArgument lists the dumps if there are several, and refuses conditions for
  // anything but the latest dump. A text that means no dump is returned as it is: Get() has the
  // error.
  absl::StatusOr<std::string> Resolve(const base::Context& context, const Selector& selector);
  // Opens a dump for reading; errs::kIntegrity if envelope and sidecar disagree. Of an encrypted
  // dump, envelope and sidecar have their details; errs::kSecretUnavailable without its key.
  absl::StatusOr<OpenDump> Open(const base::Context& context, std::string_view id);

  // The same without the body: OpenDump::body is null. Reads only the envelope of the dump, where
  // the store has random access. With DetailsNeed::kOptional and without its key, the details of an
  // encrypted dump are missing.
  absl::StatusOr<OpenDump> Describe(const base::Context& context, std::string_view id,
                                    DetailsNeed need = DetailsNeed::kRequired);

  // The notes of a dump; empty if it has none.
  absl::StatusOr<Notes> ReadNotes(const base::Context& context, std::string_view id);
  // Replaces the notes of an existing dump. Of two writers at once, the last one wins.
  absl::Status WriteNotes(const base::Context& context, std::string_view id, const Notes& notes);

  // The attachments of a dump by name, decrypted. errs::kIntegrity for one that is missing or
  // differs from the envelope.
  absl::StatusOr<std::map<std::string, std::string>> Attachments(const base::Context& context,
                                                                 const OpenDump& dump);

  // Reads the whole dump. errs::kIntegrity if the checksum is missing or differs, the size differs,
  // envelope and sidecar disagree, or an attachment is missing or differs. Reports the size of the
  // dump and the bytes read to `stage`, which may be null. Needs no key: the details of an
  // encrypted dump are missing in the result.
  absl::StatusOr<Verification> Verify(const base::Context& context, std::string_view id,
                                      base::Stage* stage = nullptr);

  // The chain of dumps that restores `id`: its base first, `id` last (docs/contracts.md#chains).
  // errs::kIntegrity: "chain cycle detected at X", "chain broken at X: ...", "chain broken:
  // incremental X has no parent_id".
  absl::StatusOr<std::vector<Sidecar>> Chain(const base::Context& context, std::string_view id);

  // The end of the lock that the store has on the dump (Store::LockedUntil()); nothing without one.
  absl::StatusOr<std::optional<absl::Time>> LockedUntil(const base::Context& context,
                                                        std::string_view id);

  // Removes the sidecar, then the dump, then the attachments. Fails while an incremental needs it,
  // while it is pinned, and while the store has locked it; then nothing is removed. With `known`, a
  // listing of this catalogue that may be old, the sidecars in it are not read again.
  absl::Status Remove(const base::Context& context, std::string_view id,
                      const Listing* known = nullptr);

  // Replaces a dump by one that is encrypted to `recipients` alone, with a new key and a new id; a
  // clear dump becomes an encrypted one. The new dump is complete and verified before the old one
  // is removed; a kill leaves one or both. It has the time, the notes and the pin of the old one.
  // errs::kInvalidArgument for a part of a chain, errs::kIo for a dump that the store has locked.
  // Reports the bytes read to `stage`, which may be null. Returns the new sidecar, with details.
  absl::StatusOr<Sidecar> Rekey(const base::Context& context, std::string_view id,
                                absl::Span<const age::Recipient> recipients,
                                base::Stage* stage = nullptr);

  // Writes sidecars for dumps without one (`all`: for every dump), from the dumps alone. Refuses a
  // dump whose body fails `check`. `profile` is written to the sidecar, because the envelope does
  // not contain it. With `all`, the profile and annotations of a readable sidecar are kept, and a
  // dump that differs from the checksum in its sidecar is refused. Makes a damaged index again,
  // where `find` is needed if the format of the body holds frames in itself.
  absl::StatusOr<RebuildResult> Rebuild(const base::Context& context, std::string_view profile,
                                        bool all, const BodyChecker& check,
                                        const FormatFinder& find = nullptr);

  // Removes the remains of killed runs: temporary files, a dump whose sidecar was written but not
  // published, attachments without a dump.
  absl::Status Recover(const base::Context& context);

  storage::Store& store() { return *store_; }
  const Encryption* encryption() const { return encryption_; }

 private:
  // The objects of an id. kUnfinished: a backup is publishing the dump, or was killed while it did.
  enum class Presence { kNothing, kSidecar, kOrphan, kUnfinished };
  absl::StatusOr<Presence> Find(const base::Context& context, std::string_view id);
  // Reads "<id>.meta.json": errs::kNotFound, or errs::kIntegrity if it is not the sidecar of `id`.
  absl::StatusOr<Sidecar> ReadSidecar(const base::Context& context, std::string_view id);
  // The error for an id without a sidecar.
  absl::Status Missing(const base::Context& context, std::string_view id);
  absl::Status AddTo(const base::Context& context, const std::string& id, bool has_dump,
                     Listing& listing);
  // Decrypts the details of an encrypted dump, and compares those of sidecar and envelope.
  absl::Status Decrypt(OpenDump& dump) const;
  // Writes the dump that replaces `dump`, whose body `reader` has not read yet.
  absl::StatusOr<Sidecar> WriteRekeyed(const base::Context& context, const OpenDump& dump,
                                       FingerprintReader& reader,
                                       absl::Span<const age::Recipient> recipients,
                                       base::Stage* stage);
  // The error for a dump that is the base of incrementals.
  absl::Status CheckWithoutDependents(const base::Context& context, std::string_view id,
                                      const Listing* known = nullptr);
  // The error for a dump that the store has locked.
  absl::Status CheckUnlocked(const base::Context& context, std::string_view id);
  absl::Status RemoveObjects(const base::Context& context, std::string_view id);
  // The incrementals that need `id`. `known` may be null; see Remove().
  absl::StatusOr<std::vector<std::string>> DependentsOf(const base::Context& context,
                                                        std::string_view id, const Listing* known);
  // The error for a dump that is pinned or locked.
  absl::Status CheckRemovable(const base::Context& context, std::string_view id);
  absl::StatusOr<Sidecar> RebuildOne(const base::Context& context, const std::string& id,
                                     std::string_view profile, const BodyChecker& check,
                                     const FormatFinder& find);

  storage::Store* store_;
  const base::Clock* clock_;
  const Encryption* encryption_;
};

}  // namespace siphon::dumps

#endif  // SIPHON_DOMAIN_DUMPS_CATALOG_H_
