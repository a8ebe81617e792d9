// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_SESSION_H_
#define DRIVERS_MYSQLCOMMON_SESSION_H_

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "drivers/mysqlcommon/fork.h"
#include "drivers/mysqlcommon/settings.h"
#include "siphon/base/context.h"
#include "siphon/driver/version.h"

struct st_mysql;
struct st_mysql_res;

namespace siphon::mysqlcommon {

// What a statement returned, for answers that fit into memory; a NULL is nothing.
using Row = std::vector<std::optional<std::string>>;
using Rows = std::vector<Row>;

// The text of a value; "" for NULL and for a column that is not there.
std::string_view Text(const Row& row, size_t column);
// The number; 0 for what is none.
int64_t Int(const Row& row, size_t column);

class Session;

// The rows of a statement as the server sends them, unbuffered. The session does nothing else while
// it lives; one that is not read to its end, or to the server's error, breaks the session.
class RowStream {
 public:
  // `what` stands before the message of an error.
  RowStream(Session* session, st_mysql_res* result, std::string_view what)
      : session_(session), result_(result), what_(what) {}
  RowStream(RowStream&& other) noexcept
      : session_(other.session_),
        result_(std::exchange(other.result_, nullptr)),
        what_(std::move(other.what_)) {}
  RowStream& operator=(RowStream&&) = delete;
  ~RowStream();

  // One row: values[i] is null for NULL, else lengths[i] bytes. False at the end. The pointers hold
  // until the next call.
  absl::StatusOr<bool> Next(const base::Context& context, char**& values, unsigned long*& lengths);

 private:
  Session* session_;
  st_mysql_res* result_;
  std::string what_;
};

// What a session is for.
struct SessionOptions {
  bool any_fork = false;  // A server of the other fork will do.
  // sql_mode, time_zone and time limits stay as the server has them, for statements of the user's.
  bool as_it_is = false;
};

// A connection to a server. Used by one thread at a time. Its session speaks utf8mb4 and, unless it
// is to be as it is, is in UTC and has an empty sql_mode.
class Session {
 public:
  // Connects: up to three times, with growing pauses, where another try may help.
  // errs::kConnectionFailed says why; a server of the other fork is told of.
  static absl::StatusOr<std::unique_ptr<Session>> Connect(const base::Context& context,
                                                          const Fork& fork,
                                                          const Settings& settings,
                                                          const SessionOptions& options = {});
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // While it lives, a stop of the context ends what the session waits for: the server is asked by a
  // second connection to kill the statement, and where that does not help the connection is cut.
  // Every verb has one, around all that it does on the session.
  class Watch {
   public:
    Watch(const base::Context& context, Session& session);
    ~Watch();
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

   private:
    void Run();
    base::Context context_;
    Session& session_;
    std::mutex mutex_;
    std::condition_variable changed_;
    bool done_ = false;
    std::thread thread_;
  };

  // Runs one statement. The context's status when it has stopped, and the session is broken then;
  // errors of the server as in sql_error.h, `what` before its message.
  absl::StatusOr<Rows> Query(const base::Context& context, std::string_view sql,
                             std::string_view what = "");
  absl::Status Execute(const base::Context& context, std::string_view sql,
                       std::string_view what = "");
  // The first column of the first row; "" for NULL, nothing where there is no row.
  absl::StatusOr<std::optional<std::string>> Value(const base::Context& context,
                                                   std::string_view sql);
  // The names of a statement's columns; its rows, if any, are dropped.
  absl::StatusOr<std::vector<std::string>> ColumnNames(const base::Context& context,
                                                       std::string_view sql,
                                                       std::string_view what = "");
  absl::StatusOr<RowStream> Stream(const base::Context& context, std::string_view sql,
                                   std::string_view what = "");

  bool is_mariadb() const { return fork_.mariadb; }
  const Fork& flavour() const { return fork_; }
  const driver::Version& version() const { return version_; }
  // "10.11.18-MariaDB-0+deb12u1"
  const std::string& version_text() const { return version_text_; }
  const Settings& settings() const { return settings_; }
  // "alice@db.example.com:3306/app", for messages.
  const std::string& target() const { return target_; }
  // True when the connection is encrypted by TLS.
  bool tls() const { return tls_; }
  // The longest statement that the server takes, in bytes.
  uint64_t max_packet() const { return max_packet_; }
  // True when no statement will succeed again.
  bool broken() const { return broken_; }
  // After a stop: true when the server itself ended the statement, so that the session can go on.
  // Not while a Watch lives.
  bool Recover();
  // Ends what runs at the server, and the connection; for a verb that gives up in the middle.
  void Abandon();

 private:
  friend class RowStream;
  Session(const Fork& fork, Settings settings, st_mysql* connection);
  absl::Status Prepare(const base::Context& context, bool as_it_is);
  absl::Status Send(const base::Context& context, std::string_view sql, std::string_view what);
  // What the last call failed with, or the context's status when that has stopped.
  absl::Status Failure(const base::Context& context, std::string_view what);
  // KILL QUERY by a second connection. False when the server cannot be reached: then nobody hears.
  bool KillQuery();

  const Fork& fork_;
  Settings settings_;
  st_mysql* connection_;
  unsigned long id_ = 0;
  int socket_ = -1;  // The connection's, for Watch's thread.
  driver::Version version_;
  std::string version_text_;
  std::string target_;
  uint64_t max_packet_ = 0;
  bool tls_ = false;
  bool broken_ = false;
  bool interrupted_ = false;  // Broken only by a stop, which the server has answered.
};

// Connector/C's version: "3.3.19".
std::string ConnectorVersion();

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_SESSION_H_
