// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "testing/contracts/concurrent_writer.h"

#include <utility>

#include "siphon/base/context.h"

namespace siphon::testing {

using std::chrono::steady_clock;

ConcurrentWriter::ConcurrentWriter(Transfer transfer, std::chrono::duration<double> pause,
                                   double growth)
    : transfer_(std::move(transfer)),
      thread_([this, pause, growth](const std::stop_token& stop) { Run(stop, pause, growth); }) {}

void ConcurrentWriter::Run(const std::stop_token& stop, std::chrono::duration<double> pause,
                           double growth) {
  const base::Context context = base::Context().WithStop(stop);
  uint64_t random = 7;
  while (!stop.stop_requested()) {
    random = random * 6364136223846793005u + 1442695040888963407u;
    const auto begin = steady_clock::now();
    transfer_((random >> 33) % 1000 + 1, (random >> 43) % 1000 + 1);
    const std::chrono::duration<double> took = steady_clock::now() - begin;
    if (took.count() > longest_) longest_ = took.count();
    ++commits_;
    context.Sleep(std::chrono::duration_cast<std::chrono::nanoseconds>(pause)).IgnoreError();
    pause *= growth;
  }
}

}  // namespace siphon::testing
