// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_DUMPS_KEYS_H_
#define SIPHON_DOMAIN_DUMPS_KEYS_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "siphon/domain/dumps/notes.h"
#include "siphon/domain/dumps/ulid.h"

namespace siphon::dumps {

// The keys of a dump in the store (docs/contracts.md#dump-file, docs/contracts.md#sidecar).
inline constexpr std::string_view kDumpSuffix = ".dump";
inline constexpr std::string_view kSidecarSuffix = ".meta.json";
// An object that a backup creates and never commits, while it publishes the dump and the sidecar.
// It distinguishes a dump whose backup was killed from a dump that lost its sidecar. siphon (Go)
// has no such object.
inline constexpr std::string_view kMarkerSuffix = ".publishing";

inline std::string DumpKey(std::string_view id) { return absl::StrCat(id, kDumpSuffix); }
inline std::string SidecarKey(std::string_view id) { return absl::StrCat(id, kSidecarSuffix); }
inline std::string MarkerKey(std::string_view id) { return absl::StrCat(id, kMarkerSuffix); }

inline std::string NotesKey(std::string_view id) { return absl::StrCat(id, kNotesSuffix); }

inline std::string AttachmentKey(std::string_view id, std::string_view name) {
  return absl::StrCat(id, ".", name);
}

// The id in a key "<id><suffix>"; nothing for other keys and for invalid ids.
inline std::optional<std::string> IdOfKey(std::string_view key, std::string_view suffix) {
  if (!absl::EndsWith(key, suffix)) return std::nullopt;
  key.remove_suffix(suffix.size());
  if (!ValidateId(key).ok()) return std::nullopt;
  return std::string(key);
}

}  // namespace siphon::dumps

#endif  // SIPHON_DOMAIN_DUMPS_KEYS_H_
