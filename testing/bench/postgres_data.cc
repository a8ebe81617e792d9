// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/bench/postgres_data.h"

#include <memory>

#include "absl/strings/str_cat.h"
#include "errs/status_macros.h"
#include "siphon/base/file.h"

namespace siphon::bench {
namespace {

using testing::PostgresServer;

// The amounts of data that postgres_data.sql creates by default.
constexpr int64_t kFullMebibytes = 822;
constexpr int64_t kFullEntries = 5'000'000;
constexpr int64_t kFullDocuments = 300'000;

}  // namespace

absl::Status LoadPostgresData(const PostgresServer& server, std::string_view database,
                              const std::string& file, int64_t mebibytes) {
  ASSIGN_OR_RETURN(const std::string sql, base::ReadFile(file, size_t{1} << 20));
  return server.RunSql(
      absl::StrCat("\\set entries ", kFullEntries * mebibytes / kFullMebibytes,
                   "\n\\set documents ", kFullDocuments * mebibytes / kFullMebibytes, "\n", sql),
      database);
}

absl::StatusOr<std::vector<std::string>> WritePostgresRows(const std::string& file,
                                                           int64_t mebibytes,
                                                           const std::string& folder) {
  RETURN_IF_ERROR(base::CreateDirectories(folder, 0755));
  ASSIGN_OR_RETURN(
      const std::unique_ptr<PostgresServer> server,
      PostgresServer::Start(
          {.version = 15,
           .settings = {{"shared_buffers", "1GB"}, {"max_wal_size", "8GB"}, {"autovacuum", "off"}},
           .parent = folder}));
  RETURN_IF_ERROR(server->CreateDatabase("rows"));
  RETURN_IF_ERROR(LoadPostgresData(*server, "rows", file, mebibytes));
  ASSIGN_OR_RETURN(
      const std::vector<PostgresServer::Row> tables,
      server->Query("SELECT relname, string_agg(format(CASE atttypid WHEN 'boolean'::regtype THEN "
                    "'%I::integer' ELSE '%I' END, attname), ', ' ORDER BY attnum) "
                    "FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid "
                    "WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND attnum > 0 "
                    "GROUP BY relname ORDER BY relname",
                    "rows"));
  std::vector<std::string> names;
  std::string copies;
  for (const PostgresServer::Row& table : tables) {
    names.push_back(table[0].value_or(""));
    absl::StrAppend(&copies, "\\copy (SELECT ", table[1].value_or(""), " FROM \"", names.back(),
                    "\") TO '", folder, "/", names.back(), "'\n");
  }
  RETURN_IF_ERROR(server->RunSql(copies, "rows"));
  return names;
}

}  // namespace siphon::bench
