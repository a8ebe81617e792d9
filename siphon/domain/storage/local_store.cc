// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/storage/local_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/clock.h"
#include "siphon/base/context.h"
#include "siphon/base/file.h"
#include "siphon/base/io.h"
#include "siphon/base/ownership.h"
#include "siphon/base/random_access.h"
#include "siphon/domain/storage/local_leases.h"
#include "siphon/domain/storage/store.h"

namespace siphon::storage {
namespace {

constexpr std::string_view kOp = "storage.local";
constexpr mode_t kDirectoryMode = 0700;
constexpr mode_t kObjectMode = 0600;

// Go's os.CreateTemp appends a decimal 32-bit number to a name; base::AtomicFile appends more
// digits.
constexpr size_t kGoSuffixMax = 10;
// siphon (Go) copies a complete dump without such long pauses.
constexpr absl::Duration kGoPause = absl::Minutes(15);

// True if the error means that there is no such file. None has a longer name than its file system
// allows.
bool IsAbsent(int error) { return error == ENOENT || error == ENAMETOOLONG; }

absl::Status NotFound(std::string_view path) {
  return errs::UserError(kOp, errs::kNotFound, absl::StrCat(path, " does not exist"));
}

// Refuses links by which another user leads out of a folder of theirs.
absl::Status CheckLinks(const std::string& path) {
  const absl::StatusOr<std::string> resolved = base::ResolveLinks(kOp, path);
  return errs::Is(resolved.status(), errs::kIo) ? resolved.status() : absl::OkStatus();
}

// "<key>" of ".tmp-<key>-<random>"; empty for other names.
std::string_view KeyOfTemporary(std::string_view name) {
  if (!absl::StartsWith(name, kTemporaryPrefix)) return "";
  name.remove_prefix(kTemporaryPrefix.size());
  const size_t dash = name.rfind('-');
  const std::string_view key = name.substr(0, dash == name.npos ? 0 : dash);
  return ValidateKey(key).ok() ? key : "";
}

class LocalObjectWriter : public ObjectWriter {
 public:
  LocalObjectWriter(const base::Context& context, std::string key,
                    std::unique_ptr<base::AtomicFile> file, base::AtomicFile::IfExists if_exists)
      : context_(context), key_(std::move(key)), file_(std::move(file)), if_exists_(if_exists) {}

  absl::Status Write(std::string_view data) override {
    RETURN_IF_ERROR(context_.Check());
    return file_->Write(data);
  }
  absl::Status Finish() override {
    RETURN_IF_ERROR(context_.Check());
    return file_->Finish();
  }
  absl::Status Commit() override {
    RETURN_IF_ERROR(context_.Check());
    return file_->Publish(key_, if_exists_);
  }

 private:
  base::Context context_;
  std::string key_;
  std::unique_ptr<base::AtomicFile> file_;
  base::AtomicFile::IfExists if_exists_;
};

class LocalObjectReader : public base::Reader {
 public:
  LocalObjectReader(const base::Context& context, base::FileReader file)
      : context_(context), file_(std::move(file)) {}

  absl::StatusOr<size_t> Read(absl::Span<char> out) override {
    RETURN_IF_ERROR(context_.Check());
    return file_.Read(out);
  }
  std::optional<base::FileRegion> region() const override { return file_.region(); }

 private:
  base::Context context_;
  base::FileReader file_;
};

class LocalStore : public Store {
 public:
  explicit LocalStore(std::string directory) : directory_(std::move(directory)) {}

  std::string Description() const override { return directory_; }
  absl::StatusOr<std::unique_ptr<ObjectWriter>> Create(const base::Context& context,
                                                       std::string_view key,
                                                       const CreateOptions& options) override;
  absl::StatusOr<std::unique_ptr<base::Reader>> Open(const base::Context& context,
                                                     std::string_view key) override;
  absl::StatusOr<std::unique_ptr<base::RandomAccess>> OpenAt(const base::Context& context,
                                                             std::string_view key) override;
  absl::StatusOr<std::optional<uint64_t>> Stat(const base::Context& context,
                                               std::string_view key) override;
  absl::Status Delete(const base::Context& context, std::string_view key) override;
  absl::StatusOr<std::vector<std::string>> List(const base::Context& context) override;
  absl::StatusOr<std::vector<std::string>> ListUncommitted(const base::Context& context) override;
  absl::Status RemoveStale(const base::Context& context, const StaleVisitor& visit) override;

 private:
  std::string Path(std::string_view key) const { return base::JoinPath(directory_, key); }
  // Opens the regular file of an object.
  absl::StatusOr<base::FileDescriptor> OpenFile(const base::Context& context, std::string_view key);
  // True for a recently written temporary file of siphon (Go), which takes no lock.
  bool MayLiveUnlocked(const std::string& name) const;
  // The names of the regular files in the directory; none if there is no directory.
  absl::StatusOr<std::vector<std::string>> Names(const base::Context& context) const;

  std::string directory_;
};

absl::StatusOr<std::unique_ptr<ObjectWriter>> LocalStore::Create(const base::Context& context,
                                                                 std::string_view key,
                                                                 const CreateOptions& options) {
  RETURN_IF_ERROR(context.Check());
  RETURN_IF_ERROR(ValidateKey(key));
  RETURN_IF_ERROR(CheckLinks(directory_));
  RETURN_IF_ERROR(base::CreateDirectories(directory_, kDirectoryMode));
  ASSIGN_OR_RETURN(
      std::unique_ptr<base::AtomicFile> file,
      base::AtomicFile::Create(directory_, absl::StrCat(kTemporaryPrefix, key, "-"), kObjectMode));
  return std::make_unique<LocalObjectWriter>(
      context, std::string(key), std::move(file),
      options.if_absent ? base::AtomicFile::IfExists::kFail : base::AtomicFile::IfExists::kReplace);
}

absl::StatusOr<base::FileDescriptor> LocalStore::OpenFile(const base::Context& context,
                                                          std::string_view key) {
  RETURN_IF_ERROR(context.Check());
  RETURN_IF_ERROR(ValidateKey(key));
  const std::string path = Path(key);
  RETURN_IF_ERROR(CheckLinks(path));
  // O_NONBLOCK: opening a FIFO must not block. It has no effect on a file.
  base::FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd.valid()) {
    if (errno == ENOENT) return NotFound(path);
    return errs::ErrnoError(kOp, absl::StrCat("open ", path), errno);
  }
  struct stat info;
  if (::fstat(fd.get(), &info) != 0) {
    return errs::ErrnoError(kOp, absl::StrCat("stat ", path), errno);
  }
  if (!S_ISREG(info.st_mode)) {
    return errs::SystemError(kOp, errs::kIo, absl::StrCat(path, " is not a regular file"),
                             "move it out of the dump directory");
  }
  return fd;
}

absl::StatusOr<std::unique_ptr<base::Reader>> LocalStore::Open(const base::Context& context,
                                                               std::string_view key) {
  ASSIGN_OR_RETURN(base::FileDescriptor fd, OpenFile(context, key));
  return std::make_unique<LocalObjectReader>(context, base::FileReader(std::move(fd), Path(key)));
}

absl::StatusOr<std::unique_ptr<base::RandomAccess>> LocalStore::OpenAt(const base::Context& context,
                                                                       std::string_view key) {
  ASSIGN_OR_RETURN(base::FileDescriptor fd, OpenFile(context, key));
  ASSIGN_OR_RETURN(base::RandomAccessFile file,
                   base::RandomAccessFile::Take(std::move(fd), Path(key)));
  return std::make_unique<base::RandomAccessFile>(std::move(file));
}

absl::StatusOr<std::optional<uint64_t>> LocalStore::Stat(const base::Context& context,
                                                         std::string_view key) {
  RETURN_IF_ERROR(context.Check());
  RETURN_IF_ERROR(ValidateKey(key));
  const std::string path = Path(key);
  struct stat info;
  if (::stat(path.c_str(), &info) != 0) {
    if (IsAbsent(errno)) return std::nullopt;
    return errs::ErrnoError(kOp, absl::StrCat("stat ", path), errno);
  }
  if (!S_ISREG(info.st_mode)) return std::nullopt;
  return static_cast<uint64_t>(info.st_size);
}

absl::Status LocalStore::Delete(const base::Context& context, std::string_view key) {
  RETURN_IF_ERROR(context.Check());
  RETURN_IF_ERROR(ValidateKey(key));
  const std::string path = Path(key);
  if (::unlink(path.c_str()) != 0) {
    if (IsAbsent(errno)) return absl::OkStatus();
    return errs::ErrnoError(kOp, absl::StrCat("delete ", path), errno);
  }
  return base::SyncDirectory(directory_);
}

bool LocalStore::MayLiveUnlocked(const std::string& name) const {
  const std::string_view suffix = std::string_view(name).substr(name.rfind('-') + 1);
  const bool go =
      suffix.size() <= kGoSuffixMax && std::all_of(suffix.begin(), suffix.end(), [](char c) {
        return absl::ascii_isdigit(static_cast<unsigned char>(c));
      });
  struct stat info;
  return go && ::stat(Path(name).c_str(), &info) == 0 &&
         base::Clock::System().Now() - absl::TimeFromTimespec(info.st_mtim) < kGoPause;
}

absl::StatusOr<std::vector<std::string>> LocalStore::Names(const base::Context& context) const {
  std::vector<std::string> names;
  std::error_code error;
  std::filesystem::directory_iterator entry(directory_, error);
  if (error == std::errc::no_such_file_or_directory) return names;
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    RETURN_IF_ERROR(context.Check());
    // The file was removed in the meantime.
    std::error_code gone;
    if (entry->is_regular_file(gone)) names.push_back(entry->path().filename().string());
  }
  if (error) {
    return errs::ErrnoError(kOp, absl::StrCat("list ", directory_), error.value());
  }
  std::sort(names.begin(), names.end());
  return names;
}

absl::StatusOr<std::vector<std::string>> LocalStore::List(const base::Context& context) {
  RETURN_IF_ERROR(context.Check());
  ASSIGN_OR_RETURN(std::vector<std::string> names, Names(context));
  // Neither a file whose name is not a valid key nor a lease is an object.
  std::erase_if(names, [](const std::string& name) {
    return !ValidateKey(name).ok() || absl::StartsWith(name, kLeasePrefix);
  });
  return names;
}

absl::StatusOr<std::vector<std::string>> LocalStore::ListUncommitted(const base::Context& context) {
  RETURN_IF_ERROR(context.Check());
  ASSIGN_OR_RETURN(const std::vector<std::string> names, Names(context));
  std::vector<std::string> keys;
  for (const std::string& name : names) {
    const std::string_view key = KeyOfTemporary(name);
    if (!key.empty()) keys.emplace_back(key);
  }
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

absl::Status LocalStore::RemoveStale(const base::Context& context, const StaleVisitor& visit) {
  RETURN_IF_ERROR(context.Check());
  RETURN_IF_ERROR(base::RemoveStaleFiles(directory_, kLeasePrefix).status());
  return base::RemoveStaleFiles(directory_, kTemporaryPrefix,
                                [&](const std::string& name) -> absl::StatusOr<bool> {
                                  RETURN_IF_ERROR(context.Check());
                                  const std::string_view key = KeyOfTemporary(name);
                                  if (key.empty() || MayLiveUnlocked(name)) return false;
                                  RETURN_IF_ERROR(visit(std::string(key)));
                                  return true;
                                })
      .status();
}

}  // namespace

std::unique_ptr<Store> MakeLocalStore(std::string directory) {
  return std::make_unique<LocalStore>(std::move(directory));
}

}  // namespace siphon::storage
