// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/dumps/attachments.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/io.h"
#include "siphon/base/sha256.h"
#include "siphon/domain/dumps/contents.h"
#include "siphon/domain/dumps/encryption.h"
#include "siphon/domain/dumps/keys.h"
#include "siphon/domain/dumps/notes.h"
#include "siphon/domain/dumps/ulid.h"

namespace siphon::dumps {
namespace {

constexpr std::string_view kOp = "dumps.attachments";

// The suffixes of all objects that belong to a dump and are deleted after it.
std::vector<std::string> CompanionSuffixes() {
  std::vector<std::string> suffixes = {std::string(kNotesSuffix)};
  for (const std::string_view name : kAttachmentNames) {
    suffixes.push_back(absl::StrCat(".", name));
    suffixes.push_back(absl::StrCat(".", name, kEncryptedSuffix));
  }
  return suffixes;
}

std::string ChecksumOf(std::string_view text) {
  base::Sha256 hash;
  hash.Update(text);
  return hash.Digest();
}

absl::Status Wrong(std::string_view id, const Attachment& attachment, std::string_view what) {
  return errs::IntegrityError(
      kOp, absl::StrCat("dump ", id, ": its attachment ", attachment.name, " ", what),
      "restore the file from a copy; `siphon dumps extract` writes the body of the dump without "
      "it");
}

absl::StatusOr<std::string> ReadOne(const base::Context& context, storage::Store& store,
                                    std::string_view id, const Attachment& attachment) {
  const std::string key = AttachmentKey(id, attachment.name);
  ASSIGN_OR_RETURN(const std::optional<uint64_t> size, store.Stat(context, key));
  if (!size.has_value()) return Wrong(id, attachment, absl::StrCat("(", key, ") is missing"));
  if (*size != attachment.size_bytes) {
    return Wrong(id, attachment,
                 absl::StrCat("has ", *size, " bytes, the envelope says ", attachment.size_bytes));
  }
  ASSIGN_OR_RETURN(const std::unique_ptr<base::Reader> object, store.Open(context, key));
  ASSIGN_OR_RETURN(std::string text, base::ReadAll(*object, kAttachmentLimit));
  const std::string checksum = ChecksumOf(text);
  if (checksum != attachment.checksum) {
    return Wrong(
        id, attachment,
        absl::StrCat("has the checksum ", checksum, ", the envelope says ", attachment.checksum));
  }
  return text;
}

}  // namespace

absl::StatusOr<std::vector<Attachment>> DescribeAttachments(
    const std::map<std::string, std::string>& texts) {
  std::vector<Attachment> attachments;
  for (const auto& [name, text] : texts) {
    if (std::find(std::begin(kAttachmentNames), std::end(kAttachmentNames),
                  absl::StripSuffix(name, kEncryptedSuffix)) == std::end(kAttachmentNames)) {
      return errs::InternalError(kOp, absl::StrCat("no attachment is named ", name));
    }
    if (text.size() > kAttachmentLimit) {
      return errs::UserError(kOp, errs::kInvalidArgument,
                             absl::StrCat(name, " has ", text.size(), " bytes; at most ",
                                          kAttachmentLimit, " can be stored with a dump"),
                             "back up without it (--with-globals)");
    }
    attachments.push_back({name, text.size(), ChecksumOf(text)});
  }
  return attachments;
}

absl::StatusOr<std::map<std::string, std::string>> ReadAttachments(const base::Context& context,
                                                                   storage::Store& store,
                                                                   std::string_view id,
                                                                   const Envelope& envelope) {
  std::map<std::string, std::string> texts;
  for (const Attachment& attachment : envelope.attachments) {
    ASSIGN_OR_RETURN(texts[attachment.name], ReadOne(context, store, id, attachment));
  }
  return texts;
}

absl::Status DeleteCompanions(const base::Context& context, storage::Store& store,
                              std::string_view id) {
  for (const std::string& suffix : CompanionSuffixes()) {
    RETURN_IF_ERROR(store.Delete(context, absl::StrCat(id, suffix)));
  }
  return absl::OkStatus();
}

absl::Status DeleteStrayCompanions(const base::Context& context, storage::Store& store) {
  // The order matters. A backup creates its marker, the attachments, the dump, and then removes the
  // marker. So an attachment that was listed and has no marker now either has its dump by now, or
  // never gets one.
  ASSIGN_OR_RETURN(const std::vector<std::string> keys, store.List(context));
  std::optional<std::vector<std::string>> uncommitted;
  const std::vector<std::string> suffixes = CompanionSuffixes();
  for (const std::string& key : keys) {
    for (const std::string& suffix : suffixes) {
      const std::optional<std::string> id = IdOfKey(key, suffix);
      if (!id.has_value() || !IsUlid(*id)) continue;
      if (std::binary_search(keys.begin(), keys.end(), DumpKey(*id))) continue;
      if (!uncommitted.has_value()) {
        ASSIGN_OR_RETURN(uncommitted, store.ListUncommitted(context));
      }
      if (std::binary_search(uncommitted->begin(), uncommitted->end(), MarkerKey(*id))) continue;
      ASSIGN_OR_RETURN(const auto dump, store.Stat(context, DumpKey(*id)));
      ASSIGN_OR_RETURN(const auto sidecar, store.Stat(context, SidecarKey(*id)));
      // If a sidecar exists, the missing dump may be restored from a copy.
      if (dump.has_value() || sidecar.has_value()) continue;
      RETURN_IF_ERROR(store.Delete(context, key));
    }
  }
  return absl::OkStatus();
}

}  // namespace siphon::dumps
