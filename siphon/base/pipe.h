// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_BASE_PIPE_H_
#define SIPHON_BASE_PIPE_H_

#include <memory>

#include "siphon/base/context.h"
#include "siphon/base/io.h"

namespace siphon::base {

// A bounded pipe between two threads. The writer blocks while the pipe is full, the reader while it
// is empty. When the context stops, both return its status.
class Pipe {
 public:
  // The pipe buffers at most `capacity` bytes.
  Pipe(const Context& context, size_t capacity);
  ~Pipe();
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  // The two ends, owned by the pipe. The reader reaches its end after Finish() on the writer. A
  // side that fails must call Abort(); otherwise the other side waits for ever.
  Writer& writer();
  Reader& reader();

  // Drops the buffered bytes; from now on Read() and Write() return `reason`, which must not be OK.
  void Abort(absl::Status reason);

  // The number of buffered bytes.
  size_t fill() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace siphon::base

#endif  // SIPHON_BASE_PIPE_H_
