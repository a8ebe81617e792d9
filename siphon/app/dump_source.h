// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_APP_DUMP_SOURCE_H_
#define SIPHON_APP_DUMP_SOURCE_H_

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "siphon/app/session.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/domain/dumps/catalog.h"
#include "siphon/domain/dumps/dump_frames.h"
#include "siphon/domain/dumps/encryption.h"
#include "siphon/domain/dumps/selector.h"
#include "siphon/domain/dumps/sidecar.h"

namespace siphon::app {

// Where a restore gets its dump from.
class DumpSource {
 public:
  virtual ~DumpSource() = default;
  // What the dump is: `body` is null.
  virtual absl::StatusOr<dumps::OpenDump> Describe(const base::Context& context) = 0;
  // Checks the dump before the target changes, as far as it can be read twice.
  virtual absl::Status Verify(const base::Context& context, base::Stage& stage) = 0;
  // Opens the body. Call it once.
  virtual absl::StatusOr<dumps::OpenDump> Open(const base::Context& context) = 0;
  // Random access to the frames of the dump, by the index that its sidecar names; nothing if there
  // is none. Call it after Describe().
  virtual absl::StatusOr<std::optional<dumps::DumpFrames>> OpenFrames(
      const base::Context& context, const dumps::Sidecar& sidecar);
  // The attachments of the opened dump by name.
  virtual absl::StatusOr<std::map<std::string, std::string>> Attachments(
      const base::Context& context, const dumps::OpenDump& dump) = 0;
};

// A dump of the catalogue. `session` must outlive the source.
absl::StatusOr<std::unique_ptr<DumpSource>> FromCatalog(const base::Context& context,
                                                        Session& session,
                                                        const dumps::Selector& selector);
// A file that `backup --output` wrote, or a dump of another catalogue. Verify() reads it to its
// end.
// `encryption` opens encrypted dumps and must outlive the source.
std::unique_ptr<DumpSource> FromFile(std::string path, const dumps::Encryption* encryption);
// The same from a stream, which can be read only once: a restore publishes nothing before it has
// read the stream to its end.
std::unique_ptr<DumpSource> FromStream(std::unique_ptr<base::Reader> stream,
                                       const dumps::Encryption* encryption);

}  // namespace siphon::app

#endif  // SIPHON_APP_DUMP_SOURCE_H_
