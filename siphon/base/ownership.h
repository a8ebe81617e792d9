// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_BASE_OWNERSHIP_H_
#define SIPHON_BASE_OWNERSHIP_H_

#include <sys/stat.h>
#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// Rules for files in places that another user controls. Trusted are root and the user whom the
// process runs as; everybody else is foreign.
namespace siphon::base {

// The effective user of the process.
uid_t EffectiveUser();
bool IsTrustedUser(uid_t user);

// True if a foreign user can change the file, or add entries to the folder: it belongs to a foreign
// user, or everybody or a group other than the process's own or root's may write to it. The sticky
// bit of a folder does not matter, because others can still add entries.
bool OthersMayWrite(const struct stat& info);

// Describes a user for messages: "user 1000", or "user app (1000)" if /etc/passwd has the name.
std::string DescribeUser(uid_t user);

// Resolves all symbolic links of `path`, including a last one whose target does not exist. A link
// that a foreign user owns, or that is in a folder that a foreign user can change, is followed only
// to a file or folder of that user (as Apache's SymLinksIfOwnerMatch does); for any other link
// there the result is errs::kIo with exit code 1. Errors name `path`, and the system's error is the
// cause.
absl::StatusOr<std::string> ResolveLinks(std::string_view op, const std::string& path);

// True if every user of this machine could have put a file of this path there: a component of the
// path is in a folder that everybody may write to, and is missing, or not a trusted user's, or the
// folder is not sticky. Also true for a path that cannot be resolved.
bool EverybodyCouldMake(const std::string& path);

// While it exists, the calling thread opens, creates and removes files with the rights of another
// user and not with root's (setfsuid(2)), so that it can do nothing there that this user cannot do.
// Has no effect if the process is not root or may not change its user.
class ActingAs {
 public:
  struct Rights {
    uid_t user = 0;  // 0: keep the process's own rights.
    gid_t group = 0;
  };
  explicit ActingAs(const Rights& rights);
  ~ActingAs();
  ActingAs(const ActingAs&) = delete;
  ActingAs& operator=(const ActingAs&) = delete;

 private:
  bool active_ = false;
  gid_t previous_group_ = 0;
  std::vector<gid_t> previous_groups_;
};

// For tests, which may not be able to give files away: while it exists, `user` counts as the
// effective user and is the only trusted one.
class ScopedEffectiveUser {
 public:
  explicit ScopedEffectiveUser(uid_t user);
  ~ScopedEffectiveUser();
  ScopedEffectiveUser(const ScopedEffectiveUser&) = delete;
  ScopedEffectiveUser& operator=(const ScopedEffectiveUser&) = delete;
};

}  // namespace siphon::base

#endif  // SIPHON_BASE_OWNERSHIP_H_
