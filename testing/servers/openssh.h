// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_SERVERS_OPENSSH_H_
#define TESTING_SERVERS_OPENSSH_H_

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "testing/servers/reserved_port.h"
#include "testing/servers/server_log.h"
#include "testing/servers/server_process.h"

namespace siphon::testing {

// The folder of OpenSSH's programs: ssh, sshd, sftp-server, ssh-keygen.
absl::StatusOr<std::string> OpensshPrograms();

// A real sshd on 127.0.0.1 with SFTP and fresh keys, which lets its user in by key. It ends with
// this object, which removes its folder.
class SshServer {
 public:
  // Returns when it accepts connections.
  static absl::StatusOr<std::unique_ptr<SshServer>> Start();
  ~SshServer();
  SshServer(const SshServer&) = delete;
  SshServer& operator=(const SshServer&) = delete;

  int port() const { return port_.number(); }
  // Who logs in.
  const std::string& user() const { return user_; }
  // An empty folder, which the user may write.
  std::string folder() const { return folder_ + "/files"; }
  // Files for the client. known_hosts() has the host's key for every port of 127.0.0.1.
  std::string identity() const { return folder_ + "/client"; }
  std::string known_hosts() const { return folder_ + "/known_hosts"; }
  std::string empty_file() const { return folder_ + "/empty"; }

  // Starts the server again with another host key; known_hosts() keeps the old one.
  absl::Status ChangeHostKey();
  // Ends the server and all its connections.
  void Stop();
  // The end of its log.
  std::string Log() const { return log_.Tail(50); }

 private:
  SshServer(ReservedPort port, std::string folder, std::string programs);
  absl::Status MakeKey(std::string_view name);
  absl::Status Listen();

  ReservedPort port_;
  std::string folder_, programs_, user_;
  ServerLog log_;
  std::unique_ptr<ServerProcess> process_;
};

}  // namespace siphon::testing

#endif  // TESTING_SERVERS_OPENSSH_H_
