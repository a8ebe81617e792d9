// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_SQL_DIALECT_H_
#define SIPHON_DOMAIN_SQL_DIALECT_H_

namespace siphon::sql {

// The syntax of SQL: quotes and comments.
enum class Dialect { kPostgres, kMysql, kMariadb, kSqlite };

}  // namespace siphon::sql

#endif  // SIPHON_DOMAIN_SQL_DIALECT_H_
