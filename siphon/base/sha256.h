// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_BASE_SHA256_H_
#define SIPHON_BASE_SHA256_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "siphon/base/io.h"

namespace siphon::base {

// SHA-256 (FIPS 180-4), computed by BoringSSL.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  void Update(std::string_view data);
  // The digest of the bytes added so far: "sha256:" and 64 lower-case hex digits, as in a sidecar
  // (docs/contracts.md#sidecar).
  std::string Digest() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Hashes the bytes that pass. `next` must outlive the writer.
class HashingWriter : public Writer {
 public:
  explicit HashingWriter(Writer* next) : next_(next) {}
  absl::Status Write(std::string_view data) override;
  absl::Status Finish() override { return next_->Finish(); }
  std::string Digest() const { return hash_.Digest(); }
  uint64_t count() const { return count_; }

 private:
  Writer* next_;
  Sha256 hash_;
  uint64_t count_ = 0;
};

// Hashes the bytes that pass. `next` must outlive the reader.
class HashingReader : public Reader {
 public:
  explicit HashingReader(Reader* next) : next_(next) {}
  absl::StatusOr<size_t> Read(absl::Span<char> out) override;
  std::string Digest() const { return hash_.Digest(); }
  uint64_t count() const { return count_; }

 private:
  Reader* next_;
  Sha256 hash_;
  uint64_t count_ = 0;
};

}  // namespace siphon::base

#endif  // SIPHON_BASE_SHA256_H_
