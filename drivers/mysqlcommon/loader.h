// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_LOADER_H_
#define DRIVERS_MYSQLCOMMON_LOADER_H_

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "drivers/mysqlcommon/definition.h"
#include "drivers/mysqlcommon/selection.h"
#include "drivers/mysqlcommon/session.h"
#include "drivers/mysqlcommon/statement.h"
#include "drivers/mysqlcommon/tools.h"
#include "drivers/mysqlcommon/translate.h"
#include "siphon/base/context.h"
#include "siphon/domain/sql/splitter.h"
#include "siphon/driver/driver.h"

namespace siphon::mysqlcommon {

// Runs a dump's statements in a database of siphon's own. What is not asked for is passed over, and
// so is what is not the database's content (LOCK TABLES, SET GLOBAL, USE); what can't be moved into
// the target later is put aside (deferred()). A statement that names another database is refused
// before it runs.
class Loader {
 public:
  // `session` is connected to the scratch database; `target` is the database that it stands for.
  // All must outlive this.
  // Where `client` is not null, it runs the statements that make and fill tables.
  Loader(Session* session, std::string target, const driver::RestoreOptions* options,
         ClientPipe* client = nullptr);
  // The session's settings for a load; before the first statement.
  absl::Status Begin(const base::Context& context);
  absl::Status Run(const base::Context& context, const sql::Piece& piece);
  // errs::kNotFound when a table that was asked for was not there.
  absl::Status CheckAllFound() const;

  std::vector<Definition>& deferred() { return deferred_; }

 private:
  absl::Status Execute(const base::Context& context, std::string_view sql, const sql::Piece& piece);
  absl::Status CheckDatabase(const Statement& statement, const sql::Piece& piece);
  absl::Status Defer(const base::Context& context, const sql::Piece& piece);
  absl::Status CreateTable(const base::Context& context, const Statement& statement,
                           const sql::Piece& piece);
  // With data_only: the target's table, made again here when rows for it come first; in place it is
  // the target's own, emptied with `clean`.
  absl::Status NeedTable(const base::Context& context, const Statement& statement,
                         const sql::Piece& piece);
  bool Wants(const Statement& statement);
  bool IsLeftOut(const Statement& statement) const;
  absl::Status RunKnown(const base::Context& context, const Statement& statement,
                        const sql::Piece& piece);

  Session* session_;
  std::string target_;
  const driver::RestoreOptions* options_;
  ClientPipe* client_;
  Selection tables_;
  std::string used_;  // What the dump's USE named.
  std::set<std::string> made_;
  std::optional<Translator> translator_;  // For a body of the other fork.
  std::vector<Definition> deferred_;
};

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_LOADER_H_
