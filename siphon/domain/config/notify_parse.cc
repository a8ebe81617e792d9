// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/domain/config/notify_parse.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/http/url.h"
#include "siphon/domain/config/expand.h"
#include "siphon/domain/notify/endpoint.h"
#include "siphon/domain/notify/template.h"

namespace siphon::config {
namespace {

using notify::Endpoint;
using notify::Event;

constexpr std::array<Event, 3> kEvents = {Event::kStart, Event::kSuccess, Event::kFailure};
// A job waits for its notifications.
constexpr absl::Duration kLongestTimeout = absl::Minutes(1);

class NotifyParser {
 public:
  NotifyParser(YamlReader& reader, const SecretReader& secret) : reader_(reader), secret_(secret) {}

  absl::Status Parse(const YamlNode& node, const std::string& where, Endpoint& endpoint);

 private:
  // Reads a list of words, or one word.
  YamlReader::ReadFunction WordsInto(std::vector<std::string>& out);
  // Reads text that may be secret; errors do not quote it.
  YamlReader::ReadFunction HiddenInto(std::string& out);
  YamlReader::ReadFunction HeadersInto(Endpoint& endpoint);
  absl::Status TakeVerbs(const YamlNode& node, const std::string& where,
                         const std::vector<std::string>& words, Endpoint& endpoint) const;
  absl::Status TakeEvents(const YamlNode& node, const std::string& where,
                          const std::vector<std::string>& words, Endpoint& endpoint) const;
  // Checks the parts that a webhook alone has, and the texts of both kinds.
  absl::Status CheckWebhook(const YamlNode& node, const std::string& where,
                            const Endpoint& endpoint) const;
  absl::Status CheckPing(const YamlNode& node, const std::string& where,
                         const Endpoint& endpoint) const;
  // `cause` as an error of the configuration at this place.
  absl::Status Explain(const YamlNode& node, const std::string& where,
                       const absl::Status& cause) const;

  YamlReader& reader_;
  const SecretReader& secret_;
};

YamlReader::ReadFunction NotifyParser::WordsInto(std::vector<std::string>& out) {
  return [this, &out](const YamlNode& node, const std::string& where) -> absl::Status {
    const std::vector<const YamlNode*> one = {&node};
    for (const YamlNode* const item : node.kind == YamlNode::Kind::kSequence ? node.items : one) {
      ASSIGN_OR_RETURN(Expansion word, reader_.Text(*item, where));
      if (!word.text.empty()) out.push_back(std::move(word.text));
    }
    return absl::OkStatus();
  };
}

YamlReader::ReadFunction NotifyParser::HiddenInto(std::string& out) {
  return [this, &out](const YamlNode& node, const std::string& where) -> absl::Status {
    ASSIGN_OR_RETURN(Expansion text, reader_.SecretText(node, where));
    out = std::move(text.text);
    return absl::OkStatus();
  };
}

YamlReader::ReadFunction NotifyParser::HeadersInto(Endpoint& endpoint) {
  return [this, &endpoint](const YamlNode& node, const std::string& where) -> absl::Status {
    ASSIGN_OR_RETURN(const std::vector<YamlEntry> entries, reader_.Entries(node, where));
    for (const YamlEntry& entry : entries) {
      const std::string& name = entry.key->value;
      const std::string place = absl::StrCat(where, ".", ShownText(name));
      const auto is_allowed = [](char c) {
        return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_';
      };
      if (name.empty() || !std::all_of(name.begin(), name.end(), is_allowed)) {
        return reader_.Fail(*entry.key, place, "the name of a header has letters, digits and '-'");
      }
      std::string value;
      RETURN_IF_ERROR(HiddenInto(value)(*entry.value, place));
      const auto is_control = [](char c) {
        return absl::ascii_iscntrl(static_cast<unsigned char>(c));
      };
      if (std::any_of(value.begin(), value.end(), is_control)) {
        return reader_.Fail(*entry.value, place, "a header is one line");
      }
      endpoint.headers.emplace_back(name, std::move(value));
    }
    return absl::OkStatus();
  };
}

absl::Status NotifyParser::TakeVerbs(const YamlNode& node, const std::string& where,
                                     const std::vector<std::string>& words,
                                     Endpoint& endpoint) const {
  for (const std::string& word : words) {
    if (std::find(notify::kVerbs.begin(), notify::kVerbs.end(), word) == notify::kVerbs.end()) {
      return reader_.Fail(node, where, absl::StrCat("there is no verb \"", ShownText(word), "\""),
                          absl::StrCat("the verbs are ", absl::StrJoin(notify::kVerbs, ", ")));
    }
    endpoint.verbs.insert(word);
  }
  if (!endpoint.verbs.empty()) return absl::OkStatus();
  if (endpoint.kind == Endpoint::Kind::kPing) {
    // A check watches one schedule: a restore must not count as a backup.
    endpoint.verbs = {"backup"};
  } else {
    endpoint.verbs.insert(notify::kVerbs.begin(), notify::kVerbs.end());
  }
  return absl::OkStatus();
}

absl::Status NotifyParser::TakeEvents(const YamlNode& node, const std::string& where,
                                      const std::vector<std::string>& words,
                                      Endpoint& endpoint) const {
  for (const std::string& word : words) {
    const auto event = std::find_if(kEvents.begin(), kEvents.end(),
                                    [&](Event one) { return notify::EventName(one) == word; });
    if (event == kEvents.end()) {
      return reader_.Fail(node, where, absl::StrCat("there is no event \"", ShownText(word), "\""),
                          "the events are start, success and failure");
    }
    endpoint.when.insert(*event);
  }
  if (!endpoint.when.empty()) return absl::OkStatus();
  endpoint.when = {Event::kSuccess, Event::kFailure};
  if (endpoint.kind == Endpoint::Kind::kPing) endpoint.when.insert(Event::kStart);
  return absl::OkStatus();
}

absl::Status NotifyParser::Explain(const YamlNode& node, const std::string& where,
                                   const absl::Status& cause) const {
  const std::optional<errs::Error> error = errs::GetError(cause);
  if (!error.has_value()) return reader_.Fail(node, where, cause.message());
  return reader_.Fail(node, where, error->detail, error->hint);
}

absl::Status NotifyParser::CheckWebhook(const YamlNode& node, const std::string& where,
                                        const Endpoint& endpoint) const {
  const absl::Status url = http::CheckUrl(endpoint.url);
  if (!url.ok()) return Explain(node, absl::StrCat(where, ".webhook"), url);
  if (endpoint.body.empty()) return absl::OkStatus();
  const absl::Status body = notify::Template::ParseJson(endpoint.body).status();
  return body.ok() ? body : Explain(node, absl::StrCat(where, ".body"), body);
}

absl::Status NotifyParser::CheckPing(const YamlNode& node, const std::string& where,
                                     const Endpoint& endpoint) const {
  if (!endpoint.secret.empty() || !endpoint.body.empty()) {
    return reader_.Fail(node, where, "a ping has neither a secret nor a body",
                        "use webhook: in place of ping:");
  }
  const std::string place = absl::StrCat(where, ".ping");
  const auto url = notify::Template::Parse(endpoint.url);
  if (!url.ok()) return Explain(node, place, url.status());
  const absl::Status valid = http::CheckUrl(url->RenderUrl({.verb = "backup", .profile = "x"}));
  return valid.ok() ? valid : Explain(node, place, valid);
}

absl::Status NotifyParser::Parse(const YamlNode& node, const std::string& where,
                                 Endpoint& endpoint) {
  std::string ping, webhook;
  std::vector<std::string> verbs, events, profiles;
  std::optional<absl::Duration> timeout;
  RETURN_IF_ERROR(reader_.ReadFields(node, where,
                                     {{"ping", HiddenInto(ping)},
                                      {"webhook", HiddenInto(webhook)},
                                      {"verbs", WordsInto(verbs)},
                                      {"when", WordsInto(events)},
                                      {"profiles", WordsInto(profiles)},
                                      {"headers", HeadersInto(endpoint)},
                                      {"secret", secret_(endpoint.secret)},
                                      {"body", reader_.TextInto(endpoint.body)},
                                      {"ca", reader_.PathInto(endpoint.ca)},
                                      {"timeout", reader_.DurationInto(timeout)}}));
  endpoint.kind = ping.empty() ? Endpoint::Kind::kWebhook : Endpoint::Kind::kPing;
  endpoint.profiles.insert(profiles.begin(), profiles.end());
  RETURN_IF_ERROR(TakeVerbs(node, absl::StrCat(where, ".verbs"), verbs, endpoint));
  RETURN_IF_ERROR(TakeEvents(node, absl::StrCat(where, ".when"), events, endpoint));
  if (ping.empty() == webhook.empty()) {
    return reader_.Fail(node, where, "needs either ping: or webhook: with a URL");
  }
  endpoint.url = ping.empty() ? std::move(webhook) : std::move(ping);
  endpoint.timeout = timeout.value_or(endpoint.timeout);
  if (endpoint.timeout < absl::Seconds(1) || endpoint.timeout > kLongestTimeout) {
    return reader_.Fail(node, absl::StrCat(where, ".timeout"), "must be from 1s to 1m");
  }
  return endpoint.kind == Endpoint::Kind::kPing ? CheckPing(node, where, endpoint)
                                                : CheckWebhook(node, where, endpoint);
}

}  // namespace

absl::Status ParseNotify(YamlReader& reader, const SecretReader& secret, const YamlNode& node,
                         const std::string& where, Loaded& out) {
  if (node.kind == YamlNode::Kind::kNull) return absl::OkStatus();
  if (node.kind != YamlNode::Kind::kSequence) {
    return reader.Fail(node, where, "must be a list (\"- ping: URL\" lines)");
  }
  NotifyParser parser(reader, secret);
  for (const YamlNode* const item : node.items) {
    std::vector<Endpoint>& endpoints = out.config.notifications;
    Endpoint& endpoint = endpoints.emplace_back();
    endpoint.place = absl::StrCat(where, "[", endpoints.size() - 1, "]");
    absl::Status before = reader.TakeUnset();
    const absl::Status parsed = parser.Parse(*item, endpoint.place, endpoint);
    absl::Status unset = reader.TakeUnset();
    reader.PutUnset(std::move(before));
    if (unset.ok()) {
      RETURN_IF_ERROR(parsed);
    } else {
      out.unusable_notifications[endpoint.place] = std::move(unset);
    }
  }
  return absl::OkStatus();
}

}  // namespace siphon::config
