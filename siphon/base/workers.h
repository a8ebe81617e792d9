// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_BASE_WORKERS_H_
#define SIPHON_BASE_WORKERS_H_

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "siphon/base/context.h"

namespace siphon::base {

// The number of workers where the user gives none: the processors, at most 4, because each worker
// needs some megabytes and a verb stays below 64 MiB.
int DefaultWorkers();

// The work of one worker; `worker` is its number, from 0. It observes `context`.
using WorkerFunction = absl::FunctionRef<absl::Status(const Context& context, int worker)>;

// Runs `work` `count` times at once: worker 0 in the calling thread, each other worker in a thread
// of its own. Returns when all have ended; no thread is left. The first error, by time, stops the
// contexts of the other workers and is the result; the errors that follow are dropped. The workers'
// contexts also stop when `context` does, and have its deadline and event sink. A result of OK
// means that all workers returned OK. errs::kInvalidArgument if `count` is less than 1; a system
// error if a thread cannot be started, after the started workers were stopped.
absl::Status RunWorkers(const Context& context, int count, WorkerFunction work);

}  // namespace siphon::base

#endif  // SIPHON_BASE_WORKERS_H_
