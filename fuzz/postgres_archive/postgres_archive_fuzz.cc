// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

// Archives of pg_dump: an archive that is read to its end can be rebuilt byte for byte. Any other
// gives an integrity error with a message, or an error that names its version.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "drivers/postgres/archive.h"
#include "drivers/postgres/archive_contents.h"
#include "drivers/postgres/archive_reader.h"
#include "drivers/postgres/archive_sql.h"
#include "drivers/postgres/copy_target.h"
#include "drivers/postgres/plain_role.h"
#include "drivers/postgres/restore_plan.h"
#include "drivers/postgres/row_ranges.h"
#include "errs/error.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/domain/verbs/verbs.h"

namespace {

namespace errs = siphon::errs;
using siphon::postgres::Archive;
using siphon::postgres::ArchiveEntry;
using siphon::postgres::ArchiveReader;
using siphon::postgres::DecodeArchiveInt;
using siphon::postgres::EncodeArchiveInt;
using siphon::postgres::FormatArchiveHead;
using siphon::postgres::FormatBlockHeader;
using siphon::postgres::FormatEntry;
using siphon::postgres::kCommandKind;
using siphon::postgres::LargeObjectsOf;
using siphon::postgres::ParseArchiveHead;

void Require(bool condition) {
  if (!condition) std::abort();
}

void RequireRefusal(const absl::Status& status) {
  Require(errs::Is(status, errs::kIntegrity) || errs::Is(status, errs::kDriverUnsupported));
  Require(!status.message().empty());
}

// The archive, rebuilt from what was read, with or without the content of its large objects; or the
// error of the read. An index is not part of it.
absl::StatusOr<std::string> CopyOf(std::string_view body, bool with_large_objects = true,
                                   uint64_t* index_size = nullptr) {
  const siphon::base::Context context;
  siphon::base::StringReader source(body);
  ArchiveReader reader(&source);
  const absl::StatusOr<const Archive*> archive = reader.ReadHead(context);
  if (!archive.ok()) return archive.status();
  std::unordered_set<uint32_t> left_out;
  for (const ArchiveEntry& entry : (*archive)->entries) {
    for (const uint32_t oid : LargeObjectsOf(entry)) left_out.insert(oid);
  }
  if (!with_large_objects) reader.LeaveOut(std::move(left_out));
  std::vector<std::string_view> entries;
  for (const ArchiveEntry& entry : (*archive)->entries) entries.push_back(entry.raw);
  std::string copy = FormatArchiveHead(**archive, entries);
  const std::string added =
      FormatEntry((*archive)->header, {1, kCommandKind, "siphon", "SELECT 'a command';"});
  const std::string other = FormatArchiveHead(**archive, {added});
  Require(ParseArchiveHead({other.begin(), other.end()}).ok());
  while (true) {
    const absl::StatusOr<std::optional<ArchiveReader::Piece>> piece = reader.Next(context);
    if (!piece.ok()) return piece.status();
    if (!piece->has_value()) {
      if (index_size != nullptr) *index_size = reader.index_size();
      return copy;
    }
    if ((*piece)->first) absl::StrAppend(&copy, FormatBlockHeader(*(*piece)->entry));
    absl::StrAppend(&copy, (*piece)->bytes);
  }
}

// What a scratch restore takes of the archive: no entry remains that depends on one that was left
// out, and every refusal has a message.
void CheckPlan(std::string_view body) {
  siphon::base::StringReader source(body);
  ArchiveReader reader(&source);
  const absl::StatusOr<const Archive*> archive = reader.ReadHead(siphon::base::Context());
  if (!archive.ok()) return;
  absl::StatusOr<siphon::postgres::RestorePlan> plan = siphon::postgres::PlanRestore(**archive, {});
  if (!plan.ok()) return;
  for (const absl::Status& status :
       {siphon::postgres::CheckSearchPath(**archive),
        siphon::postgres::CheckTransactionControl(**archive, plan->entries)}) {
    Require(status.ok() || errs::Is(status, errs::kInvalidArgument));
  }
  siphon::postgres::KeepToTheDatabase(**archive, *plan);
  const size_t before = plan->entries.size();
  siphon::postgres::KeepToPlainRole(**archive, {}, *plan);
  const size_t after = plan->entries.size();
  Require(after <= before);
  Require(siphon::postgres::KeepToPlainRole(**archive, {}, *plan).empty());
}

// A list of columns lies within its statement. Any other statement is refused.
void CheckColumns(std::string_view body) {
  siphon::base::StringReader source(body);
  ArchiveReader reader(&source);
  const absl::StatusOr<const Archive*> archive = reader.ReadHead(siphon::base::Context());
  if (!archive.ok()) return;
  for (const ArchiveEntry& entry : (*archive)->entries) {
    const absl::StatusOr<std::string_view> columns = siphon::postgres::ParseCopyColumns(entry);
    if (!columns.ok()) RequireRefusal(columns.status());
    if (columns.ok() && !columns->empty()) {
      Require(entry.copy_statement.find(absl::StrCat(" (", *columns, ") FROM stdin;\n")) !=
              std::string_view::npos);
    }
  }
}

// The statement that siphon makes for the rows of a table is one that it would read as the same.
void CheckCopyTarget(std::string_view body) {
  siphon::base::StringReader source(body);
  ArchiveReader reader(&source);
  const absl::StatusOr<const Archive*> archive = reader.ReadHead(siphon::base::Context());
  if (!archive.ok()) return;
  for (const ArchiveEntry& entry : (*archive)->entries) {
    const absl::StatusOr<siphon::postgres::CopyTarget> target =
        siphon::postgres::ParseCopyTarget(entry);
    if (!target.ok()) {
      RequireRefusal(target.status());
      continue;
    }
    std::string sql = siphon::postgres::CopyInSql(*target);
    sql.replace(sql.rfind("STDIN"), std::string::npos, "stdin;\n");
    ArchiveEntry same;
    same.copy_statement = sql;
    const absl::StatusOr<siphon::postgres::CopyTarget> again =
        siphon::postgres::ParseCopyTarget(same);
    Require(again.ok() && again->schema == target->schema && again->name == target->name &&
            again->columns == target->columns);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  CheckPlan(body);
  CheckColumns(body);
  CheckCopyTarget(body);
  uint64_t index_size = 0;
  const absl::StatusOr<std::string> copy = CopyOf(body, true, &index_size);
  siphon::base::StringReader source(body);
  const absl::StatusOr<siphon::verbs::VerifyReport> report =
      siphon::postgres::VerifyBody(siphon::base::Context(), source);
  Require(copy.ok() == report.ok());
  if (!copy.ok()) {
    RequireRefusal(copy.status());
    RequireRefusal(report.status());
    return 0;
  }
  Require(report->bytes == size);
  // The format has a 0 and a -0, which are equal after reading; everything else is unchanged.
  Require(copy->size() + index_size == size);
  const absl::StatusOr<std::string> again = CopyOf(*copy);
  Require(again.ok() && *again == *copy);
  const absl::StatusOr<std::string> fewer = CopyOf(body, false);
  Require(fewer.ok() && fewer->size() <= copy->size());
  const absl::StatusOr<std::string> fewer_again = CopyOf(*fewer);
  Require(fewer_again.ok() && fewer_again->size() == fewer->size());
  if (size >= siphon::postgres::kArchiveIntSize) {
    const int64_t value = DecodeArchiveInt(body.substr(0, siphon::postgres::kArchiveIntSize));
    Require(DecodeArchiveInt(EncodeArchiveInt(value)) == value);
  }
  return 0;
}
