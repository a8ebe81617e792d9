// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/base/age/payload.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::age {
namespace {

// Read at once by PayloadAccess, so that a range of a distant file needs few requests.
constexpr uint64_t kMaxChunks = 16;

absl::Status Bad(std::string_view why) {
  return errs::IntegrityError("age.decrypt", absl::StrCat("the encrypted data is damaged: ", why));
}

absl::Status BadChunk(uint64_t number) {
  return Bad(absl::StrCat("chunk ", number, " is not authentic, or is not the last one"));
}

}  // namespace

Secret PayloadKey(const Secret& file_key, std::string_view payload_nonce) {
  return Hkdf(file_key.view(), payload_nonce, "payload");
}

Nonce ChunkNonce(uint64_t number, bool is_last) {
  // A big-endian number of 11 bytes, whose first 3 stay 0, then the flag.
  Nonce nonce = {};
  for (size_t i = kNonceSize - 2; number > 0; --i, number >>= 8) {
    nonce[i] = static_cast<uint8_t>(number & 0xff);
  }
  nonce[kNonceSize - 1] = is_last ? 1 : 0;
  return nonce;
}

absl::StatusOr<uint64_t> PlaintextSize(uint64_t sealed_size) {
  const uint64_t full = sealed_size / kSealedChunkSize;
  const uint64_t rest = sealed_size % kSealedChunkSize;
  if (rest == 0 && full > 0) return full * kChunkSize;
  // Only an empty payload has an empty chunk.
  if (rest < kTagSize || (rest == kTagSize && full > 0)) return Bad("its end is missing");
  return full * kChunkSize + rest - kTagSize;
}

PayloadWriter::PayloadWriter(base::Writer* next, const Secret& payload_key)
    : next_(next), aead_(payload_key.view()), chunk_(kSealedChunkSize) {}

absl::Status PayloadWriter::Seal(bool is_last) {
  aead_.Seal(ChunkNonce(number_, is_last), std::string_view(chunk_.data(), filled_), chunk_.data());
  ++number_;
  return next_->Write(std::string_view(chunk_.data(), std::exchange(filled_, 0) + kTagSize));
}

absl::Status PayloadWriter::Write(std::string_view data) {
  while (!data.empty()) {
    // A full chunk is sealed only when another byte follows: the last chunk is sealed as such.
    if (filled_ == kChunkSize) RETURN_IF_ERROR(Seal(false));
    const size_t count = std::min(data.size(), kChunkSize - filled_);
    std::memcpy(chunk_.data() + filled_, data.data(), count);
    filled_ += count;
    data.remove_prefix(count);
  }
  return absl::OkStatus();
}

absl::Status PayloadWriter::Finish() {
  RETURN_IF_ERROR(Seal(true));
  return next_->Finish();
}

PayloadReader::PayloadReader(base::Reader* next, const Secret& payload_key)
    : next_(next), aead_(payload_key.view()), chunk_(kSealedChunkSize + 1) {}

absl::Status PayloadReader::Fill() {
  if (carried_ > 0) chunk_.data()[0] = carried_byte_;
  ASSIGN_OR_RETURN(size_t count, base::ReadFull(*next_, absl::MakeSpan(chunk_.data() + carried_,
                                                                       chunk_.size() - carried_)));
  count += std::exchange(carried_, 0);
  is_end_ = count <= kSealedChunkSize;
  if (!is_end_) {
    carried_ = 1;
    carried_byte_ = chunk_.data()[kSealedChunkSize];
    count = kSealedChunkSize;
  }
  if (count < kTagSize || (count == kTagSize && number_ > 0)) return Bad("its end is missing");
  if (!aead_.Open(ChunkNonce(number_, is_end_), std::string_view(chunk_.data(), count),
                  chunk_.data())) {
    return BadChunk(number_);
  }
  ++number_;
  begin_ = 0;
  end_ = count - kTagSize;
  return absl::OkStatus();
}

absl::StatusOr<size_t> PayloadReader::Read(absl::Span<char> out) {
  RETURN_IF_ERROR(status_);
  if (begin_ == end_ && !is_end_) {
    status_ = Fill();
    RETURN_IF_ERROR(status_);
  }
  const size_t count = std::min(out.size(), end_ - begin_);
  if (count > 0) std::memcpy(out.data(), chunk_.data() + begin_, count);
  begin_ += count;
  return count;
}

absl::StatusOr<std::unique_ptr<PayloadAccess>> PayloadAccess::Open(const base::RandomAccess* file,
                                                                   uint64_t begin,
                                                                   const Secret& payload_key) {
  if (begin > file->size()) return Bad("its end is missing");
  ASSIGN_OR_RETURN(const uint64_t size, PlaintextSize(file->size() - begin));
  std::unique_ptr<PayloadAccess> access(new PayloadAccess(file, begin, size, payload_key));
  Secret last(kSealedChunkSize);
  RETURN_IF_ERROR(access->ReadChunks(access->last_, 1, last.data()));
  return access;
}

PayloadAccess::PayloadAccess(const base::RandomAccess* file, uint64_t begin, uint64_t size,
                             const Secret& payload_key)
    : file_(file),
      begin_(begin),
      size_(size),
      last_(size == 0 ? 0 : (size - 1) / kChunkSize),
      aead_(payload_key.view()) {}

size_t PayloadAccess::ChunkBytes(uint64_t number) const {
  return static_cast<size_t>(std::min<uint64_t>(kChunkSize, size_ - number * kChunkSize));
}

absl::Status PayloadAccess::ReadChunks(uint64_t first, uint64_t count, char* out) const {
  const size_t sealed = (count - 1) * kSealedChunkSize + ChunkBytes(first + count - 1) + kTagSize;
  RETURN_IF_ERROR(file_->ReadAt(begin_ + first * kSealedChunkSize, absl::MakeSpan(out, sealed)));
  for (uint64_t i = 0; i < count; ++i) {
    const uint64_t number = first + i;
    char* chunk = out + i * kSealedChunkSize;
    if (!aead_.Open(ChunkNonce(number, number == last_),
                    std::string_view(chunk, ChunkBytes(number) + kTagSize), chunk)) {
      return BadChunk(number);
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<size_t> PayloadAccess::ReadSome(uint64_t offset, absl::Span<char> out) const {
  const uint64_t first = offset / kChunkSize;
  const size_t skip = static_cast<size_t>(offset % kChunkSize);
  {
    const absl::MutexLock lock(&mutex_);
    if (!cached_.empty() && cached_number_ == first) {
      const size_t count = std::min(out.size(), ChunkBytes(first) - skip);
      std::memcpy(out.data(), cached_.data() + skip, count);
      return count;
    }
  }
  const uint64_t last = std::min((offset + out.size() - 1) / kChunkSize, first + kMaxChunks - 1);
  const uint64_t count = last - first + 1;
  Secret chunks(count * kSealedChunkSize);
  RETURN_IF_ERROR(ReadChunks(first, count, chunks.data()));
  size_t done = 0;
  for (uint64_t i = 0; i < count; ++i) {
    const size_t from = i == 0 ? skip : 0;
    const size_t bytes = std::min(out.size() - done, ChunkBytes(first + i) - from);
    std::memcpy(out.data() + done, chunks.data() + i * kSealedChunkSize + from, bytes);
    done += bytes;
  }
  const absl::MutexLock lock(&mutex_);
  cached_ =
      Secret(std::string_view(chunks.data() + (count - 1) * kSealedChunkSize, ChunkBytes(last)));
  cached_number_ = last;
  return done;
}

}  // namespace siphon::age
