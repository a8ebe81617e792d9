// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_DUMPS_DUMP_FRAMES_H_
#define SIPHON_DOMAIN_DUMPS_DUMP_FRAMES_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "siphon/base/context.h"
#include "siphon/base/random_access.h"
#include "siphon/domain/dumps/encryption.h"
#include "siphon/domain/dumps/envelope.h"
#include "siphon/domain/dumps/sidecar.h"
#include "siphon/domain/frames/body_layout.h"
#include "siphon/domain/frames/frame_check.h"
#include "siphon/domain/frames/index_reader.h"
#include "siphon/domain/storage/store.h"

namespace siphon::dumps {

// Random access to the body of a dump, decrypted but not decompressed.
struct DumpBody {
  std::unique_ptr<base::RandomAccess> object;
  std::unique_ptr<base::RandomAccess> stored;     // `object` without its envelope.
  std::unique_ptr<base::RandomAccess> decrypted;  // Null for a clear dump.
  const base::RandomAccess* body = nullptr;       // Null if the store has no random access.
};

// Opens the body of the dump `id`. `encrypted`: as its envelope says. `encryption` may be null; see
// OpenBody().
absl::StatusOr<DumpBody> OpenBodyAt(const base::Context& context, storage::Store& store,
                                    std::string_view id, bool encrypted,
                                    const Encryption* encryption);

// Random access to the frames of a dump. Its functions may be called from any thread.
class DumpFrames {
 public:
  const base::RandomAccess& body() const { return *body_.body; }
  const frames::IndexReader& index() const { return index_; }

 private:
  friend absl::StatusOr<std::optional<DumpFrames>> OpenFrames(const base::Context& context,
                                                              storage::Store& store,
                                                              const Sidecar& sidecar,
                                                              const Encryption* encryption);
  friend absl::StatusOr<std::optional<DumpFrames>> FindFrames(const base::Context& context,
                                                              storage::Store& store,
                                                              std::string_view id, bool encrypted,
                                                              const frames::BodyLayout& layout,
                                                              const Encryption* encryption);
  DumpFrames(DumpBody body, frames::IndexReader index)
      : body_(std::move(body)), index_(std::move(index)) {}

  DumpBody body_;
  frames::IndexReader index_;
};

// Opens the frames of a dump by the index that its sidecar names; nothing if it names none, or if
// the store reads objects only from their beginning to their end. errs::kIntegrity, which names the
// dump, if the index is damaged or another one. `encryption` opens an encrypted dump and may be
// null.
absl::StatusOr<std::optional<DumpFrames>> OpenFrames(const base::Context& context,
                                                     storage::Store& store, const Sidecar& sidecar,
                                                     const Encryption* encryption = nullptr);

// The same without a sidecar: by the index at the end of the body, which is then only compared with
// itself. `encrypted`: as the envelope says.
absl::StatusOr<std::optional<DumpFrames>> FindFrames(const base::Context& context,
                                                     storage::Store& store, std::string_view id,
                                                     bool encrypted,
                                                     const frames::BodyLayout& layout,
                                                     const Encryption* encryption = nullptr);

// How frames lie in a body whose format holds frames in itself (Contents::compressed), as the body
// tells. The layout is null if that is not known.
using FormatFinder = std::function<absl::StatusOr<frames::BodyFormat>(
    const base::Context& context, const Envelope& envelope, const base::RandomAccess& body)>;
// How frames lie in the body of a dump. The layout is null if it has none, if `find`, which may be
// null, does not know it, or if the store reads objects only from their beginning to their end.
absl::StatusOr<frames::BodyFormat> FormatOf(const base::Context& context, storage::Store& store,
                                            std::string_view id, const Envelope& envelope,
                                            const FormatFinder& find,
                                            const Encryption* encryption = nullptr);

// An errs::kIntegrity status with "dump <id>: " before its detail; any other unchanged.
absl::Status NameDump(const absl::Status& status, std::string_view id);

// Runs frames::CheckFrames(), with base::DefaultWorkers(). An error names the dump.
absl::StatusOr<frames::FrameTotals> CheckFrames(const base::Context& context,
                                                const DumpFrames& frames,
                                                const frames::BodyLayout& layout,
                                                std::string_view id,
                                                absl::FunctionRef<void(uint64_t offset)> progress);

}  // namespace siphon::dumps

#endif  // SIPHON_DOMAIN_DUMPS_DUMP_FRAMES_H_
