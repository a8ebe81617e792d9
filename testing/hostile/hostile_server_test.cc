// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/hostile/hostile_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "siphon/base/file.h"
#include "testing/status_matchers.h"

namespace siphon::testing {
namespace {

base::FileDescriptor Connect(int port) {
  base::FileDescriptor client(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(connect(client.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  return client;
}

TEST(HostileServer, PlaysItsScriptOnEachConnection) {
  auto server = HostileServer::Start([](HostileConnection& connection, int number) {
    const auto bytes = connection.Read(4);
    if (bytes.has_value()) connection.Send(*bytes + std::to_string(number));
  });
  ASSERT_OK(server);
  for (const std::string expected : {"ping0", "ping1"}) {
    const base::FileDescriptor client = Connect((*server)->port());
    ASSERT_EQ(write(client.get(), "ping", 4), 4);
    char answer[5];
    ASSERT_EQ(recv(client.get(), answer, 5, MSG_WAITALL), 5);
    EXPECT_EQ(std::string(answer, 5), expected);
    EXPECT_EQ(read(client.get(), answer, 5), 0) << "the end of the script ends the connection";
  }
  EXPECT_EQ((*server)->accepted(), 2);
}

TEST(HostileServer, StopsScriptsThatWouldNeverEnd) {
  auto server = HostileServer::Start([](HostileConnection& connection, int number) {
    if (number == 0) connection.KeepSilent();
    connection.SendForever("x");
  });
  ASSERT_OK(server);
  const base::FileDescriptor silent = Connect((*server)->port());
  const base::FileDescriptor flooded = Connect((*server)->port());
  char byte = 0;
  ASSERT_EQ(read(flooded.get(), &byte, 1), 1);
  server->reset();
  EXPECT_LE(read(silent.get(), &byte, 1), 0);
}

TEST(HostileServer, ResetsAConnection) {
  auto server =
      HostileServer::Start([](HostileConnection& connection, int) { connection.Reset(); });
  ASSERT_OK(server);
  const base::FileDescriptor client = Connect((*server)->port());
  char byte = 0;
  EXPECT_EQ(read(client.get(), &byte, 1), -1);
  EXPECT_EQ(errno, ECONNRESET);
}

}  // namespace
}  // namespace siphon::testing
