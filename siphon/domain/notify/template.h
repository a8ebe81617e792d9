// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_NOTIFY_TEMPLATE_H_
#define SIPHON_DOMAIN_NOTIFY_TEMPLATE_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "siphon/domain/notify/facts.h"

namespace siphon::notify {

// A text with placeholders, "{{profile}}", which RenderJson() and RenderUrl() replace by values.
// Spaces within the braces are allowed. Any other text stays as it is.
class Template {
 public:
  // Parses `text`. errs::kInvalidArgument for a placeholder without an end and for an unknown one,
  // with the known ones as a hint. The error does not quote more than the placeholder.
  static absl::StatusOr<Template> Parse(std::string_view text);
  // The same for JSON: the text must be JSON whatever the values are, so placeholders for text
  // stand within quotes, and those for numbers may stand without. errs::kInvalidArgument.
  static absl::StatusOr<Template> ParseJson(std::string_view text);

  // Replaces the placeholders by values that are escaped for a JSON string; numbers are digits.
  std::string RenderJson(const Facts& facts) const;
  // Replaces the placeholders by values in lower case, in which every character but letters of
  // ASCII, digits, '-' and '_' is a '-', as in the names ("slugs") of Healthchecks.
  std::string RenderUrl(const Facts& facts) const;

  // True if there is a placeholder for the name of the profile.
  bool names_profile() const;

 private:
  struct Part {
    std::string text;  // Literal text, or the name of a placeholder.
    bool placeholder = false;
  };
  std::vector<Part> parts_;
};

// `text` as the content of a JSON string, without the quotes. Bytes that are not UTF-8 are replaced
// by U+FFFD.
std::string EscapeJson(std::string_view text);

}  // namespace siphon::notify

#endif  // SIPHON_DOMAIN_NOTIFY_TEMPLATE_H_
