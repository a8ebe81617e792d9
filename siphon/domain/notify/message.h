// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_NOTIFY_MESSAGE_H_
#define SIPHON_DOMAIN_NOTIFY_MESSAGE_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "siphon/base/http/client.h"
#include "siphon/domain/notify/endpoint.h"
#include "siphon/domain/notify/facts.h"

namespace siphon::notify {

// The body of a webhook without a template (docs/notify.md#the-document): one JSON object.
std::string StandardDocument(const Facts& facts);

// The address of a ping for an event: "/start", "/fail" or, for a test, "/log" is added to the path
// of `url`, before its query; nothing for a success.
std::string PingUrl(std::string_view url, Event event);

// The signature of a webhook, for the header X-Siphon-Signature: "sha256=" and the HMAC-SHA-256
// (RFC 2104) of "<unix time>.<body>" with the key `secret`, in lower-case hex digits.
std::string Sign(std::string_view secret, absl::Time time, std::string_view body);

// The request that notifies `endpoint`; its time limit is not set. `secret` is the resolved one. An
// error of the template, which a configuration does not have.
absl::StatusOr<http::Request> MakeRequest(const Endpoint& endpoint, const Facts& facts,
                                          std::string_view secret);

}  // namespace siphon::notify

#endif  // SIPHON_DOMAIN_NOTIFY_MESSAGE_H_
