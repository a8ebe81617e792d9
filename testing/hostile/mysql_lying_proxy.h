// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_HOSTILE_MYSQL_LYING_PROXY_H_
#define TESTING_HOSTILE_MYSQL_LYING_PROXY_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "testing/hostile/hostile_server.h"
#include "testing/hostile/mysql_server.h"

namespace siphon::testing {

// What happens to one packet on its way to the client.
enum class MysqlLie {
  kNone,
  kCut,         // The connection ends before the packet.
  kHalf,        // The connection ends in the middle of the packet.
  kSilence,     // The server sends nothing more, on this connection and on later ones.
  kShort,       // The payload lacks its last byte; the length in the header says so.
  kLong,        // The length in the header is one more than that of the payload.
  kEmpty,       // A packet without payload.
  kOk,          // An OK packet instead.
  kEof,         // An EOF packet, the end of rows, instead.
  kNulls,       // Each byte is replaced by a NULL.
  kOnes,        // Each byte is replaced by 0xff.
  kError,       // An error with escape sequences and 100 KB of text.
  kFile,        // A request for a file.
  kMoreRows,    // The packet 3 million times.
  kMoreResults  // Endless OK packets; each announces another result.
};
std::string_view MysqlLieName(MysqlLie lie);
absl::Span<const MysqlLie> AllMysqlLies();

// A proxy on 127.0.0.1 for a real server without TLS on this machine. It passes on every packet
// unchanged, except one.
class MysqlLyingProxy {
 public:
  static absl::StatusOr<std::unique_ptr<MysqlLyingProxy>> Start(int server_port);
  int port() const { return server_->port(); }
  // Packets to clients are counted from now on; the one with this number becomes a lie.
  void LieAt(MysqlLie lie, int64_t packet);
  int64_t packets() const { return packets_; }
  const Received& received() const { return received_; }

 private:
  explicit MysqlLyingProxy(int server_port) : server_port_(server_port) {}
  void Play(HostileConnection& client);
  void ToClient(HostileConnection& server, HostileConnection& client);
  // False when nothing more is passed on.
  bool Lie(HostileConnection& client, const std::string& head, const std::string& payload);

  const int server_port_;
  std::atomic<MysqlLie> lie_{MysqlLie::kNone};
  std::atomic<int64_t> at_{-1};
  std::atomic<int64_t> packets_{0};
  std::atomic<bool> silent_{false};
  Received received_;
  std::unique_ptr<HostileServer> server_;  // Last: its threads use the others.
};

}  // namespace siphon::testing

#endif  // TESTING_HOSTILE_MYSQL_LYING_PROXY_H_
