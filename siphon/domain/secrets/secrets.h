// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_SECRETS_SECRETS_H_
#define SIPHON_DOMAIN_SECRETS_SECRETS_H_

#include <functional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "siphon/base/environment.h"

namespace siphon::secrets {

// A parsed reference to a secret.
struct Reference {
  enum class Kind { kLiteral, kEnvironment, kFile, kPrompt };
  Kind kind = Kind::kLiteral;
  // The variable, the path, the prompt's text (may be empty), or the literal itself.
  std::string value;
};

// "env:NAME", "file:/path", "prompt:[text]", "literal:anything"; text without "scheme:" is a
// literal. Any other "[a-z][a-z0-9+.-]*:" is refused (errs::kSecretUnavailable, exit 1) and the
// error names the scheme only, never the rest of the text.
absl::StatusOr<Reference> ParseReference(std::string_view text);

// The reference as it may be shown: "env:NAME", "file:/path", "prompt:"; a literal is "********",
// empty text is "". Text that ParseReference refuses is shown as its scheme and "********".
std::string Describe(std::string_view text);

// True for a password that is written in clear.
bool IsLiteral(std::string_view text);

// Resolves references at the last moment.
class Resolver {
 public:
  // Asks the user without echo; `what` is the prompt's text.
  using Prompter = std::function<absl::StatusOr<std::string>(std::string_view what)>;
  // `environment` must outlive the resolver; `prompter` may be null (then prompt: is refused).
  Resolver(const base::Environment* environment, Prompter prompter)
      : environment_(environment), prompter_(std::move(prompter)) {}

  // The secret. A file's one trailing newline is dropped; it may hold at most 64 KiB.
  // `subject` names what needs the secret ("profile prod") in errors and prompts.
  absl::StatusOr<std::string> Resolve(std::string_view reference, std::string_view subject) const;

 private:
  const base::Environment* environment_;
  Prompter prompter_;
};

}  // namespace siphon::secrets

#endif  // SIPHON_DOMAIN_SECRETS_SECRETS_H_
