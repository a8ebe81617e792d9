// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_STORES_S3_OBJECT_READER_H_
#define SIPHON_STORES_S3_OBJECT_READER_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/base/random_access.h"
#include "siphon/stores/s3/bucket.h"

// Objects are read in ranges, each with the condition that the object is still the one that was
// opened, so that a lost connection costs no more than one range. `bucket` must outlive the
// readers. errs::kNotFound if there is no such object.
namespace siphon::s3 {

// Reads ranges of 8 MiB; the next one is requested while one is used. An object of one range is
// read at once.
absl::StatusOr<std::unique_ptr<base::Reader>> OpenObject(const base::Context& context,
                                                         Bucket* bucket, std::string key);

// Each read is a request.
absl::StatusOr<std::unique_ptr<base::RandomAccess>> OpenObjectAt(const base::Context& context,
                                                                 Bucket* bucket, std::string key);

}  // namespace siphon::s3

#endif  // SIPHON_STORES_S3_OBJECT_READER_H_
