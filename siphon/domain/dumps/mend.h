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
#include "siphon/domain/dumps/dump_frames.h"
#include "siphon/domain/dumps/sidecar.h"
#include "siphon/domain/storage/store.h"

namespace siphon::dumps {

// A dump with a rebuilt index.
struct Mended {
  uint64_t keep = 0;  // So many bytes at the beginning of the object stay, with the envelope.
  std::string index;  // Replaces all bytes after them.
  IndexRecord record;
};

// Rebuilds the index of a damaged dump from its chunk headers. Returns nothing if it is not known
// how frames lie in the dump (FormatOf()), and for an encrypted dump. errs::kIntegrity, with the
// lost items, if more than the index is lost.
absl::StatusOr<std::optional<Mended>> Mend(const base::Context& context, storage::Store& store,
                                           const std::string& id, const FormatFinder& find);

// Reads the first bytes of a stored object, then the rebuilt index.
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
