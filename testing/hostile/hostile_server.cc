// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/hostile/hostile_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"

namespace siphon::testing {

bool HostileConnection::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

void HostileConnection::SendForever(std::string_view bytes) {
  // Large pieces, so that the client is the slower one.
  std::string piece(bytes);
  while (piece.size() < 65536) piece += bytes;
  while (Send(piece)) {
  }
}

std::optional<std::string> HostileConnection::Read(size_t size) {
  std::string bytes(size, '\0');
  size_t filled = 0;
  while (filled < size) {
    const ssize_t got = recv(socket_.get(), bytes.data() + filled, size - filled, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return std::nullopt;
    filled += static_cast<size_t>(got);
  }
  return bytes;
}

void HostileConnection::KeepSilent() {
  std::array<char, 4096> dropped;
  while (true) {
    const ssize_t got = recv(socket_.get(), dropped.data(), dropped.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return;
  }
}

void HostileConnection::Reset() {
  const linger abort{.l_onoff = 1, .l_linger = 0};
  setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &abort, sizeof(abort));
  socket_.Reset();
}

void HostileConnection::Stop() { shutdown(socket_.get(), SHUT_RDWR); }

absl::StatusOr<std::unique_ptr<HostileServer>> HostileServer::Start(Script script,
                                                                    const std::string& socket) {
  return socket.empty() ? AtPort(std::move(script)) : AtSocket(std::move(script), socket);
}

absl::StatusOr<std::unique_ptr<HostileServer>> HostileServer::AtSocket(Script script,
                                                                       const std::string& path) {
  base::FileDescriptor listener(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  if (!listener.valid() ||
      bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0 ||
      listen(listener.get(), 64) != 0) {
    return absl::InternalError(
        absl::StrCat("hostile server: cannot listen at ", path, ": ", std::strerror(errno)));
  }
  return std::unique_ptr<HostileServer>(
      new HostileServer(std::move(script), std::move(listener), 0));
}

absl::StatusOr<std::unique_ptr<HostileServer>> HostileServer::AtPort(Script script) {
  base::FileDescriptor listener(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  if (!listener.valid() || bind(listener.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      listen(listener.get(), 64) != 0 ||
      getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    return absl::InternalError(
        absl::StrCat("hostile server: cannot listen: ", std::strerror(errno)));
  }
  return std::unique_ptr<HostileServer>(
      new HostileServer(std::move(script), std::move(listener), ntohs(address.sin_port)));
}

HostileServer::HostileServer(Script script, base::FileDescriptor listener, int port)
    : script_(std::move(script)), listener_(std::move(listener)), port_(port) {
  accepting_ = std::thread([this] { Accept(); });
}

HostileServer::~HostileServer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    for (Running& running : running_) running.connection.Stop();
  }
  shutdown(listener_.get(), SHUT_RDWR);
  accepting_.join();
  for (Running& running : running_) running.thread.join();
}

void HostileServer::Accept() {
  while (true) {
    base::FileDescriptor socket(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!socket.valid() && (errno == EINTR || errno == ECONNABORTED)) continue;
    if (!socket.valid()) return;
    const int on = 1;
    setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    running_.push_back({HostileConnection(std::move(socket)), std::thread()});
    Running& running = running_.back();
    running.thread = std::thread([this, &running, number = accepted_++] {
      script_(running.connection, number);
      // The descriptor stays reserved until the end, so that Stop() never meets another one.
      running.connection.Stop();
    });
  }
}

}  // namespace siphon::testing
