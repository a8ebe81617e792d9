// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/base/ownership.h"

#include <limits.h>
#include <sys/fsuid.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <deque>
#include <optional>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/file.h"

namespace siphon::base {
namespace {

// The limit of Linux (path_resolution(7)).
constexpr int kMostLinks = 40;
constexpr size_t kLongestPasswd = size_t{1} << 20;
constexpr uid_t kNobodySet = static_cast<uid_t>(-1);

std::atomic<uid_t> effective_user_of_test = kNobodySet;

// setfsuid(2) with an invalid id changes nothing and returns the present one.
uid_t FileSystemUser() { return static_cast<uid_t>(setfsuid(kNobodySet)); }

// glibc's setgroups() changes the groups of every thread.
bool SetGroupsOfThread(const std::vector<gid_t>& groups) {
  return syscall(SYS_setgroups, groups.size(), groups.data()) == 0;
}

absl::Status RefuseLink(std::string_view op, const std::string& link, uid_t user) {
  return errs::UserError(
      op, errs::kIo,
      absl::StrCat(link, " is a symbolic link in a place that ", DescribeUser(user),
                   " controls, to something that does not belong to that user"),
      "name the file itself, or remove the link");
}

absl::StatusOr<std::string> ReadLink(std::string_view op, const std::string& path) {
  std::array<char, PATH_MAX> target;
  const ssize_t length = readlink(path.c_str(), target.data(), target.size());
  if (length < 0) return errs::ErrnoError(op, path, errno);
  return std::string(target.data(), static_cast<size_t>(length));
}

// The foreign user who controls the link `info` in `folder`; nothing if nobody does.
absl::StatusOr<std::optional<uid_t>> ControllerOf(std::string_view op, const std::string& folder,
                                                  const struct stat& info) {
  if (!IsTrustedUser(info.st_uid)) return info.st_uid;
  struct stat holder;
  if (stat(folder.c_str(), &holder) != 0) return errs::ErrnoError(op, folder, errno);
  if (!IsTrustedUser(holder.st_uid)) return holder.st_uid;
  // In a sticky folder, others cannot replace what is not theirs.
  const bool sticky = (holder.st_mode & S_ISVTX) != 0;
  if (OthersMayWrite(holder) && !sticky) return kNobodySet;
  return std::nullopt;
}

// True if everybody can put something into `folder` in the place of `entry`; null: a missing one.
bool EverybodyCouldPut(const std::string& folder, const struct stat* entry) {
  struct stat holder;
  if (stat(folder.c_str(), &holder) != 0) return true;
  if ((holder.st_mode & S_IWOTH) == 0) return false;
  const bool sticky = (holder.st_mode & S_ISVTX) != 0;
  return entry == nullptr || !sticky || !IsTrustedUser(entry->st_uid);
}

// Resolves a path component by component.
class LinkResolver {
 public:
  LinkResolver(std::string_view op, const std::string& path) : op_(op), path_(path) {}

  absl::StatusOr<std::string> Resolve() {
    if (path_.empty() || path_[0] != '/') {
      std::array<char, PATH_MAX> here;
      if (getcwd(here.data(), here.size()) == nullptr) return Failed(errno);
      done_ = here.data();
      if (done_ == "/") done_.clear();
    }
    Push(path_);
    while (!left_.empty()) {
      const std::string part = std::move(left_.front());
      left_.pop_front();
      if (part.empty() || part == ".") continue;
      if (part == "..") {
        done_.resize(done_.empty() ? 0 : done_.rfind('/'));
        continue;
      }
      RETURN_IF_ERROR(Enter(part));
    }
    return done_.empty() ? "/" : done_;
  }
  // True if everybody could have made one of the components that were resolved.
  bool open_to_all() const { return open_to_all_; }

 private:
  absl::Status Failed(int error) const { return errs::ErrnoError(op_, path_, error); }

  void Push(std::string_view path) {
    const std::vector<std::string> parts = absl::StrSplit(path, '/');
    left_.insert(left_.begin(), parts.begin(), parts.end());
  }

  bool AtEnd() const {
    for (const std::string& part : left_) {
      if (!part.empty() && part != ".") return false;
    }
    return true;
  }

  absl::Status Enter(const std::string& part) {
    const std::string next = absl::StrCat(done_, "/", part);
    const std::string folder = done_.empty() ? "/" : done_;
    struct stat info;
    const int error = lstat(next.c_str(), &info) == 0 ? 0 : errno;
    open_to_all_ = open_to_all_ || EverybodyCouldPut(folder, error == 0 ? &info : nullptr);
    if (error != 0) {
      if (error != ENOENT || !AtEnd()) return Failed(error);
      done_ = next;
      return absl::OkStatus();
    }
    if (!S_ISLNK(info.st_mode)) {
      if (!S_ISDIR(info.st_mode) && !AtEnd()) return Failed(ENOTDIR);
      done_ = next;
      return absl::OkStatus();
    }
    if (++links_ > kMostLinks) return Failed(ELOOP);
    ASSIGN_OR_RETURN(const std::optional<uid_t> controller, ControllerOf(op_, folder, info));
    if (controller.has_value()) {
      struct stat target;
      const bool exists = stat(next.c_str(), &target) == 0;
      if (!exists || target.st_uid != *controller) return RefuseLink(op_, next, *controller);
    }
    ASSIGN_OR_RETURN(const std::string target, ReadLink(op_, next));
    if (target.starts_with("/")) done_.clear();
    Push(target);
    return absl::OkStatus();
  }

  std::string_view op_;
  const std::string& path_;
  std::string done_;              // Resolved so far; empty for the root folder.
  std::deque<std::string> left_;  // The components that follow.
  int links_ = 0;
  bool open_to_all_ = false;
};

}  // namespace

uid_t EffectiveUser() {
  const uid_t of_test = effective_user_of_test;
  return of_test == kNobodySet ? geteuid() : of_test;
}

bool IsTrustedUser(uid_t user) {
  return user == EffectiveUser() || (user == 0 && effective_user_of_test == kNobodySet);
}

bool OthersMayWrite(const struct stat& info) {
  if (!IsTrustedUser(info.st_uid)) return true;
  if ((info.st_mode & S_IWOTH) != 0) return true;
  return (info.st_mode & S_IWGRP) != 0 && info.st_gid != 0 && info.st_gid != getegid();
}

std::string DescribeUser(uid_t user) {
  if (user == kNobodySet) return "everybody";
  const absl::StatusOr<std::string> users = ReadFile("/etc/passwd", kLongestPasswd);
  if (users.ok()) {
    for (const std::string_view line : absl::StrSplit(*users, '\n')) {
      const std::vector<std::string_view> fields = absl::StrSplit(line, ':');
      uint32_t id = 0;
      if (fields.size() > 2 && absl::SimpleAtoi(fields[2], &id) && id == user) {
        return absl::StrCat("user ", fields[0], " (", user, ")");
      }
    }
  }
  return absl::StrCat("user ", user);
}

absl::StatusOr<std::string> ResolveLinks(std::string_view op, const std::string& path) {
  return LinkResolver(op, path).Resolve();
}

bool EverybodyCouldMake(const std::string& path) {
  LinkResolver resolver("", path);
  return !resolver.Resolve().ok() || resolver.open_to_all();
}

ActingAs::ActingAs(const Rights& rights) {
  if (rights.user == 0 || geteuid() != 0 || FileSystemUser() != 0) return;
  const int count = getgroups(0, nullptr);
  if (count < 0) return;
  previous_groups_.resize(static_cast<size_t>(count));
  if (count > 0 && getgroups(count, previous_groups_.data()) != count) return;
  // The user last: it takes away the right to change the rest.
  if (!SetGroupsOfThread({})) return;
  previous_group_ = static_cast<gid_t>(setfsgid(rights.group));
  setfsuid(rights.user);
  active_ = true;
}

ActingAs::~ActingAs() {
  if (!active_) return;
  setfsuid(0);
  setfsgid(previous_group_);
  SetGroupsOfThread(previous_groups_);
}

ScopedEffectiveUser::ScopedEffectiveUser(uid_t user) { effective_user_of_test = user; }
ScopedEffectiveUser::~ScopedEffectiveUser() { effective_user_of_test = kNobodySet; }

}  // namespace siphon::base
