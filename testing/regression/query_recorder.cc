// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/regression/query_recorder.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <string>
#include <string_view>
#include <thread>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "errs/status_macros.h"
#include "siphon/base/file.h"

namespace siphon::testing {
namespace {

using base::FileDescriptor;
using std::string_literals::operator""s;

std::string Message(char type, std::string_view body) {
  const uint32_t length = htonl(static_cast<uint32_t>(body.size() + 4));
  std::string message(1, type);
  message.append(reinterpret_cast<const char*>(&length), sizeof(length));
  message.append(body);
  return message;
}

std::string Parameter(std::string_view name, std::string_view value) {
  std::string body(name);
  body.push_back('\0');
  body.append(value);
  body.push_back('\0');
  return Message('S', body);
}

// One client's connection.
class Connection {
 public:
  explicit Connection(int socket) : socket_(socket) {}

  std::vector<std::string> Serve() {
    std::vector<std::string> queries;
    std::string body;
    if (!ReadBody(body)) return queries;  // The start-up message has no type.
    Send(Message('R', "\0\0\0\0"s) + Parameter("server_version", "15.0") +
         Parameter("client_encoding", "UTF8") + Parameter("standard_conforming_strings", "on") +
         Ready());
    char type = 0;
    while (Read(&type, 1) && type != 'X' && ReadBody(body)) {
      if (type != 'Q') continue;
      queries.emplace_back(body.c_str());
      Send(Obey(queries.back()) + Message('C', "OK\0"s) + Ready());
    }
    return queries;
  }

 private:
  static std::string Ready() { return Message('Z', "I"); }

  static std::string Obey(std::string_view query) {
    const std::string lower = absl::AsciiStrToLower(query);
    constexpr std::string_view kSetting = "standard_conforming_strings";
    if (!absl::StrContains(lower, absl::StrCat("set ", kSetting))) return "";
    const std::string_view value = std::string_view(lower).substr(lower.find(kSetting));
    return Parameter(kSetting, absl::StrContains(value, "off") ? "off" : "on");
  }

  bool Read(char* into, size_t length) {
    while (length > 0) {
      const ssize_t got = recv(socket_, into, length, MSG_WAITALL);
      if (got <= 0) return false;
      into += got;
      length -= static_cast<size_t>(got);
    }
    return true;
  }
  bool ReadBody(std::string& body) {
    uint32_t length = 0;
    if (!Read(reinterpret_cast<char*>(&length), sizeof(length))) return false;
    body.resize(ntohl(length) - sizeof(length));
    return Read(body.data(), body.size());
  }
  void Send(const std::string& bytes) { send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL); }

  const int socket_;
};

}  // namespace

absl::StatusOr<std::vector<std::string>> RecordQueries(
    const std::function<absl::Status(uint16_t port)>& client) {
  const FileDescriptor listener(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  if (bind(listener.get(), reinterpret_cast<sockaddr*>(&address), length) != 0 ||
      listen(listener.get(), 1) != 0 ||
      getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &length) != 0) {
    return absl::ErrnoToStatus(errno, "no port to listen on");
  }
  std::vector<std::string> queries;
  std::thread server([&listener, &queries] {
    const FileDescriptor peer(accept(listener.get(), nullptr, nullptr));
    if (peer.get() >= 0) queries = Connection(peer.get()).Serve();
  });
  const absl::Status status = client(ntohs(address.sin_port));
  shutdown(listener.get(), SHUT_RDWR);  // Where no client came.
  server.join();
  RETURN_IF_ERROR(status);
  return queries;
}

}  // namespace siphon::testing
