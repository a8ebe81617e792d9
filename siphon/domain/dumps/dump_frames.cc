// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/dumps/dump_frames.h"

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/workers.h"
#include "siphon/domain/dumps/agreement.h"
#include "siphon/domain/dumps/keys.h"
#include "siphon/domain/frames/body_layout.h"
#include "siphon/domain/frames/frame.h"

namespace siphon::dumps {
namespace {

unsigned HexValue(char c) { return c <= '9' ? c - '0' : c - 'a' + 10; }

// `hex` has the form of IndexRecord::sha256.
frames::Digest DigestOfHex(std::string_view hex) {
  frames::Digest digest = {};
  for (size_t i = 0; i < digest.size() && 2 * i + 1 < hex.size(); ++i) {
    digest[i] = static_cast<char>(HexValue(hex[2 * i]) << 4 | HexValue(hex[2 * i + 1]));
  }
  return digest;
}

}  // namespace

absl::Status NameDump(const absl::Status& status, std::string_view id) {
  const std::optional<errs::Error> error = errs::GetError(status);
  if (!error.has_value() || error->cause != errs::kIntegrity) return status;
  return errs::IntegrityError(error->op, absl::StrCat("dump ", id, ": ", error->detail),
                              error->hint);
}

absl::StatusOr<DumpBody> OpenBodyAt(const base::Context& context, storage::Store& store,
                                    std::string_view id, bool encrypted,
                                    const Encryption* encryption) {
  DumpBody body;
  ASSIGN_OR_RETURN(body.object, store.OpenAt(context, DumpKey(id)));
  if (body.object == nullptr) return body;
  body.stored = std::make_unique<base::RandomAccessTail>(body.object.get(), kEnvelopeSize);
  body.body = body.stored.get();
  if (!encrypted) return body;
  ASSIGN_OR_RETURN(body.decrypted, OpenBody(id, body.body, encryption));
  body.body = body.decrypted.get();
  return body;
}

absl::StatusOr<std::optional<DumpFrames>> OpenFrames(const base::Context& context,
                                                     storage::Store& store, const Sidecar& sidecar,
                                                     const Encryption* encryption) {
  if (!sidecar.index.has_value()) return std::nullopt;
  ASSIGN_OR_RETURN(DumpBody body,
                   OpenBodyAt(context, store, sidecar.id, !sidecar.encryption.empty(), encryption));
  if (body.body == nullptr) return std::nullopt;
  absl::StatusOr<frames::IndexReader> index = frames::IndexReader::OpenAt(
      context, body.body, sidecar.index->offset, DigestOfHex(sidecar.index->sha256));
  if (!index.ok()) return NameDump(index.status(), sidecar.id);
  return DumpFrames(std::move(body), *std::move(index));
}

absl::StatusOr<std::optional<DumpFrames>> FindFrames(const base::Context& context,
                                                     storage::Store& store, std::string_view id,
                                                     bool encrypted,
                                                     const frames::BodyLayout& layout,
                                                     const Encryption* encryption) {
  ASSIGN_OR_RETURN(DumpBody body, OpenBodyAt(context, store, id, encrypted, encryption));
  if (body.body == nullptr) return std::nullopt;
  absl::StatusOr<frames::IndexReader> index =
      frames::IndexReader::Open(context, body.body, layout, std::nullopt);
  if (!index.ok()) return NameDump(index.status(), id);
  return DumpFrames(std::move(body), *std::move(index));
}

absl::StatusOr<frames::BodyFormat> FormatOf(const base::Context& context, storage::Store& store,
                                            std::string_view id, const Envelope& envelope,
                                            const FormatFinder& find,
                                            const Encryption* encryption) {
  if (envelope.layout != kLayoutFrames) return frames::BodyFormat();
  if (envelope.compression == kCompressionZstd) {
    return frames::BodyFormat{.layout = std::make_shared<frames::BodyLayout>(), .head = 0};
  }
  if (find == nullptr) return frames::BodyFormat();
  ASSIGN_OR_RETURN(const DumpBody body,
                   OpenBodyAt(context, store, id, !envelope.encryption.empty(), encryption));
  if (body.body == nullptr) return frames::BodyFormat();
  return find(context, envelope, *body.body);
}

absl::StatusOr<frames::FrameTotals> CheckFrames(const base::Context& context,
                                                const DumpFrames& frames,
                                                const frames::BodyLayout& layout,
                                                std::string_view id,
                                                absl::FunctionRef<void(uint64_t)> progress) {
  absl::StatusOr<frames::FrameTotals> totals = frames::CheckFrames(
      context, frames.body(), frames.index(), layout, base::DefaultWorkers(), progress);
  if (!totals.ok()) return NameDump(totals.status(), id);
  return totals;
}

}  // namespace siphon::dumps
