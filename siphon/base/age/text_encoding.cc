// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/base/age/text_encoding.h"

#include <cstddef>
#include <cstdint>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "errs/error.h"

namespace siphon::age {
namespace {

constexpr std::string_view kBech32Alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
constexpr size_t kChecksumSize = 6;
constexpr int kGroupBits = 5;

// One step of the checksum of BIP 173.
uint32_t Step(uint32_t checksum, uint32_t value) {
  constexpr uint32_t kGenerator[] = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3};
  const uint32_t top = checksum >> 25;
  checksum = ((checksum & 0x1ffffff) << kGroupBits) ^ value;
  for (int i = 0; i < 5; ++i) {
    if (((top >> i) & 1) != 0) checksum ^= kGenerator[i];
  }
  return checksum;
}

// The checksum after the prefix.
uint32_t StartWith(std::string_view prefix) {
  uint32_t checksum = 1;
  for (const char c : prefix) checksum = Step(checksum, static_cast<uint8_t>(c) >> kGroupBits);
  checksum = Step(checksum, 0);
  for (const char c : prefix) checksum = Step(checksum, static_cast<uint8_t>(c) & 31);
  return checksum;
}

absl::Status BadBech32(std::string_view why) {
  return errs::UserError("age.key", errs::kInvalidArgument, why);
}

absl::Status BadBase64(std::string_view why) { return errs::IntegrityError("age.header", why); }

// The six bits of a character, or -1.
int SixBits(char c) {
  if (absl::ascii_isupper(static_cast<unsigned char>(c))) return c - 'A';
  if (absl::ascii_islower(static_cast<unsigned char>(c))) return c - 'a' + 26;
  if (absl::ascii_isdigit(static_cast<unsigned char>(c))) return c - '0' + 52;
  if (c == '+') return 62;
  return c == '/' ? 63 : -1;
}

}  // namespace

std::string EncodeBase64(std::string_view bytes) {
  std::string text = absl::Base64Escape(bytes);
  while (!text.empty() && text.back() == '=') text.pop_back();
  return text;
}

absl::StatusOr<std::string> DecodeBase64(std::string_view text) {
  if (text.size() % 4 == 1) return BadBase64("base64 of an impossible length");
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3 + 2);
  uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const int value = SixBits(c);
    if (value < 0) return BadBase64("a character that is not base64 without padding");
    bits = (bits << 6) | static_cast<uint32_t>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes.push_back(static_cast<char>((bits >> count) & 0xff));
  }
  if ((bits & ((uint32_t{1} << count) - 1)) != 0) {
    return BadBase64("base64 that is not canonical");
  }
  return bytes;
}

Secret EncodeBech32(std::string_view prefix, std::string_view data) {
  const size_t groups = (data.size() * 8 + kGroupBits - 1) / kGroupBits;
  Secret text(prefix.size() + 1 + groups + kChecksumSize);
  char* out = text.data();
  for (const char c : prefix) *out++ = c;
  *out++ = '1';
  uint32_t checksum = StartWith(prefix);
  const auto put = [&](uint32_t value) {
    checksum = Step(checksum, value);
    *out++ = kBech32Alphabet[value];
  };
  uint32_t bits = 0;
  int count = 0;
  for (const char c : data) {
    bits = (bits << 8) | static_cast<uint8_t>(c);
    count += 8;
    while (count >= kGroupBits) {
      count -= kGroupBits;
      put((bits >> count) & 31);
    }
  }
  if (count > 0) put((bits << (kGroupBits - count)) & 31);
  for (size_t i = 0; i < kChecksumSize; ++i) checksum = Step(checksum, 0);
  checksum ^= 1;
  for (size_t i = 0; i < kChecksumSize; ++i) {
    *out++ = kBech32Alphabet[(checksum >> (kGroupBits * (kChecksumSize - 1 - i))) & 31];
  }
  return text;
}

absl::StatusOr<Bech32> DecodeBech32(std::string_view text) {
  bool lower = false, upper = false;
  for (const char c : text) {
    if (c < 33 || c > 126) return BadBech32("a character that no key has");
    lower |= absl::ascii_islower(static_cast<unsigned char>(c));
    upper |= absl::ascii_isupper(static_cast<unsigned char>(c));
  }
  if (lower && upper) return BadBech32("both lower-case and upper-case letters");
  const size_t separator = text.rfind('1');
  if (separator == std::string_view::npos || separator == 0) {
    return BadBech32("no \"1\" between the kind of the key and the key");
  }
  if (text.size() - separator - 1 < kChecksumSize) return BadBech32("too short for a checksum");

  Bech32 result;
  result.prefix = absl::AsciiStrToLower(text.substr(0, separator));
  const std::string_view groups = text.substr(separator + 1);
  const size_t data_groups = groups.size() - kChecksumSize;
  result.data = Secret(data_groups * kGroupBits / 8);
  char* out = result.data.data();
  uint32_t checksum = StartWith(result.prefix);
  uint32_t bits = 0;
  int count = 0;
  for (size_t i = 0; i < groups.size(); ++i) {
    const size_t value =
        kBech32Alphabet.find(absl::ascii_tolower(static_cast<unsigned char>(groups[i])));
    if (value == std::string_view::npos) return BadBech32("a character that no key has");
    checksum = Step(checksum, static_cast<uint32_t>(value));
    if (i >= data_groups) continue;
    bits = (bits << kGroupBits) | static_cast<uint32_t>(value);
    count += kGroupBits;
    if (count < 8) continue;
    count -= 8;
    *out++ = static_cast<char>((bits >> count) & 0xff);
  }
  if (checksum != 1) return BadBech32("its checksum is wrong: a character was lost or changed");
  if (count >= kGroupBits || (bits & ((uint32_t{1} << count) - 1)) != 0) {
    return BadBech32("its last character has unused bits");
  }
  return result;
}

}  // namespace siphon::age
