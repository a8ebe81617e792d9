// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/stores/sftp/client.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/base/pipe.h"
#include "siphon/stores/sftp/channel.h"
#include "siphon/stores/sftp/packets.h"
#include "testing/status_matchers.h"

namespace siphon::sftp {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// The server's side of a connection, in a thread of the test.
class ServerSide {
 public:
  ServerSide(base::Reader* in, base::Writer* out) : in_(in), out_(out) {}

  // The type and the number of the next request; zeros after the end of the connection.
  struct Request {
    PacketType type = {};
    uint32_t id = 0;
  };
  Request Next() {
    std::string head(4, '\0');
    if (base::ReadFull(*in_, absl::MakeSpan(head)).value_or(0) < 4) return {};
    std::string body(PacketParser(head).Number(), '\0');
    if (base::ReadFull(*in_, absl::MakeSpan(body)).value_or(0) < body.size()) return {};
    PacketParser parser(body);
    const auto type = static_cast<PacketType>(parser.Byte());
    return {.type = type, .id = parser.Number()};
  }
  void Send(std::string_view bytes) { out_->Write(bytes).IgnoreError(); }
  void Send(PacketBuilder packet) { Send(std::move(packet).Take()); }
  void Status(uint32_t id, uint32_t code, std::string_view message = "") {
    Send(PacketBuilder(PacketType::kStatus, id).Number(code).Text(message).Text(""));
  }
  // Reads the version of the client and sends one without extensions.
  void Greet() {
    Next();
    Send(PacketBuilder::WithoutId(PacketType::kVersion).Number(3));
  }
  // Ends the output.
  void End() { out_->Finish().IgnoreError(); }
  // Waits until the client ends the connection.
  void AwaitEnd() {
    while (Next().type != PacketType{}) {
    }
  }

 private:
  base::Reader* in_;
  base::Writer* out_;
};

using Script = std::function<void(ServerSide& server)>;

class ScriptedChannel : public Channel {
 public:
  explicit ScriptedChannel(Script script)
      : server_([this, script = std::move(script)] {
          ServerSide side(&to_server_.reader(), &to_client_.writer());
          script(side);
        }) {}
  ~ScriptedChannel() override {
    Close();
    server_.join();
  }
  base::Writer& in() override { return to_server_.writer(); }
  base::Reader& out() override { return to_client_.reader(); }
  void Close() override {
    const absl::Status closed = errs::SystemError("test", errs::kIo, "closed");
    to_server_.Abort(closed);
    to_client_.Abort(closed);
  }
  absl::Status Explain() override {
    return errs::SystemError("test", errs::kConnectionFailed, "the line went dead");
  }

 private:
  base::Pipe to_server_{base::Context(), size_t{1} << 20};
  base::Pipe to_client_{base::Context(), size_t{1} << 20};
  std::thread server_;
};

absl::StatusOr<std::shared_ptr<Client>> ConnectTo(
    Script script, std::chrono::milliseconds patience = std::chrono::seconds(60),
    const base::Context& context = {}) {
  return Client::Connect(context, std::make_unique<ScriptedChannel>(std::move(script)),
                         "sftp://test", {.connect = patience, .silence = patience});
}

PacketBuilder Stat(std::string_view path) {
  PacketBuilder packet(PacketType::kStat);
  packet.Text(path);
  return packet;
}

TEST(SftpClientTest, TakesAnswersInAnyOrder) {
  ASSERT_OK_AND_ASSIGN(const std::shared_ptr<Client> client, ConnectTo([](ServerSide& server) {
                         server.Greet();
                         std::vector<uint32_t> ids;
                         for (int i = 0; i < 3; ++i) ids.push_back(server.Next().id);
                         for (int i = 2; i >= 0; --i) server.Status(ids[i], 100 + i);
                         server.AwaitEnd();
                       }));
  std::vector<Client::Ticket> tickets;
  for (int i = 0; i < 3; ++i) tickets.push_back(client->Send(Stat("a")));
  for (uint32_t i = 0; i < 3; ++i) {
    ASSERT_OK_AND_ASSIGN(const Answer answer, client->Await({}, tickets[i]));
    EXPECT_TRUE(answer.IsStatus(100 + i));
  }
  EXPECT_TRUE(client->alive());
  EXPECT_EQ(client->max_read(), 32768u);
}

// The limits that a client takes from a server which says these.
std::pair<size_t, size_t> LimitsFrom(uint64_t read, uint64_t write) {
  const auto client = ConnectTo([=](ServerSide& server) {
    server.Next();
    server.Send(PacketBuilder::WithoutId(PacketType::kVersion)
                    .Number(3)
                    .Text("limits@openssh.com")
                    .Text("1"));
    server.Send(PacketBuilder(PacketType::kExtendedReply, server.Next().id)
                    .LongNumber(262144)
                    .LongNumber(read)
                    .LongNumber(write)
                    .LongNumber(0));
    server.AwaitEnd();
  });
  EXPECT_OK(client);
  return client.ok() ? std::pair((*client)->max_read(), (*client)->max_write())
                     : std::pair<size_t, size_t>();
}

TEST(SftpClientTest, BelievesLimitsWithinReason) {
  EXPECT_EQ(LimitsFrom(100'000, 200'000), std::pair(size_t{100'000}, size_t{200'000}));
  EXPECT_EQ(LimitsFrom(0, 1), std::pair(size_t{32768}, size_t{32768}));
  EXPECT_EQ(LimitsFrom(UINT64_MAX, uint64_t{1} << 40), std::pair(size_t{261120}, size_t{261120}));
}

// The error of a request to a server that, after its version, does this.
absl::Status ErrorOf(Script after) {
  const auto client = ConnectTo([&](ServerSide& server) {
    server.Greet();
    after(server);
    server.AwaitEnd();
  });
  if (!client.ok()) return errs::InternalError("test", "no connection");
  const absl::Status status = (*client)->Ask({}, Stat("a")).status();
  if (status.ok()) return status;
  EXPECT_FALSE((*client)->alive());
  // It stays broken.
  EXPECT_EQ((*client)->Ask({}, Stat("b")).status(), status);
  return status;
}

TEST(SftpClientTest, RefusesAServerThatLies) {
  EXPECT_THAT(ErrorOf([](ServerSide& server) { server.Status(server.Next().id + 1, kOk); }),
              StatusIs(errs::kIo, HasSubstr("siphon did not make")));
  EXPECT_THAT(ErrorOf([](ServerSide& server) {
                server.Next();
                server.Send(std::string_view("\xFF\xFF\xFF\xFF", 4));
              }),
              StatusIs(errs::kIo, HasSubstr("4294967295 bytes")));
  EXPECT_THAT(ErrorOf([](ServerSide& server) {
                server.Next();
                server.Send(std::string_view("\0\0\0\0", 4));
              }),
              StatusIs(errs::kIo, HasSubstr("0 bytes")));
  EXPECT_THAT(ErrorOf([](ServerSide& server) {
                server.Send(PacketBuilder(PacketType::kName, server.Next().id).Number(1000));
              }),
              StatusIs(errs::kIo, HasSubstr("cut")));
  EXPECT_THAT(ErrorOf([](ServerSide& server) {
                server.Send(PacketBuilder(PacketType::kOpen, server.Next().id).Text("a"));
              }),
              StatusIs(errs::kIo, HasSubstr("unknown type")));
}

TEST(SftpClientTest, RefusesASecondAnswer) {
  ASSERT_OK_AND_ASSIGN(const std::shared_ptr<Client> client, ConnectTo([](ServerSide& server) {
                         server.Greet();
                         const uint32_t id = server.Next().id;
                         for (int i = 0; i < 1000; ++i) server.Status(id, kOk);
                         server.AwaitEnd();
                       }));
  client->Ask({}, Stat("a")).status().IgnoreError();
  EXPECT_THAT(client->Ask({}, Stat("b")), StatusIs(errs::kIo, HasSubstr("did not make")));
}

TEST(SftpClientTest, SaysWhyTheConnectionEnded) {
  EXPECT_THAT(ErrorOf([](ServerSide& server) {
                server.Next();
                server.Send(std::string_view("\0\0\0\x09\x65", 5));
                server.End();
              }),
              StatusIs(errs::kConnectionFailed, HasSubstr("the line went dead")));
  EXPECT_THAT(ConnectTo([](ServerSide& server) { server.End(); }),
              StatusIs(errs::kConnectionFailed, HasSubstr("the line went dead")));
}

TEST(SftpClientTest, RefusesWhatIsNoServer) {
  EXPECT_THAT(ConnectTo([](ServerSide& server) {
                server.Send("Welcome to this host!\r\n");
                server.AwaitEnd();
              }),
              StatusIs(errs::kIo, HasSubstr("does not speak SFTP")));
  EXPECT_THAT(ConnectTo([](ServerSide& server) {
                server.Next();
                server.Send(PacketBuilder::WithoutId(PacketType::kVersion).Number(6));
                server.AwaitEnd();
              }),
              StatusIs(errs::kIo, HasSubstr("version 6")));
}

TEST(SftpClientTest, DoesNotWaitForEver) {
  constexpr std::chrono::milliseconds kShort(200);
  EXPECT_THAT(ConnectTo([](ServerSide& server) { server.AwaitEnd(); }, kShort),
              StatusIs(errs::kConnectionFailed, HasSubstr("did not let siphon in")));
  ASSERT_OK_AND_ASSIGN(const std::shared_ptr<Client> client, ConnectTo(
                                                                 [](ServerSide& server) {
                                                                   server.Greet();
                                                                   server.AwaitEnd();
                                                                 },
                                                                 kShort));
  EXPECT_THAT(client->Ask({}, Stat("a")),
              StatusIs(errs::kConnectionFailed, HasSubstr("did not answer")));
  EXPECT_FALSE(client->alive());
}

TEST(SftpClientTest, StopsWaitingWithItsContextAndWorksOn) {
  std::stop_source stop;
  ASSERT_OK_AND_ASSIGN(const std::shared_ptr<Client> client, ConnectTo([&stop](ServerSide& server) {
                         server.Greet();
                         const uint32_t late = server.Next().id;
                         stop.request_stop();
                         const uint32_t next = server.Next().id;
                         server.Status(late, 100);
                         server.Status(next, 101);
                         server.AwaitEnd();
                       }));
  EXPECT_THAT(client->Ask(base::Context(stop.get_token(), nullptr), Stat("a")),
              StatusIs(errs::kCancelled));
  ASSERT_OK_AND_ASSIGN(const Answer answer, client->Ask({}, Stat("b")));
  EXPECT_TRUE(answer.IsStatus(101));
  const base::Context late =
      base::Context().WithDeadline(std::chrono::steady_clock::now() - std::chrono::seconds(1));
  EXPECT_THAT(client->Ask(late, Stat("c")), StatusIs(errs::kCancelled));
}

TEST(SftpClientTest, AConnectionThatIsNotMadeEndsWithItsContext) {
  std::stop_source stop;
  EXPECT_THAT(ConnectTo(
                  [&stop](ServerSide& server) {
                    server.Next();
                    stop.request_stop();
                    server.AwaitEnd();
                  },
                  std::chrono::seconds(60), base::Context(stop.get_token(), nullptr)),
              StatusIs(errs::kCancelled));
}

TEST(SftpClientTest, ShowsAMessageOfTheServerWithoutItsControls) {
  ASSERT_OK_AND_ASSIGN(const std::shared_ptr<Client> client, ConnectTo([](ServerSide& server) {
                         server.Greet();
                         server.Status(server.Next().id, kPermissionDenied,
                                       "\x1b]0;owned\x07" + std::string(5000, 'x'));
                         server.AwaitEnd();
                       }));
  const absl::Status status = ExpectOk(*client, "stat a", client->Ask({}, Stat("a")));
  EXPECT_THAT(status, StatusIs(errs::kIo, AllOf(HasSubstr("sftp://test: stat a"),
                                                HasSubstr("permission denied (status 3"),
                                                HasSubstr("\\x1b]0;owned"))));
  EXPECT_THAT(errs::Render(status), AllOf(HasSubstr("rights"), Not(HasSubstr("\x1b"))));
  EXPECT_LT(status.message().size(), 600u);
}

}  // namespace
}  // namespace siphon::sftp
