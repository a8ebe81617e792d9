// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/base/cut_connection.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <thread>

#include "gtest/gtest.h"
#include "siphon/base/file.h"

namespace siphon::base {
namespace {

// Far less than Linux waits for a peer that does not read.
constexpr int kLimitMs = 10'000;

struct Ends {
  FileDescriptor own, peer;
};

Ends TcpEnds() {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* const name = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof(address);
  const FileDescriptor listener(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_EQ(bind(listener.get(), name, size), 0);
  EXPECT_EQ(listen(listener.get(), 1), 0);
  EXPECT_EQ(getsockname(listener.get(), name, &size), 0);
  Ends ends;
  ends.own = FileDescriptor(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_EQ(connect(ends.own.get(), name, size), 0);
  ends.peer = FileDescriptor(accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  EXPECT_GE(ends.peer.get(), 0);
  return ends;
}

Ends UnixEnds() {
  int sockets[2];
  EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets), 0);
  return {.own = FileDescriptor(sockets[0]), .peer = FileDescriptor(sockets[1])};
}

// Sends until nothing goes any more.
void Fill(int socket) {
  const std::string data(65536, 'x');
  pollfd entry = {.fd = socket, .events = POLLOUT, .revents = 0};
  while (poll(&entry, 1, 500) > 0) {
    ASSERT_GT(send(socket, data.data(), data.size(), MSG_DONTWAIT | MSG_NOSIGNAL), 0);
  }
}

void ExpectThatThePeerNotices(int peer) {
  pollfd entry = {.fd = peer, .events = POLLOUT, .revents = 0};
  ASSERT_EQ(poll(&entry, 1, kLimitMs), 1);
  EXPECT_LT(send(peer, "x", 1, MSG_DONTWAIT | MSG_NOSIGNAL), 0);
}

TEST(CutConnectionTest, APeerThatWaitsToSendFailsAtOnce) {
  for (Ends (*const make)() : {TcpEnds, UnixEnds}) {
    const Ends ends = make();
    Fill(ends.peer.get());
    CutConnection(ends.own.get());
    ExpectThatThePeerNotices(ends.peer.get());
  }
}

TEST(CutConnectionTest, ItFailsAlsoIfTheRestIsReadAndTheDescriptorClosed) {
  for (Ends (*const make)() : {TcpEnds, UnixEnds}) {
    Ends ends = make();
    Fill(ends.peer.get());
    CutConnection(ends.own.get());
    std::string buffer(65536, ' ');
    while (recv(ends.own.get(), buffer.data(), buffer.size(), MSG_DONTWAIT) > 0) {
    }
    ends.own = FileDescriptor(-1);
    ExpectThatThePeerNotices(ends.peer.get());
  }
}

TEST(CutConnectionTest, AThreadThatWaitsForThePeerGoesOn) {
  for (Ends (*const make)() : {TcpEnds, UnixEnds}) {
    const Ends ends = make();
    pollfd entry = {.fd = ends.own.get(), .events = POLLIN, .revents = 0};
    int ready = 0;
    std::thread waiting([&] { ready = poll(&entry, 1, kLimitMs); });
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    CutConnection(ends.own.get());
    waiting.join();
    EXPECT_EQ(ready, 1);
    char byte = 0;
    EXPECT_LE(recv(ends.own.get(), &byte, 1, MSG_DONTWAIT), 0);
  }
}

TEST(CutConnectionTest, NoSocketIsNoHarm) { CutConnection(-1); }

}  // namespace
}  // namespace siphon::base
