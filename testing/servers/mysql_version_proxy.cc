// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/servers/mysql_version_proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <atomic>
#include <cerrno>
#include <list>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "absl/status/status.h"
#include "siphon/base/file.h"

namespace siphon::testing {
namespace {

using base::FileDescriptor;

constexpr size_t kHeader = 4;  // Three bytes of length, one of sequence.
constexpr char kComQuit = 1, kComInitDb = 2, kComQuery = 3, kComPing = 14;

// One packet of the protocol.
struct Packet {
  uint8_t sequence = 0;
  std::string payload;
};

bool ReadAll(int socket, char* into, size_t length) {
  while (length > 0) {
    const ssize_t got = recv(socket, into, length, MSG_WAITALL);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    into += got;
    length -= static_cast<size_t>(got);
  }
  return true;
}

bool WriteAll(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

std::optional<Packet> ReadPacket(int socket) {
  unsigned char header[kHeader];
  if (!ReadAll(socket, reinterpret_cast<char*>(header), kHeader)) return std::nullopt;
  Packet packet;
  packet.sequence = header[3];
  packet.payload.resize(header[0] | size_t{header[1]} << 8 | size_t{header[2]} << 16);
  if (!ReadAll(socket, packet.payload.data(), packet.payload.size())) return std::nullopt;
  return packet;
}

bool WritePacket(int socket, const Packet& packet) {
  const size_t size = packet.payload.size();
  std::string bytes = {static_cast<char>(size), static_cast<char>(size >> 8),
                       static_cast<char>(size >> 16), static_cast<char>(packet.sequence)};
  return WriteAll(socket, bytes + packet.payload);
}

// The payload of ERR_Packet.
std::string ErrorPayload(uint16_t number, std::string_view message) {
  std::string payload = {static_cast<char>(0xff), static_cast<char>(number),
                         static_cast<char>(number >> 8)};
  payload += "#42000";
  payload += message;
  return payload;
}

int Connect(int port) {
  const int peer = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  if (connect(peer, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
    shutdown(peer, SHUT_RDWR);
  }
  return peer;
}

void SendAtOnce(int socket) {
  const int on = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

}  // namespace

struct MysqlVersionProxy::State {
  // A client and its own connection to the server.
  struct Pair {
    FileDescriptor client, server;
    std::thread to_server, to_client;
    ~Pair() {
      shutdown(client.get(), SHUT_RDWR);
      shutdown(server.get(), SHUT_RDWR);
      to_server.join();
      to_client.join();
    }
  };

  ~State() {
    shutdown(listener.get(), SHUT_RDWR);
    if (acceptor.joinable()) acceptor.join();
    pairs.clear();
  }

  void Accept() {
    while (true) {
      const int client = accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC);
      if (client < 0 && (errno == EINTR || errno == ECONNABORTED)) continue;
      if (client < 0) return;
      Pair& pair = pairs.emplace_back();
      pair.client = FileDescriptor(client);
      pair.server = FileDescriptor(Connect(server_port));
      SendAtOnce(pair.client.get());
      SendAtOnce(pair.server.get());
      pair.to_client = std::thread([this, &pair] { ToClient(pair); });
      pair.to_server = std::thread([this, &pair] { ToServer(pair); });
    }
  }

  // The server's first packet names the version; the rest passes as it is.
  void ToClient(Pair& pair) {
    std::optional<Packet> greeting = ReadPacket(pair.server.get());
    if (greeting.has_value()) {
      const size_t end = greeting->payload.find('\0');
      // Protocol version 10, then the version. Another packet is an error, which has none.
      if (greeting->payload[0] == 10 && end != std::string::npos) {
        greeting->payload.replace(1, end - 1, version);
      }
      if (WritePacket(pair.client.get(), *greeting)) {
        char buffer[1 << 16];
        ssize_t got = 0;
        while ((got = recv(pair.server.get(), buffer, sizeof(buffer), 0)) > 0 &&
               WriteAll(pair.client.get(), std::string_view(buffer, static_cast<size_t>(got)))) {
        }
      }
    }
    shutdown(pair.client.get(), SHUT_RDWR);
  }

  void ToServer(Pair& pair) {
    while (std::optional<Packet> packet = ReadPacket(pair.client.get())) {
      // A command begins with sequence 0; a login, and the rest of a long command, do not.
      const bool command = packet->sequence == 0 && !packet->payload.empty();
      if (command && packet->payload[0] == kComQuery) {
        ++statements;
        Verdict verdict = judge(std::string_view(packet->payload).substr(1));
        if (verdict.error != 0) {
          if (!WritePacket(pair.client.get(), {1, ErrorPayload(verdict.error, verdict.message)})) {
            break;
          }
          continue;
        }
        packet->payload.replace(1, std::string::npos, verdict.sql);
      } else if (command && packet->payload[0] != kComQuit && packet->payload[0] != kComPing &&
                 packet->payload[0] != kComInitDb) {
        const std::lock_guard lock(mutex);
        unknown_commands.push_back(static_cast<unsigned char>(packet->payload[0]));
      }
      if (!WritePacket(pair.server.get(), *packet)) break;
    }
    shutdown(pair.server.get(), SHUT_RDWR);
  }

  FileDescriptor listener;
  int port = 0;
  int server_port = 0;
  std::string version;
  Judge judge;
  std::atomic<int> statements = 0;
  std::mutex mutex;
  std::vector<int> unknown_commands;
  std::list<Pair> pairs;  // Of the acceptor's thread while that runs.
  std::thread acceptor;
};

MysqlVersionProxy::MysqlVersionProxy(std::unique_ptr<State> state) : state_(std::move(state)) {}

MysqlVersionProxy::~MysqlVersionProxy() = default;

absl::StatusOr<std::unique_ptr<MysqlVersionProxy>> MysqlVersionProxy::Start(int server_port,
                                                                            std::string version,
                                                                            Judge judge) {
  auto state = std::make_unique<State>();
  state->listener = FileDescriptor(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  state->server_port = server_port;
  state->version = std::move(version);
  state->judge = std::move(judge);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  const int listener = state->listener.get();
  if (bind(listener, reinterpret_cast<sockaddr*>(&address), length) != 0 ||
      listen(listener, SOMAXCONN) != 0 ||
      getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
    return absl::ErrnoToStatus(errno, "no port to listen on");
  }
  state->port = ntohs(address.sin_port);
  state->acceptor = std::thread([state = state.get()] { state->Accept(); });
  return std::unique_ptr<MysqlVersionProxy>(new MysqlVersionProxy(std::move(state)));
}

int MysqlVersionProxy::port() const { return state_->port; }

int MysqlVersionProxy::statements() const { return state_->statements; }

std::vector<int> MysqlVersionProxy::unknown_commands() const {
  const std::lock_guard lock(state_->mutex);
  return state_->unknown_commands;
}

}  // namespace siphon::testing
