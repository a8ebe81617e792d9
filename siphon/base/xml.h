// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_BASE_XML_H_
#define SIPHON_BASE_XML_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace siphon::base {

// An element of an XML document: its name without a prefix, its character data (that of its
// children is theirs), and its children in their order. Attributes are dropped.
struct XmlElement {
  std::string name;
  std::string text;
  std::vector<XmlElement> children;

  // The first child of that name; null if there is none.
  const XmlElement* Child(std::string_view child) const;
  // The text of the first child of that name; "" if there is none.
  std::string_view Text(std::string_view child) const;
};

struct XmlLimits {
  size_t max_elements = 100'000;
  size_t max_depth = 16;
};

// Parses a document in UTF-8 (XML 1.0), as web services answer. Comments and processing
// instructions are skipped. A document type is refused, so there are no entities but the five of
// XML. errs::kIo for text that is not well-formed, is not UTF-8, or exceeds a limit; the error
// quotes nothing of the text.
absl::StatusOr<XmlElement> ParseXml(std::string_view text, const XmlLimits& limits = {});

// Text as the content of an element: '<', '&' and '>' as entities.
std::string EscapeXml(std::string_view text);

}  // namespace siphon::base

#endif  // SIPHON_BASE_XML_H_
