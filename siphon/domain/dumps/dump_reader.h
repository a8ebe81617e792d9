// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_DUMPS_DUMP_READER_H_
#define SIPHON_DOMAIN_DUMPS_DUMP_READER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "siphon/base/io.h"
#include "siphon/base/sha256.h"
#include "siphon/domain/dumps/encryption.h"
#include "siphon/domain/dumps/envelope.h"
#include "siphon/domain/dumps/sidecar.h"

namespace siphon::dumps {

// The size and checksum of a dump.
struct Fingerprint {
  uint64_t size_bytes = 0;
  std::string checksum;
};

// Reads a stored object and computes its fingerprint. If it differs from the expected one, Read()
// returns errs::kIntegrity at the end of the object instead of 0, and from then on.
class FingerprintReader : public base::Reader {
 public:
  FingerprintReader(std::unique_ptr<base::Reader> object, std::string id,
                    std::optional<Fingerprint> expected);
  absl::StatusOr<size_t> Read(absl::Span<char> out) override;
  std::optional<base::FileRegion> region() const override { return object_->region(); }
  // Reads and drops the rest.
  absl::Status ReadToEnd();
  // The fingerprint of the bytes read so far.
  Fingerprint Actual() const { return {hash_.count(), hash_.Digest()}; }

 private:
  absl::Status Compare() const;

  std::unique_ptr<base::Reader> object_;
  base::HashingReader hash_;
  std::string id_;
  std::optional<Fingerprint> expected_;
  std::optional<absl::Status> end_;  // Set at the end of the object.
};

// Reads the envelope at the beginning of a dump; errs::kIntegrity, which names the dump.
absl::StatusOr<Envelope> ReadEnvelope(base::Reader& dump, std::string_view id);

// Decrypt the details of envelope and sidecar into their fields. Nothing is done for a clear dump.
// `encryption` may be null; see OpenDetails().
absl::Status FillDetails(Envelope& envelope, std::string_view id, const Encryption* encryption);
absl::Status FillDetails(Sidecar& sidecar, const Encryption* encryption);

// Reads the decompressed body of a dump. Before Read() returns 0, the whole object was read and its
// fingerprint compared with the expected one.
class BodyReader : public base::Reader {
 public:
  // `object` is positioned after the envelope. `encryption` opens an encrypted body and may be
  // null; see OpenBody(). errs::kIntegrity for an unknown compression, layout or encryption.
  static absl::StatusOr<std::unique_ptr<BodyReader>> Create(
      std::unique_ptr<FingerprintReader> object, const Envelope& envelope, std::string id,
      const Encryption* encryption);
  absl::StatusOr<size_t> Read(absl::Span<char> out) override;
  // For a clear and uncompressed body in a local store.
  std::optional<base::FileRegion> region() const override {
    return decoder_ == nullptr && decryptor_ == nullptr ? object_->region() : std::nullopt;
  }
  // Reads and drops the rest.
  absl::Status ReadToEnd();
  const FingerprintReader& object() const { return *object_; }

 private:
  BodyReader(std::unique_ptr<FingerprintReader> object, std::string id)
      : object_(std::move(object)), id_(std::move(id)) {}

  std::unique_ptr<FingerprintReader> object_;
  std::unique_ptr<base::Reader> decryptor_;  // Null for a clear body.
  // One zstd frame, or the frames of a layout. Null for an uncompressed body.
  std::unique_ptr<base::Reader> decoder_;
  std::string id_;
};

}  // namespace siphon::dumps

#endif  // SIPHON_DOMAIN_DUMPS_DUMP_READER_H_
