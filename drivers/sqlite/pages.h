// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef DRIVERS_SQLITE_PAGES_H_
#define DRIVERS_SQLITE_PAGES_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "siphon/base/io.h"
#include "siphon/base/sha256.h"
#include "siphon/domain/frames/frame.h"

// The body of an increment: the pages of a database file that differ from the state before
// (docs/changes.md#sqlite-pages-1).
namespace siphon::sqlite {

inline constexpr std::string_view kPagesMagic = "SIPHPGS1";

struct PagesHeader {
  uint32_t page_size = 0;  // Of the new state, in bytes: a power of two from 512 to 65536.
  uint32_t pages = 0;      // Of the new state; at least 1.
  // The ids of the full dump at the beginning of the chain, and of the dump before this one; 1 to
  // 255 bytes each.
  std::string base_id, parent_id;
  friend bool operator==(const PagesHeader&, const PagesHeader&) = default;
};

// A state of a database file.
struct FileState {
  uint32_t page_size = 0;
  uint32_t pages = 0;
  frames::Digest digest = {};  // See StateHash.
  friend bool operator==(const FileState&, const FileState&) = default;
};

// The hash of a state: SHA-256 over the page size, as four bytes, and the SHA-256 of each page.
// The hashes of unchanged pages serve many states, so a page is hashed once for a whole chain.
class StateHash {
 public:
  explicit StateHash(uint32_t page_size);
  void Add(const frames::Digest& page);
  uint32_t pages() const { return pages_; }
  FileState Finish() const;

 private:
  uint32_t page_size_;
  uint32_t pages_ = 0;
  base::Sha256 hash_;
};

// Writes an increment: pages in ascending order, then Finish(). `out` must outlive the writer.
class PagesWriter {
 public:
  explicit PagesWriter(base::Writer* out) : out_(out) {}
  absl::Status Begin(const PagesHeader& header);
  absl::Status Add(uint32_t number, std::string_view page);
  // `parent` is the state before, `result` the new one. Does not Finish() `out`.
  absl::Status Finish(const FileState& parent, const FileState& result);

 private:
  absl::Status Put(std::string_view bytes);

  base::Writer* out_;
  base::Sha256 hash_;
  uint32_t records_ = 0;
};

// Reads an increment. All errors about its content are errs::kIntegrity.
class PagesReader {
 public:
  // Reads the header. `body` must outlive the reader.
  static absl::StatusOr<std::unique_ptr<PagesReader>> Open(base::Reader* body);

  const PagesHeader& header() const { return header_; }
  // The number of the page that ReadPage() returns next; 0 after the last.
  uint32_t next() const { return next_; }
  // The bytes are valid until the next call. Call it only if next() is not 0.
  absl::StatusOr<std::string_view> ReadPage();
  struct Trailer {
    FileState parent, result;
    uint32_t records = 0;
  };
  // Call it when next() is 0. Reads `body` to its end.
  absl::StatusOr<Trailer> Finish();

 private:
  explicit PagesReader(base::Reader* body) : body_(body) {}
  // The next `size` bytes, which are hashed; at most 65536.
  absl::StatusOr<std::string_view> Take(size_t size);
  absl::Status ReadHeader();
  absl::StatusOr<std::string> ReadId();
  // Takes the number of the next page, in four bytes.
  absl::Status SetNext(std::string_view bytes);

  base::Reader* body_;
  std::string buffer_;
  size_t begin_ = 0, end_ = 0;  // Of the unread bytes in buffer_.
  base::Sha256 hash_;
  PagesHeader header_;
  uint32_t next_ = 0;
  uint32_t records_ = 0;
};

}  // namespace siphon::sqlite

#endif  // DRIVERS_SQLITE_PAGES_H_
