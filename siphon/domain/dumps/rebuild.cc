// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// The repairing part of catalog.h: Recover() and Rebuild().

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/age/keys.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/base/sha256.h"
#include "siphon/domain/dumps/agreement.h"
#include "siphon/domain/dumps/attachments.h"
#include "siphon/domain/dumps/catalog.h"
#include "siphon/domain/dumps/chains.h"
#include "siphon/domain/dumps/dump_frames.h"
#include "siphon/domain/dumps/dump_reader.h"
#include "siphon/domain/dumps/dump_writer.h"
#include "siphon/domain/dumps/encryption.h"
#include "siphon/domain/dumps/envelope.h"
#include "siphon/domain/dumps/keys.h"
#include "siphon/domain/dumps/mend.h"
#include "siphon/domain/dumps/sidecar.h"
#include "siphon/domain/frames/body_layout.h"
#include "siphon/domain/frames/frame.h"
#include "siphon/domain/storage/store.h"

namespace siphon::dumps {
namespace {

struct Rebuilt {
  Sidecar sidecar;
  Envelope envelope;
  bool counted = false;  // The rows were counted in the body, not taken from the envelope.
  std::optional<Mended> mended;
};

// Copies the data of the old sidecar that fits the dump to the new one. `counted`: the rows in the
// new sidecar were counted in the body, not taken from the envelope.
absl::Status KeepFrom(const Sidecar& old, bool counted, Sidecar& sidecar) {
  const bool fits = old.checksum == sidecar.checksum && old.size_bytes == sidecar.size_bytes;
  if (!fits && !old.checksum.empty()) {
    return errs::IntegrityError(
        "dumps.rebuild",
        absl::StrCat("dump ", old.id, " has ", sidecar.size_bytes, " bytes and the checksum ",
                     sidecar.checksum, ", its sidecar says ", old.size_bytes, " and ",
                     old.checksum),
        "the dump was changed after it was written, and a new sidecar would hide that; restore "
        "another one, or delete the sidecar if the dump is right");
  }
  sidecar.profile = old.profile;
  // The envelope has only the numbers of the filters.
  sidecar.scope.filters = old.scope.filters;
  sidecar.took = old.took;
  // Those of the envelope stay.
  sidecar.annotations.insert(old.annotations.begin(), old.annotations.end());
  // The old sidecar may list more tables than the envelope, and sizes that the body does not have.
  if (sidecar.tables.empty() || (fits && counted && !old.tables.empty())) {
    sidecar.tables = old.tables;
  }
  if (sidecar.engine_version.empty()) sidecar.engine_version = old.engine_version;
  return absl::OkStatus();
}

// The tables counted in a body, with sizes from the envelope where it has them.
std::vector<TableInfo> Counted(const Envelope& envelope, std::vector<TableInfo> counted) {
  if (envelope.tables.empty()) return counted;
  std::map<std::string_view, int64_t> rows;
  for (const TableInfo& table : counted) rows[table.name] = table.rows;
  std::vector<TableInfo> tables;
  for (const TableInfo& table : envelope.tables) {
    const auto found = rows.find(table.name);
    if (found != rows.end()) tables.push_back({table.name, found->second, table.size_bytes});
  }
  return tables;
}

// Reads a dump to its end and creates its sidecar, without an index.
absl::StatusOr<Rebuilt> SidecarFromBytes(const base::Context& context, storage::Store& store,
                                         const std::string& id,
                                         std::unique_ptr<base::Reader> object,
                                         const BodyChecker& check, const Encryption* encryption) {
  auto reader = std::make_unique<FingerprintReader>(std::move(object), id, std::nullopt);
  ASSIGN_OR_RETURN(Envelope envelope, ReadEnvelope(*reader, id));
  RETURN_IF_ERROR(FillDetails(envelope, id, encryption));
  ASSIGN_OR_RETURN(const std::unique_ptr<BodyReader> body,
                   BodyReader::Create(std::move(reader), envelope, id, encryption));
  ASSIGN_OR_RETURN(std::vector<TableInfo> counted, check(envelope, *body));
  RETURN_IF_ERROR(body->ReadToEnd());
  RETURN_IF_ERROR(ReadAttachments(context, store, id, envelope).status());

  const Fingerprint fingerprint = body->object().Actual();
  Rebuilt rebuilt{.sidecar = {},
                  .envelope = envelope,
                  .counted = envelope.rows_estimated,
                  .mended = std::nullopt};
  Sidecar& sidecar = rebuilt.sidecar;
  sidecar.id = id;
  sidecar.driver = envelope.driver;
  sidecar.engine_version = envelope.engine_version;
  sidecar.dump_format = DumpFormatOf(envelope);
  sidecar.size_bytes = fingerprint.size_bytes;
  sidecar.checksum = fingerprint.checksum;
  sidecar.created = envelope.created;
  sidecar.tables = rebuilt.counted ? Counted(envelope, std::move(counted)) : envelope.tables;
  sidecar.annotations = envelope.annotations;
  sidecar.encryption = envelope.encryption;
  sidecar.details = envelope.details;
  sidecar.scope.kind = envelope.kind;
  sidecar.scope.before_migration = envelope.before_migration;
  sidecar.base_id = envelope.base_id;
  sidecar.parent_id = envelope.parent_id;
  return rebuilt;
}

// The same for a dump that lacks nothing. Its index was compared with all frames, if it is known
// how they lie in the body.
absl::StatusOr<Rebuilt> SidecarFromWhole(const base::Context& context, storage::Store& store,
                                         const std::string& id, const BodyChecker& check,
                                         const FormatFinder& find, const Encryption* encryption) {
  ASSIGN_OR_RETURN(std::unique_ptr<base::Reader> object, store.Open(context, DumpKey(id)));
  ASSIGN_OR_RETURN(Rebuilt rebuilt,
                   SidecarFromBytes(context, store, id, std::move(object), check, encryption));
  ASSIGN_OR_RETURN(const frames::BodyFormat format,
                   FormatOf(context, store, id, rebuilt.envelope, find, encryption));
  if (format.layout == nullptr) return rebuilt;
  ASSIGN_OR_RETURN(const std::optional<DumpFrames> frames,
                   FindFrames(context, store, id, !rebuilt.envelope.encryption.empty(),
                              *format.layout, encryption));
  if (!frames.has_value()) return rebuilt;
  RETURN_IF_ERROR(CheckFrames(context, *frames, *format.layout, id, [](uint64_t) {}).status());
  rebuilt.sidecar.index = IndexRecord{.offset = frames->index().offset(),
                                      .sha256 = frames::ToHex(frames->index().root())};
  return rebuilt;
}

// Creates the sidecar of a dump, from the dump alone.
absl::StatusOr<Rebuilt> SidecarFromDump(const base::Context& context, storage::Store& store,
                                        const std::string& id, const BodyChecker& check,
                                        const FormatFinder& find, const Encryption* encryption) {
  absl::StatusOr<Rebuilt> whole = SidecarFromWhole(context, store, id, check, find, encryption);
  if (!errs::Is(whole.status(), errs::kIntegrity)) return whole;
  ASSIGN_OR_RETURN(std::optional<Mended> mended, Mend(context, store, id, find));
  if (!mended.has_value()) return whole;
  ASSIGN_OR_RETURN(std::unique_ptr<base::Reader> object, store.Open(context, DumpKey(id)));
  ASSIGN_OR_RETURN(Rebuilt rebuilt,
                   SidecarFromBytes(context, store, id,
                                    std::make_unique<MendedReader>(std::move(object), *mended),
                                    check, encryption));
  rebuilt.sidecar.index = mended->record;
  rebuilt.mended = std::move(mended);
  return rebuilt;
}

// Encrypts the details of the sidecar, if they are more than those of the envelope. Else they stay
// encrypted to the recipients of the dump, who may differ from those in the configuration. Without
// recipients they are encrypted to the keys of this machine.
absl::Status SealMore(const Encryption* encryption, absl::TimeZone zone, Rebuilt& rebuilt) {
  Sidecar& sidecar = rebuilt.sidecar;
  if (sidecar.encryption.empty() || encryption == nullptr) return absl::OkStatus();
  const bool same = sidecar.tables == rebuilt.envelope.tables &&
                    sidecar.annotations == rebuilt.envelope.annotations &&
                    sidecar.scope.filters.empty();
  if (same) return absl::OkStatus();
  std::vector<age::Recipient> recipients(encryption->recipients().begin(),
                                         encryption->recipients().end());
  if (recipients.empty()) {
    ASSIGN_OR_RETURN(const auto identities, encryption->Identities());
    for (const age::Identity& identity : identities) recipients.push_back(identity.recipient());
  }
  return SealSidecar(sidecar, recipients, zone);
}

// Replaces a damaged dump by the one that `sidecar` describes.
absl::Status WriteMended(const base::Context& context, storage::Store& store,
                         const Sidecar& sidecar, const Mended& mended) {
  const std::string key = DumpKey(sidecar.id);
  ASSIGN_OR_RETURN(std::unique_ptr<base::Reader> object, store.Open(context, key));
  MendedReader reader(std::move(object), mended);
  ASSIGN_OR_RETURN(const std::unique_ptr<storage::ObjectWriter> out, store.Create(context, key));
  base::HashingWriter hash(out.get());
  RETURN_IF_ERROR(base::Copy(reader, hash).status());
  if (hash.Digest() != sidecar.checksum) {
    return errs::IntegrityError("dumps.rebuild",
                                absl::StrCat("dump ", sidecar.id, " changed while it was read"));
  }
  RETURN_IF_ERROR(hash.Finish());
  RETURN_IF_ERROR(out->Commit());
  context.Warn("dumps", absl::StrCat("the index of dump ", sidecar.id,
                                     " was damaged; it was made again from the frames"));
  return absl::OkStatus();
}

}  // namespace

absl::Status Catalog::Recover(const base::Context& context) {
  const auto unpublish = [&](const std::string& key) -> absl::Status {
    const std::optional<std::string> id = IdOfKey(key, kMarkerSuffix);
    if (!id.has_value()) return absl::OkStatus();
    // The backup was killed while it published the dump. Without a sidecar it has not reported
    // success, so the dump can be deleted. The marker is deleted after the dump, so that a kill
    // here changes nothing.
    ASSIGN_OR_RETURN(const auto sidecar, store_->Stat(context, SidecarKey(*id)));
    return sidecar.has_value() ? absl::OkStatus() : store_->Delete(context, DumpKey(*id));
  };
  RETURN_IF_ERROR(store_->RemoveStale(context, unpublish));
  return DeleteStrayCompanions(context, *store_);
}

absl::StatusOr<Sidecar> Catalog::RebuildOne(const base::Context& context, const std::string& id,
                                            std::string_view profile, const BodyChecker& check,
                                            const FormatFinder& find) {
  absl::StatusOr<Sidecar> old = ReadSidecar(context, id);
  RETURN_IF_ERROR(context.Check());
  ASSIGN_OR_RETURN(Rebuilt rebuilt,
                   SidecarFromDump(context, *store_, id, check, find, encryption_));
  rebuilt.sidecar.profile = std::string(profile);
  if (old.ok()) {
    // The details of the dump itself were opened; those of a damaged sidecar are not missed.
    FillDetails(*old, encryption_).IgnoreError();
    RETURN_IF_ERROR(KeepFrom(*old, rebuilt.counted, rebuilt.sidecar));
  }
  RETURN_IF_ERROR(SealMore(encryption_, clock_->Local(), rebuilt));
  if (rebuilt.mended.has_value()) {
    RETURN_IF_ERROR(WriteMended(context, *store_, rebuilt.sidecar, *rebuilt.mended));
  }
  return std::move(rebuilt.sidecar);
}

absl::StatusOr<RebuildResult> Catalog::Rebuild(const base::Context& context,
                                               std::string_view profile, bool all,
                                               const BodyChecker& check, const FormatFinder& find) {
  if (check == nullptr) return errs::InternalError("dumps.rebuild", "no function to check bodies");
  RETURN_IF_ERROR(Recover(context));
  ASSIGN_OR_RETURN(const std::vector<std::string> keys, store_->List(context));
  RebuildResult result;
  for (const std::string& key : keys) {
    const std::optional<std::string> id = IdOfKey(key, kDumpSuffix);
    if (!id.has_value()) continue;
    ASSIGN_OR_RETURN(const Presence presence, Find(context, *id));
    if (presence != Presence::kOrphan && !(all && presence == Presence::kSidecar)) continue;
    absl::StatusOr<Sidecar> sidecar = RebuildOne(context, *id, profile, check, find);
    if (!sidecar.ok()) {
      RETURN_IF_ERROR(context.Check());
      result.refused.push_back({*id, sidecar.status()});
      continue;
    }
    RETURN_IF_ERROR(PutSidecar(context, *store_, *clock_, *sidecar));
    result.rebuilt.push_back(*id);
  }
  return result;
}

}  // namespace siphon::dumps
