// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/operation.h"

#include <optional>
#include <string_view>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "errs/error.h"

namespace siphon::mysqlcommon {

absl::Status NameOperation(const Fork& fork, const absl::Status& status) {
  const std::optional<errs::Error> error = errs::GetError(status);
  if (!error.has_value()) return status;
  std::string_view rest = error->op;
  if (!absl::ConsumePrefix(&rest, kMysql.name) || (!rest.empty() && rest.front() != '.')) {
    return status;
  }
  return errs::WithOp(status, absl::StrCat(fork.name, rest));
}

}  // namespace siphon::mysqlcommon
