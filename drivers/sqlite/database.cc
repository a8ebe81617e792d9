// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/sqlite/database.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/domain/sql/dialect.h"
#include "siphon/domain/sql/secrets.h"

namespace siphon::sqlite {
namespace {

// Virtual machine instructions between two checks of the context: some tens of microseconds.
constexpr int kProgressInterval = 2000;

constexpr std::string_view kBusyHint =
    "another program holds a lock on the file; try again when it is done";

constexpr char kUnlockedVfs[] = "unix-none";

// Limits for files that somebody else may have made (https://www.sqlite.org/limits.html).
constexpr int kTriggerDepth = 10;
constexpr int kLikePattern = 1000;
constexpr int kInstructions = 25'000'000;
constexpr int64_t kLongestValue = 1'000'000'000;  // SQLITE_MAX_LENGTH.
constexpr int64_t kShortestLimit = int64_t{64} << 20;

// Functions that reach outside the database, in SQLite and in its shell.
constexpr std::array<std::string_view, 7> kForbiddenFunctions = {
    "load_extension", "fts3_tokenizer", "readfile", "writefile", "edit", "zipfile", "fsdir"};

// Keeps statements, and expressions of a schema, inside the database
// (https://www.sqlite.org/c3ref/set_authorizer.html). VACUUM INTO attaches, too.
// "PRAGMA table_list" compiles a query of every view, to count its columns. Views can refer to each
// other so that this takes for ever; siphon does not need it, so `lists_tables` forbids it.
int Authorize(void* lists_tables, int action, const char* first, const char* second, const char*,
              const char*) {
  bool& listing = *static_cast<bool*>(lists_tables);
  if (action == SQLITE_PRAGMA && absl::EqualsIgnoreCase(first, "table_list")) listing = true;
  if (action == SQLITE_SELECT && listing) return SQLITE_DENY;
  if (action == SQLITE_ATTACH || action == SQLITE_DETACH) return SQLITE_DENY;
  if (action == SQLITE_FUNCTION && IsForbiddenFunction(second)) return SQLITE_DENY;
  return SQLITE_OK;
}

// `path` as the path of a URI (RFC 3986); all bytes but unreserved ones are escaped.
std::string EscapeUriPath(std::string_view path) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                       (byte >= '0' && byte <= '9') || byte == '/' || byte == '.' || byte == '_' ||
                       byte == '-';
    if (plain) {
      out.push_back(c);
    } else {
      out.push_back('%');
      out.push_back(kHex[byte >> 4]);
      out.push_back(kHex[byte & 15]);
    }
  }
  return out;
}

// SQLite removes a byte order mark at the beginning of a text in UTF-16 that it is given, and takes
// U+FFFE for the mark of the other byte order. For such a text, returns it after one more mark, of
// its own byte order; "" for any other value.
std::string WithByteOrderMark(sqlite3_value* value) {
  if (sqlite3_value_type(value) != SQLITE_TEXT) return "";
  const int encoding = sqlite3_value_encoding(value);
  if (encoding == SQLITE_UTF8) return "";
  const auto* const data = static_cast<const char*>(sqlite3_value_blob(value));
  if (data == nullptr) return "";
  const std::string_view text(data, static_cast<size_t>(sqlite3_value_bytes16(value)));
  if (!absl::StartsWith(text, "\xFE\xFF") && !absl::StartsWith(text, "\xFF\xFE")) return "";
  return absl::StrCat(encoding == SQLITE_UTF16BE ? "\xFE\xFF" : "\xFF\xFE", text);
}

}  // namespace

bool IsForbiddenFunction(std::string_view name) {
  return std::any_of(
      kForbiddenFunctions.begin(), kForbiddenFunctions.end(),
      [name](std::string_view forbidden) { return absl::EqualsIgnoreCase(name, forbidden); });
}

Statement& Statement::operator=(Statement&& other) noexcept {
  if (this != &other) {
    sqlite3_finalize(statement_);
    database_ = other.database_;
    statement_ = std::exchange(other.statement_, nullptr);
    bind_error_ = other.bind_error_;
  }
  return *this;
}

Statement::~Statement() { sqlite3_finalize(statement_); }

void Statement::BindInt(int index, int64_t value) {
  const int result = sqlite3_bind_int64(statement_, index, value);
  if (result != SQLITE_OK) bind_error_ = result;
}

void Statement::BindText(int index, std::string_view value) {
  const char* data = value.data() == nullptr ? "" : value.data();
  const int result =
      sqlite3_bind_text64(statement_, index, data, value.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  if (result != SQLITE_OK) bind_error_ = result;
}

void Statement::BindBlob(int index, std::string_view value) {
  const char* data = value.data() == nullptr ? "" : value.data();
  const int result = sqlite3_bind_blob64(statement_, index, data, value.size(), SQLITE_TRANSIENT);
  if (result != SQLITE_OK) bind_error_ = result;
}

void Statement::BindValue(int index, sqlite3_value* value) {
  const std::string marked = WithByteOrderMark(value);
  const int result =
      marked.empty()
          ? sqlite3_bind_value(statement_, index, value)
          : sqlite3_bind_text64(statement_, index, marked.data(), marked.size(), SQLITE_TRANSIENT,
                                static_cast<unsigned char>(sqlite3_value_encoding(value)));
  if (result != SQLITE_OK) bind_error_ = result;
}

absl::StatusOr<bool> Statement::Step() {
  if (bind_error_ != SQLITE_OK) return database_->Error(bind_error_);
  const int result = sqlite3_step(statement_);
  if (result == SQLITE_ROW) return true;
  if (result == SQLITE_DONE) return false;
  const absl::Status error = database_->Error(result);
  sqlite3_reset(statement_);
  return error;
}

absl::Status Statement::Run() {
  while (true) {
    ASSIGN_OR_RETURN(const bool row, Step());
    if (!row) break;
  }
  Reset();
  return absl::OkStatus();
}

void Statement::Reset() { sqlite3_reset(statement_); }

int Statement::column_count() const { return sqlite3_column_count(statement_); }
int Statement::Type(int column) const { return sqlite3_column_type(statement_, column); }
int64_t Statement::Int(int column) const { return sqlite3_column_int64(statement_, column); }
double Statement::Real(int column) const { return sqlite3_column_double(statement_, column); }

std::string Statement::Text(int column) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  if (text == nullptr) return "";
  return std::string(text, static_cast<size_t>(sqlite3_column_bytes(statement_, column)));
}

std::string_view Statement::Bytes(int column) const {
  const auto* data = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  if (data == nullptr) return {};
  return {data, static_cast<size_t>(sqlite3_column_bytes(statement_, column))};
}

sqlite3_value* Statement::Value(int column) const {
  return sqlite3_column_value(statement_, column);
}

absl::StatusOr<Database::Ways> Database::MakeWays(const Options& options) {
  Ways ways;
  const char* vfs = options.mode == Mode::kPrivate ? kUnlockedVfs : options.vfs;
  if (!options.temporary_prefix.empty()) {
    const bool limits = options.mode == Mode::kPrivate && !options.rules.has_value();
    ASSIGN_OR_RETURN(ways.temporary, TempVfs::Create(vfs, options.temporary_prefix, limits));
    vfs = ways.temporary->name();
  }
  if (options.rules.has_value()) {
    ASSIGN_OR_RETURN(ways.guard, GuardedVfs::Create(vfs, *options.rules));
  }
  return ways;
}

absl::StatusOr<std::unique_ptr<Database>> Database::Open(std::string path, const Options& options) {
  std::string name = options.rules.has_value() ? options.rules->path : path;
  int flags = SQLITE_OPEN_EXRESCODE;
  switch (options.mode) {
    case Mode::kRead:
    case Mode::kWrite:
      // Writable for readers, too, if the file permits it: otherwise SQLite could not roll back the
      // transaction of a crashed writer, or remove the WAL files that it creates.
      flags |= SQLITE_OPEN_READWRITE;
      break;
    case Mode::kImmutable:
      flags |= SQLITE_OPEN_READONLY | SQLITE_OPEN_URI;
      name = absl::StrCat("file://", EscapeUriPath(name), "?immutable=1");
      break;
    case Mode::kPrivate:
      flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
      break;
    case Mode::kMemory:
      flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_MEMORY;
      break;
  }
  ASSIGN_OR_RETURN(Ways ways, MakeWays(options));
  const char* const vfs = ways.guard != nullptr            ? ways.guard->name()
                          : ways.temporary != nullptr      ? ways.temporary->name()
                          : options.mode == Mode::kPrivate ? kUnlockedVfs
                                                           : options.vfs;
  sqlite3* handle = nullptr;
  const int result = sqlite3_open_v2(name.c_str(), &handle, flags, vfs);
  std::unique_ptr<Database> database(
      new Database(std::move(path), std::move(ways), handle, options.busy_timeout));
  database->immutable_ = options.mode == Mode::kImmutable;
  if (handle == nullptr) {
    return errs::SystemError("sqlite.connect", errs::kConnectionFailed, "out of memory");
  }
  if (result != SQLITE_OK) return database->Error(result, "opening");
  RETURN_IF_ERROR(database->Configure(options));
  return database;
}

absl::Status Database::Configure(const Options& options) {
  sqlite3_busy_handler(handle_, &Database::OnBusy, this);
  sqlite3_progress_handler(handle_, kProgressInterval, &Database::OnProgress, this);
  // siphon does not check the schemas of users, and does not run their triggers.
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_ENABLE_FKEY, 0, nullptr);
  if (options.mode == Mode::kRead || options.mode == Mode::kImmutable) {
    RETURN_IF_ERROR(Execute("PRAGMA query_only = ON"));
  } else if (options.mode == Mode::kPrivate) {
    RETURN_IF_ERROR(
        Execute("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -8192"));
  }
  if (!options.owners) Distrust(options.mode);
  return absl::OkStatus();
}

void Database::Distrust(Mode mode) {
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_limit(handle_, SQLITE_LIMIT_ATTACHED, 0);
  sqlite3_limit(handle_, SQLITE_LIMIT_WORKER_THREADS, 0);
  sqlite3_limit(handle_, SQLITE_LIMIT_TRIGGER_DEPTH, kTriggerDepth);
  sqlite3_limit(handle_, SQLITE_LIMIT_LIKE_PATTERN_LENGTH, kLikePattern);
  sqlite3_limit(handle_, SQLITE_LIMIT_VDBE_OP, kInstructions);
  if (mode == Mode::kImmutable) {
    // No value of a file is longer than the file. Files that grow are not checked, and so nothing
    // evaluates their expressions.
    struct stat info;
    const char* const file = rules() != nullptr ? rules()->path.c_str() : path_.c_str();
    const int64_t size = stat(file, &info) == 0 ? int64_t{info.st_size} : 0;
    const int64_t longest = std::clamp<int64_t>(4 * size, kShortestLimit, kLongestValue);
    sqlite3_limit(handle_, SQLITE_LIMIT_LENGTH, static_cast<int>(longest));
  }
  sqlite3_set_authorizer(handle_, &Authorize, &lists_tables_);
  SetDefensive(true);
}

void Database::SetDefensive(bool on) {
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_DEFENSIVE, on ? 1 : 0, nullptr);
}

void Database::KeepWal() {
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
}

Database::~Database() { sqlite3_close(handle_); }

absl::Status Database::Close() {
  if (handle_ == nullptr) return absl::OkStatus();
  const int result = sqlite3_close(handle_);
  if (result != SQLITE_OK) return Error(result, "closing");
  handle_ = nullptr;
  return absl::OkStatus();
}

Database::Scope::Scope(Database& database, const base::Context& context, std::string_view operation)
    : database_(database),
      context_(context),
      previous_context_(database.context_),
      previous_operation_(std::exchange(database.operation_, std::string(operation))),
      on_stop_(context.stop_token(), Interrupt{database.handle_}) {
  database_.context_ = &context_;
}

Database::Scope::~Scope() {
  database_.context_ = previous_context_;
  database_.operation_ = std::move(previous_operation_);
}

int Database::OnBusy(void* self, int count) {
  auto* database = static_cast<Database*>(self);
  const auto now = std::chrono::steady_clock::now();
  if (count == 0) database->busy_since_ = now;
  const auto left = database->busy_timeout_ - (now - database->busy_since_);
  if (left <= std::chrono::nanoseconds(0)) return 0;
  const std::chrono::nanoseconds pause =
      std::min<std::chrono::nanoseconds>(std::chrono::milliseconds(std::min(1 + count, 20)), left);
  static const base::Context kUnbounded;
  const base::Context& context = database->context_ == nullptr ? kUnbounded : *database->context_;
  return context.Sleep(pause).ok() ? 1 : 0;
}

int Database::OnProgress(void* self) {
  const auto* database = static_cast<const Database*>(self);
  return database->context_ != nullptr && database->context_->Stopped() ? 1 : 0;
}

absl::StatusOr<Statement> Database::Prepare(std::string_view sql) {
  if (sql.size() > static_cast<size_t>(std::numeric_limits<int>::max())) {
    return Error(SQLITE_TOOBIG);
  }
  lists_tables_ = false;
  sqlite3_stmt* statement = nullptr;
  const int result =
      sqlite3_prepare_v2(handle_, sql.data(), static_cast<int>(sql.size()), &statement, nullptr);
  if (result != SQLITE_OK) return Error(result);
  return Statement(this, statement);
}

absl::Status Database::Execute(const std::string& sql) {
  lists_tables_ = false;
  const int result = sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr);
  return result == SQLITE_OK ? absl::OkStatus() : Error(result);
}

absl::StatusOr<int64_t> Database::QueryInt(std::string_view sql) {
  ASSIGN_OR_RETURN(Statement statement, Prepare(sql));
  ASSIGN_OR_RETURN(const bool row, statement.Step());
  return row ? statement.Int(0) : 0;
}

absl::StatusOr<std::string> Database::QueryText(std::string_view sql) {
  ASSIGN_OR_RETURN(Statement statement, Prepare(sql));
  ASSIGN_OR_RETURN(const bool row, statement.Step());
  return row ? statement.Text(0) : std::string();
}

absl::Status Database::CheckContext() const {
  if (context_ == nullptr) return absl::OkStatus();
  return errs::WithOp(context_->Check(), operation_);
}

absl::Status Database::Error(int result, std::string_view doing) const {
  RETURN_IF_ERROR(CheckContext());
  if (guard_ != nullptr && !guard_->refusal().empty()) {
    return errs::SystemError(operation_, errs::kConnectionFailed,
                             absl::StrCat(path_, ": ", guard_->refusal()), guard_->hint());
  }
  const int extended = handle_ == nullptr ? result : sqlite3_extended_errcode(handle_);
  const bool same = (extended & 0xff) == (result & 0xff);
  const char* text = same && handle_ != nullptr ? sqlite3_errmsg(handle_) : sqlite3_errstr(result);
  std::string detail = absl::StrCat(path_, ": ", doing, doing.empty() ? "" : ": ",
                                    sql::HideSecrets(sql::Dialect::kSqlite, text));
  switch (result & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return errs::SystemError(operation_, errs::kBusy, detail, kBusyHint);
    case SQLITE_FULL:
      return errs::SystemError(operation_, errs::kIo, detail,
                               "free some space on the disk, or raise the limit that was met");
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN: {
      const int errnum = handle_ == nullptr ? 0 : sqlite3_system_errno(handle_);
      if (errnum != 0) absl::StrAppend(&detail, ": ", std::strerror(errnum));
      return errs::SystemError(operation_, errs::kIo, detail,
                               "check the file's and its folder's permissions and the disk");
    }
    case SQLITE_READONLY:
      return errs::SystemError(operation_, errs::kIo, detail,
                               "the file and its folder must be writable for this");
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return errs::IntegrityError(operation_, detail,
                                  "the database is damaged, encrypted, or no SQLite database");
    case SQLITE_INTERRUPT:
      return errs::SystemError(operation_, errs::kCancelled, detail);
    default:
      return errs::SystemError(operation_, errs::kDatabase, detail);
  }
}

}  // namespace siphon::sqlite
