// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/app/notify.h"

#include <limits.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "errs/error.h"
#include "errs/status_macros.h"
#include "siphon/base/after_stop.h"
#include "siphon/base/build_info.h"
#include "siphon/base/http/client.h"
#include "siphon/base/http/url.h"
#include "siphon/base/workers.h"
#include "siphon/domain/notify/message.h"
#include "siphon/domain/profile/profile.h"
#include "siphon/domain/secrets/secrets.h"

namespace siphon::app {
namespace {

using notify::Endpoint;
using notify::Event;
using SteadyClock = std::chrono::steady_clock;

constexpr std::string_view kOp = "notify";
constexpr int kTries = 2;
// How long a stopped job waits for its notifications.
constexpr std::chrono::seconds kAfterSignal{3};
// The least time for the end of a job, if its start has used up the time limit.
constexpr absl::Duration kLeast = absl::Seconds(1);

std::string HostName() {
  std::array<char, HOST_NAME_MAX + 1> name = {};
  if (gethostname(name.data(), name.size() - 1) != 0) return "";
  return name.data();
}

bool IsForOneOf(const Endpoint& endpoint, const std::vector<std::string>& profiles) {
  return endpoint.profiles.empty() ||
         std::any_of(profiles.begin(), profiles.end(), [&](const std::string& profile) {
           return profile.empty() ||
                  endpoint.profiles.contains(std::string(Session::ServerOf(profile)));
         });
}

// Sends a request once. `again` is set if another try may succeed.
absl::Status Try(const base::Context& context, http::Client& client, const http::Request& request,
                 bool& again) {
  again = true;
  ASSIGN_OR_RETURN(const http::Response response, client.Send(context, request));
  if (response.status >= 200 && response.status < 300) return absl::OkStatus();
  constexpr int kTooManyRequests = 429;
  again = response.status >= 500 || response.status == kTooManyRequests;
  return errs::SystemError(
      kOp, errs::kConnectionFailed,
      absl::StrCat(http::ShownUrl(request.url), ": the server answered ", response.status,
                   response.status < 400 ? ", a redirect, which siphon does not follow" : ""));
}

// Sends a notification to an endpoint, with a second try.
absl::Status Send(const base::Context& context, const Session& session, const Endpoint& endpoint,
                  const notify::Facts& facts, absl::Duration limit) {
  const SteadyClock::time_point began = SteadyClock::now();
  std::string secret;
  if (!endpoint.secret.empty()) {
    ASSIGN_OR_RETURN(secret, secrets::Resolver(&session.environment(), nullptr)
                                 .Resolve(endpoint.secret, endpoint.place));
  }
  ASSIGN_OR_RETURN(http::Request request, notify::MakeRequest(endpoint, facts, secret));
  http::ClientOptions options = http::OptionsFrom(session.environment());
  options.user_agent = absl::StrCat("siphon/", base::GetBuildInfo().version);
  if (!endpoint.ca.empty()) {
    options.ca_file = endpoint.ca;
    options.ca_directory.clear();
  }
  http::Client client(std::move(options));
  absl::Status sent;
  for (int attempt = 1;; ++attempt) {
    const absl::Duration left = limit - absl::FromChrono(SteadyClock::now() - began);
    // A first try without an answer leaves time for the second one.
    request.timeout = attempt < kTries ? left / 2 : left;
    bool again = false;
    sent = Try(context, client, request, again);
    if (sent.ok() || !again || attempt == kTries || context.Stopped()) return sent;
    RETURN_IF_ERROR(context.Sleep(absl::ToChronoNanoseconds(limit / 10)));
  }
}

}  // namespace

JobNotice::JobNotice(const base::Context& context, const Session& session, std::string_view verb,
                     std::vector<std::string> profiles)
    : context_(context), session_(session), started_(SteadyClock::now()) {
  for (const Endpoint& endpoint : session.config().config.notifications) {
    if (!endpoint.verbs.contains(std::string(verb)) || !IsForOneOf(endpoint, profiles)) continue;
    const auto unusable = session.config().unusable_notifications.find(endpoint.place);
    if (unusable == session.config().unusable_notifications.end()) {
      targets_.push_back({&endpoint});
    } else {
      context_.Warn(kOp,
                    absl::StrCat(endpoint.place, " is not used: ", unusable->second.message()));
    }
  }
  if (targets_.empty()) return;
  facts_.verb = std::string(verb);
  facts_.profile = absl::StrJoin(profiles, " to ");
  facts_.host = HostName();
  facts_.time = session.clock().Now();
  try {
    starter_ =
        std::jthread([this] { Deliver(context_, facts_, started_, absl::InfiniteDuration()); });
  } catch (const std::system_error& error) {
    context_.Warn(kOp, absl::StrCat("no start is sent: ", error.code().message()));
  }
}

JobNotice::~JobNotice() = default;

void JobNotice::Finish(const absl::Status& status, const NotifiedDump& dump) {
  if (targets_.empty()) return;
  const SteadyClock::time_point ended = SteadyClock::now();
  notify::Facts facts = facts_;
  const bool success = status.ok() || errs::Is(status, errs::kNoChange);
  facts.event = success ? Event::kSuccess : Event::kFailure;
  facts.time = session_.clock().Now();
  facts.duration = absl::FromChrono(ended - started_);
  facts.dump = dump.id;
  facts.size_bytes = dump.size_bytes;
  if (!success) {
    const std::optional<errs::Error> error = errs::GetError(status);
    facts.exit_code = errs::ExitCode(status);
    facts.cause = std::string(error.has_value() ? error->cause.id : errs::kInternal.id);
    facts.error = std::string(status.message());
  }
  if (starter_.joinable()) starter_.join();
  if (context_.Stopped()) {
    // The stop ends the job, and not the notification of its end.
    Deliver(context_.WithStop(std::stop_token()).WithDeadline(SteadyClock::now() + kAfterSignal),
            facts, SteadyClock::now(), absl::FromChrono(kAfterSignal));
    return;
  }
  const base::AfterStop after(context_, kAfterSignal);
  Deliver(after.context(), facts, ended, absl::InfiniteDuration());
}

void JobNotice::Deliver(const base::Context& context, const notify::Facts& facts,
                        SteadyClock::time_point began, absl::Duration limit) {
  std::vector<Target*> due;
  for (Target& target : targets_) {
    if (target.endpoint->when.contains(facts.event)) due.push_back(&target);
  }
  if (due.empty()) return;
  const auto send = [&](const base::Context& own, int worker) {
    Target& target = *due[static_cast<size_t>(worker)];
    const absl::Duration left =
        std::min(target.endpoint->timeout, limit) - absl::FromChrono(SteadyClock::now() - began);
    const absl::Status sent = Send(own, session_, *target.endpoint, facts, std::max(left, kLeast));
    // A start that a stop has interrupted is followed by the end.
    if (sent.ok() || target.warned || own.Stopped()) return absl::OkStatus();
    target.warned = true;
    own.Warn(kOp,
             absl::StrCat(target.endpoint->place, ": the notification failed: ", sent.message()));
    return absl::OkStatus();
  };
  const absl::Status done = base::RunWorkers(context, static_cast<int>(due.size()), send);
  if (!done.ok() && !context.Stopped()) context.Warn(kOp, done.message());
}

void NotifyOfUnusableProfile(const base::Context& context, const Session& session,
                             std::string_view verb, const std::string& profile,
                             const absl::Status& why) {
  const auto& unusable = session.config().unusable;
  if (!unusable.contains(std::string(Session::ServerOf(profile)))) return;
  JobNotice(context, session, verb, {profile}).Finish(why);
}

absl::StatusOr<std::vector<TestedNotification>> TestNotifications(const base::Context& context,
                                                                  const Session& session,
                                                                  const std::string& profile) {
  ASSIGN_OR_RETURN(const profile::Profile found, session.FindProfile(profile));
  const notify::Facts facts = {.event = Event::kTest,
                               .verb = "test",
                               .profile = found.name,
                               .host = HostName(),
                               .time = session.clock().Now()};
  std::vector<TestedNotification> tested;
  for (const Endpoint& endpoint : session.config().config.notifications) {
    if (!IsForOneOf(endpoint, {found.name})) continue;
    const auto unusable = session.config().unusable_notifications.find(endpoint.place);
    if (unusable != session.config().unusable_notifications.end()) {
      tested.push_back({endpoint.place, "", unusable->second});
      continue;
    }
    ASSIGN_OR_RETURN(const http::Request request, notify::MakeRequest(endpoint, facts, ""));
    tested.push_back({endpoint.place, http::ShownUrl(request.url),
                      Send(context, session, endpoint, facts, endpoint.timeout)});
    RETURN_IF_ERROR(context.Check());
  }
  if (tested.empty()) {
    return errs::UserError(
        kOp, errs::kNotFound,
        absl::StrCat("there is no notification for ", found.name, " in ", session.config().path),
        "add an entry under \"notify\" in that file");
  }
  return tested;
}

}  // namespace siphon::app
