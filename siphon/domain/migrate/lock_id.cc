// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/migrate/lock_id.h"

namespace siphon::migrate {
namespace {

constexpr uint32_t kSalt = 1486364155;
constexpr uint32_t kPolynomial = 0xEDB88320;  // The reflected form.

uint32_t Crc32(std::string_view text) {
  uint32_t crc = 0xFFFFFFFF;
  for (const char c : text) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (kPolynomial & (0 - (crc & 1)));
  }
  return ~crc;
}

}  // namespace

uint32_t LockId(std::string_view database, const std::vector<std::string>& additional) {
  std::string name;
  for (const std::string& part : additional) {
    name += part;
    name.push_back('\0');
  }
  name += database;
  return Crc32(name) * kSalt;
}

}  // namespace siphon::migrate
