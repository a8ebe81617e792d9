// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/session.h"

#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <random>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "drivers/postgres/connect_failure.h"
#include "drivers/postgres/session_settings.h"
#include "drivers/postgres/sql_error.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/cut_connection.h"
#include "siphon/driver/backoff.h"

namespace siphon::postgres {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::string_view kOp = "postgres";
// The time limit for cancelling a statement and for ending a session.
constexpr seconds kCancelLimit{3};
constexpr milliseconds kEndPoll{20};
constexpr seconds kPoolerProbe{3};
// The most bytes that a server may send: until the connection is ready, in one message, for one
// statement. The answers for a database with two million tables stay below the last limit.
constexpr size_t kGreetingLimit = size_t{256} << 10;
constexpr int kMessageLimit = 16 << 20;
constexpr size_t kStatementLimit = size_t{256} << 20;
// The longest row of COPY is less than 1 GiB (PostgreSQL's MaxAllocSize).
constexpr size_t kCopyLimit = (size_t{1} << 30) + (size_t{1} << 20);
// The longest application_name (NAMEDATALEN - 1).
constexpr size_t kLongestName = 63;
constexpr std::string_view kEncoding = "UTF8";
constexpr size_t kLongestVersion = 64;
constexpr int kLastMajor = 999;

Clock::time_point Forever() { return Clock::time_point::max(); }

struct ConnectionCloser {
  void operator()(PGconn* connection) const { PQfinish(connection); }
};
using ConnectionHandle = std::unique_ptr<PGconn, ConnectionCloser>;

struct ResultCloser {
  void operator()(PGresult* result) const { PQclear(result); }
};
using ResultHandle = std::unique_ptr<PGresult, ResultCloser>;

std::string Value(const Settings& settings, std::string_view name) {
  const auto it = settings.find(name);
  return it == settings.end() ? "" : it->second;
}

// A result that libpq returns again and again, until the rows are read or sent.
bool IsCopy(const PGresult* result) {
  const ExecStatusType status = PQresultStatus(result);
  return status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH;
}

// "15.18", "18beta1", "13.0.0-rc.1"
bool IsVersion(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
           std::string_view(".+-_~").find(c) != std::string_view::npos;
  });
}

// "alice@db:5432/app", as far as known.
std::string Describe(const Settings& settings) {
  std::string text = Value(settings, "user");
  if (!text.empty()) text += "@";
  absl::StrAppend(&text, Value(settings, "host"));
  const std::string port = Value(settings, "port");
  if (!port.empty()) absl::StrAppend(&text, ":", port);
  const std::string database = Value(settings, "dbname");
  if (!database.empty()) absl::StrAppend(&text, "/", database);
  const std::string service = Value(settings, "service");
  if (!service.empty()) absl::StrAppend(&text, text.empty() ? "" : ", ", "service ", service);
  return text.empty() ? "PostgreSQL" : text;
}

// One attempt. If it fails, returns null and sets `message`. If the context stops, returns the
// context's status.
absl::StatusOr<ConnectionHandle> TryConnect(const base::Context& context, const Settings& settings,
                                            seconds timeout, std::string& message) {
  std::vector<const char*> keywords, values;
  for (const auto& [name, value] : settings) {
    keywords.push_back(name.c_str());
    values.push_back(value.c_str());
  }
  keywords.push_back(nullptr);
  values.push_back(nullptr);
  ConnectionHandle connection(PQconnectStartParams(keywords.data(), values.data(), 0));
  if (connection == nullptr) return errs::InternalError(kOp, "out of memory");
  PQsetReceiveLimits(connection.get(), kMessageLimit, kGreetingLimit);
  // Otherwise libpq prints notices to standard error.
  PQsetNoticeReceiver(
      connection.get(), [](void*, const PGresult*) {}, nullptr);
  // Includes the SQLSTATE in the message; there is no other way to get it.
  PQsetErrorVerbosity(connection.get(), PQERRORS_VERBOSE);
  Waiter waiter(context);
  PostgresPollingStatusType state =
      PQstatus(connection.get()) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
  std::string address;
  Clock::time_point until = Forever();
  std::string given_up;
  while (state != PGRES_POLLING_OK && state != PGRES_POLLING_FAILED) {
    // Each address of each host has its own time limit.
    const std::string now_at = absl::StrCat(
        PQhost(connection.get()), " ", PQhostaddr(connection.get()), " ", PQport(connection.get()));
    if (now_at != address && timeout.count() > 0) until = Clock::now() + timeout;
    address = now_at;
    ASSIGN_OR_RETURN(const bool ready,
                     waiter.Wait(PQsocket(connection.get()),
                                 state == PGRES_POLLING_READING ? POLLIN : POLLOUT, until));
    if (!ready) {
      absl::StrAppend(&given_up, "connection to server at ", address, ": timeout expired\n");
      address.clear();
      PQconnectNextAddress(connection.get());
    }
    state = PQconnectPoll(connection.get());
  }
  if (state == PGRES_POLLING_OK) return connection;
  message = absl::StrCat(given_up, PQerrorMessage(connection.get()));
  return ConnectionHandle();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Session>> Session::Connect(const base::Context& context,
                                                          const Settings& settings) {
  ASSIGN_OR_RETURN(std::unique_ptr<Session> session, ConnectForUser(context, settings));
  RETURN_IF_ERROR(session->Isolate(context));
  return session;
}

absl::StatusOr<std::unique_ptr<Session>> Session::ConnectForUser(const base::Context& context,
                                                                 const Settings& settings) {
  ASSIGN_OR_RETURN(const seconds timeout, ConnectTimeout(settings));
  driver::Backoff backoff;
  while (true) {
    std::string message;
    ASSIGN_OR_RETURN(ConnectionHandle connection, TryConnect(context, settings, timeout, message));
    if (connection != nullptr) {
      std::unique_ptr<Session> session(new Session(connection.release()));
      RETURN_IF_ERROR(session->CheckGreeting());
      return session;
    }
    const ConnectFailure failure = ClassifyConnectFailure(message);
    if (!failure.retry || !backoff.More()) {
      return ConnectError(Describe(settings), failure, message);
    }
    RETURN_IF_ERROR(backoff.Pause(context));
  }
}

Session::Session(pg_conn* connection) : connection_(connection) {
  PQsetErrorVerbosity(connection_, PQERRORS_DEFAULT);
  PQsetReceiveLimits(connection_, kMessageLimit, kStatementLimit);
  PQsetnonblocking(connection_, 1);
  LearnSettings();
}

Session::~Session() { PQfinish(connection_); }

absl::Status Session::CheckGreeting() const {
  const auto refuse = [&](std::string_view what) {
    return errs::SystemError(kOp, errs::kConnectionFailed, absl::StrCat(target_, ": ", what),
                             "check that a PostgreSQL server listens there");
  };
  const char* const version = PQparameterStatus(connection_, "server_version");
  if (version == nullptr) return refuse("the server does not name its version");
  const std::string text = server_version_text();
  int major = 0;
  if (text.size() > kLongestVersion ||
      !absl::SimpleAtoi(text.substr(0, text.find_first_not_of("0123456789")), &major) ||
      major < 1 || major > kLastMajor || server_major() < 1 || !IsVersion(text)) {
    return refuse(absl::StrCat("the server's version is \"",
                               CleanMessage(text.substr(0, kLongestVersion)), "\""));
  }
  const char* const encoding = PQparameterStatus(connection_, "client_encoding");
  if (encoding == nullptr || std::string_view(encoding) != kEncoding) {
    return refuse("the server does not send UTF-8 as it was asked to");
  }
  return absl::OkStatus();
}

absl::Status Session::Promptly(const base::Context& context,
                               absl::FunctionRef<absl::Status(const base::Context&)> work) {
  ASSIGN_OR_RETURN(const seconds timeout, ConnectTimeout(settings_));
  if (timeout.count() == 0) return work(context);
  const Clock::time_point until = Clock::now() + timeout;
  if (context.deadline().value_or(Forever()) <= until) return work(context);
  const absl::Status status = work(context.WithDeadline(until));
  if (!errs::Is(status, errs::kCancelled)) return status;
  // The limit may have passed before the stop arrived.
  RETURN_IF_ERROR(context.Check());
  return errs::SystemError(kOp, errs::kConnectionFailed,
                           absl::StrCat(target_, ": the server does not answer"),
                           "check the server; connect_timeout sets the limit");
}

absl::Status Session::Isolate(const base::Context& context) {
  // Until the search_path is empty, statements may use nothing but functions of pg_catalog with
  // arguments of exactly their types.
  return Promptly(context, [&](const base::Context& limited) -> absl::Status {
    if (is_sql_ascii()) RETURN_IF_ERROR(Execute(limited, "SET client_encoding = 'SQL_ASCII'"));
    ASSIGN_OR_RETURN(
        const Rows row,
        QueryRow(limited, {"it"},
                 "SELECT pg_catalog.pg_backend_pid(), pg_catalog.current_schemas(true)"));
    if (row.Int(0, 0) != backend_pid()) {
      ASSIGN_OR_RETURN(const bool shared, IsShared(limited));
      if (shared) return SharedError();
    }
    user_search_path_ = row.Text(0, 1);
    return Execute(limited, absl::StrCat("SELECT pg_catalog.set_config("
                                         "'search_path'::pg_catalog.text, ''::pg_catalog.text,"
                                         " false); ",
                                         OwnSettingsSql(server_major())));
  });
}

absl::StatusOr<bool> Session::IsShared(const base::Context& context) {
  const std::string ask = "SELECT pg_catalog.pg_backend_pid()";
  ASSIGN_OR_RETURN(const std::string mine, QueryText(context, ask));
  if (mine == absl::StrCat(backend_pid())) return false;
  // A full pool in session mode makes the second client wait.
  const base::Context briefly = context.WithDeadline(Clock::now() + kPoolerProbe);
  const auto other = ConnectForUser(briefly, settings_);
  for (int i = 0; i < 3 && other.ok(); ++i) {
    const absl::StatusOr<std::string> theirs = (*other)->QueryText(briefly, ask);
    if (!theirs.ok()) break;
    ASSIGN_OR_RETURN(const std::string now, QueryText(context, ask));
    if (now != mine || now == *theirs) return true;
  }
  RETURN_IF_ERROR(context.Check());
  return false;
}

absl::Status Session::SharedError() const {
  return errs::UserError(kOp, errs::kDriverUnsupported,
                         absl::StrCat(target_,
                                      " is a pooler that shares connections between transactions:"
                                      " it would give the settings of siphon's session to others"),
                         "connect to the server itself, or through a pool in session mode");
}

void Session::LearnSettings() {
  PQconninfoOption* const options = PQconninfo(connection_);
  for (const PQconninfoOption* option = options; option != nullptr && option->keyword != nullptr;
       ++option) {
    if (option->val != nullptr && *option->val != '\0') settings_[option->keyword] = option->val;
  }
  PQconninfoFree(options);
  // Without these, another connection with the settings reaches the same server.
  for (const std::string_view name :
       {"service", "passfile", "target_session_attrs", "load_balance_hosts", "hostaddr"}) {
    const auto it = settings_.find(name);
    if (it != settings_.end()) settings_.erase(it);
  }
  settings_["host"] = PQhost(connection_);
  settings_["port"] = PQport(connection_);
  settings_["user"] = PQuser(connection_);
  settings_["dbname"] = PQdb(connection_);
  if (!absl::StartsWith(settings_["host"], "/")) settings_["hostaddr"] = PQhostaddr(connection_);
  const std::string_view password = PQpass(connection_);
  if (!password.empty()) settings_["password"] = std::string(password);
  target_ = Describe(settings_);
}

absl::StatusOr<Rows> Session::QueryAny(const base::Context& context, const std::string& sql,
                                       const std::vector<std::string>& parameters) {
  RETURN_IF_ERROR(context.Check());
  if (abandoned_) return LostError();
  std::vector<const char*> values;
  for (const std::string& parameter : parameters) values.push_back(parameter.c_str());
  const int sent =
      values.empty() ? PQsendQuery(connection_, sql.c_str())
                     : PQsendQueryParams(connection_, sql.c_str(), static_cast<int>(values.size()),
                                         nullptr, values.data(), nullptr, nullptr, 0);
  return sent == 0 ? LostError() : Await(context);
}

absl::StatusOr<Rows> Session::Query(const base::Context& context, Columns columns,
                                    const std::string& sql,
                                    const std::vector<std::string>& parameters) {
  ASSIGN_OR_RETURN(Rows rows, QueryAny(context, sql, parameters));
  const absl::Status fits = CheckColumns(rows, columns);
  if (!fits.ok()) return Abandon(fits);
  return rows;
}

absl::StatusOr<Rows> Session::QueryRow(const base::Context& context, Columns columns,
                                       const std::string& sql,
                                       const std::vector<std::string>& parameters) {
  ASSIGN_OR_RETURN(Rows rows, Query(context, columns, sql, parameters));
  RETURN_IF_ERROR(CheckSize(rows, 1));
  return rows;
}

absl::StatusOr<Rows> Session::QueryRowPromptly(const base::Context& context, Columns columns,
                                               const std::string& sql) {
  std::optional<Rows> row;
  RETURN_IF_ERROR(Promptly(context, [&](const base::Context& limited) -> absl::Status {
    ASSIGN_OR_RETURN(row, QueryRow(limited, columns, sql));
    return absl::OkStatus();
  }));
  return *std::move(row);
}

absl::StatusOr<std::string> Session::QueryText(const base::Context& context, const std::string& sql,
                                               const std::vector<std::string>& parameters) {
  ASSIGN_OR_RETURN(const Rows rows, QueryRow(context, {"t?"}, sql, parameters));
  return std::string(rows.Text(0, 0));
}

absl::StatusOr<std::string> Session::QueryBytes(const base::Context& context,
                                                const std::string& sql) {
  RETURN_IF_ERROR(context.Check());
  constexpr int kBinary = 1;
  if (abandoned_ || PQsendQueryParams(connection_, sql.c_str(), 0, nullptr, nullptr, nullptr,
                                      nullptr, kBinary) == 0) {
    return LostError();
  }
  ASSIGN_OR_RETURN(const Rows rows, Await(context));
  if (rows.size() != 1 || rows.columns() != 1 || rows.IsNull(0, 0)) {
    return Abandon(errs::SystemError(
        kOp, errs::kDatabase,
        absl::StrCat(target_, ": the server's answer does not fit the statement: it is no value"),
        "check that the server is PostgreSQL, and check the proxy or pooler in front of it"));
  }
  return std::string(rows.Text(0, 0));
}

absl::Status Session::Execute(const base::Context& context, const std::string& sql) {
  return QueryAny(context, sql).status();
}

absl::StatusOr<Rows> Session::Await(const base::Context& context) {
  ASSIGN_OR_RETURN(PGresult* const last, ReadResults(context));
  if (last == nullptr) return NoResultError();
  return Rows(last);
}

absl::StatusOr<pg_result*> Session::ReadResults(const base::Context& context) {
  Waiter waiter(context);
  ResultHandle last;
  absl::Status error;
  while (true) {
    const absl::StatusOr<PGresult*> next = NextResult(waiter, Forever());
    if (!next.ok()) {
      const absl::Status stopped = context.Check();
      if (stopped.ok()) return next.status();
      Cancel();
      return stopped;
    }
    ResultHandle result(*next);
    if (result == nullptr) break;
    const ExecStatusType status = PQresultStatus(result.get());
    if (IsCopy(result.get())) {
      return Abandon(
          errs::SystemError(kOp, errs::kDatabase,
                            absl::StrCat(target_, ": the server answers a statement with a COPY")));
    }
    if (error.ok() && status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK &&
        status != PGRES_EMPTY_QUERY) {
      error = broken() ? LostError() : SqlError(result.get());
    }
    last = std::move(result);
  }
  RETURN_IF_ERROR(error);
  return last.release();
}

absl::Status Session::CopyOut(const base::Context& context, const std::string& sql, RowTaker take) {
  RETURN_IF_ERROR(context.Check());
  if (abandoned_ || PQsendQuery(connection_, sql.c_str()) == 0) return LostError();
  // libpq applies the limits to the first row.
  PQsetReceiveLimits(connection_, 0, kCopyLimit);
  const absl::Cleanup limits = [this] {
    PQsetReceiveLimits(connection_, kMessageLimit, kStatementLimit);
  };
  absl::Status taken;
  const absl::Status read = ReadCopied(context, [&](std::string_view row) {
    taken = take(row);
    return taken;
  });
  const absl::Status stopped = context.Check();
  if (!stopped.ok() || !taken.ok()) {
    Cancel();
    return stopped.ok() ? taken : stopped;
  }
  RETURN_IF_ERROR(read);
  // An error in the middle of the rows comes after them.
  return Await(context).status();
}

absl::StatusOr<int64_t> Session::CountCopied(const base::Context& context, const std::string& sql) {
  int64_t count = 0;
  RETURN_IF_ERROR(CopyOut(context, sql, [&](std::string_view) {
    ++count;
    return absl::OkStatus();
  }));
  return count;
}

absl::Status Session::ReadCopied(const base::Context& context, RowTaker take) {
  Waiter waiter(context);
  ASSIGN_OR_RETURN(PGresult* const first, NextResult(waiter, Forever()));
  const ResultHandle result(first);
  if (result == nullptr) return NoResultError();
  if (PQresultStatus(result.get()) != PGRES_COPY_OUT) {
    if (PQresultStatus(result.get()) != PGRES_FATAL_ERROR) {
      return Abandon(errs::SystemError(
          kOp, errs::kDatabase, absl::StrCat(target_, ": the server does not answer with a COPY")));
    }
    const absl::Status error = broken() ? LostError() : SqlError(result.get());
    const ResultHandle rest(ReadResults(context).value_or(nullptr));
    return error;
  }
  while (true) {
    char* bytes = nullptr;
    const int size = PQgetCopyData(connection_, &bytes, 1);
    if (size < 0) return absl::OkStatus();
    if (size > 0) {
      const std::unique_ptr<char, decltype(&PQfreemem)> row(bytes, &PQfreemem);
      RETURN_IF_ERROR(take({bytes, static_cast<size_t>(size)}));
      continue;
    }
    RETURN_IF_ERROR(waiter.Wait(PQsocket(connection_), POLLIN, Forever()).status());
    if (PQconsumeInput(connection_) == 0) return LostError();
  }
}

// Null after the last result of a statement.
absl::StatusOr<pg_result*> Session::NextResult(Waiter& waiter, base::Context::SteadyTime until) {
  while (true) {
    const int flushed = PQflush(connection_);
    if (flushed < 0) return LostError();
    if (flushed == 0 && PQisBusy(connection_) == 0) return PQgetResult(connection_);
    const short events = static_cast<short>(flushed > 0 ? POLLIN | POLLOUT : POLLIN);
    ASSIGN_OR_RETURN(const bool ready, waiter.Wait(PQsocket(connection_), events, until));
    if (!ready)
      return errs::SystemError(kOp, errs::kConnectionFailed, "the server does not answer");
    if (PQconsumeInput(connection_) == 0) return LostError();
  }
}

void Session::Cancel() {
  // Runs although the context has stopped.
  const Clock::time_point until = Clock::now() + kCancelLimit;
  Waiter waiter{base::Context()};
  PGcancelConn* const cancel = PQcancelCreate(connection_);
  PostgresPollingStatusType state =
      PQcancelStart(cancel) == 0 ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
  while (state != PGRES_POLLING_OK && state != PGRES_POLLING_FAILED) {
    const absl::StatusOr<bool> ready = waiter.Wait(
        PQcancelSocket(cancel), state == PGRES_POLLING_READING ? POLLIN : POLLOUT, until);
    if (!ready.ok() || !*ready) break;
    state = PQcancelPoll(cancel);
  }
  PQcancelFinish(cancel);
  while (true) {
    const absl::StatusOr<PGresult*> next = NextResult(waiter, until);
    if (next.ok() && *next == nullptr) return;
    const ResultHandle result(next.value_or(nullptr));
    if (!next.ok() || IsCopy(result.get()) || Clock::now() >= until) break;
  }
  Abandon(absl::OkStatus()).IgnoreError();
}

absl::Status Session::Abandon(absl::Status why) {
  abandoned_ = true;
  // The server ends the transaction when it notices.
  base::CutConnection(PQsocket(connection_));
  return why;
}

absl::Status Session::NoResultError() {
  if (broken()) return LostError();
  return Abandon(errs::SystemError(
      kOp, errs::kDatabase, absl::StrCat(target_, ": the server ends a statement without a result"),
      "check that the server is PostgreSQL, and check the proxy or pooler in front of it"));
}

absl::Status Session::LostError() const {
  const std::string message = abandoned_ ? "siphon has given it up" : PQerrorMessage(connection_);
  const ConnectFailure failure = ClassifyConnectFailure(message);
  return errs::SystemError(
      kOp, errs::kConnectionFailed,
      absl::StrCat(target_, ": the connection is lost: ", CleanMessage(message)), failure.advice);
}

absl::StatusOr<std::string> Session::PasswordVerifier(const std::string& role,
                                                      const std::string& password) const {
  char* const text =
      PQencryptPasswordConn(connection_, password.c_str(), role.c_str(), "scram-sha-256");
  if (text == nullptr) {
    return errs::InternalError(kOp, CleanMessage(PQerrorMessage(connection_)));
  }
  std::string verifier = text;
  PQfreemem(text);
  return verifier;
}

int Session::backend_pid() const { return PQbackendPID(connection_); }
int Session::server_version() const { return PQserverVersion(connection_); }

std::string Session::server_version_text() const {
  const char* const parameter = PQparameterStatus(connection_, "server_version");
  const std::string_view text = parameter == nullptr ? "" : parameter;
  // "15.18 (Debian 15.18-0+deb12u1)"
  return std::string(text.substr(0, text.find(' ')));
}

bool Session::is_sql_ascii() const {
  const char* const encoding = PQparameterStatus(connection_, "server_encoding");
  return encoding != nullptr && std::string_view(encoding) == "SQL_ASCII";
}

bool Session::broken() const { return abandoned_ || PQstatus(connection_) == CONNECTION_BAD; }

absl::StatusOr<Transaction> Transaction::Begin(const base::Context& context, Session& session,
                                               const std::string& begin) {
  // An earlier verb may have left a transaction open.
  if (PQtransactionStatus(session.connection_) != PQTRANS_IDLE) {
    RETURN_IF_ERROR(session.Execute(context, "ROLLBACK"));
  }
  RETURN_IF_ERROR(session.Execute(context, begin));
  return Transaction(&session);
}

Transaction::~Transaction() {
  if (session_ == nullptr || session_->broken()) return;
  const base::Context briefly = base::Context().WithDeadline(Clock::now() + kCancelLimit);
  session_->Execute(briefly, "ROLLBACK").IgnoreError();
}

absl::Status Transaction::Commit(const base::Context& context) {
  RETURN_IF_ERROR(session_->Execute(context, "COMMIT"));
  session_ = nullptr;
  return absl::OkStatus();
}

std::string UniqueApplicationName(const Settings& settings) {
  std::random_device device;
  const std::string suffix = absl::StrFormat("/%08x", device());
  std::string name = Value(settings, "application_name");
  if (name.empty()) name = "siphon";
  return absl::StrCat(name.substr(0, kLongestName - suffix.size()), suffix);
}

void EndSessions(Session& session, const std::string& application_name) {
  const Clock::time_point until = Clock::now() + kCancelLimit;
  const base::Context briefly = base::Context().WithDeadline(until);
  while (true) {
    const absl::StatusOr<Rows> ended =
        session.Query(briefly, {"b"},
                      "SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity"
                      " WHERE application_name OPERATOR(pg_catalog.=) $1::pg_catalog.text"
                      " AND usename OPERATOR(pg_catalog.=) current_user"
                      " AND pid OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid()",
                      {application_name});
    if (!ended.ok() || ended->size() == 0) return;
    if (!briefly.Sleep(kEndPoll).ok()) return;
  }
}

}  // namespace siphon::postgres
