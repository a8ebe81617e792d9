// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_DUMPS_JSON_H_
#define SIPHON_DOMAIN_DUMPS_JSON_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "nlohmann/json.hpp"
#include "siphon/domain/dumps/contents.h"

namespace siphon::dumps {

// The maximum nesting of values. The formats of a dump need three levels.
inline constexpr int kMaxJsonDepth = 64;

// Encodes `text` as a JSON string, exactly as Go's encoding/json does: '<', '>', '&', U+2028 and
// U+2029 are escaped; each byte that is not UTF-8 becomes U+FFFD.
std::string QuoteJson(std::string_view text);

// Parses one JSON object. The last of several equal keys counts, as in Go. Errors are
// absl::InvalidArgumentError with the parser's message; the caller adds the name of the input.
absl::StatusOr<nlohmann::json> ParseJsonObject(std::string_view text);

// True if `time` can be written as RFC 3339 in any time zone: the years 1 to 9998.
bool IsRepresentable(absl::Time time);

// Reads typed values from an object. status() keeps the first error, which names the key. Null
// counts as absent; other keys are ignored.
class JsonFields {
 public:
  enum class Presence { kRequired, kOptional };
  static constexpr Presence kRequired = Presence::kRequired;
  static constexpr Presence kOptional = Presence::kOptional;

  // `object` must outlive this object.
  explicit JsonFields(const nlohmann::json& object) : object_(object) {}

  void Text(const char* key, Presence presence, std::string& out);
  void Unsigned(const char* key, Presence presence, uint64_t max, uint64_t& out);
  void Signed(const char* key, Presence presence, int64_t& out);
  void Bool(const char* key, Presence presence, bool& out);
  void Time(const char* key, Presence presence, absl::Time& out);
  void Tables(const char* key, std::vector<TableInfo>& out);
  void TextList(const char* key, std::vector<std::string>& out);
  void TextMap(const char* key, std::map<std::string, std::string>& out);
  void Counts(const char* key, std::map<std::string, uint64_t>& out);

  const absl::Status& status() const { return status_; }

 private:
  // The value; null if it is absent or an earlier call failed.
  const nlohmann::json* Find(const char* key, Presence presence);
  void Fail(std::string_view key, std::string_view expected, const nlohmann::json& value);

  const nlohmann::json& object_;
  absl::Status status_;
};

}  // namespace siphon::dumps

#endif  // SIPHON_DOMAIN_DUMPS_JSON_H_
