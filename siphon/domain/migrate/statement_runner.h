// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_MIGRATE_STATEMENT_RUNNER_H_
#define SIPHON_DOMAIN_MIGRATE_STATEMENT_RUNNER_H_

#include <chrono>
#include <cstddef>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "siphon/base/context.h"
#include "siphon/domain/migrate/database.h"
#include "siphon/domain/migrate/script.h"
#include "siphon/domain/migrate/sql_session.h"
#include "siphon/domain/sql/dialect.h"

namespace siphon::migrate {

// Runs the statements of migrations on a session. An error names the file, the statement, its line
// and column, and contains no strings of the statement, since they may be passwords.
class StatementRunner {
 public:
  // `session` and `dialect` must outlive this object. `language` is the one of the statements;
  // `timeout` limits a statement, or a file that is one transaction; 0: no limit.
  StatementRunner(SqlSession* session, const SqlDialect* dialect, sql::Dialect language,
                  std::chrono::nanoseconds timeout)
      : session_(session), dialect_(dialect), language_(language), timeout_(timeout) {}

  // `context` with the time limit, counted from now.
  base::Context Limited(const base::Context& context) const;
  // Runs statement `index` of the script; `limited` is Limited(context). Where the statement can be
  // undone (`undoable`), it fails when the limit has passed even if the server reports success:
  // MySQL's SLEEP() returns early without an error.
  absl::Status Run(const base::Context& context, const base::Context& limited, const Script& script,
                   size_t index, bool undoable);
  // Repeats `attempt`, a part of `step`, while it ends with errs::kBusy and `may_retry`, up to
  // `tries` times, with SqlDialect::pause between two attempts.
  absl::Status Retry(const base::Context& context, const Step& step, int tries,
                     absl::FunctionRef<absl::Status()> attempt,
                     absl::FunctionRef<bool()> may_retry) const;
  // Restores the settings of the session if the script may have changed them: the effect of SET
  // ROLE and similar statements ends with the migration.
  absl::Status ResetAfter(const base::Context& context, const Script& script);

 private:
  SqlSession* const session_;
  const SqlDialect* const dialect_;
  const sql::Dialect language_;
  const std::chrono::nanoseconds timeout_;
};

}  // namespace siphon::migrate

#endif  // SIPHON_DOMAIN_MIGRATE_STATEMENT_RUNNER_H_
