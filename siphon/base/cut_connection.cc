// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/base/cut_connection.h"

#include <sys/socket.h>

namespace siphon::base {

void CutConnection(int socket) {
  // Of a TCP socket this resets the connection, see connect(2).
  const sockaddr nobody = {.sa_family = AF_UNSPEC, .sa_data = {}};
  if (connect(socket, &nobody, sizeof(nobody)) != 0) shutdown(socket, SHUT_RDWR);
}

}  // namespace siphon::base
