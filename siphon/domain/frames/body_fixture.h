// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_FRAMES_BODY_FIXTURE_H_
#define SIPHON_DOMAIN_FRAMES_BODY_FIXTURE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/domain/frames/appender.h"
#include "siphon/domain/frames/body_layout.h"
#include "siphon/domain/frames/frame.h"
#include "siphon/domain/frames/frame_packer.h"
#include "siphon/domain/frames/part_writer.h"

// Bodies for tests.
namespace siphon::frames {

using Rows = std::vector<std::string>;

struct SampleItem {
  uint32_t id = 0;
  std::string name;
  std::vector<Rows> parts;
};

// Some items: large and small ones, an empty part, an item without rows, a row that is larger than
// a frame of kSmallFrame.
std::vector<SampleItem> SampleItems();
// An item of `parts` parts of `rows` rows each.
SampleItem LargeItem(uint32_t id, std::string name, size_t parts, size_t rows);
// All rows, one after another.
std::string RowsOf(const SampleItem& item);
std::string RowsOf(const std::vector<SampleItem>& items);

inline constexpr size_t kSmallFrame = 1000;
inline constexpr uint64_t kSampleArchive = 0x5349504821;

// Puts marks where a format may put bytes.
class MarkingLayout : public BodyLayout {
 public:
  std::string BeginItem(const Frame& first) const override;
  std::string EndItem(const Frame& last) const override;
  std::string BeginPart(const Frame& first) const override;
  std::string EndPart(const Frame& last) const override;
  std::string BeginRun(size_t size) const override;
  std::string BeginIndex() const override { return "[index "; }
  std::string EndIndex() const override { return "]"; }
};

// A claimed part of `item`, which must outlive it.
class SamplePart {
 public:
  SamplePart(Appender::Claimed claimed, const SampleItem* item, size_t part)
      : claimed_(std::move(claimed)), item_(item), part_(part) {}
  // Writes it with frames of kSmallFrame bytes. Call it once.
  absl::Status Write(const base::Context& context, FramePacker& packer);

 private:
  Appender::Claimed claimed_;
  const SampleItem* item_;
  size_t part_;
};
absl::StatusOr<SamplePart> ClaimPart(const base::Context& context, Appender& appender,
                                     const SampleItem& item, size_t part);
// Claims and writes a part.
absl::Status WritePart(const base::Context& context, FramePacker& packer, Appender& appender,
                       const SampleItem& item, size_t part);
// Writes all items, and the index.
absl::StatusOr<Appender::Result> WriteItems(const std::vector<SampleItem>& items,
                                            const BodyLayout& layout, base::Writer& sink,
                                            Appender::Options options = {
                                                .archive = kSampleArchive});
// The same; the body. A failure fails the test program.
std::string BodyOf(const std::vector<SampleItem>& items, const BodyLayout& layout = BodyLayout());

// The content of a zstd stream, as `zstd -d` reads it.
absl::StatusOr<std::string> Decompress(std::string_view stream);

}  // namespace siphon::frames

#endif  // SIPHON_DOMAIN_FRAMES_BODY_FIXTURE_H_
