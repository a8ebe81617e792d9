// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/sqlite/migrations.h"

#include <fcntl.h>

#include <cerrno>
#include <chrono>
#include <map>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "drivers/sqlite/migration_lock.h"
#include "drivers/sqlite/target.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/file.h"
#include "siphon/base/ownership.h"
#include "siphon/domain/migrate/sql_database.h"

namespace siphon::sqlite {
namespace {

constexpr std::string_view kOp = "sqlite.migrate";

std::string QuoteName(std::string_view name) {
  return absl::StrCat("\"", absl::StrReplaceAll(name, {{"\"", "\"\""}}), "\"");
}

// A name as golang-migrate writes it, without quotes, if that has the same meaning.
std::string PlainName(std::string_view name) {
  bool plain = !name.empty() && !absl::ascii_isdigit(static_cast<unsigned char>(name[0])) &&
               sqlite3_keyword_check(name.data(), static_cast<int>(name.size())) == 0;
  for (const char c : name) {
    plain = plain && (absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_');
  }
  return plain ? std::string(name) : QuoteName(name);
}

std::string QuoteText(std::string_view text) {
  return absl::StrCat("'", absl::StrReplaceAll(text, {{"'", "''"}}), "'");
}

constexpr std::string_view kLockSuffix = "-siphon-migrate";

MigrationLock::File LockOf(const Database& database) {
  MigrationLock::File file{.path = absl::StrCat(database.path(), kLockSuffix)};
  file.opened_as = file.path;
  if (const GuardedVfs::Rules* const rules = database.rules(); rules != nullptr) {
    file.opened_as = absl::StrCat(rules->path, kLockSuffix);
    file.rights = rules->rights;
  }
  return file;
}

class FileSession : public migrate::SqlSession {
 public:
  FileSession(std::unique_ptr<Database> database, std::string table, std::string history,
              std::string settings)
      : database_(std::move(database)),
        settings_(std::move(settings)),
        lock_(LockOf(*database_)),
        table_(std::move(table)),
        history_(std::move(history)) {}

  absl::Status Close() override { return database_->Close(); }

  absl::StatusOr<std::vector<Row>> Query(const base::Context& context,
                                         const std::string& sql) override {
    RETURN_IF_ERROR(context.Check());
    const Database::Scope scope(*database_, context, kOp);
    std::vector<Row> rows;
    const char* rest = sql.c_str();
    while (*rest != '\0') {
      sqlite3_stmt* raw = nullptr;
      const int result = sqlite3_prepare_v2(database_->handle(), rest, -1, &raw, &rest);
      if (result != SQLITE_OK) return database_->Error(result);
      if (raw == nullptr) continue;  // Spaces, or a comment.
      Statement statement(database_.get(), raw);
      rows.clear();
      while (true) {
        ASSIGN_OR_RETURN(const bool more, statement.Step());
        if (!more) break;
        Row row;
        for (int i = 0; i < statement.column_count(); ++i) row.push_back(statement.Text(i));
        rows.push_back(std::move(row));
      }
    }
    return rows;
  }

  absl::Status RunStatement(const base::Context& context, std::string_view statement,
                            std::optional<size_t>& at) override {
    RETURN_IF_ERROR(context.Check());
    const Database::Scope scope(*database_, context, kOp);
    absl::StatusOr<Statement> prepared = database_->Prepare(statement);
    if (!prepared.ok()) {
      const int offset = sqlite3_error_offset(database_->handle());
      if (offset >= 0) at = static_cast<size_t>(offset);
      return prepared.status();
    }
    if (prepared->raw() == nullptr) return absl::OkStatus();
    return prepared->Run();
  }

  void Rollback() override {
    if (sqlite3_get_autocommit(database_->handle()) != 0) return;
    const Database::Scope scope(*database_, base::Context(), kOp);
    database_->Execute("ROLLBACK").IgnoreError();
  }

  absl::Status Reset(const base::Context& context) override {
    return Execute(context, absl::StrCat("PRAGMA foreign_keys = OFF; ", settings_));
  }

  bool MissesColumn(const absl::Status&) const override {
    return absl::StartsWith(sqlite3_errmsg(database_->handle()), "no such column");
  }

  absl::StatusOr<Tables> FindTables(const base::Context& context) override {
    ASSIGN_OR_RETURN(const std::vector<Row> rows,
                     Query(context, "SELECT name FROM main.sqlite_master WHERE type = 'table'"));
    Tables tables;
    for (const Row& row : rows) {
      tables.version = tables.version || absl::EqualsIgnoreCase(row[0], table_);
      tables.history = tables.history || absl::EqualsIgnoreCase(row[0], history_);
    }
    return tables;
  }

  absl::Status Lock(const base::Context& context, std::chrono::nanoseconds timeout) override {
    return lock_.Acquire(context, timeout);
  }
  absl::Status Unlock(const base::Context&) override {
    lock_.Release();
    return absl::OkStatus();
  }

  absl::Status Drop(const base::Context& context) override {
    RETURN_IF_ERROR(Execute(context, "PRAGMA foreign_keys = OFF"));
    RETURN_IF_ERROR(Execute(context, "BEGIN IMMEDIATE"));
    const absl::Status status = DropAll(context);
    if (!status.ok()) {
      Rollback();
      return status;
    }
    return Execute(context, "VACUUM");
  }

  std::string user() const override { return ""; }  // A file has no users.
  std::string Quote(std::string_view text) const override { return QuoteText(text); }

 private:
  absl::Status DropAll(const base::Context& context) {
    // Dropping a virtual table drops its shadow tables, so the list is read again.
    while (true) {
      ASSIGN_OR_RETURN(
          const std::vector<Row> rows,
          Query(context,
                "SELECT type, name FROM main.sqlite_master WHERE type IN ('table', 'view', "
                "'trigger') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY type = 'table', "
                "sql NOT LIKE 'CREATE VIRTUAL%' LIMIT 1"));
      if (rows.empty()) break;
      RETURN_IF_ERROR(Execute(
          context, absl::StrCat("DROP ", rows[0][0], " IF EXISTS main.", QuoteName(rows[0][1]))));
    }
    ASSIGN_OR_RETURN(
        const std::vector<Row> sequence,
        Query(context, "SELECT 1 FROM main.sqlite_master WHERE name = 'sqlite_sequence'"));
    if (!sequence.empty()) RETURN_IF_ERROR(Execute(context, "DELETE FROM main.sqlite_sequence"));
    return Execute(context, "COMMIT");
  }

  std::unique_ptr<Database> database_;
  std::string settings_;  // The pragmas of the URL.
  MigrationLock lock_;
  std::string table_;
  std::string history_;
};

}  // namespace

std::unique_ptr<migrate::Database> MigrationsOn(std::unique_ptr<Database> database,
                                                const MigrationOptions& options) {
  const std::string history = absl::StrCat(options.table, "_history");
  migrate::SqlDialect dialect;
  dialect.table = PlainName(options.table);
  dialect.create_table =
      absl::StrCat("CREATE TABLE IF NOT EXISTS ", dialect.table,
                   " (version uint64,dirty bool);\n  CREATE UNIQUE INDEX IF NOT EXISTS "
                   "version_unique ON ",
                   dialect.table, " (version);\n  ");
  dialect.history = PlainName(history);
  dialect.create_history = absl::StrCat(
      "CREATE TABLE IF NOT EXISTS ", dialect.history,
      " (seq INTEGER PRIMARY KEY, version INTEGER NOT NULL, from_version INTEGER NOT NULL, "
      "to_version INTEGER NOT NULL, title TEXT NOT NULL, direction TEXT NOT NULL, "
      "sha256 TEXT NOT NULL, started TEXT NOT NULL, duration_ms INTEGER NOT NULL, "
      "siphon TEXT NOT NULL, db_user TEXT NOT NULL, state TEXT NOT NULL, done INTEGER NOT NULL, "
      "total INTEGER NOT NULL, done_sha256 TEXT NOT NULL)");
  dialect.begin = "BEGIN IMMEDIATE";
  // Each commit waits for the disk several times. Foreign keys may be checked at the commit, and
  // then it must be that of the migration.
  if (!options.foreign_keys) dialect.batch = std::chrono::milliseconds(250);
  migrate::SqlDatabase::Options database_options;
  database_options.name = base::SplitPath(database->path()).second;
  database_options.dialect = sql::Dialect::kSqlite;
  database_options.wrap = options.wrap;
  return std::make_unique<migrate::SqlDatabase>(
      std::make_unique<FileSession>(std::move(database), options.table, history, options.settings),
      std::move(dialect), std::move(database_options));
}

absl::StatusOr<std::unique_ptr<migrate::Database>> SqliteMigrations::Open(
    const base::Context& context, const profile::ConnectionProfile& profile,
    driver::MigrationAccess access) {
  profile::ConnectionProfile rest = profile;
  ASSIGN_OR_RETURN(const auto parameters,
                   driver::TakeMigrationParameters(rest, {"x-migrations-table", "x-no-tx-wrap"}));
  MigrationOptions options;
  if (const auto table = parameters.find("x-migrations-table");
      table != parameters.end() && !table->second.empty()) {
    options.table = table->second;
  }
  ASSIGN_OR_RETURN(const bool no_wrap, driver::BoolParameter(parameters, "x-no-tx-wrap", false));
  options.wrap = !no_wrap;
  using Access = driver::Driver::Access;
  // A file that does not exist has no migrations; this is reported.
  ASSIGN_OR_RETURN(
      const Target target,
      ResolveTarget(rest,
                    access == driver::MigrationAccess::kWrite ? Access::kWrite : Access::kCreate));
  if (!target.exists && access == driver::MigrationAccess::kRead) {
    ASSIGN_OR_RETURN(std::unique_ptr<Database> nothing,
                     Database::Open(target.path, {.mode = Database::Mode::kMemory}));
    return MigrationsOn(std::move(nothing), options);
  }
  if (!target.exists) {
    const base::ActingAs owner(target.place.rights);
    const base::FileDescriptor made(
        open(target.place.opened_as.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666));
    if (!made.valid()) return errs::ErrnoError(kOp, target.path, errno);
  }
  ASSIGN_OR_RETURN(
      std::unique_ptr<Database> database,
      OpenTarget(context, target,
                 access == driver::MigrationAccess::kRead ? Access::kRead : Access::kWrite,
                 /*owners=*/true));
  if (access != driver::MigrationAccess::kRead) {
    options.foreign_keys = target.options.foreign_keys;
    options.settings = absl::StrJoin(target.options.pragmas, "; ");
    const Database::Scope scope(*database, context, kOp);
    RETURN_IF_ERROR(database->Execute(options.settings));
  }
  return MigrationsOn(std::move(database), options);
}

}  // namespace siphon::sqlite
