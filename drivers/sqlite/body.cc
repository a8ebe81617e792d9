// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/sqlite/body.h"

#include <array>
#include <bit>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/types/span.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/sha256.h"

namespace siphon::sqlite {
namespace {

using std::string_view_literals::operator""sv;

constexpr std::string_view kOp = "sqlite.verify";
constexpr std::string_view kMagic = "SQLite format 3\0"sv;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kHeaderPrefix = "-- siphon sqlite script ";
constexpr std::string_view kHeaderVersion = "1;";

uint32_t BigEndian(std::string_view bytes, size_t offset, size_t size) {
  uint32_t value = 0;
  for (const char c : bytes.substr(offset, size)) {
    value = value << 8 | static_cast<unsigned char>(c);
  }
  return value;
}

absl::Status Damaged(std::string_view detail) { return errs::IntegrityError(kOp, detail); }

// The first word of a statement, in upper case.
std::string FirstWord(std::string_view statement) {
  size_t end = 0;
  while (end < statement.size() &&
         absl::ascii_isalpha(static_cast<unsigned char>(statement[end]))) {
    ++end;
  }
  return absl::AsciiStrToUpper(statement.substr(0, end));
}

class BodyReader {
 public:
  BodyReader(const base::Context& context, base::Reader& body, BodySink* sink)
      : context_(context), body_(body), sink_(sink), buffer_(base::kCopyBufferSize) {}

  absl::StatusOr<Format> Read() {
    ASSIGN_OR_RETURN(const size_t size, base::ReadFull(body_, absl::MakeSpan(buffer_)));
    const std::string_view head(buffer_.data(), size);
    if (head.empty()) return Damaged("the body is empty");
    if (absl::StartsWith(head, kMagic)) {
      RETURN_IF_ERROR(ReadImage(head));
      return Format::kImage;
    }
    RETURN_IF_ERROR(ReadScript(head));
    return Format::kSql;
  }

 private:
  // Calls `take` with `head` and with everything after it.
  absl::Status ForEachChunk(std::string_view head,
                            absl::FunctionRef<absl::Status(std::string_view)> take) {
    std::string_view chunk = head;
    while (!chunk.empty()) {
      RETURN_IF_ERROR(take(chunk));
      RETURN_IF_ERROR(errs::WithOp(context_.Check(), kOp));
      ASSIGN_OR_RETURN(const size_t size, body_.Read(absl::MakeSpan(buffer_)));
      chunk = std::string_view(buffer_.data(), size);
    }
    return absl::OkStatus();
  }

  absl::Status ReadImage(std::string_view head) {
    ASSIGN_OR_RETURN(const ImageHeader header, ParseImageHeader(head));
    if (sink_ != nullptr) RETURN_IF_ERROR(sink_->OnImage(header));
    uint64_t bytes = 0;
    RETURN_IF_ERROR(ForEachChunk(head, [&](std::string_view chunk) {
      bytes += chunk.size();
      // At once: a small dump can hold any number of bytes more.
      if (header.pages != 0 && bytes > uint64_t{header.pages} * header.page_size) {
        return Damaged(absl::StrCat("the database image has more than the ", header.pages,
                                    " pages that its header says"));
      }
      return sink_ == nullptr ? absl::OkStatus() : sink_->OnImageBytes(chunk);
    }));
    if (bytes % header.page_size != 0) {
      return Damaged(
          absl::StrCat("the database image ends inside page ", bytes / header.page_size + 1));
    }
    if (header.pages != 0 && bytes != uint64_t{header.pages} * header.page_size) {
      return Damaged(absl::StrCat("the database image has ", bytes / header.page_size,
                                  " pages where its header says ", header.pages));
    }
    return absl::OkStatus();
  }

  absl::Status ReadScript(std::string_view head) {
    absl::ConsumePrefix(&head, kByteOrderMark);
    ASSIGN_OR_RETURN(const std::optional<ScriptHeader> header, ParseScriptHeader(head));
    if (sink_ != nullptr) RETURN_IF_ERROR(sink_->OnScript(header.value_or(ScriptHeader())));
    ScriptSplitter splitter;
    bool first = !header.has_value();
    std::string last;
    RETURN_IF_ERROR(ForEachChunk(head, [&](std::string_view chunk) {
      return splitter.Feed(chunk, [&](const ScriptSplitter::Piece& piece) -> absl::Status {
        last = FirstWord(piece.text);
        if (first && last != "PRAGMA" && last != "BEGIN") {
          return Damaged("neither a database image nor an SQL script of a database");
        }
        first = false;
        return sink_ == nullptr ? absl::OkStatus() : sink_->OnStatement(piece);
      });
    }));
    if (first && last.empty()) {
      return Damaged("neither a database image nor an SQL script of a database");
    }
    RETURN_IF_ERROR(splitter.Finish());
    if (last != "COMMIT" && last != "END") {
      return Damaged("the script is cut off: it does not end with COMMIT");
    }
    return absl::OkStatus();
  }

  const base::Context& context_;
  base::Reader& body_;
  BodySink* sink_;
  std::vector<char> buffer_;
};

}  // namespace

absl::StatusOr<ImageHeader> ParseImageHeader(std::string_view bytes) {
  if (bytes.size() < kImageHeaderSize || !absl::StartsWith(bytes, kMagic)) {
    return Damaged("the database image has no header");
  }
  ImageHeader header;
  const uint32_t page_size = BigEndian(bytes, 16, 2);
  header.page_size = page_size == 1 ? 65536 : page_size;
  if (!std::has_single_bit(header.page_size) || header.page_size < 512) {
    return Damaged(absl::StrCat("the database image has pages of ", header.page_size, " bytes"));
  }
  const uint32_t write_version = BigEndian(bytes, 18, 1);
  const uint32_t read_version = BigEndian(bytes, 19, 1);
  if (write_version < 1 || write_version > 2 || read_version < 1 || read_version > 2) {
    return Damaged(absl::StrCat("the database image is of format version ", read_version, "/",
                                write_version, ", which this siphon does not know"));
  }
  header.wal = read_version == 2;
  const uint32_t reserved = BigEndian(bytes, 20, 1);
  if (header.page_size - reserved < 480 || BigEndian(bytes, 21, 3) != 0x402020) {
    return Damaged("the database image has a damaged header");
  }
  const uint32_t schema_format = BigEndian(bytes, 44, 4);
  const uint32_t encoding = BigEndian(bytes, 56, 4);
  if (schema_format > 4 || encoding > 3) {
    return Damaged("the database image has a damaged header");
  }
  // The size is valid only if the last writer maintained it ("version-valid-for").
  if (BigEndian(bytes, 24, 4) == BigEndian(bytes, 92, 4)) header.pages = BigEndian(bytes, 28, 4);
  return header;
}

std::string FormatScriptHeader(const ScriptHeader& header) {
  return absl::StrCat(kHeaderPrefix, kHeaderVersion, " scope=", header.partial ? "partial" : "full",
                      "; schema=", header.schema ? "yes" : "no",
                      "; rows=", header.rows ? "yes" : "no", "\n");
}

absl::StatusOr<std::optional<ScriptHeader>> ParseScriptHeader(std::string_view script) {
  if (!absl::ConsumePrefix(&script, kHeaderPrefix)) return std::nullopt;
  const std::string_view line = script.substr(0, script.find('\n'));
  for (const bool partial : {false, true}) {
    for (const bool schema : {false, true}) {
      for (const bool rows : {false, true}) {
        const ScriptHeader header{partial, schema, rows};
        const std::string known = FormatScriptHeader(header);
        if (absl::StripSuffix(absl::StripPrefix(known, kHeaderPrefix), "\n") ==
            absl::StripSuffix(line, "\r")) {
          return header;
        }
      }
    }
  }
  return errs::IntegrityError(kOp,
                              absl::StrCat("unknown script header \"", line.substr(0, 100), "\""),
                              "the script may come from a newer siphon");
}

absl::StatusOr<Format> ReadBody(const base::Context& context, base::Reader& body, BodySink* sink) {
  return BodyReader(context, body, sink).Read();
}

absl::StatusOr<verbs::VerifyReport> VerifyBody(const base::Context& context, base::Reader& body) {
  base::HashingReader hashing(&body);
  ASSIGN_OR_RETURN(const Format format, ReadBody(context, hashing, nullptr));
  verbs::VerifyReport report;
  report.checksum = hashing.Digest();
  report.bytes = hashing.count();
  report.format = std::string(format == Format::kImage ? kImageFormat : kSqlFormat);
  return report;
}

}  // namespace siphon::sqlite
