// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_HOSTILE_POSTGRES_SERVER_H_
#define TESTING_HOSTILE_POSTGRES_SERVER_H_

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "testing/hostile/hostile_server.h"

namespace siphon::testing {

// The messages of a PostgreSQL server (documentation, "Message Formats"), true or not.
namespace pgwire {

using Value = std::optional<std::string>;  // NULL is nullopt.

// `length` replaces the true one, which is that of the body plus 4.
std::string Message(char type, std::string_view body, std::optional<uint32_t> length = {});
std::string Authentication(uint32_t code, std::string_view rest = "");
std::string Parameter(std::string_view name, std::string_view value);
std::string KeyData();  // The process id is kPid.
std::string Description(int columns);
std::string Row(const std::vector<Value>& values);
std::string Complete(std::string_view tag);
std::string Ready(char state = 'I');
std::string Notice(std::string_view text);
// `fields` by their letter: {'C', "42601"}, {'M', "syntax error"}.
std::string Error(const std::map<char, std::string>& fields);
// Description, rows, completion; all rows have as many values as the first one.
std::string Table(const std::vector<std::vector<Value>>& rows);

inline constexpr uint32_t kPid = 4711;
inline constexpr uint32_t kSasl = 10, kSaslContinue = 11, kSaslFinal = 12;

}  // namespace pgwire

// One side of a conversation in protocol 3, by a server that declines TLS.
class PostgresPeer {
 public:
  explicit PostgresPeer(HostileConnection& connection) : connection_(connection) {}

  HostileConnection& connection() { return connection_; }
  // Reads up to the startup message. False for a request to cancel, and if the client is gone.
  bool ReadStartup();
  // The parameters of the startup message.
  const std::map<std::string, std::string>& startup() const { return startup_; }
  // The answer of a good server to the startup message, with these parameters in addition; an empty
  // value leaves one out.
  static std::string Greeting(const std::map<std::string, std::string>& parameters = {});
  // ReadStartup(), and the greeting.
  bool Greet();

  struct Request {
    char type = 0;  // 'Q', or 'S' for the end of an extended query.
    std::string sql;
  };
  // The next statement; nullopt if the client is gone or says goodbye.
  std::optional<Request> ReadStatement();
  // Any message of the client's.
  std::optional<std::pair<char, std::string>> ReadMessage();
  // Sends the answer to a statement, in the form of its protocol.
  bool Answer(const Request& request, std::string_view rows);

  // Answers siphon's statements as a server with one table does, up to the first one that contains
  // `sign`, which it returns. nullopt if the client is gone before.
  std::optional<Request> ServeUntil(std::string_view sign);

 private:
  HostileConnection& connection_;
  std::map<std::string, std::string> startup_;
};

}  // namespace siphon::testing

#endif  // TESTING_HOSTILE_POSTGRES_SERVER_H_
