// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_STORES_SFTP_OPTIONS_H_
#define SIPHON_STORES_SFTP_OPTIONS_H_

#include "absl/status/statusor.h"
#include "siphon/domain/storage/registry.h"
#include "siphon/stores/sftp/sftp_store.h"

namespace siphon::sftp {

// The options for the settings of the configuration: host, port, user, path, identity_file,
// known_hosts, ssh_config. errs::kConfigInvalid. ssh is started by the first request.
absl::StatusOr<StoreOptions> OptionsOf(const storage::Settings& settings);

}  // namespace siphon::sftp

#endif  // SIPHON_STORES_SFTP_OPTIONS_H_
