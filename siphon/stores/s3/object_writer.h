// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_STORES_S3_OBJECT_WRITER_H_
#define SIPHON_STORES_S3_OBJECT_WRITER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "siphon/base/context.h"
#include "siphon/domain/storage/store.h"
#include "siphon/stores/s3/bucket.h"
#include "siphon/stores/s3/pending.h"

namespace siphon::s3 {

// The most parts of an object (API reference of Amazon S3, "Multipart upload limits").
inline constexpr int kMaxParts = 10'000;
inline constexpr size_t kMinPart = size_t{5} << 20;
inline constexpr size_t kMaxPart = size_t{1} << 30;

// The sizes of the parts of an object. The first parts have `size` bytes. Later parts grow, because
// the size of the object is not known, unless `equal`, which some services demand.
struct PartSizes {
  size_t size = size_t{16} << 20;
  bool equal = false;

  // The size of part `number`, from 1 to kMaxParts.
  size_t Of(int number) const;
  // The sizes for an object of about `expected` bytes (0: unknown), none smaller than these.
  PartSizes For(uint64_t expected) const;
};

// What writers of one store share.
struct WriterSettings {
  Bucket* bucket = nullptr;
  PendingObjects* pending = nullptr;
  PartSizes parts = {};
  // How many parts are sent at once, while the next one is filled. Parts above 64 MiB are sent one
  // by one.
  int parallel = 2;
  // True if the bucket refuses to create an object that exists. Called only for if_absent.
  std::function<absl::StatusOr<bool>(const base::Context& context)> has_conditions;
};

// Creates the writer of an object, and its record in `settings.pending`. An object smaller than a
// part is kept in memory and sent by Commit(); a larger one is a multipart upload, which Commit()
// completes and the destructor aborts.
absl::StatusOr<std::unique_ptr<storage::ObjectWriter>> CreateObject(
    const base::Context& context, const WriterSettings& settings, std::string key,
    const storage::CreateOptions& options);

}  // namespace siphon::s3

#endif  // SIPHON_STORES_S3_OBJECT_WRITER_H_
