// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_HOSTILE_MYSQL_SERVER_H_
#define TESTING_HOSTILE_MYSQL_SERVER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "testing/hostile/hostile_server.h"

namespace siphon::testing {

// Everything that a hostile server has received, decrypted. Thread-safe.
class Received {
 public:
  void Add(std::string_view bytes);
  bool Contains(std::string_view text) const;
  size_t size() const;

 private:
  mutable std::mutex mutex_;
  std::string bytes_;
};

// The server's TLS: paths of PEM files, and the highest version (TLS1_1_VERSION, ...; 0: any).
struct HostileTls {
  std::string certificate, key;
  uint16_t highest = 0;
};

// The server's end of a connection that speaks packets of the client/server protocol (MySQL's
// documentation, "MySQL Packets").
class MysqlWire {
 public:
  MysqlWire(HostileConnection& connection, Received* received);
  ~MysqlWire();
  MysqlWire(const MysqlWire&) = delete;
  MysqlWire& operator=(const MysqlWire&) = delete;

  // Sends one packet with the next sequence number. False if the client is gone.
  bool Send(std::string_view payload);
  // Sends bytes that need not be a packet.
  bool SendRaw(std::string_view bytes);
  std::optional<std::string> Read();
  // Reads what the client sends until it is gone.
  void Drain();
  // Answers the client's SSLRequest, which has been read.
  bool StartTls(const HostileTls& tls);
  HostileConnection& connection() { return connection_; }
  uint8_t sequence = 0;

 private:
  struct Tls;
  std::optional<std::string> ReadBytes(size_t size);

  HostileConnection& connection_;
  Received* received_;
  std::unique_ptr<Tls> tls_;
};

// Payloads of packets.
std::string LengthEncoded(uint64_t number);
std::string LengthEncodedText(std::string_view text);
std::string OkPayload(uint16_t status = 2);
std::string EofPayload(uint16_t status = 2);
std::string ErrPayload(uint16_t number, std::string_view message, std::string_view state = "42000");
// A request to log in by another method, with data for it.
std::string SwitchPayload(std::string_view plugin, std::string_view data);
std::string ColumnPayload(std::string_view name);
// std::nullopt is NULL.
std::string RowPayload(const std::vector<std::optional<std::string>>& values);
bool SendResult(MysqlWire& wire, const std::vector<std::string>& columns,
                const std::vector<std::vector<std::optional<std::string>>>& rows);
// The challenge that a client hashes together with its password: twenty bytes, and a zero byte.
std::string Scramble();

// What a scripted server does. Where nothing is set, it does what a good server does.
struct MysqlLies {
  std::string version = "11.8.2-MariaDB";
  std::string plugin = "mysql_native_password";  // In the greeting.
  uint32_t without = 0;                          // Capabilities that the greeting leaves out.
  std::optional<HostileTls> tls = {};
  // Sent in the same piece as the greeting.
  std::string after_greeting = {};
  // Replaces the greeting.
  std::optional<std::string> greeting = {};
  // After the client's login packet; the default is OK. False ends the connection.
  std::function<bool(MysqlWire& wire, const std::string& login)> login = {};
  // Answers a statement; std::nullopt: the default answer. False ends the connection.
  std::function<std::optional<bool>(MysqlWire& wire, const std::string& sql)> query = {};
};

// Plays such a server on 127.0.0.1, or at a Unix socket (see HostileServer).
class HostileMysql {
 public:
  static absl::StatusOr<std::unique_ptr<HostileMysql>> Start(MysqlLies lies,
                                                             const std::string& socket = "");
  int port() const { return server_->port(); }
  int accepted() const { return server_->accepted(); }
  const Received& received() const { return received_; }

 private:
  explicit HostileMysql(MysqlLies lies) : lies_(std::move(lies)) {}
  void Play(HostileConnection& connection);

  const MysqlLies lies_;
  Received received_;
  std::unique_ptr<HostileServer> server_;  // Last: its threads use the others.
};

}  // namespace siphon::testing

#endif  // TESTING_HOSTILE_MYSQL_SERVER_H_
