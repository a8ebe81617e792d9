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
#include "siphon/domain/storage/store.h"

namespace siphon::dumps {

// A writer for the new dump `id`; see PendingDump. `store` and `clock` must outlive it.
std::unique_ptr<PendingDump> MakeDumpWriter(const base::Context& context, storage::Store* store,
                                            const base::Clock* clock, std::string id,
                                            Catalog::CreateOptions options, Placement place = {});

// Writes, syncs and commits a sidecar.
absl::Status PutSidecar(const base::Context& context, storage::Store& store,
                        const base::Clock& clock, const Sidecar& sidecar);

}  // namespace siphon::dumps

#endif  // SIPHON_DOMAIN_DUMPS_DUMP_WRITER_H_
