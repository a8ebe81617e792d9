// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef ERRS_ERROR_H_
#define ERRS_ERROR_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace siphon::errs {

// The process exit code for a failure (docs/contracts.md#exit-codes).
enum class Code : int {
  kOk = 0,
  kUser = 1,         // Wrong input: a flag, a name, a configuration key.
  kSystem = 2,       // The surroundings: network, disk, permissions, a server.
  kIntegrity = 3,    // Stored bytes are not what they were recorded to be.
  kPartial = 4,      // Part of the work is done and part is not.
  kCancelled = 130,  // SIGINT, or a deadline.
  kTerminated = 143  // SIGTERM.
};

// What went wrong, as a programme can test it: compare with Is(). The text is the first part of
// the message that a user reads.
struct Cause {
  std::string_view id;
  std::string_view text;

  friend constexpr bool operator==(const Cause& a, const Cause& b) { return a.id == b.id; }
};

inline constexpr Cause kInvalidArgument{"invalid_argument", "invalid argument"};
inline constexpr Cause kNotFound{"not_found", "not found"};
inline constexpr Cause kAlreadyExists{"already_exists", "already exists"};
inline constexpr Cause kConfigInvalid{"config_invalid", "invalid configuration"};
inline constexpr Cause kSecretUnavailable{"secret_unavailable", "secret not available"};
inline constexpr Cause kConnectionFailed{"connection_failed", "connection failed"};
inline constexpr Cause kDriverUnsupported{"driver_unsupported", "not supported by this driver"};
inline constexpr Cause kTargetNotEmpty{"target_not_empty", "target is not empty"};
inline constexpr Cause kBusy{"busy", "database is busy"};
inline constexpr Cause kIntegrity{"integrity", "integrity check failed"};
inline constexpr Cause kIo{"io", "input/output error"};
inline constexpr Cause kDatabase{"database", "database error"};
// Migration errors; the texts are golang-migrate's (docs/contracts.md#migration-errors).
inline constexpr Cause kNoChange{"no_change", "no change"};
inline constexpr Cause kNilVersion{"no_migration", "no migration"};
inline constexpr Cause kShortLimit{"short_limit", "limit short"};
inline constexpr Cause kLocked{"locked", "can't acquire database lock"};
inline constexpr Cause kDirty{"dirty", "dirty database version"};
inline constexpr Cause kConfirmationRefused{"confirmation_refused", "not confirmed"};
inline constexpr Cause kCancelled{"cancelled", "cancelled"};
inline constexpr Cause kTerminated{"terminated", "terminated"};
inline constexpr Cause kInternal{"internal", "internal error"};

// The typed payload of every absl::Status that siphon makes.
struct Error {
  std::string op;  // The operation, as in "sqlite.backup".
  Code code = Code::kSystem;
  Cause cause = kInternal;
  std::string detail;  // What happened to which input; may be empty.
  std::string hint;    // What the user can do; may be empty.
};

// Makes a status that carries `error`. Its message is "<cause text>: <detail>".
// The status code follows from the cause. `error.code` must not be kOk.
absl::Status MakeStatus(Error error);

// Shorthands that fix the exit code.
absl::Status UserError(std::string_view op, const Cause& cause, std::string_view detail,
                       std::string_view hint = "");
absl::Status SystemError(std::string_view op, const Cause& cause, std::string_view detail,
                         std::string_view hint = "");
absl::Status IntegrityError(std::string_view op, std::string_view detail,
                            std::string_view hint = "");
absl::Status InternalError(std::string_view op, std::string_view detail);

// A failed system call: "<what>: <strerror(errnum)>". ENOENT, EACCES and ENOSPC get a hint.
absl::Status ErrnoError(std::string_view op, std::string_view what, int errnum);

// The payload of `status`; for an OK status or one made elsewhere, nothing.
std::optional<Error> GetError(const absl::Status& status);

// True when `status` carries `cause`.
bool Is(const absl::Status& status, const Cause& cause);

// The exit code for `status`: 0 when OK; the payload's code; 130 for a bare cancelled status;
// else 1 (siphon (Go) ends in 1 for untyped errors).
int ExitCode(const absl::Status& status);

// `status` with its operation and, when not empty, hint replaced; the identity for OK.
absl::Status WithOp(const absl::Status& status, std::string_view op);
absl::Status WithHint(const absl::Status& status, std::string_view hint);

// "<op> failed: <message> (<hint>)" as siphon (Go) prints it, without the leading mark.
std::string Render(const absl::Status& status);

}  // namespace siphon::errs

#endif  // ERRS_ERROR_H_
