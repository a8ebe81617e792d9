// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <semaphore>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "drivers/mysqlcommon/fork.h"
#include "drivers/mysqlcommon/session.h"
#include "drivers/mysqlcommon/settings.h"
#include "siphon/base/context.h"
#include "siphon/base/file.h"

// The input is all that a server sends on one connection: a login, and the answers to some
// statements. Connector/C reads it, too.

namespace {

using siphon::base::Context;
using siphon::base::FileDescriptor;
using siphon::mysqlcommon::Row;
using siphon::mysqlcommon::Rows;
using siphon::mysqlcommon::RowStream;
using siphon::mysqlcommon::Session;

// A server at a unix socket, in a thread. It answers one connection with the input and refuses all
// others, which would ask it to kill a statement.
class Server {
 public:
  Server() : path_(absl::StrCat("/tmp/siphon_fuzz_", getpid(), ".sock")) {
    std::thread([this] { Serve(); }).detach();
  }
  const std::string& path() const { return path_; }

  void Begin(std::string_view input) {
    input_ = input;
    unlink(path_.c_str());
    listener_ = FileDescriptor(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    path_.copy(address.sun_path, sizeof(address.sun_path) - 1);
    if (bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0 ||
        listen(listener_.get(), 1) != 0) {
      std::abort();
    }
    begin_.release();
  }
  // Returns when the connection has ended.
  void End() { end_.acquire(); }

 private:
  void Serve() {
    while (true) {
      begin_.acquire();
      const FileDescriptor client(accept(listener_.get(), nullptr, nullptr));
      listener_.Reset();
      while (!input_.empty()) {
        const ssize_t sent = send(client.get(), input_.data(), input_.size(), MSG_NOSIGNAL);
        if (sent <= 0) break;
        input_.remove_prefix(static_cast<size_t>(sent));
      }
      shutdown(client.get(), SHUT_WR);
      std::array<char, 4096> dropped;
      while (recv(client.get(), dropped.data(), dropped.size(), 0) > 0) {
      }
      end_.release();
    }
  }

  const std::string path_;
  FileDescriptor listener_;
  std::string_view input_;
  std::binary_semaphore begin_{0}, end_{0};
};

// Reads every byte, so that the sanitizer sees values that are not there.
size_t Touch(std::string_view text) {
  size_t sum = 0;
  for (const char c : text) sum += static_cast<unsigned char>(c);
  return sum;
}

void Use(Session& session) {
  const Context context;
  size_t sum = Touch(session.version_text());
  const absl::StatusOr<Rows> rows = session.Query(context, "SELECT a");
  if (!rows.ok() && rows.status().message().empty()) std::abort();
  for (const Row& row : rows.ok() ? *rows : Rows()) {
    for (const auto& value : row) sum += Touch(value.value_or(""));
  }
  const auto names = session.ColumnNames(context, "SELECT b");
  for (const std::string& name : names.ok() ? *names : std::vector<std::string>()) {
    sum += Touch(name);
  }
  constexpr size_t kColumns = 2;
  absl::StatusOr<RowStream> stream = session.Stream(context, "SELECT c", kColumns);
  if (stream.ok()) {
    char** values = nullptr;
    unsigned long* lengths = nullptr;
    while (true) {
      const absl::StatusOr<bool> more = stream->Next(context, values, lengths);
      if (!more.ok() && more.status().message().empty()) std::abort();
      if (!more.ok() || !*more) break;
      for (size_t i = 0; i < kColumns; ++i) {
        if (values[i] != nullptr) sum += Touch({values[i], lengths[i]});
      }
    }
  }
  session.Execute(context, "DO 1").IgnoreError();
  // Keeps the sum, whose value means nothing.
  [[maybe_unused]] static volatile size_t sink;
  sink = sum;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static Server* const server = new Server();
  server->Begin({reinterpret_cast<const char*>(data), size});
  {
    siphon::mysqlcommon::Settings settings;
    settings.socket = server->path();
    settings.user = "alice";
    settings.password = "secret";
    settings.database = "shop";
    const absl::StatusOr<std::unique_ptr<Session>> session = Session::Connect(
        Context(), siphon::mysqlcommon::kMariadb, settings, {.any_fork = true, .attempts = 1});
    if (session.ok()) {
      Use(**session);
    } else if (session.status().message().empty()) {
      std::abort();
    }
  }
  server->End();
  return 0;
}
