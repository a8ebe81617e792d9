// Copyright 2026 The siphon Authors
// SPDX-License-Identifier: Apache-2.0

#include "drivers/postgres/commit_gate.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "errs/error.h"
#include "errs/status_macros.h"

namespace siphon::postgres {
namespace {

constexpr std::string_view kOp = "postgres.restore";
constexpr char kYes = '1';

}  // namespace

absl::StatusOr<std::unique_ptr<CommitGate>> CommitGate::Create() {
  // A socket, because writing to a pipe without a reader raises SIGPIPE.
  int fds[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0) {
    return errs::ErrnoError(kOp, "cannot make a pair of sockets", errno);
  }
  return std::unique_ptr<CommitGate>(
      new CommitGate(base::FileDescriptor(fds[0]), base::FileDescriptor(fds[1])));
}

CommitGate::CommitGate(base::FileDescriptor own_end, base::FileDescriptor tool_end)
    : own_end_(std::move(own_end)), tool_end_(std::move(tool_end)) {}

absl::Status CommitGate::Open() {
  while (send(own_end_.get(), &kYes, 1, MSG_NOSIGNAL) < 0) {
    if (errno == EINTR) continue;
    return errs::SystemError(kOp, errs::kIo, "pg_restore ended before it could commit");
  }
  return absl::OkStatus();
}

absl::Status HoldingWriter::Write(std::string_view data) {
  if (data.empty()) return absl::OkStatus();
  if (!held_.empty()) RETURN_IF_ERROR(next_->Write(held_));
  held_ = data.substr(data.size() - 1);
  data.remove_suffix(1);
  return data.empty() ? absl::OkStatus() : next_->Write(data);
}

absl::Status HoldingWriter::Finish() {
  return held_.empty() ? absl::OkStatus() : next_->Write(std::exchange(held_, ""));
}

}  // namespace siphon::postgres
