// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef TESTING_SERVERS_RESERVED_PORT_H_
#define TESTING_SERVERS_RESERVED_PORT_H_

#include "absl/status/statusor.h"
#include "siphon/base/file.h"

namespace siphon::testing {

// A free TCP port of 127.0.0.1. While the object exists, the kernel gives the port to no process
// that asks for any free port. A server that sets SO_REUSEADDR, as all servers do, can listen on
// it, stop, and listen again.
class ReservedPort {
 public:
  static absl::StatusOr<ReservedPort> Make();
  int number() const { return number_; }

 private:
  ReservedPort(base::FileDescriptor fd, int number) : fd_(std::move(fd)), number_(number) {}
  base::FileDescriptor fd_;  // Bound, and never listening.
  int number_;
};

}  // namespace siphon::testing

#endif  // TESTING_SERVERS_RESERVED_PORT_H_
