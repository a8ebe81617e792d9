// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_DUMPS_ENCRYPTION_H_
#define SIPHON_DOMAIN_DUMPS_ENCRYPTION_H_

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/types/span.h"
#include "siphon/base/age/keys.h"
#include "siphon/base/io.h"
#include "siphon/base/random_access.h"
#include "siphon/domain/dumps/contents.h"

// Encrypted dumps (docs/encryption.md): the envelope is clear, all that follows it is one file in
// the format age v1. Envelope and sidecar keep the names of objects in an encrypted text.
namespace siphon::dumps {

// The value of "encryption" in envelope and sidecar; empty: the dump is clear.
inline constexpr std::string_view kEncryptionAge = "age";
// After the name of an attachment that is encrypted.
inline constexpr std::string_view kEncryptedSuffix = ".age";
// The recipients must fit the envelope, which has 4096 bytes.
inline constexpr size_t kMaxDumpRecipients = 12;

// The keys of a catalogue. Its functions may be called from any thread.
class Encryption {
 public:
  // Reads the identities; may ask the user for a passphrase.
  using Loader = std::function<absl::StatusOr<std::vector<age::Identity>>()>;
  // New dumps are encrypted to all `recipients`; without one, they are clear. `load` may be null:
  // no identity is known, as on a machine that only writes dumps.
  Encryption(std::vector<age::Recipient> recipients, Loader load)
      : recipients_(std::move(recipients)), load_(std::move(load)) {}

  absl::Span<const age::Recipient> recipients() const { return recipients_; }
  // The identities, read at the first call. errs::kSecretUnavailable if there are none.
  absl::StatusOr<absl::Span<const age::Identity>> Identities() const;

 private:
  std::vector<age::Recipient> recipients_;
  Loader load_;
  mutable absl::Mutex mutex_;
  mutable std::vector<age::Identity> identities_ ABSL_GUARDED_BY(mutex_);
};

// What names objects of the database.
struct Details {
  std::vector<TableInfo> tables;
  std::map<std::string, std::string> annotations;
  std::vector<std::string> filters;
  friend bool operator==(const Details&, const Details&) = default;
};

// As JSON; errs::kIntegrity for other text.
std::string EncodeDetails(const Details& details);
absl::StatusOr<Details> DecodeDetails(std::string_view json);

// An age file with the details, in base64, for envelope and sidecar.
absl::StatusOr<std::string> SealDetails(const Details& details,
                                        absl::Span<const age::Recipient> recipients);

// The functions that follow open what belongs to the dump `id`. `encryption` may be null, which is
// one without identities. Errors name the dump: errs::kSecretUnavailable if no identity fits,
// errs::kIntegrity for anything that is not authentic.
absl::StatusOr<Details> OpenDetails(std::string_view id, std::string_view sealed,
                                    const Encryption* encryption);
absl::StatusOr<std::string> OpenAttachment(std::string_view id, std::string_view name,
                                           std::string_view file, const Encryption* encryption);
// `body` must outlive the result.
absl::StatusOr<std::unique_ptr<base::Reader>> OpenBody(std::string_view id, base::Reader* body,
                                                       const Encryption* encryption);
absl::StatusOr<std::unique_ptr<base::RandomAccess>> OpenBody(std::string_view id,
                                                             const base::RandomAccess* body,
                                                             const Encryption* encryption);

}  // namespace siphon::dumps

#endif  // SIPHON_DOMAIN_DUMPS_ENCRYPTION_H_
