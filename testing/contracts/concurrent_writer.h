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

// A thread that changes a database until the object is destroyed. It moves amounts between the rows
// of the table "accounts", in transactions that keep the sum of all amounts.
class ConcurrentWriter {
 public:
  // Moves an amount from one account to another (1 to 1000) in one transaction. Called on the
  // thread of the writer.
  using Transfer = std::function<void(uint64_t from, uint64_t to)>;
  // The writer waits for `pause` after the first transaction; each further wait is `growth` times
  // as long as the one before.
  explicit ConcurrentWriter(Transfer transfer,
                            std::chrono::duration<double> pause = std::chrono::seconds(0),
                            double growth = 1);

  // Transactions committed so far.
  int64_t commits() const { return commits_; }
  // The duration of the longest transaction, in seconds.
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
