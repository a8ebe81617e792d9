// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_APP_NOTIFY_H_
#define SIPHON_APP_NOTIFY_H_

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "siphon/app/session.h"
#include "siphon/base/context.h"
#include "siphon/domain/notify/endpoint.h"
#include "siphon/domain/notify/facts.h"

namespace siphon::app {

// The dump that a job made or read.
struct NotifiedDump {
  std::string id = {};
  uint64_t size_bytes = 0;
};

// Notifies the endpoints of the configuration of one job. A notification that fails is a warning,
// one for each endpoint, and no error of the job.
class JobNotice {
 public:
  // Sends the start, in a thread of its own. `profiles` are those of the job, each the name of a
  // profile, "prod/shop" or a database URL without secrets; "" for one that is not known, which
  // every endpoint is notified of. `session` must outlive the notice.
  JobNotice(const base::Context& context, const Session& session, std::string_view verb,
            std::vector<std::string> profiles);
  // Without Finish() no end is sent.
  ~JobNotice();
  JobNotice(const JobNotice&) = delete;
  JobNotice& operator=(const JobNotice&) = delete;

  // Sends the end of the job: a success if `status` is OK or errs::kNoChange, else a failure.
  // Returns after the time limits of the endpoints at the latest; after a stop, within seconds.
  // Call it once.
  void Finish(const absl::Status& status, const NotifiedDump& dump = {});

 private:
  struct Target {
    const notify::Endpoint* endpoint;
    bool warned = false;
  };

  // Sends `facts` to all targets that want its event, to all at once.
  void Deliver(const base::Context& context, const notify::Facts& facts,
               std::chrono::steady_clock::time_point began, absl::Duration limit);

  const base::Context context_;
  const Session& session_;
  const std::chrono::steady_clock::time_point started_;
  notify::Facts facts_;  // Of the start.
  std::vector<Target> targets_;
  std::jthread starter_;  // Uses all of the above; Finish() waits for it.
};

// For a profile that FindProfile() refuses with `why`: notifies of the failure if the configuration
// has the profile (a variable in it is not set).
void NotifyOfUnusableProfile(const base::Context& context, const Session& session,
                             std::string_view verb, const std::string& profile,
                             const absl::Status& why);

struct TestedNotification {
  std::string place;  // "notify[0]".
  std::string url;    // As of http::ShownUrl().
  absl::Status sent;
};

// Sends a test to every endpoint that is for `profile`, whatever its verbs and events.
// errs::kNotFound if there is none.
absl::StatusOr<std::vector<TestedNotification>> TestNotifications(const base::Context& context,
                                                                  const Session& session,
                                                                  const std::string& profile);

}  // namespace siphon::app

#endif  // SIPHON_APP_NOTIFY_H_
