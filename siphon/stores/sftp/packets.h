// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_STORES_SFTP_PACKETS_H_
#define SIPHON_STORES_SFTP_PACKETS_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// The packets of SFTP version 3 (draft-ietf-secsh-filexfer-02) and of OpenSSH's extensions
// (OpenSSH's file PROTOCOL, section 4).
namespace siphon::sftp {

// The protocol's version of both sides.
inline constexpr uint32_t kVersion = 3;
// The largest packet that is read, in bytes after its length. OpenSSH sends at most 256 KiB.
inline constexpr size_t kMaxPacket = size_t{512} << 10;

// Section 3 of the draft.
enum class PacketType : uint8_t {
  kInit = 1,
  kVersion = 2,
  kOpen = 3,
  kClose = 4,
  kRead = 5,
  kWrite = 6,
  kLstat = 7,
  kFstat = 8,
  kSetstat = 9,
  kOpendir = 11,
  kReaddir = 12,
  kRemove = 13,
  kMkdir = 14,
  kStat = 17,
  kRename = 18,
  kStatus = 101,
  kHandle = 102,
  kData = 103,
  kName = 104,
  kAttrs = 105,
  kExtended = 200,
  kExtendedReply = 201,
};

// The codes of kStatus, section 7. A server may send others.
inline constexpr uint32_t kOk = 0, kEof = 1, kNoSuchFile = 2, kPermissionDenied = 3, kFailure = 4,
                          kOpUnsupported = 8;

// The flags of kOpen, section 6.3.
inline constexpr uint32_t kOpenRead = 0x01, kOpenWrite = 0x02, kOpenCreate = 0x08,
                          kOpenExclusive = 0x20;

// Attributes of a file, section 5. A server need not send them all.
struct Attributes {
  struct Times {
    uint32_t accessed = 0, modified = 0;  // In seconds since 1970.
    friend bool operator==(const Times&, const Times&) = default;
  };
  std::optional<uint64_t> size = {};
  std::optional<uint32_t> permissions = {};  // With the type of the file, as in st_mode.
  std::optional<Times> times = {};

  // False if the permissions are unknown.
  bool IsRegular() const;
  bool IsDirectory() const;

  friend bool operator==(const Attributes&, const Attributes&) = default;
};

// Appends the fields of one packet.
class PacketBuilder {
 public:
  // With a request number, which all types but kInit and kVersion have.
  explicit PacketBuilder(PacketType type, uint32_t id = 0);
  static PacketBuilder WithoutId(PacketType type);

  PacketBuilder& Number(uint32_t value);
  PacketBuilder& LongNumber(uint64_t value);
  PacketBuilder& Text(std::string_view value);
  PacketBuilder& Attrs(const Attributes& value);

  // Replaces the request number.
  void SetId(uint32_t id);
  // The packet with its length before it.
  std::string Take() &&;

 private:
  PacketBuilder() = default;
  std::string bytes_;
};

// Takes the fields of one packet apart. After a field that is not there, ok() is false, and all
// fields are zero or empty.
class PacketParser {
 public:
  // `body` is the packet after its length; it must outlive the parser.
  explicit PacketParser(std::string_view body) : rest_(body) {}

  uint8_t Byte();
  uint32_t Number();
  uint64_t LongNumber();
  std::string_view Text();
  Attributes Attrs();

  bool ok() const { return ok_; }
  bool AtEnd() const { return rest_.empty(); }
  size_t remaining() const { return rest_.size(); }

 private:
  // The next `size` bytes.
  std::string_view Take(size_t size);
  std::string_view rest_;
  bool ok_ = true;
};

struct NamedFile {
  std::string name;
  Attributes attributes;
  friend bool operator==(const NamedFile&, const NamedFile&) = default;
};

// The answer to a request.
struct Answer {
  PacketType type = PacketType::kStatus;
  uint32_t id = 0;
  uint32_t code = 0;  // kStatus
  std::string bytes;  // kStatus: the message; kHandle, kData, kExtendedReply: the content
  std::vector<NamedFile> names;  // kName
  Attributes attributes;         // kAttrs

  bool IsStatus(uint32_t wanted) const { return type == PacketType::kStatus && code == wanted; }
  friend bool operator==(const Answer&, const Answer&) = default;
};

// The answer in a packet without its length. errs::kIo for anything but one complete answer.
absl::StatusOr<Answer> ParseAnswer(std::string_view body);

// What kVersion says.
struct ServerVersion {
  uint32_t version = 0;
  std::map<std::string, std::string, std::less<>> extensions;

  // True if the server has version `data` of an extension.
  bool Has(std::string_view name, std::string_view data) const;
};
absl::StatusOr<ServerVersion> ParseVersion(std::string_view body);

// The error for a packet that the protocol does not allow; `what` says how it is wrong.
absl::Status ProtocolError(std::string_view what);

}  // namespace siphon::sftp

#endif  // SIPHON_STORES_SFTP_PACKETS_H_
