// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_CONTRACTS_CONCURRENT_WRITER_H_
#define TESTING_CONTRACTS_CONCURRENT_WRITER_H_

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <thread>

namespace siphon::testing {

// A program of its own that changes a database until this is destroyed. It moves amounts between
// the rows of a table "accounts" in transactions that leave their sum alone.
class ConcurrentWriter {
 public:
  // Moves something from one account, 1 to 1000, to another in a transaction of its own; on the
  // writer's thread.
  using Transfer = std::function<void(uint64_t from, uint64_t to)>;
  // Waits `pause` after the first transaction, and `growth` times as long after each further one.
  explicit ConcurrentWriter(Transfer transfer,
                            std::chrono::duration<double> pause = std::chrono::seconds(0),
                            double growth = 1);

  // Transactions committed so far.
  int64_t commits() const { return commits_; }
  // The longest that one of them took, in seconds.
  double longest() const { return longest_; }

 private:
  void Run(const std::stop_token& stop, std::chrono::duration<double> pause, double growth);

  const Transfer transfer_;
  std::atomic<int64_t> commits_ = 0;
  std::atomic<double> longest_ = 0;
  std::jthread thread_;
};

}  // namespace siphon::testing

#endif  // TESTING_CONTRACTS_CONCURRENT_WRITER_H_
