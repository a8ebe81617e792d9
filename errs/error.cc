// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "errs/error.h"

#include <cerrno>
#include <system_error>
#include <utility>

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace siphon::errs {
namespace {

// The key of the payload. Its value consists of the five fields, each as "<length>:<bytes>".
constexpr std::string_view kPayloadUrl = "siphon.dev/errs.Error";

struct KnownCause {
  Cause cause;
  absl::StatusCode code;
};

constexpr KnownCause kKnownCauses[] = {
    {kInvalidArgument, absl::StatusCode::kInvalidArgument},
    {kNotFound, absl::StatusCode::kNotFound},
    {kAlreadyExists, absl::StatusCode::kAlreadyExists},
    {kConfigInvalid, absl::StatusCode::kInvalidArgument},
    {kSecretUnavailable, absl::StatusCode::kFailedPrecondition},
    {kConnectionFailed, absl::StatusCode::kUnavailable},
    {kDriverUnsupported, absl::StatusCode::kUnimplemented},
    {kTargetNotEmpty, absl::StatusCode::kFailedPrecondition},
    {kBusy, absl::StatusCode::kUnavailable},
    {kIntegrity, absl::StatusCode::kDataLoss},
    {kIo, absl::StatusCode::kUnavailable},
    {kDatabase, absl::StatusCode::kUnknown},
    {kNoChange, absl::StatusCode::kFailedPrecondition},
    {kNilVersion, absl::StatusCode::kFailedPrecondition},
    {kShortLimit, absl::StatusCode::kOutOfRange},
    {kLocked, absl::StatusCode::kUnavailable},
    {kDirty, absl::StatusCode::kFailedPrecondition},
    {kConfirmationRefused, absl::StatusCode::kAborted},
    {kCancelled, absl::StatusCode::kCancelled},
    {kTerminated, absl::StatusCode::kCancelled},
    {kInternal, absl::StatusCode::kInternal},
};

// A cause that is not in this table becomes kInternal: Cause contains views, so only causes with
// static storage can be returned.
const KnownCause& FindCause(std::string_view id) {
  for (const KnownCause& known : kKnownCauses) {
    if (known.cause.id == id) return known;
  }
  return kKnownCauses[std::size(kKnownCauses) - 1];
}

Code CodeFromInt(int value) {
  switch (value) {
    case static_cast<int>(Code::kUser):
      return Code::kUser;
    case static_cast<int>(Code::kIntegrity):
      return Code::kIntegrity;
    case static_cast<int>(Code::kPartial):
      return Code::kPartial;
    case static_cast<int>(Code::kCancelled):
      return Code::kCancelled;
    case static_cast<int>(Code::kTerminated):
      return Code::kTerminated;
    default:
      return Code::kSystem;
  }
}

std::string Encode(const Error& error) {
  std::string out;
  const std::string code = absl::StrCat(static_cast<int>(error.code));
  for (std::string_view field : {std::string_view(code), error.cause.id, std::string_view(error.op),
                                 std::string_view(error.detail), std::string_view(error.hint)}) {
    absl::StrAppend(&out, field.size(), ":", field);
  }
  return out;
}

bool TakeField(std::string_view& rest, std::string_view& field) {
  const size_t colon = rest.find(':');
  size_t length = 0;
  if (colon == std::string_view::npos || !absl::SimpleAtoi(rest.substr(0, colon), &length) ||
      length > rest.size() - colon - 1) {
    return false;
  }
  field = rest.substr(colon + 1, length);
  rest.remove_prefix(colon + 1 + length);
  return true;
}

std::optional<Error> Decode(std::string_view rest) {
  std::string_view code, cause, op, detail, hint;
  int code_value = 0;
  if (!TakeField(rest, code) || !TakeField(rest, cause) || !TakeField(rest, op) ||
      !TakeField(rest, detail) || !TakeField(rest, hint) || !absl::SimpleAtoi(code, &code_value)) {
    return std::nullopt;
  }
  return Error{.op = std::string(op),
               .code = CodeFromInt(code_value),
               .cause = FindCause(cause).cause,
               .detail = std::string(detail),
               .hint = std::string(hint)};
}

// The payload of `status`, or a new one from the message and code of a status without payload.
Error ErrorOf(const absl::Status& status) {
  if (std::optional<Error> error = GetError(status)) return *std::move(error);
  Error error{.op = "",
              .code = CodeFromInt(ExitCode(status)),
              .cause = kInternal,
              .detail = std::string(status.message()),
              .hint = ""};
  // The status codes that belong to one cause only.
  for (const Cause& cause : {kCancelled, kNotFound, kInvalidArgument, kAlreadyExists}) {
    if (FindCause(cause.id).code == status.code()) error.cause = cause;
  }
  return error;
}

absl::Status WithError(absl::Status status, const Error& error) {
  status.SetPayload(kPayloadUrl, absl::Cord(Encode(error)));
  return status;
}

std::string_view HintForErrno(int errnum) {
  switch (errnum) {
    case ENOENT:
      return "check the path";
    case EACCES:
    case EPERM:
      return "check the owner and the permissions of the path";
    case ENOSPC:
    case EDQUOT:
      return "free some space, or choose a place on another disk";
    case EROFS:
      return "choose a place that is not mounted read-only";
    case EMFILE:
    case ENFILE:
      return "raise the limit of open files (ulimit -n)";
    default:
      return "";
  }
}

}  // namespace

absl::Status MakeStatus(Error error) {
  if (error.code == Code::kOk) error.code = Code::kSystem;
  const KnownCause& known = FindCause(error.cause.id);
  std::string message(error.cause.text);
  if (!error.detail.empty()) absl::StrAppend(&message, ": ", error.detail);
  return WithError(absl::Status(known.code, message), error);
}

absl::Status UserError(std::string_view op, const Cause& cause, std::string_view detail,
                       std::string_view hint) {
  return MakeStatus({.op = std::string(op),
                     .code = Code::kUser,
                     .cause = cause,
                     .detail = std::string(detail),
                     .hint = std::string(hint)});
}

absl::Status SystemError(std::string_view op, const Cause& cause, std::string_view detail,
                         std::string_view hint) {
  return MakeStatus({.op = std::string(op),
                     .code = Code::kSystem,
                     .cause = cause,
                     .detail = std::string(detail),
                     .hint = std::string(hint)});
}

absl::Status IntegrityError(std::string_view op, std::string_view detail, std::string_view hint) {
  return MakeStatus({.op = std::string(op),
                     .code = Code::kIntegrity,
                     .cause = kIntegrity,
                     .detail = std::string(detail),
                     .hint = std::string(hint)});
}

absl::Status InternalError(std::string_view op, std::string_view detail) {
  return SystemError(op, kInternal, detail);
}

absl::Status ErrnoError(std::string_view op, std::string_view what, int errnum) {
  Cause cause = kIo;
  if (errnum == ENOENT) cause = kNotFound;
  if (errnum == EEXIST) cause = kAlreadyExists;
  return SystemError(op, cause, absl::StrCat(what, ": ", std::generic_category().message(errnum)),
                     HintForErrno(errnum));
}

std::optional<Error> GetError(const absl::Status& status) {
  const auto payload = status.GetPayload(kPayloadUrl);
  if (!payload.has_value()) return std::nullopt;
  return Decode(std::string(*payload));
}

bool Is(const absl::Status& status, const Cause& cause) {
  const std::optional<Error> error = GetError(status);
  return error.has_value() && error->cause == cause;
}

int ExitCode(const absl::Status& status) {
  if (status.ok()) return static_cast<int>(Code::kOk);
  if (const std::optional<Error> error = GetError(status)) return static_cast<int>(error->code);
  return static_cast<int>(status.code() == absl::StatusCode::kCancelled ? Code::kCancelled
                                                                        : Code::kUser);
}

absl::Status WithOp(const absl::Status& status, std::string_view op) {
  if (status.ok()) return status;
  Error error = ErrorOf(status);
  error.op = std::string(op);
  return WithError(status, error);
}

absl::Status WithHint(const absl::Status& status, std::string_view hint) {
  if (status.ok() || hint.empty()) return status;
  Error error = ErrorOf(status);
  error.hint = std::string(hint);
  return WithError(status, error);
}

std::string Render(const absl::Status& status) {
  if (status.ok()) return "";
  const std::optional<Error> error = GetError(status);
  std::string out;
  if (error.has_value() && !error->op.empty()) absl::StrAppend(&out, error->op, " failed: ");
  absl::StrAppend(&out, std::string_view(status.message()));
  if (error.has_value() && !error->hint.empty()) absl::StrAppend(&out, " (", error->hint, ")");
  return out;
}

}  // namespace siphon::errs
