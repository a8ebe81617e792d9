// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_HOSTILE_HOSTILE_SERVER_H_
#define TESTING_HOSTILE_HOSTILE_SERVER_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "absl/status/statusor.h"
#include "siphon/base/file.h"

namespace siphon::testing {

// The server's end of one connection. Every call blocks, and fails as soon as the client is gone or
// the server stops.
class HostileConnection {
 public:
  explicit HostileConnection(base::FileDescriptor socket) : socket_(std::move(socket)) {}

  // False if the client is gone.
  bool Send(std::string_view bytes);
  // Sends `bytes` again and again until the client is gone.
  void SendForever(std::string_view bytes);
  // Exactly `size` bytes; nullopt if the client is gone before.
  std::optional<std::string> Read(size_t size);
  // Sends nothing and drops everything that arrives, until the client is gone.
  void KeepSilent();
  // Closes with a reset (RST) instead of an orderly end.
  void Reset();
  // Wakes a call that blocks; every later call fails. For another thread.
  void Stop();

 private:
  base::FileDescriptor socket_;
};

// A server on 127.0.0.1, or at a Unix socket, that plays a script, written in a test, on each
// connection. It knows no protocol; see PostgresScript for one.
class HostileServer {
 public:
  // Runs in a thread of its own for each connection; `number` counts connections from 0. The
  // connection is closed when it returns.
  using Script = std::function<void(HostileConnection& connection, int number)>;

  // `socket`: the path of a Unix socket to make, which remains; empty: a port of 127.0.0.1.
  static absl::StatusOr<std::unique_ptr<HostileServer>> Start(Script script,
                                                              const std::string& socket = "");
  // Stops all connections and waits for their scripts.
  ~HostileServer();
  HostileServer(const HostileServer&) = delete;
  HostileServer& operator=(const HostileServer&) = delete;

  int port() const { return port_; }  // 0 at a socket.
  // The number of connections so far.
  int accepted() const { return accepted_; }

 private:
  static absl::StatusOr<std::unique_ptr<HostileServer>> AtPort(Script script);
  static absl::StatusOr<std::unique_ptr<HostileServer>> AtSocket(Script script,
                                                                 const std::string& path);
  HostileServer(Script script, base::FileDescriptor listener, int port);
  void Accept();

  const Script script_;
  base::FileDescriptor listener_;
  const int port_;
  std::atomic<int> accepted_{0};
  std::mutex mutex_;  // For the two below.
  bool stopping_ = false;
  struct Running {
    HostileConnection connection;
    std::thread thread;
  };
  std::list<Running> running_;
  std::thread accepting_;
};

}  // namespace siphon::testing

#endif  // TESTING_HOSTILE_HOSTILE_SERVER_H_
