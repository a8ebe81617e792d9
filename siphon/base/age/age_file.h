// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_BASE_AGE_AGE_FILE_H_
#define SIPHON_BASE_AGE_AGE_FILE_H_

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "siphon/base/age/keys.h"
#include "siphon/base/age/secret.h"
#include "siphon/base/io.h"
#include "siphon/base/random_access.h"

// Files in the format age v1 (https://c2sp.org/age), as the program age writes and reads them. The
// format authenticates the content to the holder of a key, not its sender: everybody who knows a
// recipient can write a file for it.
namespace siphon::age {

// A file has at most so many recipients.
inline constexpr size_t kMaxRecipients = 256;

// Writes the header of an age file to `next`, and returns a writer that encrypts to each of the
// recipients. `next` must outlive it. errs::kInvalidArgument without a recipient.
absl::StatusOr<std::unique_ptr<base::Writer>> MakeEncryptor(base::Writer* next,
                                                            absl::Span<const Recipient> recipients);

// Reads the header of an age file, and returns a reader of the plaintext (see PayloadReader).
// `next` must outlive it. See UnwrapFileKey() for the errors.
absl::StatusOr<std::unique_ptr<base::Reader>> MakeDecryptor(base::Reader* next,
                                                            absl::Span<const Identity> identities);

// The same with random access. The plaintext's size is authentic.
absl::StatusOr<std::unique_ptr<base::RandomAccess>> OpenEncrypted(
    const base::RandomAccess* file, absl::Span<const Identity> identities);

// Small texts.
absl::StatusOr<std::string> Encrypt(std::string_view text, absl::Span<const Recipient> recipients);
absl::StatusOr<std::string> EncryptWithPassphrase(std::string_view text,
                                                  std::string_view passphrase, int log_n);
absl::StatusOr<Secret> Decrypt(std::string_view file, absl::Span<const Identity> identities);
absl::StatusOr<Secret> DecryptWithPassphrase(std::string_view file, std::string_view passphrase);

}  // namespace siphon::age

#endif  // SIPHON_BASE_AGE_AGE_FILE_H_
