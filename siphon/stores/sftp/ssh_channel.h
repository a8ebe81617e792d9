// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_STORES_SFTP_SSH_CHANNEL_H_
#define SIPHON_STORES_SFTP_SSH_CHANNEL_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "siphon/stores/sftp/channel.h"

namespace siphon::sftp {

// Starts the program, whose standard input and output are the connection. `place` names the server
// in errors. errs::kNotFound if there is no such program. The destructor ends the program.
absl::StatusOr<std::unique_ptr<Channel>> StartSsh(std::vector<std::string> argv,
                                                  std::vector<std::string> environment,
                                                  std::string place);

}  // namespace siphon::sftp

#endif  // SIPHON_STORES_SFTP_SSH_CHANNEL_H_
