// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/schema/type.h"

namespace siphon::schema {

std::optional<Engine> EngineOf(std::string_view driver) {
  if (driver == "postgres") return Engine::kPostgres;
  if (driver == "mysql") return Engine::kMysql;
  if (driver == "mariadb") return Engine::kMariadb;
  if (driver == "sqlite") return Engine::kSqlite;
  return std::nullopt;
}

std::string_view DisplayName(Engine engine) {
  switch (engine) {
    case Engine::kPostgres:
      return "PostgreSQL";
    case Engine::kMysql:
      return "MySQL";
    case Engine::kMariadb:
      return "MariaDB";
    case Engine::kSqlite:
      return "SQLite";
  }
  return "";
}

}  // namespace siphon::schema
