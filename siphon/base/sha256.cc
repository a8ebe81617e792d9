// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/base/sha256.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "errs/status_macros.h"
#include "openssl/sha.h"

namespace siphon::base {

struct Sha256::State {
  SHA256_CTX context;
};

Sha256::Sha256() : state_(std::make_unique<State>()) { SHA256_Init(&state_->context); }
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::Update(std::string_view data) {
  SHA256_Update(&state_->context, data.data(), data.size());
}

std::string Sha256::Digest() const {
  SHA256_CTX copy = state_->context;
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  SHA256_Final(reinterpret_cast<uint8_t*>(digest.data()), &copy);
  return absl::StrCat("sha256:", absl::BytesToHexString(digest));
}

absl::Status HashingWriter::Write(std::string_view data) {
  hash_.Update(data);
  count_ += data.size();
  return next_->Write(data);
}

absl::StatusOr<size_t> HashingReader::Read(absl::Span<char> out) {
  ASSIGN_OR_RETURN(const size_t count, next_->Read(out));
  hash_.Update(std::string_view(out.data(), count));
  count_ += count;
  return count;
}

}  // namespace siphon::base
