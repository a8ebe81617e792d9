// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_SESSION_H_
#define DRIVERS_POSTGRES_SESSION_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "drivers/postgres/conninfo.h"
#include "drivers/postgres/waiter.h"
#include "siphon/base/context.h"

struct pg_conn;
struct pg_result;

namespace siphon::postgres {

// What a statement returned, as text. Rows and columns count from 0.
class Rows {
 public:
  explicit Rows(pg_result* result) : result_(result) {}
  Rows(Rows&& other) noexcept : result_(std::exchange(other.result_, nullptr)) {}
  Rows& operator=(Rows&& other) noexcept;
  ~Rows();

  int size() const;
  int columns() const;
  // NULL is "". Valid as long as the rows are.
  std::string_view Text(int row, int column) const;
  bool IsNull(int row, int column) const;
  // NULL and what is no number are 0.
  int64_t Int(int row, int column) const;
  bool Bool(int row, int column) const { return Text(row, column) == "t"; }

 private:
  pg_result* result_;
};

// A connection to a server. Used by one thread at a time.
class Session {
 public:
  // Connects: up to three times, with growing pauses, where another try may help.
  // errs::kConnectionFailed says why, see connect_failure.h.
  //
  // The session is siphon's own: its search_path is empty, so that nothing in the database can
  // stand in for an operator, a function or a type of siphon's statements, and every setting that
  // could cut, change or refuse a result has a fixed value, whatever the server, the database or
  // the role sets (see session_settings.h).
  static absl::StatusOr<std::unique_ptr<Session>> Connect(const base::Context& context,
                                                          const Settings& settings);
  // The same with the settings that the server, the database and the role give to every client, for
  // statements of the user's (migrations). Statements of siphon's own in such a session must
  // qualify every function, type and operator.
  static absl::StatusOr<std::unique_ptr<Session>> ConnectForUser(const base::Context& context,
                                                                 const Settings& settings);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Runs one statement with parameters for $1, $2, ..., or any number without; the rows are those
  // of the last one. When the context stops, the server is asked to cancel it, and the result is
  // the context's status. Errors of the server name its message, and their cause follows its
  // SQLSTATE: errs::kBusy for locks, errs::kIntegrity for damaged data, ...
  absl::StatusOr<Rows> Query(const base::Context& context, const std::string& sql,
                             const std::vector<std::string>& parameters = {});
  // The first column of the first row; an internal error when there is none.
  absl::StatusOr<std::string> QueryText(const base::Context& context, const std::string& sql,
                                        const std::vector<std::string>& parameters = {});
  // Runs any number of statements for what they do.
  absl::Status Execute(const base::Context& context, const std::string& sql);

  // 150018 for 15.18.
  int server_version() const;
  int server_major() const { return server_version() / 10000; }
  // The server's process as it was said at the start. A pooler says another number than
  // pg_backend_pid().
  int backend_pid() const;
  // "15.18"
  std::string server_version_text() const;

  // The schemas in which the user's own sessions look for unqualified names, in order, as an array
  // literal of type name[]: "{pg_catalog,public}". Empty in a session for the user.
  const std::string& user_search_path() const { return user_search_path_; }
  // The settings in force: those given, completed from the environment, service and password files.
  // Of several hosts, it is the one that the session is connected to.
  const Settings& settings() const { return settings_; }
  // "alice@db.example.com:5432/app", for messages.
  const std::string& target() const { return target_; }
  // True when the server is gone; no statement will succeed again.
  bool broken() const;

 private:
  friend class Transaction;
  explicit Session(pg_conn* connection);
  void LearnSettings();
  // Makes the session siphon's own.
  absl::Status Isolate(const base::Context& context);
  absl::StatusOr<Rows> Await(const base::Context& context);
  absl::StatusOr<pg_result*> NextResult(Waiter& waiter, base::Context::SteadyTime until);
  // Asks the server to cancel what runs, and waits for the answer for a short time.
  void Cancel();
  absl::Status LostError() const;

  pg_conn* connection_;
  Settings settings_;
  std::string target_;
  std::string user_search_path_;
};

// A transaction that is rolled back where it is not committed.
class Transaction {
 public:
  // `begin` as in "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY".
  static absl::StatusOr<Transaction> Begin(const base::Context& context, Session& session,
                                           const std::string& begin);
  Transaction(Transaction&& other) noexcept : session_(std::exchange(other.session_, nullptr)) {}
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();
  absl::Status Commit(const base::Context& context);

 private:
  explicit Transaction(Session* session) : session_(session) {}
  Session* session_;
};

// An application_name that no other session has, made of that of `settings` ("siphon/8f3a01bc").
std::string UniqueApplicationName(const Settings& settings);

// Ends the sessions of the same user with this application_name, but not `session` itself, and
// waits until the server has none left: at most for some seconds, and whatever the verb's context
// says.
void EndSessions(Session& session, const std::string& application_name);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_SESSION_H_
