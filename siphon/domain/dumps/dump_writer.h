// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_DUMPS_DUMP_WRITER_H_
#define SIPHON_DOMAIN_DUMPS_DUMP_WRITER_H_

#include <memory>
#include <string>

#include "siphon/base/clock.h"
#include "siphon/base/context.h"
#include "siphon/domain/dumps/catalog.h"
#include "siphon/domain/dumps/chain_writer.h"
#include "siphon/domain/dumps/encryption.h"
#include "siphon/domain/storage/store.h"

namespace siphon::dumps {

// A writer for the new dump `id`; see PendingDump. `store`, `clock` and `encryption`, which may be
// null, must outlive it. The dump is encrypted if `encryption` has recipients.
std::unique_ptr<PendingDump> MakeDumpWriter(const base::Context& context, storage::Store* store,
                                            const base::Clock* clock, const Encryption* encryption,
                                            std::string id, Catalog::CreateOptions options,
                                            Placement place = {});

// The parts of a dump that is encrypted to `recipients`, or clear without recipients.
// Encrypts the attachments, under the names of encrypted ones.
absl::Status SealAttachments(std::map<std::string, std::string>& attachments,
                             absl::Span<const age::Recipient> recipients);
// Encodes an envelope, without its tables if they do not fit; the sidecar lists them.
absl::StatusOr<std::string> EncodeSealed(Envelope envelope,
                                         absl::Span<const age::Recipient> recipients);
// Encrypts the details of a sidecar. Drops its tables if it would be larger than kSidecarLimit.
absl::Status SealSidecar(Sidecar& sidecar, absl::Span<const age::Recipient> recipients,
                         absl::TimeZone zone);

// Publishes attachments, dump and sidecar, in this order. `dump` is finished and not committed yet.
// After an error nothing is visible.
absl::Status PublishDump(const base::Context& context, storage::Store& store, std::string_view id,
                         std::string_view sidecar,
                         const std::map<std::string, std::string>& attachments,
                         storage::ObjectWriter& dump);

// Writes, syncs and commits a sidecar.
absl::Status PutSidecar(const base::Context& context, storage::Store& store,
                        const base::Clock& clock, const Sidecar& sidecar);

}  // namespace siphon::dumps

#endif  // SIPHON_DOMAIN_DUMPS_DUMP_WRITER_H_
