// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/base/age/primitives.h"

#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "openssl/aead.h"
#include "openssl/curve25519.h"
#include "openssl/digest.h"
#include "openssl/err.h"
#include "openssl/evp.h"
#include "openssl/hkdf.h"
#include "openssl/hmac.h"
#include "openssl/mem.h"
#include "openssl/rand.h"

namespace siphon::age {
namespace {

const uint8_t* Bytes(std::string_view text) {
  return reinterpret_cast<const uint8_t*>(text.data());
}

// A call fails only if a caller of this file breaks a promise about sizes, or without memory for
// some hundred bytes. To go on would write data without protection.
void Require(int result) {
  if (result != 1) std::abort();
}

}  // namespace

Secret Hkdf(std::string_view key_material, std::string_view salt, std::string_view info) {
  Secret key(kKeySize);
  Require(HKDF(key.bytes(), key.size(), EVP_sha256(), Bytes(key_material), key_material.size(),
               Bytes(salt), salt.size(), Bytes(info), info.size()));
  return key;
}

std::string HmacSha256(std::string_view key, std::string_view data) {
  std::string digest(kKeySize, '\0');
  unsigned int size = 0;
  Require(HMAC(EVP_sha256(), key.data(), key.size(), Bytes(data), data.size(),
               reinterpret_cast<uint8_t*>(digest.data()), &size) != nullptr);
  return digest;
}

bool IsSame(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

void FillRandom(absl::Span<char> out) {
  Require(RAND_bytes(reinterpret_cast<uint8_t*>(out.data()), out.size()));
}

Secret RandomSecret(size_t size) {
  Secret secret(size);
  FillRandom(absl::MakeSpan(secret.data(), secret.size()));
  return secret;
}

Secret X25519SharedSecret(std::string_view private_key, std::string_view peer) {
  Require(private_key.size() == kKeySize && peer.size() == kKeySize);
  Secret shared(kKeySize);
  if (X25519(shared.bytes(), Bytes(private_key), Bytes(peer)) != 1) return Secret();
  return shared;
}

std::string X25519PublicValue(std::string_view private_key) {
  Require(private_key.size() == kKeySize);
  std::string value(kKeySize, '\0');
  X25519_public_from_private(reinterpret_cast<uint8_t*>(value.data()), Bytes(private_key));
  return value;
}

absl::StatusOr<Secret> Scrypt(std::string_view passphrase, std::string_view salt, int log_n) {
  constexpr uint64_t kBlockSize = 8;
  const uint64_t n = uint64_t{1} << log_n;
  // 128 * r * N bytes for the table, and the blocks next to it.
  const size_t memory = 128 * kBlockSize * (n + 16);
  Secret key(kKeySize);
  if (EVP_PBE_scrypt(passphrase.data(), passphrase.size(), Bytes(salt), salt.size(), n, kBlockSize,
                     1, memory, key.bytes(), key.size()) != 1) {
    ERR_clear_error();
    return errs::InternalError("age.scrypt",
                               absl::StrCat("cannot compute scrypt with ", n, " KiB of memory"));
  }
  return key;
}

struct Aead::State {
  EVP_AEAD_CTX context;
};

Aead::Aead(std::string_view key) : state_(std::make_unique<State>()) {
  Require(key.size() == kKeySize);
  EVP_AEAD_CTX_zero(&state_->context);
  Require(EVP_AEAD_CTX_init(&state_->context, EVP_aead_chacha20_poly1305(), Bytes(key), key.size(),
                            kTagSize, nullptr));
}

Aead::~Aead() {
  if (state_ == nullptr) return;
  EVP_AEAD_CTX_cleanup(&state_->context);
  OPENSSL_cleanse(&state_->context, sizeof state_->context);
}

Aead::Aead(Aead&&) noexcept = default;
Aead& Aead::operator=(Aead&& other) noexcept {
  std::swap(state_, other.state_);
  return *this;
}

void Aead::Seal(const Nonce& nonce, std::string_view plaintext, char* out) const {
  size_t size = 0;
  Require(EVP_AEAD_CTX_seal(&state_->context, reinterpret_cast<uint8_t*>(out), &size,
                            plaintext.size() + kTagSize, nonce.data(), nonce.size(),
                            Bytes(plaintext), plaintext.size(), nullptr, 0));
}

bool Aead::Open(const Nonce& nonce, std::string_view ciphertext, char* out) const {
  if (ciphertext.size() < kTagSize) return false;
  size_t size = 0;
  if (EVP_AEAD_CTX_open(&state_->context, reinterpret_cast<uint8_t*>(out), &size,
                        ciphertext.size() - kTagSize, nonce.data(), nonce.size(), Bytes(ciphertext),
                        ciphertext.size(), nullptr, 0) == 1) {
    return true;
  }
  ERR_clear_error();
  return false;
}

}  // namespace siphon::age
