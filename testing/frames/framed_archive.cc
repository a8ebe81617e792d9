// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/frames/framed_archive.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/synchronization/mutex.h"
#include "drivers/postgres/archive.h"
#include "drivers/postgres/archive_layout.h"
#include "drivers/postgres/archive_reader.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/context.h"
#include "siphon/base/io.h"
#include "siphon/base/workers.h"
#include "siphon/domain/frames/body_fixture.h"
#include "siphon/domain/frames/frame.h"
#include "siphon/domain/frames/frame_packer.h"
#include "siphon/domain/frames/part_writer.h"

namespace siphon::testing {
namespace {

using postgres::Archive;
using postgres::ArchiveEntry;
using postgres::ArchiveReader;
using postgres::kArchiveIntSize;

constexpr std::string_view kOp = "test.frame";
constexpr std::string_view kCopyEnd = "\\.\n\n\n";

// A part of the body, with its bytes.
struct Part {
  frames::PartName name;
  frames::PartWriter::Options options;
  std::string bytes;
};

// The payloads of the pieces of a block.
absl::StatusOr<std::string> Payloads(std::string_view pieces) {
  std::string out;
  while (pieces.size() >= kArchiveIntSize) {
    const int64_t size = postgres::DecodeArchiveInt(pieces.substr(0, kArchiveIntSize));
    pieces.remove_prefix(kArchiveIntSize);
    if (size == 0 && pieces.empty()) return out;
    if (size <= 0 || static_cast<uint64_t>(size) > pieces.size()) break;
    out += pieces.substr(0, static_cast<size_t>(size));
    pieces.remove_prefix(static_cast<size_t>(size));
  }
  return errs::InternalError(kOp, "a block with impossible pieces");
}

// The parts of a table's rows; the last has the end of COPY's data.
std::vector<std::string> CutRows(std::string_view rows, const FramingOptions& options) {
  rows = absl::StripSuffix(rows, kCopyEnd);
  std::vector<std::string> parts;
  while (!rows.empty()) {
    size_t end = rows.find('\n', std::min(options.part_bytes, rows.size() - 1));
    end = end == std::string_view::npos ? rows.size() : end + 1;
    parts.emplace_back(rows.substr(0, end));
    rows.remove_prefix(end);
  }
  if (parts.empty()) parts.emplace_back();
  if (options.reverse) std::reverse(parts.begin(), parts.end());
  parts.back() += kCopyEnd;
  return parts;
}

std::string NameOf(const ArchiveEntry& entry) {
  return absl::StrCat(entry.kind, " ", entry.schema, ".", entry.tag);
}

// The table of contents without the places of blocks, which pg_dump adds where it can seek in its
// output. pg_restore then finds the blocks by itself.
std::string HeadOf(const Archive& archive) {
  constexpr char kPositionSet = 2;     // K_OFFSET_POS_SET
  constexpr char kPositionNotSet = 1;  // K_OFFSET_POS_NOT_SET
  const auto position_size = static_cast<size_t>(archive.header.offset_size);
  std::vector<std::string> entries;
  for (const ArchiveEntry& entry : archive.entries) {
    std::string& raw = entries.emplace_back(entry.raw);
    char& state = raw[raw.size() - position_size - 1];
    if (state == kPositionSet) state = kPositionNotSet;
  }
  return FormatArchiveHead(archive, {entries.begin(), entries.end()});
}

Part Stored(uint32_t item, std::string name, frames::Content content, std::string bytes) {
  Part part{{item, std::move(name), 0}, {}, std::move(bytes)};
  part.options.content = content;
  part.options.stored = part.options.ends_item = true;
  return part;
}

absl::StatusOr<std::vector<Part>> PartsOf(ArchiveReader& reader, const Archive& archive,
                                          const FramingOptions& options) {
  if (archive.header.compression != postgres::Compression::kZstd) {
    return errs::InternalError(kOp, "the archive is not compressed with zstd");
  }
  std::vector<Part> parts;
  parts.push_back(Stored(frames::kHeadItem, "", frames::Content::kDefinitions, HeadOf(archive)));
  std::string block;
  while (true) {
    ASSIGN_OR_RETURN(const std::optional<ArchiveReader::Piece> piece, reader.Next(base::Context()));
    if (!piece.has_value()) return parts;
    const ArchiveEntry& entry = *piece->entry;
    block += piece->bytes;
    if (!piece->last) continue;
    const auto item = static_cast<uint32_t>(entry.id);
    if (entry.kind == "TABLE DATA") {
      ASSIGN_OR_RETURN(const std::string packed, Payloads(block));
      ASSIGN_OR_RETURN(const std::string rows, frames::Decompress(packed));
      std::vector<std::string> cut = CutRows(rows, options);
      for (size_t i = 0; i < cut.size(); ++i) {
        Part part{{item, NameOf(entry), i}, {}, std::move(cut[i])};
        part.options.ends_item = i + 1 == cut.size();
        part.options.target = options.frame_bytes;
        parts.push_back(std::move(part));
      }
    } else {
      parts.push_back(
          Stored(item, NameOf(entry), frames::Content::kObjects, FormatBlockHeader(entry) + block));
    }
    block.clear();
  }
}

absl::Status WritePart(const base::Context& context, const Part& part, frames::PartWriter& writer) {
  std::string_view rest = part.bytes;
  while (!rest.empty()) {
    const size_t newline = rest.find('\n');
    const size_t size = newline == std::string_view::npos ? rest.size() : newline + 1;
    RETURN_IF_ERROR(writer.Write(context, rest.substr(0, size)));
    if (!part.options.stored) writer.Cut(absl::StartsWith(rest, kCopyEnd) || size == 1 ? 0 : 1);
    rest.remove_prefix(size);
  }
  return writer.End(context);
}

// Gives out the parts in their order, each to one worker.
class Queue {
 public:
  Queue(const std::vector<Part>* parts, frames::Appender* appender)
      : parts_(parts), appender_(appender) {}

  absl::Status Work(const base::Context& context) {
    ASSIGN_OR_RETURN(frames::FramePacker packer, frames::FramePacker::Create(1));
    while (true) {
      std::optional<frames::PartWriter> writer;
      const Part* part = nullptr;
      {
        const absl::MutexLock lock(&mutex_);
        if (next_ == parts_->size()) return absl::OkStatus();
        part = &(*parts_)[next_++];
        ASSIGN_OR_RETURN(frames::Appender::Claimed claimed, appender_->Claim(context, part->name));
        writer.emplace(&packer, std::move(claimed), part->options);
      }
      RETURN_IF_ERROR(WritePart(context, *part, *writer));
    }
  }

 private:
  absl::Mutex mutex_;
  const std::vector<Part>* parts_;
  frames::Appender* appender_;
  size_t next_ = 0;
};

}  // namespace

absl::StatusOr<FramedArchive> FrameArchive(std::string_view body, const FramingOptions& options) {
  const base::Context context;
  base::StringReader source(body);
  ArchiveReader reader(&source);
  ASSIGN_OR_RETURN(const Archive* const archive, reader.ReadHead(context));
  ASSIGN_OR_RETURN(const std::vector<Part> parts, PartsOf(reader, *archive, options));
  const postgres::ArchiveLayout layout(*archive);
  base::StringWriter sink;
  frames::Appender appender(&layout, &sink, {.window = options.window, .archive = 42});
  Queue queue(&parts, &appender);
  RETURN_IF_ERROR(base::RunWorkers(context, options.workers, [&](const base::Context& inner, int) {
    return queue.Work(inner);
  }));
  ASSIGN_OR_RETURN(frames::Appender::Result result, appender.Finish(context));
  return FramedArchive{sink.data(), std::move(result)};
}

}  // namespace siphon::testing
