// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_NOTIFY_ENDPOINT_H_
#define SIPHON_DOMAIN_NOTIFY_ENDPOINT_H_

#include <array>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "siphon/domain/notify/facts.h"

namespace siphon::notify {

// The verbs that send notifications.
inline constexpr std::array<std::string_view, 5> kVerbs = {"backup", "verify", "restore", "sync",
                                                           "migrate"};

// An entry of `notify` in the configuration (docs/notify.md).
struct Endpoint {
  // kPing: POST to <url>/start, <url> and <url>/fail, as of Healthchecks;
  // a test to <url>/log. kWebhook: POST of JSON.
  enum class Kind { kPing, kWebhook };

  Kind kind = Kind::kPing;
  std::string place;  // "notify[0]", for messages.
  std::string url;    // May be secret. Of a ping a template; see Template::RenderUrl().
  std::set<std::string> verbs;
  std::set<Event> when;
  std::set<std::string> profiles;  // Empty: all.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string secret;  // A secret reference: the key that signs webhooks; empty: unsigned.
  std::string body;    // A template; see Template::ParseJson(). Empty: StandardDocument().
  std::string ca;      // A PEM file with authorities, in place of the system's; may be empty.
  absl::Duration timeout = absl::Seconds(10);  // For a notification, with all its tries.

  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

}  // namespace siphon::notify

#endif  // SIPHON_DOMAIN_NOTIFY_ENDPOINT_H_
