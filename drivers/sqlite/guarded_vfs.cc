// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/sqlite/guarded_vfs.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "errs/error.h"

namespace siphon::sqlite {
namespace {

// The first eight bytes of a journal, and the last of a super-journal's name (pager.c).
constexpr std::string_view kJournalMagic = "\xd9\xd5\x05\xf9\x20\xa1\x63\xd7";
// A super-journal's name is the database's with "-mj", six hexadecimal digits, "9" and two more.
constexpr std::string_view kSuperMark = "-mj";
constexpr size_t kSuperDigits = 9;
constexpr size_t kDigitBeforeLast = 6;
constexpr uint32_t kLongestName = 4096;

uint32_t BigEndian(const unsigned char* bytes) {
  return uint32_t{bytes[0]} << 24 | uint32_t{bytes[1]} << 16 | uint32_t{bytes[2]} << 8 | bytes[3];
}

std::string_view FolderOf(std::string_view path) { return path.substr(0, path.rfind('/') + 1); }

// SQLite's file, whose methods are replaced by a copy in which those that use paths are guarded.
struct FileMethods : sqlite3_io_methods {
  const sqlite3_io_methods* original = nullptr;
  base::ActingAs::Rights rights;

  static const FileMethods& Of(sqlite3_file* file) {
    return *static_cast<const FileMethods*>(file->pMethods);
  }
  static int ShmMap(sqlite3_file* file, int page, int size, int extend, void volatile** out) {
    const base::ActingAs owner(Of(file).rights);
    return Of(file).original->xShmMap(file, page, size, extend, out);
  }
  static int ShmUnmap(sqlite3_file* file, int remove) {
    const base::ActingAs owner(Of(file).rights);
    return Of(file).original->xShmUnmap(file, remove);
  }
};

}  // namespace

// SQLite uses the base class: a copy of the original VFS with another name and some methods.
struct GuardedVfs::State : sqlite3_vfs {
  sqlite3_vfs* original = nullptr;
  std::string own_name;
  Rules rules;
  FileMethods methods;
  std::string refusal;
  std::string hint;

  static State* Of(sqlite3_vfs* vfs) { return static_cast<State*>(vfs); }

  int Refuse(std::string_view path, std::string_view reason, std::string_view advice) {
    refusal = absl::StrCat(ShownPath(path), " ", reason);
    hint = std::string(advice);
    return SQLITE_CANTOPEN;
  }

  // The name of a file next to the database, for messages.
  static std::string_view ShownPath(std::string_view path) {
    return path.substr(FolderOf(path).size());
  }

  // Checks a file next to the database before SQLite opens it.
  int Check(const std::string& path) {
    struct stat info;
    if (lstat(path.c_str(), &info) != 0) return SQLITE_OK;
    constexpr std::string_view kAdvice = "find out who put it there, and remove it";
    if (S_ISLNK(info.st_mode)) return Refuse(path, "is a symbolic link", kAdvice);
    if (!S_ISREG(info.st_mode)) return Refuse(path, "is not a regular file", kAdvice);
    // Root would give it to the owner of the database.
    if (info.st_nlink > 1 && (rules.trusted_files || !rules.controller.empty())) {
      return Refuse(path, "has several hard links", kAdvice);
    }
    if (rules.trusted_files && !base::IsTrustedUser(info.st_uid)) {
      return Refuse(path,
                    absl::StrCat("belongs to ", base::DescribeUser(info.st_uid),
                                 ", and the database does not"),
                    kAdvice);
    }
    return SQLITE_OK;
  }

  // Checks the journal of an unfinished transaction before SQLite rolls it back.
  int CheckRollback(const std::string& path) {
    if (!rules.roll_back) {
      return Refuse(path,
                    absl::StrCat("holds an unfinished transaction, which siphon does not roll back "
                                 "where ",
                                 rules.controller, " controls the file or its folder"),
                    "open the database as that user first, for example with sqlite3 or siphon");
    }
    const base::FileDescriptor journal(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (!journal.valid()) return SQLITE_OK;  // SQLite reports it.
    const std::string super = SuperJournalOf(journal.get());
    if (super.empty() || IsSuperJournal(super, FolderOf(rules.path))) return SQLITE_OK;
    return Refuse(path,
                  absl::StrCat("names ", super,
                               " as the journal of a transaction over several databases, "
                               "and a rollback would remove that file"),
                  "open the database with the program that writes it, or restore a dump");
  }

  static int Open(sqlite3_vfs* vfs, sqlite3_filename path, sqlite3_file* file, int flags,
                  int* out_flags) {
    State* const self = Of(vfs);
    const base::ActingAs owner(self->rules.rights);
    constexpr int kJournals =
        SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_WAL | SQLITE_OPEN_SUPER_JOURNAL;
    if (path != nullptr && (flags & kJournals) != 0) {
      int checked = self->Check(path);
      if (checked == SQLITE_OK && (flags & SQLITE_OPEN_WAL) != 0) {
        // SQLite opens it without xOpen.
        checked = self->Check(absl::StrCat(absl::StripSuffix(path, "-wal"), "-shm"));
      }
      constexpr int kRollback = SQLITE_OPEN_READWRITE | SQLITE_OPEN_MAIN_JOURNAL;
      const bool rolls_back = (flags & kRollback) == kRollback && (flags & SQLITE_OPEN_CREATE) == 0;
      if (checked == SQLITE_OK && rolls_back) checked = self->CheckRollback(path);
      if (checked != SQLITE_OK) {
        file->pMethods = nullptr;
        return checked;
      }
    }
    const int result = self->original->xOpen(self->original, path, file, flags, out_flags);
    if (result == SQLITE_OK && (flags & SQLITE_OPEN_MAIN_DB) != 0 && path == self->rules.path) {
      static_cast<sqlite3_io_methods&>(self->methods) = *file->pMethods;
      self->methods.original = file->pMethods;
      self->methods.rights = self->rules.rights;
      self->methods.xShmMap = &FileMethods::ShmMap;
      self->methods.xShmUnmap = &FileMethods::ShmUnmap;
      file->pMethods = &self->methods;
    }
    return result;
  }

  // True for the journals of the database, and of attached ones if there can be some.
  bool MayRemove(std::string_view path) const {
    if (IsSuperJournal(path, FolderOf(rules.path))) return true;
    if (!absl::EndsWith(path, "-journal") && !absl::EndsWith(path, "-wal")) return false;
    return rules.attaches || path == absl::StrCat(rules.path, "-journal") ||
           path == absl::StrCat(rules.path, "-wal");
  }

  static int Delete(sqlite3_vfs* vfs, const char* path, int sync) {
    State* const self = Of(vfs);
    if (!self->MayRemove(path)) return SQLITE_IOERR_DELETE;
    const base::ActingAs owner(self->rules.rights);
    return self->original->xDelete(self->original, path, sync);
  }

  static int Access(sqlite3_vfs* vfs, const char* path, int flags, int* result) {
    State* const self = Of(vfs);
    const base::ActingAs owner(self->rules.rights);
    return self->original->xAccess(self->original, path, flags, result);
  }

  static int FullPathname(sqlite3_vfs* vfs, const char* path, int size, char* out) {
    State* const self = Of(vfs);
    if (path != self->rules.path) {
      return self->original->xFullPathname(self->original, path, size, out);
    }
    if (self->rules.path.size() >= static_cast<size_t>(size)) return SQLITE_CANTOPEN;
    std::memcpy(out, path, self->rules.path.size() + 1);
    return SQLITE_OK;
  }
};

bool IsSuperJournal(std::string_view path, std::string_view folder) {
  if (!absl::ConsumePrefix(&path, folder) || absl::StrContains(path, '/')) return false;
  if (path.size() <= kSuperMark.size() + kSuperDigits) return false;
  const std::string_view digits = path.substr(path.size() - kSuperDigits);
  path.remove_suffix(kSuperDigits);
  if (!absl::EndsWith(path, kSuperMark) || digits[kDigitBeforeLast] != '9') return false;
  for (const char c : digits) {
    if (!absl::ascii_isxdigit(static_cast<unsigned char>(c))) return false;
  }
  return true;
}

std::string SuperJournalOf(int fd) {
  std::array<unsigned char, 16> end;
  const off_t size = lseek(fd, 0, SEEK_END);
  const off_t tail = static_cast<off_t>(end.size());
  if (size < tail || pread(fd, end.data(), end.size(), size - tail) != tail) return "";
  const uint32_t length = BigEndian(end.data());
  if (std::memcmp(end.data() + 8, kJournalMagic.data(), kJournalMagic.size()) != 0) return "";
  if (length == 0 || length > kLongestName || length > size - tail) return "";
  std::string name(length, '\0');
  if (pread(fd, name.data(), length, size - tail - length) != static_cast<ssize_t>(length)) {
    return "";
  }
  uint32_t checksum = BigEndian(end.data() + 4);
  for (const char c : name) checksum -= static_cast<uint32_t>(static_cast<signed char>(c));
  if (checksum != 0) return "";  // SQLite ignores it, too.
  return name.substr(0, name.find('\0'));
}

GuardedVfs::GuardedVfs(std::unique_ptr<State> state) : state_(std::move(state)) {}

GuardedVfs::~GuardedVfs() { sqlite3_vfs_unregister(state_.get()); }

const char* GuardedVfs::name() const { return state_->own_name.c_str(); }
const GuardedVfs::Rules& GuardedVfs::rules() const { return state_->rules; }
const std::string& GuardedVfs::refusal() const { return state_->refusal; }
const std::string& GuardedVfs::hint() const { return state_->hint; }

absl::StatusOr<std::unique_ptr<GuardedVfs>> GuardedVfs::Create(const char* base, Rules rules) {
  static std::atomic<uint64_t> count = 0;
  if (sqlite3_initialize() != SQLITE_OK || sqlite3_vfs_find(base) == nullptr) {
    return errs::InternalError("sqlite", "SQLite has no way to files");
  }
  auto state = std::make_unique<State>();
  state->original = sqlite3_vfs_find(base);
  static_cast<sqlite3_vfs&>(*state) = *state->original;
  state->own_name = absl::StrCat("siphon-guarded-", count++);
  state->rules = std::move(rules);
  state->zName = state->own_name.c_str();
  state->pNext = nullptr;
  state->xOpen = &State::Open;
  state->xDelete = &State::Delete;
  state->xAccess = &State::Access;
  state->xFullPathname = &State::FullPathname;
  if (sqlite3_vfs_register(state.get(), 0) != SQLITE_OK) {
    return errs::InternalError("sqlite", "SQLite takes no further way to files");
  }
  return std::unique_ptr<GuardedVfs>(new GuardedVfs(std::move(state)));
}

}  // namespace siphon::sqlite
