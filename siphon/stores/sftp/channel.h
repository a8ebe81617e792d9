// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_STORES_SFTP_CHANNEL_H_
#define SIPHON_STORES_SFTP_CHANNEL_H_

#include "absl/status/status.h"
#include "siphon/base/io.h"

namespace siphon::sftp {

// The two directions of a connection to an SFTP server. One thread writes while another one reads.
class Channel {
 public:
  virtual ~Channel() = default;
  virtual base::Writer& in() = 0;   // To the server.
  virtual base::Reader& out() = 0;  // From the server.
  // Ends the connection; in() and out() then fail soon. Any thread may call it, several times.
  virtual void Close() = 0;
  // Why the connection has ended: an error, after out() returned its end or an error. May wait a
  // short time for the last messages.
  virtual absl::Status Explain() = 0;
};

}  // namespace siphon::sftp

#endif  // SIPHON_STORES_SFTP_CHANNEL_H_
