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

// Watches a process and all that descend from it, in /proc, from a thread of its own: every few
// milliseconds, so that a process that is gone sooner may not be seen.
class ProcessTree {
 public:
  explicit ProcessTree(pid_t root,
                       std::chrono::microseconds interval = std::chrono::milliseconds(2));
  ~ProcessTree();
  ProcessTree(const ProcessTree&) = delete;
  ProcessTree& operator=(const ProcessTree&) = delete;

  // One process, as long as it was seen.
  struct Seen {
    bool root = false;
    // Every list of arguments that it had, separated by spaces: that of its parent, too, between
    // fork and exec.
    std::set<std::string> command_lines;
    // The largest resident set (VmHWM) when last looked at. 0: not known.
    int64_t peak_bytes = 0;
  };
  std::vector<Seen> seen() const;
  // True when a process was seen one of whose command lines begins so.
  bool Saw(std::string_view command) const;
  // Waits until Saw() is true; an error with what was seen after `limit`.
  absl::Status WaitFor(std::string_view command, std::chrono::seconds limit) const;
  // Waits until none of those seen runs any more; an error with those that do after `limit`.
  absl::Status WaitUntilGone(std::chrono::seconds limit) const;

 private:
  // A number that the kernel has given to another process since does not count as the same.
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
