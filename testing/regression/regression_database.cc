// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/regression/regression_database.h"

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "errs/status_macros.h"
#include "testing/process/process.h"
#include "testing/servers/server_index.h"

namespace siphon::testing {

namespace fs = std::filesystem;

namespace {

// Objects of the system have smaller OIDs. NOT NULL is no constraint here, because it is none
// before 18.
constexpr std::string_view kCount = R"(
SELECT kind, count(*) FROM (
  SELECT CASE relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'partitioned table'
           WHEN 'i' THEN 'index' WHEN 'I' THEN 'partitioned index' WHEN 'S' THEN 'sequence'
           WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'c' THEN 'composite type'
           WHEN 'f' THEN 'foreign table' END AS kind, oid
    FROM pg_class WHERE relkind <> 't' AND relnamespace::regnamespace::text NOT LIKE 'pg\_%'
  UNION ALL SELECT 'access method', oid FROM pg_am
  UNION ALL SELECT 'cast', oid FROM pg_cast
  UNION ALL SELECT 'collation', oid FROM pg_collation
  UNION ALL SELECT 'comment', objoid FROM pg_description
              WHERE pg_describe_object(classoid, objoid, objsubid) IS NOT NULL
  UNION ALL SELECT 'constraint', oid FROM pg_constraint WHERE contype IN ('c', 'f', 'p', 'u', 'x')
  UNION ALL SELECT 'conversion', oid FROM pg_conversion
  UNION ALL SELECT 'event trigger', oid FROM pg_event_trigger
  UNION ALL SELECT 'extended statistics', oid FROM pg_statistic_ext
  UNION ALL SELECT 'foreign server', oid FROM pg_foreign_server
  UNION ALL SELECT 'function', oid FROM pg_proc
  UNION ALL SELECT 'large object', oid FROM pg_largeobject_metadata
  UNION ALL SELECT 'operator', oid FROM pg_operator WHERE oprcode <> 0
  UNION ALL SELECT 'operator class', oid FROM pg_opclass
  UNION ALL SELECT 'policy', oid FROM pg_policy
  UNION ALL SELECT 'publication', oid FROM pg_publication
  UNION ALL SELECT 'rule', oid FROM pg_rewrite WHERE rulename <> '_RETURN'
  UNION ALL SELECT 'schema', oid FROM pg_namespace WHERE nspname NOT LIKE 'pg\_%'
  UNION ALL SELECT 'text search', oid FROM pg_ts_config
  UNION ALL SELECT 'text search', oid FROM pg_ts_dict
  UNION ALL SELECT 'trigger', oid FROM pg_trigger WHERE NOT tgisinternal
  UNION ALL SELECT 'type', oid FROM pg_type
              WHERE typtype IN ('b', 'd', 'e', 'r') AND typcategory <> 'A'
) AS object WHERE oid >= 16384 GROUP BY kind)";

}  // namespace

absl::Status MakeRegressionDatabase(const PostgresServer& server, RegressionTests tests) {
  // Only this installation has psql.
  ASSIGN_OR_RETURN(const InstalledServer debian, FindServer("postgresql-15"));
  // Bazel runs a test in the root of its runfiles.
  const fs::path runfiles = fs::current_path();
  const fs::path script = runfiles / "testing/regression/make_regression_database";
  const std::string schedule = tests == RegressionTests::kAll
                                   ? "all"
                                   : (runfiles / "testing/regression/short_schedule").string();
  // Next to the data folder, where the server can read and write, also in a container.
  const fs::path work = fs::path(server.data_directory()).parent_path() / "regression";
  ASSIGN_OR_RETURN(
      const ProcessResult result,
      RunProcess(
          {.argv = {script.string(), (runfiles / "external/postgresql").string(), debian.bin,
                    work.string(), schedule, absl::StrCat("--host=", server.host()),
                    absl::StrCat("--port=", server.port()),
                    absl::StrCat("--user=", server.superuser())},
           .environment = {absl::StrCat("PGPASSWORD=", server.password()), "PATH=/usr/bin:/bin"},
           .limit = std::chrono::seconds(600)}));
  if (result.exit_code == 0) return absl::OkStatus();
  return absl::InternalError(absl::StrCat("make_regression_database ended with ", result.exit_code,
                                          ": ", result.out, result.err));
}

absl::StatusOr<std::map<std::string, int64_t>> CountObjects(const PostgresServer& server,
                                                            std::string_view database) {
  ASSIGN_OR_RETURN(const std::vector<PostgresServer::Row> rows, server.Query(kCount, database));
  std::map<std::string, int64_t> counts;
  for (const PostgresServer::Row& row : rows) {
    if (!absl::SimpleAtoi(row[1].value_or(""), &counts[row[0].value_or("")])) {
      return absl::InternalError("count(*) is no number");
    }
  }
  return counts;
}

}  // namespace siphon::testing
