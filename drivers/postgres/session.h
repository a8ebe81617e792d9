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

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "drivers/postgres/conninfo.h"
#include "drivers/postgres/rows.h"
#include "drivers/postgres/waiter.h"
#include "siphon/base/context.h"

struct pg_conn;
struct pg_result;

namespace siphon::postgres {

// A connection to a server. Used by one thread at a time.
class Session {
 public:
  // Connects. Tries up to three times, with growing pauses, if another attempt may succeed. The
  // error is errs::kConnectionFailed with the cause; see connect_failure.h.
  //
  // A server that does not send its version, or does not send UTF-8, is an error: it does not speak
  // the protocol. An answer of more than 256 MiB ends the connection with an error.
  //
  // The session is siphon's own: its search_path is empty, so that nothing in the database can
  // stand in for an operator, a function or a type of siphon's statements, and every setting that
  // could cut, change or refuse a result has a fixed value, whatever the server, the database or
  // the role sets (see session_settings.h). A pooler would hand such a session on to others, so one
  // that does (see IsShared()) is errs::kDriverUnsupported.
  //
  // A database with the encoding SQL_ASCII may hold bytes of any encoding. Its texts come as they
  // are; those of other databases are UTF-8.
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

  // Runs one statement with parameters for $1, $2, ..., or any number of statements without
  // parameters, and returns the rows of the last one, which are of the form `columns`. If the
  // context stops, asks the server to cancel and returns the context's status. An error holds the
  // server's message; the SQLSTATE gives its cause: errs::kBusy for locks, errs::kIntegrity for
  // damaged data, ... A server that does not keep to the protocol ends the connection.
  absl::StatusOr<Rows> Query(const base::Context& context, Columns columns, const std::string& sql,
                             const std::vector<std::string>& parameters = {});
  // The same for a statement that returns exactly one row.
  absl::StatusOr<Rows> QueryRow(const base::Context& context, Columns columns,
                                const std::string& sql,
                                const std::vector<std::string>& parameters = {});
  // The same for the first statement of a session, with the time limit of an attempt to connect.
  absl::StatusOr<Rows> QueryRowPromptly(const base::Context& context, Columns columns,
                                        const std::string& sql);
  // The only value of a statement; "" for NULL.
  absl::StatusOr<std::string> QueryText(const base::Context& context, const std::string& sql,
                                        const std::vector<std::string>& parameters = {});
  // The only value of a statement in the binary form of its type; of a bytea its bytes.
  absl::StatusOr<std::string> QueryBytes(const base::Context& context, const std::string& sql);
  // Rows of any form. For statements that siphon did not write.
  absl::StatusOr<Rows> QueryAny(const base::Context& context, const std::string& sql,
                                const std::vector<std::string>& parameters = {});
  // Runs any number of statements and ignores their rows.
  absl::Status Execute(const base::Context& context, const std::string& sql);

  // Runs "COPY ... TO STDOUT" and passes each row, with its line feed, to `take` as it comes. An
  // error of `take` ends the statement, and may end the connection; it is returned.
  using RowTaker = absl::FunctionRef<absl::Status(std::string_view row)>;
  absl::Status CopyOut(const base::Context& context, const std::string& sql, RowTaker take);
  // The same, drops the rows and returns their number.
  absl::StatusOr<int64_t> CountCopied(const base::Context& context, const std::string& sql);

  // Runs "COPY ... FROM STDIN" with the bytes that `next` returns, until it returns none. Returns
  // the number of rows that the server has stored. An error of `next`, or a stopped context, ends
  // the connection, and nothing is stored.
  using BytesSource = absl::FunctionRef<absl::StatusOr<std::string_view>()>;
  absl::StatusOr<int64_t> CopyIn(const base::Context& context, const std::string& sql,
                                 BytesSource next);

  // The form in which a server stores `password` of `role` (SCRAM-SHA-256), computed here: the
  // password itself appears in no statement.
  absl::StatusOr<std::string> PasswordVerifier(const std::string& role,
                                               const std::string& password) const;

  // 150018 for 15.18.
  int server_version() const;
  int server_major() const { return server_version() / 10000; }
  // The process id that the server sent when the session began. Behind a pooler it differs from
  // pg_backend_pid().
  int backend_pid() const;
  // "15.18"
  std::string server_version_text() const;
  // True for a database whose encoding is SQL_ASCII.
  bool is_sql_ascii() const;

  // True if a pooler shares the server process of this session with other clients between
  // transactions. Opens a second connection: if it gets the same process, the process is shared.
  // In a busy pool another client may get the process first, and the answer is false.
  absl::StatusOr<bool> IsShared(const base::Context& context);

  // The schemas in which the user's own sessions look for unqualified names, in order, as an array
  // literal of type name[]: "{pg_catalog,public}". Empty in a session for the user.
  const std::string& user_search_path() const { return user_search_path_; }
  // The settings of this connection, completed from the environment, service and password files. Of
  // several hosts, only the one that the session is connected to.
  const Settings& settings() const { return settings_; }
  // "alice@db.example.com:5432/app", for messages.
  const std::string& target() const { return target_; }
  // True if the connection is lost; no statement will succeed again.
  bool broken() const;
  // True if siphon ended the session, because the server was silent or broke the protocol.
  bool given_up() const { return abandoned_; }

 private:
  friend class Transaction;
  explicit Session(pg_conn* connection);
  void LearnSettings();
  // Refuses a server that does not introduce itself as PostgreSQL does.
  absl::Status CheckGreeting() const;
  absl::Status SharedError() const;
  // Makes the session siphon's own.
  absl::Status Isolate(const base::Context& context);
  // Runs `work` with the time limit of an attempt to connect.
  absl::Status Promptly(const base::Context& context,
                        absl::FunctionRef<absl::Status(const base::Context&)> work);
  // The last result of a statement. A server that sends none does not keep to the protocol.
  absl::StatusOr<Rows> Await(const base::Context& context);
  // Reads all results that are left of a statement. Returns the last one, for the caller to clear;
  // null if there was none.
  absl::StatusOr<pg_result*> ReadResults(const base::Context& context);
  // Reads the rows of a COPY to the end.
  absl::Status ReadCopied(const base::Context& context, RowTaker take);
  // Waits until the server has begun to take the rows of a COPY.
  absl::Status BeginCopyIn(const base::Context& context);
  absl::Status SendCopied(const base::Context& context, BytesSource next);
  // Waits until everything is sent.
  absl::Status Flush(Waiter& waiter);
  absl::StatusOr<pg_result*> NextResult(Waiter& waiter, base::Context::SteadyTime until);
  // Asks the server to cancel the running statement, and waits for a short time until it ends.
  void Cancel();
  // Gives up a connection whose server does not keep to the protocol. Returns `why`.
  absl::Status Abandon(absl::Status why);
  // The error of a statement without a result. Ends the connection.
  absl::Status NoResultError();
  absl::Status LostError() const;

  pg_conn* connection_;
  Settings settings_;
  std::string target_;
  std::string user_search_path_;
  bool abandoned_ = false;
};

// A transaction. Its destructor rolls back, unless Commit() was called.
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

// A unique application_name with that of `settings` as its prefix ("siphon/8f3a01bc").
std::string UniqueApplicationName(const Settings& settings);

// Ends the user's sessions with this application_name, except `session`, and waits some seconds at
// most until they are gone. Runs even if the verb was cancelled.
void EndSessions(Session& session, const std::string& application_name);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_SESSION_H_
