// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_BASE_AGE_KEYS_H_
#define SIPHON_BASE_AGE_KEYS_H_

#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "siphon/base/age/secret.h"

// The keys of age's X25519 recipient type (C2SP age, "The X25519 recipient type").
namespace siphon::age {

// A public key: files are encrypted to it.
class Recipient {
 public:
  // The key as 32 bytes.
  explicit Recipient(std::string key) : key_(std::move(key)) {}

  const std::string& key() const { return key_; }
  // "age1..."
  std::string Text() const;
  friend bool operator==(const Recipient&, const Recipient&) = default;

 private:
  std::string key_;
};

// A private key: decrypts the files that were encrypted to its recipient.
class Identity {
 public:
  // A new random identity.
  static Identity Generate();
  // The private key as 32 bytes.
  explicit Identity(Secret key);

  const Secret& key() const { return key_; }
  const Recipient& recipient() const { return recipient_; }
  // "AGE-SECRET-KEY-1..."
  Secret Text() const;
  Identity Clone() const { return Identity(key_.Clone()); }

 private:
  Secret key_;
  Recipient recipient_;
};

// Parses "age1...". errs::kInvalidArgument, which says so of a private key, of recipients that need
// a plugin, and of ssh keys. The error never repeats the text, because it may be a private key.
absl::StatusOr<Recipient> ParseRecipient(std::string_view text);

// Parses "AGE-SECRET-KEY-1...". errs::kInvalidArgument, which repeats nothing of the text.
absl::StatusOr<Identity> ParseIdentity(std::string_view text);

}  // namespace siphon::age

#endif  // SIPHON_BASE_AGE_KEYS_H_
