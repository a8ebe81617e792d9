// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_MYSQLCOMMON_LOCK_HOLDER_H_
#define DRIVERS_MYSQLCOMMON_LOCK_HOLDER_H_

#include <string>

struct st_mysql;

namespace siphon::mysqlcommon {

// The wait of a session for a lock on the definition of a table or another object.
struct LockWait {
  std::string state;     // As the server says it: "Waiting for table metadata lock".
  std::string holder;    // "session 7 of root (from localhost, idle for 8s)"; empty if not known.
  bool certain = false;  // False: the holder is a guess from the open transactions.
  std::string id;        // The number of the holder's session.
};

// What the session `id` of the server waits for, asked on another connection. `state` is empty if
// the session does not wait for such a lock, or the server does not answer. The holder comes from
// performance_schema.metadata_locks (MySQL) or MariaDB's plugin metadata_lock_info; without these,
// or without a right to read them, from the open transactions.
LockWait FindLockWait(st_mysql* connection, unsigned long id, bool mariadb);

}  // namespace siphon::mysqlcommon

#endif  // DRIVERS_MYSQLCOMMON_LOCK_HOLDER_H_
