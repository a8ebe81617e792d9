// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/notify/template.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "nlohmann/json.hpp"
#include "siphon/base/clock.h"
#include "siphon/base/excerpt.h"
#include "siphon/base/units.h"

namespace siphon::notify {
namespace {

constexpr std::string_view kOp = "notify";

struct Placeholder {
  std::string_view name;
  std::string (*value)(const Facts& facts);
};

std::string Milliseconds(const Facts& facts) {
  return absl::StrCat(std::max<int64_t>(0, absl::ToInt64Milliseconds(facts.duration)));
}

const std::array<Placeholder, 16>& Placeholders() {
  static const std::array<Placeholder, 16> placeholders = {{
      {"job", [](const Facts& facts) { return absl::StrCat(facts.verb, " ", facts.profile); }},
      {"event", [](const Facts& facts) { return std::string(EventName(facts.event)); }},
      {"verb", [](const Facts& facts) { return facts.verb; }},
      {"profile", [](const Facts& facts) { return facts.profile; }},
      {"dump", [](const Facts& facts) { return facts.dump; }},
      {"host", [](const Facts& facts) { return facts.host; }},
      {"time",
       [](const Facts& facts) { return base::FormatRfc3339Nano(facts.time, absl::UTCTimeZone()); }},
      {"unix_time",
       [](const Facts& facts) { return absl::StrCat(absl::ToUnixSeconds(facts.time)); }},
      {"duration", [](const Facts& facts) { return base::FormatDuration(facts.duration); }},
      {"duration_ms", Milliseconds},
      {"size", [](const Facts& facts) { return base::FormatSize(facts.size_bytes); }},
      {"size_bytes", [](const Facts& facts) { return absl::StrCat(facts.size_bytes); }},
      {"exit_code", [](const Facts& facts) { return absl::StrCat(facts.exit_code); }},
      {"cause", [](const Facts& facts) { return facts.cause; }},
      {"error", [](const Facts& facts) { return facts.error; }},
      {"summary", [](const Facts& facts) { return Summary(facts); }},
  }};
  return placeholders;
}

std::optional<Placeholder> Find(std::string_view name) {
  for (const Placeholder& one : Placeholders()) {
    if (one.name == name) return one;
  }
  return std::nullopt;
}

absl::Status Refuse(std::string_view detail, std::string_view hint) {
  return errs::UserError(kOp, errs::kInvalidArgument, detail, hint);
}

// Facts whose values show how a template uses them. No JSON text stays JSON if an unquoted "z z"
// is put into it, nor an escape within a string that it continues.
Facts Sample(uint64_t number) {
  Facts facts;
  facts.verb = facts.profile = facts.dump = facts.host = facts.cause = facts.error = "z z";
  facts.size_bytes = number;
  facts.duration = absl::Milliseconds(static_cast<int64_t>(number % 1'000'000'000'000'000));
  facts.exit_code = static_cast<int>(number % 1000);
  facts.time = absl::FromUnixSeconds(static_cast<int64_t>(number % 10'000'000'000));
  return facts;
}

}  // namespace

std::string EscapeJson(std::string_view text) {
  const std::string quoted = nlohmann::json(std::string(text))
                                 .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return quoted.substr(1, quoted.size() - 2);
}

absl::StatusOr<Template> Template::Parse(std::string_view text) {
  Template parsed;
  while (true) {
    const size_t begin = text.find("{{");
    if (begin != 0) parsed.parts_.push_back({.text = std::string(text.substr(0, begin))});
    if (begin == std::string_view::npos) return parsed;
    text.remove_prefix(begin + 2);
    const size_t end = text.find("}}");
    if (end == std::string_view::npos) {
      return Refuse("a placeholder has no \"}}\"", "write {{profile}}");
    }
    const std::string_view name = absl::StripAsciiWhitespace(text.substr(0, end));
    text.remove_prefix(end + 2);
    if (!Find(name).has_value()) {
      const std::string known = absl::StrJoin(
          Placeholders(), ", ",
          [](std::string* out, const Placeholder& one) { absl::StrAppend(out, one.name); });
      return Refuse(
          absl::StrCat("there is no placeholder {{", base::EscapedExcerpt(name, 30), "}}"),
          absl::StrCat("there are ", known));
    }
    parsed.parts_.push_back({.text = std::string(name), .placeholder = true});
  }
}

absl::StatusOr<Template> Template::ParseJson(std::string_view text) {
  ASSIGN_OR_RETURN(Template parsed, Parse(text));
  for (const uint64_t number : {uint64_t{0}, uint64_t{7}, std::numeric_limits<uint64_t>::max()}) {
    if (nlohmann::json::accept(parsed.RenderJson(Sample(number)))) continue;
    return Refuse("the text is not JSON",
                  "put placeholders for text in quotes, as in {\"text\": \"{{summary}}\"}");
  }
  return parsed;
}

std::string Template::RenderJson(const Facts& facts) const {
  std::string out;
  for (const Part& part : parts_) {
    absl::StrAppend(&out, part.placeholder ? EscapeJson(Find(part.text)->value(facts)) : part.text);
  }
  return out;
}

std::string Template::RenderUrl(const Facts& facts) const {
  std::string out;
  for (const Part& part : parts_) {
    if (!part.placeholder) {
      out += part.text;
      continue;
    }
    std::string value = absl::AsciiStrToLower(Find(part.text)->value(facts));
    std::replace_if(
        value.begin(), value.end(),
        [](char c) {
          return !absl::ascii_isalnum(static_cast<unsigned char>(c)) && c != '-' && c != '_';
        },
        '-');
    out += value;
  }
  return out;
}

bool Template::names_profile() const {
  return std::any_of(parts_.begin(), parts_.end(), [](const Part& part) {
    return part.placeholder && (part.text == "profile" || part.text == "job");
  });
}

}  // namespace siphon::notify
