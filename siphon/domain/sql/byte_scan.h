// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_SQL_BYTE_SCAN_H_
#define SIPHON_DOMAIN_SQL_BYTE_SCAN_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace siphon::sql {

// Returns the first `a` or `b` in [begin, end), or `end`. Compares sixteen bytes at a time, because
// most strings of a dump are too short for a call of memchr() to pay off.
inline const char* FindEither(const char* begin, const char* end, char a, char b) {
#ifdef __SSE2__
  const __m128i first = _mm_set1_epi8(a);
  const __m128i second = _mm_set1_epi8(b);
  while (end - begin >= 16) {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(begin));
    const __m128i hits = _mm_or_si128(_mm_cmpeq_epi8(block, first), _mm_cmpeq_epi8(block, second));
    const auto mask = static_cast<uint32_t>(_mm_movemask_epi8(hits));
    if (mask != 0) return begin + std::countr_zero(mask);
    begin += 16;
  }
#endif
  while (begin != end && *begin != a && *begin != b) ++begin;
  return begin;
}

// The number of line feeds in `text`.
inline uint64_t CountNewlines(std::string_view text) {
  uint64_t lines = 0;
  while (!text.empty()) {
    const void* found = std::memchr(text.data(), '\n', text.size());
    if (found == nullptr) break;
    ++lines;
    text.remove_prefix(static_cast<size_t>(static_cast<const char*>(found) - text.data()) + 1);
  }
  return lines;
}

}  // namespace siphon::sql

#endif  // SIPHON_DOMAIN_SQL_BYTE_SCAN_H_
