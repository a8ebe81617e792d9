// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_DUMP_RUN_H_
#define DRIVERS_POSTGRES_DUMP_RUN_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "drivers/postgres/archive.h"
#include "drivers/postgres/archive_contents.h"
#include "drivers/postgres/archive_reader.h"
#include "drivers/postgres/choice.h"
#include "drivers/postgres/relations.h"
#include "drivers/postgres/row_reports.h"
#include "drivers/postgres/session.h"
#include "drivers/postgres/tools.h"
#include "siphon/base/context.h"
#include "siphon/domain/dumps/contents.h"
#include "siphon/domain/profile/profile.h"
#include "siphon/domain/verbs/verbs.h"
#include "siphon/driver/toolbox.h"

namespace siphon::postgres {

// A dump of one state of a database: a transaction of the session that exports its snapshot, and a
// pg_dump that reads it. pg_dump locks the tables, writes the table of contents, and then the data.
class DumpRun {
 public:
  // What it is given must outlive it, the options aside. The session must not be used otherwise.
  DumpRun(Session& session, const profile::ConnectionProfile& profile,
          verbs::BackupOptions options);
  // Ends pg_dump, its session, and the transaction.
  ~DumpRun();

  // Takes the snapshot, starts pg_dump and reads the table of contents. Warns of what the dump
  // lacks. The tables whose rows pg_dump dumps are named by events if `names_tables`, or else from
  // NameTables() on.
  absl::Status Open(const base::Context& context, bool names_tables);
  void NameTables() { *names_tables_ = true; }

  // These are known when Open() has returned.
  const dumps::Contents& contents() const { return contents_; }
  // Header and table of contents of the dump, with siphon's own entries. Call it once.
  std::string TakeHead() { return std::exchange(head_, ""); }
  // The id after the greatest id of the entries of the head.
  int32_t next_id() const { return next_id_; }
  // The table of contents that pg_dump wrote.
  const Archive& archive() const { return *archive_; }
  const Choice& choice() const { return choice_; }
  const driver::Tool& tool() const { return tool_; }
  // The id of the exported snapshot, and the application_name of the sessions of this dump.
  const std::string& snapshot() const { return snapshot_; }
  const std::string& application() const { return application_; }
  Session& session() const { return session_; }

  using Taker = absl::FunctionRef<absl::Status(std::string_view bytes)>;
  // Passes on the blocks of data, which follow the table of contents, and checks their structure.
  absl::Status CopyData(const base::Context& context, Taker take);
  // Ends pg_dump, whose data will not be read.
  void StopTool();

  using RowsByOid = std::map<std::string, int64_t, std::less<>>;
  // The tables of the dump with these rows.
  std::vector<dumps::TableInfo> TablesWith(const RowsByOid& rows) const;
  // The same after CopyData(), with the rows that it has copied. Warns if they are not known; then
  // nothing is returned.
  std::vector<dumps::TableInfo> CopiedTables(const base::Context& context);

 private:
  absl::Status ReadDatabase(const base::Context& context);
  absl::Status WarnOfDisabledKeys(const base::Context& context);
  absl::StatusOr<ToolCall> Call() const;
  absl::Status StartTool(const base::Context& context);
  absl::Status TakeCensus(const base::Context& context);
  void FormatHead();
  std::map<std::string, std::string, std::less<>> NamesOfServer() const;
  absl::Status CountByQuery(const base::Context& context);

  Session& session_;
  const profile::ConnectionProfile& profile_;
  const verbs::BackupOptions options_;
  const std::string application_;
  const bool sql_ascii_;
  std::optional<Transaction> transaction_;
  std::string snapshot_;
  std::string monetary_;  // The lc_monetary of amounts in the dump; empty if it has none.
  std::vector<Relation> relations_;
  Choice choice_;
  std::set<std::string> parents_;  // Oids of tables that have children.
  dumps::Contents contents_;
  std::string head_;
  int32_t next_id_ = 1;
  driver::Tool tool_;
  std::unique_ptr<RowReports> reports_;  // Must outlive the tool, which holds the other end.
  std::unique_ptr<driver::ToolRun> run_;
  std::optional<ArchiveReader> reader_;
  const Archive* archive_ = nullptr;
  RowsByOid rows_;
  const std::shared_ptr<std::atomic<bool>> names_tables_ =
      std::make_shared<std::atomic<bool>>(false);
  bool complete_ = false;  // pg_dump has ended without an error.
};

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_DUMP_RUN_H_
