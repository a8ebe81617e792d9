// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/migrate/tar.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::migrate {
namespace {

constexpr size_t kBlock = 512;
// The limit for a name or a set of pax records.
constexpr uint64_t kLongestRecord = 1 << 20;

absl::Status Bad(std::string_view reason) {
  return errs::UserError("migrate.source", errs::kInvalidArgument,
                         absl::StrCat("the tar archive ", reason),
                         "make it with: tar -cf migrations.tar -C migrations .");
}

// A field of a header, up to its NUL.
std::string_view Text(std::string_view field) { return field.substr(0, field.find('\0')); }

absl::StatusOr<uint64_t> Number(std::string_view field) {
  uint64_t value = 0;
  if ((static_cast<unsigned char>(field[0]) & 0x80) != 0) {  // GNU's base-256.
    for (size_t i = 0; i < field.size(); ++i) {
      const auto byte = static_cast<unsigned char>(i == 0 ? field[i] & 0x7F : field[i]);
      if (value > (UINT64_MAX >> 8)) return Bad("has a size that is too large");
      value = (value << 8) | byte;
    }
    return value;
  }
  for (const char c : field) {
    if (c == ' ' || c == '\0') continue;
    if (c < '0' || c > '7') return Bad("has a number that is not octal");
    value = value * 8 + static_cast<uint64_t>(c - '0');
  }
  return value;
}

bool ChecksumFits(std::string_view header, uint64_t expected) {
  uint64_t sum = 0;
  for (size_t i = 0; i < kBlock; ++i) {
    sum += i >= 148 && i < 156 ? static_cast<unsigned char>(' ')
                               : static_cast<unsigned char>(header[i]);
  }
  return sum == expected;
}

// The value of "path" in pax records: "<length> <key>=<value>\n"...
absl::StatusOr<std::string> PaxPath(std::string_view records) {
  std::string path;
  while (!records.empty()) {
    const size_t space = records.find(' ');
    size_t length = 0;
    if (space == std::string_view::npos || !absl::SimpleAtoi(records.substr(0, space), &length) ||
        length <= space + 1 || length > records.size() || records[length - 1] != '\n') {
      return Bad("has a pax record that is damaged");
    }
    const std::string_view record = records.substr(space + 1, length - space - 2);
    if (record.starts_with("path=")) path = std::string(record.substr(5));
    if (record.starts_with("size=")) return Bad("holds a file of 8 GiB or more");
    records.remove_prefix(length);
  }
  return path;
}

class TarParser {
 public:
  TarParser(base::Reader& reader, size_t limit) : reader_(reader), left_(limit) {}

  absl::StatusOr<std::vector<TarEntry>> Parse() {
    bool any = false;
    while (true) {
      std::array<char, kBlock> block;
      ASSIGN_OR_RETURN(const size_t got, base::ReadFull(reader_, absl::MakeSpan(block)));
      if (got == 0 && any) break;  // Some programs do not write the two final blocks of zeros.
      if (got != kBlock) return Bad(any ? "is truncated" : "is empty or not an archive");
      const std::string_view header(block.data(), kBlock);
      if (header.find_first_not_of('\0') == std::string_view::npos) break;
      any = true;
      RETURN_IF_ERROR(Entry(header));
    }
    // Read to the end, so that the writer of a pipe does not fail.
    std::vector<char> rest(64 * kBlock);
    while (true) {
      ASSIGN_OR_RETURN(const size_t got, reader_.Read(absl::MakeSpan(rest)));
      if (got == 0) return std::move(entries_);
    }
  }

 private:
  absl::Status Entry(std::string_view header) {
    ASSIGN_OR_RETURN(const uint64_t checksum, Number(header.substr(148, 8)));
    if (!ChecksumFits(header, checksum)) return Bad("has a header whose checksum differs");
    ASSIGN_OR_RETURN(const uint64_t size, Number(header.substr(124, 12)));
    const char type = header[156];
    switch (type) {
      case 'L': {  // GNU: the name of the next entry.
        ASSIGN_OR_RETURN(const std::string name, Record(size));
        next_path_ = std::string(Text(name));
        return absl::OkStatus();
      }
      case 'x': {
        ASSIGN_OR_RETURN(const std::string records, Record(size));
        ASSIGN_OR_RETURN(std::string path, PaxPath(records));
        if (!path.empty()) next_path_ = std::move(path);
        return absl::OkStatus();
      }
      case 'g':
      case 'K':
        return Record(size).status();
      default:
        break;
    }
    TarEntry entry;
    entry.path = std::exchange(next_path_, "");
    if (entry.path.empty()) entry.path = HeaderPath(header);
    const bool file = type == '0' || type == '\0' || type == '7';
    entry.kind = type == '5' || (file && entry.path.ends_with("/")) ? TarEntry::Kind::kDirectory
                 : file                                             ? TarEntry::Kind::kFile
                                                                    : TarEntry::Kind::kOther;
    if (size > left_) return Bad("is too large");
    left_ -= size;
    ASSIGN_OR_RETURN(entry.content, Content(size));
    entries_.push_back(std::move(entry));
    return absl::OkStatus();
  }

  static std::string HeaderPath(std::string_view header) {
    const std::string_view name = Text(header.substr(0, 100));
    const std::string_view prefix = Text(header.substr(345, 155));
    if (header.substr(257, 6) != std::string_view("ustar\0", 6) || prefix.empty()) {
      return std::string(name);
    }
    return absl::StrCat(prefix, "/", name);
  }

  absl::StatusOr<std::string> Record(uint64_t size) {
    if (size > kLongestRecord) return Bad("has a name that is too long");
    return Content(size);
  }

  absl::StatusOr<std::string> Content(uint64_t size) {
    std::string content;
    uint64_t left = (size + kBlock - 1) / kBlock * kBlock;
    while (left > 0) {
      // Read in parts, because the size in the header may be wrong.
      const size_t part = static_cast<size_t>(std::min<uint64_t>(left, 64 * kBlock));
      const size_t before = content.size();
      content.resize(before + part);
      ASSIGN_OR_RETURN(const size_t got,
                       base::ReadFull(reader_, absl::MakeSpan(content).subspan(before)));
      if (got != part) return Bad("is truncated");
      left -= part;
    }
    content.resize(size);
    return content;
  }

  base::Reader& reader_;
  size_t left_;
  std::string next_path_;
  std::vector<TarEntry> entries_;
};

}  // namespace

absl::StatusOr<std::vector<TarEntry>> ParseTar(base::Reader& reader, size_t limit) {
  return TarParser(reader, limit).Parse();
}

}  // namespace siphon::migrate
