// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/identity.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::mysqlcommon {

absl::StatusOr<std::string> ServerIdentity(const base::Context& context, Session& session) {
  // A MySQL server has a UUID. MariaDB's server_uid is derived from machine and port; the data
  // folder distinguishes servers in containers.
  ASSIGN_OR_RETURN(
      const std::optional<std::string> identity,
      session.Value(context, session.Accepts(Feature::kServerUuid)
                                 ? "SELECT @@server_uuid"
                                 : "SELECT CONCAT(@@hostname, ':', @@port, ':', @@datadir, ':',"
                                   " @@pid_file)"));
  if (identity.value_or("").empty()) return errs::InternalError("mysql", "no identity");
  return absl::StrCat(session.server_fork().name, ":", *identity);
}

absl::StatusOr<std::string> SourceIdentity(const base::Context& context, Session& session) {
  if (!session.Accepts(Feature::kServerUuid)) return std::string();
  const absl::StatusOr<Rows> rows =
      session.Query(context,
                    "SELECT source_uuid FROM performance_schema.replication_connection_status"
                    " WHERE CHAR_LENGTH(source_uuid) > 0 LIMIT 1");
  RETURN_IF_ERROR(context.Check());
  if (session.broken()) return rows.status();
  if (!rows.ok() || rows->empty()) return std::string();
  return absl::StrCat(session.server_fork().name, ":", Text(rows->front(), 0));
}

}  // namespace siphon::mysqlcommon
