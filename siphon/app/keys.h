// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_APP_KEYS_H_
#define SIPHON_APP_KEYS_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "siphon/base/age/keys.h"
#include "siphon/base/age/secret.h"
#include "siphon/base/clock.h"
#include "siphon/domain/config/config.h"
#include "siphon/domain/dumps/encryption.h"
#include "siphon/domain/secrets/secrets.h"

// The keys of encrypted dumps (docs/encryption.md).
namespace siphon::app {

// Reads an identity file. `passphrase` is a secret reference for a file that is encrypted with a
// passphrase; empty: the user is asked. Errors name the file and repeat nothing of it.
absl::StatusOr<std::vector<age::Identity>> ReadIdentityFile(const std::string& path,
                                                            std::string_view passphrase,
                                                            const secrets::Resolver& resolver);

// The keys of a configuration. Its identity files are read when they are needed.
std::unique_ptr<dumps::Encryption> MakeEncryption(const config::Encryption& config,
                                                  secrets::Resolver resolver);

// An identity file of the configuration. Only its public keys are known where it is encrypted with
// a passphrase, and only if they are asked for.
struct KeyFile {
  std::string path;
  bool encrypted = false;
  std::vector<age::Recipient> recipients = {};
  absl::Status status = {};  // Why the file cannot be read; then it has no recipients.
};
// Reads identity files. The passphrase of encrypted ones is used if `open` is true.
std::vector<KeyFile> ReadKeyFiles(const std::vector<std::string>& paths, bool open,
                                  std::string_view passphrase, const secrets::Resolver& resolver);

// Makes an identity, writes it into a new file with mode 0600, and returns its public key. With a
// passphrase, the file is encrypted with it. errs::kAlreadyExists if the file exists: a key that is
// overwritten is lost, with all dumps that were encrypted to it.
absl::StatusOr<age::Recipient> GenerateKey(const std::string& path, const base::Clock& clock,
                                           const age::Secret* passphrase);

}  // namespace siphon::app

#endif  // SIPHON_APP_KEYS_H_
