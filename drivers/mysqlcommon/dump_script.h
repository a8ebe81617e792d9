// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_DUMP_SCRIPT_H_
#define DRIVERS_MYSQLCOMMON_DUMP_SCRIPT_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "drivers/mysqlcommon/allowed_statements.h"
#include "drivers/mysqlcommon/row_format.h"
#include "drivers/mysqlcommon/script.h"
#include "drivers/mysqlcommon/tokens.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"

namespace siphon::mysqlcommon {

// Writes the statements of a dump. Parses each statement immediately, as a restore does: the result
// must be one statement with the same bytes, of a kind that a restore runs. Therefore a backup does
// not end with a dump that siphon cannot read. Rows are not parsed, except for one sample row of
// each table.
//
// `object` names the origin of a statement in errors: "table t". An error is errs::kIntegrity, with
// the object and the cause.
class DumpScript {
 public:
  // `mariadb`: the dump is of a MariaDB server. `on_cut` as for DumpOutput.
  DumpScript(base::Writer* writer, bool mariadb, DumpOutput::OnCut on_cut = nullptr);

  // While this is set, statements are parsed but not written. Another DumpScript writes them, in an
  // earlier part of the dump, and their settings apply to this part, too.
  void SetReplay(bool replay) { replay_ = replay; }

  // Text without a statement: comments, and commands of the client, in whole lines. The first one
  // contains the first two lines of the dump.
  absl::Status Write(const base::Context& context, std::string_view object, std::string_view text);
  // Writes `sql` and ";".
  absl::Status WriteStatement(const base::Context& context, std::string_view object,
                              std::string_view sql);
  // Writes `text`, which must be read as the statement `sql`: with another delimiter, for example.
  absl::Status WriteAs(const base::Context& context, std::string_view object, std::string_view sql,
                       std::string_view text);
  // Checks an INSERT statement that is an example of those that rows() receives; does not
  // write it.
  absl::Status CheckSample(const base::Context& context, std::string_view object,
                           std::string_view insert);
  // For whole INSERT statements.
  DumpOutput& rows() { return output_; }
  // A frame of the dump may end here, after a statement without rows.
  absl::Status Cut(const base::Context& context) { return output_.Cut(context, 0); }
  // After the last statement.
  absl::Status Finish(const base::Context& context);

  // The objects whose statements a restore runs only with RestoreOptions::trust, each with the
  // reason: "table t (CREATE: DATA DIRECTORY)".
  const std::vector<std::string>& refused() const { return refused_; }

 private:
  // Reads `text`, which must contain the statement `sql` and no other; none if that is not set.
  absl::Status Read(const base::Context& context, std::string_view object,
                    std::optional<std::string_view> sql, std::string_view text);
  // Judges a statement that was read.
  absl::Status Judge(std::string_view object, std::string_view sql, const ScriptSettings& settings);

  DumpOutput output_;
  bool replay_ = false;
  StatementReader reader_;
  StatementJudge judge_;
  std::vector<std::string> refused_;
};

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_DUMP_SCRIPT_H_
