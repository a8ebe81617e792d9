// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_STORES_S3_OPTIONS_H_
#define SIPHON_STORES_S3_OPTIONS_H_

#include "absl/status/statusor.h"
#include "siphon/domain/storage/registry.h"
#include "siphon/stores/s3/s3_store.h"

namespace siphon::s3 {

// The options for the settings of the configuration: bucket, prefix, region, endpoint, path_style,
// aws_profile, access_key, secret_key, session_token, ca_file, part_size. errs::kConfigInvalid.
// Credentials are resolved by the first request.
absl::StatusOr<StoreOptions> OptionsOf(const storage::Settings& settings);

}  // namespace siphon::s3

#endif  // SIPHON_STORES_S3_OPTIONS_H_
