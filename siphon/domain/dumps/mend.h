// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_DUMPS_MEND_H_
#define SIPHON_DOMAIN_DUMPS_MEND_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/domain/dumps/envelope.h"
#include "siphon/domain/dumps/sidecar.h"
#include "siphon/domain/storage/store.h"

namespace siphon::dumps {

// True if the body of this envelope is a plain stream of frames.
bool HasPlainFrames(const Envelope& envelope);

// A dump whose index was made again.
struct Mended {
  uint64_t keep = 0;  // The first bytes of the object stay, the envelope's included.
  std::string index;  // Replaces what follows them.
  IndexRecord record;
};

// Makes the index of a damaged dump again, from its chunk headers. Nothing for a dump that is no
// plain stream of frames, or whose store reads objects only from their beginning to their end.
// errs::kIntegrity, which names what is lost, if that is more than the index.
absl::StatusOr<std::optional<Mended>> Mend(const base::Context& context, storage::Store& store,
                                           const std::string& id);

// Reads the first bytes of a stored object, then the index that was made for them.
class MendedReader : public base::Reader {
 public:
  // `mended` must outlive the reader.
  MendedReader(std::unique_ptr<base::Reader> object, const Mended& mended)
      : object_(std::move(object)), left_(mended.keep), index_(mended.index) {}

  absl::StatusOr<size_t> Read(absl::Span<char> out) override;

 private:
  std::unique_ptr<base::Reader> object_;
  uint64_t left_;
  base::StringReader index_;
};

}  // namespace siphon::dumps

#endif  // SIPHON_DOMAIN_DUMPS_MEND_H_
