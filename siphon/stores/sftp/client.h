// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_STORES_SFTP_CLIENT_H_
#define SIPHON_STORES_SFTP_CLIENT_H_

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "siphon/base/context.h"
#include "siphon/stores/sftp/channel.h"
#include "siphon/stores/sftp/packets.h"

namespace siphon::sftp {

struct ClientTiming {
  std::chrono::milliseconds connect = std::chrono::seconds(60);
  // How long the server may say nothing while it owes an answer. A server that syncs a large file
  // to a slow disk is silent for a while; a lost connection ends earlier, by ssh.
  std::chrono::milliseconds silence = std::chrono::minutes(5);
};

// A connection to an SFTP server, with any number of requests under way. Thread-safe. After an
// error of the connection or the protocol every call returns that error.
class Client {
 public:
  // Makes the connection and exchanges the versions. `place` names the server in errors. Ends with
  // the status of `context` when it stops; the connection outlives it otherwise.
  static absl::StatusOr<std::shared_ptr<Client>> Connect(const base::Context& context,
                                                         std::unique_ptr<Channel> channel,
                                                         std::string place,
                                                         const ClientTiming& timing);
  // Ends the connection, without waiting for answers.
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // False after an error of the connection.
  bool alive() const;
  const std::string& place() const { return place_; }
  // Set by Connect().
  const ServerVersion& server() const { return server_; }
  // The largest kRead and kWrite, in bytes.
  size_t max_read() const { return max_read_; }
  size_t max_write() const { return max_write_; }

  // A request whose answer is to come.
  struct Request;
  using Ticket = std::shared_ptr<Request>;

  // Sends a request; does not wait.
  Ticket Send(PacketBuilder packet);
  // Waits for the answer. When `context` stops, returns its status; the answer is then dropped.
  absl::StatusOr<Answer> Await(const base::Context& context, const Ticket& ticket);
  // Both.
  absl::StatusOr<Answer> Ask(const base::Context& context, PacketBuilder packet);

 private:
  Client(std::unique_ptr<Channel> channel, std::string place, const ClientTiming& timing)
      : channel_(std::move(channel)), place_(std::move(place)), timing_(timing) {}

  absl::Status Begin(const base::Context& context);
  absl::Status AskForLimits(const base::Context& context);
  // Waits until `done` holds, which is called with mutex_ held.
  absl::Status AwaitUntil(const base::Context& context, std::chrono::milliseconds patience,
                          std::string_view what, const std::function<bool()>& done);
  // The work of the threads.
  void WriteAll();
  void ReadAll();
  absl::Status ReadOne();
  void Break(absl::Status status);

  const std::unique_ptr<Channel> channel_;
  const std::string place_;
  const ClientTiming timing_;
  ServerVersion server_;
  size_t max_read_ = 0, max_write_ = 0;

  mutable std::mutex mutex_;  // Guards all below but the threads.
  std::condition_variable_any changed_;
  bool closing_ = false;
  absl::Status broken_;
  std::optional<ServerVersion> said_;  // The version, from the thread that reads.
  uint32_t last_id_ = 0;
  std::map<uint32_t, Ticket> waiting_;
  std::deque<std::string> outgoing_;
  std::chrono::steady_clock::time_point heard_;  // When the last packet came.
  std::thread writer_, reader_;
};

// The error for an answer that is not the expected one: what the server says, of a status, and what
// can be done. `what` is what siphon asked for: "open /dumps/a".
absl::Status ServerError(const Client& client, std::string_view what, const Answer& answer);
// OK for a status of OK, else an error.
absl::Status ExpectOk(const Client& client, std::string_view what,
                      const absl::StatusOr<Answer>& answer);

}  // namespace siphon::sftp

#endif  // SIPHON_STORES_SFTP_CLIENT_H_
