// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_BASE_AGE_IDENTITY_FILE_H_
#define SIPHON_BASE_AGE_IDENTITY_FILE_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "siphon/base/age/keys.h"
#include "siphon/base/age/secret.h"

// Files with identities, as age-keygen writes them and `age -i` reads them: lines, or an age file
// with such lines that is encrypted with a passphrase, in binary or in ASCII armor.
namespace siphon::age {

// The maximum size of an identity file, in bytes.
inline constexpr size_t kIdentityFileLimit = size_t{64} * 1024;

// The identities of a file in clear text. Empty lines and lines that begin with '#' are comments.
// errs::kInvalidArgument, with the number of the line, for other lines and for a file without an
// identity; repeats nothing of the text.
absl::StatusOr<std::vector<Identity>> ParseIdentityFile(std::string_view text);

// The lines for one identity: comments with `created` and the public key, then the key.
Secret FormatIdentityFile(const Identity& identity, std::string_view created);

// True if the file is an age file, binary or armored.
bool IsEncryptedFile(std::string_view file);

// ASCII armor (C2SP age, "ASCII armor"), with a line feed at its end.
std::string EncodeArmor(std::string_view file);
// Accepts CR LF, and white space before and after. errs::kIntegrity for anything else that
// EncodeArmor() does not write.
absl::StatusOr<std::string> DecodeArmor(std::string_view text);
bool IsArmored(std::string_view file);

}  // namespace siphon::age

#endif  // SIPHON_BASE_AGE_IDENTITY_FILE_H_
