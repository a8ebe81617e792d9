// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// The answers of a PostgreSQL server to a session of siphon's, libpq included. The first byte of
// the input chooses siphon's statements, and the server sends the rest. After each ReadyForQuery,
// the server goes on once siphon has sent another statement, or waits for more. The session must
// end, and an error must have a message.

#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "drivers/postgres/conninfo.h"
#include "drivers/postgres/globals.h"
#include "drivers/postgres/identity.h"
#include "drivers/postgres/integrity.h"
#include "drivers/postgres/migrations.h"
#include "drivers/postgres/preflight.h"
#include "drivers/postgres/relations.h"
#include "drivers/postgres/session.h"
#include "errs/error.h"
#include "siphon/base/context.h"
#include "siphon/base/file.h"
#include "siphon/base/utf8.h"
#include "siphon/domain/migrate/database.h"
#include "siphon/domain/verbs/verbs.h"

namespace {

namespace base = siphon::base;
namespace errs = siphon::errs;
namespace postgres = siphon::postgres;

constexpr std::string_view kReadyForQuery("Z\0\0\0\5", 5);
constexpr std::chrono::seconds kLongest{60};
constexpr int kMostSilence = 20;  // Milliseconds.

void Require(bool condition) {
  if (!condition) std::abort();
}

void RequireExplained(const absl::Status& status) {
  if (status.ok()) return;
  Require(errs::GetError(status).has_value());
  Require(!status.message().empty() && siphon::base::IsValidUtf8(status.message()));
}

// A server on a socket in a folder of its own, with one thread for the whole run.
class Server {
 public:
  static Server& Get() {
    static auto* const server = new Server;
    return *server;
  }

  const std::string& folder() const { return folder_; }

  // Says `text` to the next client. `over` stops when that client is gone.
  void Play(std::string_view text, std::stop_source over) {
    const std::lock_guard lock(mutex_);
    text_ = std::string(text);
    over_ = std::move(over);
    fresh_ = true;
  }

 private:
  Server() {
    folder_ = (std::filesystem::temp_directory_path() / "siphon.fuzz.XXXXXX").string();
    Require(mkdtemp(folder_.data()) != nullptr);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = folder_ + "/.s.PGSQL.5432";
    Require(path.size() < sizeof(address.sun_path));
    path.copy(address.sun_path, path.size());
    listener_ = base::FileDescriptor(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    Require(bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
    Require(listen(listener_.get(), 16) == 0);
    std::thread([this] { Run(); }).detach();
    std::atexit([] {
      std::error_code ignored;
      std::filesystem::remove_all(Get().folder_, ignored);
    });
  }

  void Run() {
    while (true) {
      const base::FileDescriptor client(accept(listener_.get(), nullptr, nullptr));
      if (!client.valid()) continue;
      std::string text;
      std::stop_source over(std::nostopstate);
      {
        const std::lock_guard lock(mutex_);
        // A request to cancel, or a second attempt to connect.
        if (!std::exchange(fresh_, false)) continue;
        text = std::move(text_);
        over = over_;
      }
      Converse(client.get(), text);
      over.request_stop();
    }
  }

  // False if the client is gone. A client that waits for more of a message says nothing.
  static bool Heard(int client) {
    std::array<char, 65536> heard;
    pollfd entry = {.fd = client, .events = POLLIN, .revents = 0};
    if (poll(&entry, 1, kMostSilence) == 0) return true;
    return recv(client, heard.data(), heard.size(), 0) > 0;
  }

  static void Converse(int client, std::string_view text) {
    while (Heard(client)) {
      size_t end = text.find(kReadyForQuery);
      end = end == std::string_view::npos ? text.size()
                                          : std::min(text.size(), end + kReadyForQuery.size() + 1);
      std::string_view piece = text.substr(0, end);
      text.remove_prefix(end);
      while (!piece.empty()) {
        const ssize_t sent = send(client, piece.data(), piece.size(), MSG_NOSIGNAL);
        if (sent <= 0) break;
        piece.remove_prefix(static_cast<size_t>(sent));
      }
      if (text.empty()) shutdown(client, SHUT_WR);
    }
  }

  std::string folder_;
  base::FileDescriptor listener_;
  std::mutex mutex_;
  std::string text_;
  std::stop_source over_{std::nostopstate};
  bool fresh_ = false;
};

void AskAsOwner(const base::Context& context, const postgres::Settings& settings, int choice) {
  const auto session = postgres::Session::Connect(context, settings);
  RequireExplained(session.status());
  if (!session.ok()) return;
  Require((*session)->server_major() > 0 && !(*session)->server_version_text().empty());
  switch (choice) {
    case 0: {
      const auto schema = postgres::Inspect(context, **session, {.exact = true});
      RequireExplained(schema.status());
      if (schema.ok()) Require(!schema->engine_version.empty());
      break;
    }
    case 1:
      RequireExplained(postgres::Identity(context, **session).status());
      RequireExplained(postgres::CheckTarget(context, **session, {}));
      break;
    case 2: {
      const auto globals = postgres::ReadGlobals(context, **session);
      RequireExplained(globals.status());
      // Whatever a server says about its roles can be read back.
      if (globals.ok()) Require(postgres::ParseGlobals(*globals).ok());
      break;
    }
    case 3:
      RequireExplained(postgres::CheckIntegrity(context, **session));
      break;
    default: {
      const auto rows = (*session)->CountCopied(context, "COPY app.t TO STDOUT");
      RequireExplained(rows.status());
      if (rows.ok()) Require(*rows >= 0);
      // What the server says after a COPY, complete or not, is not an answer to the next statement.
      RequireExplained((*session)->Execute(context, "SELECT 1"));
    }
  }
}

void AskAsMigrator(const base::Context& context, const postgres::Settings& settings) {
  auto session = postgres::Session::ConnectForUser(context, settings);
  RequireExplained(session.status());
  if (!session.ok()) return;
  const auto database = postgres::MigrationsOn(context, *std::move(session), {});
  RequireExplained(database.status());
  if (!database.ok()) return;
  RequireExplained((*database)->Version(context).status());
  RequireExplained((*database)->History(context).status());
  const absl::Status locked = (*database)->Lock(context, std::chrono::nanoseconds(0));
  RequireExplained(locked);
  if (locked.ok()) RequireExplained((*database)->Unlock(context));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::stop_source over;
  Server& server = Server::Get();
  server.Play(text.substr(1), over);
  const postgres::Settings settings = {
      {"host", server.folder()}, {"port", "5432"},       {"user", "app"},
      {"dbname", "shop"},        {"password", "secret"}, {"client_encoding", "UTF8"},
      {"passfile", "/dev/null"}, {"sslmode", "disable"}, {"application_name", "fuzz"},
      {"connect_timeout", "2"}};
  const auto began = std::chrono::steady_clock::now();
  const base::Context context =
      base::Context().WithStop(over.get_token()).WithDeadline(began + kLongest / 2);
  const int choice = data[0] % 6;
  if (choice == 4) {
    AskAsMigrator(context, settings);
  } else {
    AskAsOwner(context, settings, choice);
  }
  Require(std::chrono::steady_clock::now() - began < kLongest);
  return 0;
}
