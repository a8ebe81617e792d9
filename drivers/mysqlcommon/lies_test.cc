// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <sys/resource.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "drivers/mysqlcommon/session.h"
#include "errs/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/hostile/mysql_server.h"
#include "testing/status_matchers.h"

// Answers that do not follow the protocol.

namespace siphon::mysqlcommon {
namespace {

using siphon::testing::ColumnPayload;
using siphon::testing::EofPayload;
using siphon::testing::ErrPayload;
using siphon::testing::HostileMysql;
using siphon::testing::LengthEncoded;
using siphon::testing::MysqlLies;
using siphon::testing::MysqlWire;
using siphon::testing::OkPayload;
using siphon::testing::RowPayload;
using siphon::testing::SendResult;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr uint16_t kMoreResults = 8;
constexpr int64_t kMiB = int64_t{1} << 20;

Settings SettingsFor(int port) {
  return {.host = "127.0.0.1",
          .port = port,
          .user = "alice",
          .password = "secret",
          .database = "shop",
          .connect_timeout = std::chrono::seconds(2),
          .read_timeout = std::chrono::seconds(2)};
}

// A session with a server that answers "SELECT lie" by `answer`.
class Liar {
 public:
  explicit Liar(std::function<bool(MysqlWire&)> answer, const SessionOptions& options = {}) {
    absl::StatusOr<std::unique_ptr<HostileMysql>> server = HostileMysql::Start(
        {.query = [answer](MysqlWire& wire, const std::string& sql) -> std::optional<bool> {
          if (sql != "SELECT lie") return std::nullopt;
          return answer(wire);
        }});
    EXPECT_OK(server);
    server_ = *std::move(server);
    absl::StatusOr<std::unique_ptr<Session>> session =
        Session::Connect(base::Context(), kMariadb, SettingsFor(server_->port()), options);
    EXPECT_OK(session);
    session_ = *std::move(session);
  }
  Session& session() { return *session_; }
  absl::StatusOr<Rows> Query() { return session_->Query(base::Context(), "SELECT lie", "reading"); }

 private:
  std::unique_ptr<HostileMysql> server_;
  std::unique_ptr<Session> session_;
};

bool Head(MysqlWire& wire, size_t columns) {
  wire.Send(LengthEncoded(columns));
  for (size_t i = 0; i < columns; ++i) wire.Send(ColumnPayload("c"));
  return wire.Send(EofPayload());
}

// A result of three columns with this row.
std::function<bool(MysqlWire&)> Row(const std::string& payload) {
  return [payload](MysqlWire& wire) {
    return Head(wire, 3) && wire.Send(payload) && wire.Send(EofPayload());
  };
}

std::function<bool(MysqlWire&)> Packet(const std::string& payload) {
  return [payload](MysqlWire& wire) { return wire.Send(payload); };
}

std::vector<std::pair<std::string, std::function<bool(MysqlWire&)>>> BrokenAnswers() {
  const std::string one = LengthEncoded(1);
  const std::string column = ColumnPayload("c");
  return {
      {"a row with fewer values", Row(RowPayload({"1", "2"}))},
      {"a row with more values", Row(RowPayload({"1", "2", "3", "4"}))},
      {"an empty row", Row("")},
      {"a value longer than the packet", Row("\xfe" + std::string(8, '\x7f'))},
      {"a length without its bytes", Row("\xfd")},
      {"NULL values only, but fewer", Row("\xfb\xfb")},
      {"2^24 columns", Packet(LengthEncoded(1 << 24))},
      {"2^63 columns", Packet(LengthEncoded(uint64_t{1} << 63))},
      {"fewer columns than announced",
       [=](MysqlWire& wire) {
         return wire.Send(LengthEncoded(3)) && wire.Send(column) && wire.Send(EofPayload());
       }},
      {"more columns than announced",
       [=](MysqlWire& wire) {
         return wire.Send(one) && wire.Send(column) && wire.Send(column) && wire.Send(EofPayload());
       }},
      {"a column without its type",
       [=](MysqlWire& wire) {
         return wire.Send(one) && wire.Send(column.substr(0, 12)) && wire.Send(EofPayload());
       }},
      {"a column with a short type",
       [=](MysqlWire& wire) {
         return wire.Send(one) && wire.Send(std::string("\3def\0\0\0\1c\1c\2\1\1", 13)) &&
                wire.Send(EofPayload());
       }},
      {"a column of NULLs",
       [=](MysqlWire& wire) {
         return wire.Send(one) && wire.Send(std::string(22, '\xfb')) && wire.Send(EofPayload());
       }},
      {"columns without end",
       [=](MysqlWire& wire) {
         wire.Send(one);
         while (wire.Send(column)) {
         }
         return false;
       }},
      {"a request for a file", Packet("\xfb/etc/passwd")},
      {"an unknown first byte", Packet("\xfe")},
      {"a session change that lies", Packet(std::string("\0\0\0\x02\x40\0\0\1\xfc\xff\xff", 11))},
      {"a packet cut short",
       [](MysqlWire& wire) {
         wire.SendRaw(std::string("\x10\0\0\1\1", 5));
         return false;
       }},
      {"the end of the connection in the middle of rows",
       [](MysqlWire& wire) { return Head(wire, 1) && wire.Send(RowPayload({"1"})) && false; }},
      {"a packet of 2^24-1 bytes without another",
       [](MysqlWire& wire) {
         wire.SendRaw("\xff\xff\xff\1" + std::string(0xffffff, '\3'));
         return false;
       }},
  };
}

TEST(Lies, ABrokenAnswerIsAnErrorAndNeverAResult) {
  for (const auto& [name, answer] : BrokenAnswers()) {
    Liar liar(answer);
    const absl::StatusOr<Rows> rows = liar.Query();
    EXPECT_THAT(rows, StatusIs(errs::kConnectionFailed, HasSubstr("reading"))) << name;
    EXPECT_TRUE(liar.session().broken()) << name;
    EXPECT_THAT(liar.session().Execute(base::Context(), "DO 1"), StatusIs(errs::kConnectionFailed))
        << name;
  }
}

absl::Status Drain(Session& session, size_t columns) {
  absl::StatusOr<RowStream> stream =
      session.Stream(base::Context(), "SELECT lie", columns, "reading");
  if (!stream.ok()) return stream.status();
  char** values = nullptr;
  unsigned long* lengths = nullptr;
  while (true) {
    const absl::StatusOr<bool> more = stream->Next(base::Context(), values, lengths);
    if (!more.ok()) return more.status();
    if (!*more) return absl::OkStatus();
  }
}

TEST(Lies, AStreamReportsThemToo) {
  for (const auto& [name, answer] : BrokenAnswers()) {
    Liar liar(answer);
    EXPECT_FALSE(Drain(liar.session(), 3).ok()) << name;
    EXPECT_TRUE(liar.session().broken()) << name;
  }
}

TEST(Lies, AStreamHasTheColumnsThatWereAskedFor) {
  for (const size_t columns : {size_t{2}, size_t{4}}) {
    Liar liar(Row(RowPayload({"1", "2", "3"})));
    EXPECT_THAT(Drain(liar.session(), columns),
                StatusIs(errs::kDatabase, HasSubstr("3 columns instead of")));
  }
  Liar none(Packet(OkPayload()));
  EXPECT_THAT(Drain(none.session(), 1), StatusIs(errs::kDatabase, HasSubstr("0 columns")));
  Liar good(Row(RowPayload({"1", "2", "3"})));
  EXPECT_OK(Drain(good.session(), 3));
}

int64_t PeakBytes() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss * int64_t{1024};
}

// Answers that never end. True when the client is still there.
std::vector<std::pair<std::string, std::function<bool(MysqlWire&)>>> EndlessAnswers() {
  return {{"small rows",
           [](MysqlWire& wire) {
             Head(wire, 1);
             wire.connection().SendForever(std::string("\1\0\0\0\xfb", 5));
             return false;
           }},
          {"long rows",
           [](MysqlWire& wire) {
             Head(wire, 1);
             const std::string row = RowPayload({std::string(kMiB, 'x')});
             while (wire.Send(row)) {
             }
             return false;
           }},
          {"one row",
           [](MysqlWire& wire) {
             Head(wire, 1);
             const std::string piece = "\xff\xff\xff\1" + std::string(0xffffff, 'x');
             while (wire.SendRaw(piece)) {
             }
             return false;
           }},
          {"results",
           [](MysqlWire& wire) {
             while (wire.Send(OkPayload(kMoreResults))) {
             }
             return false;
           }},
          {"results with columns", [](MysqlWire& wire) {
             while (wire.Send(LengthEncoded(1)) && wire.Send(ColumnPayload("c")) &&
                    wire.Send(EofPayload(kMoreResults)) && wire.Send(EofPayload(kMoreResults))) {
             }
             return false;
           }}};
}

TEST(Lies, TheMemoryForAnAnswerIsLimited) {
  for (const auto& [name, answer] : EndlessAnswers()) {
    const int64_t before = PeakBytes();
    Liar liar(answer);
    EXPECT_FALSE(liar.Query().ok()) << name;
    EXPECT_TRUE(liar.session().broken()) << name;
    // The limit is 256 MiB; vectors and buffers double while they grow.
    EXPECT_LT(PeakBytes() - before, 800 * kMiB) << name;
  }
}

TEST(Lies, ErrorsOfAnyShapeAreReported) {
  const std::vector<std::pair<std::string, std::string>> errors = {
      {ErrPayload(1064, "no such table", ""), "no such table (1064)"},
      {ErrPayload(1064, std::string(10 * kMiB, 'x')), "xxx"},
      {ErrPayload(1064, "\x1b[2J\r\nroot# "), "root# "},
      {std::string("\xff", 1), "reading"},
      {std::string("\xff\x28", 2), "reading"},
      {std::string("\xff\x28\4#", 4), "reading"},
      {ErrPayload(2013, "looks like the client's own"), "reading"},
      {ErrPayload(0, "no number"), "reading"}};
  for (const auto& [payload, text] : errors) {
    Liar liar(Packet(payload));
    const absl::Status status = liar.Query().status();
    EXPECT_FALSE(status.ok());
    EXPECT_THAT(status.message(), HasSubstr(text));
    EXPECT_LT(status.message().size(), 2000u);
    EXPECT_THAT(status.message(), Not(HasSubstr("\x1b")));
    EXPECT_THAT(status.message(), Not(HasSubstr("\n")));
  }
}

TEST(Lies, WrongSequenceNumbersDoNoHarm) {
  Liar liar([](MysqlWire& wire) {
    for (const std::string& payload :
         {LengthEncoded(1), ColumnPayload("c"), EofPayload(), RowPayload({"1"}), EofPayload()}) {
      wire.sequence = static_cast<uint8_t>(wire.sequence * 7 + 100);
      if (!wire.Send(payload)) return false;
    }
    return true;
  });
  const absl::StatusOr<Rows> rows = liar.Query();
  ASSERT_OK(rows);
  EXPECT_EQ(rows->size(), 1u);
}

TEST(Lies, GreetingsOfAnyShapeAreErrors) {
  const std::string rest(60, '\1');
  const std::vector<std::string> greetings = {
      "", "\x0a",
      "\x09"
      "3.23.58",
      std::string("\x09"
                  "3.23.58\0\1\0\0\0scramble\0",
                  23),
      "\x0a" + std::string(8190, 'v'), "\x0a" + std::string(2 * kMiB, 'v'),
      std::string("\x0a"
                  "8\0",
                  3),
      std::string("\x0a"
                  "8\0\1\0\0\0scramble",
                  15),
      std::string("\x0a"
                  "8\0\1\0\0\0scramble\0\xff\xff",
                  18),
      // A scramble that is longer than the packet.
      std::string("\x0a"
                  "8\0\1\0\0\0scramble\0\xff\xff\x2d\2\0\xff\xff\xff",
                  24) +
          std::string(10, '\0') + "0123456789ab",
      std::string("\x0a\x1b[2J\0", 6) + rest, ErrPayload(1040, "\x1b[2JToo many connections", ""),
      std::string(60, '\xff'), "HTTP/1.1 400 Bad Request\r\n\r\n"};
  // At the same time, because each attempt to connect is followed by a pause.
  std::vector<std::jthread> threads;
  for (const std::string& greeting : greetings) {
    threads.emplace_back([&greeting] {
      absl::StatusOr<std::unique_ptr<HostileMysql>> server =
          HostileMysql::Start({.greeting = greeting});
      ASSERT_OK(server);
      const absl::Status status =
          Session::Connect(base::Context(), kMariadb, SettingsFor((*server)->port())).status();
      EXPECT_THAT(status, StatusIs(errs::kConnectionFailed));
      EXPECT_THAT(status.message(), Not(HasSubstr("\x1b")));
    });
  }
}

TEST(Lies, MissingCapabilitiesAreNoCrash) {
  std::vector<std::jthread> threads;
  for (int bit = 0; bit < 32; ++bit) {
    threads.emplace_back([bit] {
      for (const uint32_t without : {uint32_t{1} << bit, ~(uint32_t{1} << bit)}) {
        absl::StatusOr<std::unique_ptr<HostileMysql>> server =
            HostileMysql::Start({.without = without});
        ASSERT_OK(server);
        // Whether it succeeds depends on the capability.
        const auto session =
            Session::Connect(base::Context(), kMariadb, SettingsFor((*server)->port()));
        if (!session.ok()) {
          EXPECT_THAT(session.status(), StatusIs(errs::kConnectionFailed));
        }
        EXPECT_FALSE((*server)->received().Contains("secret"));
      }
    });
  }
}

TEST(Lies, AStatementOfTheUsersMayHaveLongResults) {
  Liar liar(
      [](MysqlWire& wire) {
        Head(wire, 1);
        const std::string row = RowPayload({std::string(kMiB, 'x')});
        for (int i = 0; i < 300; ++i) wire.Send(row);
        return wire.Send(EofPayload());
      },
      {.as_it_is = true});
  EXPECT_OK(liar.session().Execute(base::Context(), "SELECT lie"));
}

}  // namespace
}  // namespace siphon::mysqlcommon
