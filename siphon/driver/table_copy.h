// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DRIVER_TABLE_COPY_H_
#define SIPHON_DRIVER_TABLE_COPY_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "siphon/base/context.h"
#include "siphon/domain/schema/ddl.h"
#include "siphon/domain/schema/plan.h"
#include "siphon/domain/schema/tables.h"
#include "siphon/domain/schema/value.h"

// Copies of tables between engines: definitions and rows in a form that belongs to no engine.
namespace siphon::driver {

// The rows of a table. For one thread.
class RowReader {
 public:
  virtual ~RowReader() = default;
  // The next row, in the forms of schema::Kind; false at the end. Texts and bytes in it are valid
  // until the next call.
  virtual absl::StatusOr<bool> Next(const base::Context& context, schema::Row& row) = 0;
};

// The names of chosen tables, as in schema::SelectTables().
struct TableChoice {
  std::vector<std::string> only = {};
  std::vector<std::string> except = {};
};

// One state of the tables of a database. For one thread.
class TableSnapshot {
 public:
  virtual ~TableSnapshot() = default;
  // The chosen tables, and the objects that are not tables.
  virtual const schema::Tables& tables() const = 0;
  // Reads columns of one of tables(), in any order of the rows. The snapshot must outlive the
  // reader, and has one reader at a time.
  virtual absl::StatusOr<std::unique_ptr<RowReader>> Read(const base::Context& context,
                                                          const schema::Table& table,
                                                          const std::vector<size_t>& columns) = 0;
};

// A driver's Connection also implements this interface if its tables can be copied to other
// engines.
class TableSource {
 public:
  virtual ~TableSource() = default;
  // errs::kNotFound for a chosen table that does not exist. The connection must outlive the
  // snapshot, and must not be used while it exists.
  virtual absl::StatusOr<std::unique_ptr<TableSnapshot>> OpenTables(const base::Context& context,
                                                                    const TableChoice& choice) = 0;
};

// Tables on their way into an empty database. Nothing of them is left unless Publish() succeeds.
class TableLoad {
 public:
  // Undoes what was not published.
  virtual ~TableLoad() = default;
  // Creates the tables of the plan, which must outlive the load, without rows.
  virtual absl::Status Define(const base::Context& context, const schema::Plan& plan) = 0;
  // Loads the rows of a table, with all its columns in their order; returns their number.
  virtual absl::StatusOr<int64_t> Load(const base::Context& context,
                                       const schema::PlannedTable& table, RowReader& rows) = 0;
  // Makes keys and indexes, sets the counters of identity columns, and shows all to others.
  virtual absl::Status Publish(const base::Context& context) = 0;
};

// A driver's Connection also implements this interface if tables of other engines can be copied
// into it.
class TableTarget {
 public:
  virtual ~TableTarget() = default;
  virtual const schema::Dialect& dialect() const = 0;
  // Call Connection::CheckTarget() first. The connection must outlive the load, and must not be
  // used while it exists.
  virtual absl::StatusOr<std::unique_ptr<TableLoad>> OpenTableLoad(
      const base::Context& context) = 0;
};

}  // namespace siphon::driver

#endif  // SIPHON_DRIVER_TABLE_COPY_H_
