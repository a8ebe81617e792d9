// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/new_database.h"

#include <mysqld_error.h>

#include <memory>

#include "absl/strings/str_cat.h"
#include "drivers/mysqlcommon/names.h"
#include "drivers/mysqlcommon/sql_error.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::mysqlcommon {

NewDatabase::~NewDatabase() {
  if (!made_ || kept_) return;
  // The verb's context may have stopped, and its connections may be lost.
  const base::Context always;
  std::unique_ptr<Session> again;
  if (server_->broken()) {
    again = Session::Connect(always, server_->server_fork(), server_->settings()).value_or(nullptr);
    if (again == nullptr) return;
    server_ = again.get();
  }
  server_->Execute(always, absl::StrCat("DROP DATABASE IF EXISTS ", QuoteName(name_)))
      .IgnoreError();
}

absl::Status NewDatabase::Make(const base::Context& context) {
  const absl::Status made =
      server_->Execute(context, absl::StrCat("CREATE DATABASE ", QuoteName(name_)));
  if (IsDenied(made)) return errs::WithHint(made, "grant the user the right to create it");
  if (IsSqlError(made, {ER_OPTION_PREVENTS_STATEMENT, ER_READ_ONLY_MODE})) {
    return errs::WithHint(made, kReadOnlyHint);
  }
  RETURN_IF_ERROR(made);
  made_ = true;
  return absl::OkStatus();
}

}  // namespace siphon::mysqlcommon
