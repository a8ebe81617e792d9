// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/frames/body_fixture.h"

#include <zstd.h>

#include <cstdlib>
#include <iostream>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::frames {

SampleItem LargeItem(uint32_t id, std::string name, size_t parts, size_t rows) {
  SampleItem item{id, std::move(name), {}};
  for (size_t part = 0; part < parts; ++part) {
    Rows& all = item.parts.emplace_back();
    for (size_t row = 0; row < rows; ++row) {
      all.push_back(absl::StrCat(part, "\t", row, "\t", row * 2654435761u % 1000003, "\n"));
    }
  }
  return item;
}

std::vector<SampleItem> SampleItems() {
  std::vector<SampleItem> items;
  items.push_back(LargeItem(17, "public.items", 5, 400));
  items.push_back({4, "public.notes", {{"one\n", "two\n"}, {}, {"three\n"}}});
  items.push_back({5, "public.empty", {{}}});
  std::string wide;
  for (int i = 0; wide.size() < 20 * kSmallFrame; ++i) absl::StrAppend(&wide, i * 7919 % 10007);
  items.push_back({900, "public.\"wide rows\"", {{"a\n", wide + "\n", "b\n"}}});
  items.push_back({6, "public.last", {{"end\n"}}});
  return items;
}

std::string RowsOf(const SampleItem& item) {
  std::string out;
  for (const Rows& rows : item.parts) {
    for (const std::string& row : rows) out += row;
  }
  return out;
}

std::string RowsOf(const std::vector<SampleItem>& items) {
  std::string out;
  for (const SampleItem& item : items) out += RowsOf(item);
  return out;
}

std::string MarkingLayout::BeginItem(const Frame& first) const {
  return absl::StrCat("[item ", first.item, " ");
}
std::string MarkingLayout::EndItem(const Frame& last) const {
  return absl::StrCat(" end ", last.item, "]");
}
std::string MarkingLayout::BeginPart(const Frame& first) const {
  return absl::StrCat("{", first.range, ": ");
}
std::string MarkingLayout::EndPart(const Frame& last) const {
  return absl::StrCat(" ", last.part, "}");
}
std::string MarkingLayout::BeginRun(size_t size) const {
  return absl::StrCat("(", absl::Hex(size, absl::kZeroPad8), ")");
}

absl::StatusOr<SamplePart> ClaimPart(const base::Context& context, Appender& appender,
                                     const SampleItem& item, size_t part) {
  absl::StatusOr<Appender::Claimed> claimed = appender.Claim(context, {item.id, item.name, part});
  if (!claimed.ok()) return claimed.status();
  return SamplePart(*std::move(claimed), &item, part);
}

absl::Status SamplePart::Write(const base::Context& context, FramePacker& packer) {
  PartWriter::Options options;
  options.ends_item = part_ + 1 == item_->parts.size();
  options.range = absl::StrCat("part ", part_);
  options.target = kSmallFrame;
  options.limit = 3 * kSmallFrame;
  PartWriter writer(&packer, std::move(claimed_), std::move(options));
  for (const std::string& row : item_->parts[part_]) {
    RETURN_IF_ERROR(writer.Write(context, row));
    writer.Cut(1);
  }
  return writer.End(context);
}

absl::Status WritePart(const base::Context& context, FramePacker& packer, Appender& appender,
                       const SampleItem& item, size_t part) {
  absl::StatusOr<SamplePart> claimed = ClaimPart(context, appender, item, part);
  if (!claimed.ok()) return claimed.status();
  return claimed->Write(context, packer);
}

absl::StatusOr<Appender::Result> WriteItems(const std::vector<SampleItem>& items,
                                            const BodyLayout& layout, base::Writer& sink,
                                            Appender::Options options) {
  const base::Context context;
  ASSIGN_OR_RETURN(FramePacker packer, FramePacker::Create(1));
  Appender appender(&layout, &sink, std::move(options));
  for (const SampleItem& item : items) {
    for (size_t part = 0; part < item.parts.size(); ++part) {
      RETURN_IF_ERROR(WritePart(context, packer, appender, item, part));
    }
  }
  return appender.Finish(context);
}

std::string BodyOf(const std::vector<SampleItem>& items, const BodyLayout& layout) {
  base::StringWriter sink;
  const absl::StatusOr<Appender::Result> result = WriteItems(items, layout, sink);
  if (!result.ok()) {
    std::cerr << result.status() << '\n';
    std::abort();
  }
  return sink.data();
}

absl::StatusOr<std::string> Decompress(std::string_view stream) {
  const std::unique_ptr<ZSTD_DCtx, size_t (*)(ZSTD_DCtx*)> context(ZSTD_createDCtx(),
                                                                   ZSTD_freeDCtx);
  std::string out;
  std::string buffer(ZSTD_DStreamOutSize(), '\0');
  ZSTD_inBuffer in{stream.data(), stream.size(), 0};
  size_t rest = 0;
  while (true) {
    ZSTD_outBuffer to{buffer.data(), buffer.size(), 0};
    rest = ZSTD_decompressStream(context.get(), &to, &in);
    if (ZSTD_isError(rest)) return errs::IntegrityError("test", ZSTD_getErrorName(rest));
    out.append(buffer, 0, to.pos);
    if (in.pos == in.size && to.pos < to.size) break;
  }
  if (rest != 0) return errs::IntegrityError("test", "the stream ends within a frame");
  return out;
}

}  // namespace siphon::frames
