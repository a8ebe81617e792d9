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

// The objects "<id>.<name>" beside a dump. They are published before it and deleted after it, so
// that a dump that is there has all of its own.
namespace siphon::dumps {

// What an envelope records of `texts`. An internal error for a name that is none of
// kAttachmentNames, errs::kInvalidArgument for a text that is too long.
absl::StatusOr<std::vector<Attachment>> DescribeAttachments(
    const std::map<std::string, std::string>& texts);

// Reads them and holds them against the envelope: errs::kIntegrity for one that is missing or
// differs.
absl::StatusOr<std::map<std::string, std::string>> ReadAttachments(const base::Context& context,
                                                                   storage::Store& store,
                                                                   std::string_view id,
                                                                   const Envelope& envelope);

// All that an id may have; for a dump that is no longer there.
absl::Status DeleteAttachments(const base::Context& context, storage::Store& store,
                               std::string_view id);

// Deletes those of siphon's own ids (ULIDs) that have no dump and whose backup no longer runs.
absl::Status DeleteStrayAttachments(const base::Context& context, storage::Store& store);

}  // namespace siphon::dumps

#endif  // SIPHON_DOMAIN_DUMPS_ATTACHMENTS_H_
