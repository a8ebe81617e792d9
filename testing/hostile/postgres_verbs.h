// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_HOSTILE_POSTGRES_VERBS_H_
#define TESTING_HOSTILE_POSTGRES_VERBS_H_

#include <chrono>
#include <string>
#include <vector>

#include "testing/e2e/sandbox.h"
#include "testing/process/process.h"

namespace siphon::testing {

// A sandbox with a dump of a PostgreSQL database and two migrations.
class PostgresVictim {
 public:
  PostgresVictim();

  const Sandbox& box() const { return box_; }
  const std::string& dump() const { return dump_; }
  // The command lines of every verb that talks to a server.
  std::vector<std::vector<std::string>> Verbs(const std::string& url) const;

  // Expects that a run against a server that lies ended by itself, with an error that explains it,
  // and used little memory; and that no dump was added.
  void ExpectFailed(const std::string& what, const ProcessResult& result) const;

 private:
  Sandbox box_;
  std::string dump_;
};

std::string HostileUrl(int port, const std::string& parameters = "",
                       const std::string& host = "127.0.0.1");

// More than siphon needs for the largest answer that it accepts (256 MiB).
inline constexpr int64_t kMostBytes = int64_t{1200} << 20;
// The longest time until a verb ends by itself.
inline constexpr std::chrono::seconds kMostTime{kSanitized ? 120 : 30};

}  // namespace siphon::testing

#endif  // TESTING_HOSTILE_POSTGRES_VERBS_H_
