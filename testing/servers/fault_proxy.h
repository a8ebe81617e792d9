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

// A TCP proxy on 127.0.0.1 between a client and a server on this machine, in a thread of its own,
// that does to the bytes what bad networks do. Faults count for the connections that there are and
// for new ones, from the call on. Calls are safe from any thread.
class FaultProxy {
 public:
  enum class Direction { kToServer, kToClient };

  // Passes everything on to this port of 127.0.0.1 until told otherwise.
  static absl::StatusOr<std::unique_ptr<FaultProxy>> Start(int server_port);
  // Resets what is still connected.
  ~FaultProxy();
  FaultProxy(const FaultProxy&) = delete;
  FaultProxy& operator=(const FaultProxy&) = delete;

  // Where clients connect.
  int port() const;

  // Every byte is this long on its way, in each direction.
  void SetLatency(std::chrono::milliseconds latency);
  // Bytes per second, for each connection and direction; 0: no limit.
  void SetBandwidth(int64_t bytes_per_second);
  // Each connection passes exactly this many bytes of the direction on, counted from its beginning,
  // and is then reset (RST) at both ends; nothing: no more.
  void ResetAfter(Direction direction, std::optional<int64_t> bytes);
  // While on, nothing is passed on and nobody is told: connections stay as they are, new ones are
  // taken and not answered.
  void BlackHole(bool on);
  // Resets every connection that there is now.
  void Cut();
  // While on, a new connection is reset as soon as it is there.
  void RefuseNew(bool on);

  // Connections so far, and those that there are now.
  int accepted() const;
  int open() const;
  // Bytes that were passed on so far, over all connections.
  int64_t passed(Direction direction) const;

 private:
  struct State;
  explicit FaultProxy(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace siphon::testing

#endif  // TESTING_SERVERS_FAULT_PROXY_H_
