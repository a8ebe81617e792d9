// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/dumps/json.h"

#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "nlohmann/json.hpp"
#include "siphon/base/clock.h"
#include "siphon/base/utf8.h"

namespace siphon::dumps {
namespace {

using nlohmann::json;

void AppendAscii(char c, std::string& out) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  if (static_cast<unsigned char>(c) < 0x20 || c == '<' || c == '>' || c == '&') {
    absl::StrAppend(&out, "\\u", absl::Hex(static_cast<unsigned char>(c), absl::kZeroPad4));
    return;
  }
  out += c;
}

// Checks that JSON is well-formed and not nested too deeply, without storing values.
class Scanner : public nlohmann::json_sax<json> {
 public:
  const std::string& error() const { return error_; }

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(size_t) override { return Enter(); }
  bool key(string_t&) override { return true; }
  bool end_object() override { return Leave(); }
  bool start_array(size_t) override { return Enter(); }
  bool end_array() override { return Leave(); }

  bool parse_error(size_t, const std::string&, const nlohmann::detail::exception& error) override {
    // "[json.exception.parse_error.101] parse error at line 1, column 5: ...; last read: '...'":
    // the quoted content of the file may be long, or not text.
    std::string_view what = error.what();
    if (const size_t end = what.find("] "); end != what.npos) what.remove_prefix(end + 2);
    what = what.substr(0, what.find("; last read"));
    error_ = std::string(what.substr(0, what.find(" parsing '")));  // Quotes digits of a number.
    return false;
  }

 private:
  bool Enter() {
    if (++depth_ <= kMaxJsonDepth) return true;
    error_ = absl::StrCat("values are nested more than ", kMaxJsonDepth, " levels deep");
    return false;
  }
  bool Leave() {
    --depth_;
    return true;
  }

  int depth_ = 0;
  std::string error_;
};

}  // namespace

std::string QuoteJson(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const auto [value, length] = base::DecodeUtf8(text);
    if (length == 0) {
      out += "\\ufffd";
    } else if (length == 1) {
      AppendAscii(text[0], out);
    } else if (value == 0x2028) {
      out += "\\u2028";
    } else if (value == 0x2029) {
      out += "\\u2029";
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  out += '"';
  return out;
}

absl::StatusOr<json> ParseJsonObject(std::string_view text) {
  Scanner scanner;
  if (!json::sax_parse(text, &scanner)) {
    return absl::InvalidArgumentError(scanner.error().empty() ? "not JSON" : scanner.error());
  }
  json value = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (value.is_discarded()) return absl::InvalidArgumentError("not JSON");
  if (!value.is_object()) {
    return absl::InvalidArgumentError(absl::StrCat("expected an object, not ", value.type_name()));
  }
  return value;
}

bool IsRepresentable(absl::Time time) {
  return time >= absl::FromCivil(absl::CivilYear(1), absl::UTCTimeZone()) &&
         time < absl::FromCivil(absl::CivilYear(9999), absl::UTCTimeZone());
}

const json* JsonFields::Find(const char* key, Presence presence) {
  if (!status_.ok()) return nullptr;
  const auto found = object_.find(key);
  if (found != object_.end() && !found->is_null()) return &*found;
  if (presence == kRequired) {
    status_ = absl::InvalidArgumentError(absl::StrCat("key \"", key, "\" is missing"));
  }
  return nullptr;
}

void JsonFields::Fail(std::string_view key, std::string_view expected, const json& value) {
  status_ =
      absl::InvalidArgumentError(absl::StrCat("key \"", key, "\" must be ", expected, ", not ",
                                              value.is_number()   ? "this number"
                                              : value.is_string() ? "this text"
                                                                  : value.type_name()));
}

void JsonFields::Text(const char* key, Presence presence, std::string& out) {
  const json* value = Find(key, presence);
  if (value == nullptr) return;
  if (!value->is_string()) return Fail(key, "a string", *value);
  out = value->get_ref<const std::string&>();
}

void JsonFields::Unsigned(const char* key, Presence presence, uint64_t max, uint64_t& out) {
  const json* value = Find(key, presence);
  if (value == nullptr) return;
  // The parser reads a number that does not fit into 64 bits as floating-point.
  if (!value->is_number_unsigned() || value->get<uint64_t>() > max) {
    return Fail(key, absl::StrCat("an integer from 0 to ", max), *value);
  }
  out = value->get<uint64_t>();
}

void JsonFields::Signed(const char* key, Presence presence, int64_t& out) {
  const json* value = Find(key, presence);
  if (value == nullptr) return;
  constexpr uint64_t kMax = std::numeric_limits<int64_t>::max();
  if (!value->is_number_integer() ||
      (value->is_number_unsigned() && value->get<uint64_t>() > kMax)) {
    return Fail(key, "an integer of 64 bits", *value);
  }
  out = value->get<int64_t>();
}

void JsonFields::Bool(const char* key, Presence presence, bool& out) {
  const json* value = Find(key, presence);
  if (value == nullptr) return;
  if (!value->is_boolean()) return Fail(key, "true or false", *value);
  out = value->get<bool>();
}

void JsonFields::Time(const char* key, Presence presence, absl::Time& out) {
  const json* value = Find(key, presence);
  if (value == nullptr) return;
  absl::StatusOr<absl::Time> time = absl::InvalidArgumentError("not a string");
  if (value->is_string()) time = base::ParseRfc3339(value->get_ref<const std::string&>());
  if (!time.ok() || !IsRepresentable(*time)) {
    return Fail(key, "a time as in 2026-01-31T12:00:00Z (RFC 3339)", *value);
  }
  out = *time;
}

void JsonFields::Tables(const char* key, std::vector<TableInfo>& out) {
  const json* value = Find(key, kOptional);
  if (value == nullptr) return;
  if (!value->is_array()) return Fail(key, "an array or null", *value);
  out.reserve(value->size());
  for (const json& element : *value) {
    if (!element.is_object()) return Fail(key, "an array of objects", element);
    JsonFields fields(element);
    TableInfo table;
    fields.Text("name", kRequired, table.name);
    fields.Signed("rows", kOptional, table.rows);
    fields.Signed("size_bytes", kOptional, table.size_bytes);
    fields.Text("checksum", kOptional, table.checksum);
    if (!fields.status().ok()) {
      status_ = absl::InvalidArgumentError(
          absl::StrCat("table ", out.size() + 1, " of \"", key, "\": ", fields.status().message()));
      return;
    }
    out.push_back(std::move(table));
  }
}

void JsonFields::TextList(const char* key, std::vector<std::string>& out) {
  const json* value = Find(key, kOptional);
  if (value == nullptr) return;
  if (!value->is_array()) return Fail(key, "an array or null", *value);
  for (const json& element : *value) {
    if (!element.is_string()) return Fail(key, "an array of strings", element);
    out.push_back(element.get_ref<const std::string&>());
  }
}

void JsonFields::TextMap(const char* key, std::map<std::string, std::string>& out) {
  const json* value = Find(key, kOptional);
  if (value == nullptr) return;
  if (!value->is_object()) return Fail(key, "an object or null", *value);
  for (const auto& [name, element] : value->items()) {
    if (!element.is_string()) return Fail(key, "an object of strings", element);
    out[name] = element.get_ref<const std::string&>();
  }
}

void JsonFields::Counts(const char* key, std::map<std::string, uint64_t>& out) {
  const json* value = Find(key, kOptional);
  if (value == nullptr) return;
  if (!value->is_object()) return Fail(key, "an object or null", *value);
  for (const auto& [name, element] : value->items()) {
    if (!element.is_number_unsigned()) return Fail(key, "an object of numbers", element);
    out[name] = element.get<uint64_t>();
  }
}

}  // namespace siphon::dumps
