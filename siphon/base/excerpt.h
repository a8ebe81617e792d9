// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_BASE_EXCERPT_H_
#define SIPHON_BASE_EXCERPT_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/types/span.h"

namespace siphon::base {

// The first `most` items, joined by `separator`, and "..." as the last one when there are more:
// "a, b, ...".
std::string ListSome(absl::Span<const std::string> items, size_t most = 5,
                     std::string_view separator = ", ");

// The first `most` bytes of `text` with C escapes for control characters and bytes above 0x7E, and
// "..." when `text` is longer.
std::string EscapedExcerpt(std::string_view text, size_t most);

}  // namespace siphon::base

#endif  // SIPHON_BASE_EXCERPT_H_
