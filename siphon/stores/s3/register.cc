// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <memory>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "errs/status_macros.h"
#include "siphon/domain/storage/local_leases.h"
#include "siphon/domain/storage/registry.h"
#include "siphon/stores/s3/options.h"
#include "siphon/stores/s3/s3_store.h"

namespace siphon::storage {
namespace {

// Dumps in a bucket of S3 or of a service with its API. The leases are those of this machine.
class S3Kind : public StoreKind {
 public:
  std::string_view name() const override { return "s3"; }
  absl::StatusOr<Place> Open(const Settings& settings) const override {
    ASSIGN_OR_RETURN(s3::StoreOptions options, s3::OptionsOf(settings));
    Place place;
    ASSIGN_OR_RETURN(place.store, s3::MakeS3Store(std::move(options)));
    place.leases = MakeLocalLeases(settings.directory);
    return place;
  }
};

const StoreRegistration kRegistration(std::make_unique<S3Kind>());

}  // namespace
}  // namespace siphon::storage
