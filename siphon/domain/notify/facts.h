// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_DOMAIN_NOTIFY_FACTS_H_
#define SIPHON_DOMAIN_NOTIFY_FACTS_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/time/time.h"

namespace siphon::notify {

// What a notification is about: a job starts, or has ended; or nothing, for a test.
enum class Event { kStart, kSuccess, kFailure, kTest };

// "start", "success", "failure" or "test".
std::string_view EventName(Event event);

// What a notification says. Text may be any bytes, but has no secrets.
struct Facts {
  Event event = Event::kStart;
  std::string verb = {};     // "backup", "verify", "restore", "sync", "migrate" or "test".
  std::string profile = {};  // The profile, or a database URL without secrets.
  std::string dump = {};     // The id of the dump; empty if none is made or read.
  std::string host = {};     // The name of this machine.
  absl::Time time = absl::UnixEpoch();
  absl::Duration duration = absl::ZeroDuration();  // Since the start of the job.
  uint64_t size_bytes = 0;                         // The size of the dump; 0 if not known.
  int exit_code = 0;                               // As of the command.
  std::string cause = {}, error = {};              // The cause's id and the message of a failure.
};

// One line for people: "backup of shop succeeded in 3m04s, 1.2 GiB, dump 01JD...".
std::string Summary(const Facts& facts);

}  // namespace siphon::notify

#endif  // SIPHON_DOMAIN_NOTIFY_FACTS_H_
