// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_DUMPER_H_
#define DRIVERS_MYSQLCOMMON_DUMPER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "drivers/mysqlcommon/catalog.h"
#include "drivers/mysqlcommon/definition.h"
#include "drivers/mysqlcommon/dump_plan.h"
#include "drivers/mysqlcommon/dump_script.h"
#include "drivers/mysqlcommon/row_format.h"
#include "drivers/mysqlcommon/selection.h"
#include "drivers/mysqlcommon/session.h"
#include "drivers/mysqlcommon/table_dump.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/driver/driver.h"

namespace siphon::mysqlcommon {

// A table, or a part of it, that was written.
struct DumpedTable {
  int64_t rows = 0;
  size_t longest = 0;    // The longest statement of rows, in bytes.
  std::string checksum;  // With the last part, if the options want one.
  std::string unfit;     // As DumpedRows::unfit.
};

// Writes the statements of a dump: the head, the tables in the order of the selection, the tail.
// Several dumpers can write the parts of one dump, each with its own session and for one thread;
// one that does not begin with the head calls ReplayHead() first.
class Dumper {
 public:
  Dumper(const base::Context& context, Session& session, const DumpPlan& plan, base::Writer* writer,
         DumpOutput::OnCut on_cut);

  // The comments, settings and sequences before the first table.
  absl::Status WriteHead();
  // Follows the settings of the head, and writes nothing.
  absl::Status ReplayHead();
  // A table, or a part of its rows. Nobody can alter the table from OpenTable() to CloseTable().
  absl::StatusOr<DumpedTable> WriteTable(const Table& table, const RowRange& range);
  // What precedes the rows of a table.
  absl::Status WriteTableDefinition(const Table& table);
  // What follows the tables.
  absl::Status WriteTail();
  // After the last statement of the part.
  absl::Status Finish() { return script_.Finish(context_); }

  // As in DumpScript.
  const std::vector<std::string>& refused() const { return script_.refused(); }

 private:
  absl::Status WriteTitle(std::string_view what, std::string_view name);
  absl::Status WriteSettings();
  std::string HeadText() const;
  std::string Where() const;
  absl::Status WriteSequences();
  absl::Status WriteSequencePositions();
  absl::Status WriteStatement(std::string_view what, const std::string& name, std::string_view sql,
                              const Syntax& syntax);
  absl::Status WriteDefinition(std::string_view what, const std::string& name,
                               const Definition& definition);
  template <typename Filter>
  absl::Status WriteObjects(Filter filter);
  absl::Status WriteViews();
  absl::Status WriteBroken(const std::string& view, const Definition& definition,
                           const std::string& why);

  const base::Context& context_;
  Session& session_;
  const DumpPlan& plan_;
  const driver::BackupOptions& options_;
  const Catalog& catalog_;
  const Selection& chosen_;
  DumpScript script_;
};

// Opens a table: nobody can alter it until CloseTable(). errs::kBusy if it was altered after the
// catalogue was read, which the snapshot does not notice of an instant ALTER.
absl::Status OpenTable(const base::Context& context, Session& session, const Table& table);
absl::Status CloseTable(const base::Context& context, Session& session);

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_DUMPER_H_
