// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/base/age/file_key.h"

#include <optional>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/age/primitives.h"
#include "siphon/base/age/text_encoding.h"

namespace siphon::age {
namespace {

constexpr std::string_view kX25519 = "X25519";
constexpr std::string_view kScrypt = "scrypt";
constexpr std::string_view kX25519Info = "age-encryption.org/v1/X25519";
constexpr std::string_view kScryptSalt = "age-encryption.org/v1/scrypt";
constexpr size_t kSaltSize = 16;
constexpr Nonce kZeroNonce = {};

absl::Status Bad(std::string_view why) {
  return errs::IntegrityError("age.header", absl::StrCat("invalid age header: ", why));
}

std::string SealKey(const Secret& wrap_key, const Secret& file_key) {
  std::string body(file_key.size() + kTagSize, '\0');
  Aead(wrap_key.view()).Seal(kZeroNonce, file_key.view(), body.data());
  return body;
}

std::optional<Secret> OpenKey(const Secret& wrap_key, std::string_view body) {
  Secret file_key(kFileKeySize);
  if (!Aead(wrap_key.view()).Open(kZeroNonce, body, file_key.data())) return std::nullopt;
  return file_key;
}

// The binary argument of a stanza that has `arguments` arguments, and whose sizes are right.
absl::StatusOr<std::string> Argument(const Stanza& stanza, size_t arguments, size_t size) {
  const std::string& type = stanza.arguments.front();
  if (stanza.arguments.size() != arguments) {
    return Bad(absl::StrCat("a stanza of the type ", type, " has a wrong number of arguments"));
  }
  absl::StatusOr<std::string> value = DecodeBase64(stanza.arguments[1]);
  if (!value.ok() || value->size() != size) {
    return Bad(absl::StrCat("a stanza of the type ", type, " has an invalid argument"));
  }
  // Checked before the key is tried, see "partitioning oracle attacks" in the specification.
  if (stanza.body.size() != kFileKeySize + kTagSize) {
    return Bad(absl::StrCat("a stanza of the type ", type, " has a body of a wrong size"));
  }
  return value;
}

absl::StatusOr<int> WorkFactor(const std::string& text) {
  int log_n = 0;
  const bool is_decimal =
      !text.empty() && text[0] != '0' && text.find_first_not_of("0123456789") == std::string::npos;
  if (!is_decimal) return Bad("the work factor is not a decimal number");
  if (text.size() > 2 || !absl::SimpleAtoi(text, &log_n) || log_n > kMaxWorkFactor) {
    return errs::UserError(
        "age.decrypt", errs::kInvalidArgument,
        absl::StrCat("the passphrase has a work factor above the limit of ", kMaxWorkFactor),
        "decrypt the file with age, and encrypt it again with a smaller work factor");
  }
  return log_n;
}

Secret X25519WrapKey(const Secret& shared, std::string_view share, std::string_view recipient) {
  return Hkdf(shared.view(), absl::StrCat(share, recipient), kX25519Info);
}

absl::StatusOr<Secret> ScryptWrapKey(std::string_view passphrase, std::string_view salt,
                                     int log_n) {
  return Scrypt(passphrase, absl::StrCat(kScryptSalt, salt), log_n);
}

// The file key of a stanza for the identity; nothing if the stanza is for another one.
absl::StatusOr<std::optional<Secret>> Unwrap(const Stanza& stanza, std::string_view share,
                                             const Identity& identity) {
  const Secret shared = X25519SharedSecret(identity.key().view(), share);
  if (shared.empty()) return Bad("a stanza has a share that leaves no secret");
  return OpenKey(X25519WrapKey(shared, share, identity.recipient().key()), stanza.body);
}

std::string HeaderMac(const std::vector<Stanza>& stanzas, const Secret& file_key) {
  return HmacSha256(Hkdf(file_key.view(), "", "header").view(), EncodeStanzas(stanzas));
}

absl::StatusOr<Secret> Authenticated(const Header& header, Secret file_key) {
  if (!IsSame(HeaderMac(header.stanzas, file_key), header.mac)) {
    return Bad("its authentication code is wrong: the header was changed");
  }
  return file_key;
}

// The header's only stanza of a passphrase; null if it has none.
absl::StatusOr<const Stanza*> PassphraseStanza(const Header& header) {
  for (const Stanza& stanza : header.stanzas) {
    if (stanza.arguments.front() != kScrypt) continue;
    if (header.stanzas.size() != 1) return Bad("a passphrase next to another recipient");
    return &stanza;
  }
  return nullptr;
}

}  // namespace

Secret NewFileKey() { return RandomSecret(kFileKeySize); }

absl::StatusOr<Stanza> WrapForRecipient(const Secret& file_key, const Recipient& recipient,
                                        const Secret& ephemeral) {
  const Secret shared = X25519SharedSecret(ephemeral.view(), recipient.key());
  if (shared.empty()) {
    return errs::UserError("age.encrypt", errs::kInvalidArgument,
                           absl::StrCat("the recipient ", recipient.Text(), " is no usable key"),
                           "make a key with `siphon key generate`");
  }
  const std::string share = X25519PublicValue(ephemeral.view());
  return Stanza{{std::string(kX25519), EncodeBase64(share)},
                SealKey(X25519WrapKey(shared, share, recipient.key()), file_key)};
}

absl::StatusOr<Stanza> WrapWithPassphrase(const Secret& file_key, std::string_view passphrase,
                                          std::string_view salt, int log_n) {
  ASSIGN_OR_RETURN(const Secret wrap_key, ScryptWrapKey(passphrase, salt, log_n));
  return Stanza{{std::string(kScrypt), EncodeBase64(salt), absl::StrCat(log_n)},
                SealKey(wrap_key, file_key)};
}

Header SealHeader(std::vector<Stanza> stanzas, const Secret& file_key) {
  std::string mac = HeaderMac(stanzas, file_key);
  return Header{std::move(stanzas), std::move(mac)};
}

absl::StatusOr<Secret> UnwrapFileKey(const Header& header, absl::Span<const Identity> identities) {
  ASSIGN_OR_RETURN(const Stanza* passphrase, PassphraseStanza(header));
  if (passphrase != nullptr) {
    return errs::UserError("age.decrypt", errs::kSecretUnavailable,
                           "the file is encrypted with a passphrase, not to a key");
  }
  std::vector<std::string> shares(header.stanzas.size());  // "" for other types.
  for (size_t i = 0; i < header.stanzas.size(); ++i) {
    if (header.stanzas[i].arguments.front() != kX25519) continue;
    ASSIGN_OR_RETURN(shares[i], Argument(header.stanzas[i], 2, kKeySize));
  }
  for (const Identity& identity : identities) {
    for (size_t i = 0; i < header.stanzas.size(); ++i) {
      if (shares[i].empty()) continue;
      ASSIGN_OR_RETURN(std::optional<Secret> file_key,
                       Unwrap(header.stanzas[i], shares[i], identity));
      if (file_key.has_value()) return Authenticated(header, *std::move(file_key));
    }
  }
  return errs::UserError(
      "age.decrypt", errs::kSecretUnavailable,
      absl::StrCat("none of ", identities.size(), " identities opens the file, which has ",
                   header.stanzas.size(), " recipients"),
      "name the identity file of one of its recipients");
}

absl::StatusOr<Secret> UnwrapFileKey(const Header& header, std::string_view passphrase) {
  ASSIGN_OR_RETURN(const Stanza* stanza, PassphraseStanza(header));
  if (stanza == nullptr) {
    return errs::UserError("age.decrypt", errs::kSecretUnavailable,
                           "the file is encrypted to a key, not with a passphrase");
  }
  ASSIGN_OR_RETURN(const std::string salt, Argument(*stanza, 3, kSaltSize));
  ASSIGN_OR_RETURN(const int log_n, WorkFactor(stanza->arguments[2]));
  ASSIGN_OR_RETURN(const Secret wrap_key, ScryptWrapKey(passphrase, salt, log_n));
  std::optional<Secret> file_key = OpenKey(wrap_key, stanza->body);
  if (!file_key.has_value()) {
    return errs::UserError("age.decrypt", errs::kSecretUnavailable, "the passphrase is wrong");
  }
  return Authenticated(header, *std::move(file_key));
}

}  // namespace siphon::age
