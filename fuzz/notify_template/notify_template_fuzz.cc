// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/time/time.h"
#include "errs/error.h"
#include "nlohmann/json.hpp"
#include "siphon/base/http/url.h"
#include "siphon/domain/notify/facts.h"
#include "siphon/domain/notify/template.h"

namespace {

using siphon::notify::Event;
using siphon::notify::Facts;
using siphon::notify::Template;

void Require(bool condition) {
  if (!condition) std::abort();
}

void RequireGoodError(const absl::Status& status) {
  const std::optional<siphon::errs::Error> error = siphon::errs::GetError(status);
  Require(error.has_value() && error->cause == siphon::errs::kInvalidArgument);
  Require(!error->detail.empty() && error->detail.size() < 256);
}

// A template without placeholders is its own result. An accepted URL has no space and is shown
// without its path.
void CheckTexts(std::string_view text) {
  const auto parsed = Template::Parse(text);
  if (!parsed.ok()) RequireGoodError(parsed.status());
  if (parsed.ok() && !absl::StrContains(text, "{{")) {
    Require(parsed->RenderJson({}) == text && parsed->RenderUrl({}) == text);
  }
  const absl::Status url = siphon::http::CheckUrl(text);
  const std::string shown = siphon::http::ShownUrl(text);
  if (!url.ok()) {
    RequireGoodError(url);
    Require(shown == "a URL");
    return;
  }
  Require(text.find_first_of(" \n\r\t#\\{}\"") == std::string_view::npos);
  Require(absl::StartsWith(shown, "http") && !absl::StrContains(shown, "@"));
}

}  // namespace

// The input is a template and, after a NUL byte, a value for all its texts. An accepted template of
// JSON is JSON for every value.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const size_t end = input.find('\0');
  const std::string_view text = input.substr(0, end);
  const std::string value(end == std::string_view::npos ? "" : input.substr(end + 1));
  CheckTexts(text);
  const auto parsed = Template::ParseJson(text);
  if (!parsed.ok()) {
    RequireGoodError(parsed.status());
    return 0;
  }
  Facts facts;
  facts.verb = facts.profile = facts.dump = facts.host = facts.cause = facts.error = value;
  for (const Event event : {Event::kStart, Event::kSuccess, Event::kFailure}) {
    facts.event = event;
    Require(nlohmann::json::accept(parsed->RenderJson(facts)));
    facts.size_bytes = facts.size_bytes * 1000 + value.size();
    facts.duration += absl::Milliseconds(value.size() * 1001);
    facts.exit_code = static_cast<int>(value.size() % 256);
    facts.time += absl::Hours(100'000);
  }
  return 0;
}
