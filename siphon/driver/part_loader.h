// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DRIVER_PART_LOADER_H_
#define SIPHON_DRIVER_PART_LOADER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/base/random_access.h"
#include "siphon/domain/frames/body_layout.h"
#include "siphon/domain/frames/frame_reader.h"
#include "siphon/domain/frames/index.h"
#include "siphon/domain/frames/index_reader.h"
#include "siphon/driver/restoration.h"

namespace siphon::driver {

// The frames of a dump, as a restoration reads them. Each frame is checked by its hash, which the
// index has; errors name the dump.
class DumpBody : public FramedBody {
 public:
  // `body` and its `index` must outlive the object. `id` is the dump's.
  DumpBody(const base::RandomAccess* body, const frames::IndexReader* index, std::string id)
      : body_(*body), index_(*index), id_(std::move(id)) {}
  const std::vector<frames::Item>& items() const override { return index_.directory().items; }
  absl::StatusOr<std::unique_ptr<base::Reader>> Open(const base::Context& context,
                                                     const frames::Item& item) const override;
  absl::StatusOr<std::unique_ptr<base::Reader>> OpenPacked(
      const base::Context& context, const frames::Item& item,
      const frames::BodyLayout& layout) const override;
  absl::StatusOr<std::unique_ptr<ItemFrames>> OpenFrames(const base::Context& context,
                                                         const frames::Item& item) const override;

  const frames::IndexReader& index() const { return index_; }
  const std::string& id() const { return id_; }
  absl::StatusOr<frames::FrameReader> NewReader() const {
    return frames::FrameReader::Create(&body_, index_.directory().archive);
  }

 private:
  const base::RandomAccess& body_;
  const frames::IndexReader& index_;
  const std::string id_;
};

// Runs a restoration with `jobs` workers, from Define() to Publish(). After an error the target is
// as it was, and what was restored is removed. `progress` gets the bytes of each frame that is
// loaded; it is called by any worker.
absl::Status LoadParts(const base::Context& context, Restoration& restoration, const DumpBody& body,
                       int jobs, absl::FunctionRef<void(uint64_t bytes)> progress);

}  // namespace siphon::driver

#endif  // SIPHON_DRIVER_PART_LOADER_H_
