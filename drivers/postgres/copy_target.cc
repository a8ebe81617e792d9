// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/copy_target.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "absl/types/span.h"
#include "drivers/postgres/archive_layout.h"
#include "drivers/postgres/names.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::postgres {
namespace {

constexpr std::string_view kOp = "postgres.restore";

bool IsPlain(char c) {
  return absl::ascii_islower(static_cast<unsigned char>(c)) ||
         absl::ascii_isdigit(static_cast<unsigned char>(c)) || c == '_';
}

// Removes an identifier from the beginning of `text`, as pg_dump writes it (fmtId()): in double
// quotes, or of lower-case letters, digits and underscores. Returns its name.
std::optional<std::string> TakeIdentifier(std::string_view& text) {
  std::string name;
  if (!absl::ConsumePrefix(&text, "\"")) {
    const auto end = std::find_if_not(text.begin(), text.end(), IsPlain);
    name.assign(text.begin(), end);
    text.remove_prefix(name.size());
    if (name.empty() || absl::ascii_isdigit(static_cast<unsigned char>(name[0]))) {
      return std::nullopt;
    }
    return name;
  }
  while (true) {
    const size_t quote = text.find('"');
    if (quote == std::string_view::npos) return std::nullopt;
    absl::StrAppend(&name, text.substr(0, quote));
    text.remove_prefix(quote + 1);
    if (!absl::ConsumePrefix(&text, "\"")) break;
    name += '"';
  }
  if (name.empty() || name.find('\0') != std::string::npos) return std::nullopt;
  return name;
}

std::optional<CopyTarget> Parse(std::string_view text) {
  if (!absl::ConsumePrefix(&text, "COPY ") || !absl::ConsumeSuffix(&text, " FROM stdin;\n")) {
    return std::nullopt;
  }
  std::optional<std::string> schema = TakeIdentifier(text);
  if (!schema.has_value() || !absl::ConsumePrefix(&text, ".")) return std::nullopt;
  std::optional<std::string> name = TakeIdentifier(text);
  if (!name.has_value()) return std::nullopt;
  CopyTarget target{*std::move(schema), *std::move(name), {}};
  // pg_dump writes a blank in the place of an empty list.
  if (text.empty() || text == " ") return target;
  if (!absl::ConsumePrefix(&text, " (")) return std::nullopt;
  while (true) {
    std::optional<std::string> column = TakeIdentifier(text);
    if (!column.has_value()) return std::nullopt;
    target.columns.push_back(*std::move(column));
    if (text == ")") return target;
    if (!absl::ConsumePrefix(&text, ", ")) return std::nullopt;
  }
}

}  // namespace

absl::StatusOr<CopyTarget> ParseCopyTarget(const ArchiveEntry& entry) {
  std::optional<CopyTarget> target = Parse(entry.copy_statement);
  if (target.has_value()) return *std::move(target);
  return errs::IntegrityError(
      kOp, absl::StrCat("the statement for the rows of ", ToUtf8(entry.tag),
                        " has an unknown form: ", BoundedUtf8(entry.copy_statement)));
}

std::string CopyInSql(const CopyTarget& target) {
  const std::string columns =
      absl::StrJoin(target.columns, ", ", [](std::string* out, const std::string& column) {
        absl::StrAppend(out, QuoteIdentifier(column));
      });
  return absl::StrCat("COPY ", QuoteQualified(target.schema, target.name),
                      columns.empty() ? "" : absl::StrCat(" (", columns, ")"), " FROM STDIN");
}

PartRows::PartRows(base::Reader* bytes, bool last)
    : bytes_(*bytes), last_(last), buffer_(base::kCopyBufferSize, '\0') {}

absl::StatusOr<std::string_view> PartRows::Next() {
  // The last bytes are held back, because they may be the end of the rows.
  std::copy(buffer_.begin() + static_cast<ptrdiff_t>(given_),
            buffer_.begin() + static_cast<ptrdiff_t>(size_), buffer_.begin());
  size_ -= std::exchange(given_, 0);
  const size_t held = last_ ? kEndOfRows.size() : 0;
  while (!ended_) {
    ASSIGN_OR_RETURN(const size_t count, bytes_.Read(absl::MakeSpan(buffer_).subspan(size_)));
    size_ += count;
    ended_ = count == 0;
    if (size_ <= held) continue;
    given_ = size_ - held;
    return std::string_view(buffer_).substr(0, given_);
  }
  if (std::string_view(buffer_).substr(0, size_) == (last_ ? kEndOfRows : "")) {
    size_ = 0;
    return std::string_view();
  }
  return errs::IntegrityError(kOp, "the rows of a table are cut off");
}

}  // namespace siphon::postgres
