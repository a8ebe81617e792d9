// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_LONE_STATEMENT_H_
#define DRIVERS_POSTGRES_LONE_STATEMENT_H_

#include <string>
#include <string_view>

namespace siphon::postgres {

// A statement that may run outside a transaction, with the objects that it names. A failure can
// leave a part of the work of its CONCURRENTLY forms.
struct LoneStatement {
  enum class Kind {
    kOther,
    kRepeatable,       // VACUUM, ALTER SYSTEM, ...: may run a second time.
    kCreateIndex,      // `name` is empty if the server chooses it; `table` is the table.
    kDropIndex,        // `name`
    kReindexIndex,     // `name`: the index.
    kReindexTable,     // `table`
    kReindexSchema,    // `name`: the schema.
    kReindexDatabase,  // Or its system catalogues.
    kDetachPartition,  // `table`: the partitioned table, `name`: the partition.
  };
  Kind kind = Kind::kOther;
  bool concurrently = false;
  bool if_not_exists = false;
  // As they are written: "t", "s.t", "\"My table\"". U&"..." becomes "...".
  std::string name = "";
  std::string table = "";
};

// Reads the beginning of one statement. kOther for every other statement, and where the server
// refuses a name.
LoneStatement ParseLoneStatement(std::string_view statement);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_LONE_STATEMENT_H_
