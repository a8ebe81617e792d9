// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Catalog::Rekey().

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/age/age_file.h"
#include "siphon/base/age/keys.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/base/sha256.h"
#include "siphon/domain/dumps/agreement.h"
#include "siphon/domain/dumps/attachments.h"
#include "siphon/domain/dumps/catalog.h"
#include "siphon/domain/dumps/dump_frames.h"
#include "siphon/domain/dumps/dump_reader.h"
#include "siphon/domain/dumps/dump_writer.h"
#include "siphon/domain/dumps/encryption.h"
#include "siphon/domain/dumps/envelope.h"
#include "siphon/domain/dumps/keys.h"
#include "siphon/domain/dumps/notes.h"
#include "siphon/domain/dumps/sidecar.h"
#include "siphon/domain/dumps/ulid.h"
#include "siphon/domain/storage/store.h"

namespace siphon::dumps {
namespace {

constexpr std::string_view kOp = "dumps.rekey";

// The fingerprint's errors name the dump, those of the decryption do not.
absl::Status WithId(const absl::Status& status, std::string_view id) {
  const std::optional<errs::Error> error = errs::GetError(status);
  if (!error.has_value() || absl::StrContains(error->detail, id)) return status;
  return NameDump(status, id);
}

// Copies the rest of a dump after its envelope, decrypted if it is encrypted, and compares the
// fingerprint of the dump.
absl::Status CopyBody(const base::Context& context, FingerprintReader& dump,
                      const OpenDump& described, const Encryption* encryption, base::Stage* stage,
                      base::Writer& out) {
  std::unique_ptr<base::Reader> decryptor;
  base::Reader* body = &dump;
  if (!described.envelope.encryption.empty()) {
    ASSIGN_OR_RETURN(decryptor, OpenBody(described.sidecar.id, body, encryption));
    body = decryptor.get();
  }
  if (stage != nullptr) stage->SetTotal(described.sidecar.size_bytes);
  std::vector<char> buffer(base::kCopyBufferSize);
  while (true) {
    RETURN_IF_ERROR(context.Check());
    const absl::StatusOr<size_t> count = body->Read(absl::MakeSpan(buffer));
    if (!count.ok()) return WithId(count.status(), described.sidecar.id);
    if (*count == 0) break;
    RETURN_IF_ERROR(out.Write({buffer.data(), *count}));
    if (stage != nullptr) stage->Progress(dump.Actual().size_bytes);
  }
  return dump.ReadToEnd();
}

}  // namespace

absl::StatusOr<Sidecar> Catalog::WriteRekeyed(const base::Context& context, const OpenDump& dump,
                                              FingerprintReader& reader,
                                              absl::Span<const age::Recipient> recipients,
                                              base::Stage* stage) {
  ASSIGN_OR_RETURN(auto attachments, Attachments(context, dump));
  RETURN_IF_ERROR(SealAttachments(attachments, recipients));
  Envelope envelope = dump.envelope;
  envelope.encryption = std::string(kEncryptionAge);
  ASSIGN_OR_RETURN(envelope.attachments, DescribeAttachments(attachments));
  ASSIGN_OR_RETURN(const std::string head, EncodeSealed(std::move(envelope), recipients));

  Sidecar sidecar = dump.sidecar;
  // The time of the original keeps its place among the dumps of the profile.
  sidecar.id = NewUlid(std::max(dump.sidecar.created, absl::UnixEpoch()));
  ASSIGN_OR_RETURN(const std::unique_ptr<storage::ObjectWriter> object,
                   store_->Create(context, DumpKey(sidecar.id)));
  base::HashingWriter hash(object.get());
  RETURN_IF_ERROR(hash.Write(head));
  ASSIGN_OR_RETURN(const std::unique_ptr<base::Writer> body, age::MakeEncryptor(&hash, recipients));
  RETURN_IF_ERROR(CopyBody(context, reader, dump, encryption_, stage, *body));
  RETURN_IF_ERROR(body->Finish());
  sidecar.size_bytes = hash.count();
  sidecar.checksum = hash.Digest();
  sidecar.encryption = std::string(kEncryptionAge);
  RETURN_IF_ERROR(SealSidecar(sidecar, recipients, clock_->Local()));
  RETURN_IF_ERROR(PublishDump(context, *store_, sidecar.id, EncodeSidecar(sidecar, clock_->Local()),
                              attachments, *object));
  return sidecar;
}

absl::StatusOr<Sidecar> Catalog::Rekey(const base::Context& context, std::string_view id,
                                       absl::Span<const age::Recipient> recipients,
                                       base::Stage* stage) {
  OpenDump dump;
  ASSIGN_OR_RETURN(dump.sidecar, Get(context, id));
  if (!dump.sidecar.base_id.empty() || !dump.sidecar.parent_id.empty()) {
    return errs::UserError(kOp, errs::kInvalidArgument,
                           absl::StrCat("dump ", id, " is an incremental, which needs its base"),
                           "make a full backup with the new recipients");
  }
  RETURN_IF_ERROR(CheckWithoutDependents(context, id));
  RETURN_IF_ERROR(CheckUnlocked(context, id));
  ASSIGN_OR_RETURN(Notes notes, ReadNotes(context, id));
  RETURN_IF_ERROR(CheckChecksumForm(id, dump.sidecar.checksum));
  ASSIGN_OR_RETURN(std::unique_ptr<base::Reader> object, store_->Open(context, DumpKey(id)));
  FingerprintReader reader(std::move(object), std::string(id),
                           Fingerprint{dump.sidecar.size_bytes, dump.sidecar.checksum});
  ASSIGN_OR_RETURN(dump.envelope, ReadEnvelope(reader, id));
  RETURN_IF_ERROR(CheckAgreement(dump.sidecar, dump.envelope));
  RETURN_IF_ERROR(Decrypt(dump));
  ASSIGN_OR_RETURN(const Sidecar rekeyed, WriteRekeyed(context, dump, reader, recipients, stage));
  // What the store holds now is compared before the original goes.
  RETURN_IF_ERROR(Verify(context, rekeyed.id).status());
  notes.Add({.when = clock_->Now(), .depth = Depth::kChecksum});
  RETURN_IF_ERROR(WriteNotes(context, rekeyed.id, notes));
  RETURN_IF_ERROR(RemoveObjects(context, id));
  return rekeyed;
}

}  // namespace siphon::dumps
