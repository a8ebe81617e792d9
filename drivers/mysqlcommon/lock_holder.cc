// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/lock_holder.h"

#include <mysql.h>

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "drivers/mysqlcommon/names.h"

namespace siphon::mysqlcommon {
namespace {

// In the queries, #ID# is the number of the waiting session. Their result is the number of the
// holder's session, its user, its host, what it does, and for how long, in seconds.

// Two locks of an object that is pending for one session and granted to another, and exclude each
// other. A request for an exclusive lock that waits keeps others waiting, too.
constexpr std::string_view kMysqlLocks =
    "SELECT t.PROCESSLIST_ID, t.PROCESSLIST_USER, t.PROCESSLIST_HOST, t.PROCESSLIST_COMMAND,"
    " t.PROCESSLIST_TIME FROM performance_schema.metadata_locks AS w"
    " JOIN performance_schema.threads AS me ON me.THREAD_ID = w.OWNER_THREAD_ID"
    " JOIN performance_schema.metadata_locks AS g ON g.OBJECT_TYPE = w.OBJECT_TYPE"
    " AND COALESCE(g.OBJECT_SCHEMA, '') = COALESCE(w.OBJECT_SCHEMA, '')"
    " AND COALESCE(g.OBJECT_NAME, '') = COALESCE(w.OBJECT_NAME, '')"
    " AND g.OWNER_THREAD_ID <> w.OWNER_THREAD_ID"
    " JOIN performance_schema.threads AS t ON t.THREAD_ID = g.OWNER_THREAD_ID"
    " WHERE me.PROCESSLIST_ID = #ID# AND w.LOCK_STATUS = 'PENDING'"
    " AND (g.LOCK_STATUS = 'GRANTED' OR g.LOCK_TYPE IN ('EXCLUSIVE', 'SHARED_NO_READ_WRITE'))"
    " AND NOT (w.LOCK_TYPE = 'INTENTION_EXCLUSIVE' AND g.LOCK_TYPE = 'INTENTION_EXCLUSIVE')"
    " AND NOT (w.LOCK_TYPE LIKE 'SHARED%' AND g.LOCK_TYPE LIKE 'SHARED%'"
    " AND w.LOCK_TYPE NOT LIKE 'SHARED_NO%' AND g.LOCK_TYPE NOT LIKE 'SHARED_NO%')"
    " ORDER BY FIELD(g.LOCK_STATUS, 'GRANTED') DESC, t.PROCESSLIST_TIME DESC LIMIT 1";

// The plugin shows granted locks only. That of the waiting session's statement is one of a table
// which the statement names.
constexpr std::string_view kMariadbLocks =
    "SELECT p.ID, p.USER, p.HOST, p.COMMAND, p.TIME"
    " FROM information_schema.METADATA_LOCK_INFO AS g"
    " JOIN information_schema.PROCESSLIST AS me ON me.ID = #ID#"
    " JOIN information_schema.PROCESSLIST AS p ON p.ID = g.THREAD_ID"
    " WHERE g.THREAD_ID <> #ID# AND g.LOCK_TYPE = 'Table metadata lock'"
    " AND INSTR(me.INFO, g.TABLE_NAME) > 0"
    " ORDER BY p.TIME DESC LIMIT 1";

// The oldest transaction of another session that does not wait itself.
constexpr std::string_view kTransactions =
    "SELECT p.ID, p.USER, p.HOST, p.COMMAND, p.TIME FROM information_schema.INNODB_TRX AS x"
    " JOIN information_schema.PROCESSLIST AS p ON p.ID = x.trx_mysql_thread_id"
    " WHERE p.ID <> #ID# AND COALESCE(p.STATE, '') NOT LIKE 'Waiting for %'"
    " ORDER BY x.trx_started LIMIT 1";

// The longest packet of an answer, in bytes.
constexpr unsigned long kLongestAnswer = 1UL << 20;

using Row = std::vector<std::string>;

struct ResultCloser {
  void operator()(MYSQL_RES* result) const { mysql_free_result(result); }
};

// The first row, with this number of columns; nothing after an error.
std::optional<Row> FirstRow(MYSQL* connection, std::string_view sql, unsigned int columns) {
  connection->net.max_packet_size = kLongestAnswer;
  if (mysql_real_query(connection, sql.data(), sql.size()) != 0) return std::nullopt;
  // Rows after the first one are dropped as they come.
  const std::unique_ptr<MYSQL_RES, ResultCloser> result(mysql_use_result(connection));
  if (result == nullptr || mysql_num_fields(result.get()) != columns) return std::nullopt;
  MYSQL_ROW values = mysql_fetch_row(result.get());
  if (values == nullptr) return std::nullopt;
  Row row;
  for (unsigned int i = 0; i < columns; ++i)
    row.emplace_back(values[i] == nullptr ? "" : values[i]);
  return row;
}

bool IsForDefinition(std::string_view state) {
  return absl::StartsWith(state, "Waiting for ") &&
         (absl::StrContains(state, "metadata lock") || absl::StrContains(state, "read lock") ||
          absl::StrContains(state, "backup lock") || absl::StrContains(state, "commit lock") ||
          absl::StrContains(state, "table level lock") || absl::StrContains(state, "table flush"));
}

}  // namespace

LockWait FindLockWait(st_mysql* connection, unsigned long id, bool mariadb) {
  LockWait wait;
  const std::string number = absl::StrCat(id);
  const auto ask = [&](std::string_view sql, unsigned int columns) {
    return FirstRow(connection, absl::StrReplaceAll(sql, {{"#ID#", number}}), columns);
  };
  const std::optional<Row> state =
      ask("SELECT STATE FROM information_schema.PROCESSLIST WHERE ID = #ID# LIMIT 1", 1);
  if (!state.has_value() || !IsForDefinition((*state)[0])) return wait;
  wait.state = ToUtf8((*state)[0]);
  std::optional<Row> holder = ask(mariadb ? kMariadbLocks : kMysqlLocks, 5);
  wait.certain = holder.has_value();
  if (!holder.has_value()) holder = ask(kTransactions, 5);
  if (!holder.has_value()) return wait;
  const Row& row = *holder;
  wait.id = row[0];
  wait.holder = ToUtf8(absl::StrCat("session ", row[0], " of ", row[1], " (from ", row[2], ", ",
                                    row[3] == "Sleep" ? "idle for " : "busy for ", row[4], "s)"));
  return wait;
}

}  // namespace siphon::mysqlcommon
