// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/app/keys.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/age/age_file.h"
#include "siphon/base/age/file_key.h"
#include "siphon/base/age/identity_file.h"
#include "siphon/base/file.h"

namespace siphon::app {
namespace {

constexpr std::string_view kOp = "key";

// The error of a file, with its name.
absl::Status Of(const std::string& path, const absl::Status& status) {
  errs::Error error = errs::GetError(status).value_or(errs::Error{});
  error.op = std::string(kOp);
  error.detail = absl::StrCat("identity file ", path, ": ", error.detail);
  return errs::MakeStatus(std::move(error));
}

// The content of a file, without its copy in a string.
absl::StatusOr<age::Secret> ReadSecretFile(const std::string& path) {
  absl::StatusOr<std::string> text = base::ReadFile(path, age::kIdentityFileLimit);
  if (!text.ok()) return Of(path, text.status());
  age::Secret secret(*text);
  age::Wipe(*text);
  return secret;
}

// The lines of an encrypted identity file.
absl::StatusOr<age::Secret> Decrypted(const std::string& path, const age::Secret& file,
                                      std::string_view passphrase,
                                      const secrets::Resolver& resolver) {
  const std::string reference =
      passphrase.empty() ? absl::StrCat("prompt:passphrase of ", path) : std::string(passphrase);
  ASSIGN_OR_RETURN(std::string word,
                   resolver.Resolve(reference, absl::StrCat("identity file ", path)));
  absl::StatusOr<age::Secret> text;
  if (age::IsArmored(file.view())) {
    absl::StatusOr<std::string> binary = age::DecodeArmor(file.view());
    text = binary.ok() ? age::DecryptWithPassphrase(*binary, word)
                       : absl::StatusOr<age::Secret>(binary.status());
  } else {
    text = age::DecryptWithPassphrase(file.view(), word);
  }
  age::Wipe(word);
  if (!text.ok()) return Of(path, text.status());
  return text;
}

}  // namespace

absl::StatusOr<std::vector<age::Identity>> ReadIdentityFile(const std::string& path,
                                                            std::string_view passphrase,
                                                            const secrets::Resolver& resolver) {
  ASSIGN_OR_RETURN(age::Secret text, ReadSecretFile(path));
  if (age::IsEncryptedFile(text.view())) {
    ASSIGN_OR_RETURN(text, Decrypted(path, text, passphrase, resolver));
  }
  absl::StatusOr<std::vector<age::Identity>> identities = age::ParseIdentityFile(text.view());
  if (!identities.ok()) return Of(path, identities.status());
  return identities;
}

std::unique_ptr<dumps::Encryption> MakeEncryption(const config::Encryption& config,
                                                  secrets::Resolver resolver) {
  auto load = [paths = config.identities, passphrase = config.passphrase,
               resolver = std::move(resolver)]() -> absl::StatusOr<std::vector<age::Identity>> {
    std::vector<age::Identity> all;
    for (const std::string& path : paths) {
      ASSIGN_OR_RETURN(std::vector<age::Identity> some,
                       ReadIdentityFile(path, passphrase, resolver));
      for (age::Identity& identity : some) all.push_back(std::move(identity));
    }
    return all;
  };
  return std::make_unique<dumps::Encryption>(config.recipients, std::move(load));
}

std::vector<KeyFile> ReadKeyFiles(const std::vector<std::string>& paths, bool open,
                                  std::string_view passphrase, const secrets::Resolver& resolver) {
  std::vector<KeyFile> files;
  for (const std::string& path : paths) {
    KeyFile& file = files.emplace_back(KeyFile{.path = path});
    const absl::StatusOr<age::Secret> text = ReadSecretFile(path);
    file.status = text.status();
    if (!text.ok()) continue;
    file.encrypted = age::IsEncryptedFile(text->view());
    if (file.encrypted && !open) continue;
    const auto identities = ReadIdentityFile(path, passphrase, resolver);
    file.status = identities.status();
    if (!identities.ok()) continue;
    for (const age::Identity& identity : *identities) {
      file.recipients.push_back(identity.recipient());
    }
  }
  return files;
}

absl::StatusOr<age::Recipient> GenerateKey(const std::string& path, const base::Clock& clock,
                                           const age::Secret* passphrase) {
  const age::Identity identity = age::Identity::Generate();
  const age::Secret lines = age::FormatIdentityFile(
      identity, base::FormatRfc3339Nano(absl::FromUnixSeconds(absl::ToUnixSeconds(clock.Now())),
                                        absl::UTCTimeZone()));
  std::string armored;
  if (passphrase != nullptr) {
    ASSIGN_OR_RETURN(
        const std::string file,
        age::EncryptWithPassphrase(lines.view(), passphrase->view(), age::kWorkFactor));
    armored = age::EncodeArmor(file);
  }
  const auto [directory, name] = base::SplitPath(path);
  ASSIGN_OR_RETURN(const std::unique_ptr<base::AtomicFile> file,
                   base::AtomicFile::Create(directory, ".siphon-key-", 0600));
  RETURN_IF_ERROR(file->Write(passphrase != nullptr ? std::string_view(armored) : lines.view()));
  RETURN_IF_ERROR(file->Finish());
  const absl::Status published = file->Publish(name, base::AtomicFile::IfExists::kFail);
  if (errs::Is(published, errs::kAlreadyExists)) {
    return errs::UserError(kOp, errs::kAlreadyExists, absl::StrCat("the file ", path, " exists"),
                           "name another file: who overwrites a key loses the dumps that were "
                           "encrypted to it");
  }
  RETURN_IF_ERROR(published);
  return identity.recipient();
}

}  // namespace siphon::app
