// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_APP_DUMPS_H_
#define SIPHON_APP_DUMPS_H_

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "siphon/app/session.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/domain/dumps/catalog.h"
#include "siphon/domain/dumps/notes.h"
#include "siphon/domain/dumps/selector.h"

namespace siphon::app {

// Lists the catalogue, after removing the remains of killed backups.
absl::StatusOr<dumps::Listing> ListDumps(const base::Context& context, Session& session);

// The id of the dump that the user means by `selector`; see dumps::Catalog::Resolve(). The profile
// of "latest:PROFILE" can be a database URL. Errors name the catalogue.
absl::StatusOr<std::string> FindDump(const base::Context& context, Session& session,
                                     const dumps::Selector& selector);

// For a filter by profile that no dump fulfils: errs::kNotFound if the configuration does not have
// this profile either, so that its name is mistyped. Accepts every database URL, and "".
absl::Status RequireKnownProfile(const Session& session, const std::string& profile);

// Sidecar and envelope of a dump. They are compared with each other; the dump is not hashed.
struct DumpDetails {
  dumps::Sidecar sidecar;
  dumps::Envelope envelope;
  dumps::Notes notes;
};
absl::StatusOr<DumpDetails> InspectDump(const base::Context& context, Session& session,
                                        const dumps::Selector& selector);

struct ExtractRequest {
  dumps::Selector dump;  // See FindDump().
  bool globals = false;  // The roles and tablespaces as SQL, in place of the body.
  // Only these tables, as in verbs::RestoreOptions; empty: all.
  std::vector<std::string> tables;
};
struct ExtractResult {
  dumps::Sidecar sidecar;
  uint64_t bytes = 0;  // The number of bytes written.
};
// Writes the body of a dump as the engine's tools read it, without envelope and compression. For
// some tables, reads only the index, the definitions and the frames of the tables; without the hash
// of the index in the sidecar, the whole dump is verified first. errs::kDriverUnsupported for some
// tables of a dump without an index. If this fails, the written data is not the recorded data, so
// the caller must call Finish() on `out` only after success.
absl::StatusOr<ExtractResult> ExtractDump(const base::Context& context, Session& session,
                                          const ExtractRequest& request, base::Writer& out);

struct ImportRequest {
  std::string profile;  // The owner of the dump: the name of a profile, or a database URL.
  // 0: uncompressed; 1 to 9: compressed. Unset: the configuration's value, else 1.
  std::optional<int> compression;
  std::string input;  // The name of the body in errors: a path, or dumps::kStandardInput.
};
struct ImportResult {
  dumps::Sidecar sidecar;
  uint64_t body_bytes = 0;  // The size of the body before compression.
};
// Adds a body of another program (pg_dump, mysqldump, ...) to the catalogue, after the driver of
// the profile has read it to its end and found it complete. A failure leaves the catalogue
// unchanged. The tables of the body are not recorded.
absl::StatusOr<ImportResult> ImportDump(const base::Context& context, Session& session,
                                        const ImportRequest& request, base::Reader& body);

// Adds tags to a dump and removes tags from it. Returns all its tags.
struct TagRequest {
  dumps::Selector dump;  // See FindDump().
  std::vector<std::string> add, remove;
};
struct TagResult {
  std::string id;
  std::set<std::string> tags;
};
absl::StatusOr<TagResult> TagDump(const base::Context& context, Session& session,
                                  const TagRequest& request);

// Pins a dump, so that nothing removes it, or ends its pin. A new pin replaces the one before.
struct PinRequest {
  dumps::Selector dump;                            // See FindDump().
  bool pin = true;                                 // False: end the pin; errs::kNotFound.
  std::optional<absl::Time> until = std::nullopt;  // Must be in the future; unset: no end.
  std::string reason = {};                         // See dumps::ValidatePinReason().
};
struct PinResult {
  std::string id;
  std::optional<dumps::Pin> pin;  // As recorded.
};
absl::StatusOr<PinResult> PinDump(const base::Context& context, Session& session,
                                  const PinRequest& request);

// Replaces a dump by one that is encrypted to other recipients; see dumps::Catalog::Rekey().
struct RekeyRequest {
  dumps::Selector dump;                      // See FindDump().
  std::vector<std::string> recipients = {};  // "age1..."; empty: those of the configuration.
  // Also if no key of this machine opens the new dump; else that is errs::kConfirmationRefused.
  bool assume_yes = false;
};
struct RekeyResult {
  dumps::Sidecar sidecar;               // Of the new dump.
  std::string replaced;                 // The id of the old one, which no longer exists.
  std::vector<std::string> recipients;  // Of the new dump.
};
absl::StatusOr<RekeyResult> RekeyDump(const base::Context& context, Session& session,
                                      const RekeyRequest& request);

absl::Status RemoveDump(const base::Context& context, Session& session, const std::string& id);

// Writes sidecars from the dumps alone (see Catalog::Rebuild()). The driver checks each body first.
absl::StatusOr<dumps::RebuildResult> RebuildDumps(const base::Context& context, Session& session,
                                                  const std::string& profile, bool all);

}  // namespace siphon::app

#endif  // SIPHON_APP_DUMPS_H_
