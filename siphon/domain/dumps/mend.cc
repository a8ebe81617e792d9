// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/dumps/mend.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/excerpt.h"
#include "siphon/base/random_access.h"
#include "siphon/domain/dumps/agreement.h"
#include "siphon/domain/dumps/dump_reader.h"
#include "siphon/domain/dumps/envelope.h"
#include "siphon/domain/dumps/keys.h"
#include "siphon/domain/frames/body_layout.h"
#include "siphon/domain/frames/chunk_header.h"
#include "siphon/domain/frames/frame.h"
#include "siphon/domain/frames/frame_scan.h"
#include "siphon/domain/frames/rebuild.h"

namespace siphon::dumps {
namespace {

// The error for a dump that has lost more than its index.
absl::Status Lost(std::string_view id, const frames::Rebuilt& found) {
  std::vector<std::string> lost;
  for (const frames::BrokenItem& item : found.broken) {
    lost.push_back(absl::StrCat(item.name, ": ", item.why, ", ", item.frames, " frames with ",
                                item.rows, " rows were found"));
  }
  for (const std::string& name : found.missing) {
    lost.push_back(absl::StrCat(name, ": nothing of it was found"));
  }
  for (const frames::FrameScan::Loss& loss : found.losses) {
    lost.push_back(
        absl::StrCat("bytes ", loss.begin, " to ", loss.end, " of the body: ", loss.what));
  }
  return errs::IntegrityError("dumps.rebuild",
                              absl::StrCat("dump ", id, " has lost a part of its body: ",
                                           base::ListSome(lost, /*most=*/5, /*separator=*/"; ")),
                              absl::StrCat("restore another dump; ", found.directory.items.size(),
                                           " items of this one are intact"));
}

// True if `head`, the bytes after the last frame that was found, belong to an index, which may be
// cut off.
bool MayBeIndex(std::string_view head) {
  const std::string any = frames::EncodeSkippable("");
  const std::string_view magic = std::string_view(any).substr(0, sizeof(uint32_t));
  if (!absl::StartsWith(head, magic.substr(0, head.size()))) return false;
  const std::string_view kind = head.substr(std::min(head.size(), frames::kSkippableHead));
  return absl::StartsWith(frames::kPageKind, kind) ||
         absl::StartsWith(frames::kDirectoryKind, kind);
}

// What follows `before` and the bytes of `layout` before a page in `head`, which may end earlier.
// Nothing if other bytes are there.
std::optional<std::string_view> PageAfter(std::string_view head, std::string_view before,
                                          const frames::BodyLayout& layout) {
  if (!absl::StartsWith(head, before.substr(0, head.size()))) return std::nullopt;
  return head.substr(std::min(head.size(), before.size() + layout.BeginRun(0).size()));
}

// True if no frame is known to be missing. If the body was cut off after an item, the items that
// followed are not noticed.
absl::StatusOr<bool> HasAllFrames(const base::RandomAccess& body, const frames::Rebuilt& found,
                                  const frames::BodyLayout& layout) {
  const bool gap =
      std::any_of(found.losses.begin(), found.losses.end(),
                  [&](const frames::FrameScan::Loss& loss) { return loss.begin < found.keep; });
  if (gap || !found.broken.empty() || !found.missing.empty()) return false;
  if (found.confirmed) return true;
  const size_t most = found.before_pages.size() + layout.BeginRun(0).size() +
                      frames::kSkippableHead + frames::kKindSize;
  std::string head(std::min<uint64_t>(most, body.size() - found.keep), '\0');
  RETURN_IF_ERROR(body.ReadAt(found.keep, absl::MakeSpan(head)));
  // A full page is in the last item.
  for (const std::string_view before : {std::string_view(found.before_pages), std::string_view()}) {
    const std::optional<std::string_view> page = PageAfter(head, before, layout);
    if (page.has_value() && MayBeIndex(*page)) return true;
  }
  return false;
}

}  // namespace

absl::StatusOr<std::optional<Mended>> Mend(const base::Context& context, storage::Store& store,
                                           const std::string& id, const FormatFinder& find) {
  ASSIGN_OR_RETURN(const std::unique_ptr<base::Reader> stream, store.Open(context, DumpKey(id)));
  const absl::StatusOr<Envelope> envelope = ReadEnvelope(*stream, id);
  RETURN_IF_ERROR(context.Check());
  if (!envelope.ok()) return std::nullopt;
  // A part of an encrypted body cannot be replaced: it is one file, written once with its key.
  if (!envelope->encryption.empty()) return std::nullopt;
  const absl::StatusOr<frames::BodyFormat> format = FormatOf(context, store, id, *envelope, find);
  // The beginning of the body is damaged, too.
  if (errs::Is(format.status(), errs::kIntegrity)) return std::nullopt;
  RETURN_IF_ERROR(format.status());
  if (format->layout == nullptr) return std::nullopt;
  ASSIGN_OR_RETURN(const std::unique_ptr<base::RandomAccess> object,
                   store.OpenAt(context, DumpKey(id)));
  if (object == nullptr) return std::nullopt;
  const base::RandomAccessTail body(object.get(), kEnvelopeSize);
  absl::StatusOr<frames::Rebuilt> found =
      frames::RebuildIndex(context, body, format->head, *format->layout);
  if (errs::Is(found.status(), errs::kIntegrity)) return std::nullopt;  // Nothing was found.
  RETURN_IF_ERROR(found.status());
  ASSIGN_OR_RETURN(const bool whole, HasAllFrames(body, *found, *format->layout));
  if (!whole) return Lost(id, *found);
  return Mended{.keep = kEnvelopeSize + found->keep,
                .index = std::move(found->index),
                .record = {.offset = found->index_offset, .sha256 = frames::ToHex(found->root)}};
}

absl::StatusOr<size_t> MendedReader::Read(absl::Span<char> out) {
  if (left_ == 0) return index_.Read(out);
  ASSIGN_OR_RETURN(const size_t count,
                   object_->Read(out.first(std::min<uint64_t>(out.size(), left_))));
  if (count == 0) {
    return errs::IntegrityError("dumps.rebuild", "the dump became shorter while it was read");
  }
  left_ -= count;
  return count;
}

}  // namespace siphon::dumps
