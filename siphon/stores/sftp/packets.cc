// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/stores/sftp/packets.h"

#include <sys/stat.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "errs/error.h"

namespace siphon::sftp {
namespace {

constexpr std::string_view kOp = "storage.sftp";

// The flags of attributes, section 5.
constexpr uint32_t kHasSize = 0x01, kHasOwner = 0x02, kHasPermissions = 0x04, kHasTimes = 0x08,
                   kHasExtended = 0x80000000;
constexpr uint32_t kKnownFlags = kHasSize | kHasOwner | kHasPermissions | kHasTimes | kHasExtended;

// The length, and the place of the request number after it and the type.
constexpr size_t kLengthSize = 4, kIdPlace = 5;

// The shortest entry of kName: two empty texts and no attributes.
constexpr size_t kMinName = 12;

void Append(std::string& bytes, uint64_t value, int size) {
  for (int shift = 8 * (size - 1); shift >= 0; shift -= 8) {
    bytes += static_cast<char>(value >> shift & 0xFF);
  }
}

void Overwrite(std::string& bytes, size_t place, uint32_t value) {
  for (size_t i = 0; i < 4; ++i) bytes[place + i] = static_cast<char>(value >> (24 - 8 * i) & 0xFF);
}

uint64_t BigEndian(std::string_view bytes) {
  uint64_t value = 0;
  for (const char byte : bytes) value = value << 8 | static_cast<unsigned char>(byte);
  return value;
}

}  // namespace

absl::Status ProtocolError(std::string_view what) {
  return errs::SystemError(
      kOp, errs::kIo, absl::StrCat("the server does not speak SFTP version 3: ", what),
      "check with the program sftp whether the server works; a shell that prints a greeting also "
      "causes this");
}

bool Attributes::IsRegular() const { return permissions.has_value() && S_ISREG(*permissions); }
bool Attributes::IsDirectory() const { return permissions.has_value() && S_ISDIR(*permissions); }

PacketBuilder::PacketBuilder(PacketType type, uint32_t id) : bytes_(kLengthSize, '\0') {
  bytes_ += static_cast<char>(type);
  Number(id);
}

PacketBuilder PacketBuilder::WithoutId(PacketType type) {
  PacketBuilder builder;
  builder.bytes_.assign(kLengthSize, '\0');
  builder.bytes_ += static_cast<char>(type);
  return builder;
}

PacketBuilder& PacketBuilder::Number(uint32_t value) {
  Append(bytes_, value, 4);
  return *this;
}

PacketBuilder& PacketBuilder::LongNumber(uint64_t value) {
  Append(bytes_, value, 8);
  return *this;
}

PacketBuilder& PacketBuilder::Text(std::string_view value) {
  Append(bytes_, value.size(), 4);
  bytes_.append(value);
  return *this;
}

PacketBuilder& PacketBuilder::Attrs(const Attributes& value) {
  Number((value.size.has_value() ? kHasSize : 0) |
         (value.permissions.has_value() ? kHasPermissions : 0) |
         (value.times.has_value() ? kHasTimes : 0));
  if (value.size.has_value()) LongNumber(*value.size);
  if (value.permissions.has_value()) Number(*value.permissions);
  if (value.times.has_value()) Number(value.times->accessed).Number(value.times->modified);
  return *this;
}

void PacketBuilder::SetId(uint32_t id) { Overwrite(bytes_, kIdPlace, id); }

std::string PacketBuilder::Take() && {
  Overwrite(bytes_, 0, static_cast<uint32_t>(bytes_.size() - kLengthSize));
  return std::move(bytes_);
}

std::string_view PacketParser::Take(size_t size) {
  if (!ok_ || size > rest_.size()) {
    ok_ = false;
    rest_ = {};
    return {};
  }
  const std::string_view taken = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return taken;
}

uint8_t PacketParser::Byte() { return static_cast<uint8_t>(BigEndian(Take(1))); }
uint32_t PacketParser::Number() { return static_cast<uint32_t>(BigEndian(Take(4))); }
uint64_t PacketParser::LongNumber() { return BigEndian(Take(8)); }
std::string_view PacketParser::Text() { return Take(Number()); }

Attributes PacketParser::Attrs() {
  Attributes attributes;
  const uint32_t flags = Number();
  // The length of unknown fields is unknown.
  if ((flags & ~kKnownFlags) != 0) Take(SIZE_MAX);
  if ((flags & kHasSize) != 0) attributes.size = LongNumber();
  if ((flags & kHasOwner) != 0) Take(8);
  if ((flags & kHasPermissions) != 0) attributes.permissions = Number();
  if ((flags & kHasTimes) != 0) {
    const uint32_t accessed = Number();
    attributes.times = {.accessed = accessed, .modified = Number()};
  }
  if ((flags & kHasExtended) != 0) {
    for (uint32_t count = Number(); count > 0 && ok_; --count) {
      Text();
      Text();
    }
  }
  return ok_ ? attributes : Attributes();
}

absl::StatusOr<Answer> ParseAnswer(std::string_view body) {
  PacketParser parser(body);
  Answer answer;
  answer.type = static_cast<PacketType>(parser.Byte());
  answer.id = parser.Number();
  switch (answer.type) {
    case PacketType::kStatus:
      answer.code = parser.Number();
      // Some servers send neither the message nor its language.
      if (!parser.AtEnd()) answer.bytes = parser.Text();
      if (!parser.AtEnd()) parser.Text();
      break;
    case PacketType::kHandle:
      answer.bytes = parser.Text();
      // "MUST NOT be longer than 256 bytes", section 6.2.
      if (answer.bytes.size() > 256) return ProtocolError("a handle has more than 256 bytes");
      break;
    case PacketType::kData:
      answer.bytes = parser.Text();
      break;
    case PacketType::kName: {
      const uint32_t count = parser.Number();
      if (count > parser.remaining() / kMinName) return ProtocolError("a list is cut");
      answer.names.reserve(count);
      for (uint32_t i = 0; i < count; ++i) {
        std::string name(parser.Text());
        parser.Text();  // The line of "ls -l".
        answer.names.push_back({.name = std::move(name), .attributes = parser.Attrs()});
      }
      break;
    }
    case PacketType::kAttrs:
      answer.attributes = parser.Attrs();
      break;
    case PacketType::kExtendedReply:
      answer.bytes.assign(body.substr(body.size() - parser.remaining()));
      return parser.ok() ? absl::StatusOr<Answer>(std::move(answer))
                         : ProtocolError("an answer is cut");
    default:
      return ProtocolError(
          absl::StrCat("an answer has the unknown type ", static_cast<int>(answer.type)));
  }
  if (!parser.ok()) return ProtocolError("an answer is cut");
  if (!parser.AtEnd()) return ProtocolError("bytes follow an answer in its packet");
  return answer;
}

bool ServerVersion::Has(std::string_view name, std::string_view data) const {
  const auto found = extensions.find(name);
  return found != extensions.end() && found->second == data;
}

absl::StatusOr<ServerVersion> ParseVersion(std::string_view body) {
  PacketParser parser(body);
  if (static_cast<PacketType>(parser.Byte()) != PacketType::kVersion) {
    return ProtocolError("its first packet is not its version");
  }
  ServerVersion version{.version = parser.Number(), .extensions = {}};
  while (parser.ok() && !parser.AtEnd()) {
    std::string name(parser.Text());
    version.extensions[std::move(name)] = parser.Text();
  }
  if (!parser.ok()) return ProtocolError("its version packet is cut");
  if (version.version != kVersion) {
    return ProtocolError(absl::StrCat("it has version ", version.version));
  }
  return version;
}

}  // namespace siphon::sftp
