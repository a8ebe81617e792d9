// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_OPERATION_H_
#define DRIVERS_MYSQLCOMMON_OPERATION_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "drivers/mysqlcommon/fork.h"

namespace siphon::mysqlcommon {

// The code of both forks names its operations "mysql.restore". This is `status` with the operation
// as the users of `fork` know their engine, "mariadb.restore"; the rest is unchanged. For the
// functions through which errors leave the driver.
absl::Status NameOperation(const Fork& fork, const absl::Status& status);
template <typename T>
absl::StatusOr<T> NameOperation(const Fork& fork, absl::StatusOr<T> result) {
  if (result.ok()) return result;
  return NameOperation(fork, result.status());
}

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_OPERATION_H_
