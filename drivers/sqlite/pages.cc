// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/sqlite/pages.h"

#include <bit>
#include <cstring>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/types/span.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/io.h"
#include "siphon/domain/frames/frame.h"
#include "siphon/domain/frames/little_endian.h"

namespace siphon::sqlite {
namespace {

constexpr std::string_view kOp = "sqlite.increment";
constexpr uint32_t kSmallestPage = 512, kLargestPage = 65536;
constexpr size_t kLongestId = 255;
constexpr size_t kDigestSize = sizeof(frames::Digest);
constexpr size_t kBufferSize = size_t{256} << 10;

absl::Status Damaged(std::string_view detail) {
  return errs::IntegrityError(kOp, absl::StrCat("the increment ", detail));
}

std::string_view View(const frames::Digest& digest) { return {digest.data(), digest.size()}; }

frames::Digest DigestIn(const base::Sha256& hash) {
  std::string bytes;
  // base::Sha256 writes it so: "sha256:" and 64 hex digits.
  const std::string text = hash.Digest();
  absl::HexStringToBytes(absl::StripPrefix(text, "sha256:"), &bytes);
  frames::Digest digest = {};
  bytes.copy(digest.data(), digest.size());
  return digest;
}

frames::Digest TakeDigest(frames::Taker& taker) {
  frames::Digest digest = {};
  taker.Bytes(digest.size()).copy(digest.data(), digest.size());
  return digest;
}

bool IsPageSize(uint32_t size) {
  return std::has_single_bit(size) && size >= kSmallestPage && size <= kLargestPage;
}

std::string NumberBytes(uint32_t number) {
  std::string bytes;
  frames::AppendNumber(number, bytes);
  return bytes;
}

}  // namespace

StateHash::StateHash(uint32_t page_size) : page_size_(page_size) {
  hash_.Update(NumberBytes(page_size));
}

void StateHash::Add(const frames::Digest& page) {
  hash_.Update(View(page));
  ++pages_;
}

FileState StateHash::Finish() const {
  return {.page_size = page_size_, .pages = pages_, .digest = DigestIn(hash_)};
}

absl::Status PagesWriter::Put(std::string_view bytes) {
  hash_.Update(bytes);
  return out_->Write(bytes);
}

absl::Status PagesWriter::Begin(const PagesHeader& header) {
  std::string bytes(kPagesMagic);
  frames::AppendNumber(header.page_size, bytes);
  frames::AppendNumber(header.pages, bytes);
  for (const std::string* id : {&header.base_id, &header.parent_id}) {
    if (id->empty() || id->size() > kLongestId) {
      return errs::InternalError(kOp, absl::StrCat("an id has ", id->size(), " bytes"));
    }
    bytes += static_cast<char>(id->size());
    bytes += *id;
  }
  return Put(bytes);
}

absl::Status PagesWriter::Add(uint32_t number, std::string_view page) {
  ++records_;
  RETURN_IF_ERROR(Put(NumberBytes(number)));
  return Put(page);
}

absl::Status PagesWriter::Finish(const FileState& parent, const FileState& result) {
  std::string bytes = NumberBytes(0);
  frames::AppendNumber(records_, bytes);
  frames::AppendNumber(parent.page_size, bytes);
  frames::AppendNumber(parent.pages, bytes);
  bytes += View(parent.digest);
  bytes += View(result.digest);
  RETURN_IF_ERROR(Put(bytes));
  return out_->Write(View(DigestIn(hash_)));
}

absl::StatusOr<std::unique_ptr<PagesReader>> PagesReader::Open(base::Reader* body) {
  auto reader = std::unique_ptr<PagesReader>(new PagesReader(body));
  reader->buffer_.resize(kBufferSize);
  RETURN_IF_ERROR(reader->ReadHeader());
  return reader;
}

absl::StatusOr<std::string_view> PagesReader::Take(size_t size) {
  if (end_ - begin_ < size) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
    ASSIGN_OR_RETURN(const size_t read,
                     base::ReadFull(*body_, absl::MakeSpan(buffer_).subspan(end_)));
    end_ += read;
    if (end_ < size) return Damaged("ends too early");
  }
  const std::string_view bytes(buffer_.data() + begin_, size);
  begin_ += size;
  hash_.Update(bytes);
  return bytes;
}

absl::StatusOr<std::string> PagesReader::ReadId() {
  ASSIGN_OR_RETURN(const std::string_view size, Take(1));
  if (size[0] == '\0') return Damaged("names no base or no parent");
  ASSIGN_OR_RETURN(const std::string_view id, Take(static_cast<unsigned char>(size[0])));
  return std::string(id);
}

absl::Status PagesReader::ReadHeader() {
  ASSIGN_OR_RETURN(const std::string_view magic, Take(kPagesMagic.size()));
  if (magic != kPagesMagic) return Damaged("does not begin with " + std::string(kPagesMagic));
  ASSIGN_OR_RETURN(const std::string_view sizes, Take(2 * sizeof(uint32_t)));
  frames::Taker taker(sizes);
  header_.page_size = taker.Number<uint32_t>();
  header_.pages = taker.Number<uint32_t>();
  if (!IsPageSize(header_.page_size)) {
    return Damaged(absl::StrCat("has pages of ", header_.page_size, " bytes"));
  }
  if (header_.pages == 0) return Damaged("describes a database without pages");
  ASSIGN_OR_RETURN(header_.base_id, ReadId());
  ASSIGN_OR_RETURN(header_.parent_id, ReadId());
  ASSIGN_OR_RETURN(const std::string_view first, Take(sizeof(uint32_t)));
  return SetNext(first);
}

absl::Status PagesReader::SetNext(std::string_view bytes) {
  const uint32_t before = next_;
  next_ = frames::Taker(bytes).Number<uint32_t>();
  if (next_ == 0) return absl::OkStatus();
  if (next_ > header_.pages) {
    return Damaged(absl::StrCat("has page ", next_, " of ", header_.pages));
  }
  if (next_ <= before) return Damaged(absl::StrCat("has page ", next_, " after page ", before));
  ++records_;
  return absl::OkStatus();
}

absl::StatusOr<std::string_view> PagesReader::ReadPage() {
  if (next_ == 0) return errs::InternalError(kOp, "there are no more pages");
  // The number after the page is read with it, so that the page stays in the buffer.
  const size_t page_size = header_.page_size;
  ASSIGN_OR_RETURN(const std::string_view both, Take(page_size + sizeof(uint32_t)));
  RETURN_IF_ERROR(SetNext(both.substr(page_size)));
  return both.substr(0, page_size);
}

absl::StatusOr<PagesReader::Trailer> PagesReader::Finish() {
  if (next_ != 0) return errs::InternalError(kOp, "not all pages were read");
  ASSIGN_OR_RETURN(const std::string_view bytes, Take(3 * sizeof(uint32_t) + 2 * kDigestSize));
  frames::Taker taker(bytes);
  Trailer trailer;
  trailer.records = taker.Number<uint32_t>();
  trailer.parent.page_size = taker.Number<uint32_t>();
  trailer.parent.pages = taker.Number<uint32_t>();
  trailer.parent.digest = TakeDigest(taker);
  trailer.result = {.page_size = header_.page_size, .pages = header_.pages};
  trailer.result.digest = TakeDigest(taker);
  const frames::Digest actual = DigestIn(hash_);
  ASSIGN_OR_RETURN(const std::string_view recorded, Take(kDigestSize));
  if (recorded != View(actual)) return Damaged("differs from its checksum");
  if (trailer.records != records_) {
    return Damaged(absl::StrCat("has ", records_, " pages, and says ", trailer.records));
  }
  if (!IsPageSize(trailer.parent.page_size) || trailer.parent.pages == 0) {
    return Damaged("describes a state before it that no database has");
  }
  if (trailer.parent.page_size != header_.page_size && records_ != header_.pages) {
    return Damaged("changes the page size, and does not have all pages");
  }
  // Reads the end, where the fingerprint of the dump is compared.
  if (begin_ == end_) {
    char one = 0;
    ASSIGN_OR_RETURN(const size_t more, body_->Read(absl::MakeSpan(&one, 1)));
    if (more == 0) return trailer;
  }
  return Damaged("has more bytes after its end");
}

}  // namespace siphon::sqlite
