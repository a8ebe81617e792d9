// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "siphon/base/environment.h"
#include "siphon/domain/secrets/secrets.h"

namespace {

using siphon::secrets::Describe;
using siphon::secrets::IsLiteral;
using siphon::secrets::ParseReference;
using siphon::secrets::Reference;
using siphon::secrets::Resolver;

// A marker in the secret part of every text.
constexpr std::string_view kSentinel = "Zq7Xk";
constexpr std::string_view kMask = "********";

void Require(bool condition) {
  if (!condition) std::abort();
}

bool ShowsSecret(std::string_view text) { return absl::StrContains(text, kSentinel); }

void RequireGoodError(const absl::Status& status) {
  const std::optional<siphon::errs::Error> error = siphon::errs::GetError(status);
  Require(error.has_value() && error->cause == siphon::errs::kSecretUnavailable);
  Require(error->code == siphon::errs::Code::kUser);
  Require(!error->detail.empty() && !error->hint.empty());
  Require(!ShowsSecret(siphon::errs::Render(status)));
}

void CheckKind(std::string_view text, const Reference& reference, const Resolver& resolver) {
  const std::string shown = Describe(text);
  switch (reference.kind) {
    case Reference::Kind::kLiteral: {
      Require(shown == kMask && IsLiteral(text));
      const absl::StatusOr<std::string> secret = resolver.Resolve(text, "test");
      if (absl::StrContains(reference.value, '\0')) return RequireGoodError(secret.status());
      Require(secret.ok() && *secret == reference.value);
      return;
    }
    case Reference::Kind::kEnvironment:
      Require(shown == absl::StrCat("env:", reference.value) && shown == text);
      break;
    case Reference::Kind::kFile:
      Require(shown == absl::StrCat("file:", reference.value));
      Require(absl::StartsWith(reference.value, "/"));
      break;
    case Reference::Kind::kPrompt: {
      Require(shown == "prompt:" && absl::EndsWith(text, reference.value));
      const absl::StatusOr<std::string> secret = resolver.Resolve(text, "test");
      Require(siphon::errs::Is(secret.status(), siphon::errs::kSecretUnavailable));
      break;
    }
  }
  Require(!IsLiteral(text));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const siphon::base::Environment environment;
  const Resolver resolver(&environment, nullptr);

  const std::string text = absl::StrCat(input, kSentinel);
  const absl::StatusOr<Reference> reference = ParseReference(text);
  if (reference.ok()) {
    CheckKind(text, *reference, resolver);
  } else {
    RequireGoodError(reference.status());
    RequireGoodError(resolver.Resolve(text, "test").status());
    Require(absl::EndsWith(Describe(text), kMask) && !ShowsSecret(Describe(text)));
  }

  // Everything after "literal:" is the secret.
  const absl::StatusOr<Reference> literal = ParseReference(absl::StrCat("literal:", input));
  Require(literal.ok() && literal->kind == Reference::Kind::kLiteral && literal->value == input);
  return 0;
}
