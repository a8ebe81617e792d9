// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/notify/message.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "errs/status_macros.h"
#include "nlohmann/json.hpp"
#include "openssl/evp.h"
#include "openssl/hmac.h"
#include "siphon/base/clock.h"
#include "siphon/domain/notify/template.h"

namespace siphon::notify {
namespace {

// The longest body that a ping sends, in bytes; Healthchecks cuts longer ones.
constexpr size_t kPingBody = 10000;

std::string PingBody(const Facts& facts) {
  std::string text = absl::StrCat(Summary(facts), "\n");
  if (!facts.host.empty()) absl::StrAppend(&text, "host: ", facts.host, "\n");
  if (text.size() > kPingBody) text.resize(kPingBody);
  return text;
}

}  // namespace

std::string StandardDocument(const Facts& facts) {
  nlohmann::ordered_json json;
  json["event"] = EventName(facts.event);
  json["verb"] = facts.verb;
  json["profile"] = facts.profile;
  json["summary"] = Summary(facts);
  json["host"] = facts.host;
  json["time"] = base::FormatRfc3339Nano(facts.time, absl::UTCTimeZone());
  if (!facts.dump.empty()) json["dump"] = facts.dump;
  if (facts.event == Event::kSuccess || facts.event == Event::kFailure) {
    json["duration_ms"] = absl::ToInt64Milliseconds(facts.duration);
    json["exit_code"] = facts.exit_code;
  }
  if (facts.size_bytes > 0) json["size_bytes"] = facts.size_bytes;
  if (facts.event == Event::kFailure) {
    json["error"] = {{"cause", facts.cause}, {"message", facts.error}};
  }
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::string PingUrl(std::string_view url, Event event) {
  if (event == Event::kSuccess) return std::string(url);
  const size_t query = std::min(url.find('?'), url.size());
  std::string_view path = url.substr(0, query);
  while (absl::EndsWith(path, "/")) path.remove_suffix(1);
  const std::string_view end = event == Event::kStart  ? "/start"
                               : event == Event::kTest ? "/log"
                                                       : "/fail";
  return absl::StrCat(path, end, url.substr(query));
}

std::string Sign(std::string_view secret, absl::Time time, std::string_view body) {
  const std::string signed_text = absl::StrCat(absl::ToUnixSeconds(time), ".", body);
  std::array<uint8_t, EVP_MAX_MD_SIZE> digest;
  unsigned int size = 0;
  HMAC(EVP_sha256(), secret.data(), secret.size(),
       reinterpret_cast<const uint8_t*>(signed_text.data()), signed_text.size(), digest.data(),
       &size);
  return absl::StrCat("sha256=", absl::BytesToHexString(std::string_view(
                                     reinterpret_cast<const char*>(digest.data()), size)));
}

absl::StatusOr<http::Request> MakeRequest(const Endpoint& endpoint, const Facts& facts,
                                          std::string_view secret) {
  http::Request request;
  request.method = "POST";
  request.headers = endpoint.headers;
  if (endpoint.kind == Endpoint::Kind::kPing) {
    ASSIGN_OR_RETURN(const Template url, Template::Parse(endpoint.url));
    request.url = PingUrl(url.RenderUrl(facts), facts.event);
    request.headers.emplace_back("Content-Type", "text/plain; charset=utf-8");
    request.body = PingBody(facts);
    return request;
  }
  request.url = endpoint.url;
  request.headers.emplace_back("Content-Type", "application/json");
  request.headers.emplace_back("X-Siphon-Event", EventName(facts.event));
  if (endpoint.body.empty()) {
    request.body = StandardDocument(facts);
  } else {
    ASSIGN_OR_RETURN(const Template body, Template::ParseJson(endpoint.body));
    request.body = body.RenderJson(facts);
  }
  if (!secret.empty()) {
    request.headers.emplace_back("X-Siphon-Timestamp",
                                 absl::StrCat(absl::ToUnixSeconds(facts.time)));
    request.headers.emplace_back("X-Siphon-Signature", Sign(secret, facts.time, request.body));
  }
  return request;
}

}  // namespace siphon::notify
