// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/hostile/mysql_lying_proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <optional>
#include <thread>
#include <utility>

#include "siphon/base/file.h"

namespace siphon::testing {
namespace {

constexpr size_t kHeader = 4;  // Three bytes of length, one of sequence.
constexpr int kManyRows = 3'000'000;
constexpr size_t kLongText = 100'000;
constexpr uint16_t kMoreResultsStatus = 8;

constexpr MysqlLie kLies[] = {
    MysqlLie::kCut,   MysqlLie::kHalf, MysqlLie::kSilence,  MysqlLie::kShort,      MysqlLie::kLong,
    MysqlLie::kEmpty, MysqlLie::kOk,   MysqlLie::kEof,      MysqlLie::kNulls,      MysqlLie::kOnes,
    MysqlLie::kError, MysqlLie::kFile, MysqlLie::kMoreRows, MysqlLie::kMoreResults};
constexpr std::string_view kNames[] = {"none", "cut",   "half", "silence",   "short",
                                       "long", "empty", "ok",   "eof",       "nulls",
                                       "ones", "error", "file", "more rows", "more results"};

base::FileDescriptor ConnectTo(int port) {
  base::FileDescriptor peer(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  if (connect(peer.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
    shutdown(peer.get(), SHUT_RDWR);
  }
  const int on = 1;
  setsockopt(peer.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  return peer;
}

size_t LengthIn(std::string_view head) {
  const auto byte = [&](size_t i) { return size_t{static_cast<unsigned char>(head[i])}; };
  return byte(0) | byte(1) << 8 | byte(2) << 16;
}

std::string Framed(std::string_view payload, char sequence) {
  return std::string{static_cast<char>(payload.size()), static_cast<char>(payload.size() >> 8),
                     static_cast<char>(payload.size() >> 16), sequence} +
         std::string(payload);
}

}  // namespace

std::string_view MysqlLieName(MysqlLie lie) { return kNames[static_cast<int>(lie)]; }

absl::Span<const MysqlLie> AllMysqlLies() { return kLies; }

absl::StatusOr<std::unique_ptr<MysqlLyingProxy>> MysqlLyingProxy::Start(int server_port) {
  std::unique_ptr<MysqlLyingProxy> proxy(new MysqlLyingProxy(server_port));
  absl::StatusOr<std::unique_ptr<HostileServer>> server = HostileServer::Start(
      [self = proxy.get()](HostileConnection& client, int) { self->Play(client); });
  if (!server.ok()) return server.status();
  proxy->server_ = *std::move(server);
  return proxy;
}

void MysqlLyingProxy::LieAt(MysqlLie lie, int64_t packet) {
  silent_ = false;
  packets_ = 0;
  at_ = packet;
  lie_ = lie;
}

void MysqlLyingProxy::Play(HostileConnection& client) {
  if (silent_) return client.KeepSilent();
  HostileConnection server(ConnectTo(server_port_));
  std::thread to_client([&] {
    ToClient(server, client);
    server.Stop();
    client.Stop();
  });
  while (const std::optional<std::string> head = client.Read(kHeader)) {
    const std::optional<std::string> payload = client.Read(LengthIn(*head));
    if (!payload.has_value()) break;
    received_.Add(*payload);
    if (!server.Send(*head + *payload)) break;
  }
  server.Stop();
  to_client.join();
}

void MysqlLyingProxy::ToClient(HostileConnection& server, HostileConnection& client) {
  while (const std::optional<std::string> head = server.Read(kHeader)) {
    const std::optional<std::string> payload = server.Read(LengthIn(*head));
    if (!payload.has_value()) return;
    if (packets_++ == at_) {
      if (!Lie(client, *head, *payload)) return;
    } else if (!client.Send(*head + *payload)) {
      return;
    }
  }
}

bool MysqlLyingProxy::Lie(HostileConnection& client, const std::string& head,
                          const std::string& payload) {
  const char sequence = head[3];
  switch (lie_) {
    case MysqlLie::kNone:
      return client.Send(head + payload);
    case MysqlLie::kCut:
      return false;
    case MysqlLie::kHalf:
      client.Send(head + payload.substr(0, payload.size() / 2));
      return false;
    case MysqlLie::kSilence:
      silent_ = true;
      client.KeepSilent();
      return false;
    case MysqlLie::kShort:
      return client.Send(Framed(payload.substr(0, payload.size() - 1), sequence));
    case MysqlLie::kLong:
      return client.Send(Framed(payload + "?", sequence).substr(0, kHeader + payload.size()));
    case MysqlLie::kEmpty:
      return client.Send(Framed("", sequence));
    case MysqlLie::kOk:
      return client.Send(Framed(OkPayload(), sequence));
    case MysqlLie::kEof:
      return client.Send(Framed(EofPayload(), sequence));
    case MysqlLie::kNulls:
      return client.Send(Framed(std::string(payload.size(), '\xfb'), sequence));
    case MysqlLie::kOnes:
      return client.Send(Framed(std::string(payload.size(), '\xff'), sequence));
    case MysqlLie::kError:
      return client.Send(Framed(
          ErrPayload(1064, "\x1b[2J\x1b]0;owned\x07\n" + std::string(kLongText, 'x')), sequence));
    case MysqlLie::kFile:
      return client.Send(Framed("\xfb/etc/passwd", sequence));
    case MysqlLie::kMoreRows: {
      std::string piece;
      const std::string packet = head + payload;
      while (piece.size() < 65536) piece += packet;
      for (size_t i = 0; i < kManyRows * packet.size() / piece.size(); ++i) {
        if (!client.Send(piece)) return false;
      }
      return true;
    }
    case MysqlLie::kMoreResults:
      client.SendForever(Framed(OkPayload(kMoreResultsStatus), sequence));
      return false;
  }
  return false;
}

}  // namespace siphon::testing
