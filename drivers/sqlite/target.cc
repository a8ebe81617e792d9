// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/sqlite/target.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/file.h"
#include "siphon/base/ownership.h"

namespace siphon::sqlite {
namespace {

constexpr std::string_view kOp = "sqlite.connect";
// A file name has at most 255 bytes; the name of the staged file is longer than the target's.
constexpr size_t kLongestStagedName = 200;
constexpr std::chrono::seconds kBusyTimeout{30};
// The bytes of a header (https://www.sqlite.org/fileformat2.html) up to the version for reading,
// which is 2 in WAL mode.
constexpr size_t kHeaderStart = 20;

absl::Status ConnectionFailed(std::string_view detail, std::string_view hint = "") {
  return errs::SystemError(kOp, errs::kConnectionFailed, detail, hint);
}

absl::Status CheckProfile(const profile::ConnectionProfile& profile) {
  const auto refuse = [](std::string_view what) {
    return errs::UserError(kOp, errs::kInvalidArgument,
                           absl::StrCat("a SQLite database is a file and has no ", what),
                           "remove it from the profile");
  };
  if (!profile.host.empty()) return refuse("host");
  if (profile.port != 0) return refuse("port");
  if (!profile.user.empty()) return refuse("user");
  if (!profile.password.empty()) return refuse("password");
  if (profile.database.empty()) {
    return errs::UserError(
        kOp, errs::kInvalidArgument, "the profile has no database",
        "set it to the path of the file, or use a URL such as sqlite:///path/app.db");
  }
  return absl::OkStatus();
}

// Resolves symbolic links, including a last one to a file that does not exist yet.
absl::StatusOr<std::string> Resolve(const std::string& path) {
  const std::string folder = base::SplitPath(path).first;
  struct stat info;
  // Without the folder of a last link.
  if (stat(folder.c_str(), &info) != 0) {
    return ConnectionFailed(absl::StrCat(path, ": folder ", folder, ": ", std::strerror(errno)),
                            "create the folder first, or correct the path");
  }
  absl::StatusOr<std::string> resolved = base::ResolveLinks(kOp, path);
  const bool refused = errs::Is(resolved.status(), errs::kIo) &&
                       errs::ExitCode(resolved.status()) == static_cast<int>(errs::Code::kUser);
  if (resolved.ok() || refused) return resolved;
  return ConnectionFailed(errs::GetError(resolved.status())->detail);
}

// Converts `status` of Open() or of the first statement, with SQLite's `result`, to a connection
// failure.
absl::Status AsConnectionFailure(const absl::Status& status, int result) {
  const std::optional<errs::Error> error = errs::GetError(status);
  if (!error.has_value() || error->cause == errs::kBusy || error->cause == errs::kCancelled ||
      error->cause == errs::kTerminated || error->cause == errs::kConnectionFailed) {
    return status;
  }
  std::string_view hint = error->hint;
  switch (result) {
    case SQLITE_READONLY_ROLLBACK:
      hint = "a writer has crashed, and its journal can only be rolled back with write permission";
      break;
    case SQLITE_READONLY_DIRECTORY:
    case SQLITE_READONLY_CANTINIT:
    case SQLITE_READONLY_CANTLOCK:
    case SQLITE_READONLY_RECOVERY:
      hint =
          "a database in WAL mode can be read only if the files next to it (-wal, -shm) can be "
          "written; copy it, or give write permission to the folder";
      break;
    default:
      break;
  }
  if ((result & 0xff) == SQLITE_CANTOPEN) {
    hint =
        "reading needs permission for the file and, in WAL mode, for the folder and the files "
        "next to it (-wal, -shm)";
  }
  return ConnectionFailed(error->detail, hint);
}

// True for a database in WAL mode without a WAL, in a folder where SQLite may not create one: its
// content is all in the file, and nobody with the same rights can write to it.
bool IsWalWithoutWal(const Target& target) {
  const base::ActingAs owner(target.place.rights);
  const std::string& path = target.place.opened_as;
  struct stat info;
  for (const char* const suffix : {"-journal", "-wal", "-shm"}) {
    if (lstat(absl::StrCat(path, suffix).c_str(), &info) == 0 || errno != ENOENT) return false;
  }
  const std::string folder = base::SplitPath(path).first;
  if (faccessat(AT_FDCWD, folder.c_str(), W_OK, AT_EACCESS) == 0) return false;
  const base::FileDescriptor file(open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  std::array<char, kHeaderStart> header;
  return file.valid() && pread(file.get(), header.data(), header.size(), 0) == kHeaderStart &&
         header[kHeaderStart - 1] == 2;
}

// True if a WAL with content lies next to the database, as a killed writer leaves it.
bool HasWal(const Target& target) {
  const base::ActingAs owner(target.place.rights);
  struct stat info;
  return lstat(absl::StrCat(target.place.opened_as, "-wal").c_str(), &info) == 0 &&
         info.st_size > 0;
}

// A writer that was killed before it synced its journal leaves a journal that needs no rollback,
// and that SQLite ignores. When the journal mode changes from PERSIST, SQLite removes it under its
// lock.
void RemoveIdleJournal(Database& database) {
  struct stat info;
  if (lstat(absl::StrCat(database.path(), "-journal").c_str(), &info) != 0) return;
  const absl::StatusOr<std::string> mode = database.QueryText("PRAGMA main.journal_mode");
  if (!mode.ok() || *mode != "delete") return;
  database.Execute("PRAGMA main.journal_mode = PERSIST; PRAGMA main.journal_mode = DELETE")
      .IgnoreError();
}

// Opens the file and reads its schema. Falls back to Mode::kImmutable, see IsWalWithoutWal().
absl::StatusOr<std::unique_ptr<Database>> OpenAndRead(const base::Context& context,
                                                      const Target& target,
                                                      Database::Options options) {
  absl::StatusOr<std::unique_ptr<Database>> opened = Database::Open(target.path, options);
  if (!opened.ok()) return AsConnectionFailure(opened.status(), SQLITE_CANTOPEN);
  std::unique_ptr<Database> database = *std::move(opened);
  Database::Scope scope(*database, context, kOp);
  const absl::StatusOr<int64_t> objects =
      database->QueryInt("SELECT count(*) FROM main.sqlite_schema");
  if (objects.ok()) return database;
  if (options.mode == Database::Mode::kRead && IsWalWithoutWal(target)) {
    options.mode = Database::Mode::kImmutable;
    return OpenAndRead(context, target, options);
  }
  return AsConnectionFailure(objects.status(), sqlite3_extended_errcode(database->handle()));
}

}  // namespace

Stage::Place Target::StagePlace() const {
  const auto [directory, name] = base::SplitPath(place.opened_as);
  return {directory, absl::StrCat(".", name.substr(0, kLongestStagedName), ".siphon-"),
          place.rights};
}

absl::StatusOr<Target> ResolveTarget(const profile::ConnectionProfile& profile,
                                     driver::Driver::Access access) {
  RETURN_IF_ERROR(CheckProfile(profile));
  Target target;
  ASSIGN_OR_RETURN(target.options, ParseUrlOptions(profile.parameters));
  if (target.options.read_only && access != driver::Driver::Access::kRead) {
    return errs::UserError(kOp, errs::kInvalidArgument,
                           absl::StrCat(profile.database, ": mode=ro forbids writing"),
                           "leave the parameter out");
  }
  ASSIGN_OR_RETURN(target.path, Resolve(profile.database));
  ASSIGN_OR_RETURN(target.place, LookAt(kOp, target.path));
  struct stat info;
  if (stat(target.path.c_str(), &info) != 0) {
    if (errno != ENOENT) {
      return ConnectionFailed(absl::StrCat(target.path, ": ", std::strerror(errno)));
    }
    if (access == driver::Driver::Access::kCreate) return target;
    return ConnectionFailed(absl::StrCat(target.path, ": there is no such file"),
                            "check the path; a relative one counts from the current folder");
  }
  if (S_ISDIR(info.st_mode)) {
    return ConnectionFailed(absl::StrCat(target.path, ": it is a folder"),
                            "name the database file in it");
  }
  if (!S_ISREG(info.st_mode)) {
    return ConnectionFailed(absl::StrCat(target.path, ": it is no regular file"));
  }
  target.exists = true;
  return target;
}

absl::StatusOr<std::unique_ptr<Database>> OpenTarget(const base::Context& context,
                                                     const Target& target,
                                                     driver::Driver::Access access, bool owners) {
  const bool write = access != driver::Driver::Access::kRead;
  Database::Options options;
  options.owners = owners;
  options.rules = GuardedVfs::Rules{.path = target.place.opened_as,
                                    .rights = target.place.rights,
                                    .roll_back = write || !target.place.shared,
                                    .trusted_files = target.place.trusted_files,
                                    .controller = target.place.controller,
                                    .folder = target.place.folder,
                                    .attaches = owners};
  options.mode = write ? Database::Mode::kWrite : Database::Mode::kRead;
  options.busy_timeout = target.options.busy_timeout.value_or(kBusyTimeout);
  if (write) {
    const Stage::Place place = target.StagePlace();
    options.temporary_prefix = absl::StrCat(base::JoinPath(place.directory, place.prefix), "sort-");
  }
  // A reader of a foreign place changes nothing there that matters.
  const bool keep_wal = !write && target.place.shared && HasWal(target);
  ASSIGN_OR_RETURN(std::unique_ptr<Database> database, OpenAndRead(context, target, options));
  if (keep_wal) database->KeepWal();
  if (write && sqlite3_db_readonly(database->handle(), "main") == 1) {
    return ConnectionFailed(absl::StrCat(target.path, ": it may not be written"),
                            "change the file's permissions, or run as its owner");
  }
  if (write) {
    Database::Scope scope(*database, context, kOp);
    RemoveIdleJournal(*database);
  }
  return database;
}

}  // namespace siphon::sqlite
