// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/dumps/dump_reader.h"

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
#include "absl/types/span.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/io.h"
#include "siphon/base/zstd.h"
#include "siphon/domain/dumps/agreement.h"
#include "siphon/domain/dumps/encryption.h"
#include "siphon/domain/dumps/envelope.h"
#include "siphon/domain/dumps/sidecar.h"
#include "siphon/domain/frames/stream_reader.h"

namespace siphon::dumps {
namespace {

constexpr std::string_view kOp = "dumps.read";
constexpr std::string_view kDamaged =
    "the dump was damaged or changed after it was written; restore another one";

// Adds the id of the dump to an integrity error of a lower stage, unless it has it.
absl::Status NameDump(const absl::Status& status, std::string_view id) {
  std::optional<errs::Error> error = errs::GetError(status);
  if (!error.has_value() || error->cause != errs::kIntegrity) return status;
  const std::string dump = absl::StrCat("dump ", id);
  if (absl::StartsWith(error->detail, dump)) return status;
  return errs::IntegrityError(kOp, absl::StrCat(dump, ": ", error->detail),
                              error->hint.empty() ? kDamaged : error->hint);
}

absl::Status ReadAway(base::Reader& reader) {
  std::vector<char> buffer(base::kCopyBufferSize);
  while (true) {
    ASSIGN_OR_RETURN(const size_t count, reader.Read(absl::MakeSpan(buffer)));
    if (count == 0) return absl::OkStatus();
  }
}

}  // namespace

FingerprintReader::FingerprintReader(std::unique_ptr<base::Reader> object, std::string id,
                                     std::optional<Fingerprint> expected)
    : object_(std::move(object)),
      hash_(object_.get()),
      id_(std::move(id)),
      expected_(std::move(expected)) {}

absl::Status FingerprintReader::Compare() const {
  if (!expected_.has_value()) return absl::OkStatus();
  const Fingerprint actual = Actual();
  if (actual.size_bytes != expected_->size_bytes) {
    return errs::IntegrityError(kOp,
                                absl::StrCat("dump ", id_, " has ", actual.size_bytes,
                                             " bytes, its sidecar says ", expected_->size_bytes),
                                kDamaged);
  }
  if (actual.checksum != expected_->checksum) {
    return errs::IntegrityError(kOp,
                                absl::StrCat("dump ", id_, " has the checksum ", actual.checksum,
                                             ", its sidecar says ", expected_->checksum),
                                kDamaged);
  }
  return absl::OkStatus();
}

absl::StatusOr<size_t> FingerprintReader::Read(absl::Span<char> out) {
  if (!end_.has_value()) {
    ASSIGN_OR_RETURN(const size_t count, hash_.Read(out));
    if (count > 0) return count;
    end_ = Compare();
  }
  RETURN_IF_ERROR(*end_);
  return size_t{0};
}

absl::Status FingerprintReader::ReadToEnd() { return ReadAway(*this); }

absl::StatusOr<Envelope> ReadEnvelope(base::Reader& dump, std::string_view id) {
  std::vector<char> bytes(kEnvelopeSize);
  ASSIGN_OR_RETURN(const size_t count, base::ReadFull(dump, absl::MakeSpan(bytes)));
  absl::StatusOr<Envelope> envelope = DecodeEnvelope(std::string_view(bytes.data(), count));
  if (!envelope.ok()) return NameDump(envelope.status(), id);
  return envelope;
}

absl::Status FillDetails(Envelope& envelope, std::string_view id, const Encryption* encryption) {
  // CheckEnvelope() refuses other values.
  if (envelope.encryption != kEncryptionAge) return absl::OkStatus();
  ASSIGN_OR_RETURN(Details details, OpenDetails(id, envelope.details, encryption));
  envelope.tables = std::move(details.tables);
  envelope.annotations = std::move(details.annotations);
  return absl::OkStatus();
}

absl::Status FillDetails(Sidecar& sidecar, const Encryption* encryption) {
  if (sidecar.encryption != kEncryptionAge) return absl::OkStatus();
  ASSIGN_OR_RETURN(Details details, OpenDetails(sidecar.id, sidecar.details, encryption));
  sidecar.tables = std::move(details.tables);
  sidecar.annotations = std::move(details.annotations);
  sidecar.scope.filters = std::move(details.filters);
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<BodyReader>> BodyReader::Create(
    std::unique_ptr<FingerprintReader> object, const Envelope& envelope, std::string id,
    const Encryption* encryption) {
  RETURN_IF_ERROR(CheckEnvelope(id, envelope));
  auto body = std::unique_ptr<BodyReader>(new BodyReader(std::move(object), std::move(id)));
  base::Reader* next = body->object_.get();
  if (!envelope.encryption.empty()) {
    ASSIGN_OR_RETURN(body->decryptor_, OpenBody(body->id_, next, encryption));
    next = body->decryptor_.get();
  }
  if (envelope.compression != kCompressionZstd) return body;
  if (envelope.layout == kLayoutFrames) {
    ASSIGN_OR_RETURN(body->decoder_, frames::StreamReader::Create(next));
  } else {
    ASSIGN_OR_RETURN(body->decoder_, base::ZstdReader::Create(next));
  }
  return body;
}

absl::StatusOr<size_t> BodyReader::Read(absl::Span<char> out) {
  base::Reader* const reader = decoder_ != nullptr ? decoder_.get() : decryptor_.get();
  if (reader == nullptr) return object_->Read(out);
  absl::StatusOr<size_t> count = reader->Read(out);
  if (!count.ok()) return NameDump(count.status(), id_);
  if (*count == 0 && decoder_ != nullptr && decryptor_ != nullptr) {
    // Bytes after the last frame would not be authentic otherwise.
    if (absl::Status status = ReadAway(*decryptor_); !status.ok()) return NameDump(status, id_);
  }
  if (*count == 0) RETURN_IF_ERROR(object_->ReadToEnd());
  return count;
}

absl::Status BodyReader::ReadToEnd() { return ReadAway(*this); }

}  // namespace siphon::dumps
