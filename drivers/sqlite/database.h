// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_SQLITE_DATABASE_H_
#define DRIVERS_SQLITE_DATABASE_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "drivers/sqlite/guarded_vfs.h"
#include "drivers/sqlite/temp_vfs.h"
#include "siphon/base/context.h"
#include "sqlite3.h"

namespace siphon::sqlite {

class Database;

// True for an SQL function that reaches files or code outside the database.
bool IsForbiddenFunction(std::string_view name);

// A compiled statement. Must not outlive its database. The next Step() returns the error of a
// Bind*() (out of memory, value too big).
class Statement {
 public:
  Statement(Database* database, sqlite3_stmt* statement)
      : database_(database), statement_(statement) {}
  Statement(Statement&& other) noexcept
      : database_(other.database_),
        statement_(std::exchange(other.statement_, nullptr)),
        bind_error_(other.bind_error_) {}
  Statement& operator=(Statement&& other) noexcept;
  ~Statement();

  // Parameters count from 1. Text and blobs are copied.
  void BindInt(int index, int64_t value);
  void BindText(int index, std::string_view value);
  void BindBlob(int index, std::string_view value);
  // The value as it is, also a text in UTF-16 that begins with a byte order mark.
  void BindValue(int index, sqlite3_value* value);

  // Advances to the next row; false at the end.
  absl::StatusOr<bool> Step();
  // Steps to the end and resets.
  absl::Status Run();
  // Ends the execution and keeps the bindings.
  void Reset();

  // Columns count from 0; valid until the next Step() or Reset().
  int column_count() const;
  int Type(int column) const;  // SQLITE_INTEGER, ...
  int64_t Int(int column) const;
  double Real(int column) const;
  std::string Text(int column) const;  // Converted to UTF-8; NULL is "".
  // The bytes of a blob, or of a text in the database's encoding.
  std::string_view Bytes(int column) const;
  sqlite3_value* Value(int column) const;
  sqlite3_stmt* raw() const { return statement_; }

 private:
  Database* database_;
  sqlite3_stmt* statement_;
  int bind_error_ = SQLITE_OK;
};

// An open database file. Used by one thread at a time.
class Database {
 public:
  enum class Mode {
    kRead,       // Reads; recovers after a crashed writer. Never creates.
    kWrite,      // Reads and writes. Never creates.
    kImmutable,  // Reads a file that nobody changes: no locks and no other files.
    kPrivate,    // Creates and writes a file that nobody else uses: no locks, no journal, no fsync,
                 // and so no other files. A crash can destroy the database.
    kMemory,     // A new database in memory; the path is used in messages.
  };
  struct Options {
    Mode mode = Mode::kRead;
    // How long to wait for a lock that another connection holds.
    std::chrono::nanoseconds busy_timeout = std::chrono::seconds(30);
    // For kWrite and kPrivate: the beginning of the paths of SQLite's temporary files, see TempVfs.
    // Empty: SQLite chooses them.
    std::string temporary_prefix = "";
    // Rules for the files next to the database, see GuardedVfs. Their path is opened instead of the
    // database's, which is then used in messages only.
    std::optional<GuardedVfs::Rules> rules = std::nullopt;
    // For kImmutable: a way to files that SQLite knows by this name. Null: SQLite's own.
    const char* vfs = nullptr;
    // The statements of its owner run on it (migrations), with SQLite's usual settings. Otherwise
    // the content of the file is not trusted: it runs no code and has limits.
    bool owners = false;
  };
  // `path` is a file name, not a URI and not ":memory:". Open() reads nothing; the first statement
  // fails if the file is not a database.
  static absl::StatusOr<std::unique_ptr<Database>> Open(std::string path, const Options& options);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // While it exists, statements belong to a context: its stop or deadline interrupts them, and ends
  // a wait for a lock. `operation` is the op of errors ("sqlite.backup").
  class Scope {
   public:
    Scope(Database& database, const base::Context& context, std::string_view operation);
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    struct Interrupt {
      sqlite3* handle;
      void operator()() const { sqlite3_interrupt(handle); }
    };
    Database& database_;
    base::Context context_;
    const base::Context* previous_context_;
    std::string previous_operation_;
    std::stop_callback<Interrupt> on_stop_;
  };

  absl::StatusOr<Statement> Prepare(std::string_view sql);
  // Runs statements and discards their rows.
  absl::Status Execute(const std::string& sql);
  // The first column of the first row; 0 or "" when there is no row.
  absl::StatusOr<int64_t> QueryInt(std::string_view sql);
  absl::StatusOr<std::string> QueryText(std::string_view sql);

  // `result` (not SQLITE_OK) as a status that names the file: kBusy, kIo, kIntegrity, kDatabase, or
  // the context's own status when its stop is the cause. `doing` describes the operation; may be
  // empty.
  absl::Status Error(int result, std::string_view doing = "") const;
  // The context's status.
  absl::Status CheckContext() const;

  absl::Status Close();

  // Forbids statements that could damage the file, such as writes to sqlite_schema. Off in a
  // database of Options::owners, on in others.
  void SetDefensive(bool on);

  // Leaves the WAL as it is when the last connection closes.
  void KeepWal();

  const std::string& path() const { return path_; }
  const std::string& operation() const { return operation_; }
  sqlite3* handle() const { return handle_; }
  // Opened with Mode::kImmutable.
  bool immutable() const { return immutable_; }
  // The rules it was opened with; null if there were none.
  const GuardedVfs::Rules* rules() const { return guard_ == nullptr ? nullptr : &guard_->rules(); }

 private:
  struct Ways {
    std::unique_ptr<TempVfs> temporary;
    std::unique_ptr<GuardedVfs> guard;  // Uses the other.
  };
  Database(std::string path, Ways ways, sqlite3* handle, std::chrono::nanoseconds busy_timeout)
      : path_(std::move(path)),
        vfs_(std::move(ways.temporary)),
        guard_(std::move(ways.guard)),
        handle_(handle),
        busy_timeout_(busy_timeout) {}
  static absl::StatusOr<Ways> MakeWays(const Options& options);
  static int OnBusy(void* self, int count);
  static int OnProgress(void* self);
  absl::Status Configure(const Options& options);
  // Settings for a file that somebody else may have made.
  void Distrust(Mode mode);

  std::string path_;
  std::unique_ptr<TempVfs> vfs_;
  std::unique_ptr<GuardedVfs> guard_;
  sqlite3* handle_;
  std::chrono::nanoseconds busy_timeout_;
  bool immutable_ = false;
  base::Context::SteadyTime busy_since_;
  const base::Context* context_ = nullptr;
  std::string operation_ = "sqlite";
  // The last statement lists the tables, see Authorize() in database.cc.
  bool lists_tables_ = false;
};

}  // namespace siphon::sqlite

#endif  // DRIVERS_SQLITE_DATABASE_H_
