// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_APP_DUMPS_H_
#define SIPHON_APP_DUMPS_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "siphon/app/session.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/domain/dumps/catalog.h"

namespace siphon::app {

// The catalogue as it stands, after what a killed backup left has been cleared
// away.
absl::StatusOr<dumps::Listing> ListDumps(const base::Context& context, Session& session);

// Sidecar and envelope of one dump, held against each other but not hashed.
struct DumpDetails {
  dumps::Sidecar sidecar;
  dumps::Envelope envelope;
};
absl::StatusOr<DumpDetails> InspectDump(const base::Context& context, Session& session,
                                        const std::string& id);

struct ExtractResult {
  dumps::Sidecar sidecar;
  uint64_t bytes = 0;  // Written.
};
// Writes a dump's body as its engine's own tools read it, without what siphon put around it, or,
// with `globals`, its roles and tablespaces as SQL. The end of `out` is the caller's to Finish(),
// after this has returned OK: only then what was written is what was recorded.
absl::StatusOr<ExtractResult> ExtractDump(const base::Context& context, Session& session,
                                          const std::string& id, bool globals, base::Writer& out);

struct ImportRequest {
  std::string profile;  // Whose dump it is: a profile's name or a database URL.
  // 0: the body bare; 1 to 9: compressed. Nothing: the configuration's, else 1.
  std::optional<int> compression;
};
struct ImportResult {
  dumps::Sidecar sidecar;
  uint64_t body_bytes = 0;  // Before compression.
};
// Puts a body that another program has written (pg_dump, mysqldump, ...) into the catalogue, once
// the profile's driver has read it to its end and found it whole. After a failure the catalogue is
// as it was. Which tables it holds is not recorded.
absl::StatusOr<ImportResult> ImportDump(const base::Context& context, Session& session,
                                        const ImportRequest& request, base::Reader& body);

absl::Status RemoveDump(const base::Context& context, Session& session, const std::string& id);

// Makes sidecars again from the dumps alone (see Catalog::Rebuild()); every
// body is checked to its end by its driver first.
absl::StatusOr<dumps::RebuildResult> RebuildDumps(const base::Context& context, Session& session,
                                                  const std::string& profile, bool all);

}  // namespace siphon::app

#endif  // SIPHON_APP_DUMPS_H_
