// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_STORES_S3_S3_STORE_H_
#define SIPHON_STORES_S3_S3_STORE_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "siphon/base/http/client.h"
#include "siphon/domain/storage/store.h"
#include "siphon/stores/s3/address.h"
#include "siphon/stores/s3/object_writer.h"
#include "siphon/stores/s3/transport.h"

namespace siphon::s3 {

struct StoreOptions {
  Address::Options address = {};
  std::string prefix = {};  // Before the keys, without '/' at its end. May be empty.
  Transport::CredentialSource credentials = {};
  http::ClientOptions http = {};
  RetryPolicy retries = {};
  Timing timing = {};
  PartSizes parts = {};
  // How long a writer may be silent before others take it for dead.
  absl::Duration lifetime = absl::Minutes(15);
};

// Dumps as objects "<prefix>/<key>" of a bucket (docs/contracts.md#s3-store), as siphon (Go) has
// them. Objects that are being written have records; see PendingObjects. errs::kConfigInvalid.
absl::StatusOr<std::unique_ptr<storage::Store>> MakeS3Store(StoreOptions options);

}  // namespace siphon::s3

#endif  // SIPHON_STORES_S3_S3_STORE_H_
