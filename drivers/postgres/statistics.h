// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_POSTGRES_STATISTICS_H_
#define DRIVERS_POSTGRES_STATISTICS_H_

#include <set>
#include <string>
#include <string_view>

#include "drivers/postgres/archive.h"

// The planner's statistics (pg_class.reltuples, pg_stats) in an archive. pg_dump 18 can write them,
// of servers of every version; a server takes them from version 18 on.
namespace siphon::postgres {

// The kind of an entry that holds the statistics of one table, materialized view or index.
inline constexpr std::string_view kStatisticsKind = "STATISTICS DATA";
// The first major version of pg_dump, of pg_restore and of a target that knows such entries.
inline constexpr int kFirstWithStatistics = 18;

// The ids of the statistics that describe rows which `archive` does not hold. Statistics quote
// values from rows, so a backup that leaves rows out must leave these statistics out as well. Kept
// are the statistics of a table, and of its indexes, whose rows are in the archive and that is not
// among `parents`: oids of tables whose statistics also cover the rows of other tables. Those of
// materialized views, partitioned tables and foreign tables are never kept.
EntryIds StatisticsWithoutRows(const Archive& archive, const std::set<std::string>& parents);

}  // namespace siphon::postgres

#endif  // DRIVERS_POSTGRES_STATISTICS_H_
