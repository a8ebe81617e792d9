// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/frames/frame.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "openssl/rand.h"
#include "openssl/sha.h"

namespace siphon::frames {
namespace {

constexpr std::string_view kOp = "dumps.frames";

bool IsKnown(Content content) {
  switch (content) {
    case Content::kDefinitions:
    case Content::kRows:
    case Content::kObjects:
    case Content::kPages:
      return true;
  }
  return false;
}

}  // namespace

Digest DigestOf(std::string_view bytes) {
  Digest digest;
  SHA256(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size(),
         reinterpret_cast<uint8_t*>(digest.data()));
  return digest;
}

uint64_t NewArchiveNumber() {
  uint64_t number = 0;
  RAND_bytes(reinterpret_cast<uint8_t*>(&number), sizeof(number));
  return number;
}

std::string ToHex(const Digest& digest) {
  return absl::BytesToHexString(std::string_view(digest.data(), digest.size()));
}

absl::Status CheckFrame(const Frame& frame, std::string_view where) {
  const auto wrong = [&](const auto&... what) {
    return errs::IntegrityError(kOp, absl::StrCat(where, ": ", what...));
  };
  if (!IsKnown(frame.content)) {
    return wrong("unknown content ", static_cast<int>(static_cast<uint8_t>(frame.content)));
  }
  if (frame.raw > kMaxRaw) {
    return wrong(frame.raw, " bytes before compression; at most ", kMaxRaw, " are accepted");
  }
  if (frame.packed == 0) return wrong("a frame of 0 bytes");
  if (frame.stored && frame.packed != frame.raw) {
    return wrong(frame.packed, " bytes of ", frame.raw, " that are not compressed");
  }
  if (frame.packed > PackedLimit(frame.raw)) {
    return wrong(frame.packed, " bytes for ", frame.raw, " before compression");
  }
  if (frame.rows > frame.raw) return wrong(frame.rows, " rows in ", frame.raw, " bytes");
  if (frame.ends_item && !frame.ends_part) return wrong("ends its item but not its part");
  if (frame.splits_row && frame.ends_part) return wrong("ends its part within a row");
  return absl::OkStatus();
}

std::string Describe(const Frame& frame) {
  return absl::StrCat("frame ", frame.number, " of part ", frame.part, " of item ", frame.item);
}

absl::Status Sequence::Next(const Frame& frame) {
  bool follows = frame.number == 0 && frame.part == 0;
  if (last_.has_value() && last_->ends_item) {
    follows = follows && !ended_.contains(frame.item);
  } else if (last_.has_value()) {
    follows = frame.item == last_->item && frame.content == last_->content &&
              frame.stored == last_->stored &&
              (last_->ends_part ? frame.part == last_->part + 1 && frame.number == 0
                                : frame.part == last_->part && frame.number == last_->number + 1);
  }
  if (!follows) {
    return errs::IntegrityError(
        kOp, absl::StrCat(Describe(frame), " cannot ",
                          last_.has_value() ? absl::StrCat("follow ", Describe(*last_))
                                            : "be the first frame"));
  }
  last_ = frame;
  last_->range.clear();
  if (frame.ends_item) ended_.insert(frame.item);
  return absl::OkStatus();
}

absl::Status Sequence::End() const {
  if (!last_.has_value() || last_->ends_item) return absl::OkStatus();
  return errs::IntegrityError(
      kOp, absl::StrCat("the frames end with ", Describe(*last_), ", which does not end its item"));
}

}  // namespace siphon::frames
