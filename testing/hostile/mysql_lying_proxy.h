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
  kCut,         // The connection ends instead.
  kHalf,        // So does the packet, in its middle.
  kSilence,     // Nothing follows on this connection, nor on later ones.
  kShort,       // A byte less, in a well-formed packet.
  kLong,        // The header announces a byte more.
  kEmpty,       // A packet without bytes.
  kOk,          // OK instead.
  kEof,         // The end of rows instead.
  kNulls,       // As many NULLs as there were bytes.
  kOnes,        // 0xff instead of every byte.
  kError,       // An error with escape sequences and 100 KB of text.
  kFile,        // A request for a file.
  kMoreRows,    // The packet 3 million times.
  kMoreResults  // OK packets without end, each of which announces another.
};
std::string_view MysqlLieName(MysqlLie lie);
absl::Span<const MysqlLie> AllMysqlLies();

// A server on 127.0.0.1 that passes everything on to and from a real server without TLS on this
// machine, but for one packet.
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
