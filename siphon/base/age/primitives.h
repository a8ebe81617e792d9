// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_BASE_AGE_PRIMITIVES_H_
#define SIPHON_BASE_AGE_PRIMITIVES_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "siphon/base/age/secret.h"

// The primitives of age (C2SP age, "Conventions used in this document"), computed by BoringSSL.
namespace siphon::age {

// Of a key, of an X25519 value and of a wrapped file key.
inline constexpr size_t kKeySize = 32;
inline constexpr size_t kFileKeySize = 16;
// What a ChaCha20-Poly1305 ciphertext is longer than its plaintext.
inline constexpr size_t kTagSize = 16;
inline constexpr size_t kNonceSize = 12;

using Nonce = std::array<uint8_t, kNonceSize>;

// 32 bytes of HKDF-SHA-256 (RFC 5869).
Secret Hkdf(std::string_view key_material, std::string_view salt, std::string_view info);

std::string HmacSha256(std::string_view key, std::string_view data);

// True if both have the same bytes, in a time that does not depend on the bytes.
bool IsSame(std::string_view a, std::string_view b);

// Fills `out` from the random number generator of the system.
void FillRandom(absl::Span<char> out);
Secret RandomSecret(size_t size);

// X25519 (RFC 7748) of two 32-byte values. Returns an empty secret if the result is all zero.
Secret X25519SharedSecret(std::string_view private_key, std::string_view peer);
// The public value of a private key.
std::string X25519PublicValue(std::string_view private_key);

// 32 bytes of scrypt (RFC 7914) with N = 2^log_n, r = 8, p = 1, which takes 2^log_n KiB of memory.
// errs::kInternal if the memory cannot be had.
absl::StatusOr<Secret> Scrypt(std::string_view passphrase, std::string_view salt, int log_n);

// ChaCha20-Poly1305 (RFC 8439) without associated data. Open() and Seal() may be called by several
// threads at once. `out` may be the input's own memory.
class Aead {
 public:
  // `key` has 32 bytes.
  explicit Aead(std::string_view key);
  ~Aead();
  Aead(Aead&&) noexcept;
  Aead& operator=(Aead&&) noexcept;

  // `out` has plaintext.size() + kTagSize bytes.
  void Seal(const Nonce& nonce, std::string_view plaintext, char* out) const;
  // Decrypts into `out`, which has ciphertext.size() - kTagSize bytes. False, with zeros in `out`,
  // if the ciphertext is not authentic or is shorter than a tag.
  [[nodiscard]] bool Open(const Nonce& nonce, std::string_view ciphertext, char* out) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace siphon::age

#endif  // SIPHON_BASE_AGE_PRIMITIVES_H_
