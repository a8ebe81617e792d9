// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_SESSION_H_
#define DRIVERS_MYSQLCOMMON_SESSION_H_

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "drivers/mysqlcommon/fork.h"
#include "drivers/mysqlcommon/server_facts.h"
#include "drivers/mysqlcommon/settings.h"
#include "drivers/mysqlcommon/tokens.h"
#include "drivers/mysqlcommon/wait_limits.h"
#include "siphon/base/context.h"
#include "siphon/driver/version.h"

struct st_mysql;
struct st_mysql_res;

namespace siphon::mysqlcommon {

// The longest packet, in bytes: the upper limit of max_allowed_packet. A packet has a few bytes
// more than its statement.
inline constexpr unsigned long kLongestPacket = 1UL << 30;
inline constexpr size_t kPacketHead = 64;

// The result of a statement that fits into memory. NULL is std::nullopt.
using Row = std::vector<std::optional<std::string>>;
using Rows = std::vector<Row>;

// A value as text; "" for NULL and for a missing column.
std::string_view Text(const Row& row, size_t column);
// A value as a number; 0 when it is not one.
int64_t Int(const Row& row, size_t column);

class Session;

// The rows of a statement, unbuffered, as the server sends them. The session can run no other
// statement while this object exists. Destroying it before the end, or before an error, breaks the
// session.
class RowStream {
 public:
  // Messages of errors begin with `what`.
  RowStream(Session* session, st_mysql_res* result, std::string_view what)
      : session_(session), result_(result), what_(what) {}
  RowStream(RowStream&& other) noexcept
      : session_(other.session_),
        result_(std::exchange(other.result_, nullptr)),
        what_(std::move(other.what_)) {}
  RowStream& operator=(RowStream&&) = delete;
  ~RowStream();

  // Reads a row: values[i] is null for NULL, else has lengths[i] bytes. False at the end. The
  // pointers are valid until the next call.
  absl::StatusOr<bool> Next(const base::Context& context, char**& values, unsigned long*& lengths);

 private:
  Session* session_;
  st_mysql_res* result_;
  std::string what_;
};

struct SessionOptions {
  bool any_fork = false;  // Accept a server of the other fork.
  // Leave sql_mode, time_zone, limits and all other variables at the server's values, because the
  // session runs the user's statements. Accept servers of any version.
  bool as_it_is = false;
  int attempts = 3;  // The most attempts to connect.
};

// A connection to a server. Used by one thread at a time. The session's character set is utf8mb4.
// Unless SessionOptions::as_it_is is set, its variables are those of session_variables.h: the time
// zone is UTC and sql_mode is empty.
class Session {
 public:
  // Connects; tries several times, with growing pauses, where another attempt may succeed. An
  // attempt ends after Settings::connect_timeout in any phase of the login, and at once when the
  // context stops. The password itself is sent only under the conditions in docs/mysql.md,
  // "Authentication". errs::kConnectionFailed with the reason, also for a server of the other fork;
  // errs::kDriverUnsupported for a server that is too old.
  static absl::StatusOr<std::unique_ptr<Session>> Connect(const base::Context& context,
                                                          const Fork& fork,
                                                          const Settings& settings,
                                                          const SessionOptions& options = {});
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // While this object exists, a stop of the context interrupts the session's running statement: a
  // second connection asks the server to kill it, and if that does not help, the connection is cut.
  // Every verb has one for as long as it uses the session.
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

  // Runs one statement; for Query() it must return columns. When the context has stopped, returns
  // the context's status, and the session is broken. Errors of the server are those of sql_error.h;
  // their messages begin with `what`.
  //
  // If the statement waits longer than 3 s for a lock on a definition (a metadata lock), a message
  // to the context names the session that holds the lock. A second connection finds that session.
  //
  // When the server has been silent for Settings::read_timeout, a second connection asks it whether
  // the statement still runs. If it does not answer, or knows no such statement, the session is
  // broken: errs::kConnectionFailed. After the context of Connect() has stopped, the server is
  // asked after 2 s of silence, and only once, even if the statement's own context never stops.
  // Results of more than 256 MiB are an error, too, except those of Execute() with
  // SessionOptions::as_it_is.
  absl::StatusOr<Rows> Query(const base::Context& context, std::string_view sql,
                             std::string_view what = "");
  absl::Status Execute(const base::Context& context, std::string_view sql,
                       std::string_view what = "");
  // The first column of the first row; "" for NULL, std::nullopt when there is no row.
  absl::StatusOr<std::optional<std::string>> Value(const base::Context& context,
                                                   std::string_view sql);
  // The names of the columns of a statement's result; rows are discarded.
  absl::StatusOr<std::vector<std::string>> ColumnNames(const base::Context& context,
                                                       std::string_view sql,
                                                       std::string_view what = "");
  // The rows must have this number of columns.
  absl::StatusOr<RowStream> Stream(const base::Context& context, std::string_view sql,
                                   size_t columns, std::string_view what = "");

  bool is_mariadb() const { return fork_.mariadb; }
  const Fork& server_fork() const { return fork_; }
  const driver::Version& version() const { return version_; }
  // True when the server accepts this, by the table in server_facts.h.
  bool Accepts(Feature feature) const { return mysqlcommon::Accepts(fork_, version_, feature); }
  // "10.11.18-MariaDB-0+deb12u1"
  const std::string& version_text() const { return version_text_; }
  const Settings& settings() const { return settings_; }
  // The statements that set the variables of this session. Another program's session that runs
  // them gets the same settings.
  const std::vector<std::string>& own_settings() const { return own_settings_; }
  // "alice@db.example.com:3306/app", for messages.
  const std::string& target() const { return target_; }
  // True when the connection is encrypted by TLS.
  bool tls() const { return tls_; }
  // The longest statement that the server accepts, in bytes.
  uint64_t max_packet() const { return max_packet_; }
  // The number of warnings of the last statement.
  unsigned int warnings() const;
  // True when no statement will succeed again.
  bool broken() const { return broken_; }
  // After a stop: makes the session usable again if the server ended the statement itself; returns
  // whether it is usable. Must not be called while a Watch exists.
  bool Recover();
  // Ends the running statement and the connection, for a verb that stops before its end.
  void Abandon();

 private:
  friend class RowStream;
  Session(const Fork& fork, Settings settings, st_mysql* connection, std::stop_token verb);
  // Reads the version and sets variables, until `deadline`.
  absl::Status Prepare(const base::Context& context,
                       std::optional<base::Context::SteadyTime> deadline, bool as_it_is);
  absl::Status ReadVersion(const base::Context& context);
  // The settings of a session that is siphon's own (session_variables.h).
  absl::Status SetVariables(const base::Context& context);
  absl::Status Send(const base::Context& context, std::string_view sql, std::string_view what,
                    size_t longest_packet);
  // Runs a statement and reads its results. Results that take more than `limit` bytes of memory are
  // an error. `rows` may be null.
  absl::Status Run(const base::Context& context, std::string_view sql, std::string_view what,
                   size_t limit, Rows* rows);
  absl::Status ReadResult(const base::Context& context, std::string_view what, st_mysql_res* result,
                          size_t limit, size_t& received, Rows* rows);
  // The error of the last call, or the context's status when the context has stopped.
  absl::Status Failure(const base::Context& context, std::string_view what);
  // Sends KILL QUERY on a second connection. False when the server cannot be reached.
  bool KillQuery();
  // The limits of a call that waits for the server.
  WaitLimits::Rules Limits(const base::Context& context);
  // Says who holds the lock that the statement waits for, if it waits for one.
  void TellOfLock(const base::Context& context);
  // After a silence: whether to wait any longer. `sending`: siphon waits for the server to read a
  // statement, not for its answer.
  bool GoesOn(const base::Context& context, bool sending);
  enum class Answer { kRuns, kBusy, kNone };
  Answer AskWhetherItRuns(const base::Context& context, bool sending);

  const Fork& fork_;
  Settings settings_;
  st_mysql* connection_;
  unsigned long id_ = 0;
  int socket_ = -1;  // Of the connection; used by Watch's thread.
  driver::Version version_;
  std::string version_text_;
  std::string target_;
  std::vector<std::string> own_settings_;
  uint64_t max_packet_ = 0;
  bool tls_ = false;
  bool as_it_is_ = false;
  struct LoginLimits {
    const base::Context* context;
    std::optional<base::Context::SteadyTime> deadline;
  };
  std::optional<LoginLimits> login_;              // While Prepare() runs.
  WaitLimits::End end_ = WaitLimits::End::kNone;  // Of the last call.
  std::string statement_;                         // The beginning of the last statement.
  int busy_answers_ = 0;
  std::string told_of_;         // The state and holder of a lock that a message has named.
  const std::stop_token verb_;  // Of the context of Connect().
  bool broken_ = false;
  bool interrupted_ = false;  // Broken by a stop only; the server has answered.
};

// The versioned comments that the session's server executes.
CommentRule RuleOf(const Session& session);

// Connector/C's version: "3.3.19".
std::string ConnectorVersion();

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_SESSION_H_
