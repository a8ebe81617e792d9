// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_BASE_AGE_PAYLOAD_H_
#define SIPHON_BASE_AGE_PAYLOAD_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/types/span.h"
#include "siphon/base/age/primitives.h"
#include "siphon/base/age/secret.h"
#include "siphon/base/io.h"
#include "siphon/base/random_access.h"

// The payload of an age file (C2SP age, "Payload"): chunks that are encrypted one by one.
namespace siphon::age {

inline constexpr size_t kChunkSize = size_t{64} * 1024;
inline constexpr size_t kSealedChunkSize = kChunkSize + kTagSize;
// At the beginning of the payload.
inline constexpr size_t kPayloadNonceSize = 16;

Secret PayloadKey(const Secret& file_key, std::string_view payload_nonce);

// The nonce of a chunk: its number, and whether it is the last one.
Nonce ChunkNonce(uint64_t number, bool is_last);

// The size of the plaintext of a payload of so many bytes, without its nonce. errs::kIntegrity if
// no payload has that size.
absl::StatusOr<uint64_t> PlaintextSize(uint64_t sealed_size);

// Encrypts chunks, holding one. The payload's nonce has been written before.
class PayloadWriter : public base::Writer {
 public:
  // `next` must outlive the writer.
  PayloadWriter(base::Writer* next, const Secret& payload_key);
  absl::Status Write(std::string_view data) override;
  absl::Status Finish() override;

 private:
  absl::Status Seal(bool is_last);

  base::Writer* next_;
  Aead aead_;
  Secret chunk_;  // kChunkSize bytes, the first `filled_` are used; then room for the tag.
  size_t filled_ = 0;
  uint64_t number_ = 0;
};

// Decrypts chunks, holding one. A byte is returned only when its whole chunk was authenticated;
// errs::kIntegrity for a chunk that is not authentic and for a payload that lost its end. Do not
// publish anything before Read() has returned 0.
class PayloadReader : public base::Reader {
 public:
  // `next` is positioned after the payload's nonce and must outlive the reader.
  PayloadReader(base::Reader* next, const Secret& payload_key);
  absl::StatusOr<size_t> Read(absl::Span<char> out) override;

 private:
  // Reads and decrypts the next chunk. Sets `is_end_` with the last one.
  absl::Status Fill();

  base::Reader* next_;
  Aead aead_;
  Secret chunk_;        // One byte more than a sealed chunk, to see whether another one follows.
  size_t carried_ = 0;  // Bytes of the next chunk that were read already; 0 or 1.
  char carried_byte_ = 0;
  size_t begin_ = 0, end_ = 0;  // The plaintext in `chunk_` that was not returned yet.
  uint64_t number_ = 0;
  bool is_end_ = false;
  absl::Status status_;  // The first error; returned from then on.
};

// Plaintext at any place. Reads the chunks that hold the range, up to 1 MiB at once.
class PayloadAccess : public base::RandomAccess {
 public:
  // `file` holds the sealed chunks from `begin` to its end; it must outlive the object. Decrypts
  // the last chunk first, so that the size is authentic.
  static absl::StatusOr<std::unique_ptr<PayloadAccess>> Open(const base::RandomAccess* file,
                                                             uint64_t begin,
                                                             const Secret& payload_key);
  uint64_t size() const override { return size_; }

 protected:
  absl::StatusOr<size_t> ReadSome(uint64_t offset, absl::Span<char> out) const override;

 private:
  PayloadAccess(const base::RandomAccess* file, uint64_t begin, uint64_t size,
                const Secret& payload_key);
  // The number of plaintext bytes in a chunk.
  size_t ChunkBytes(uint64_t number) const;
  // Decrypts `count` chunks from `first` on, in place; plaintexts lie at multiples of
  // kSealedChunkSize.
  absl::Status ReadChunks(uint64_t first, uint64_t count, char* out) const;

  const base::RandomAccess* file_;
  uint64_t begin_;
  uint64_t size_;
  uint64_t last_;  // The number of the last chunk.
  Aead aead_;
  // The chunk at the end of the last read: the next read often begins in it.
  mutable absl::Mutex mutex_;
  mutable Secret cached_ ABSL_GUARDED_BY(mutex_);
  mutable uint64_t cached_number_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace siphon::age

#endif  // SIPHON_BASE_AGE_PAYLOAD_H_
