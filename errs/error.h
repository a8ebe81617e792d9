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
  kSystem = 2,       // Network, disk, permissions, a server.
  kIntegrity = 3,    // Stored data differs from its records (checksum, size, structure).
  kPartial = 4,      // Only a part of the work was done.
  kCancelled = 130,  // SIGINT, or a deadline.
  kTerminated = 143  // SIGTERM.
};

// The cause of an error, for programs: test it with Is(). Its text begins the message for users.
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

// The typed payload of every absl::Status that siphon creates.
struct Error {
  std::string op;  // The operation, such as "sqlite.backup".
  Code code = Code::kSystem;
  Cause cause = kInternal;
  std::string detail;  // The input and what is wrong with it; may be empty.
  std::string hint;    // What the user can do; may be empty.
};

// Creates a status with the payload `error` and the message "<cause text>: <detail>". The cause
// determines the status code. `error.code` must not be kOk.
absl::Status MakeStatus(Error error);

// Shorthands for the exit codes 1 (user), 2 (system) and 3 (integrity). InternalError() is for a
// failed invariant: errs::kInternal, exit code 2.
absl::Status UserError(std::string_view op, const Cause& cause, std::string_view detail,
                       std::string_view hint = "");
absl::Status SystemError(std::string_view op, const Cause& cause, std::string_view detail,
                         std::string_view hint = "");
absl::Status IntegrityError(std::string_view op, std::string_view detail,
                            std::string_view hint = "");
absl::Status InternalError(std::string_view op, std::string_view detail);

// The error of a failed system call: "<what>: <strerror(errnum)>", with a hint for common errors.
absl::Status ErrnoError(std::string_view op, std::string_view what, int errnum);

// The payload of `status`; nothing for an OK status or one that siphon did not create.
std::optional<Error> GetError(const absl::Status& status);

// True if `status` has the cause `cause`.
bool Is(const absl::Status& status, const Cause& cause);

// The exit code for `status`: 0 if OK; the code of its payload; without a payload 130 for a
// cancelled status and 1 for others, as in siphon (Go).
int ExitCode(const absl::Status& status);

// A copy of `status` with another operation or another hint; an empty hint changes nothing. An OK
// status is returned unchanged.
absl::Status WithOp(const absl::Status& status, std::string_view op);
absl::Status WithHint(const absl::Status& status, std::string_view hint);

// "<op> failed: <message> (<hint>)", as siphon (Go) prints it after the mark.
std::string Render(const absl::Status& status);

}  // namespace siphon::errs

#endif  // ERRS_ERROR_H_
