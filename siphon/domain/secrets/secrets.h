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
  // The name of the variable, the path, the text of the prompt (may be empty), or the literal.
  std::string value;
};

// Parses "env:NAME", "file:/path", "prompt:[text]" or "literal:anything"; text without "scheme:" is
// a literal. Any other "[a-z][a-z0-9+.-]*:" is errs::kSecretUnavailable (exit code 1); the error
// names the scheme and nothing of the text after it.
absl::StatusOr<Reference> ParseReference(std::string_view text);

// A reference for display: "env:NAME", "file:/path", "prompt:"; "********" for a literal; "" for
// empty text; the scheme and "********" for text that ParseReference() refuses.
std::string Describe(std::string_view text);

// True for a literal password.
bool IsLiteral(std::string_view text);

// Resolves references. Call it just before the secret is needed.
class Resolver {
 public:
  // Asks the user without echo; `what` is the text of the prompt.
  using Prompter = std::function<absl::StatusOr<std::string>(std::string_view what)>;
  // `environment` must outlive the resolver. `prompter` may be null; then "prompt:" is an error.
  Resolver(const base::Environment* environment, Prompter prompter)
      : environment_(environment), prompter_(std::move(prompter)) {}

  // Returns the secret. Of a file, one trailing line feed is removed; a file may have at most 64
  // KiB. `subject` names the owner of the secret ("profile prod") in errors and prompts.
  absl::StatusOr<std::string> Resolve(std::string_view reference, std::string_view subject) const;

 private:
  const base::Environment* environment_;
  Prompter prompter_;
};

}  // namespace siphon::secrets

#endif  // SIPHON_DOMAIN_SECRETS_SECRETS_H_
