// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_SERVERS_FAULT_PROXY_H_
#define TESTING_SERVERS_FAULT_PROXY_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace siphon::testing {

// A TCP proxy on 127.0.0.1 between a client and a server on this machine, with a thread of its own.
// It simulates the faults of a network. A fault applies to open and to new connections from the
// time of the call. All methods are thread-safe.
class FaultProxy {
 public:
  enum class Direction { kToServer, kToClient };

  // Starts a proxy without faults in front of this port of 127.0.0.1.
  static absl::StatusOr<std::unique_ptr<FaultProxy>> Start(int server_port);
  // Resets all open connections.
  ~FaultProxy();
  FaultProxy(const FaultProxy&) = delete;
  FaultProxy& operator=(const FaultProxy&) = delete;

  // The port for clients.
  int port() const;

  // The delay of every byte, in each direction.
  void SetLatency(std::chrono::milliseconds latency);
  // The bandwidth in bytes per second of each connection and direction; 0: unlimited.
  void SetBandwidth(int64_t bytes_per_second);
  // Each connection forwards exactly this number of bytes in the direction, counted from its start,
  // and is then reset (RST) at both ends; nullopt: no reset.
  void ResetAfter(Direction direction, std::optional<int64_t> bytes);
  // While on, no byte is forwarded and no connection is closed; new connections are accepted and
  // get no answer.
  void BlackHole(bool on);
  // Resets every open connection.
  void Cut();
  // While on, a new connection is reset as soon as it is there.
  void RefuseNew(bool on);

  // Every `old_text` on its way to a client becomes `new_text`, which is as long. Only for a text
  // that a server sends in one piece.
  void Replace(std::string old_text, std::string new_text);

  // Connections so far, and those that there are now.
  int accepted() const;
  int open() const;
  // Bytes forwarded so far, over all connections.
  int64_t passed(Direction direction) const;

 private:
  struct State;
  explicit FaultProxy(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace siphon::testing

#endif  // TESTING_SERVERS_FAULT_PROXY_H_
