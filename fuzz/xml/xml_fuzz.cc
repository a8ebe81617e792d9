// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "errs/error.h"
#include "siphon/base/utf8.h"
#include "siphon/base/xml.h"

namespace {

using siphon::base::XmlElement;

// The element as XML text again.
std::string Written(const XmlElement& element) {
  std::string out = "<" + element.name + ">" + siphon::base::EscapeXml(element.text);
  for (const XmlElement& child : element.children) out += Written(child);
  return out + "</" + element.name + ">";
}

size_t Count(const XmlElement& element) {
  size_t count = 1;
  for (const XmlElement& child : element.children) count += Count(child);
  return count;
}

}  // namespace

// An error has its cause and nothing of the text; what was read is UTF-8 and can be written and
// read again with the same result.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr siphon::base::XmlLimits kLimits{.max_elements = 1000, .max_depth = 8};
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto root = siphon::base::ParseXml(text, kLimits);
  if (!root.ok()) {
    if (!siphon::errs::Is(root.status(), siphon::errs::kIo)) std::abort();
    return 0;
  }
  if (Count(*root) > kLimits.max_elements) std::abort();
  const std::string written = Written(*root);
  if (!siphon::base::IsValidUtf8(written)) std::abort();
  const auto again = siphon::base::ParseXml(written, kLimits);
  if (!again.ok() || Written(*again) != written) std::abort();
  return 0;
}
