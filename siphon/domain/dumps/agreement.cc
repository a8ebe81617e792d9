// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/dumps/agreement.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/domain/dumps/chains.h"
#include "siphon/domain/dumps/encryption.h"
#include "siphon/domain/dumps/envelope.h"
#include "siphon/domain/dumps/json.h"
#include "siphon/domain/dumps/scope.h"
#include "siphon/domain/dumps/sidecar.h"

namespace siphon::dumps {
namespace {

constexpr std::string_view kOp = "dumps.verify";
constexpr std::string_view kChecksumPrefix = "sha256:";
constexpr size_t kDigits = 64;
constexpr std::string_view kDisagreeHint =
    "dump and sidecar are not of one backup, or one of them was changed; restore another dump";

// A value of a file for a message: quoted, and shortened to a line.
std::string Show(std::string_view value) {
  constexpr size_t kShown = 80;
  return value.size() <= kShown ? QuoteJson(value)
                                : absl::StrCat(QuoteJson(value.substr(0, kShown)), "...");
}

bool IsChecksum(std::string_view text) {
  if (!absl::ConsumePrefix(&text, kChecksumPrefix) || text.size() != kDigits) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isdigit(static_cast<unsigned char>(c)) || (c >= 'a' && c <= 'f');
  });
}

absl::Status Wrong(std::string_view id, std::string_view what, std::string_view hint) {
  return errs::IntegrityError(kOp, absl::StrCat("dump ", id, ": ", what), hint);
}

absl::Status RequireSame(std::string_view id, std::string_view what, std::string_view sidecar,
                         std::string_view envelope) {
  if (sidecar == envelope) return absl::OkStatus();
  return Wrong(id,
               absl::StrCat("the sidecar's ", what, " is ", Show(sidecar), ", the envelope's is ",
                            Show(envelope)),
               kDisagreeHint);
}

// For estimated rows in the envelope and counted rows in the sidecar: every table of the sidecar
// must be in the envelope.
absl::Status CheckNames(const Sidecar& sidecar, const Envelope& envelope) {
  std::set<std::string_view> named;
  for (const TableInfo& table : envelope.tables) named.insert(table.name);
  for (const TableInfo& table : sidecar.tables) {
    if (named.contains(table.name)) continue;
    return Wrong(
        sidecar.id,
        absl::StrCat("the sidecar lists the table ", Show(table.name), ", the envelope does not"),
        kDisagreeHint);
  }
  return absl::OkStatus();
}

absl::Status CheckIndex(const Sidecar& sidecar, const Envelope& envelope) {
  if (!sidecar.index.has_value() || envelope.layout == kLayoutFrames) return absl::OkStatus();
  return Wrong(sidecar.id, "the sidecar names an index, and the envelope a body without one",
               kDisagreeHint);
}

absl::Status CheckTables(const Sidecar& sidecar, const Envelope& envelope) {
  if (envelope.rows_estimated) return CheckNames(sidecar, envelope);
  if (sidecar.tables.size() != envelope.tables.size()) {
    return Wrong(sidecar.id,
                 absl::StrCat("the sidecar names ", sidecar.tables.size(), " tables, the envelope ",
                              envelope.tables.size()),
                 kDisagreeHint);
  }
  for (size_t i = 0; i < sidecar.tables.size(); ++i) {
    const TableInfo& a = sidecar.tables[i];
    const TableInfo& b = envelope.tables[i];
    if (a == b) continue;
    return Wrong(sidecar.id,
                 absl::StrCat("table ", i + 1, " is ", Show(a.name), " (", a.rows, " rows, ",
                              a.size_bytes, " bytes) in the sidecar and ", Show(b.name), " (",
                              b.rows, " rows, ", b.size_bytes, " bytes) in the envelope"),
                 kDisagreeHint);
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckChecksumForm(std::string_view id, std::string_view checksum) {
  constexpr std::string_view kHint =
      "without its checksum a dump cannot be trusted; `siphon dumps rebuild` makes a new sidecar";
  if (checksum.empty()) return Wrong(id, "the sidecar holds no checksum", kHint);
  if (IsChecksum(checksum)) return absl::OkStatus();
  return Wrong(id,
               absl::StrCat("the sidecar's checksum is ", Show(checksum),
                            ", not \"sha256:\" and 64 hex digits"),
               kHint);
}

absl::Status CheckEnvelope(std::string_view id, const Envelope& envelope) {
  constexpr std::string_view kNewer =
      "a newer siphon may have written it; if not, the dump is damaged";
  if (envelope.type != kTypeBase && envelope.type != kTypeIncremental) {
    return Wrong(id, absl::StrCat("the envelope's type ", Show(envelope.type), " is not known"),
                 kNewer);
  }
  if (!envelope.compression.empty() && envelope.compression != kCompressionZstd) {
    return Wrong(id, absl::StrCat("compression ", Show(envelope.compression), " is not known"),
                 kNewer);
  }
  if (!envelope.layout.empty() && envelope.layout != kLayoutFrames) {
    return Wrong(id, absl::StrCat("layout ", Show(envelope.layout), " is not known"), kNewer);
  }
  if (!envelope.encryption.empty() && envelope.encryption != kEncryptionAge) {
    return Wrong(id, absl::StrCat("encryption ", Show(envelope.encryption), " is not known"),
                 kNewer);
  }
  std::set<std::string_view> names;
  for (const Attachment& attachment : envelope.attachments) {
    const bool known = std::find(std::begin(kAttachmentNames), std::end(kAttachmentNames),
                                 absl::StripSuffix(attachment.name, kEncryptedSuffix)) !=
                       std::end(kAttachmentNames);
    if (!known || !names.insert(attachment.name).second) {
      return Wrong(id,
                   absl::StrCat("the attachment ", Show(attachment.name),
                                known ? " is named twice" : " is not known"),
                   kNewer);
    }
    if (absl::EndsWith(attachment.name, kEncryptedSuffix) == envelope.encryption.empty()) {
      return Wrong(id,
                   absl::StrCat("the attachment ", attachment.name, " and the dump are not both ",
                                "encrypted"),
                   kDisagreeHint);
    }
    if (!IsChecksum(attachment.checksum)) {
      return Wrong(id,
                   absl::StrCat("the checksum of the attachment ", attachment.name, " is ",
                                Show(attachment.checksum), ", not \"sha256:\" and 64 hex digits"),
                   kNewer);
    }
  }
  const bool has_base = !envelope.base_id.empty() && envelope.base_id != id;
  if (envelope.type == kTypeBase && (has_base || !envelope.parent_id.empty())) {
    return Wrong(id, "the envelope is of a full dump and yet names a base or parent",
                 kDisagreeHint);
  }
  if (envelope.type == kTypeIncremental && (!has_base || envelope.parent_id.empty())) {
    return Wrong(id, "the envelope is of an incremental and names no base or no parent",
                 kDisagreeHint);
  }
  return absl::OkStatus();
}

absl::Status CheckAgreement(const Sidecar& sidecar, const Envelope& envelope) {
  const std::string& id = sidecar.id;
  RETURN_IF_ERROR(CheckEnvelope(id, envelope));
  RETURN_IF_ERROR(RequireSame(id, "driver", sidecar.driver, envelope.driver));
  RETURN_IF_ERROR(RequireSame(id, "encryption", sidecar.encryption, envelope.encryption));
  RETURN_IF_ERROR(RequireSame(id, "base_id", sidecar.base_id, envelope.base_id));
  RETURN_IF_ERROR(RequireSame(id, "parent_id", sidecar.parent_id, envelope.parent_id));
  const std::string format = DumpFormatOf(envelope);
  if (sidecar.dump_format != format) {
    return Wrong(
        id,
        absl::StrCat("the sidecar's dump_format is ", Show(sidecar.dump_format),
                     ", the envelope's type \"", envelope.type, "\" asks for \"", format, "\""),
        kDisagreeHint);
  }
  if (!sidecar.engine_version.empty() && !envelope.engine_version.empty()) {
    RETURN_IF_ERROR(
        RequireSame(id, "engine_version", sidecar.engine_version, envelope.engine_version));
  }
  if (sidecar.scope.kind != Kind::kUnknown && envelope.kind != Kind::kUnknown) {
    RETURN_IF_ERROR(RequireSame(id, "kind", KindName(sidecar.scope.kind), KindName(envelope.kind)));
  }
  // A rebuilt sidecar has no filters.
  if (!sidecar.scope.filters.empty() && CountFilters(sidecar.scope.filters) != envelope.filters) {
    return Wrong(id, "the sidecar has other filters than the envelope", kDisagreeHint);
  }
  for (const auto& [name, value] : envelope.annotations) {
    const auto found = sidecar.annotations.find(name);
    RETURN_IF_ERROR(RequireSame(id, absl::StrCat("annotation ", Show(name)),
                                found == sidecar.annotations.end() ? "" : found->second, value));
  }
  if (!sidecar.tables.empty() && !envelope.tables.empty()) {
    RETURN_IF_ERROR(CheckTables(sidecar, envelope));
  }
  return CheckIndex(sidecar, envelope);
}

}  // namespace siphon::dumps
