// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/archive_excerpt.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "drivers/postgres/archive.h"
#include "drivers/postgres/archive_body.h"
#include "drivers/postgres/archive_contents.h"
#include "drivers/postgres/archive_reader.h"
#include "drivers/postgres/restore_plan.h"
#include "errs/status_macros.h"

namespace siphon::postgres {
namespace {

// True if siphon knows all names of the archive without asking a server; see ReadHeadWithNames().
bool KnowsNames(const Archive& archive) {
  const std::string encoding = ArchiveEncoding(archive);
  if (encoding == "SQL_ASCII" || encoding == "UTF8") return true;
  return std::all_of(archive.entries.begin(), archive.entries.end(),
                     [&](const ArchiveEntry& entry) {
                       return KnownText(archive, entry.schema).has_value() &&
                              KnownText(archive, entry.tag).has_value();
                     });
}

// An archive of the entries of a plan.
class AloneReader : public base::Reader {
 public:
  AloneReader(const base::Context* context, const driver::FramedBody* body)
      : context_(*context), body_(context, body), reader_(&body_) {}

  // `contents` as ReadContents() has read them.
  absl::Status Begin(const verbs::RestoreOptions& options, std::string contents,
                     ArchiveItems items) {
    body_.SetContents(std::move(contents));
    body_.SetItems(std::move(items));
    ASSIGN_OR_RETURN(const Archive* const archive, reader_.ReadHead(context_));
    ASSIGN_OR_RETURN(const RestorePlan plan, PlanRestore(*archive, options));
    reader_.LeaveOut(plan.left_out_large_objects);
    std::vector<std::string_view> entries;
    // What siphon has recorded for a restore, except that the archive holds a whole database.
    for (const ArchiveEntry& entry : archive->entries) {
      if (entry.kind == kNamesKind) entries.push_back(entry.raw);
    }
    std::string monetary;
    if (const std::optional<std::string> locale = MonetaryLocale(*archive)) {
      monetary = FormatMonetaryEntry(*archive, UnusedId(*archive), *locale);
      entries.push_back(monetary);
    }
    for (const ArchiveEntry* const entry : plan.entries) {
      entries.push_back(plan.Bytes(*entry));
      planned_.insert(entry);
    }
    own_ = FormatArchiveHead(*archive, entries);
    rest_ = own_;
    return absl::OkStatus();
  }

  absl::StatusOr<size_t> Read(absl::Span<char> out) override {
    while (rest_.empty()) {
      if (!piece_.empty()) {
        rest_ = std::exchange(piece_, std::string_view());
        continue;
      }
      ASSIGN_OR_RETURN(const std::optional<ArchiveReader::Piece> piece, reader_.Next(context_));
      if (!piece.has_value()) return 0;
      if (!planned_.contains(piece->entry)) continue;
      piece_ = piece->bytes;
      if (!piece->first) continue;
      own_ = FormatBlockHeader(*piece->entry);
      rest_ = own_;
    }
    const size_t count = std::min(out.size(), rest_.size());
    std::memcpy(out.data(), rest_.data(), count);
    rest_.remove_prefix(count);
    return count;
  }

 private:
  const base::Context& context_;
  ArchiveBody body_;
  ArchiveReader reader_;
  std::unordered_set<const ArchiveEntry*> planned_;
  std::string own_;         // The head, or the header of a block.
  std::string_view rest_;   // Of own_, or of a piece.
  std::string_view piece_;  // Follows rest_.
};

}  // namespace

absl::StatusOr<std::unique_ptr<base::Reader>> OpenArchiveExcerpt(
    const base::Context& context, const driver::ExcerptOptions& options,
    const driver::FramedBody& body) {
  ASSIGN_OR_RETURN(std::string contents, ReadContents(context, body));
  ArchiveItems items;
  {
    base::StringReader head(contents);
    ArchiveReader reader(&head);
    ASSIGN_OR_RETURN(const Archive* const archive, reader.ReadHead(context));
    if (!options.alone) {
      // The restore does not use the names that the archive has, either.
      reader.SetNames({});
      if (!KnowsNames(*archive)) return std::unique_ptr<base::Reader>();
    }
    ASSIGN_OR_RETURN(const RestorePlan plan, PlanRestore(*archive, options.restore));
    items = ItemsOf(*archive, plan.entries, /*rows=*/true);
  }
  if (options.alone) {
    auto reader = std::make_unique<AloneReader>(&context, &body);
    RETURN_IF_ERROR(reader->Begin(options.restore, std::move(contents), std::move(items)));
    return std::unique_ptr<base::Reader>(std::move(reader));
  }
  auto excerpt = std::make_unique<ArchiveBody>(&context, &body);
  excerpt->SetContents(std::move(contents));
  excerpt->SetItems(std::move(items));
  return std::unique_ptr<base::Reader>(std::move(excerpt));
}

}  // namespace siphon::postgres
