// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/entry_names.h"

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "drivers/postgres/archive_contents.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::postgres {
namespace {

constexpr char kConvert[] =
    "SELECT h, pg_catalog.convert_from(pg_catalog.decode(h, 'hex'), $2::pg_catalog.name)"
    " FROM pg_catalog.unnest($1::pg_catalog.text[]) h";

}  // namespace

absl::StatusOr<const Archive*> ReadHeadWithNames(const base::Context& context, Session& session,
                                                 ArchiveReader& reader) {
  ASSIGN_OR_RETURN(const Archive* archive, reader.ReadHead(context));
  reader.SetNames({});
  std::set<std::string> unknown;
  // A session of SQL_ASCII takes the bytes as they are.
  if (session.is_sql_ascii()) return archive;
  for (const ArchiveEntry& entry : archive->entries) {
    for (const std::string_view text : {entry.schema, entry.tag, entry.owner, entry.tablespace}) {
      if (!KnownText(*archive, text).has_value()) unknown.insert(absl::BytesToHexString(text));
    }
  }
  const std::string encoding = ArchiveEncoding(*archive);
  // Bytes of any encoding, which UTF-8 need not know.
  if (unknown.empty() || encoding == "SQL_ASCII" || encoding == "UTF8") return archive;
  const absl::StatusOr<Rows> rows = session.Query(
      context, {"tt"}, kConvert, {absl::StrCat("{", absl::StrJoin(unknown, ","), "}"), encoding});
  // The session's database may have an encoding without these characters; --create makes another.
  if (errs::Is(rows.status(), errs::kDatabase)) return archive;
  RETURN_IF_ERROR(rows.status());
  std::map<std::string, std::string, std::less<>> names;
  for (int row = 0; row < rows->size(); ++row) {
    std::string bytes;
    if (!absl::HexStringToBytes(rows->Text(row, 0), &bytes)) continue;
    names.emplace(std::move(bytes), rows->Text(row, 1));
  }
  reader.SetNames(std::move(names));
  return archive;
}

}  // namespace siphon::postgres
