// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef ERRS_STATUS_MACROS_H_
#define ERRS_STATUS_MACROS_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// Returns from the enclosing function when `expr` (an absl::Status) is not OK.
#define RETURN_IF_ERROR(expr)                        \
  do {                                               \
    absl::Status siphon_status_ = (expr);            \
    if (!siphon_status_.ok()) return siphon_status_; \
  } while (false)

#define SIPHON_CONCAT_INNER_(a, b) a##b
#define SIPHON_CONCAT_(a, b) SIPHON_CONCAT_INNER_(a, b)

// Assigns the value of `expr` (an absl::StatusOr) to `lhs`, or returns its status.
#define ASSIGN_OR_RETURN(lhs, expr) \
  SIPHON_ASSIGN_OR_RETURN_(SIPHON_CONCAT_(siphon_statusor_, __LINE__), lhs, expr)

#define SIPHON_ASSIGN_OR_RETURN_(tmp, lhs, expr) \
  auto tmp = (expr);                             \
  if (!tmp.ok()) return tmp.status();            \
  lhs = *std::move(tmp)

#endif  // ERRS_STATUS_MACROS_H_
