// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <memory>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "errs/status_macros.h"
#include "siphon/domain/storage/local_leases.h"
#include "siphon/domain/storage/registry.h"
#include "siphon/stores/sftp/options.h"
#include "siphon/stores/sftp/sftp_store.h"

namespace siphon::storage {
namespace {

// Dumps in a folder of a host that is reached by SFTP. The leases are those of this machine.
class SftpKind : public StoreKind {
 public:
  std::string_view name() const override { return "sftp"; }
  absl::StatusOr<Place> Open(const Settings& settings) const override {
    ASSIGN_OR_RETURN(sftp::StoreOptions options, sftp::OptionsOf(settings));
    return Place{.store = sftp::MakeSftpStore(std::move(options)),
                 .leases = MakeLocalLeases(settings.directory)};
  }
};

const StoreRegistration kRegistration(std::make_unique<SftpKind>());

}  // namespace
}  // namespace siphon::storage
