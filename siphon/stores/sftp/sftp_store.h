// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_STORES_SFTP_SFTP_STORE_H_
#define SIPHON_STORES_SFTP_SFTP_STORE_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "siphon/domain/storage/store.h"
#include "siphon/stores/sftp/channel.h"
#include "siphon/stores/sftp/client.h"

namespace siphon::sftp {

struct StoreOptions {
  std::string description = {};  // "sftp://user@host/path"
  std::string path = {};         // The folder on the server. Not empty.
  // Makes a connection; called again after the connection was lost. `place` is for errors.
  std::function<absl::StatusOr<std::unique_ptr<Channel>>(const std::string& place)> connect = {};
  ClientTiming timing = {};
  // How long a writer may be silent before others take it for dead.
  absl::Duration lifetime = absl::Minutes(15);
};

// Dumps as files of a folder on a host, which is that of a local store there. The first operation
// connects. A lost connection ends the operations under way with errs::kConnectionFailed; later
// ones connect again.
std::unique_ptr<storage::Store> MakeSftpStore(StoreOptions options);

}  // namespace siphon::sftp

#endif  // SIPHON_STORES_SFTP_SFTP_STORE_H_
