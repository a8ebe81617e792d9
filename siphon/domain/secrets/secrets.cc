// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/secrets/secrets.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/file.h"

namespace siphon::secrets {
namespace {

constexpr std::string_view kMask = "********";
constexpr size_t kMaxSecretFileBytes = size_t{64} * 1024;
constexpr std::string_view kOp = "secrets";

constexpr std::string_view kSchemesHint =
    "use env:NAME, file:/path or prompt:, or write literal: before a password of this form";

// Schemes of other programs. Text that begins with one of them is a reference and not a password,
// so its scheme may be shown.
constexpr std::array<std::string_view, 24> kForeignSchemes = {"aws",
                                                              "awskms",
                                                              "awssm",
                                                              "azure",
                                                              "azurekv",
                                                              "bw",
                                                              "cmd",
                                                              "exec",
                                                              "gcp",
                                                              "gcpsm",
                                                              "gpg",
                                                              "k8s",
                                                              "keychain",
                                                              "keyring",
                                                              "kms",
                                                              "op",
                                                              "pass",
                                                              "secret",
                                                              "secretsmanager",
                                                              "sops",
                                                              "ssm",
                                                              "stdin",
                                                              "vault",
                                                              "https"};

// The scheme of `text` without its colon; nothing if `text` has none.
std::optional<std::string_view> SchemeOf(std::string_view text) {
  if (text.empty() || !absl::ascii_islower(static_cast<unsigned char>(text[0]))) {
    return std::nullopt;
  }
  for (size_t i = 1; i < text.size(); ++i) {
    const unsigned char c = static_cast<unsigned char>(text[i]);
    if (c == ':') return text.substr(0, i);
    if (!absl::ascii_islower(c) && !absl::ascii_isdigit(c) && c != '+' && c != '.' && c != '-') {
      return std::nullopt;
    }
  }
  return std::nullopt;
}

// True for a typing error: two letters swapped, or one letter missing, added or wrong.
bool IsSlipOf(std::string_view typed, std::string_view meant) {
  size_t front = 0;
  const size_t shorter = std::min(typed.size(), meant.size());
  while (front < shorter && typed[front] == meant[front]) ++front;
  typed.remove_prefix(front);
  meant.remove_prefix(front);
  while (!typed.empty() && !meant.empty() && typed.back() == meant.back()) {
    typed.remove_suffix(1);
    meant.remove_suffix(1);
  }
  if (typed.size() + meant.size() <= 1) return true;
  if (typed.size() == 1 && meant.size() == 1) return true;
  return typed.size() == 2 && meant.size() == 2 && typed[0] == meant[1] && typed[1] == meant[0];
}

// True if the scheme of a refused text may be shown. "hunter2:x" has the form of a reference, but
// is more likely a password.
bool MayShowScheme(std::string_view text, std::string_view scheme) {
  if (absl::StartsWith(text.substr(scheme.size()), "://")) return true;
  if (std::find(kForeignSchemes.begin(), kForeignSchemes.end(), scheme) != kForeignSchemes.end()) {
    return true;
  }
  for (std::string_view known : {"env", "file", "prompt", "literal"}) {
    if (scheme == known || IsSlipOf(scheme, known)) return true;
  }
  return false;
}

bool HasControlCharacter(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return absl::ascii_iscntrl(static_cast<unsigned char>(c)); });
}

absl::Status Refuse(std::string_view detail, std::string_view hint) {
  return errs::UserError(kOp, errs::kSecretUnavailable, detail, hint);
}

absl::StatusOr<Reference> ParseEnvironment(std::string_view name) {
  if (name.empty() || absl::StrContains(name, '=') || HasControlCharacter(name)) {
    return Refuse("env: needs the name of an environment variable", "write it as env:DB_PASSWORD");
  }
  return Reference{Reference::Kind::kEnvironment, std::string(name)};
}

absl::StatusOr<Reference> ParseFile(std::string_view path) {
  // "file:///run/secrets/db" is the same file as "file:/run/secrets/db".
  if (absl::StartsWith(path, "///")) path.remove_prefix(2);
  if (!absl::StartsWith(path, "/") || absl::StartsWith(path, "//") || HasControlCharacter(path)) {
    return Refuse("file: needs an absolute path", "write it as file:/run/secrets/db_password");
  }
  return Reference{Reference::Kind::kFile, std::string(path)};
}

absl::Status UnknownScheme(std::string_view text, std::string_view scheme) {
  if (scheme == "keychain" || scheme == "awssm") {
    return Refuse(absl::StrCat("this version of siphon does not read ", scheme, ": secrets"),
                  "have the secret put into an environment variable or a file and refer to it as "
                  "env:NAME or file:/path");
  }
  if (MayShowScheme(text, scheme)) {
    return Refuse(absl::StrCat("unknown secret scheme \"", scheme, ":\""), kSchemesHint);
  }
  return Refuse("the text begins like a secret reference (\"name:\") with an unknown scheme",
                kSchemesHint);
}

absl::StatusOr<std::string> CheckedSecret(std::string secret, std::string_view subject,
                                          std::string_view source) {
  if (absl::StrContains(secret, '\0')) {
    return Refuse(absl::StrCat("the secret of ", subject, " from ", source, " holds a NUL byte"),
                  "a password is text without NUL");
  }
  return secret;
}

absl::StatusOr<std::string> ReadSecretFile(const std::string& path, std::string_view subject) {
  absl::StatusOr<std::string> content = base::ReadFile(path, kMaxSecretFileBytes);
  if (!content.ok()) {
    const std::optional<errs::Error> error = errs::GetError(content.status());
    return errs::MakeStatus(
        {.op = std::string(kOp),
         .code = error.has_value() ? error->code : errs::Code::kSystem,
         .cause = errs::kSecretUnavailable,
         .detail = absl::StrCat(
             "the secret of ", subject, " is in ", path, ", which can't be read: ",
             error.has_value() && !error->detail.empty() ? error->detail
                                                         : std::string(content.status().message())),
         .hint = "the file must exist, be readable by this user and hold at most 64 KiB"});
  }
  std::string secret = *std::move(content);
  if (absl::EndsWith(secret, "\n")) {
    secret.pop_back();
    if (absl::EndsWith(secret, "\r")) secret.pop_back();
  }
  return CheckedSecret(std::move(secret), subject, path);
}

}  // namespace

absl::StatusOr<Reference> ParseReference(std::string_view text) {
  const std::optional<std::string_view> scheme = SchemeOf(text);
  if (!scheme.has_value()) return Reference{Reference::Kind::kLiteral, std::string(text)};
  const std::string_view rest = text.substr(scheme->size() + 1);
  if (*scheme == "env") return ParseEnvironment(rest);
  if (*scheme == "file") return ParseFile(rest);
  if (*scheme == "prompt") {
    if (HasControlCharacter(rest)) {
      return Refuse("prompt: has a control character in its text", "write it as prompt:Password");
    }
    return Reference{Reference::Kind::kPrompt, std::string(rest)};
  }
  if (*scheme == "literal") return Reference{Reference::Kind::kLiteral, std::string(rest)};
  return UnknownScheme(text, *scheme);
}

std::string Describe(std::string_view text) {
  if (text.empty()) return "";
  const absl::StatusOr<Reference> reference = ParseReference(text);
  if (!reference.ok()) {
    const std::optional<std::string_view> scheme = SchemeOf(text);
    if (scheme.has_value() && MayShowScheme(text, *scheme)) {
      return absl::StrCat(*scheme, ":", kMask);
    }
    return std::string(kMask);
  }
  switch (reference->kind) {
    case Reference::Kind::kEnvironment:
      return absl::StrCat("env:", reference->value);
    case Reference::Kind::kFile:
      return absl::StrCat("file:", reference->value);
    case Reference::Kind::kPrompt:
      return "prompt:";
    case Reference::Kind::kLiteral:
      break;
  }
  return std::string(kMask);
}

bool IsLiteral(std::string_view text) {
  if (text.empty()) return false;
  const absl::StatusOr<Reference> reference = ParseReference(text);
  if (reference.ok()) {
    return reference->kind == Reference::Kind::kLiteral && !reference->value.empty();
  }
  // "vault://db" is a reference that siphon cannot read; "s3cret:42" is more likely a password.
  return !MayShowScheme(text, SchemeOf(text).value_or(""));
}

absl::StatusOr<std::string> Resolver::Resolve(std::string_view reference,
                                              std::string_view subject) const {
  absl::StatusOr<Reference> parsed = ParseReference(reference);
  if (!parsed.ok()) {
    const std::optional<errs::Error> error = errs::GetError(parsed.status());
    return Refuse(absl::StrCat("the secret of ", subject, ": ", error ? error->detail : ""),
                  error ? error->hint : "");
  }
  switch (parsed->kind) {
    case Reference::Kind::kLiteral:
      return CheckedSecret(std::move(parsed->value), subject, "the configuration");
    case Reference::Kind::kEnvironment: {
      std::optional<std::string> value = environment_->Get(parsed->value);
      if (value.has_value()) return *std::move(value);
      return Refuse(absl::StrCat("the secret of ", subject, " is in the environment variable ",
                                 parsed->value, ", which is not set"),
                    absl::StrCat("set ", parsed->value, ", or change the reference"));
    }
    case Reference::Kind::kFile:
      return ReadSecretFile(parsed->value, subject);
    case Reference::Kind::kPrompt:
      break;
  }
  if (prompter_ == nullptr) {
    return Refuse(absl::StrCat("the secret of ", subject,
                               " must be typed on a terminal, and there "
                               "is none"),
                  "run siphon in a terminal, or use env:NAME or file:/path");
  }
  ASSIGN_OR_RETURN(
      std::string secret,
      prompter_(parsed->value.empty() ? absl::StrCat("Password for ", subject) : parsed->value));
  return CheckedSecret(std::move(secret), subject, "the prompt");
}

}  // namespace siphon::secrets
