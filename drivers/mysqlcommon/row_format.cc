// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/mysqlcommon/row_format.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::mysqlcommon {
namespace {

// Rows are written in pieces of this size: large enough for a system call, and small enough for the
// processor's cache.
constexpr size_t kPiece = size_t{256} << 10;

// For each byte, the character that follows the backslash; 0 for a byte without an escape.
constexpr std::array<char, 256> MakeEscapes() {
  std::array<char, 256> escapes{};
  escapes[0] = '0';
  escapes['\n'] = 'n';
  // Clients that read a file line by line drop it before a line feed.
  escapes['\r'] = 'r';
  escapes['\\'] = '\\';
  escapes['\''] = '\'';
  escapes[0x1a] = 'Z';
  return escapes;
}
constexpr std::array<char, 256> kEscapes = MakeEscapes();

char* EscapeBytes(const char* in, const char* end, char* out) {
  for (; in != end; ++in) {
    const char escape = kEscapes[static_cast<unsigned char>(*in)];
    if (escape != 0) {
      *out++ = '\\';
      *out++ = escape;
    } else {
      *out++ = *in;
    }
  }
  return out;
}

// Room for the shortest literal of any double, which has at most 24 bytes.
constexpr size_t kLongestDouble = 32;

char* Copy(std::string_view text, char* out) {
  std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

char* WriteHex(std::string_view bytes, char* out) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  out = Copy("0x", out);
  for (const char c : bytes) {
    const unsigned char byte = static_cast<unsigned char>(c);
    *out++ = kDigits[byte >> 4];
    *out++ = kDigits[byte & 15];
  }
  return out;
}

// Numbers are written as they are: nothing else may stand where one is expected.
bool IsNumber(std::string_view value) {
  return !value.empty() && value.find_first_not_of("0123456789+-.eE") == std::string_view::npos;
}

bool IsWritable(const ColumnFormat& column, std::string_view value) {
  const bool number =
      column.kind == ColumnFormat::Kind::kNumber || column.kind == ColumnFormat::Kind::kFloat;
  return !number || IsNumber(value);
}

char* WriteValue(const ColumnFormat& column, std::string_view value, char* out) {
  switch (column.kind) {
    case ColumnFormat::Kind::kNumber:
      return Copy(value, out);
    case ColumnFormat::Kind::kFloat:
      return Copy(value == "-0" ? "-0e0" : value, out);
    case ColumnFormat::Kind::kBit:
      return WriteHex(value, out);
    case ColumnFormat::Kind::kString:
      break;
  }
  out = Copy(column.prefix, out);
  out = EscapeString(value, out);
  *out++ = '\'';
  return out;
}

// Writes a number of a FLOAT(M,D) or DOUBLE(M,D). `fits` becomes false if no literal stores it.
char* WriteFixed(const FixedFloat& type, std::string_view text, bool& fits, char* out) {
  double value = 0;
  if (!absl::SimpleAtod(text, &value)) return Copy(text, out);
  const std::optional<double> source = type.SourceOf(value);
  fits = source.has_value();
  if (!fits || *source == value) return Copy(text, out);
  std::array<char, kLongestDouble> digits;
  char* const end = std::to_chars(digits.data(), digits.data() + digits.size(), *source).ptr;
  // As the servers write it: "1e30", not "1e+30".
  return std::remove_copy(digits.data(), end, out, '+');
}

}  // namespace

char* EscapeString(std::string_view in, char* out) {
  const char* at = in.data();
  const char* const end = at + in.size();
#if defined(__SSE2__)
  const __m128i zero = _mm_setzero_si128();
  const __m128i feed = _mm_set1_epi8('\n');
  const __m128i carriage = _mm_set1_epi8('\r');
  const __m128i backslash = _mm_set1_epi8('\\');
  const __m128i quote = _mm_set1_epi8('\'');
  const __m128i substitute = _mm_set1_epi8(0x1a);
  while (end - at >= 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const __m128i special = _mm_or_si128(
        _mm_or_si128(
            _mm_or_si128(_mm_cmpeq_epi8(bytes, zero), _mm_cmpeq_epi8(bytes, feed)),
            _mm_or_si128(_mm_cmpeq_epi8(bytes, carriage), _mm_cmpeq_epi8(bytes, backslash))),
        _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, substitute)));
    const unsigned int mask = static_cast<unsigned int>(_mm_movemask_epi8(special));
    // Copies all sixteen bytes; only those before the first special one are kept.
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out), bytes);
    if (mask == 0) {
      at += 16;
      out += 16;
      continue;
    }
    const int plain = std::countr_zero(mask);
    at += plain;
    out += plain;
    *out++ = '\\';
    *out++ = kEscapes[static_cast<unsigned char>(*at++)];
  }
#endif
  return EscapeBytes(at, end, out);
}

DumpOutput::DumpOutput(base::Writer* writer, OnCut on_cut)
    : writer_(writer),
      on_cut_(std::move(on_cut)),
      buffer_(new char[2 * kPiece]),
      capacity_(2 * kPiece) {}

absl::StatusOr<char*> DumpOutput::Reserve(const base::Context& context, size_t size) {
  if (used_ >= kPiece) RETURN_IF_ERROR(Flush(context));
  if (used_ + size > capacity_) {
    RETURN_IF_ERROR(Flush(context));
    if (size > capacity_) {
      capacity_ = std::max(size, 2 * capacity_);
      buffer_.reset(new char[capacity_]);
    } else if (capacity_ > 64 * kPiece && size < kPiece) {
      // The buffer grew for a long value, which has been written.
      capacity_ = 2 * kPiece;
      buffer_.reset(new char[capacity_]);
    }
  }
  return buffer_.get() + used_;
}

absl::Status DumpOutput::Write(const base::Context& context, std::string_view text) {
  ASSIGN_OR_RETURN(char* const out, Reserve(context, text.size()));
  Advance(Copy(text, out));
  return absl::OkStatus();
}

absl::Status DumpOutput::Flush(const base::Context& context) {
  RETURN_IF_ERROR(context.Check());
  if (used_ == 0) return absl::OkStatus();
  RETURN_IF_ERROR(writer_->Write(std::string_view(buffer_.get(), used_)));
  flushed_ += std::exchange(used_, 0);
  return absl::OkStatus();
}

absl::Status DumpOutput::Cut(const base::Context& context, uint64_t rows) {
  if (!on_cut_) return absl::OkStatus();
  RETURN_IF_ERROR(Flush(context));
  on_cut_(rows);
  return absl::OkStatus();
}

InsertWriter::InsertWriter(std::string head, std::vector<ColumnFormat> columns, size_t limit,
                           DumpOutput* output)
    : head_(std::move(head)), columns_(std::move(columns)), limit_(limit), output_(output) {
  for (const ColumnFormat& column : columns_) {
    // A comma, "NULL" or the prefix and a quote, "0x"; and what EscapeString() may touch.
    fixed_ += column.prefix.size() + 8 + EscapedBound(0);
    if (column.fixed.has_value()) fixed_ += kLongestDouble;
  }
}

absl::Status InsertWriter::Add(const base::Context& context, const char* const* values,
                               const unsigned long* lengths) {
  size_t room = head_.size() + fixed_ + 8;
  for (size_t i = 0; i < columns_.size(); ++i) room += 2 * lengths[i];
  ASSIGN_OR_RETURN(char* const begin, output_->Reserve(context, room));
  char* out = begin;
  if (open_) {
    out = Copy(",\n(", out);
  } else {
    begin_ = output_->total();
    open_ = true;
    out = Copy(head_, out);
    out = Copy("\n(", out);
  }
  for (size_t i = 0; i < columns_.size(); ++i) {
    if (i > 0) *out++ = ',';
    if (values[i] == nullptr) {
      out = Copy("NULL", out);
      continue;
    }
    const std::string_view value(values[i], lengths[i]);
    if (!IsWritable(columns_[i], value)) {
      return errs::SystemError(
          "mysql", errs::kDatabase,
          absl::StrCat("the server sent no number in column ", i + 1, " of the statement ", head_));
    }
    if (columns_[i].fixed.has_value()) {
      bool fits = true;
      out = WriteFixed(*columns_[i].fixed, value, fits, out);
      if (!fits && !unfit_.has_value()) unfit_ = i;
      continue;
    }
    out = WriteValue(columns_[i], value, out);
  }
  *out++ = ')';
  output_->Advance(out);
  ++rows_;
  // Another row like this one must fit in.
  const size_t row = static_cast<size_t>(out - begin);
  if (output_->total() - begin_ + row > limit_) return End(context);
  return absl::OkStatus();
}

absl::Status InsertWriter::End(const base::Context& context) {
  longest_ = std::max(longest_, output_->total() - begin_);
  open_ = false;
  RETURN_IF_ERROR(output_->Write(context, ";\n"));
  return output_->Cut(context, std::exchange(rows_, 0));
}

absl::Status InsertWriter::Finish(const base::Context& context) {
  return open_ ? End(context) : absl::OkStatus();
}

}  // namespace siphon::mysqlcommon
