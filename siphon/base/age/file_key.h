// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_BASE_AGE_FILE_KEY_H_
#define SIPHON_BASE_AGE_FILE_KEY_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "siphon/base/age/header.h"
#include "siphon/base/age/keys.h"
#include "siphon/base/age/secret.h"

// The file key of an age file and its stanzas. A file key has 16 bytes and encrypts one file.
namespace siphon::age {

// 2^18 KiB of memory and about a second, as age itself takes.
inline constexpr int kWorkFactor = 18;
// A file that asks for more is refused: 1 GiB of memory.
inline constexpr int kMaxWorkFactor = 20;

Secret NewFileKey();

// Wraps a file key. `ephemeral` has 32 random bytes of this one stanza.
absl::StatusOr<Stanza> WrapForRecipient(const Secret& file_key, const Recipient& recipient,
                                        const Secret& ephemeral);
// `salt` has 16 random bytes of this one stanza; `log_n` is 1 to kMaxWorkFactor.
absl::StatusOr<Stanza> WrapWithPassphrase(const Secret& file_key, std::string_view passphrase,
                                          std::string_view salt, int log_n);

// The header with these stanzas, authenticated by the file key.
Header SealHeader(std::vector<Stanza> stanzas, const Secret& file_key);

// The file key of a header, by the first identity that has one; stanzas of unknown types are
// ignored. errs::kSecretUnavailable if no identity fits, and for a header that needs a passphrase;
// errs::kIntegrity for a malformed stanza, and if the header is not authentic.
absl::StatusOr<Secret> UnwrapFileKey(const Header& header, absl::Span<const Identity> identities);
// errs::kSecretUnavailable for a wrong passphrase; errs::kInvalidArgument for a work factor above
// kMaxWorkFactor.
absl::StatusOr<Secret> UnwrapFileKey(const Header& header, std::string_view passphrase);

}  // namespace siphon::age

#endif  // SIPHON_BASE_AGE_FILE_KEY_H_
