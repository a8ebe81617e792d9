// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "errs/error.h"
#include "siphon/base/context.h"
#include "siphon/base/random_access.h"
#include "siphon/domain/frames/body_layout.h"
#include "siphon/domain/frames/chunk_header.h"
#include "siphon/domain/frames/frame.h"
#include "siphon/domain/frames/index.h"
#include "siphon/domain/frames/index_reader.h"

namespace {

using siphon::frames::DecodeDirectory;
using siphon::frames::DecodePage;
using siphon::frames::DecodeTail;
using siphon::frames::Digest;
using siphon::frames::DigestOf;
using siphon::frames::Directory;
using siphon::frames::EncodeDirectory;
using siphon::frames::EncodeEntry;
using siphon::frames::EncodePage;
using siphon::frames::EncodeSkippable;
using siphon::frames::Entry;
using siphon::frames::IndexReader;
using siphon::frames::Item;
using siphon::frames::kTailSize;
using siphon::frames::Tail;

// Where the pieces of the input stand in their body.
constexpr uint64_t kPlace = uint64_t{1} << 40;

void Require(bool condition) {
  if (!condition) std::abort();
}

void RequireRefusal(const absl::Status& status) {
  Require(siphon::errs::Is(status, siphon::errs::kIntegrity));
  Require(!status.message().empty() && status.message().size() < 1024);
}

// Entries of a page lie one after another, and are encoded to the same bytes.
std::optional<std::vector<Entry>> CheckPage(std::string_view bytes) {
  absl::StatusOr<std::vector<Entry>> entries = DecodePage(bytes, kPlace);
  if (!entries.ok()) {
    RequireRefusal(entries.status());
    return std::nullopt;
  }
  std::string again;
  uint64_t end = 0;
  for (const Entry& entry : *entries) {
    Require(entry.begin() >= end && entry.end() > entry.begin());
    end = entry.end();
    again += EncodeEntry(entry);
  }
  Require(EncodePage(static_cast<uint32_t>(entries->size()), again) == bytes);
  return *std::move(entries);
}

// A number of a tail.
void Append(uint64_t number, size_t size, std::string& out) {
  for (size_t i = 0; i < size; ++i) out += static_cast<char>(number >> (8 * i));
}

// A directory with these fields and the right tail.
std::optional<Directory> CheckDirectory(std::string_view fields) {
  std::string bytes = EncodeSkippable(
      absl::StrCat(siphon::frames::kDirectoryKind, fields, std::string(kTailSize, '\0')));
  const size_t size = bytes.size();
  bytes.resize(size - kTailSize);
  const Digest root = DigestOf(bytes);
  Append(kPlace, 8, bytes);
  Append(size, 4, bytes);
  bytes.append(root.data(), root.size());
  bytes += "SIPHEND1";
  const absl::StatusOr<Tail> tail =
      DecodeTail(std::string_view(bytes).substr(size - kTailSize), kPlace + size);
  Require(tail.ok() && tail->root == root);
  absl::StatusOr<Directory> directory = DecodeDirectory(bytes, *tail);
  if (!directory.ok()) {
    RequireRefusal(directory.status());
    return std::nullopt;
  }
  const absl::StatusOr<std::string> again = EncodeDirectory(*directory, kPlace);
  Require(again.ok() && *again == bytes);
  return *std::move(directory);
}

// Opens the index and visits all frames. What is visited lies in its item.
void CheckReader(const siphon::base::RandomAccess& body) {
  const siphon::base::Context context;
  const absl::StatusOr<IndexReader> reader =
      IndexReader::Open(context, &body, siphon::frames::BodyLayout(), std::nullopt);
  if (!reader.ok()) return RequireRefusal(reader.status());
  for (const Item& item : reader->directory().items) {
    uint64_t frames = 0;
    const absl::Status status = reader->Visit(context, item, [&](const Entry& entry) {
      Require(entry.begin() >= item.begin && entry.end() <= item.end);
      Require(entry.frame.item == item.id);
      ++frames;
      return absl::OkStatus();
    });
    if (status.ok()) {
      Require(frames == item.frames);
    } else {
      RequireRefusal(status);
    }
  }
}

// A body of a hole, a page and a directory; only its end exists.
class Hollow : public siphon::base::RandomAccess {
 public:
  explicit Hollow(std::string end) : end_(std::move(end)) {}
  uint64_t size() const override { return kPlace + end_.size(); }

 protected:
  absl::StatusOr<size_t> ReadSome(uint64_t offset, absl::Span<char> out) const override {
    for (size_t i = 0; i < out.size(); ++i) {
      out[i] = offset + i < kPlace ? '\0' : end_[offset + i - kPlace];
    }
    return out.size();
  }

 private:
  std::string end_;
};

}  // namespace

// The first two bytes are the size of a page, which follows; the rest is a directory. Both are read
// by themselves, and together with the page records that the page really has.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  CheckPage(input);
  CheckReader(siphon::base::RandomAccessString(input));
  if (size >= kTailSize) {
    const auto tail = DecodeTail(input.substr(size - kTailSize), size);
    if (tail.ok()) {
      Require(tail->offset + tail->size == size);
      const auto directory = DecodeDirectory(input.substr(tail->offset), *tail);
      if (!directory.ok()) RequireRefusal(directory.status());
    } else {
      RequireRefusal(tail.status());
    }
  }
  if (size < 2) return 0;
  const size_t page_size = std::min<size_t>(data[0] | data[1] << 8, size - 2);
  const std::string page =
      EncodeSkippable(absl::StrCat(siphon::frames::kPageKind, input.substr(2, page_size)));
  const std::optional<std::vector<Entry>> entries = CheckPage(page);
  std::optional<Directory> directory = CheckDirectory(input.substr(2 + page_size));
  if (!directory.has_value() || !entries.has_value()) return 0;
  directory->pages = {{kPlace, static_cast<uint32_t>(page.size()),
                       static_cast<uint32_t>(entries->size()), DigestOf(page)}};
  const absl::StatusOr<std::string> end = EncodeDirectory(*directory, kPlace + page.size());
  Require(end.ok());
  CheckReader(Hollow(page + *end));
  return 0;
}
