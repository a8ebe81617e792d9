// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/migrate/source.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/file.h"
#include "siphon/domain/migrate/tar.h"

namespace siphon::migrate {
namespace {

constexpr std::string_view kOp = "migrate.source";

absl::Status Refuse(std::string_view detail, std::string_view hint = "") {
  return errs::UserError(kOp, errs::kInvalidArgument, detail, hint);
}

bool SameFile(const struct stat& a, const struct stat& b) {
  return a.st_size == b.st_size && a.st_mtim.tv_sec == b.st_mtim.tv_sec &&
         a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
}

// The real path of a file or folder; "" if there is none.
std::string RealPath(const std::string& path) {
  const std::unique_ptr<char, decltype(&free)> real(realpath(path.c_str(), nullptr), &free);
  return real == nullptr ? "" : real.get();
}

// True for a path below `folder`; both are real paths.
bool IsBelow(const std::string& path, const std::string& folder) {
  return !folder.empty() && path.starts_with(absl::StrCat(folder == "/" ? "" : folder, "/"));
}

// The real path of an open file, to which `path` led; "" if it is not known.
std::string RealPathOfOpen(int fd, const std::string& path, const struct stat& opened) {
  std::array<char, PATH_MAX> target;
  const std::string self = absl::StrCat("/proc/self/fd/", fd);
  const ssize_t length = readlink(self.c_str(), target.data(), target.size());
  if (length > 0) return std::string(target.data(), static_cast<size_t>(length));
  // Without /proc.
  std::string real = RealPath(path);
  struct stat info;
  const bool same = lstat(real.c_str(), &info) == 0 && info.st_dev == opened.st_dev &&
                    info.st_ino == opened.st_ino;
  return same ? real : "";
}

// True if every user may read the file `real`. Whoever wrote to `folder` can reach that folder.
bool EverybodyMayRead(const std::string& real, const struct stat& opened,
                      const std::string& folder) {
  if (real.empty() || folder.empty() || (opened.st_mode & S_IROTH) == 0) return false;
  std::string parent = base::SplitPath(real).first;
  while (parent != folder && !IsBelow(folder, parent)) {
    struct stat info;
    if (stat(parent.c_str(), &info) != 0 || (info.st_mode & S_IXOTH) == 0) return false;
    parent = base::SplitPath(parent).first;
  }
  return true;
}

// Messages of a failed migration quote its text, and whoever wrote the folder has chosen where its
// links lead to: a link out of it is followed only to a file that everybody may read anyway. They
// can exchange the link at any time, so this checks the file that is open.
absl::Status CheckLink(int fd, const std::string& path, const struct stat& opened) {
  const std::string folder = RealPath(base::SplitPath(path).first);
  const std::string real = RealPathOfOpen(fd, path, opened);
  if (IsBelow(real, folder) || EverybodyMayRead(real, opened, folder)) return absl::OkStatus();
  return Refuse(absl::StrCat(path, " is a link to a private file outside of its folder"),
                "copy the file into the folder if it is a migration");
}

// Reads a whole file of a folder, and checks that it does not change meanwhile.
absl::StatusOr<std::string> ReadWhole(const std::string& path) {
  base::FileDescriptor fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd.valid()) {
    const int error = errno;
    if (error == ENOENT) {
      return errs::UserError(kOp, errs::kNotFound, absl::StrCat(path, " has vanished"),
                             "it was removed while siphon was running");
    }
    return errs::ErrnoError(kOp, path, error);
  }
  struct stat before;
  if (fstat(fd.get(), &before) != 0) return errs::ErrnoError(kOp, path, errno);
  if (!S_ISREG(before.st_mode)) return Refuse(absl::StrCat(path, " is not a file"));
  RETURN_IF_ERROR(CheckLink(fd.get(), path, before));
  if (before.st_size < 0 || static_cast<uint64_t>(before.st_size) > Source::kLimit) {
    return Refuse(absl::StrCat(path, " is larger than 1 GiB"));
  }
  std::string content(static_cast<size_t>(before.st_size), '\0');
  const int descriptor = fd.get();
  base::FileReader reader(std::move(fd), path);
  size_t got = 0;
  if (!content.empty()) {
    ASSIGN_OR_RETURN(got, base::ReadFull(reader, absl::MakeSpan(content)));
  }
  char more = '\0';
  ASSIGN_OR_RETURN(const size_t beyond, reader.Read(absl::MakeSpan(&more, 1)));
  struct stat after;
  if (fstat(descriptor, &after) != 0) return errs::ErrnoError(kOp, path, errno);
  if (got != content.size() || beyond != 0 || !SameFile(before, after)) {
    return Refuse(absl::StrCat(path, " was changed while it was read"),
                  "nothing of the file was run; try again when it is complete");
  }
  return content;
}

absl::StatusOr<std::vector<std::string>> ListFolder(const std::string& path) {
  DIR* const folder = opendir(path.c_str());
  if (folder == nullptr) return errs::ErrnoError(kOp, path, errno);
  std::vector<std::string> names;
  absl::Status status;
  while (status.ok()) {
    errno = 0;
    const dirent* const entry = readdir(folder);
    if (entry == nullptr) {
      if (errno != 0) status = errs::ErrnoError(kOp, path, errno);
      break;
    }
    const std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    struct stat info;
    const std::string full = base::JoinPath(path, name);
    if (stat(full.c_str(), &info) != 0) {
      const int error = errno;
      // A dangling link is an error when it is read; other files may have been removed.
      if (error == ENOENT) {
        names.push_back(name);
        continue;
      }
      status = errs::ErrnoError(kOp, full, error);
    } else if (S_ISREG(info.st_mode)) {
      names.push_back(name);
    } else {
      const auto parsed = ParseFileName(name);
      if (parsed.ok() && parsed->has_value()) {
        status = Refuse(absl::StrCat(full, " has a migration's name, but is not a file"));
      }
    }
  }
  closedir(folder);
  RETURN_IF_ERROR(status);
  return names;
}

// The files of an archive, which must all be in one folder.
absl::StatusOr<std::map<std::string, std::string>> FilesOf(std::vector<TarEntry> entries) {
  std::map<std::string, std::string> files;
  std::optional<std::string> folder;
  for (TarEntry& entry : entries) {
    std::string_view path = entry.path;
    while (path.ends_with("/")) path.remove_suffix(1);
    const size_t slash = path.rfind('/');
    const std::string name(slash == std::string_view::npos ? path : path.substr(slash + 1));
    const std::string in(slash == std::string_view::npos ? "" : path.substr(0, slash));
    const auto parsed = ParseFileName(name);
    const bool migration = parsed.ok() && parsed->has_value();
    if (entry.kind != TarEntry::Kind::kFile) {
      if (migration) {
        return Refuse(absl::StrCat(entry.path, " has a migration's name, but is not a file"));
      }
      continue;
    }
    if (migration) {
      if (folder.has_value() && *folder != in) {
        return Refuse(absl::StrCat("the archive has migrations in two folders, \"", *folder,
                                   "\" and \"", in, "\""));
      }
      folder = in;
    }
    if (!files.emplace(name, std::move(entry.content)).second && migration) {
      return Refuse(absl::StrCat("the archive holds ", entry.path, " twice"));
    }
  }
  return files;
}

absl::StatusOr<std::unique_ptr<Source>> OpenTar(const std::string& place, base::Reader& reader) {
  ASSIGN_OR_RETURN(std::vector<TarEntry> entries, ParseTar(reader, Source::kLimit));
  ASSIGN_OR_RETURN(auto files, FilesOf(std::move(entries)));
  std::vector<std::string> names;
  for (const auto& [name, content] : files) names.push_back(name);
  return Source::FromNames(
      place, names,
      [files = std::move(files)](const std::string& name) -> absl::StatusOr<std::string> {
        return files.at(name);
      });
}

}  // namespace

const std::string& Migration::title(Direction direction) const {
  const std::optional<File>& wanted = file(direction);
  return wanted.has_value() ? wanted->title : up.has_value() ? up->title : down->title;
}

absl::StatusOr<std::unique_ptr<Source>> Source::Open(std::string_view place,
                                                     base::Reader* standard_input) {
  if (place == "-") {
    if (standard_input == nullptr) return Refuse("there is no standard input to read from");
    return OpenTar("standard input", *standard_input);
  }
  std::string path(place);
  if (const size_t scheme = place.find("://"); scheme != std::string_view::npos) {
    if (place.substr(0, scheme) != "file") {
      return Refuse(
          absl::StrCat("siphon reads no migrations from \"", place.substr(0, scheme), "://\""),
          "sources are file://FOLDER, a .tar file and - for a tar archive on standard "
          "input");
    }
    path = std::string(place.substr(scheme + 3));
  }
  if (path.empty()) path = ".";
  struct stat info;
  if (stat(path.c_str(), &info) != 0) {
    const int error = errno;
    if (error != ENOENT) return errs::ErrnoError(kOp, path, error);
    return errs::UserError(kOp, errs::kNotFound, absl::StrCat("no migrations at ", path),
                           "give the folder of the migrations with --path");
  }
  if (S_ISREG(info.st_mode)) {
    ASSIGN_OR_RETURN(base::FileReader reader, base::FileReader::Open(path));
    return OpenTar(path, reader);
  }
  if (!S_ISDIR(info.st_mode)) {
    return Refuse(absl::StrCat(path, " is neither a folder nor a tar archive"));
  }
  ASSIGN_OR_RETURN(const std::vector<std::string> names, ListFolder(path));
  return FromNames(path, names, [path](const std::string& name) {
    return ReadWhole(base::JoinPath(path, name));
  });
}

absl::StatusOr<std::unique_ptr<Source>> Source::FromNames(std::string place,
                                                          const std::vector<std::string>& names,
                                                          FileReader read) {
  std::unique_ptr<Source> source(new Source(std::move(place), std::move(read)));
  std::vector<std::string> sorted = names;
  std::sort(sorted.begin(), sorted.end());
  for (const std::string& name : sorted) RETURN_IF_ERROR(source->Add(name));
  std::sort(source->migrations_.begin(), source->migrations_.end(),
            [](const Migration& a, const Migration& b) { return a.version < b.version; });
  // So far there is one migration for each file.
  std::vector<Migration> merged;
  for (Migration& migration : source->migrations_) {
    if (merged.empty() || merged.back().version != migration.version) {
      merged.push_back(std::move(migration));
      continue;
    }
    for (const Direction direction : {Direction::kUp, Direction::kDown}) {
      std::optional<Migration::File>& more =
          direction == Direction::kUp ? migration.up : migration.down;
      std::optional<Migration::File>& there =
          direction == Direction::kUp ? merged.back().up : merged.back().down;
      if (!more.has_value()) continue;
      if (there.has_value()) {
        return Refuse(
            absl::StrCat("duplicate migration: ", there->name, " and ", more->name, " are both ",
                         DirectionName(direction), " of version ", migration.version),
            "give one of them another version, or remove it");
      }
      there = std::move(more);
    }
  }
  source->migrations_ = std::move(merged);
  return source;
}

absl::Status Source::Add(const std::string& name) {
  ASSIGN_OR_RETURN(const std::optional<FileName> parsed, ParseFileName(name));
  if (!parsed.has_value()) {
    passed_over_.push_back(name);
    return absl::OkStatus();
  }
  Migration migration;
  migration.version = parsed->version;
  (parsed->direction == Direction::kUp ? migration.up : migration.down) =
      Migration::File{name, parsed->title};
  migrations_.push_back(std::move(migration));
  return absl::OkStatus();
}

const Migration* Source::Find(int64_t version) const {
  const auto found = std::lower_bound(
      migrations_.begin(), migrations_.end(), version,
      [](const Migration& migration, int64_t wanted) { return migration.version < wanted; });
  return found != migrations_.end() && found->version == version ? &*found : nullptr;
}

std::optional<int64_t> Source::Previous(int64_t version) const {
  const Migration* const found = Find(version);
  if (found == nullptr || found == migrations_.data()) return std::nullopt;
  return (found - 1)->version;
}

std::optional<int64_t> Source::Next(int64_t version) const {
  const Migration* const found = Find(version);
  if (found == nullptr || found + 1 == migrations_.data() + migrations_.size()) return std::nullopt;
  return (found + 1)->version;
}

absl::StatusOr<std::string> Source::Read(const Migration::File& file) const {
  ASSIGN_OR_RETURN(std::string content, read_(file.name));
  if (content.empty()) {
    return Refuse(absl::StrCat(file.name, " is empty"),
                  "if the migration has nothing to do, write a comment into the file");
  }
  return content;
}

}  // namespace siphon::migrate
