// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/servers/fault_proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/file.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

using base::FileDescriptor;
using Direction = FaultProxy::Direction;
using Steady = std::chrono::steady_clock;
using std::chrono::milliseconds;

sockaddr_in Loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  return address;
}

// An echo server with one thread per connection.
class EchoServer {
 public:
  EchoServer() {
    listener_ = FileDescriptor(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address = Loopback(0);
    socklen_t size = sizeof(address);
    EXPECT_EQ(bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(listener_.get(), 16), 0);
    EXPECT_EQ(getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { Accept(); });
  }
  ~EchoServer() {
    shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
    for (std::thread& thread : connections_) thread.join();
  }
  int port() const { return port_; }

 private:
  void Accept() {
    while (true) {
      FileDescriptor client(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!client.valid()) return;
      connections_.emplace_back([fd = std::move(client)] {
        std::array<char, 4096> buffer;
        ssize_t got = 0;
        while ((got = recv(fd.get(), buffer.data(), buffer.size(), 0)) > 0) {
          if (send(fd.get(), buffer.data(), static_cast<size_t>(got), MSG_NOSIGNAL) != got) return;
        }
      });
    }
  }

  FileDescriptor listener_;
  int port_ = 0;
  std::thread thread_;
  std::vector<std::thread> connections_;
};

FileDescriptor Connect(int port) {
  FileDescriptor fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = Loopback(port);
  EXPECT_EQ(connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  return fd;
}

void Send(const FileDescriptor& fd, const std::string& text) {
  size_t sent = 0;
  while (sent < text.size()) {
    const ssize_t count = send(fd.get(), text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
    if (count < 0) return;  // Reset meanwhile; the receiving end will tell.
    sent += static_cast<size_t>(count);
  }
}

struct Received {
  std::string text;
  int error = 0;  // errno, 0 at the end of the stream or when all had come.
};

// Reads until `size` bytes, the end of the stream, or an error.
Received Receive(const FileDescriptor& fd, size_t size) {
  Received received;
  std::array<char, 4096> buffer;
  while (received.text.size() < size) {
    const ssize_t got =
        recv(fd.get(), buffer.data(), std::min(buffer.size(), size - received.text.size()), 0);
    if (got < 0) received.error = errno;
    if (got <= 0) break;
    received.text.append(buffer.data(), static_cast<size_t>(got));
  }
  return received;
}

bool Readable(const FileDescriptor& fd, milliseconds limit) {
  pollfd waiting{fd.get(), POLLIN, 0};
  return poll(&waiting, 1, static_cast<int>(limit.count())) > 0;
}

class Proxy : public ::testing::Test {
 protected:
  void SetUp() override {
    absl::StatusOr<std::unique_ptr<FaultProxy>> proxy = FaultProxy::Start(server_.port());
    ASSERT_OK(proxy);
    proxy_ = *std::move(proxy);
  }

  EchoServer server_;
  std::unique_ptr<FaultProxy> proxy_;
};

TEST_F(Proxy, PassesBytesAndTheEndOfBothStreamsOn) {
  const FileDescriptor fd = Connect(proxy_->port());
  const std::string text(3'000'000, 'x');
  std::thread sender([&] {
    Send(fd, text);
    shutdown(fd.get(), SHUT_WR);
  });
  EXPECT_EQ(Receive(fd, text.size() + 1).text, text);
  sender.join();
  EXPECT_EQ(proxy_->accepted(), 1);
  EXPECT_EQ(proxy_->passed(Direction::kToServer), 3'000'000);
  EXPECT_EQ(proxy_->passed(Direction::kToClient), 3'000'000);
  for (int i = 0; i < 500 && proxy_->open() > 0; ++i) std::this_thread::sleep_for(milliseconds(10));
  EXPECT_EQ(proxy_->open(), 0);
}

TEST_F(Proxy, DelaysEachWay) {
  proxy_->SetLatency(milliseconds(60));
  const FileDescriptor fd = Connect(proxy_->port());
  const Steady::time_point start = Steady::now();
  Send(fd, "x");
  EXPECT_EQ(Receive(fd, 1).text, "x");
  EXPECT_GE(Steady::now() - start, milliseconds(120));
}

TEST_F(Proxy, LatencyDoesNotLimitWhatIsOnItsWay) {
  proxy_->SetLatency(milliseconds(50));
  const FileDescriptor fd = Connect(proxy_->port());
  const std::string text(2'000'000, 'x');
  const Steady::time_point start = Steady::now();
  std::thread sender([&] { Send(fd, text); });
  EXPECT_EQ(Receive(fd, text.size()).text, text);
  sender.join();
  // If the pieces were delayed one after another, this would take 12 seconds.
  EXPECT_LT(Steady::now() - start, std::chrono::seconds(6));
}

TEST_F(Proxy, LimitsTheBandwidth) {
  proxy_->SetBandwidth(200'000);
  const FileDescriptor fd = Connect(proxy_->port());
  const std::string text(100'000, 'x');
  const Steady::time_point start = Steady::now();
  Send(fd, text);
  EXPECT_EQ(Receive(fd, text.size()).text, text);
  EXPECT_GE(Steady::now() - start, milliseconds(450));
}

TEST_F(Proxy, ResetsAfterExactlySoManyBytesToTheClient) {
  proxy_->ResetAfter(Direction::kToClient, 12'345);
  const FileDescriptor fd = Connect(proxy_->port());
  Send(fd, std::string(12'344, 'x'));
  EXPECT_EQ(Receive(fd, 12'344).text.size(), 12'344u);
  EXPECT_FALSE(Readable(fd, milliseconds(50)));
  Send(fd, "yz");
  const Received last = Receive(fd, 2);
  EXPECT_EQ(last.error, ECONNRESET);
  EXPECT_EQ(proxy_->passed(Direction::kToClient), 12'345);
}

TEST_F(Proxy, ResetsAfterExactlySoManyBytesToTheServer) {
  proxy_->ResetAfter(Direction::kToServer, 1000);
  for (int i = 1; i <= 3; ++i) {  // The count begins again with each connection.
    const FileDescriptor fd = Connect(proxy_->port());
    Send(fd, std::string(5000, 'x'));
    EXPECT_EQ(Receive(fd, 5000).error, ECONNRESET);
    EXPECT_EQ(proxy_->passed(Direction::kToServer), 1000 * i);
  }
  proxy_->ResetAfter(Direction::kToServer, std::nullopt);
  const FileDescriptor fd = Connect(proxy_->port());
  Send(fd, std::string(5000, 'x'));
  EXPECT_EQ(Receive(fd, 5000).text.size(), 5000u);
}

TEST_F(Proxy, ABlackHoleSwallowsWithoutAWordAndLetsGoAgain) {
  const FileDescriptor fd = Connect(proxy_->port());
  Send(fd, "a");
  EXPECT_EQ(Receive(fd, 1).text, "a");
  proxy_->BlackHole(true);
  std::this_thread::sleep_for(milliseconds(20));
  Send(fd, "b");
  const FileDescriptor late = Connect(proxy_->port());
  Send(late, "c");
  EXPECT_FALSE(Readable(fd, milliseconds(200)));
  EXPECT_FALSE(Readable(late, milliseconds(10)));
  proxy_->BlackHole(false);
  EXPECT_EQ(Receive(fd, 1).text, "b");
  EXPECT_EQ(Receive(late, 1).text, "c");
}

TEST_F(Proxy, CutsWhatIsThereAndTakesWhatComes) {
  const FileDescriptor fd = Connect(proxy_->port());
  Send(fd, "a");
  EXPECT_EQ(Receive(fd, 1).text, "a");
  proxy_->Cut();
  EXPECT_EQ(Receive(fd, 1).error, ECONNRESET);
  const FileDescriptor next = Connect(proxy_->port());
  Send(next, "b");
  EXPECT_EQ(Receive(next, 1).text, "b");
  EXPECT_EQ(proxy_->open(), 1);
}

TEST_F(Proxy, RefusesNewConnectionsOnly) {
  const FileDescriptor old = Connect(proxy_->port());
  Send(old, "a");
  EXPECT_EQ(Receive(old, 1).text, "a");
  proxy_->RefuseNew(true);
  const FileDescriptor fd = Connect(proxy_->port());
  EXPECT_EQ(Receive(fd, 1).error, ECONNRESET);
  Send(old, "b");
  EXPECT_EQ(Receive(old, 1).text, "b");
}

TEST_F(Proxy, ResetsAConnectionToAServerThatIsNotThere) {
  absl::StatusOr<std::unique_ptr<FaultProxy>> proxy = FaultProxy::Start(1);
  ASSERT_OK(proxy);
  const FileDescriptor fd = Connect((*proxy)->port());
  EXPECT_EQ(Receive(fd, 1).error, ECONNRESET);
}

}  // namespace
}  // namespace siphon::testing
