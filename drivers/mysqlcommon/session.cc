// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/session.h"

#include <errmsg.h>
#include <mysql.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <stop_token>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "drivers/mysqlcommon/lock_holder.h"
#include "drivers/mysqlcommon/names.h"
#include "drivers/mysqlcommon/session_variables.h"
#include "drivers/mysqlcommon/sql_error.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/cut_connection.h"
#include "siphon/driver/backoff.h"

namespace siphon::mysqlcommon {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::string_view kOp = "mysql.connect";
// How often the server is asked to kill a statement before the connection is cut, and the pause
// between two requests.
constexpr int kKills = 6;
constexpr milliseconds kKillPause{500};
constexpr seconds kKillTimeout{2};
// How often a silent server is asked whether a statement still runs before the connection counts as
// lost, and the pause between two questions.
constexpr int kQuestions = 3;
constexpr seconds kQuestionPause{5};
constexpr seconds kQuestionTimeout{15};
constexpr seconds kHurriedQuestion{3};  // When the verb has been stopped.
// When a statement waits for so long, the holder of its lock is looked up, for so long at most.
constexpr milliseconds kLockNotice{3000};
constexpr seconds kLockQuestion{3};
// How often in a row it may be too busy for the question.
constexpr int kBusyAnswers = 30;
// So much of a statement identifies it in SHOW PROCESSLIST, which shows 100 characters.
constexpr size_t kStatementSign = 64;
// The most memory for the results of a statement.
constexpr size_t kMostHeld = size_t{256} << 20;
// Each result counts as so much, so that their number is limited, too.
constexpr size_t kResultCost = size_t{16} << 10;

struct ConnectionCloser {
  void operator()(MYSQL* connection) const { mysql_close(connection); }
};
using Handle = std::unique_ptr<MYSQL, ConnectionCloser>;

struct ResultCloser {
  void operator()(MYSQL_RES* result) const { mysql_free_result(result); }
};
using Result = std::unique_ptr<MYSQL_RES, ResultCloser>;

SqlMessage MessageOf(MYSQL* connection) {
  return {.number = mysql_errno(connection), .text = mysql_error(connection)};
}

const char* OrNull(const std::string& text) { return text.empty() ? nullptr : text.c_str(); }

// Sets the options of Connector/C before it connects. A socket needs no TLS, as with libpq.
void SetOptions(MYSQL* connection, const Settings& settings, bool tls) {
  const unsigned int protocol =
      settings.socket.empty() ? MYSQL_PROTOCOL_TCP : MYSQL_PROTOCOL_SOCKET;
  mysql_options(connection, MYSQL_OPT_PROTOCOL, &protocol);
  mysql_options(connection, MYSQL_SET_CHARSET_NAME, "utf8mb4");
  // A server must not be able to ask for this machine's files.
  const unsigned int no = 0;
  mysql_options(connection, MYSQL_OPT_LOCAL_INFILE, &no);
  mysql_options(connection, MYSQL_OPT_MAX_ALLOWED_PACKET, &kLongestPacket);
  WaitLimits::Install(connection);
  const unsigned int limit = static_cast<unsigned int>(settings.connect_timeout.count());
  if (limit > 0) mysql_options(connection, MYSQL_OPT_CONNECT_TIMEOUT, &limit);
  mysql_optionsv(connection, MYSQL_OPT_CONNECT_ATTR_ADD, "program_name", "siphon");
  const my_bool unverified = settings.password_to_unverified || HasOwnSocket(settings) ? 1 : 0;
  mysql_options(connection, MYSQL_ENABLE_CLEARTEXT_PLUGIN, &unverified);
  if (!settings.public_key.empty()) {
    mysql_options(connection, MYSQL_SERVER_PUBLIC_KEY, settings.public_key.c_str());
  }
  const my_bool use = tls ? 1 : 0;
  mysql_options(connection, MYSQL_OPT_SSL_ENFORCE, &use);
  if (!tls) return;
  const std::string& versions = settings.tls_versions;
  mysql_options(connection, MARIADB_OPT_TLS_VERSION,
                versions.empty() ? "TLSv1.2,TLSv1.3" : versions.c_str());
  // If an authority is given, the certificate is verified against it in every mode.
  if (!settings.ca.empty()) {
    mysql_options(connection, MYSQL_OPT_SSL_CA, settings.ca.c_str());
  } else if (settings.system_ca) {
    mysql_options(connection, MYSQL_OPT_SSL_CAPATH, "/etc/ssl/certs");
  }
  if (!settings.certificate.empty()) {
    mysql_options(connection, MYSQL_OPT_SSL_CERT, settings.certificate.c_str());
    mysql_options(connection, MYSQL_OPT_SSL_KEY, settings.key.c_str());
  }
  const my_bool verify_host = settings.tls == TlsMode::kVerifyFull ? 1 : 0;
  mysql_options(connection, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verify_host);
}

// Makes one attempt. The connection may have failed: see mysql_errno().
Handle TryConnect(const Settings& settings, bool tls) {
  Handle connection(mysql_init(nullptr));
  if (connection == nullptr) return connection;
  SetOptions(connection.get(), settings, tls);
  mysql_real_connect(connection.get(), OrNull(settings.host), settings.user.c_str(),
                     settings.password.c_str(), OrNull(settings.database),
                     static_cast<unsigned int>(settings.port), OrNull(settings.socket), 0);
  return connection;
}

bool OffersNoTls(MYSQL* connection) {
  return mysql_errno(connection) == CR_SSL_CONNECTION_ERROR &&
         absl::StrContains(mysql_error(connection), "server does not support it");
}

// Tries with TLS; with TlsMode::kPrefer also without, if the server offers none.
Handle TryModes(const Settings& settings) {
  const bool wanted = settings.socket.empty() && settings.tls != TlsMode::kDisable;
  Handle connection = TryConnect(settings, wanted);
  if (wanted && settings.tls == TlsMode::kPrefer && connection != nullptr &&
      OffersNoTls(connection.get())) {
    connection = TryConnect(settings, false);
  }
  return connection;
}

// The time at which a wait of `limit` ends; nothing for 0, which is no limit.
std::optional<Clock::time_point> DeadlineIn(seconds limit) {
  if (limit.count() == 0) return std::nullopt;
  return Clock::now() + limit;
}

absl::Status WrongFork(const Fork& fork, const std::string& target) {
  const Fork& other = fork.mariadb ? kMysql : kMariadb;
  return errs::UserError(kOp, errs::kConnectionFailed,
                         absl::StrCat(target, ": the server is ", other.display_name,
                                      ", but the profile says ", fork.name),
                         absl::StrCat("set driver: ", other.name, " in the profile"));
}

void StartLibrary() {
  [[maybe_unused]] static const int started = mysql_library_init(0, nullptr, nullptr);
}

}  // namespace

std::string_view Text(const Row& row, size_t column) {
  if (column >= row.size() || !row[column].has_value()) return "";
  return *row[column];
}

int64_t Int(const Row& row, size_t column) {
  int64_t value = 0;
  return absl::SimpleAtoi(Text(row, column), &value) ? value : 0;
}

CommentRule RuleOf(const Session& session) {
  const driver::Version& version = session.version();
  return {.all = false,
          .mariadb = session.is_mariadb(),
          .version = version.major * 10000 + version.minor * 100 + version.patch};
}

std::string ConnectorVersion() { return MARIADB_PACKAGE_VERSION; }

RowStream::~RowStream() {
  if (result_ == nullptr) return;
  // Reading to the end may take very long: end the statement and drop the remaining rows.
  session_->Abandon();
  mysql_free_result(result_);
}

absl::StatusOr<bool> RowStream::Next(const base::Context& context, char**& values,
                                     unsigned long*& lengths) {
  const WaitLimits limits(session_->Limits(context));
  MYSQL_ROW row = mysql_fetch_row(result_);
  if (row != nullptr) {
    values = row;
    lengths = mysql_fetch_lengths(result_);
    return true;
  }
  const bool failed = mysql_errno(session_->connection_) != 0;
  const absl::Status status = failed ? session_->Failure(context, what_) : absl::OkStatus();
  mysql_free_result(std::exchange(result_, nullptr));
  RETURN_IF_ERROR(status);
  return false;
}

absl::StatusOr<std::unique_ptr<Session>> Session::Connect(const base::Context& context,
                                                          const Fork& fork,
                                                          const Settings& settings,
                                                          const SessionOptions& options) {
  StartLibrary();
  driver::Backoff backoff;
  for (int attempt = 1;; ++attempt) {
    RETURN_IF_ERROR(context.Check());
    const std::optional<Clock::time_point> deadline = DeadlineIn(settings.connect_timeout);
    WaitLimits::End end = WaitLimits::End::kNone;
    Handle connection;
    {
      const WaitLimits limits({.context = &context, .deadline = deadline, .end = &end});
      connection = TryModes(settings);
    }
    if (connection == nullptr) return errs::InternalError(kOp, "out of memory");
    const SqlMessage message = MessageOf(connection.get());
    if (message.number == 0) {
      const Fork& actual = mariadb_connection(connection.get()) != 0 ? kMariadb : kMysql;
      std::unique_ptr<Session> session(
          new Session(actual, settings, connection.release(), context.stop_token()));
      if (actual.mariadb != fork.mariadb && !options.any_fork) {
        return WrongFork(fork, session->target_);
      }
      RETURN_IF_ERROR(session->Prepare(context, deadline, options.as_it_is));
      return session;
    }
    RETURN_IF_ERROR(context.Check());
    const bool silent = end == WaitLimits::End::kDeadline;
    const bool again = silent || ClassifyConnectFailure(message).retry;
    if (!again || attempt >= options.attempts || !backoff.More()) {
      return silent ? NoAnswer(Describe(settings), settings.connect_timeout)
                    : ConnectError(Describe(settings), message);
    }
    RETURN_IF_ERROR(backoff.Pause(context));
  }
}

Session::Session(const Fork& fork, Settings settings, st_mysql* connection, std::stop_token verb)
    : fork_(fork),
      settings_(std::move(settings)),
      connection_(connection),
      id_(mysql_thread_id(connection)),
      socket_(static_cast<int>(mysql_get_socket(connection))),
      target_(Describe(settings_)),
      verb_(std::move(verb)) {}

Session::~Session() { mysql_close(connection_); }

unsigned int Session::warnings() const { return mysql_warning_count(connection_); }

absl::Status Session::Prepare(const base::Context& context,
                              std::optional<base::Context::SteadyTime> deadline, bool as_it_is) {
  as_it_is_ = as_it_is;
  tls_ = mysql_get_ssl_cipher(connection_) != nullptr;
  login_ = LoginLimits{.context = &context, .deadline = deadline};
  absl::Status status = ReadVersion(context);
  if (status.ok() && !as_it_is) status = SetVariables(context);
  login_.reset();
  return status;
}

absl::Status Session::ReadVersion(const base::Context& context) {
  ASSIGN_OR_RETURN(const Rows rows,
                   Query(context, "SELECT version(), @@max_allowed_packet LIMIT 1"));
  if (rows.empty()) return errs::InternalError(kOp, "the server has no version");
  version_text_ = Text(rows[0], 0);
  version_ = driver::ParseVersion(version_text_).value_or(driver::Version());
  max_packet_ = static_cast<uint64_t>(std::max<int64_t>(Int(rows[0], 1), 1024));
  if (as_it_is_) return absl::OkStatus();
  if (!is_mariadb() && version_ < kOldestMysql) {
    return errs::UserError(
        kOp, errs::kDriverUnsupported,
        absl::StrCat(target_, ": the server is MySQL ", version_text_, "; siphon needs MySQL ",
                     driver::VersionText(kOldestMysql), " or later"),
        "use the server's own mysqldump and mysql");
  }
  return absl::OkStatus();
}

absl::Status Session::SetVariables(const base::Context& context) {
  const auto set = [&](std::string statement) -> absl::Status {
    RETURN_IF_ERROR(Execute(context, statement));
    own_settings_.push_back(std::move(statement));
    return absl::OkStatus();
  };
  // The server may ignore the character set of the login (character_set_client_handshake).
  RETURN_IF_ERROR(set(absl::StrCat(
      "SET NAMES utf8mb4, ", absl::StrJoin(SessionAssignments(fork_, version_, false), ", "))));
  RETURN_IF_ERROR(set(std::string(kTransactionRules)));
  const std::vector<std::string> others = SessionAssignments(fork_, version_, true);
  const absl::Status all = set(absl::StrCat("SET ", absl::StrJoin(others, ", ")));
  if (!errs::Is(all, errs::kDatabase)) return all;
  for (const std::string& assignment : others) {
    const absl::Status status = set(absl::StrCat("SET ", assignment));
    if (!status.ok() && !errs::Is(status, errs::kDatabase)) return status;
  }
  return absl::OkStatus();
}

absl::Status Session::Failure(const base::Context& context, std::string_view what) {
  const SqlMessage message = MessageOf(connection_);
  // The connection is out of step after an error that is Connector/C's own.
  const bool by_server = message.number != 0 && !IsClientError(message.number);
  const absl::Status stopped = context.Check();
  if (!stopped.ok()) {
    broken_ = true;
    interrupted_ = by_server && !IsLost(message.number);
    return stopped;
  }
  if (!by_server || IsLost(message.number)) broken_ = true;
  if (end_ == WaitLimits::End::kDeadline) return NoAnswer(target_, settings_.connect_timeout);
  if (end_ == WaitLimits::End::kSilence) {
    const std::string time = verb_.stop_requested()
                                 ? "some seconds"
                                 : absl::StrCat(settings_.read_timeout.count(), " s");
    return errs::SystemError(
        "mysql", errs::kConnectionFailed,
        absl::StrCat(what, what.empty() ? "" : ": ", target_, ": the server has sent nothing for ",
                     time, ", and does not run the statement"),
        "check the server and the network; read_timeout sets how many seconds siphon waits");
  }
  return SqlError(message, what);
}

WaitLimits::Rules Session::Limits(const base::Context& context) {
  if (login_.has_value()) {
    return {.context = login_->context, .deadline = login_->deadline, .end = &end_};
  }
  return {.silence = settings_.read_timeout,
          .goes_on =
              [this, &context](WaitLimits::Direction direction) {
                return GoesOn(context, direction == WaitLimits::Direction::kWrite);
              },
          .notice = kLockNotice,
          .on_notice = [this, &context] { TellOfLock(context); },
          .hurry = verb_,
          .end = &end_};
}

void Session::TellOfLock(const base::Context& context) {
  if (context.Stopped() || verb_.stop_requested()) return;
  const WaitLimits limits({.context = &context, .deadline = DeadlineIn(kLockQuestion)});
  const Handle second = TryModes(settings_);
  if (second == nullptr || mysql_errno(second.get()) != 0) return;
  const LockWait wait = FindLockWait(second.get(), id_, is_mariadb());
  if (wait.state.empty() || told_of_ == absl::StrCat(wait.state, wait.id)) return;
  told_of_ = absl::StrCat(wait.state, wait.id);
  std::string by = "another session holds it";
  if (!wait.holder.empty()) {
    by = absl::StrCat(wait.holder, wait.certain ? " holds it" : " may hold it");
  }
  context.Message("lock", absl::StrCat(target_, ": ", wait.state, "; ", by));
}

bool Session::GoesOn(const base::Context& context, bool sending) {
  const int questions = verb_.stop_requested() ? 1 : kQuestions;
  for (int i = 0; i < questions; ++i) {
    const Answer answer = AskWhetherItRuns(context, sending);
    // A stop ends the wait in its own way, see Watch.
    if (answer == Answer::kRuns || context.Stopped()) {
      busy_answers_ = 0;
      return true;
    }
    if (answer == Answer::kBusy) return ++busy_answers_ < kBusyAnswers;
    const seconds pause = std::min(kQuestionPause, settings_.read_timeout);
    if (i + 1 < questions && !context.Sleep(pause).ok()) return true;
  }
  return false;
}

Session::Answer Session::AskWhetherItRuns(const base::Context& context, bool sending) {
  const seconds usual = settings_.connect_timeout;
  const seconds longest = verb_.stop_requested() ? kHurriedQuestion : kQuestionTimeout;
  const seconds limit = usual.count() == 0 ? longest : std::min(usual, longest);
  const WaitLimits limits({.context = &context, .deadline = DeadlineIn(limit)});
  const Handle second = TryModes(settings_);
  if (second == nullptr) return Answer::kNone;
  if (IsTooBusy(mysql_errno(second.get()))) return Answer::kBusy;
  if (mysql_errno(second.get()) != 0) return Answer::kNone;
  constexpr std::string_view kSql = "SHOW PROCESSLIST";
  if (mysql_real_query(second.get(), kSql.data(), kSql.size()) != 0) return Answer::kNone;
  const Result result(mysql_use_result(second.get()));
  // Id, User, Host, db, Command, Time, State, Info.
  if (result == nullptr || mysql_num_fields(result.get()) < 8) return Answer::kNone;
  Answer answer = Answer::kNone;
  while (MYSQL_ROW row = mysql_fetch_row(result.get())) {
    const std::string_view id = row[0] == nullptr ? "" : row[0];
    const std::string_view command = row[4] == nullptr ? "" : row[4];
    const std::string_view info = row[7] == nullptr ? "" : row[7];
    // A proxy reports another connection id than the server, so the statement is compared, too.
    const bool here = id == absl::StrCat(id_) || absl::StartsWith(info, statement_);
    if (here && (sending || command != "Sleep")) answer = Answer::kRuns;
  }
  return answer;
}

absl::Status Session::Send(const base::Context& context, std::string_view sql,
                           std::string_view what, size_t longest_packet) {
  RETURN_IF_ERROR(context.Check());
  if (broken_) {
    return errs::SystemError("mysql", errs::kConnectionFailed,
                             absl::StrCat(target_, ": the connection is lost"));
  }
  statement_ = sql.substr(0, kStatementSign);
  connection_->net.max_packet_size = longest_packet;
  const WaitLimits limits(Limits(context));
  if (mysql_real_query(connection_, sql.data(), sql.size()) != 0) return Failure(context, what);
  return absl::OkStatus();
}

absl::Status Session::ReadResult(const base::Context& context, std::string_view what,
                                 st_mysql_res* result, size_t limit, size_t& received, Rows* rows) {
  const unsigned int columns = mysql_num_fields(result);
  const WaitLimits limits(Limits(context));
  while (MYSQL_ROW values = mysql_fetch_row(result)) {
    const unsigned long* const lengths = mysql_fetch_lengths(result);
    received += sizeof(Row) + columns * sizeof(std::optional<std::string>);
    for (unsigned int i = 0; i < columns; ++i) received += lengths[i];
    if (received > limit) {
      Abandon();
      return errs::SystemError(
          "mysql", errs::kDatabase,
          absl::StrCat(what, what.empty() ? "" : ": ", "the server's answer is longer than ",
                       limit >> 20, " MiB"));
    }
    if (rows == nullptr) continue;
    Row& row = rows->emplace_back(columns);
    for (unsigned int i = 0; i < columns; ++i) {
      if (values[i] != nullptr) row[i] = std::string(values[i], lengths[i]);
    }
  }
  return mysql_errno(connection_) != 0 ? Failure(context, what) : absl::OkStatus();
}

absl::Status Session::Run(const base::Context& context, std::string_view sql, std::string_view what,
                          size_t limit, Rows* rows) {
  RETURN_IF_ERROR(Send(context, sql, what, std::min<size_t>(limit, kLongestPacket)));
  size_t received = 0;
  bool has_rows = false;
  // A CALL has several results; the last one that has columns counts.
  while (true) {
    const Result result(mysql_use_result(connection_));
    if (result != nullptr) {
      has_rows = true;
      if (rows != nullptr) rows->clear();
      RETURN_IF_ERROR(ReadResult(context, what, result.get(), limit, received, rows));
    } else if (mysql_errno(connection_) != 0) {
      return Failure(context, what);
    }
    const WaitLimits limits(Limits(context));
    const int next = mysql_next_result(connection_);
    if (next > 0) return Failure(context, what);
    // A migration's own statements may have none.
    if (next < 0 && rows != nullptr && !has_rows && !as_it_is_) {
      return errs::SystemError(
          "mysql", errs::kDatabase,
          absl::StrCat(what, what.empty() ? "" : ": ", "the server has no rows for ", sql));
    }
    if (next < 0) return absl::OkStatus();
    received += kResultCost;
    if (received > limit) {
      Abandon();
      return errs::SystemError(
          "mysql", errs::kDatabase,
          absl::StrCat(what, what.empty() ? "" : ": ", "the server sends results without end"));
    }
  }
}

absl::StatusOr<Rows> Session::Query(const base::Context& context, std::string_view sql,
                                    std::string_view what) {
  Rows rows;
  RETURN_IF_ERROR(Run(context, sql, what, kMostHeld, &rows));
  return rows;
}

absl::Status Session::Execute(const base::Context& context, std::string_view sql,
                              std::string_view what) {
  // A statement of the user's may have results of any length.
  const size_t limit = as_it_is_ ? std::numeric_limits<size_t>::max() : kMostHeld;
  return Run(context, sql, what, limit, nullptr);
}

absl::StatusOr<std::optional<std::string>> Session::Value(const base::Context& context,
                                                          std::string_view sql) {
  ASSIGN_OR_RETURN(const Rows rows, Query(context, sql));
  if (rows.empty()) return std::nullopt;
  return std::string(Text(rows[0], 0));
}

absl::StatusOr<std::vector<std::string>> Session::ColumnNames(const base::Context& context,
                                                              std::string_view sql,
                                                              std::string_view what) {
  RETURN_IF_ERROR(Send(context, sql, what, kMostHeld));
  const Result result(mysql_use_result(connection_));
  if (result == nullptr) return Failure(context, what);
  std::vector<std::string> names;
  for (unsigned int i = 0; i < mysql_num_fields(result.get()); ++i) {
    names.emplace_back(mysql_fetch_field_direct(result.get(), i)->name);
  }
  size_t received = 0;
  RETURN_IF_ERROR(ReadResult(context, what, result.get(), kMostHeld, received, nullptr));
  return names;
}

absl::StatusOr<RowStream> Session::Stream(const base::Context& context, std::string_view sql,
                                          size_t columns, std::string_view what) {
  RETURN_IF_ERROR(Send(context, sql, what, kLongestPacket));
  MYSQL_RES* const result = mysql_use_result(connection_);
  if (result == nullptr && mysql_errno(connection_) != 0) return Failure(context, what);
  const size_t actual = result == nullptr ? 0 : mysql_num_fields(result);
  if (actual != columns) {
    // The destructor of the stream ends the statement.
    const RowStream unused(this, result, what);
    return errs::SystemError("mysql", errs::kDatabase,
                             absl::StrCat(what, what.empty() ? "" : ": ", "the server's rows have ",
                                          actual, " columns instead of ", columns));
  }
  return RowStream(this, result, what);
}

bool Session::KillQuery() {
  const WaitLimits limits({.deadline = DeadlineIn(kKillTimeout)});
  const Handle second = TryModes(settings_);
  if (second == nullptr) return true;
  const unsigned int failure = mysql_errno(second.get());
  if (failure != 0) return !IsClientError(failure);
  const std::string sql = absl::StrCat("KILL QUERY ", id_);
  mysql_real_query(second.get(), sql.data(), sql.size());
  return !IsClientError(mysql_errno(second.get()));
}

bool Session::Recover() {
  if (std::exchange(interrupted_, false)) broken_ = false;
  return !broken_;
}

void Session::Abandon() {
  if (broken_) return;
  broken_ = true;
  KillQuery();
  // The server notices the closed connection at once, and releases its snapshot and locks. Rows
  // that are on their way end here.
  base::CutConnection(socket_);
}

Session::Watch::Watch(const base::Context& context, Session& session)
    : context_(context), session_(session), thread_([this] { Run(); }) {}

Session::Watch::~Watch() {
  {
    const std::lock_guard lock(mutex_);
    done_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Session::Watch::Run() {
  // Connector/C has data for each thread.
  mysql_thread_init();
  {
    const std::stop_callback wake(context_.stop_token(), [this] {
      const std::lock_guard lock(mutex_);
      changed_.notify_all();
    });
    std::unique_lock lock(mutex_);
    const auto stopped = [this] { return done_ || context_.Stopped(); };
    while (!stopped()) {
      if (const auto deadline = context_.deadline(); deadline.has_value()) {
        changed_.wait_until(lock, *deadline);
      } else {
        changed_.wait(lock);
      }
    }
    for (int i = 0; i < kKills && !done_; ++i) {
      lock.unlock();
      const bool reachable = session_.KillQuery();
      lock.lock();
      if (!reachable) break;
      changed_.wait_for(lock, kKillPause, [this] { return done_; });
    }
    if (!done_) base::CutConnection(session_.socket_);
  }
  mysql_thread_end();
}

}  // namespace siphon::mysqlcommon
