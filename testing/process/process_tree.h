// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_PROCESS_PROCESS_TREE_H_
#define TESTING_PROCESS_PROCESS_TREE_H_

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"

namespace siphon::testing {

// Watches a process and its descendants through /proc, in a separate thread. It looks every
// `interval`, so it can miss a process that lives shorter.
class ProcessTree {
 public:
  explicit ProcessTree(pid_t root,
                       std::chrono::microseconds interval = std::chrono::milliseconds(2));
  ~ProcessTree();
  ProcessTree(const ProcessTree&) = delete;
  ProcessTree& operator=(const ProcessTree&) = delete;

  // What was seen of one process.
  struct Seen {
    bool root = false;
    // Every command line of the process, its arguments separated by spaces. Between fork and exec a
    // process has the command line of its parent.
    std::set<std::string> command_lines;
    // The largest resident set (VmHWM) at the last look; 0 if unknown.
    int64_t peak_bytes = 0;
  };
  std::vector<Seen> seen() const;
  // True if a command line of a seen process begins with `command`.
  bool Saw(std::string_view command) const;
  // Waits until Saw(command). Fails after `limit`, with a list of the processes seen.
  absl::Status WaitFor(std::string_view command, std::chrono::seconds limit) const;
  // Waits until all processes seen have ended. Fails after `limit`, with a list of those that run.
  absl::Status WaitUntilGone(std::chrono::seconds limit) const;

 private:
  // The start time distinguishes processes to which the kernel gave the same id.
  using Key = std::pair<pid_t, std::string>;  // With the time at which it began.

  void Watch(std::chrono::microseconds interval);
  void Look();
  std::string Describe(bool alive_only) const;

  const pid_t root_;
  mutable std::mutex mutex_;
  std::map<Key, Seen> seen_;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace siphon::testing

#endif  // TESTING_PROCESS_PROCESS_TREE_H_
