// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_DUMPS_ATTACHMENTS_H_
#define SIPHON_DOMAIN_DUMPS_ATTACHMENTS_H_

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "siphon/base/context.h"
#include "siphon/domain/dumps/envelope.h"
#include "siphon/domain/storage/store.h"

// The objects "<id>.<name>" next to a dump. They are published before the dump and deleted after
// it, so an existing dump has all its attachments.
namespace siphon::dumps {

// The entries of an envelope for the attachments `texts`. errs::kInvalidArgument for a text that is
// too long; errs::kInternal for a name that is not in kAttachmentNames, with or without
// kEncryptedSuffix.
absl::StatusOr<std::vector<Attachment>> DescribeAttachments(
    const std::map<std::string, std::string>& texts);

// Reads the attachments of a dump. errs::kIntegrity for one that is missing or differs from the
// envelope.
absl::StatusOr<std::map<std::string, std::string>> ReadAttachments(const base::Context& context,
                                                                   storage::Store& store,
                                                                   std::string_view id,
                                                                   const Envelope& envelope);

// Deletes the attachments and the notes of a dump that no longer exists.
absl::Status DeleteCompanions(const base::Context& context, storage::Store& store,
                              std::string_view id);

// Deletes attachments and notes without a dump, if their id is a ULID and no backup is writing the
// dump.
absl::Status DeleteStrayCompanions(const base::Context& context, storage::Store& store);

}  // namespace siphon::dumps

#endif  // SIPHON_DOMAIN_DUMPS_ATTACHMENTS_H_
