// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef SIPHON_BASE_PIPE_H_
#define SIPHON_BASE_PIPE_H_

#include <memory>

#include "siphon/base/context.h"
#include "siphon/base/io.h"

namespace siphon::base {

// A bounded pipe between two threads, one at either end. The writer blocks while the pipe is full,
// the reader while it is empty; both end when the context stops.
class Pipe {
 public:
  // At most `capacity` bytes wait in the pipe.
  Pipe(const Context& context, size_t capacity);
  ~Pipe();
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  // The two ends belong to the pipe. Finish() on the writer is the reader's end of data. The side
  // that fails calls Abort(), or the other waits for it.
  Writer& writer();
  Reader& reader();

  // Ends both sides: what waits is dropped, Read() and Write() return `reason` (not OK) from then.
  void Abort(absl::Status reason);

  // Bytes that wait now.
  size_t fill() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace siphon::base

#endif  // SIPHON_BASE_PIPE_H_
