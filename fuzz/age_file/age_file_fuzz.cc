// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/age/age_file.h"
#include "siphon/base/age/file_key.h"
#include "siphon/base/age/header.h"
#include "siphon/base/age/keys.h"
#include "siphon/base/age/payload.h"
#include "siphon/base/age/secret.h"
#include "siphon/base/io.h"
#include "siphon/base/random_access.h"

namespace {

namespace age = siphon::age;
namespace base = siphon::base;
namespace errs = siphon::errs;

void Require(bool condition) {
  if (!condition) std::abort();
}

// The identity of the seeds (C2SP age, "The X25519 recipient type").
std::vector<age::Identity> Identities() {
  std::vector<age::Identity> identities;
  identities.emplace_back(age::Secret(std::string(32, '\x42')));
  return identities;
}

absl::StatusOr<std::string> Accessed(
    const absl::StatusOr<std::unique_ptr<base::RandomAccess>>& access) {
  RETURN_IF_ERROR(access.status());
  std::string text((*access)->size(), '\0');
  RETURN_IF_ERROR((*access)->ReadAt(0, absl::MakeSpan(text)));
  return text;
}

// A header is parsed only if it has one way to be written, and ends where FindHeaderEnd() says.
void CheckHeader(std::string_view file) {
  const auto end = age::FindHeaderEnd(file);
  if (!end.ok()) Require(errs::Is(end.status(), errs::kIntegrity));
  const std::string_view text = end.ok() && *end > 0 ? file.substr(0, *end) : file;
  const auto header = age::ParseHeader(text);
  if (!header.ok()) {
    Require(errs::Is(header.status(), errs::kIntegrity));
    Require(absl::StrContains(header.status().message(), "invalid age header"));
    return;
  }
  Require(text.size() <= age::kHeaderLimit);
  Require(age::EncodeHeader(*header) == text);
  Require(end.ok() && *end == text.size());
}

// A file is the same as a stream and at any place, or refused by both.
void CheckFile(std::string_view file) {
  const std::vector<age::Identity> identities = Identities();
  const auto text = age::Decrypt(file, identities);
  const base::RandomAccessString bytes(file);
  const auto accessed = Accessed(age::OpenEncrypted(&bytes, identities));
  Require(text.ok() == accessed.ok());
  if (text.ok()) {
    Require(text->view() == *accessed && text->size() < file.size());
  } else {
    Require(errs::Is(text.status(), errs::kIntegrity) ||
            errs::Is(text.status(), errs::kSecretUnavailable));
    Require(text.status().code() == accessed.status().code());
  }
}

// The same for a payload of the fuzzer's own key, so that whole chunks are reached.
void CheckPayload(std::string_view payload) {
  const age::Secret key(std::string(32, 'k'));
  base::StringReader in(payload);
  age::PayloadReader reader(&in, key);
  const auto text = base::ReadAll(reader, payload.size());
  const base::RandomAccessString bytes(payload);
  const auto accessed = Accessed(age::PayloadAccess::Open(&bytes, 0, key));
  Require(text.ok() == accessed.ok());
  if (!text.ok()) return Require(errs::Is(text.status(), errs::kIntegrity));
  Require(*text == *accessed);
  base::StringWriter out;
  age::PayloadWriter writer(&out, key);
  Require(writer.Write(*text).ok() && writer.Finish().ok() && out.data() == payload);
}

}  // namespace

// Uses the input as an age file, as a payload, and as the text of one.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  CheckHeader(input);
  CheckFile(input);
  CheckPayload(input);

  // A fuzzer finds no authentication code: it is given one for its stanzas.
  const auto header =
      age::ParseHeader(absl::StrCat(input.substr(0, 1000), "--- ", std::string(43, 'A'), "\n"));
  if (header.ok()) {
    const age::Header sealed = age::SealHeader(header->stanzas, age::Secret(std::string(16, 'f')));
    CheckHeader(age::EncodeHeader(sealed));
    CheckFile(age::EncodeHeader(sealed));
  }
  return 0;
}
