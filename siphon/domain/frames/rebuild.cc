// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/frames/rebuild.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/domain/frames/frame.h"
#include "siphon/domain/frames/index_builder.h"
#include "siphon/domain/frames/little_endian.h"

namespace siphon::frames {
namespace {

constexpr std::string_view kOp = "dumps.rebuild";
constexpr uint64_t kHeadPiece = uint64_t{1} << 20;

// What the first scan knows about an item.
struct FoundItem {
  BrokenItem found;  // `why` is empty while nothing is wrong.
  Sequence sequence;
  bool ended = false;
};

class Rebuilder {
 public:
  Rebuilder(const base::RandomAccess& body, uint64_t begin, const BodyLayout& layout)
      : body_(body), begin_(begin), layout_(layout) {}

  absl::StatusOr<Rebuilt> Run(const base::Context& context,
                              std::map<std::string, std::string> facts) {
    FrameScan scan(&body_, begin_);
    RETURN_IF_ERROR(FindItems(context, scan));
    RETURN_IF_ERROR(CompareWithDirectory(scan.archive().value_or(0)));
    result_.losses = scan.losses();
    result_.loss_count = scan.loss_count();
    IndexBuilder builder(scan.archive().value_or(0));
    for (auto& [name, value] : facts) builder.SetFact(name, std::move(value));
    RETURN_IF_ERROR(AddHead(context, builder));
    RETURN_IF_ERROR(AddItems(context, scan.archive(), builder));
    ASSIGN_OR_RETURN(const IndexEnd end,
                     EncodeIndexEnd(builder, layout_, result_.keep + result_.index.size(),
                                    /*begun=*/true));
    result_.index += end.bytes;
    result_.index_offset = end.offset;
    result_.root = end.root;
    result_.directory = builder.directory();
    return std::move(result_);
  }

 private:
  absl::Status FindItems(const base::Context& context, FrameScan& scan) {
    std::optional<Frame> last;
    while (true) {
      ASSIGN_OR_RETURN(const std::optional<FrameScan::Found> found, scan.Next(context));
      if (!found.has_value()) break;
      const Frame& frame = found->entry.frame;
      FoundItem& item = items_[frame.item];
      if (item.found.frames == 0) {
        item.found.name = found->name;
        names_ += found->name.size();
      }
      if (items_.size() > kMostItems || names_ > kDirectoryLimit) {
        return errs::IntegrityError(kOp, "more items than an index can name");
      }
      if (item.found.frames > 0 && last->item != frame.item) {
        Break(item, "its frames do not lie together");
      }
      if (item.found.name != found->name) Break(item, "its frames have different names");
      if (absl::Status status = item.sequence.Next(frame); !status.ok()) {
        Break(item, absl::StrCat("before ", Describe(frame), " frames are missing"));
      }
      ++item.found.frames;
      item.found.rows += frame.rows;
      item.ended = frame.ends_item;
      last = frame;
      result_.keep = found->entry.end();
    }
    if (!last.has_value()) {
      return errs::IntegrityError(kOp, "no frame was found in the body",
                                  "the dump has no frames, or nothing of them is left");
    }
    result_.index = layout_.EndPart(*last) + layout_.EndItem(*last) + layout_.BeginIndex();
    result_.before_pages = result_.index;
    for (auto& [id, item] : items_) {
      if (!item.ended) Break(item, "its end is missing");
      if (!item.found.why.empty()) result_.broken.push_back(item.found);
    }
    std::sort(result_.broken.begin(), result_.broken.end(),
              [](const BrokenItem& a, const BrokenItem& b) { return a.name < b.name; });
    return absl::OkStatus();
  }

  // The directory at the end of the body, wherever its bytes lie now; nothing if it is damaged.
  absl::StatusOr<std::optional<Directory>> FindDirectory() const {
    const uint64_t after = layout_.EndIndex().size();
    if (body_.size() < kTailSize + after) return std::nullopt;
    const uint64_t end = body_.size() - after;
    std::string last(kTailSize, '\0');
    RETURN_IF_ERROR(body_.ReadAt(end - kTailSize, absl::MakeSpan(last)));
    Taker from(last);
    const uint64_t offset = from.Number<uint64_t>();
    const uint32_t size = from.Number<uint32_t>();
    const absl::StatusOr<Tail> tail = DecodeTail(last, offset + size);
    if (!tail.ok() || tail->size > end) return std::nullopt;
    std::string bytes(tail->size, '\0');
    RETURN_IF_ERROR(body_.ReadAt(end - bytes.size(), absl::MakeSpan(bytes)));
    absl::StatusOr<Directory> directory = DecodeDirectory(bytes, *tail);
    if (!directory.ok()) return std::nullopt;
    return *std::move(directory);
  }

  // Finds the items that are missing.
  absl::Status CompareWithDirectory(uint64_t archive) {
    ASSIGN_OR_RETURN(const std::optional<Directory> directory, FindDirectory());
    if (!directory.has_value() || directory->archive != archive) return absl::OkStatus();
    size_t same = 0;
    for (const Item& item : directory->items) {
      if (item.id == kHeadItem) continue;
      const auto found = items_.find(item.id);
      if (found == items_.end()) {
        result_.missing.push_back(item.name);
      } else if (found->second.found.frames == item.frames &&
                 found->second.found.rows == item.rows) {
        ++same;
      }
    }
    result_.confirmed = result_.missing.empty() && same == items_.size();
    return absl::OkStatus();
  }

  static void Break(FoundItem& item, std::string why) {
    if (item.found.why.empty()) item.found.why = std::move(why);
  }

  absl::Status AddHead(const base::Context& context, IndexBuilder& builder) {
    std::string piece;
    for (uint64_t at = 0; at < begin_; at += piece.size()) {
      RETURN_IF_ERROR(context.Check());
      piece.resize(std::min(kHeadPiece, begin_ - at));
      RETURN_IF_ERROR(body_.ReadAt(at, absl::MakeSpan(piece)));
      Entry entry;
      entry.offset = at;
      entry.frame.content = Content::kDefinitions;
      entry.frame.stored = true;
      entry.frame.number = at / kHeadPiece;
      entry.frame.ends_item = entry.frame.ends_part = at + piece.size() == begin_;
      entry.frame.raw = entry.frame.packed = piece.size();
      entry.frame.sha256 = DigestOf(piece);
      RETURN_IF_ERROR(builder.Add(entry, ""));
    }
    return absl::OkStatus();
  }

  // Scans again, and takes the frames of complete items.
  absl::Status AddItems(const base::Context& context, std::optional<uint64_t> archive,
                        IndexBuilder& builder) {
    FrameScan scan(&body_, begin_, archive);
    while (true) {
      ASSIGN_OR_RETURN(const std::optional<FrameScan::Found> found, scan.Next(context));
      if (!found.has_value()) return absl::OkStatus();
      const auto item = items_.find(found->entry.frame.item);
      if (item == items_.end() || !item->second.found.why.empty()) continue;
      RETURN_IF_ERROR(builder.Add(found->entry, found->name));
      if (!builder.page_is_full()) continue;
      result_.index += layout_.BeginRun(builder.page_size());
      result_.index += builder.TakePage(result_.keep + result_.index.size());
    }
  }

  const base::RandomAccess& body_;
  uint64_t begin_;
  const BodyLayout& layout_;
  std::unordered_map<uint32_t, FoundItem> items_;
  size_t names_ = 0;  // The bytes of their names.
  Rebuilt result_;
};

}  // namespace

absl::StatusOr<Rebuilt> RebuildIndex(const base::Context& context, const base::RandomAccess& body,
                                     uint64_t begin, const BodyLayout& layout,
                                     std::map<std::string, std::string> facts) {
  return Rebuilder(body, begin, layout).Run(context, std::move(facts));
}

}  // namespace siphon::frames
