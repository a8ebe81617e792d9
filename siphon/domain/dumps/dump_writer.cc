// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/dumps/dump_writer.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
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
#include "siphon/base/age/age_file.h"
#include "siphon/base/clock.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/base/sha256.h"
#include "siphon/base/workers.h"
#include "siphon/base/zstd.h"
#include "siphon/domain/dumps/agreement.h"
#include "siphon/domain/dumps/attachments.h"
#include "siphon/domain/dumps/catalog.h"
#include "siphon/domain/dumps/encryption.h"
#include "siphon/domain/dumps/envelope.h"
#include "siphon/domain/dumps/keys.h"
#include "siphon/domain/dumps/sidecar.h"
#include "siphon/domain/frames/appender.h"
#include "siphon/domain/frames/body_layout.h"
#include "siphon/domain/frames/frame.h"
#include "siphon/domain/frames/index.h"
#include "siphon/domain/storage/store.h"

namespace siphon::dumps {
namespace {

constexpr std::string_view kOp = "dumps.create";

// The writer for the driver.
class BodyWriter : public base::Writer {
 public:
  BodyWriter(const base::Context& context, base::Writer* next) : context_(context), next_(next) {}
  absl::Status Write(std::string_view data) override {
    RETURN_IF_ERROR(context_.Check());
    RETURN_IF_ERROR(next_->Write(data));
    count_ += data.size();
    return absl::OkStatus();
  }
  absl::Status Finish() override {
    return errs::InternalError(kOp, "a driver called Finish(), which only Commit() may do");
  }
  uint64_t count() const { return count_; }

 private:
  base::Context context_;
  base::Writer* next_;
  uint64_t count_ = 0;
};

// The stages of a dump: body, zstd (optional), encryption (optional), hash and count, object; of a
// body in frames: appender, body, encryption (optional), hash and count, object. A stage is
// destroyed before the stage to which it writes.
struct Stages {
  std::unique_ptr<storage::ObjectWriter> object;
  std::unique_ptr<base::HashingWriter> hash;
  std::unique_ptr<base::Writer> encryption;  // Null for a clear dump.
  std::unique_ptr<base::ZstdWriter> zstd;    // Null for an uncompressed body.
  std::unique_ptr<BodyWriter> body;
  // Null for a body without frames.
  std::shared_ptr<const frames::BodyLayout> layout;
  std::unique_ptr<frames::Appender> appender;

  // What the body, compressed, is written to.
  base::Writer* sealed() {
    return encryption != nullptr ? encryption.get() : static_cast<base::Writer*>(hash.get());
  }
  absl::Status Finish() { return zstd != nullptr ? zstd->Finish() : sealed()->Finish(); }
};

class DumpWriter : public PendingDump {
 public:
  DumpWriter(const base::Context& context, storage::Store* store, const base::Clock* clock,
             const Encryption* encryption, std::string id, Catalog::CreateOptions options,
             Placement place)
      : context_(context),
        store_(store),
        clock_(clock),
        encryption_(encryption),
        id_(std::move(id)),
        options_(std::move(options)),
        place_(std::move(place)),
        started_(clock->Now()) {}

  const std::string& id() const override { return id_; }
  void SetTables(std::vector<TableInfo> tables) override { counted_ = std::move(tables); }
  uint64_t body_bytes() const override {
    if (stages_ == nullptr) return 0;
    return stages_->appender == nullptr ? stages_->body->count() : frames_bytes_;
  }
  absl::StatusOr<base::Writer*> Begin(const Contents& contents) override;
  absl::StatusOr<frames::Appender*> BeginFrames(
      const Contents& contents, std::shared_ptr<const frames::BodyLayout> layout) override;
  absl::StatusOr<Sidecar> Commit() override;

 private:
  bool encrypts() const { return !recipients().empty(); }
  // The recipients of the dump; none: it is clear.
  absl::Span<const age::Recipient> recipients() const {
    if (encryption_ == nullptr) return {};
    return encryption_->recipients();
  }
  absl::StatusOr<Envelope> MakeEnvelope(const Contents& contents) const;
  // Begins a dump: its first stages, with the envelope in them. Drops what was written before.
  // `layout` is that of the envelope.
  absl::StatusOr<std::unique_ptr<Stages>> Open(const Contents& contents, std::string_view layout);
  // Writes the index, and keeps its record for the sidecar.
  absl::Status FinishFrames();
  absl::StatusOr<Sidecar> MakeSidecar() const;
  // The tables for the sidecar.
  absl::StatusOr<std::vector<TableInfo>> ExactTables() const;
  // A compressed format is not compressed again.
  int Level(const Contents& contents) const {
    return contents.compressed ? 0 : options_.compression;
  }

  base::Context context_;
  storage::Store* store_;
  const base::Clock* clock_;
  const Encryption* encryption_;
  std::string id_;
  Catalog::CreateOptions options_;
  Placement place_;
  absl::Time started_;
  Contents contents_;
  std::optional<std::vector<TableInfo>> counted_;
  Envelope envelope_;
  std::unique_ptr<Stages> stages_;  // Null before Begin().
  uint64_t frames_bytes_ = 0;       // Of a body in frames; see body_bytes().
  std::optional<IndexRecord> index_;
  bool ended_ = false;
};

absl::StatusOr<Envelope> DumpWriter::MakeEnvelope(const Contents& contents) const {
  Envelope envelope;
  envelope.type = std::string(kTypeBase);
  envelope.driver = options_.driver;
  envelope.engine_version = contents.engine_version;
  envelope.tables = contents.tables;
  envelope.created = place_.created.value_or(clock_->Now());
  if (Level(contents) > 0) envelope.compression = std::string(kCompressionZstd);
  envelope.rows_estimated = contents.rows_estimated;
  envelope.binlog_file = contents.binlog_file;
  envelope.binlog_end = contents.binlog_end;
  envelope.annotations = contents.annotations;
  envelope.kind = options_.scope.kind;
  envelope.filters = CountFilters(options_.scope.filters);
  envelope.before_migration = options_.scope.before_migration;
  if (encrypts()) envelope.encryption = std::string(kEncryptionAge);
  if (place_.link.has_value()) {
    envelope.type = std::string(kTypeIncremental);
    envelope.base_id = place_.link->base_id;
    envelope.parent_id = place_.link->parent_id;
    envelope.increment_format = place_.link->format;
  }
  ASSIGN_OR_RETURN(envelope.attachments, DescribeAttachments(contents.attachments));
  return envelope;
}

absl::StatusOr<std::unique_ptr<Stages>> DumpWriter::Open(const Contents& contents,
                                                         std::string_view layout) {
  if (ended_) return errs::InternalError(kOp, "begun after its end");
  stages_.reset();
  RETURN_IF_ERROR(context_.Check());
  contents_ = contents;
  RETURN_IF_ERROR(SealAttachments(contents_.attachments, recipients()));
  counted_.reset();
  ASSIGN_OR_RETURN(envelope_, MakeEnvelope(contents_));
  envelope_.layout = std::string(layout);
  ASSIGN_OR_RETURN(const std::string envelope, EncodeSealed(envelope_, recipients()));

  auto stages = std::make_unique<Stages>();
  ASSIGN_OR_RETURN(stages->object, store_->Create(context_, DumpKey(id_)));
  stages->hash = std::make_unique<base::HashingWriter>(stages->object.get());
  RETURN_IF_ERROR(stages->hash->Write(envelope));
  if (encrypts()) {
    ASSIGN_OR_RETURN(stages->encryption, age::MakeEncryptor(stages->hash.get(), recipients()));
  }
  return stages;
}

absl::StatusOr<base::Writer*> DumpWriter::Begin(const Contents& contents) {
  ASSIGN_OR_RETURN(std::unique_ptr<Stages> stages, Open(contents, ""));
  base::Writer* next = stages->sealed();
  if (const int level = Level(contents); level > 0) {
    ASSIGN_OR_RETURN(stages->zstd, base::ZstdWriter::Create(level, base::DefaultWorkers(), next));
    next = stages->zstd.get();
  }
  stages->body = std::make_unique<BodyWriter>(context_, next);
  stages_ = std::move(stages);
  return stages_->body.get();
}

absl::StatusOr<frames::Appender*> DumpWriter::BeginFrames(
    const Contents& contents, std::shared_ptr<const frames::BodyLayout> layout) {
  if (options_.compression == 0) {
    return errs::InternalError(kOp, "a body in frames is compressed, and the level is 0");
  }
  ASSIGN_OR_RETURN(std::unique_ptr<Stages> stages, Open(contents, kLayoutFrames));
  stages->body = std::make_unique<BodyWriter>(context_, stages->sealed());
  stages->layout = std::move(layout);
  stages->appender = std::make_unique<frames::Appender>(
      stages->layout.get(), stages->body.get(),
      frames::Appender::Options{.archive = frames::NewArchiveNumber()});
  stages_ = std::move(stages);
  return stages_->appender.get();
}

absl::Status DumpWriter::FinishFrames() {
  ASSIGN_OR_RETURN(const frames::Appender::Result result, stages_->appender->Finish(context_));
  for (const frames::Item& item : result.directory.items) frames_bytes_ += item.raw;
  index_ = IndexRecord{.offset = result.index_offset, .sha256 = frames::ToHex(result.root)};
  return absl::OkStatus();
}

absl::StatusOr<std::vector<TableInfo>> DumpWriter::ExactTables() const {
  if (!contents_.rows_estimated) return contents_.tables;
  // A restored database cannot be compared with estimates.
  if (!counted_.has_value()) return std::vector<TableInfo>();
  std::set<std::string_view> named;
  for (const TableInfo& table : contents_.tables) named.insert(table.name);
  for (const TableInfo& table : *counted_) {
    if (named.contains(table.name)) continue;
    return errs::InternalError(
        kOp, absl::StrCat("rows were counted for an unknown table: ", table.name));
  }
  return *counted_;
}

absl::StatusOr<Sidecar> DumpWriter::MakeSidecar() const {
  Sidecar sidecar;
  sidecar.id = id_;
  sidecar.profile = options_.profile;
  sidecar.driver = options_.driver;
  sidecar.engine_version = contents_.engine_version;
  sidecar.dump_format = DumpFormatOf(envelope_);
  sidecar.base_id = envelope_.base_id;
  sidecar.parent_id = envelope_.parent_id;
  sidecar.size_bytes = stages_->hash->count();
  sidecar.checksum = stages_->hash->Digest();
  sidecar.index = index_;
  sidecar.created = envelope_.created;
  sidecar.annotations = envelope_.annotations;
  sidecar.scope = options_.scope;
  // Rounded up, because the sidecar counts milliseconds and 0 means "not recorded".
  sidecar.took =
      absl::Ceil(std::max(clock_->Now() - started_, absl::ZeroDuration()), absl::Milliseconds(1));
  ASSIGN_OR_RETURN(sidecar.tables, ExactTables());
  if (encrypts()) sidecar.encryption = std::string(kEncryptionAge);
  RETURN_IF_ERROR(SealSidecar(sidecar, recipients(), clock_->Local()));
  return sidecar;
}

absl::StatusOr<Sidecar> DumpWriter::Commit() {
  if (ended_ || stages_ == nullptr) {
    return errs::InternalError(kOp, "committed before its beginning, or twice");
  }
  ended_ = true;
  RETURN_IF_ERROR(context_.Check());
  if (stages_->appender != nullptr) RETURN_IF_ERROR(FinishFrames());
  RETURN_IF_ERROR(stages_->Finish());
  ASSIGN_OR_RETURN(const Sidecar sidecar, MakeSidecar());
  RETURN_IF_ERROR(PublishDump(context_, *store_, id_, EncodeSidecar(sidecar, clock_->Local()),
                              contents_.attachments, *stages_->object));
  return sidecar;
}

absl::StatusOr<std::unique_ptr<storage::ObjectWriter>> Prepare(const base::Context& context,
                                                               storage::Store& store,
                                                               const std::string& key,
                                                               std::string_view text) {
  ASSIGN_OR_RETURN(std::unique_ptr<storage::ObjectWriter> object, store.Create(context, key));
  RETURN_IF_ERROR(object->Write(text));
  RETURN_IF_ERROR(object->Finish());
  return object;
}

}  // namespace

absl::Status SealAttachments(std::map<std::string, std::string>& attachments,
                             absl::Span<const age::Recipient> recipients) {
  if (recipients.empty()) return absl::OkStatus();
  std::map<std::string, std::string> sealed;
  for (const auto& [name, text] : attachments) {
    ASSIGN_OR_RETURN(sealed[absl::StrCat(name, kEncryptedSuffix)], age::Encrypt(text, recipients));
  }
  attachments = std::move(sealed);
  return absl::OkStatus();
}

absl::StatusOr<std::string> EncodeSealed(Envelope envelope,
                                         absl::Span<const age::Recipient> recipients) {
  const auto encode = [&]() -> absl::StatusOr<std::string> {
    if (!recipients.empty()) {
      ASSIGN_OR_RETURN(envelope.details, SealDetails({.tables = envelope.tables,
                                                      .annotations = envelope.annotations,
                                                      .filters = {}},
                                                     recipients));
    }
    return EncodeEnvelope(envelope);
  };
  absl::StatusOr<std::string> bytes = encode();
  if (bytes.ok() || envelope.tables.empty()) return bytes;
  envelope.tables.clear();
  return encode();
}

absl::Status SealSidecar(Sidecar& sidecar, absl::Span<const age::Recipient> recipients,
                         absl::TimeZone zone) {
  const auto seal = [&]() -> absl::Status {
    if (recipients.empty()) return absl::OkStatus();
    ASSIGN_OR_RETURN(sidecar.details, SealDetails({.tables = sidecar.tables,
                                                   .annotations = sidecar.annotations,
                                                   .filters = sidecar.scope.filters},
                                                  recipients));
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(seal());
  // A sidecar with so many tables would be refused when it is read.
  if (EncodeSidecar(sidecar, zone).size() <= kSidecarLimit) return absl::OkStatus();
  sidecar.tables.clear();
  return seal();
}

absl::Status PublishDump(const base::Context& context, storage::Store& store, std::string_view id,
                         std::string_view sidecar,
                         const std::map<std::string, std::string>& attachments,
                         storage::ObjectWriter& dump) {
  // Write everything, which may fail for lack of space, before the first object becomes visible.
  ASSIGN_OR_RETURN(const std::unique_ptr<storage::ObjectWriter> sidecar_object,
                   Prepare(context, store, SidecarKey(id), sidecar));
  std::vector<std::unique_ptr<storage::ObjectWriter>> objects;
  for (const auto& [name, text] : attachments) {
    ASSIGN_OR_RETURN(objects.emplace_back(),
                     Prepare(context, store, AttachmentKey(id, name), text));
  }
  // The marker exists until all objects are visible; see Catalog::Recover().
  ASSIGN_OR_RETURN(const std::unique_ptr<storage::ObjectWriter> marker,
                   store.Create(context, MarkerKey(id)));
  RETURN_IF_ERROR(marker->Finish());

  absl::Status status;
  for (const auto& object : objects) {
    if (status.ok()) status = object->Commit();
  }
  if (status.ok()) status = dump.Commit();
  if (status.ok()) status = sidecar_object->Commit();
  if (!status.ok()) {
    // Another context, so that it also works after a cancellation. List() reports an object that
    // cannot be deleted now as an orphan.
    const base::Context cleaning;
    store.Delete(cleaning, SidecarKey(id)).IgnoreError();
    store.Delete(cleaning, DumpKey(id)).IgnoreError();
    if (!objects.empty()) DeleteCompanions(cleaning, store, id).IgnoreError();
  }
  return status;
}

std::unique_ptr<PendingDump> MakeDumpWriter(const base::Context& context, storage::Store* store,
                                            const base::Clock* clock, const Encryption* encryption,
                                            std::string id, Catalog::CreateOptions options,
                                            Placement place) {
  return std::make_unique<DumpWriter>(context, store, clock, encryption, std::move(id),
                                      std::move(options), std::move(place));
}

absl::Status PutSidecar(const base::Context& context, storage::Store& store,
                        const base::Clock& clock, const Sidecar& sidecar) {
  ASSIGN_OR_RETURN(const std::unique_ptr<storage::ObjectWriter> object,
                   store.Create(context, SidecarKey(sidecar.id)));
  RETURN_IF_ERROR(object->Write(EncodeSidecar(sidecar, clock.Local())));
  RETURN_IF_ERROR(object->Finish());
  return object->Commit();
}

}  // namespace siphon::dumps
