// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "siphon/base/pipe.h"

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <utility>
#include <vector>

#include "errs/error.h"

namespace siphon::base {
namespace {

constexpr std::string_view kOp = "pipe";

}  // namespace

// A ring buffer. The free part belongs to the writer and the filled part to the reader, so both
// copy without holding the lock; the lock protects only the bounds of the parts.
struct Pipe::State {
  State(const Context& pipe_context, size_t capacity)
      : context(pipe_context), ring(std::max<size_t>(capacity, 1)) {}

  absl::Status Write(std::string_view data);
  absl::Status Finish();
  absl::StatusOr<size_t> Read(absl::Span<char> out);
  // Waits, with `lock` held, until `ready` returns true (OK) or the pipe or the context ends
  // (error).
  template <typename Ready>
  absl::Status Await(std::unique_lock<std::mutex>& lock, const Ready& ready);

  class End final : public base::Writer, public base::Reader {
   public:
    explicit End(State* state) : state_(state) {}
    absl::Status Write(std::string_view data) override { return state_->Write(data); }
    absl::Status Finish() override { return state_->Finish(); }
    absl::StatusOr<size_t> Read(absl::Span<char> out) override { return state_->Read(out); }

   private:
    State* state_;
  };

  const Context context;
  std::vector<char> ring;
  End end{this};

  mutable std::mutex mutex;
  std::condition_variable_any changed;
  size_t start = 0;    // The beginning of the filled part.
  size_t waiting = 0;  // The size of the filled part.
  bool finished = false;
  absl::Status aborted;
};

template <typename Ready>
absl::Status Pipe::State::Await(std::unique_lock<std::mutex>& lock, const Ready& ready) {
  const auto done = [&] { return !aborted.ok() || ready(); };
  if (context.deadline().has_value()) {
    changed.wait_until(lock, context.stop_token(), *context.deadline(), done);
  } else {
    changed.wait(lock, context.stop_token(), done);
  }
  if (!aborted.ok()) return aborted;
  return context.Check();
}

absl::Status Pipe::State::Write(std::string_view data) {
  std::unique_lock lock(mutex);
  if (finished) return errs::InternalError(kOp, "written to after its end");
  if (!aborted.ok()) return aborted;
  while (!data.empty()) {
    if (absl::Status status = Await(lock, [&] { return waiting < ring.size(); }); !status.ok()) {
      return status;
    }
    const size_t at = (start + waiting) % ring.size();
    const size_t count = std::min({data.size(), ring.size() - waiting, ring.size() - at});
    lock.unlock();
    std::memcpy(ring.data() + at, data.data(), count);
    data.remove_prefix(count);
    lock.lock();
    waiting += count;
    changed.notify_all();
  }
  return absl::OkStatus();
}

absl::Status Pipe::State::Finish() {
  const std::lock_guard lock(mutex);
  if (finished) return errs::InternalError(kOp, "finished twice");
  if (!aborted.ok()) return aborted;
  finished = true;
  changed.notify_all();
  return absl::OkStatus();
}

absl::StatusOr<size_t> Pipe::State::Read(absl::Span<char> out) {
  std::unique_lock lock(mutex);
  if (absl::Status status = Await(lock, [&] { return waiting > 0 || finished; }); !status.ok()) {
    return status;
  }
  const size_t count = std::min({out.size(), waiting, ring.size() - start});
  lock.unlock();
  if (count > 0) std::memcpy(out.data(), ring.data() + start, count);
  lock.lock();
  start = (start + count) % ring.size();
  waiting -= count;
  changed.notify_all();
  return count;
}

Pipe::Pipe(const Context& context, size_t capacity)
    : state_(std::make_unique<State>(context, capacity)) {}
Pipe::~Pipe() = default;

Writer& Pipe::writer() { return state_->end; }
Reader& Pipe::reader() { return state_->end; }

void Pipe::Abort(absl::Status reason) {
  const std::lock_guard lock(state_->mutex);
  if (!state_->aborted.ok()) return;
  if (reason.ok()) reason = errs::InternalError(kOp, "aborted without a reason");
  state_->aborted = std::move(reason);
  state_->changed.notify_all();
}

size_t Pipe::fill() const {
  const std::lock_guard lock(state_->mutex);
  return state_->aborted.ok() ? state_->waiting : 0;
}

}  // namespace siphon::base
