// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/base/io.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::base {

absl::StatusOr<size_t> ReadFull(Reader& reader, absl::Span<char> out) {
  size_t filled = 0;
  while (filled < out.size()) {
    ASSIGN_OR_RETURN(const size_t count, reader.Read(out.subspan(filled)));
    if (count == 0) break;
    filled += count;
  }
  return filled;
}

absl::StatusOr<std::string> ReadAll(Reader& reader, size_t limit) {
  std::string data;
  std::vector<char> buffer(std::clamp<size_t>(limit, 1, kCopyBufferSize));
  while (true) {
    ASSIGN_OR_RETURN(const size_t count, reader.Read(absl::MakeSpan(buffer)));
    if (count == 0) return data;
    if (count > limit - data.size()) {
      return errs::UserError("io.read", errs::kIo,
                             absl::StrCat("the input is longer than ", limit, " bytes"));
    }
    data.append(buffer.data(), count);
  }
}

absl::StatusOr<uint64_t> Copy(Reader& reader, Writer& writer) {
  std::vector<char> buffer(kCopyBufferSize);
  uint64_t copied = 0;
  while (true) {
    ASSIGN_OR_RETURN(const size_t count, reader.Read(absl::MakeSpan(buffer)));
    if (count == 0) return copied;
    RETURN_IF_ERROR(writer.Write(std::string_view(buffer.data(), count)));
    copied += count;
  }
}

absl::StatusOr<size_t> StringReader::Read(absl::Span<char> out) {
  const size_t count = std::min(out.size(), rest_.size());
  if (count > 0) std::memcpy(out.data(), rest_.data(), count);
  rest_.remove_prefix(count);
  return count;
}

absl::Status StringWriter::Write(std::string_view data) {
  data_.append(data);
  return absl::OkStatus();
}

absl::Status StringWriter::Finish() { return absl::OkStatus(); }

absl::StatusOr<size_t> CountingReader::Read(absl::Span<char> out) {
  ASSIGN_OR_RETURN(const size_t count, next_->Read(out));
  count_ += count;
  return count;
}

absl::Status CountingWriter::Write(std::string_view data) {
  RETURN_IF_ERROR(next_->Write(data));
  count_ += data.size();
  return absl::OkStatus();
}

}  // namespace siphon::base
